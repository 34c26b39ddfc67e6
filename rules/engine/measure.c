// SPDX-License-Identifier: MIT
#include "rules/engine/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hs.h>

#include "rules/detect/detect.h"
#include "rules/engine/ruleset.h"

struct word_scanner {
    hs_database_t *database;
    hs_scratch_t *scratch;
    size_t count;
};

static bool is_plain(const char *w)
{
    for (const char *p = w; *p; p++) {
        if ((unsigned char)*p <= ' ' || strchr("\\^$.|?*+()[]{}", *p)) {
            return false;
        }
    }
    return w[0] != '\0';
}

// "\bword\b" for each word; detectors as they are.
static size_t collect(const struct ruleset *rs, bool words, char **out)
{
    size_t n = 0, count;
    if (!words) {
        const struct detector *const *all = detect_all(&count);
        for (size_t i = 0; i < count; i++) {
            out[n++] = slice_dup(slice_of(all[i]->regex));
        }
        return n;
    }
    for (size_t i = 1; i <= rs->lex->word_count; i++) {
        const char *w = rs->lex->spelled[i];
        char *regex = is_plain(w) ? malloc(strlen(w) + 8) : NULL;
        if (regex) {
            sprintf(regex, "\\b%s\\b", w);
            out[n++] = regex;
        }
    }
    return n;
}

static enum fault compile(struct word_scanner *w, char **regexes, bool words,
                          struct why *why)
{
    unsigned *flags = calloc(w->count + 1, sizeof(*flags));
    if (!flags) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < w->count; i++) {
        flags[i] = words ? HS_FLAG_SINGLEMATCH
                         : HS_FLAG_SOM_LEFTMOST | (unsigned)HS_FLAG_MULTILINE;
    }
    hs_compile_error_t *error = NULL;
    enum fault f = FAULT_NONE;
    if (hs_compile_multi((const char *const *)regexes, flags, NULL, (unsigned)w->count,
                         HS_MODE_BLOCK, NULL, &w->database, &error) != HS_SUCCESS) {
        f = fault_say(why, FAULT_INPUT, "Vectorscan: %s", error->message);
        hs_free_compile_error(error);
    } else if (hs_alloc_scratch(w->database, &w->scratch) != HS_SUCCESS) {
        f = FAULT_MEMORY;
    }
    free(flags);
    return f;
}

enum fault word_scanner_create(struct word_scanner **out, const struct ruleset *rs,
                               bool words, struct why *why)
{
    struct word_scanner *w = calloc(1, sizeof(*w));
    char **regexes = calloc(rs->lex->word_count + 1024, sizeof(*regexes));
    enum fault f = FAULT_MEMORY;
    if (w && regexes) {
        w->count = collect(rs, words, regexes);
        f = compile(w, regexes, words, why);
    }
    for (size_t i = 0; w && regexes && i < w->count; i++) {
        free(regexes[i]);
    }
    free(regexes);
    if (f) {
        word_scanner_free(w);
        return f;
    }
    *out = w;
    return FAULT_NONE;
}

void word_scanner_free(struct word_scanner *w)
{
    if (w) {
        hs_free_scratch(w->scratch);
        hs_free_database(w->database);
        free(w);
    }
}

size_t word_scanner_count(const struct word_scanner *w)
{
    return w->count;
}

static int count_match(unsigned id, unsigned long long from, unsigned long long to,
                       unsigned flags, void *ctx)
{
    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    ++*(size_t *)ctx;
    return 0;
}

size_t word_scanner_scan(struct word_scanner *w, struct slice text)
{
    size_t n = 0;
    hs_scan(w->database, text.ptr, (unsigned)text.len, 0, w->scratch, count_match, &n);
    return n;
}
