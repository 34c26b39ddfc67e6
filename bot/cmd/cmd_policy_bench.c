// SPDX-License-Identifier: MIT
#include "bot/cmd/cmd_policy.h"
#include "bot/cmd/messages.h"

enum fault policy_bench_open(struct policy_bench *b, const char *data, struct why *why)
{
    struct ruleset_options options = {.data_folder = data};
    *b = (struct policy_bench){0};
    enum fault f = ruleset_load(&b->rs, &options, why);
    f = f ? f : judge_create(&b->judge, b->rs, 0, why);
    if (f) {
        policy_bench_close(b);
    }
    return f;
}

void policy_bench_close(struct policy_bench *b)
{
    judge_destroy(b->judge);
    ruleset_unref(b->rs);
    *b = (struct policy_bench){0};
}

enum fault policy_bench_try(struct policy_bench *b, const struct policy *p,
                            const struct policy_clause *c, bool *fires, struct why *why)
{
    struct corpus_line parsed = {0};
    struct verdict v = {0};
    *fires = false;
    enum fault f = example_parse(&parsed, slice_of(c->trigger), why);
    f = f ? f : judge_message(b->judge, p, &parsed.message, &v);
    for (size_t i = 0; !f && i < v.finding_count; i++) {
        for (size_t k = 0; k < v.findings[i].clause_count; k++) {
            const struct clause_ref *ref = &v.findings[i].clauses[k];
            *fires = *fires || (slice_is(ref->clause, c->id) &&
                                slice_equal(ref->policy, c->policy));
        }
    }
    corpus_line_finish(&parsed);
    return f;
}
