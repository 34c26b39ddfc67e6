// SPDX-License-Identifier: MIT
#include "rules/engine/lexfile.h"

#include <string.h>

#include "rules/engine/inflect.h"
#include "rules/engine/token.h"

enum { ITEMS_MOST = PHRASE_WORDS_MOST, SEQUENCES_MOST = 256 };

struct item {
    struct forms forms;
};

static struct slice without_apostrophes(struct slice w, char out[FORM_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < w.len && n < FORM_BYTES; i++) {
        if (w.ptr[i] != '\'') {
            out[n++] = w.ptr[i];
        }
    }
    return slice_make(out, n);
}

// One token's words: its spelling's, or itself without apostrophes.
static enum fault add_token_words(struct lexfile_context *c, struct slice w,
                                  uint32_t *out, size_t most, size_t *count)
{
    uint32_t alias[ALIAS_WORDS_MOST];
    char plain[FORM_BYTES];
    uint32_t id = lexicon_known(c->lex, w);
    size_t n = id ? lexicon_alias_of(c->lex, id, alias) : 0;
    if (n == 0) {
        enum fault f = lexicon_word(c->lex, without_apostrophes(w, plain), &id);
        if (f) {
            return f;
        }
        n = lexicon_alias_of(c->lex, id, alias);
    }
    if (n == 0) {
        alias[n++] = id;
    }
    if (*count + n > most) {
        return FAULT_LIMIT;
    }
    memcpy(out + *count, alias, n * sizeof(*alias));
    *count += n;
    return FAULT_NONE;
}

enum fault lexfile_words(struct lexfile_context *c, struct slice text, uint32_t *out,
                         size_t most, size_t *count, struct why *why)
{
    struct norm norm;
    struct tokens tokens;
    *count = 0;
    enum fault f = normalise(&norm, text, c->folds, c->scratch);
    if (!f) {
        f = tokenise(&tokens, &norm, c->scratch);
    }
    for (size_t i = 0; !f && i < tokens.count; i++) {
        struct slice w = token_text(&norm, &tokens.at[i]);
        if (w.len >= FORM_BYTES) {
            f = FAULT_LIMIT;
            break;
        }
        f = add_token_words(c, w, out, most, count);
    }
    arena_drop(c->scratch);
    if (f == FAULT_LIMIT) {
        return fault_say(why, FAULT_INPUT, "'%.*s' is too long (at most %zu words)",
                         SLICE_ARG(text), most);
    }
    if (!f && *count == 0) {
        return fault_say(why, FAULT_INPUT, "'%.*s' has no word in it", SLICE_ARG(text));
    }
    return f;
}

// The token by itself, as an evasion-free text would show it: no spelling applied.
static struct slice split_flag(struct slice token, char *kind)
{
    *kind = 0;
    if (token.len > 2 && token.ptr[token.len - 2] == '/' &&
        strchr("vna", token.ptr[token.len - 1])) {
        *kind = token.ptr[token.len - 1];
        token.len -= 2;
    }
    return token;
}

// Whether the words after the first are forms of it ("stole stolen") and not the rest
// of a phrase ("himself to").
static bool are_forms(struct slice base, struct slice rest)
{
    bool any = false;
    while (rest.len) {
        struct slice w = slice_cut(rest, ' ', &rest);
        if (w.len == 0) {
            continue;
        }
        any = true;
        char kind;
        struct slice bare = split_flag(w, &kind);
        bool alike = bare.len > 2 && base.len > 2 && bare.ptr[0] == base.ptr[0] &&
                     bare.ptr[1] == base.ptr[1];
        if (kind || (!alike && !inflect_irregular(base, bare))) {
            return false;
        }
    }
    return any;
}

static enum fault add_sequences(struct lexfile_context *c, uint16_t class,
                                const struct item *items, size_t count, struct why *why)
{
    size_t choice[ITEMS_MOST] = {0};
    for (size_t done = 0; done < SEQUENCES_MOST; done++) {
        char joined[ITEMS_MOST * FORM_BYTES];
        size_t len = 0;
        for (size_t i = 0; i < count; i++) {
            const char *form = items[i].forms.at[choice[i]];
            size_t n = strlen(form);
            if (i) {
                joined[len++] = ' ';
            }
            memcpy(joined + len, form, n);
            len += n;
        }
        uint32_t words[PHRASE_WORDS_MOST];
        size_t n = 0;
        enum fault f = lexfile_words(c, slice_make(joined, len), words,
                                     PHRASE_WORDS_MOST, &n, why);
        if (!f) {
            f = lexicon_phrase(c->lex, class, words, n);
        }
        if (f) {
            return f;
        }
        size_t i = 0;
        while (i < count && ++choice[i] == items[i].forms.count) {
            choice[i++] = 0;
        }
        if (i == count) {
            return FAULT_NONE;
        }
    }
    return fault_say(why, FAULT_INPUT, "more than %d combinations of forms",
                     SEQUENCES_MOST);
}

enum fault lexfile_entry(struct lexfile_context *c, uint16_t class, struct slice entry,
                         struct why *why)
{
    struct item items[ITEMS_MOST];
    size_t count = 0;
    struct slice rest = slice_trim(entry);
    while (rest.len) {
        struct slice token = slice_cut(rest, ' ', &rest);
        if (token.len == 0) {
            continue;
        }
        char kind;
        struct slice bare = split_flag(token, &kind);
        if (count == ITEMS_MOST || bare.len + 8 > FORM_BYTES) {
            return fault_say(why, FAULT_INPUT, "the entry is too long");
        }
        struct forms *forms = &items[count++].forms;
        if (!inflect(forms, bare, kind)) {
            return fault_say(why, FAULT_INPUT, "'%.*s' cannot be inflected",
                             SLICE_ARG(token));
        }
        if (kind && count == 1 && are_forms(bare, rest)) {
            while (rest.len) {
                forms_add(forms, slice_cut(rest, ' ', &rest));
            }
        }
    }
    return add_sequences(c, class, items, count, why);
}

struct reader {
    struct lexfile_context *c;
    const char *name;
    unsigned line;
    enum lexfile_pass pass;
    bool in_section, in_spelling;
    uint16_t class;
};

static bool is_class_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
              c == '_' || c == '-')) {
            return false;
        }
    }
    return s.len > 0 && s.len < 80;
}

static enum fault say(const struct reader *r, struct why *why, enum fault f,
                      const char *what, struct slice where)
{
    return fault_say(why, f, "%s:%u: %s: '%.*s'", r->name, r->line, what,
                     SLICE_ARG(where));
}

static enum fault read_section(struct reader *r, struct slice row, struct why *why)
{
    if (row.len < 3 || row.ptr[row.len - 1] != ']') {
        return say(r, why, FAULT_INPUT, "a section is [class.name]", row);
    }
    struct slice flags;
    struct slice name =
        slice_cut(slice_trim(slice_sub(row, 1, row.len - 2)), ' ', &flags);
    r->in_section = true;
    r->in_spelling = slice_is(name, "spelling");
    if (r->in_spelling || r->pass == LEXFILE_SPELLING) {
        return FAULT_NONE;
    }
    if (!is_class_name(name)) {
        return say(r, why, FAULT_INPUT,
                   "class names are lower-case words joined by dots", name);
    }
    enum fault f = lexicon_class(r->c->lex, name, &r->class);
    if (f) {
        return say(r, why, f, fault_text(f), name);
    }
    struct word_class *class = &r->c->lex->classes[r->class];
    class->flags |= CLASS_DEFINED;
    while (flags.len) {
        struct slice flag = slice_cut(flags, ' ', &flags);
        if (slice_is(flag, "evasive")) {
            class->flags |= CLASS_EVASIVE;
        } else if (flag.len) {
            return say(r, why, FAULT_INPUT, "no such flag; known: evasive", flag);
        }
    }
    return FAULT_NONE;
}

static enum fault read_include(struct reader *r, struct slice row, struct why *why)
{
    struct slice name = slice_trim(slice_sub(row, 1, row.len));
    uint16_t part;
    if (!is_class_name(name)) {
        return say(r, why, FAULT_INPUT, "not a class name", name);
    }
    enum fault f = lexicon_class(r->c->lex, name, &part);
    if (!f) {
        f = lexicon_include(r->c->lex, r->class, part);
    }
    return f ? say(r, why, f, fault_text(f), name) : FAULT_NONE;
}

static enum fault read_spelling(struct reader *r, struct slice row, struct why *why)
{
    struct slice right;
    struct slice left = slice_trim(slice_cut(row, '=', &right));
    uint32_t words[ALIAS_WORDS_MOST], from;
    size_t count;
    right = slice_trim(right);
    if (left.len == 0 || right.len == 0 || left.len >= FORM_BYTES) {
        return say(r, why, FAULT_INPUT, "a spelling is 'dont = do not'", row);
    }
    enum fault f = lexfile_words(r->c, right, words, ALIAS_WORDS_MOST, &count, why);
    if (!f) {
        f = lexicon_word(r->c->lex, left, &from);
    }
    if (!f) {
        f = lexicon_alias(r->c->lex, from, words, count);
    }
    return f ? say(r, why, f, "cannot read this spelling", row) : FAULT_NONE;
}

static struct slice strip_comment(struct slice row)
{
    for (size_t i = 0; i < row.len; i++) {
        if (row.ptr[i] == '#' &&
            (i == 0 || row.ptr[i - 1] == ' ' || row.ptr[i - 1] == '\t')) {
            return slice_trim(slice_sub(row, 0, i));
        }
    }
    return slice_trim(row);
}

static enum fault read_row(struct reader *r, struct slice row, struct why *why)
{
    if (row.ptr[0] == '[') {
        return read_section(r, row, why);
    }
    if (!r->in_section) {
        return say(r, why, FAULT_INPUT, "an entry before the first [class.name]", row);
    }
    if (r->in_spelling) {
        return r->pass == LEXFILE_SPELLING ? read_spelling(r, row, why) : FAULT_NONE;
    }
    if (r->pass == LEXFILE_SPELLING) {
        return FAULT_NONE;
    }
    if (row.ptr[0] == '@') {
        return read_include(r, row, why);
    }
    struct why inner = {0};
    enum fault f = lexfile_entry(r->c, r->class, row, &inner);
    if (f) {
        return fault_say(why, f, "%s:%u: %.150s", r->name, r->line,
                         why_text(&inner, f));
    }
    return FAULT_NONE;
}

enum fault lexfile_read(struct lexfile_context *c, const char *name, struct slice bytes,
                        enum lexfile_pass pass, struct why *why)
{
    struct reader r = {.c = c, .name = name, .pass = pass};
    while (bytes.len) {
        struct slice row = strip_comment(slice_cut(bytes, '\n', &bytes));
        r.line++;
        if (row.len) {
            enum fault f = read_row(&r, row, why);
            if (f) {
                return f;
            }
        }
    }
    return FAULT_NONE;
}
