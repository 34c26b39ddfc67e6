// SPDX-License-Identifier: MIT
#include "rules/engine/behaviour.h"

#include <string.h>

#include "rules/engine/repeat.h"

enum {
    MINUTE_MS = 60 * 1000,
    RECALL_MS = 15 * MINUTE_MS, // a conversation that paused for longer is a new one
    RECALL_MESSAGES = 6,
    REPEAT_MS = 10 * MINUTE_MS,
    REPEATS = 3,       // the same long text so often, this one counted
    SHORT_REPEATS = 6, // "lol"
    SHORT_BYTES = 12,  //
    FLOOD_MS = 10 * 1000,
    FLOOD_MESSAGES = 8, // by one author in that time
    RAID_MS = 60 * 1000,
    RAID_AUTHORS = 4, // with the same text in that time
    PILE_MS = 15 * MINUTE_MS,
    PILE_AUTHORS = 3,  // who attack the same person in that time
    MENTIONS_MOST = 8, // people addressed at once
    SIGNALS_LEAST = 3  // different signs of grooming by one author
};

// Whether p lies within `ms` before m; without times the ring is the bound.
static bool recent(const struct past *p, const struct judge_message *m, uint64_t ms)
{
    return p->at_ms == 0 || m->at_unix_ms == 0 || m->at_unix_ms < p->at_ms ||
           m->at_unix_ms - p->at_ms <= ms;
}

void behaviour_recall(struct judge *j, const struct past_channel *c,
                      const struct judge_message *m, uint32_t context_epoch,
                      enum target *carried)
{
    const struct ruleset *rs = j->rs;
    for (size_t n = RECALL_MESSAGES; c && n > 0; n--) {
        const struct past *p = past_back(c, n - 1);
        if (!p || !recent(p, m, RECALL_MS)) {
            continue;
        }
        *carried = p->target ? (enum target)p->target : *carried;
        for (size_t k = 0; k < HISTORY_CLASSES && p->classes[k]; k++) {
            for (size_t i = 0; i < rs->context_class_count; i++) {
                if (rs->context_classes[i].hash == p->classes[k]) {
                    j->context_epochs[rs->context_classes[i].class] = context_epoch;
                }
            }
        }
    }
}

static void remember(const struct judge *j, const struct judge_message *m,
                     const struct verdict *v, struct past *p)
{
    const struct scan *s = &j->scan;
    *p = (struct past){
        .at_ms = m->at_unix_ms,
        .author = slice_hash(m->author_id),
        .bytes = (uint32_t)(m->text.len > UINT32_MAX ? UINT32_MAX : m->text.len),
        .text = 0xcbf29ce484222325u};
    for (size_t i = 0; i < s->tokens.count; i++) {
        p->text = (p->text ^ s->tokens.at[i].key) * 0x100000001b3u;
    }
    const struct ruleset *rs = j->rs;
    for (size_t i = 0; i < rs->signal_count; i++) {
        unsigned bit = scan_saw(s, rs->signals[i]) ? 1u << i : 0;
        p->signals = (uint16_t)(p->signals | bit);
    }
    size_t n = 0;
    for (size_t i = 0; i < rs->context_class_count && n < HISTORY_CLASSES; i++) {
        if (scan_saw(s, rs->context_classes[i].class)) {
            p->classes[n++] = rs->context_classes[i].hash;
        }
    }
    p->target = (uint8_t)scan_spoken_of(s);
    for (size_t i = 0; i < v->finding_count && !p->attacked; i++) {
        const struct finding *f = &v->findings[i];
        if ((f->category == CATEGORY_INSULT || f->category == CATEGORY_BULLYING ||
             f->category == CATEGORY_HATE) &&
            f->target != TARGET_NONE && f->target != TARGET_SELF) {
            p->attacked = (uint8_t)f->target;
            p->subject = (uint32_t)slice_hash(f->subject);
        }
    }
}

struct tally {
    unsigned same_text, short_time, signals, people;
    uint64_t attackers[PILE_AUTHORS], copiers[RAID_AUTHORS];
    unsigned attacker_count, copier_count;
};

static void add_author(uint64_t *list, unsigned *count, unsigned most, uint64_t author)
{
    for (unsigned i = 0; i < *count; i++) {
        if (list[i] == author) {
            return;
        }
    }
    if (*count < most) {
        list[(*count)++] = author;
    }
}

static void count_past(struct tally *t, const struct past_channel *c,
                       const struct past *now, const struct judge_message *m)
{
    uint64_t people[3] = {now->author};
    t->people = 1;
    t->signals = now->signals;
    add_author(t->attackers, &t->attacker_count, PILE_AUTHORS, now->author);
    add_author(t->copiers, &t->copier_count, RAID_AUTHORS, now->author);
    for (size_t n = 0; n < HISTORY_RING; n++) {
        const struct past *p = past_back(c, n);
        if (!p) {
            return;
        }
        bool own = p->author == now->author;
        add_author(people, &t->people, 3, p->author);
        t->same_text += own && p->text == now->text && recent(p, m, REPEAT_MS);
        t->short_time += own && p->at_ms && recent(p, m, FLOOD_MS);
        t->signals |= own ? p->signals : 0u;
        if (p->text == now->text && now->bytes > SHORT_BYTES && p->at_ms &&
            recent(p, m, RAID_MS)) {
            add_author(t->copiers, &t->copier_count, RAID_AUTHORS, p->author);
        }
        if (now->attacked && p->attacked == now->attacked && recent(p, m, PILE_MS)) {
            add_author(t->attackers, &t->attacker_count, PILE_AUTHORS, p->author);
        }
    }
}

static enum fault add(struct judge *j, struct verdict *v, const struct judge_message *m,
                      enum category category, const char *rule, const char *because)
{
    const struct finding *first = v->finding_count ? &v->findings[0] : NULL;
    bool about = category == CATEGORY_BULLYING && first;
    enum target target = about                           ? first->target
                         : category == CATEGORY_GROOMING ? TARGET_PUPIL
                                                         : TARGET_NONE;
    struct finding f = {.category = category,
                        .target = target,
                        .severity = category_info(category)->severity,
                        .action = category_default_action(category, target),
                        .origin = ORIGIN_BEHAVIOUR,
                        .confidence = 90,
                        .start = 0,
                        .end = m->text.len,
                        .rule = slice_of(rule),
                        .because = slice_of(because)};
    return verdict_add(v, &f, &j->arena);
}

static enum fault add_findings(struct judge *j, struct verdict *v,
                               const struct judge_message *m, const struct tally *t,
                               const struct past *now)
{
    enum fault f = FAULT_NONE;
    unsigned repeats = now->bytes > SHORT_BYTES ? REPEATS : SHORT_REPEATS;
    if (m->text.len && t->same_text + 1 >= repeats) {
        f = add(j, v, m, CATEGORY_FLOOD, "behaviour.repetition",
                "says the same again and again");
    } else if (t->short_time + 1 >= FLOOD_MESSAGES) {
        f = add(j, v, m, CATEGORY_FLOOD, "behaviour.flood",
                "is one of many messages by the same person within seconds");
    }
    if (!f && t->copier_count >= RAID_AUTHORS) {
        f = add(j, v, m, CATEGORY_RAID, "behaviour.raid",
                "is sent by several accounts at once");
    }
    if (!f && now->attacked && t->attacker_count >= PILE_AUTHORS) {
        f = add(j, v, m, CATEGORY_BULLYING, "behaviour.pile_on",
                "joins several others in attacking the same person");
    }
    if (!f && now->signals && t->people <= 2 &&
        __builtin_popcount(t->signals) >= SIGNALS_LEAST) {
        f = add(j, v, m, CATEGORY_GROOMING, "behaviour.grooming",
                "adds to several signs of grooming by the same person");
    }
    return f;
}

enum fault behaviour_judge(struct judge *j, struct past_channel *c,
                           const struct judge_message *m, struct verdict *v)
{
    enum fault f = FAULT_NONE;
    if (m->mention_count >= MENTIONS_MOST) {
        f = add(j, v, m, CATEGORY_FLOOD, "behaviour.mentions",
                "addresses many people at once");
    }
    if (!f && calls_many(m->text)) {
        f = add(j, v, m, CATEGORY_FLOOD, "behaviour.calls_many",
                "calls many people, or holds many links");
    } else if (!f && repeats_itself(&j->scan.tokens)) {
        f = add(j, v, m, CATEGORY_FLOOD, "behaviour.repeats_itself",
                "says the same again and again");
    } else if (!f && m->context_count && repeats_context(m)) {
        f = add(j, v, m, CATEGORY_FLOOD, "behaviour.repeats_context",
                "says the same again and again");
    }
    if (!c || f || m->is_edit) {
        return f;
    }
    struct past now;
    struct tally t = {0};
    remember(j, m, v, &now);
    if (m->author_id.len) {
        count_past(&t, c, &now, m);
        f = add_findings(j, v, m, &t, &now);
    }
    past_add(c, &now);
    return f;
}
