// SPDX-License-Identifier: MIT
#include "rules/classify/speech.h"

#define X(id, family, name, action, severity, phrase)                                  \
    [CATEGORY_##id] = {"classifier." name,                                             \
                       "reads like " phrase ", says the classifier (no rule spoke)"},
static const struct speech classifier_says[CATEGORY_COUNT] = {CATEGORY_MAP(X)};
#undef X
#define X(id, family, name, action, severity, phrase)                                  \
    [CATEGORY_##id] = {"reader." name, "reads, as a whole, like " phrase               \
                                       ", says the reader (no rule spoke)"},
static const struct speech reader_says[CATEGORY_COUNT] = {CATEGORY_MAP(X)};
#undef X

const struct speech *speech_of_classifier(enum category c)
{
    return &classifier_says[c];
}

const struct speech *speech_of_reader(enum category c)
{
    return &reader_says[c];
}

enum target speech_target(enum category c)
{
    switch (c) {
    case CATEGORY_BULLYING:
    case CATEGORY_GROOMING:
    case CATEGORY_DISCLOSURE:
    case CATEGORY_PRIVATE_CONTACT:
    case CATEGORY_PUPIL:
    case CATEGORY_SPECIAL:
    case CATEGORY_IMAGE:
    case CATEGORY_REFERENCE:
        return TARGET_PUPIL;
    case CATEGORY_ALLEGATION:
        return TARGET_STAFF;
    case CATEGORY_DISPARAGEMENT:
    case CATEGORY_COMPLAINT:
    case CATEGORY_CONFIDENTIAL:
    case CATEGORY_IMPERSONATION:
        return TARGET_SCHOOL;
    case CATEGORY_SELF_HARM:
    case CATEGORY_UNDERAGE:
        return TARGET_SELF;
    case CATEGORY_INSULT:
    case CATEGORY_HATE:
    case CATEGORY_VIOLENCE:
    case CATEGORY_INTIMIDATION:
    case CATEGORY_CONTACT:
    case CATEGORY_IDENTIFIER:
    case CATEGORY_FINANCIAL:
    case CATEGORY_CREDENTIALS:
        return TARGET_OTHER;
    case CATEGORY_PROFANITY:
    case CATEGORY_SEXUAL:
    case CATEGORY_DRUGS:
    case CATEGORY_GAMBLING:
    case CATEGORY_CRIMINAL:
    case CATEGORY_PROMOTION:
    case CATEGORY_COPYRIGHT:
    case CATEGORY_PHISHING:
    case CATEGORY_BYPASS:
    case CATEGORY_FLOOD:
    case CATEGORY_RAID:
    case CATEGORY_COUNT:
        break;
    }
    return TARGET_NONE;
}
