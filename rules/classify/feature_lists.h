/* SPDX-License-Identifier: MIT
 *
 * feature_lists.h - what each list of a lexicon gives the classifier, worked out once.
 *
 * A message's words and phrases are lists of classes (lists.h), most of them quoted in
 * rules, which the model is not told of; here stand only those that it is.
 *
 * Owner   the classifier; read only once made.
 */
#ifndef HM_RULES_FEATURE_LISTS_H
#define HM_RULES_FEATURE_LISTS_H

#include "rules/engine/scan.h"

// A class that the model is told of.
struct feature_class {
    uint32_t alone; // the feature of the class by itself, not yet stirred
    uint32_t hash;  // for the feature of the class and whom it is said about; 0: the
                    // class is one of those that say about whom
};

struct feature_list {
    uint32_t first; // into feature_lists.classes
    uint32_t count;
    uint32_t about; // bit of each of the engine's classes up to BUILTIN_THIRD
    bool group;     // a protected group is among its classes
    bool name;      // somebody's name is
};

struct feature_lists {
    uint32_t *class_hashes; // by class: what stands for it, 0: the model is not told
    struct feature_list *lists; // by list of the lexicon
    struct feature_class *classes;
};

// From malloc; NULL: out of memory.
struct feature_lists *feature_lists_create(const struct lexicon *lex);
void feature_lists_free(struct feature_lists *l); // NULL is fine

#endif
