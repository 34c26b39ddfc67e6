/* SPDX-License-Identifier: MIT
 *
 * lexfile.h - read rules/lexicon/NAME.txt into a lexicon.
 *
 * The format stands in rules/README.md. The section [spelling] is read in a first pass
 * over all files, so that entries everywhere are read as messages will be.
 *
 * Faults  INPUT: why reads "insult.txt:12: ...". MEMORY, LIMIT.
 */
#ifndef HM_RULES_LEXFILE_H
#define HM_RULES_LEXFILE_H

#include "rules/engine/lexicon.h"
#include "rules/engine/normalise.h"

struct lexfile_context {
    struct lexicon *lex;
    struct fold_table *folds;
    struct arena *scratch; // dropped after each entry
};

enum lexfile_pass { LEXFILE_SPELLING, LEXFILE_CLASSES };

MUST_USE enum fault lexfile_read(struct lexfile_context *c, const char *name,
                                 struct slice bytes, enum lexfile_pass pass,
                                 struct why *why);
// Adds one entry ("steal/v stole stolen", "help/v himself to") to a class.
MUST_USE enum fault lexfile_entry(struct lexfile_context *c, uint16_t class,
                                  struct slice entry, struct why *why);
// The words of a text as the judge will see them, spellings undone.
MUST_USE enum fault lexfile_words(struct lexfile_context *c, struct slice text,
                                  uint32_t *out, size_t most, size_t *count,
                                  struct why *why);

#endif
