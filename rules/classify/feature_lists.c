// SPDX-License-Identifier: MIT
#include "rules/classify/feature_lists.h"

#include <stdlib.h>
#include <string.h>

#include "rules/classify/feature_hash.h"

// Which group is spoken of must not count, and lists in rules ("a|b") repeat what their
// parts say.
static bool is_told(struct slice name)
{
    return !memchr(name.ptr, '|', name.len) && !memchr(name.ptr, '"', name.len) &&
           !slice_starts_with(name, SLICE("group.")) &&
           !slice_starts_with(name, SLICE("name."));
}

static void fill_hashes(uint32_t *hashes, const struct lexicon *lex)
{
    for (size_t i = 0; i < lex->class_count; i++) {
        struct slice name = slice_of(lex->classes[i].name);
        hashes[i] = is_told(name) ? feature_stir((uint32_t)slice_hash(name)) | 1 : 0;
    }
}

static size_t count_told(const struct lexicon *lex, const uint32_t *hashes)
{
    size_t count = 0;
    for (size_t i = 0; i < lex->list_count; i++) {
        const struct list *l = &lex->lists[i];
        for (size_t k = 0; k < l->loud; k++) {
            count += hashes[lex->members[l->classes + k]] != 0;
        }
    }
    return count;
}

static uint32_t fill_list(struct feature_lists *out, size_t list,
                          const struct lexicon *lex, uint32_t used)
{
    const struct list *l = &lex->lists[list];
    struct feature_list *to = &out->lists[list];
    to->first = used;
    for (size_t k = 0; k < l->loud; k++) {
        uint16_t class = lex->members[l->classes + k];
        uint32_t h = out->class_hashes[class];
        bool says_whom = class <= BUILTIN_THIRD;
        to->about |= says_whom ? 1u << class : 0;
        to->group |= (lex->classes[class].flags & CLASS_GROUP) != 0;
        to->name |= class == BUILTIN_FIRST_NAME || class == BUILTIN_NAME;
        if (h) {
            out->classes[used++] = (struct feature_class){
                .alone = feature_pair(SALT_CLASS, h), .hash = says_whom ? 0 : h};
        }
    }
    to->count = used - to->first;
    return used;
}

struct feature_lists *feature_lists_create(const struct lexicon *lex)
{
    struct feature_lists *out = calloc(1, sizeof(*out));
    if (!out) {
        return NULL;
    }
    out->class_hashes = calloc(lex->class_count + 1, sizeof(*out->class_hashes));
    out->lists = calloc(lex->list_count + 1, sizeof(*out->lists));
    if (out->class_hashes && out->lists) {
        fill_hashes(out->class_hashes, lex);
        size_t told = count_told(lex, out->class_hashes);
        out->classes = calloc(told + 1, sizeof(*out->classes));
    }
    if (!out->classes) {
        feature_lists_free(out);
        return NULL;
    }
    uint32_t used = 0;
    for (size_t i = 0; i < lex->list_count; i++) {
        used = fill_list(out, i, lex, used);
    }
    return out;
}

void feature_lists_free(struct feature_lists *l)
{
    if (l) {
        free(l->class_hashes);
        free(l->lists);
        free(l->classes);
        free(l);
    }
}
