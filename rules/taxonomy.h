/* SPDX-License-Identifier: MIT
 *
 * taxonomy.h - the vocabulary: what a message can be found to be, about whom, how bad,
 * and what is done by default. Code, store, console, reports and rules use these names.
 */
#ifndef HM_RULES_TAXONOMY_H
#define HM_RULES_TAXONOMY_H

#include "bot/base/slice.h"

#define FAMILY_MAP(X)                                                                  \
    X(ABUSE, "abuse")                                                                  \
    X(THREAT, "threat")                                                                \
    X(SAFEGUARDING, "safeguarding")                                                    \
    X(ILLEGAL, "illegal")                                                              \
    X(DEFAMATION, "defamation")                                                        \
    X(PERSONAL_DATA, "personal_data")                                                  \
    X(CONDUCT, "conduct")                                                              \
    X(SECURITY, "security")                                                            \
    X(SPAM, "spam")

enum family {
#define X(id, name) FAMILY_##id,
    FAMILY_MAP(X)
#undef X
        FAMILY_COUNT
};

// What is done, from least to most; a message's action is the union over its findings.
enum action_kind {
    ACTION_ALLOW,
    ACTION_NOTE,
    ACTION_ESCALATE,
    ACTION_HIDE,
    ACTION_HIDE_ESCALATE
};
enum { ACTION_KIND_COUNT = ACTION_HIDE_ESCALATE + 1 };

// X(id, family, name, default action, default severity, a plain phrase that finishes
// "This message was found to contain ...")
#define CATEGORY_MAP(X)                                                                \
    X(PROFANITY, ABUSE, "abuse.profanity", HIDE, MEDIUM, "swearing")                   \
    X(INSULT, ABUSE, "abuse.insult", HIDE_ESCALATE, MEDIUM, "an insult")               \
    X(BULLYING, ABUSE, "abuse.bullying", HIDE_ESCALATE, HIGH, "bullying")              \
    X(HATE, ABUSE, "abuse.hate", HIDE_ESCALATE, HIGH,                                  \
      "hate against a protected group")                                                \
    X(SEXUAL, ABUSE, "abuse.sexual", HIDE_ESCALATE, HIGH, "sexual content")            \
    X(VIOLENCE, THREAT, "threat.violence", HIDE_ESCALATE, CRITICAL,                    \
      "a threat of violence")                                                          \
    X(INTIMIDATION, THREAT, "threat.intimidation", HIDE_ESCALATE, HIGH,                \
      "intimidation")                                                                  \
    X(SELF_HARM, SAFEGUARDING, "safeguarding.self_harm", ESCALATE, CRITICAL,           \
      "a sign of self-harm")                                                           \
    X(GROOMING, SAFEGUARDING, "safeguarding.grooming", HIDE_ESCALATE, CRITICAL,        \
      "a sign of grooming")                                                            \
    X(DISCLOSURE, SAFEGUARDING, "safeguarding.disclosure", HIDE_ESCALATE, CRITICAL,    \
      "a sign that a child is being harmed")                                           \
    X(UNDERAGE, SAFEGUARDING, "safeguarding.underage", ESCALATE, MEDIUM,               \
      "a sign of being under age")                                                     \
    X(PRIVATE_CONTACT, SAFEGUARDING, "safeguarding.contact", HIDE_ESCALATE, HIGH,      \
      "private contact between staff and pupil")                                       \
    X(DRUGS, ILLEGAL, "illegal.drugs", HIDE_ESCALATE, HIGH, "illegal drugs or vapes")  \
    X(GAMBLING, ILLEGAL, "illegal.gambling", HIDE, MEDIUM, "promotion of gambling")    \
    X(CRIMINAL, ILLEGAL, "illegal.criminal", HIDE_ESCALATE, HIGH,                      \
      "organising a crime")                                                            \
    X(ALLEGATION, DEFAMATION, "defamation.allegation", HIDE_ESCALATE, HIGH,            \
      "an allegation against an identifiable person or the school")                    \
    X(DISPARAGEMENT, DEFAMATION, "defamation.disparagement", HIDE_ESCALATE, MEDIUM,    \
      "an attack on somebody's reputation")                                            \
    X(COMPLAINT, DEFAMATION, "defamation.complaint", NOTE, LOW, "a complaint")         \
    X(CONTACT, PERSONAL_DATA, "personal_data.contact", HIDE, MEDIUM,                   \
      "personal contact details")                                                      \
    X(IDENTIFIER, PERSONAL_DATA, "personal_data.identifier", HIDE_ESCALATE, HIGH,      \
      "a personal identifier")                                                         \
    X(FINANCIAL, PERSONAL_DATA, "personal_data.financial", HIDE_ESCALATE, HIGH,        \
      "bank or card details")                                                          \
    X(CREDENTIALS, PERSONAL_DATA, "personal_data.credentials", HIDE_ESCALATE, HIGH,    \
      "a password or access code")                                                     \
    X(PUPIL, PERSONAL_DATA, "personal_data.pupil", HIDE_ESCALATE, HIGH,                \
      "information that identifies a child")                                           \
    X(SPECIAL, PERSONAL_DATA, "personal_data.special", HIDE_ESCALATE, HIGH,            \
      "sensitive information about somebody")                                          \
    X(IMAGE, PERSONAL_DATA, "personal_data.image", HIDE_ESCALATE, HIGH,                \
      "pictures of people without consent")                                            \
    X(PROMOTION, CONDUCT, "conduct.promotion", HIDE, MEDIUM, "advertising")            \
    X(COPYRIGHT, CONDUCT, "conduct.copyright", HIDE, MEDIUM,                           \
      "sharing of pirated material")                                                   \
    X(CONFIDENTIAL, CONDUCT, "conduct.confidential", HIDE_ESCALATE, HIGH,              \
      "confidential business")                                                         \
    X(IMPERSONATION, CONDUCT, "conduct.impersonation", ESCALATE, HIGH,                 \
      "posing as somebody else")                                                       \
    X(REFERENCE, CONDUCT, "conduct.reference", NOTE, LOW,                              \
      "a name that needs permission")                                                  \
    X(PHISHING, SECURITY, "security.phishing", HIDE_ESCALATE, HIGH,                    \
      "a deceptive link or scam")                                                      \
    X(BYPASS, SECURITY, "security.bypass", HIDE, MEDIUM,                               \
      "a way round the school's filter")                                               \
    X(FLOOD, SPAM, "spam.flood", HIDE, MEDIUM, "flooding")                             \
    X(RAID, SPAM, "spam.raid", HIDE, HIGH, "a raid")

enum category {
#define X(id, family, name, action, severity, phrase) CATEGORY_##id,
    CATEGORY_MAP(X)
#undef X
        CATEGORY_COUNT
};

enum target {
    TARGET_NONE,
    TARGET_STAFF,
    TARGET_PUPIL,
    TARGET_PARENT,
    TARGET_SCHOOL,
    TARGET_SELF,
    TARGET_OTHER,
    TARGET_COUNT
};

enum severity {
    SEVERITY_NONE,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL
};
enum { SEVERITY_COUNT = SEVERITY_CRITICAL + 1 };

enum author_role {
    AUTHOR_UNKNOWN,
    AUTHOR_PARENT,
    AUTHOR_PUPIL,
    AUTHOR_STAFF,
    AUTHOR_GOVERNOR,
    AUTHOR_ROLE_COUNT
};

// Who reads the channel.
enum audience {
    AUDIENCE_PARENTS,
    AUDIENCE_PUPILS,
    AUDIENCE_STAFF,
    AUDIENCE_PUBLIC,
    AUDIENCE_COUNT
};

// Protected characteristics, for abuse.hate (bits of finding.groups).
#define GROUP_MAP(X)                                                                   \
    X(RACE, "race")                                                                    \
    X(NATIONALITY, "nationality")                                                      \
    X(RELIGION, "religion")                                                            \
    X(DISABILITY, "disability")                                                        \
    X(SEX, "sex")                                                                      \
    X(ORIENTATION, "orientation")                                                      \
    X(GENDER_IDENTITY, "gender_identity")                                              \
    X(TRAVELLER, "traveller")

enum group {
#define X(id, name) GROUP_##id,
    GROUP_MAP(X)
#undef X
        GROUP_COUNT
};

// The eleven numbers that a headteacher keeps.
#define MONITORING_MAP(X)                                                              \
    X(ALLEGATIONS_STAFF, "allegations_staff")                                          \
    X(ALLEGATIONS_PUPILS, "allegations_pupils")                                        \
    X(COMPLAINTS_SCHOOL, "complaints_school")                                          \
    X(COMPLAINTS_STAFF, "complaints_staff")                                            \
    X(DEFAMATORY_SCHOOL, "defamatory_school")                                          \
    X(DEFAMATORY_STAFF, "defamatory_staff")                                            \
    X(NEGATIVE_STAFF, "negative_staff")                                                \
    X(NEGATIVE_PUPILS, "negative_pupils")                                              \
    X(RACIST_HOMOPHOBIC, "racist_homophobic")                                          \
    X(THREATS_VIOLENCE, "threats_violence")                                            \
    X(IMAGES_UNAUTHORISED, "images_unauthorised")

enum monitoring {
#define X(id, name) MONITORING_##id,
    MONITORING_MAP(X)
#undef X
        MONITORING_COUNT
};

struct category_info {
    const char *name; // "family.kind"
    enum family family;
    enum action_kind action;
    enum severity severity;
    const char *phrase; // finishes "This message was found to contain ..."
};

const struct category_info *category_info(enum category c);
const char *family_name(enum family f);
const char *target_name(enum target t);
const char *severity_name(enum severity s); // NULL for SEVERITY_NONE (JSON null)
const char *action_name(enum action_kind a);
const char *author_role_name(enum author_role r);
const char *audience_name(enum audience a);
const char *group_name(enum group g);
const char *monitoring_name(enum monitoring m);

// Each returns false when the name is not in the taxonomy; *out is then untouched.
bool family_parse(struct slice name, enum family *out);
bool category_parse(struct slice name, enum category *out);
bool target_parse(struct slice name, enum target *out);
bool severity_parse(struct slice name, enum severity *out);
bool action_parse(struct slice name, enum action_kind *out);
bool author_role_parse(struct slice name, enum author_role *out);
bool audience_parse(struct slice name, enum audience *out);
bool group_parse(struct slice name, enum group *out);

// Both parts of the two: hide+anything that escalates is hide+escalate.
enum action_kind action_union(enum action_kind a, enum action_kind b);
bool action_hides(enum action_kind a);
bool action_escalates(enum action_kind a);

// The taxonomy's default for a finding: abuse.insult only hides when its target is
// other or none.
enum action_kind category_default_action(enum category c, enum target t);
// Bits (1u << enum monitoring) that a finding counts towards; groups are bits of
// (1u << enum group), 0 when unknown.
uint32_t monitoring_bits(enum category c, enum target t, uint32_t groups);

#endif
