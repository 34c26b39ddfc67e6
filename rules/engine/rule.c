// SPDX-License-Identifier: MIT
#include "rules/engine/rule.h"

#include <stdlib.h>
#include <string.h>

enum { NEARS_MOST = 3, GAP_MOST = 60 };

// A list as written: elements, and between them the places where `near` stood.
struct written {
    struct element at[ELEMENTS_MOST];
    size_t count;
    struct {
        size_t before; // the element that follows it
        uint16_t reach;
        bool across;
    } nears[NEARS_MOST];
    size_t near_count;
};

struct slice list_inside(const char *list)
{
    struct slice s = slice_trim(slice_of(list));
    if (s.len >= 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']') {
        s = slice_trim(slice_sub(s, 1, s.len - 2));
    }
    return s;
}

// Length of the part of s before the first `at` outside quotes.
static size_t part_len(struct slice s, char at)
{
    bool quoted = false;
    for (size_t i = 0; i < s.len; i++) {
        quoted ^= s.ptr[i] == '"';
        if (s.ptr[i] == at && !quoted) {
            return i;
        }
    }
    return s.len;
}

static bool part_next(struct slice *rest, struct slice *part, char at)
{
    *rest = slice_trim(*rest);
    if (rest->len == 0) {
        return false;
    }
    size_t n = part_len(*rest, at);
    *part = slice_trim(slice_sub(*rest, 0, n));
    *rest = slice_sub(*rest, n < rest->len ? n + 1 : n, rest->len);
    return true;
}

bool list_next(struct slice *rest, struct slice *item)
{
    return part_next(rest, item, ',');
}

static bool take_word(struct slice *s, const char *word)
{
    size_t n = strlen(word);
    if (!slice_starts_with(*s, slice_of(word)) || (s->len > n && s->ptr[n] != ' ')) {
        return false;
    }
    *s = slice_trim(slice_sub(*s, n, s->len));
    return true;
}

static bool take_number(struct slice *s, uint16_t *out)
{
    struct slice rest;
    struct slice digits = slice_cut(*s, ' ', &rest);
    uint64_t value;
    if (slice_u64(digits, &value) || value > GAP_MOST) {
        return false;
    }
    *s = slice_trim(rest);
    *out = (uint16_t)value;
    return true;
}

static bool is_quoted(struct slice s)
{
    return s.len >= 2 && (s.ptr[0] == '"' || s.ptr[0] == '\'') &&
           s.ptr[s.len - 1] == s.ptr[0];
}

// One alternative: a class by name, or quoted words, which become a class of their own.
static enum fault one_class(uint16_t *out, struct rule_context *c, struct slice part,
                            struct why *why)
{
    struct lexicon *lex = c->words->lex;
    if (!is_quoted(part)) {
        for (size_t i = 0; i < part.len; i++) {
            if (strchr(" \"'[]{}!?", part.ptr[i])) {
                return fault_say(why, FAULT_INPUT,
                                 "'%.*s' is no class name; quote words",
                                 SLICE_ARG(part));
            }
        }
        if (part.len == 0) {
            return fault_say(why, FAULT_INPUT, "an empty element");
        }
        return lexicon_class(lex, part, out);
    }
    struct slice words = slice_sub(part, 1, part.len - 2);
    struct text name;
    text_init(&name, 16384);
    text_add_format(&name, "\"%.*s\"", SLICE_ARG(words));
    enum fault f = name.fault ? name.fault : lexicon_class(lex, text_slice(&name), out);
    text_finish(&name);
    if (f || lex->classes[*out].flags & CLASS_DEFINED) {
        return f;
    }
    lex->classes[*out].flags |= CLASS_DEFINED;
    while (words.len && !f) {
        struct slice alternative = slice_cut(words, '|', &words);
        f = lexfile_entry(c->words, *out, alternative, why);
    }
    return f;
}

static void use_class(struct rule_context *c, uint16_t class)
{
    c->words->lex->classes[class].flags |= CLASS_USED;
}

enum fault element_class(uint16_t *out, struct rule_context *c, struct slice text,
                         struct why *why)
{
    struct lexicon *lex = c->words->lex;
    size_t n = part_len(text, '|');
    if (n == text.len) {
        enum fault f = one_class(out, c, text, why);
        if (!f) {
            use_class(c, *out);
        }
        return f;
    }
    enum fault f = lexicon_class(lex, text, out);
    if (f) {
        return f;
    }
    use_class(c, *out);
    if (lex->classes[*out].flags & CLASS_DEFINED) {
        return FAULT_NONE;
    }
    lex->classes[*out].flags |= CLASS_DEFINED;
    while (text.len && !f) {
        n = part_len(text, '|');
        uint16_t part;
        f = one_class(&part, c, slice_trim(slice_sub(text, 0, n)), why);
        if (!f) {
            f = lexicon_include(lex, *out, part);
        }
        text = slice_sub(text, n < text.len ? n + 1 : n, text.len);
    }
    return f;
}

struct gap {
    uint16_t least, most;
    bool across;
};

static enum fault add_element(struct written *w, struct rule_context *c,
                              struct slice item, struct gap *gap, struct why *why)
{
    struct element e = {.gap_least = gap->least,
                        .gap_most = gap->most,
                        .across = gap->across,
                        .class = NO_CLASS};
    if (w->count == ELEMENTS_MOST) {
        return fault_say(why, FAULT_INPUT, "more than %d elements", ELEMENTS_MOST);
    }
    if (slice_is(item, "start") || slice_is(item, "end")) {
        e.kind = slice_is(item, "start") ? ELEMENT_START : ELEMENT_END;
    } else {
        if (item.ptr[0] == '!') {
            e.kind = ELEMENT_NOT;
            item = slice_trim(slice_sub(item, 1, item.len));
        } else if (take_word(&item, "not")) {
            e.kind = ELEMENT_NOT;
        } else if (item.ptr[0] == '?') {
            e.optional = true;
            item = slice_trim(slice_sub(item, 1, item.len));
        }
        enum fault f = element_class(&e.class, c, item, why);
        if (f) {
            return f;
        }
        e.is_target = slice_starts_with(item, SLICE("target."));
    }
    w->at[w->count++] = e;
    *gap = (struct gap){0};
    return FAULT_NONE;
}

static enum fault parse_written(struct written *w, struct rule_context *c,
                                const char *list, struct why *why)
{
    struct slice rest = list_inside(list), item;
    struct gap gap = {0};
    *w = (struct written){0};
    while (list_next(&rest, &item)) {
        uint16_t n = 0;
        if (item.len == 0) {
            return fault_say(why, FAULT_INPUT, "an empty element in %.100s", list);
        }
        if (take_word(&item, "within")) {
            if (!take_number(&item, &n)) {
                return fault_say(why, FAULT_INPUT, "'within' wants a number up to %d",
                                 GAP_MOST);
            }
            gap.most = (uint16_t)(gap.most + n);
            gap.across = gap.across || take_word(&item, "across");
        } else if (take_word(&item, "any")) {
            if (!take_number(&item, &n)) {
                return fault_say(why, FAULT_INPUT, "'any' wants a number up to %d",
                                 GAP_MOST);
            }
            gap.most = (uint16_t)(gap.most + n);
            gap.least = (uint16_t)(gap.least + n);
        } else if (take_word(&item, "across")) {
            gap.across = true;
        } else if (take_word(&item, "near")) {
            if (!take_number(&item, &n) || w->near_count == NEARS_MOST ||
                w->count == 0) {
                return fault_say(why, FAULT_INPUT,
                                 "'near' wants a number, an element on both sides, "
                                 "and stands at most %d times",
                                 NEARS_MOST);
            }
            w->nears[w->near_count].before = w->count;
            w->nears[w->near_count].across = take_word(&item, "across");
            w->nears[w->near_count++].reach = n;
        } else {
            enum fault f = add_element(w, c, item, &gap, why);
            if (f) {
                return f;
            }
        }
    }
    if (w->count == 0 ||
        (w->near_count && w->nears[w->near_count - 1].before == w->count)) {
        return fault_say(why, FAULT_INPUT, "nothing to match in %.100s", list);
    }
    return FAULT_NONE;
}

static enum fault add_sequence(struct rule_context *c, uint32_t rule,
                               const struct element *elements, size_t count,
                               struct why *why)
{
    struct rule_set *set = c->set;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        any = any || (elements[i].kind == ELEMENT_CLASS && !elements[i].optional);
    }
    if (!any) {
        return fault_say(why, FAULT_INPUT, "every element is optional or a 'not'");
    }
    if (!ARRAY_GROW(set->elements, set->element_cap, set->element_count + count) ||
        !ARRAY_GROW(set->sequences, set->sequence_cap, set->sequence_count + 1)) {
        return FAULT_MEMORY;
    }
    memcpy(set->elements + set->element_count, elements, count * sizeof(*elements));
    set->sequences[set->sequence_count++] =
        (struct sequence){.rule = rule,
                          .elements = (uint32_t)set->element_count,
                          .count = (uint8_t)count,
                          .anchor = NO_CLASS};
    set->element_count += count;
    return FAULT_NONE;
}

// Each `near` gives two sequences: its sides in either order.
static enum fault add_written(struct rule_context *c, uint32_t rule,
                              const struct written *w, struct why *why)
{
    for (unsigned turned = 0; turned < 1u << w->near_count; turned++) {
        struct element out[ELEMENTS_MOST];
        size_t n = 0, from = 0;
        for (size_t k = 0; k <= w->near_count; k++) {
            size_t to = k < w->near_count ? w->nears[k].before : w->count;
            size_t len = to - from;
            bool before = k > 0 && (turned >> (k - 1) & 1);
            size_t joint = before ? len : n; // the element that the gap stands before
            if (before) {
                memmove(out + len, out, n * sizeof(*out));
                memcpy(out, w->at + from, len * sizeof(*out));
            } else {
                memcpy(out + n, w->at + from, len * sizeof(*out));
            }
            if (k > 0) {
                out[joint].gap_most = w->nears[k - 1].reach;
                out[joint].gap_least = 0;
                out[joint].across = w->nears[k - 1].across;
            }
            n += len;
            from = to;
        }
        enum fault f = add_sequence(c, rule, out, n, why);
        if (f) {
            return f;
        }
    }
    return FAULT_NONE;
}

static enum fault add_match(struct rule_context *c, uint32_t rule, const char *list,
                            struct why *why)
{
    struct written w;
    enum fault f = parse_written(&w, c, list, why);
    return f ? f : add_written(c, rule, &w, why);
}

static const char *keep(struct rule_context *c, const char *s)
{
    return s ? arena_copy(c->strings, slice_of(s)).ptr : NULL;
}

static enum fault parse_names(struct rule *r, const struct rule_source *s,
                              struct why *why)
{
    enum target target;
    enum group group;
    if (!category_parse(slice_of(s->category), &r->category)) {
        return fault_say(why, FAULT_INPUT, "no such category: %.60s", s->category);
    }
    r->severity = category_info(r->category)->severity;
    if (s->severity && !severity_parse(slice_of(s->severity), &r->severity)) {
        return fault_say(why, FAULT_INPUT,
                         "no such severity: %.40s (low, medium, high, critical)",
                         s->severity);
    }
    if (s->target && !target_parse(slice_of(s->target), &target)) {
        return fault_say(why, FAULT_INPUT, "no such target: %.40s", s->target);
    }
    r->target = s->target ? (int)target : -1;
    r->whole_sentence = s->span != NULL;
    if (s->span && strcmp(s->span, "sentence") != 0) {
        return fault_say(why, FAULT_INPUT, "span can only be \"sentence\": %.40s",
                         s->span);
    }
    struct slice groups = slice_of(s->group);
    while (groups.len) {
        struct slice name = slice_trim(slice_cut(groups, '|', &groups));
        if (!group_parse(name, &group)) {
            return fault_say(why, FAULT_INPUT, "no such group: %.*s", SLICE_ARG(name));
        }
        r->groups |= 1u << group;
    }
    if (s->confidence > 100) {
        return fault_say(why, FAULT_INPUT, "confidence is a percentage, not %u",
                         s->confidence);
    }
    r->confidence = (uint8_t)(s->confidence ? s->confidence : 90);
    return FAULT_NONE;
}

static enum fault parse_guards(struct rule *r, struct rule_context *c, const char *list,
                               struct why *why)
{
    struct slice rest = list_inside(list), item;
    struct guard guards[GUARDS_MOST];
    size_t n = 0;
    while (list_next(&rest, &item)) {
        struct slice part;
        while (part_next(&item, &part, '&')) {
            if (n == GUARDS_MOST) {
                return fault_say(why, FAULT_INPUT, "more than %d guards", GUARDS_MOST);
            }
            enum fault f = guard_parse(&guards[n], c, part, why);
            if (f) {
                return f;
            }
            guards[n++].joined = item.len > 0;
        }
    }
    r->guards = arena_alloc(c->strings, n * sizeof(*guards) + 1);
    if (!r->guards) {
        return FAULT_MEMORY;
    }
    memcpy(r->guards, guards, n * sizeof(*guards));
    r->guard_count = (uint8_t)n;
    return FAULT_NONE;
}

static enum fault parse_conditions(struct rule *r, struct rule_context *c,
                                   const char *list, struct why *why)
{
    struct slice rest = list_inside(list), item;
    struct condition conditions[CONDITIONS_MOST];
    size_t n = 0;
    while (list_next(&rest, &item)) {
        if (n == CONDITIONS_MOST) {
            return fault_say(why, FAULT_INPUT, "more than %d conditions",
                             CONDITIONS_MOST);
        }
        enum fault f = condition_parse(&conditions[n++], c, item, why);
        if (f) {
            return f;
        }
    }
    r->conditions = arena_alloc(c->strings, n * sizeof(*conditions) + 1);
    if (!r->conditions) {
        return FAULT_MEMORY;
    }
    memcpy(r->conditions, conditions, n * sizeof(*conditions));
    r->condition_count = (uint8_t)n;
    return FAULT_NONE;
}

enum fault rule_compile(struct rule_context *c, const struct rule_source *s,
                        struct why *why)
{
    struct rule_set *set = c->set;
    struct rule r = {
        .id = keep(c, s->id), .because = keep(c, s->because), .file = keep(c, c->file)};
    enum fault f = parse_names(&r, s, why);
    if (!f) {
        f = parse_guards(&r, c, s->unless, why);
    }
    if (!f) {
        f = parse_conditions(&r, c, s->when, why);
    }
    if (f) {
        return f;
    }
    if (!ARRAY_GROW(set->rules, set->rule_cap, set->rule_count + 1)) {
        return FAULT_MEMORY;
    }
    uint32_t index = (uint32_t)set->rule_count;
    set->rules[set->rule_count++] = r;
    f = add_match(c, index, s->match, why);
    for (unsigned i = 0; !f && i < s->also_count; i++) {
        f = add_match(c, index, s->also[i], why);
    }
    return f;
}
