/* SPDX-License-Identifier: MIT
 *
 * speech.h - what a finding says that no rule made.
 */
#ifndef HM_RULES_SPEECH_H
#define HM_RULES_SPEECH_H

#include "rules/taxonomy.h"

struct speech {
    const char *rule, *because;
};

const struct speech *speech_of_classifier(enum category c);
const struct speech *speech_of_reader(enum category c);
// Whom a category is about when nobody is named.
enum target speech_target(enum category c);

#endif
