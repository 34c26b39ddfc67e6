/* SPDX-License-Identifier: MIT
 *
 * target.h - whom a message is about.
 *
 * The lexicon knows roles, titles and pronouns (rules/lexicon/targets.txt); here titles
 * join with names, names are recognised, pronouns reach back to what they stand for:
 * within the sentence, the sentence before, or the message before.
 */
#ifndef HM_RULES_TARGET_H
#define HM_RULES_TARGET_H

#include "rules/engine/lexfile.h"
#include "rules/engine/scan.h"

// The scanner saw builtin class b over tokens first..last.
void target_watch(struct scan *s, enum builtin b, size_t first, size_t last);
// Token i begins with a capital and is not in the lexicon.
void target_watch_name(struct scan *s, size_t i);

// The enum target that a builtin class speaks of, TARGET_NONE when of nobody.
enum target target_of_builtin(enum builtin b);
// Whom "you" addresses where these people read.
enum target target_of_you(enum audience audience);

// The school's own people and names.
struct roster_index;
struct school_profile;
// Adds roster and school names to the lexicon's classes. profile NULL gives an empty
// index. INPUT: why names file and line. The caller owns *out.
MUST_USE enum fault roster_load(struct roster_index **out,
                                const struct school_profile *profile,
                                struct lexfile_context *words, struct why *why);
bool roster_is_empty(const struct roster_index *r);
void roster_free(struct roster_index *r); // NULL is fine
// Id of the one-word roster name that w is one slip away from, or 0.
uint32_t roster_guess(const struct roster_index *r, struct slice w);

#endif
