/* SPDX-License-Identifier: MIT
 *
 * scan.h - one message's words: which classes occur where.
 *
 * read_words() looks each token up (spellings written out, evasions undone);
 * scan_classes() notes every word and phrase that belongs to anything, in the order of
 * their first tokens (`met`), and ORs together which classes the message holds (`saw`);
 * occurrences_of() works out where one class stands when somebody asks, which is for
 * few classes of few messages.
 *
 * Owner   the judge owns class states; everything else is the message's arena's.
 */
#ifndef HM_RULES_SCAN_H
#define HM_RULES_SCAN_H

#include "rules/engine/lists.h"
#include "rules/engine/token.h"
#include "rules/taxonomy.h"

// Classes that the engine itself emits or watches; their ids are these numbers.
#define BUILTIN_MAP(X)                                                                 \
    X(STAFF, "target.staff")                                                           \
    X(PUPIL, "target.pupil")                                                           \
    X(PARENT, "target.parent")                                                         \
    X(SCHOOL, "target.school")                                                         \
    X(YOU, "target.you")                                                               \
    X(SELF, "target.self")                                                             \
    X(OTHER, "target.other")                                                           \
    X(THIRD, "pronoun.third")                                                          \
    X(TITLE, "name.title")                                                             \
    X(FIRST_NAME, "name.first")                                                        \
    X(WORD_NAME, "name.word")                                                          \
    X(FICTIONAL, "name.fictional")                                                     \
    X(NAME, "any.name")                                                                \
    X(NUMBER, "any.number")                                                            \
    X(EMOJI, "any.emoji")                                                              \
    X(SHOUT, "any.shout")                                                              \
    X(FULL_NAME, "any.full_name")

enum builtin {
#define X(id, name) BUILTIN_##id,
    BUILTIN_MAP(X)
#undef X
        BUILTIN_COUNT
};

const char *builtin_name(enum builtin b);

struct occurrence {
    uint32_t first, last; // tokens, both inside
};

// Where the message holds one class, once somebody asked.
struct class_state {
    uint32_t epoch; // of the message that it speaks of
    uint32_t count;
    struct occurrence *at;
};

// A word or phrase of the lexicon that stands in the message, or what the engine read
// there. Lists with classes of the engine's own come in pieces, with what the engine
// made of such a class between them.
struct met {
    struct occurrence at;
    uint32_t list;     // of the lexicon
    uint16_t from, to; // which of its classes this piece holds: loud ones, then quiet
};

// Somebody or something that the message speaks of.
struct mention {
    uint32_t first, last;
    uint8_t target;  // enum target
    bool is_pronoun; // read from what it refers to
    bool is_you;
};

// What a detector confirmed.
struct found {
    uint32_t first, last; // tokens
    uint32_t start, end;  // bytes of the normalised text
    uint32_t list;        // of the lexicon: what it is
};

struct scan {
    const struct lexicon *lex;
    const uint32_t *builtin_lists; // by enum builtin: what else it belongs to
    struct arena *arena;
    struct norm norm;
    struct tokens tokens;
    const struct word **words; // by token; NULL: not in the lexicon
    struct class_state *states;
    uint32_t epoch;
    struct met *met; // by first token
    size_t met_count, met_cap;
    uint64_t *saw;       // bit of each class that occurs; scan_words() of them
    uint32_t asked;      // classes looked for in a long message
    struct found *found; // by first token
    size_t found_count;
    struct mention *mentions;
    size_t mention_count, mention_cap;
    enum audience audience;
    enum target carried; // whom earlier messages spoke of; TARGET_NONE: nobody
    bool failed;         // out of memory
};

// Whether a word is common English; may be NULL (then only the lexicon's are known).
typedef bool known_word_fn(const void *ctx, uint64_t key);

struct reader_aids {
    known_word_fn *knows;
    const void *knows_ctx;
    const struct roster_index *roster; // NULL: none
};

// Fills words (and tokens, where spellings stand for more words).
MUST_USE enum fault read_words(struct scan *s, const struct reader_aids *aids);
// Takes over what the detectors confirmed, in the order of starts; lists are the
// lexicon's, by detector.
struct pattern_hit;
MUST_USE enum fault scan_take_hits(struct scan *s, const struct pattern_hit *hits,
                                   size_t count, const uint32_t *lists);
// Notes all words and phrases, and which classes they belong to.
MUST_USE enum fault scan_classes(struct scan *s);
// For the target detector: notes what builtin b means, over tokens first..last.
void scan_emit(struct scan *s, enum builtin b, size_t first, size_t last);
// Appends a mention.
void scan_mention(struct scan *s, struct mention m);

// Whom the message spoke of last, for the pronouns of the next one.
enum target scan_spoken_of(const struct scan *s);
static inline bool scan_saw(const struct scan *s, uint16_t class)
{
    return s->saw[class / 64u] >> (class % 64u) & 1;
}
// Words of s->saw.
static inline size_t scan_words(const struct lexicon *lex)
{
    size_t words = lex->class_count / 64 + 1;
    return words < LIST_ROW ? LIST_ROW : words;
}
// The classes of the list that m is a piece of, from..to.
static inline const uint16_t *met_classes(const struct scan *s, const struct met *m)
{
    return s->lex->members + s->lex->lists[m->list].classes;
}
// Whether one of those met is of that class.
bool met_holds(const struct scan *s, const struct met *m, uint16_t class);
// The loud classes of the message in the order of their first occurrence, in the arena;
// NULL: out of memory.
uint16_t *scan_seen(const struct scan *s, size_t *count);
// The occurrences of a class by first token; *count 0 when it was not seen.
const struct occurrence *occurrences_of(struct scan *s, uint16_t class, size_t *count);

#endif
