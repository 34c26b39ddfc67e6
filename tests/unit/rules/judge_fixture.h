/* SPDX-License-Identifier: MIT
 *
 * judge_fixture.h - a judge over tests/unit/rules/data, and short ways to ask it.
 */
#ifndef HM_TESTS_JUDGE_FIXTURE_H
#define HM_TESTS_JUDGE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"
#include "unit/check.h"

#define TEST_RULES HM_TEST_SOURCE_DIR "/tests/unit/rules/data"

struct fixture {
    struct ruleset *rs;
    struct judge *judge;
    struct verdict v;
    struct judge_message m;
};

static inline void fixture_init(struct fixture *x, const char *data,
                                const struct school_profile *school)
{
    struct why why = {0};
    struct ruleset_options o = {
        .data_folder = data, .school = school, .cache_folder = "/tmp"};
    *x = (struct fixture){0};
    enum fault f = ruleset_load(&x->rs, &o, &why);
    if (f) {
        fprintf(stderr, "%s\n", why.text);
    }
    CHECK_INT(f, FAULT_NONE);
    CHECK_INT(judge_create(&x->judge, x->rs, 8, &why), FAULT_NONE);
}

static inline void fixture_finish(struct fixture *x)
{
    judge_destroy(x->judge);
    ruleset_unref(x->rs);
}

static inline const struct verdict *ask(struct fixture *x, const char *text)
{
    x->m.text = slice_of(text);
    CHECK_INT(judge_message(x->judge, NULL, &x->m, &x->v), FAULT_NONE);
    return &x->v;
}

// Whether the rule speaks of the text; *f is its finding.
static inline bool says(struct fixture *x, const char *rule, const char *text,
                        struct finding *f)
{
    const struct verdict *v = ask(x, text);
    for (size_t i = 0; i < v->finding_count; i++) {
        if (slice_is(v->findings[i].rule, rule)) {
            if (f) {
                *f = v->findings[i];
            }
            return true;
        }
    }
    return false;
}

#endif
