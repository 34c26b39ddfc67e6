/* SPDX-License-Identifier: MIT
 *
 * scan.h - one message's words: which classes occur where.
 *
 * read_words() looks each token up (spellings written out, evasions undone);
 * scan_classes() emits every occurrence of every class that some rule asks for, in the
 * order of their first tokens; occurrences_of() gives those of one class as an array.
 *
 * Owner   the judge owns class states; everything else is the message's arena's.
 */
#ifndef HM_RULES_SCAN_H
#define HM_RULES_SCAN_H

#include "rules/engine/lexicon.h"
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

// What the message holds of one class.
struct class_state {
    uint32_t epoch; // of the message that it speaks of
    uint32_t count;
    uint32_t head, tail;       // of the chain in scan.links
    struct occurrence *sorted; // once asked for; NULL before
};

// A word or phrase of quiet classes (lexicon_part) that was met.
struct quiet {
    struct occurrence at;
    uint32_t list; // into lexicon.lists
    uint32_t count;
};

struct link {
    struct occurrence at;
    uint32_t next;
    uint16_t class;
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
    uint32_t word;        // lists what to emit
};

struct scan {
    const struct lexicon *lex;
    const uint32_t *builtin_words; // by enum builtin: slots that list what to emit
    struct arena *arena;
    struct norm norm;
    struct tokens tokens;
    const struct word **words; // by token; NULL: not in the lexicon
    struct class_state *states;
    uint32_t epoch;
    struct link *links;
    size_t link_count, link_cap;
    uint64_t *saw;        // bit of each class that occurs
    struct quiet *quiets; // by first token
    size_t quiet_count, quiet_cap;
    uint16_t *seen; // loud classes, in the order of their first occurrence
    size_t seen_count, seen_cap;
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
// Takes over what the detectors confirmed, in the order of starts; words are the lists
// to emit, by detector.
struct pattern_hit;
MUST_USE enum fault scan_take_hits(struct scan *s, const struct pattern_hit *hits,
                                   size_t count, const uint32_t *words);
// Emits all classes.
MUST_USE enum fault scan_classes(struct scan *s);
// For the target detector: emits what builtin b means, over tokens first..last.
void scan_emit(struct scan *s, enum builtin b, size_t first, size_t last);
// Appends a mention.
void scan_mention(struct scan *s, struct mention m);

// Whom the message spoke of last, for the pronouns of the next one.
enum target scan_spoken_of(const struct scan *s);
bool scan_saw(const struct scan *s, uint16_t class);
// The occurrences of a class by first token; *count 0 when it was not seen.
const struct occurrence *occurrences_of(struct scan *s, uint16_t class, size_t *count);

#endif
