/* SPDX-License-Identifier: MIT
 *
 * inflect.h - the regular forms of English verbs, nouns and adjectives.
 *
 *   steal/v   steal steals stealed stealing stealin, and stole stolen (irregular)
 *   thief/n   thief thiefs, and thieves
 *   stupid/a  stupid stupider stupidest stupidly
 *
 * Forms that no English speaker writes do no harm: they are never seen.
 */
#ifndef HM_RULES_INFLECT_H
#define HM_RULES_INFLECT_H

#include "bot/base/slice.h"

enum { FORM_BYTES = 64, FORMS_MOST = 16 };

struct forms {
    char at[FORMS_MOST][FORM_BYTES];
    size_t count;
};

// kind is 'v', 'n', 'a' or 0 (the word alone). false: no such kind, or word too long.
bool inflect(struct forms *out, struct slice word, char kind);
// Whether form is an irregular form of word.
bool inflect_irregular(struct slice word, struct slice form);
void forms_add(struct forms *out, struct slice form);

#endif
