/* SPDX-License-Identifier: MIT
 *
 * evade.h - undo what people do to words so that filters miss them.
 *
 * b1tch, sh!t, f.u.c.k, f u c k, f*ck, fuuuck. Only tokens that look tampered with are
 * touched, and only when what comes out is a word of an `evasive` class, so that honest
 * text ("pen is", "as shell", "class assembly") cannot turn into anything. Words that
 * are doubled or turned round (kcuf) are found by read_words() with the lexicon's
 * tables.
 */
#ifndef HM_RULES_EVADE_H
#define HM_RULES_EVADE_H

#include "rules/engine/scan.h"

// Rewrites s->tokens in place: a word that was undone becomes one token.
void evade_undo(struct scan *s, const struct reader_aids *aids);

#endif
