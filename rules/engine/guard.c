// SPDX-License-Identifier: MIT
#include "rules/engine/rule.h"

#include <string.h>

// The contexts that rules may name. Their words are classes of rules/lexicon/guards.txt.
static const struct {
    const char *name;
    enum guard_scope scope;
    uint16_t reach;
    const char *class;
    const char *excepting;
} contexts[] = {
    {"negated", GUARD_BEFORE, 4, "guard.negated", "guard.not_negated"},
    {"quoted", GUARD_QUOTED, 0, NULL, NULL},
    {"reported", GUARD_MESSAGE, 0, "guard.reported", NULL},
    {"reporting", GUARD_MESSAGE, 0, "guard.reported", NULL},
    {"asked", GUARD_ASKED, 0, "guard.asked", NULL},
    {"counter", GUARD_MESSAGE, 0, "guard.counter", NULL},
    {"self", GUARD_SENTENCE, 0, "guard.self", NULL},
    {"fiction", GUARD_MESSAGE, 0, "guard.fiction", NULL},
    {"game", GUARD_MESSAGE, 0, "guard.game", NULL},
    {"idiom", GUARD_SENTENCE, 0, "guard.idiom", NULL},
    {"praise", GUARD_SENTENCE, 0, "guard.praise", NULL},
    {"news", GUARD_MESSAGE, 0, "guard.news", NULL},
    {"awareness", GUARD_MESSAGE, 0, "guard.awareness", NULL},
    {"joke", GUARD_SENTENCE, 0, "guard.joke", NULL},
    {"hypothetical", GUARD_SENTENCE, 0, "guard.hypothetical", NULL},
};

static bool take_reach(struct slice *text, uint16_t *reach)
{
    size_t at = slice_find(*text, SLICE(" within "));
    if (at == SIZE_MAX) {
        return false;
    }
    uint64_t n;
    struct slice number = slice_trim(slice_sub(*text, at + 8, text->len));
    if (slice_u64(number, &n) || n > 1000) {
        return false;
    }
    *reach = (uint16_t)n;
    *text = slice_trim(slice_sub(*text, 0, at));
    return true;
}

enum fault guard_parse(struct guard *out, struct rule_context *c, struct slice text,
                       struct why *why)
{
    uint16_t reach = 0;
    *out = (struct guard){.class = NO_CLASS, .excepting = NO_CLASS};
    out->name = arena_copy(c->strings, text).ptr;
    if (!out->name) {
        return FAULT_MEMORY;
    }
    bool has_reach = take_reach(&text, &reach);
    for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
        if (!slice_is(text, contexts[i].name)) {
            continue;
        }
        out->scope = (uint8_t)contexts[i].scope;
        out->reach = has_reach ? reach : contexts[i].reach;
        if (has_reach && out->scope != GUARD_BEFORE) {
            out->scope = GUARD_NEAR;
        }
        enum fault f = FAULT_NONE;
        if (contexts[i].class) {
            f = element_class(&out->class, c, slice_of(contexts[i].class), why);
        }
        if (!f && contexts[i].excepting) {
            f = element_class(&out->excepting, c, slice_of(contexts[i].excepting), why);
        }
        return f;
    }
    out->scope = has_reach ? GUARD_NEAR : GUARD_SENTENCE;
    out->reach = reach;
    if (slice_ends_with(text, SLICE(" anywhere"))) {
        out->scope = GUARD_MESSAGE;
        text = slice_trim(slice_sub(text, 0, text.len - strlen(" anywhere")));
    } else if (slice_ends_with(text, SLICE(" before"))) {
        out->scope = GUARD_BEFORE;
        out->reach = has_reach ? reach : 5;
        text = slice_trim(slice_sub(text, 0, text.len - strlen(" before")));
    }
    return element_class(&out->class, c, text, why);
}

static enum fault parse_roles(struct condition *out, struct slice names,
                              struct why *why)
{
    while (names.len) {
        struct slice name = slice_trim(slice_cut(names, '|', &names));
        enum author_role role;
        enum audience audience;
        if (out->kind == WHEN_AUTHOR && author_role_parse(name, &role)) {
            out->value |= 1u << role;
        } else if (out->kind == WHEN_CHANNEL && audience_parse(name, &audience)) {
            out->value |= 1u << audience;
        } else {
            return fault_say(why, FAULT_INPUT, "no such %s: '%.*s'",
                             out->kind == WHEN_AUTHOR ? "author role" : "channel",
                             SLICE_ARG(name));
        }
    }
    return FAULT_NONE;
}

static enum fault parse_count(struct condition *out, struct slice number,
                              struct why *why)
{
    uint64_t n;
    if (slice_u64(number, &n) || n > 100000) {
        return fault_say(why, FAULT_INPUT, "'%.*s' is no number", SLICE_ARG(number));
    }
    out->value = (uint32_t)n;
    return FAULT_NONE;
}

enum fault condition_parse(struct condition *out, struct rule_context *c,
                           struct slice text, struct why *why)
{
    *out = (struct condition){.class = NO_CLASS};
    struct slice rest;
    struct slice word = slice_cut(text, ' ', &rest);
    if (slice_is(word, "not")) {
        out->negated = true;
        text = slice_trim(rest);
        word = slice_cut(text, ' ', &rest);
    }
    rest = slice_trim(rest);
    if (slice_is(word, "author") || slice_is(word, "channel")) {
        out->kind = slice_is(word, "author") ? WHEN_AUTHOR : WHEN_CHANNEL;
        return parse_roles(out, rest, why);
    }
    if (slice_is(word, "attachment")) {
        out->kind = WHEN_ATTACHMENT;
        out->media = arena_copy(c->strings, rest).ptr;
        return out->media ? FAULT_NONE : FAULT_MEMORY;
    }
    if (slice_is(word, "mentions")) {
        out->kind = WHEN_MENTIONS;
        return parse_count(out, rest, why);
    }
    if (slice_is(word, "asking")) {
        out->kind = WHEN_ASKING;
        return FAULT_NONE;
    }
    if (slice_is(word, "message")) {
        struct slice number;
        struct slice how = slice_cut(rest, ' ', &number);
        out->kind = slice_is(how, "shorter") ? WHEN_SHORTER : WHEN_LONGER;
        if (!slice_is(how, "shorter") && !slice_is(how, "longer")) {
            return fault_say(why, FAULT_INPUT,
                             "'message' goes with 'shorter N' or 'longer N' (words)");
        }
        return parse_count(out, slice_trim(number), why);
    }
    if (slice_is(word, "context") || slice_is(word, "seen") ||
        slice_is(word, "unseen")) {
        out->kind = slice_is(word, "context") ? WHEN_CONTEXT
                    : slice_is(word, "seen")  ? WHEN_SEEN
                                              : WHEN_UNSEEN;
        return element_class(&out->class, c, rest, why);
    }
    return fault_say(why, FAULT_INPUT,
                     "no such condition: '%.*s'; known: author, channel, attachment, "
                     "message, context, seen, unseen, asking, mentions",
                     SLICE_ARG(text));
}
