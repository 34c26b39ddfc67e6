/* SPDX-License-Identifier: MIT
 *
 * verdict.h - what the judge says about one message.
 *
 * Owner   everything a verdict points to lives in the judge's arena (or in the ruleset
 *         and policy snapshots) and dies with the next judge_message() call.
 * Units   start and end are byte offsets into the UTF-8 text as it came in.
 */
#ifndef HM_RULES_VERDICT_H
#define HM_RULES_VERDICT_H

#include "rules/taxonomy.h"

struct clause_ref {
    struct slice policy; // pack id, e.g. "caldecote-primary-school"
    struct slice clause; // clause id, e.g. "tou-1"
};

enum finding_origin {
    ORIGIN_RULE,
    ORIGIN_DETECTOR,
    ORIGIN_CLASSIFIER,
    ORIGIN_BEHAVIOUR
};

struct finding {
    enum category category;
    enum target target;
    enum severity severity;
    enum action_kind action; // what the policy does about this finding
    enum finding_origin origin;
    uint8_t confidence; // percent
    uint32_t groups;    // bits of enum group, for abuse.hate; else 0
    size_t start, end;
    struct slice rule;    // rule id
    struct slice because; // finishes "… because it …"
    struct slice
        subject; // words that name whom it is about, in the original text; may be empty
    struct clause_ref *clauses;
    size_t clause_count;
};

struct verdict {
    enum action_kind action;
    enum severity severity;   // of the main finding
    enum target target;       // of the main finding
    uint32_t monitoring;      // bits of enum monitoring
    struct finding *findings; // main finding first, then by severity and position
    size_t finding_count;
    struct slice *routes; // roles to tell, e.g. "headteacher"; in order
    size_t route_count;
    bool at_once;             // tell the routes now rather than the same day
    bool restricted;          // only people who may see safeguarding cases
    bool never_store;         // content must not be kept (indecent images of children)
    uint64_t mute_ms;         // how long to mute the author; 0: not at all
    uint32_t retention_days;  // how long the case may be kept; 0: policy says nothing
    struct slice explanation; // one plain sentence; empty when allowed
    struct slice reply;       // what the author is told; empty: no notice
    struct slice *signposts;  // official routes for the author, in order
    size_t signpost_count;
};

#endif
