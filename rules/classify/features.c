// SPDX-License-Identifier: MIT
#include "rules/classify/features.h"

#include <stdlib.h>
#include <string.h>

enum {
    GRAM_LEAST = 3,
    GRAM_MOST = 5,
    CLASSES_MOST = 400 // of one stretch, repeated ones counted
};

// Words that stand for others.
enum stand_in { AS_GROUP = 1, AS_NAME, AS_STAFF, AS_PUPIL, AS_PARENT, AS_SCHOOL };

enum salt {
    SALT_WORD = 0x51ED270B,
    SALT_PAIR = 0x2545F491,
    SALT_GRAM = 0x1B873593,
    SALT_CLASS = 0x38B34AE5,
    SALT_ABOUT = 0x5BD1E995,
    SALT_SIGN = 0x3C6EF372
};

static uint32_t stir(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    return h ^ (h >> 16);
}

static uint32_t pair_hash(uint32_t a, uint32_t b)
{
    return stir(a * 0x9E3779B1u + b);
}

static void add(struct features *out, uint32_t hash)
{
    if (out->count < FEATURES_MOST) {
        out->at[out->count++] = hash;
    }
}

uint32_t *feature_class_hashes(const struct lexicon *lex)
{
    uint32_t *hashes = calloc(lex->class_count + 1, sizeof(*hashes));
    for (size_t i = 0; hashes && i < lex->class_count; i++) {
        struct slice name = slice_of(lex->classes[i].name);
        // Which group is spoken of must not count, and lists in rules ("a|b") repeat
        // what their parts say.
        if (!memchr(name.ptr, '|', name.len) && !memchr(name.ptr, '"', name.len) &&
            !slice_starts_with(name, SLICE("group.")) &&
            !slice_starts_with(name, SLICE("name."))) {
            hashes[i] = stir((uint32_t)slice_hash(name)) | 1;
        }
    }
    return hashes;
}

bool stretch_next(struct stretch *stretch, const struct scan *s)
{
    const struct tokens *t = &s->tokens;
    uint32_t first = stretch->sentence || stretch->last ? stretch->last + 1 : 0;
    if (first >= t->count) {
        return false;
    }
    uint32_t i = stretch->sentence;
    while (i + 1 < t->sentence_count && t->sentences[i + 1].first <= first) {
        i++;
    }
    uint32_t end = t->sentences[i].first + t->sentences[i].count;
    i++;
    while (i < t->sentence_count && end - first < STRETCH_ENOUGH &&
           end - first + t->sentences[i].count <= STRETCH_TOKENS) {
        end = t->sentences[i].first + t->sentences[i].count;
        i++;
    }
    if (end - first > STRETCH_TOKENS) {
        end = first + STRETCH_TOKENS;
        i--;
    }
    stretch->first = first;
    stretch->last = end - 1;
    stretch->sentence = i;
    return true;
}

// What was met and mentioned before the stretch's end, without that of earlier
// stretches. Both stand in the order of their first tokens.
static void stretch_reach(struct stretch *stretch, const struct scan *s)
{
    uint32_t k = stretch->met_limit;
    while (k < s->met_count && s->met[k].at.first < stretch->first) {
        k++;
    }
    stretch->met = k;
    while (k < s->met_count && s->met[k].at.first <= stretch->last) {
        k++;
    }
    stretch->met_limit = k;
    while (stretch->mention < s->mention_count &&
           s->mentions[stretch->mention].last < stretch->first) {
        stretch->mention++;
    }
}

// The loud classes that one of those met holds.
static const uint16_t *loud_of(const struct scan *s, const struct met *m, size_t *count)
{
    const struct list *l = &s->lex->lists[m->list];
    size_t to = m->to < l->loud ? m->to : l->loud;
    *count = to > m->from ? to - m->from : 0;
    return s->lex->members + l->classes + m->from;
}

static bool has_group(const struct scan *s, const struct met *m)
{
    size_t count;
    const uint16_t *classes = loud_of(s, m, &count);
    for (size_t k = 0; k < count; k++) {
        if (s->lex->classes[classes[k]].flags & CLASS_GROUP) {
            return true;
        }
    }
    return false;
}

static bool has_name(const struct scan *s, const struct met *m)
{
    size_t count = 0;
    const uint16_t *classes = NULL;
    if (s->lex->lists[m->list].engine) {
        classes = loud_of(s, m, &count);
    }
    for (size_t k = 0; k < count; k++) {
        if (classes[k] == BUILTIN_FIRST_NAME || classes[k] == BUILTIN_NAME) {
            return true;
        }
    }
    return false;
}

bool feature_is_group(const struct scan *s, uint32_t i)
{
    const struct word *w = s->words[i];
    const struct met all = {.list = w ? w->list : 0, .to = UINT16_MAX};
    return has_group(s, &all);
}

// Marks tokens of the stretch that stand for others.
static void mark(uint8_t *as, uint32_t first, uint32_t last,
                 const struct stretch *stretch, enum stand_in what)
{
    for (uint32_t i = first > stretch->first ? first : stretch->first;
         i <= last && i <= stretch->last; i++) {
        as[i - stretch->first] = (uint8_t)what;
    }
}

static void find_stand_ins(uint8_t *as, const struct stretch *stretch,
                           const struct scan *s)
{
    static const uint8_t by_target[TARGET_COUNT] = {[TARGET_STAFF] = AS_STAFF,
                                                    [TARGET_PUPIL] = AS_PUPIL,
                                                    [TARGET_PARENT] = AS_PARENT,
                                                    [TARGET_SCHOOL] = AS_SCHOOL};
    for (uint32_t i = stretch->first; i <= stretch->last; i++) {
        const struct token *t = &s->tokens.at[i];
        bool opens = s->tokens.sentences[t->sentence].first == i;
        if (!s->words[i] && !opens &&
            (t->flags & (TOKEN_CAPITAL | TOKEN_SHOUT)) == TOKEN_CAPITAL) {
            as[i - stretch->first] = AS_NAME;
        }
    }
    for (uint32_t k = stretch->met; k < stretch->met_limit; k++) {
        const struct met *m = &s->met[k];
        if (has_name(s, m)) {
            mark(as, m->at.first, m->at.last, stretch, AS_NAME);
        }
    }
    for (size_t i = stretch->mention; i < s->mention_count; i++) {
        const struct mention *m = &s->mentions[i];
        if (m->first > stretch->last) {
            break;
        }
        if (!m->is_pronoun && !m->is_you && m->last >= stretch->first &&
            by_target[m->target]) {
            mark(as, m->first, m->last, stretch, (enum stand_in)by_target[m->target]);
        }
    }
    for (uint32_t k = stretch->met; k < stretch->met_limit; k++) {
        const struct met *m = &s->met[k];
        if (has_group(s, m)) {
            mark(as, m->at.first, m->at.last, stretch, AS_GROUP);
        }
    }
}

static void add_grams(struct features *out, struct slice word)
{
    char padded[WORD_BYTES + 2];
    size_t len = word.len < WORD_BYTES ? word.len : WORD_BYTES;
    padded[0] = '<';
    memcpy(padded + 1, word.ptr, len);
    padded[len + 1] = '>';
    for (size_t i = 0; i + GRAM_LEAST <= len + 2; i++) {
        uint32_t h = SALT_GRAM;
        for (size_t n = 0; n < GRAM_MOST && i + n < len + 2; n++) {
            h = (h ^ (unsigned char)padded[i + n]) * 0x01000193u;
            if (n + 1 >= GRAM_LEAST) {
                add(out, stir(h));
            }
        }
    }
}

// Letters that digits stand for; 0: none.
static char letter_of(char c)
{
    static const char letters[10] = {'o', 'i', 0, 'e', 'a', 's', 'g', 't', 'b', 'g'};
    return c >= '0' && c <= '9' ? letters[c - '0'] : c;
}

void feature_read(struct word_reading *r, const struct scan *s, uint32_t i)
{
    const struct token *t = &s->tokens.at[i];
    const struct word *w = s->words[i];
    r->text = token_text(&s->norm, t);
    r->key = (uint32_t)t->key;
    if (w && t->flags & TOKEN_UNDONE) {
        r->text = slice_of(s->lex->spelled[w->id]);
        return;
    }
    if (w || !(t->flags & TOKEN_MIXED) || r->text.len > WORD_BYTES ||
        (r->text.ptr[0] >= '0' && r->text.ptr[0] <= '9' && r->text.len < 4)) {
        return; // "5b", "1st"
    }
    memset(r->plain, 0, sizeof(r->plain));
    for (size_t k = 0; k < r->text.len; k++) {
        r->plain[k] = letter_of(r->text.ptr[k]);
        if (r->plain[k] == 0) {
            return;
        }
    }
    r->text = slice_make(r->plain, r->text.len);
    r->key = (uint32_t)token_key(r->plain, r->text.len);
}

static uint32_t token_hash(const struct token *t, uint8_t as, uint32_t key)
{
    if (as) {
        return as;
    }
    if (t->kind == TOKEN_NUMBER) {
        uint32_t len = t->end - t->start;
        return 16 + (len < 8 ? len : 8);
    }
    return key;
}

static void add_words(struct features *out, const struct stretch *stretch,
                      const struct scan *s, const uint8_t *as)
{
    uint32_t before = 0;
    uint32_t sentence = UINT32_MAX;
    for (uint32_t i = stretch->first; i <= stretch->last; i++) {
        const struct token *t = &s->tokens.at[i];
        uint8_t stands = as[i - stretch->first];
        struct word_reading r;
        feature_read(&r, s, i);
        uint32_t h = token_hash(t, stands, r.key);
        if (t->sentence != sentence) {
            sentence = t->sentence;
            before = 1;
        }
        add(out, pair_hash(SALT_WORD, h));
        add(out, pair_hash(SALT_PAIR + before, h));
        before = h;
        if (!stands && t->kind == TOKEN_WORD) {
            add_grams(out, r.text);
        }
    }
}

// Which of the engine's classes occur in the stretch, up to BUILTIN_THIRD.
static uint32_t find_about(const struct stretch *stretch, const struct scan *s)
{
    uint32_t about = 0;
    size_t left = CLASSES_MOST;
    for (uint32_t i = stretch->met; i < stretch->met_limit; i++) {
        size_t count;
        const uint16_t *classes = loud_of(s, &s->met[i], &count);
        for (size_t k = 0; k < count && left; k++, left--) {
            about |= classes[k] <= BUILTIN_THIRD ? 1u << classes[k] : 0;
        }
    }
    return about;
}

// Classes, and each together with whom the stretch is about.
static void add_classes(struct features *out, const struct stretch *stretch,
                        const struct scan *s, const uint32_t *class_hashes)
{
    uint32_t about = find_about(stretch, s);
    size_t left = CLASSES_MOST;
    for (uint32_t i = stretch->met; i < stretch->met_limit; i++) {
        size_t count;
        const uint16_t *classes = loud_of(s, &s->met[i], &count);
        for (size_t k = 0; k < count && left; k++, left--) {
            uint32_t h = class_hashes[classes[k]];
            if (h == 0) {
                continue;
            }
            add(out, pair_hash(SALT_CLASS, h));
            for (uint32_t rest = classes[k] > BUILTIN_THIRD ? about : 0; rest;
                 rest &= rest - 1) {
                add(out, pair_hash(SALT_ABOUT + (uint32_t)__builtin_ctz(rest), h));
            }
        }
    }
}

static void add_signs(struct features *out, const struct stretch *stretch,
                      const struct scan *s)
{
    uint32_t from = s->tokens.at[stretch->first].sentence;
    uint32_t to = s->tokens.at[stretch->last].sentence;
    for (uint32_t i = from; i <= to; i++) {
        const struct sentence *sentence = &s->tokens.sentences[i];
        if (sentence->asks) {
            add(out, pair_hash(SALT_SIGN, 1));
        }
        if (sentence->shouts) {
            add(out, pair_hash(SALT_SIGN, 2));
        }
    }
    for (uint32_t i = stretch->first; i <= stretch->last; i++) {
        if (s->tokens.at[i].flags & TOKEN_UNDONE) {
            add(out, pair_hash(SALT_SIGN, 3));
        }
    }
}

void features_of(struct features *out, struct stretch *stretch, const struct scan *s,
                 const uint32_t *class_hashes)
{
    uint8_t as[STRETCH_TOKENS] = {0};
    out->count = 0;
    stretch_reach(stretch, s);
    find_stand_ins(as, stretch, s);
    add_signs(out, stretch, s);
    add_classes(out, stretch, s, class_hashes);
    add_words(out, stretch, s, as);
}
