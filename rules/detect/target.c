// SPDX-License-Identifier: MIT
#include "rules/detect/target.h"

#include <string.h>

enum { PRONOUN_REACH = 40 };

enum target target_of_builtin(enum builtin b)
{
    static const uint8_t targets[BUILTIN_COUNT] = {
        [BUILTIN_STAFF] = TARGET_STAFF,   [BUILTIN_PUPIL] = TARGET_PUPIL,
        [BUILTIN_PARENT] = TARGET_PARENT, [BUILTIN_SCHOOL] = TARGET_SCHOOL,
        [BUILTIN_SELF] = TARGET_SELF,     [BUILTIN_OTHER] = TARGET_OTHER};
    return (enum target)targets[b];
}

enum target target_of_you(enum audience audience)
{
    switch (audience) {
    case AUDIENCE_PUPILS:
        return TARGET_PUPIL;
    case AUDIENCE_PARENTS:
        return TARGET_PARENT;
    case AUDIENCE_STAFF:
        return TARGET_STAFF;
    case AUDIENCE_PUBLIC:
    case AUDIENCE_COUNT:
        break;
    }
    return TARGET_OTHER;
}

static enum builtin builtin_of(enum target t)
{
    switch (t) {
    case TARGET_STAFF:
        return BUILTIN_STAFF;
    case TARGET_PUPIL:
        return BUILTIN_PUPIL;
    case TARGET_PARENT:
        return BUILTIN_PARENT;
    case TARGET_SCHOOL:
        return BUILTIN_SCHOOL;
    case TARGET_SELF:
        return BUILTIN_SELF;
    case TARGET_NONE:
    case TARGET_OTHER:
    case TARGET_COUNT:
        break;
    }
    return BUILTIN_OTHER;
}

static void mention(struct scan *s, size_t first, size_t last, enum target t,
                    bool is_pronoun, bool is_you)
{
    scan_mention(s, (struct mention){.first = (uint32_t)first,
                                     .last = (uint32_t)last,
                                     .target = (uint8_t)t,
                                     .is_pronoun = is_pronoun,
                                     .is_you = is_you});
}

// Whom a pronoun at token i stands for: the last person named in this sentence or the
// one before, else whom the messages before spoke of.
static enum target refers_to(const struct scan *s, size_t i)
{
    uint32_t sentence = s->tokens.at[i].sentence;
    for (size_t k = s->mention_count; k > 0; k--) {
        const struct mention *m = &s->mentions[k - 1];
        const struct token *t = &s->tokens.at[m->last];
        if (i - m->last > PRONOUN_REACH || t->sentence + 1 < sentence) {
            break;
        }
        enum target target = (enum target)m->target;
        if (!m->is_you && m->last < i &&
            (target == TARGET_STAFF || target == TARGET_PUPIL ||
             target == TARGET_PARENT || (target == TARGET_OTHER && !m->is_pronoun))) {
            return target;
        }
    }
    return s->carried == TARGET_NONE ? TARGET_OTHER : s->carried;
}

static bool named_already(const struct scan *s, size_t i)
{
    return s->mention_count && s->mentions[s->mention_count - 1].last >= i &&
           s->mentions[s->mention_count - 1].first <= i;
}

static bool has_builtin(const struct scan *s, size_t i, enum builtin b)
{
    const struct word *w = s->words[i];
    return w && list_holds(s->lex, &s->lex->lists[w->list], (uint16_t)b);
}

static bool seen_at(const struct scan *s, enum builtin b, size_t first)
{
    for (size_t i = s->met_count; i > 0 && s->met[i - 1].at.first == first; i--) {
        if (met_holds(s, &s->met[i - 1], (uint16_t)b)) {
            return true;
        }
    }
    return false;
}

static bool reads_one_of(const struct scan *s, size_t i, const char *const *words)
{
    for (; *words; words++) {
        if (slice_is(token_text(&s->norm, &s->tokens.at[i]), *words)) {
            return true;
        }
    }
    return false;
}

// "sir" and "miss" by themselves are the teacher; "miss you" and "will miss" are not.
static bool stands_alone(const struct scan *s, size_t i)
{
    static const char *const sir[] = {"sir", NULL};
    static const char *const miss[] = {"miss", NULL};
    static const char *const before[] = {
        "and",   "as",    "ask",    "at",   "does", "fancy", "for", "from", "has",
        "hate",  "hates", "hi",     "is",   "like", "love",  "oi",  "our",  "please",
        "sorry", "tell",  "thanks", "told", "was",  "with",  "yes", NULL};
    static const char *const after[] = {
        "being",  "can",       "cant",   "could",  "did",   "didnt", "does", "doesnt",
        "even",   "got",       "had",    "has",    "hates", "is",    "isnt", "just",
        "keeps",  "literally", "looks",  "loves",  "made",  "said",  "says", "should",
        "smells", "sounds",    "stinks", "thinks", "told",  "wants", "was",  "wasnt",
        "went",   "will",      "would",  NULL};
    if (reads_one_of(s, i, sir)) {
        return true;
    }
    return reads_one_of(s, i, miss) &&
           ((i && reads_one_of(s, i - 1, before)) ||
            (i + 1 < s->tokens.count && reads_one_of(s, i + 1, after)));
}

// "miss harding", but not "i miss harding".
static bool is_verb(const struct scan *s, size_t i)
{
    static const char *const before[] = {
        "i",    "we",    "you",  "u",    "ya",    "they",   "he",   "she",  "to",
        "will", "not",   "dont", "wont", "gonna", "really", "gon",  "just", "would",
        "id",   "ill",   "did",  "do",   "never", "always", "also", "so",   "might",
        "can",  "could", "near", "a",    "still", "proper", "who",  NULL};
    return i > 0 && s->tokens.at[i - 1].sentence == s->tokens.at[i].sentence &&
           reads_one_of(s, i - 1, before);
}

static void watch_teacher(struct scan *s, size_t first, size_t last, bool is_one)
{
    if (is_one) {
        scan_emit(s, BUILTIN_STAFF, first, last);
        mention(s, first, last, TARGET_STAFF, false, false);
    }
}

// Mr, Mrs, Miss and what follows. "miss" is a verb too: there the name needs a capital.
static void watch_title(struct scan *s, size_t first, size_t last)
{
    size_t name = last + 1;
    bool alone = stands_alone(s, last);
    if (seen_at(s, BUILTIN_FICTIONAL, first)) {
        return;
    }
    if (name >= s->tokens.count) {
        watch_teacher(s, first, last, alone);
        return;
    }
    const struct token *title = &s->tokens.at[last];
    const struct token *t = &s->tokens.at[name];
    bool certain = !alone && title->end - title->start <= 3; // mr mrs ms dr
    bool unknown = !s->words[name] || has_builtin(s, name, BUILTIN_FIRST_NAME) ||
                   has_builtin(s, name, BUILTIN_WORD_NAME) || s->words[name]->list == 0;
    bool stranger = !s->words[name] || has_builtin(s, name, BUILTIN_FIRST_NAME);
    bool miss = title->end - title->start == 4 && stranger && !is_verb(s, last);
    if (t->sentence != title->sentence || t->kind != TOKEN_WORD ||
        !(miss || t->flags & TOKEN_CAPITAL ||
          (certain && (unknown || t->end - t->start > 2)) ||
          (unknown && title->end - title->start > 4))) {
        watch_teacher(s, first, last, alone);
        return;
    }
    // "Mrs J Smith", "Mr Hale-Brown"
    if (name + 1 < s->tokens.count &&
        (t->end - t->start == 1 ||
         (s->tokens.at[name + 1].flags & TOKEN_GLUED &&
          s->tokens.at[name + 1].flags & TOKEN_CAPITAL &&
          !(s->tokens.at[name + 1].flags & TOKEN_AFTER_MARK))) &&
        s->tokens.at[name + 1].sentence == t->sentence) {
        name++;
    }
    scan_emit(s, BUILTIN_STAFF, first, name);
    mention(s, first, name, TARGET_STAFF, false, false);
}

// "Marcus Oyelaran", "jonah pryce-webb", "Ruby D": the last token of a family name that
// follows token `last`, or `last` itself. In lower case only a word that no list has.
static size_t last_of_name(const struct scan *s, size_t last)
{
    size_t i = last + 1;
    if (i >= s->tokens.count || s->tokens.at[last].flags & TOKEN_OWNS) {
        return last;
    }
    const struct token *given = &s->tokens.at[last], *t = &s->tokens.at[i];
    bool capital = t->flags & TOKEN_CAPITAL && given->flags & TOKEN_CAPITAL &&
                   !(given->flags & TOKEN_SHOUT);
    bool unknown = !s->words[i] && t->end - t->start > 3;
    if (t->kind != TOKEN_WORD || t->sentence != given->sentence ||
        t->flags & (TOKEN_AFTER_MARK | TOKEN_MIXED) || !(capital || unknown) ||
        has_builtin(s, i, BUILTIN_TITLE)) {
        return last;
    }
    bool doubled = i + 1 < s->tokens.count && s->tokens.at[i + 1].flags & TOKEN_GLUED &&
                   !(s->tokens.at[i + 1].flags & (TOKEN_AFTER_MARK | TOKEN_MIXED)) &&
                   s->tokens.at[i + 1].kind == TOKEN_WORD;
    return i + doubled;
}

// A token's bytes as a number, 0 when they are more than eight.
static uint64_t bytes_of(const struct scan *s, size_t i)
{
    const struct token *t = &s->tokens.at[i];
    uint64_t bytes;
    size_t len = t->end - t->start;
    memcpy(&bytes, s->norm.text + t->start, sizeof(bytes));
    return len == 0 || len > 8 ? 0 : bytes & UINT64_MAX >> (64 - 8 * len);
}

// A verb stands at token i that a person rather than a month or a virtue goes with.
static bool acts(const struct scan *s, size_t i)
{
    static const char verbs[][8] = {"is",   "was",  "has",  "had",    "got",
                                    "gets", "does", "said", "always", "needs"};
    uint64_t here = i < s->tokens.count ? bytes_of(s, i) : 0;
    for (size_t k = 0; here && k < sizeof(verbs) / sizeof(verbs[0]); k++) {
        if (memcmp(&here, verbs[k], sizeof(here)) == 0) {
            return true;
        }
    }
    return false;
}

static void watch_first_name(struct scan *s, size_t first, size_t last)
{
    if (named_already(s, first)) {
        return;
    }
    scan_emit(s, BUILTIN_NAME, first, last);
    size_t family = last_of_name(s, last);
    if (family > last) {
        scan_emit(s, BUILTIN_FULL_NAME, first, family);
    }
    enum target t = s->audience == AUDIENCE_PUPILS  ? TARGET_PUPIL
                    : s->audience == AUDIENCE_STAFF ? TARGET_STAFF
                                                    : TARGET_OTHER;
    scan_emit(s, builtin_of(t), first, last);
    mention(s, first, last, t, false, false);
}

// "7d" stands at token i.
static bool is_form(const struct scan *s, size_t i)
{
    const struct token *t = &s->tokens.at[i];
    return i < s->tokens.count && t->flags & TOKEN_MIXED && t->end - t->start <= 3 &&
           s->norm.text[t->start] >= '1' && s->norm.text[t->start] <= '9';
}

// "poppy s", "grace 7b", "mark in 9a": in lower case a word is a name there.
static bool is_lower_name(const struct scan *s, size_t i)
{
    size_t next = i + 1;
    if (next >= s->tokens.count || s->tokens.at[i].flags & TOKEN_CAPITAL) {
        return false;
    }
    const struct token *t = &s->tokens.at[next];
    bool initial = t->kind == TOKEN_WORD && t->end - t->start == 1 &&
                   !strchr("aiuxrnyko", s->norm.text[t->start]);
    static const char *const in[] = {"in", "from", NULL};
    return initial || is_form(s, next) ||
           (reads_one_of(s, next, in) && is_form(s, i + 2));
}

void target_watch(struct scan *s, enum builtin b, size_t first, size_t last)
{
    switch (b) {
    case BUILTIN_STAFF:
    case BUILTIN_PUPIL:
    case BUILTIN_PARENT:
    case BUILTIN_SCHOOL:
    case BUILTIN_OTHER:
    case BUILTIN_SELF:
        if (!named_already(s, first)) {
            mention(s, first, last, target_of_builtin(b), false, false);
        }
        break;
    case BUILTIN_YOU:
        if (!named_already(s, first)) {
            mention(s, first, last, target_of_you(s->audience), true, true);
        }
        break;
    case BUILTIN_THIRD: {
        enum target t = refers_to(s, first);
        scan_emit(s, builtin_of(t), first, last);
        mention(s, first, last, t, true, false);
        break;
    }
    case BUILTIN_TITLE:
        watch_title(s, first, last);
        break;
    case BUILTIN_FIRST_NAME:
        watch_first_name(s, first, last);
        break;
    case BUILTIN_WORD_NAME: // Mark, Grace, Will: a name only with a capital
        if (is_lower_name(s, last)) {
            watch_first_name(s, first, last);
            break;
        }
        if (s->tokens.at[first].flags & TOKEN_CAPITAL &&
            ((first > 0 &&
              s->tokens.at[first].sentence == s->tokens.at[first - 1].sentence) ||
             (last_of_name(s, last) > last &&
              s->tokens.at[last + 1].flags & TOKEN_CAPITAL) ||
             acts(s, last + 1))) {
            watch_first_name(s, first, last);
        }
        break;
    case BUILTIN_FICTIONAL:
    case BUILTIN_NAME:
    case BUILTIN_NUMBER:
    case BUILTIN_EMOJI:
    case BUILTIN_SHOUT:
    case BUILTIN_FULL_NAME:
    case BUILTIN_COUNT:
        break;
    }
}

// "amira's mum": somebody whose relative is spoken of.
static bool has_kin(const struct scan *s, size_t i)
{
    static const char *const kin[] = {
        "mum",     "dad",     "mam",  "mom",     "nan",    "brother", "sister",
        "son",     "parents", "wife", "husband", "family", "mother",  "father",
        "stepdad", "stepmum", "gran", "uncle",   "auntie", "cousin",  NULL};
    const struct token *t = &s->tokens.at[i];
    bool owns = t->flags & TOKEN_OWNS ||
                (t->end - t->start > 4 && s->norm.text[t->end - 1] == 's');
    return owns && i + 1 < s->tokens.count && reads_one_of(s, i + 1, kin);
}

// "Anoushka in Herons".
static bool is_placed(const struct scan *s, size_t i)
{
    static const char *const in[] = {"in", "from", NULL};
    return i + 2 < s->tokens.count && s->tokens.at[i].flags & TOKEN_CAPITAL &&
           reads_one_of(s, i + 1, in) && s->tokens.at[i + 2].flags & TOKEN_CAPITAL;
}

// "kasper lind 9a", "lena novak always": words that no list has, before a class or what a
// person does.
static void watch_lower_name(struct scan *s, size_t i)
{
    const struct token *t = &s->tokens.at[i + 1];
    if (i + 2 < s->tokens.count && t->kind == TOKEN_WORD && !s->words[i + 1] &&
        !(t->flags & (TOKEN_MIXED | TOKEN_AFTER_MARK)) &&
        (is_form(s, i + 2) || acts(s, i + 2))) {
        scan_emit(s, BUILTIN_NAME, i, i);
        scan_emit(s, BUILTIN_FULL_NAME, i, i + 1);
    }
}

// A sentence begins with any word: it is a name where a family name follows, or where it
// does what a person does. No list has the word.
static void watch_opening(struct scan *s, size_t i)
{
    const struct token *t = &s->tokens.at[i];
    if (t->flags & (TOKEN_REPEATS | TOKEN_UNDONE | TOKEN_FOLDED)) {
        return;
    }
    size_t family = t->flags & TOKEN_CAPITAL ? last_of_name(s, i) : i;
    const struct token *next = family > i ? &s->tokens.at[i + 1] : NULL;
    if (next && next->flags & TOKEN_CAPITAL && !(next->flags & TOKEN_SHOUT)) {
        scan_emit(s, BUILTIN_NAME, i, i);
        scan_emit(s, BUILTIN_FULL_NAME, i, family);
    } else if (acts(s, i + 1) || has_kin(s, i) || is_placed(s, i)) {
        scan_emit(s, BUILTIN_NAME, i, i);
    }
}

void target_watch_name(struct scan *s, size_t i)
{
    const struct token *t = &s->tokens.at[i];
    bool opens = i == s->tokens.sentences[t->sentence].first;
    if (t->kind != TOKEN_WORD || t->flags & (TOKEN_SHOUT | TOKEN_MIXED) ||
        t->end - t->start < 3 || named_already(s, i)) {
        return;
    }
    if (!(t->flags & (TOKEN_CAPITAL | TOKEN_REPEATS | TOKEN_UNDONE))) {
        watch_lower_name(s, i);
    }
    if (opens) {
        watch_opening(s, i);
        return;
    }
    if (!(t->flags & TOKEN_CAPITAL)) {
        // "jaz is": no list has the word, and it does what a person does.
        if ((acts(s, i + 1) || has_kin(s, i)) &&
            !(t->flags & (TOKEN_REPEATS | TOKEN_UNDONE))) {
            scan_emit(s, BUILTIN_NAME, i, i);
        }
        return;
    }
    scan_emit(s, BUILTIN_NAME, i, i);
    size_t family = last_of_name(s, i);
    if (family > i && !s->words[i + 1] && s->tokens.at[i + 1].flags & TOKEN_CAPITAL) {
        scan_emit(s, BUILTIN_FULL_NAME, i, family);
    }
    mention(s, i, i, TARGET_OTHER, false, false);
}
