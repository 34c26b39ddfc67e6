// SPDX-License-Identifier: MIT
#include "rules/classify/features.h"

#include <string.h>

#include "bot/base/widest.h"
#include "rules/classify/feature_hash.h"

enum {
    GRAM_LEAST = 3,
    GRAM_MOST = 5,
    CLASSES_MOST = 400 // that the model is told of, repeated ones counted
};

// Words that stand for others.
enum stand_in { AS_GROUP = 1, AS_NAME, AS_STAFF, AS_PUPIL, AS_PARENT, AS_SCHOOL };

static void add(struct features *out, uint32_t number)
{
    if (out->count < FEATURES_MOST) {
        out->at[out->count++] = number;
    }
}

// FNV-1a, a letter more.
static inline uint32_t gram_more(uint32_t h, unsigned char c)
{
    return (h ^ c) * 0x01000193u;
}

typedef uint32_t eight __attribute__((vector_size(32), aligned(4), may_alias));

// The numbers that were added become features.
WIDEST static void stir_all(struct features *f)
{
    size_t i = 0;
    for (; i + 8 <= f->count; i += 8) {
        eight *at = (eight *)(f->at + i);
        eight h = *at;
        h ^= h >> 16;
        h *= 0x85EBCA6Bu;
        h ^= h >> 13;
        h *= 0xC2B2AE35u;
        *at = h ^ (h >> 16);
    }
    for (; i < f->count; i++) {
        f->at[i] = feature_stir(f->at[i]);
    }
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

bool feature_is_group(const struct feature_lists *lists, const struct scan *s,
                      uint32_t i)
{
    const struct word *w = s->words[i];
    return w && lists->lists[w->list].group;
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
                           const struct scan *s, const struct feature_lists *lists)
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
        if (lists->lists[m->list].name) {
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
        if (lists->lists[m->list].group) {
            mark(as, m->at.first, m->at.last, stretch, AS_GROUP);
        }
    }
}

// Three to five letters in a row, the ends of the word marked.
static void add_grams(struct features *out, struct slice word)
{
    enum { ENDS = 2 };
    unsigned char padded[WORD_BYTES + ENDS] = {'<'};
    size_t len = word.len < WORD_BYTES ? word.len : WORD_BYTES;
    if (out->count + (len + ENDS) * (GRAM_MOST - GRAM_LEAST + 1) > FEATURES_MOST) {
        return;
    }
    memcpy(padded + 1, word.ptr, len);
    padded[len + 1] = '>';
    uint32_t *to = out->at + out->count;
    for (size_t i = 0, left = len + ENDS; left >= GRAM_LEAST; i++, left--) {
        uint32_t h = gram_more(gram_more(SALT_GRAM, padded[i]), padded[i + 1]);
        *to++ = h = gram_more(h, padded[i + 2]);
        if (left > 3) {
            *to++ = h = gram_more(h, padded[i + 3]);
        }
        if (left > 4) {
            *to++ = gram_more(h, padded[i + 4]);
        }
    }
    out->count = (size_t)(to - out->at);
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
        add(out, feature_pair(SALT_WORD, h));
        add(out, feature_pair(SALT_PAIR + before, h));
        before = h;
        if (!stands && t->kind == TOKEN_WORD) {
            add_grams(out, r.text);
        }
    }
}

// Which of the engine's classes occur in the stretch, up to BUILTIN_THIRD.
static uint32_t find_about(const struct stretch *stretch, const struct scan *s,
                           const struct feature_lists *lists)
{
    uint32_t about = 0;
    for (uint32_t i = stretch->met; i < stretch->met_limit; i++) {
        about |= lists->lists[s->met[i].list].about;
    }
    return about;
}

// Classes, and each together with whom the stretch is about. Of lists that come in
// pieces the first stands for all.
static void add_classes(struct features *out, const struct stretch *stretch,
                        const struct scan *s, const struct feature_lists *lists)
{
    uint32_t about = find_about(stretch, s, lists);
    size_t left = CLASSES_MOST;
    for (uint32_t i = stretch->met; i < stretch->met_limit && left; i++) {
        if (s->met[i].from > 0) {
            continue;
        }
        const struct feature_list *l = &lists->lists[s->met[i].list];
        const struct feature_class *class = lists->classes + l->first;
        for (size_t k = 0; k < l->count && left; k++, left--) {
            add(out, class[k].alone);
            for (uint32_t rest = class[k].hash ? about : 0; rest; rest &= rest - 1) {
                uint32_t whom = SALT_ABOUT + (uint32_t)__builtin_ctz(rest);
                add(out, feature_pair(whom, class[k].hash));
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
            add(out, feature_pair(SALT_SIGN, 1));
        }
        if (sentence->shouts) {
            add(out, feature_pair(SALT_SIGN, 2));
        }
    }
    for (uint32_t i = stretch->first; i <= stretch->last; i++) {
        if (s->tokens.at[i].flags & TOKEN_UNDONE) {
            add(out, feature_pair(SALT_SIGN, 3));
        }
    }
}

void features_of(struct features *out, struct stretch *stretch, const struct scan *s,
                 const struct feature_lists *lists)
{
    uint8_t as[STRETCH_TOKENS] = {0};
    out->count = 0;
    stretch_reach(stretch, s);
    find_stand_ins(as, stretch, s, lists);
    add_signs(out, stretch, s);
    add_classes(out, stretch, s, lists);
    add_words(out, stretch, s, as);
    stir_all(out);
}
