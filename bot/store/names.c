// SPDX-License-Identifier: MIT
#include "bot/store/store.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *const case_states[] = {
    [CASE_OPEN] = "open", [CASE_UPHELD] = "upheld", [CASE_RESTORED] = "restored"};
static const char *const task_states[] = {
    [TASK_PENDING] = "pending", [TASK_DONE] = "done", [TASK_FAILED] = "failed"};
static const char *const act_kinds[] = {
    [ACT_HIDE] = "hide",   [ACT_RESTORE] = "restore",
    [ACT_MUTE] = "mute",   [ACT_UNMUTE] = "unmute",
    [ACT_BAN] = "ban",     [ACT_NOTICE] = "notice",
    [ACT_ALERT] = "alert", [ACT_ALERT_UPDATE] = "alert_update"};
static const char *const decision_kinds[] = {[DECIDE_UPHOLD] = "uphold",
                                             [DECIDE_RESTORE] = "restore",
                                             [DECIDE_ESCALATE] = "escalate",
                                             [DECIDE_CLAIM] = "claim"};

static bool find(const char *const *names, size_t count, struct slice name, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(name, names[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

const char *case_state_name(enum case_state s)
{
    return case_states[s];
}

bool case_state_parse(struct slice name, enum case_state *out)
{
    size_t i = 0;
    bool known = find(case_states, COUNT_OF(case_states), name, &i);
    if (known) {
        *out = (enum case_state)i;
    }
    return known;
}

const char *task_state_name(enum task_state s)
{
    return task_states[s];
}

const char *act_kind_name(enum act_kind k)
{
    return act_kinds[k];
}

bool act_kind_parse(struct slice name, enum act_kind *out)
{
    size_t i = 0;
    bool known = find(act_kinds, COUNT_OF(act_kinds), name, &i);
    if (known) {
        *out = (enum act_kind)i;
    }
    return known;
}

const char *decision_kind_name(enum decision_kind k)
{
    return decision_kinds[k];
}
