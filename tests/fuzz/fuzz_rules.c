// SPDX-License-Identifier: MIT
// Rule files and lexicons: any bytes give rules or a fault, never a crash.
#include <stdlib.h>

#include "rules/engine/lists.h"
#include "rules/engine/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// As a ruleset does once all files are read.
static void arrange(struct lexicon *lex, struct rule_set *set)
{
    bool *asked = calloc(lex->class_count + 1, sizeof(*asked));
    uint16_t *to = calloc(lex->class_count + 1, sizeof(*to));
    if (!asked || !to) {
        abort();
    }
    const struct class_uses uses = {.loud = asked, .anchor = asked};
    rule_set_pick_anchors(set, lex);
    for (size_t i = 0; i < set->sequence_count; i++) {
        asked[set->sequences[i].anchor] = true;
    }
    if (lists_arrange(lex, &uses, to) == FAULT_NONE) {
        (void)(rule_set_index(set, lex, to) == FAULT_NONE);
    }
    free(asked);
    free(to);
}

static void read_both(struct lexfile_context *words, struct arena *strings,
                      struct slice lexicon, struct slice rules)
{
    struct why why = {0};
    struct rule_set set = {0};
    struct rule_source *sources = NULL;
    unsigned count = 0;
    struct rule_context c = {
        .words = words, .strings = strings, .file = "fuzz", .set = &set};
    enum fault f = lexfile_read(words, "fuzz", lexicon, LEXFILE_SPELLING, &why);
    f = f ? f : lexfile_read(words, "fuzz", lexicon, LEXFILE_CLASSES, &why);
    f = f ? f : rule_sources_read("fuzz", rules, &sources, &count, &why);
    for (unsigned i = 0; !f && i < count; i++) {
        f = rule_compile(&c, &sources[i], &why);
    }
    if (!f && lexicon_finish(words->lex, &why) == FAULT_NONE) {
        arrange(words->lex, &set);
    }
    rule_sources_free(sources, count);
    rule_set_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fold_table *folds;
    struct arena strings, scratch;
    struct lexicon *lex;
    if ((!folds && fold_table_create(&folds, NULL)) || lexicon_create(&lex, NULL)) {
        abort();
    }
    arena_init(&strings, 1 << 16, 1 << 26);
    arena_init(&scratch, 1 << 16, 1 << 26);
    struct slice rules, all = slice_make((const char *)data, size);
    struct slice lexicon = slice_cut(all, '\1', &rules);
    struct lexfile_context words = {.lex = lex, .folds = folds, .scratch = &scratch};
    read_both(&words, &strings, lexicon, rules);
    lexicon_destroy(lex);
    arena_finish(&strings);
    arena_finish(&scratch);
    return 0;
}
