// SPDX-License-Identifier: MIT
#include "rules/engine/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hs.h>

#include "bot/base/paths.h"
#include "rules/engine/cues.h"

enum { DATABASE_BYTES = 64 << 20, TRIES = 8, NEIGHBOURS = 8 };

enum { DATABASES = PATTERN_NONE };

struct patterns {
    hs_database_t *databases[DATABASES];
    const struct detector *const *detectors;
    size_t count;
    struct cues cues;
};

// Raw candidates of one scan.
struct pattern_scratch {
    hs_scratch_t *hs;
    struct pattern_hit raw[PATTERN_HITS_MOST];
    size_t count;
};

static bool is_in(const struct detector *d, enum pattern_need which)
{
    return which == PATTERN_ALL || d->cues;
}

static uint64_t content_hash(const struct patterns *p, enum pattern_need which)
{
    uint64_t h = slice_hash(slice_of(hs_version()));
    for (size_t i = 0; i < p->count; i++) {
        if (is_in(p->detectors[i], which)) {
            h = h * 31 + slice_hash(slice_of(p->detectors[i]->regex)) + i;
        }
    }
    return h;
}

static bool cache_path(char out[PATH_BYTES], const struct patterns *p,
                       enum pattern_need which, const char *folder)
{
    if (!folder) {
        return false;
    }
    int n = snprintf(out, PATH_BYTES, "%s/patterns-%016llx.hs", folder,
                     (unsigned long long)content_hash(p, which));
    return n > 0 && n < PATH_BYTES;
}

static bool read_cache(hs_database_t **out, const char *path)
{
    char *bytes;
    size_t len;
    if (paths_read(path, DATABASE_BYTES, &bytes, &len, NULL)) {
        return false;
    }
    bool ok = hs_deserialize_database(bytes, len, out) == HS_SUCCESS;
    free(bytes);
    return ok;
}

// A cache that cannot be written costs the next start time, no more.
static void write_cache(const hs_database_t *database, const char *path)
{
    char *bytes = NULL;
    size_t len = 0;
    if (hs_serialize_database(database, &bytes, &len) == HS_SUCCESS &&
        paths_write(path, slice_make(bytes, len), 0600, NULL) != FAULT_NONE) {
        remove(path);
    }
    free(bytes);
}

static enum fault compile(struct patterns *p, enum pattern_need which, struct why *why)
{
    const char **regexes = calloc(p->count + 1, sizeof(*regexes));
    unsigned *flags = calloc(p->count + 1, sizeof(*flags));
    unsigned *ids = calloc(p->count + 1, sizeof(*ids));
    enum fault f = FAULT_MEMORY;
    if (regexes && flags && ids) {
        unsigned n = 0;
        for (size_t i = 0; i < p->count; i++) {
            if (is_in(p->detectors[i], which)) {
                regexes[n] = p->detectors[i]->regex;
                flags[n] = HS_FLAG_SOM_LEFTMOST | HS_FLAG_MULTILINE;
                ids[n++] = (unsigned)i;
            }
        }
        hs_compile_error_t *error = NULL;
        f = FAULT_NONE;
        if (hs_compile_multi(regexes, flags, ids, n, HS_MODE_BLOCK, NULL,
                             &p->databases[which], &error) != HS_SUCCESS) {
            const char *name = error->expression >= 0
                                   ? p->detectors[ids[error->expression]]->name
                                   : "all detectors";
            f = fault_say(why, FAULT_INPUT, "the expression of '%s': %s", name,
                          error->message);
            hs_free_compile_error(error);
        }
    }
    free((void *)(uintptr_t)regexes);
    free(flags);
    free(ids);
    return f;
}

static enum fault load(struct patterns *p, enum pattern_need which, const char *folder,
                       struct why *why)
{
    char path[PATH_BYTES];
    bool cached = cache_path(path, p, which, folder);
    if (cached && read_cache(&p->databases[which], path)) {
        return FAULT_NONE;
    }
    enum fault f = compile(p, which, why);
    if (!f && cached) {
        write_cache(p->databases[which], path);
    }
    return f;
}

enum fault patterns_load(struct patterns **out, const struct ruleset_options *options,
                         struct why *why)
{
    struct patterns *p = calloc(1, sizeof(*p));
    if (!p) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the patterns");
    }
    p->detectors = detect_all(&p->count);
    cues_init(&p->cues);
    for (size_t i = 0; i < p->count; i++) {
        if (p->detectors[i]->cues) {
            cues_add(&p->cues, p->detectors[i]->cues);
        }
    }
    char own[PATH_BYTES];
    const char *folder = options->cache_folder;
    if (!folder && paths_cache(own, NULL) == FAULT_NONE) {
        folder = own;
    }
    enum fault f = FAULT_NONE;
    for (int which = PATTERN_ALL; which < DATABASES && !f; which++) {
        if (options->progress) {
            options->progress("reading patterns", which ? 50 : 0,
                              options->progress_ctx);
        }
        f = load(p, (enum pattern_need)which, folder, why);
    }
    if (f) {
        patterns_free(p);
        return f;
    }
    if (options->progress) {
        options->progress("reading patterns", 100, options->progress_ctx);
    }
    *out = p;
    return FAULT_NONE;
}

void patterns_free(struct patterns *p)
{
    if (p) {
        for (int which = PATTERN_ALL; which < DATABASES; which++) {
            hs_free_database(p->databases[which]);
        }
        free(p);
    }
}

enum fault pattern_scratch_create(struct pattern_scratch **out,
                                  const struct patterns *p, struct why *why)
{
    struct pattern_scratch *s = calloc(1, sizeof(*s));
    if (!s || hs_alloc_scratch(p->databases[PATTERN_ALL], &s->hs) != HS_SUCCESS ||
        hs_alloc_scratch(p->databases[PATTERN_BARE], &s->hs) != HS_SUCCESS) {
        pattern_scratch_free(s);
        return fault_say(why, FAULT_MEMORY, "out of memory for the patterns");
    }
    *out = s;
    return FAULT_NONE;
}

void pattern_scratch_free(struct pattern_scratch *s)
{
    if (s) {
        hs_free_scratch(s->hs);
        free(s);
    }
}

static int take_match(unsigned id, unsigned long long from, unsigned long long to,
                      unsigned flags, void *ctx)
{
    (void)flags;
    struct pattern_scratch *s = ctx;
    // The same place growing longer keeps the longest and a few before it.
    if (s->count == PATTERN_HITS_MOST) {
        return 1;
    }
    s->raw[s->count++] = (struct pattern_hit){
        .start = (uint32_t)from, .end = (uint32_t)to, .detector = id};
    return 0;
}

// Detector, then start, then the longest first.
static bool before(const struct pattern_hit *a, const struct pattern_hit *b)
{
    if (a->detector != b->detector) {
        return a->detector < b->detector;
    }
    return a->start != b->start ? a->start < b->start : a->end > b->end;
}

static bool starts_before(const struct pattern_hit *a, const struct pattern_hit *b)
{
    return a->start != b->start ? a->start < b->start : a->end < b->end;
}

// Shell sort: no memory, and few members.
static void sort_hits(struct pattern_hit *at, size_t count,
                      bool (*less)(const struct pattern_hit *a,
                                   const struct pattern_hit *b))
{
    static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
        size_t gap = gaps[g];
        for (size_t i = gap; i < count; i++) {
            struct pattern_hit moving = at[i];
            size_t k = i;
            while (k >= gap && less(&moving, &at[k - gap])) {
                at[k] = at[k - gap];
                k -= gap;
            }
            at[k] = moving;
        }
    }
}

static bool confirm(const struct patterns *p, const struct detect_context *c,
                    struct pattern_hit *hit)
{
    const struct detector *d = p->detectors[hit->detector];
    struct detect_hit made = {hit->start, hit->end};
    if (d->check && !d->check(c, &made)) {
        return false;
    }
    hit->start = (uint32_t)made.start;
    hit->end = (uint32_t)made.end;
    return made.end > made.start && made.end <= c->norm->len;
}

// Of several candidates for one thing the longest stays: "12 Rue" goes inside "12 Rue des
// Lilas". hits in the order of their starts.
static size_t keep_longest(const struct patterns *p, struct pattern_hit *hits,
                           size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct pattern_hit hit = hits[i];
        bool inside = false;
        for (size_t back = 1; back <= NEIGHBOURS && back <= kept && !inside; back++) {
            struct pattern_hit *other = &hits[kept - back];
            if (strcmp(p->detectors[other->detector]->class,
                       p->detectors[hit.detector]->class) != 0) {
                continue;
            }
            inside = hit.end <= other->end || hit.start == other->start;
            if (hit.start == other->start && hit.end > other->end) {
                *other = hit;
            }
        }
        if (!inside) {
            hits[kept++] = hit;
        }
    }
    return kept;
}

enum pattern_need patterns_need(const struct patterns *p, const struct norm *n,
                                const struct tokens *tokens)
{
    if (cues_mark(n)) {
        return PATTERN_ALL;
    }
    return cues_met(&p->cues, n, tokens) ? PATTERN_BARE : PATTERN_NONE;
}

enum fault patterns_scan(const struct patterns *p, struct pattern_scratch *s,
                         enum pattern_need need, const struct detect_context *c,
                         struct arena *arena, struct pattern_hit **out, size_t *count)
{
    *count = 0;
    s->count = 0;
    if (need == PATTERN_NONE) {
        return FAULT_NONE;
    }
    hs_error_t status = hs_scan(p->databases[need], c->norm->text,
                                (unsigned)c->norm->len, 0, s->hs, take_match, s);
    if (status != HS_SUCCESS && status != HS_SCAN_TERMINATED) {
        return FAULT_MEMORY;
    }
    if (s->count == 0) {
        return FAULT_NONE;
    }
    *out = arena_alloc(arena, s->count * sizeof(**out));
    if (!*out) {
        return FAULT_MEMORY;
    }
    sort_hits(s->raw, s->count, before);
    uint32_t detector = UINT32_MAX, reached = 0, start = UINT32_MAX;
    unsigned tries = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct pattern_hit hit = s->raw[i];
        if (hit.detector != detector) {
            detector = hit.detector;
            reached = 0;
            start = UINT32_MAX;
        }
        tries = hit.start == start ? tries + 1 : 0;
        start = hit.start;
        // Inside one that was confirmed, or too many lengths of one place tried.
        if (hit.start < reached || tries >= TRIES || !confirm(p, c, &hit)) {
            continue;
        }
        reached = hit.end;
        (*out)[(*count)++] = hit;
    }
    sort_hits(*out, *count, starts_before);
    *count = keep_longest(p, *out, *count);
    return FAULT_NONE;
}
