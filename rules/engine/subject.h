/* SPDX-License-Identifier: MIT
 *
 * subject.h - whom a match is about.
 */
#ifndef HM_RULES_SUBJECT_H
#define HM_RULES_SUBJECT_H

#include "rules/engine/evaluate.h"

// Sets h's target and subject: what its rule's target element met, else the nearest
// person of its sentence, else whom such words mean among those who read here.
void subject_find(const struct evaluation *e, struct hit *h);
// Whom a finding means of which only said is known (NONE or OTHER: nobody): those who read
// here mean each other by abuse and threats.
enum target subject_meant(enum category c, enum audience a, enum target said,
                          bool pronoun);

#endif
