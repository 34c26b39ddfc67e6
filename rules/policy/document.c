// SPDX-License-Identifier: MIT
#include "rules/policy/document.h"

#include <stdio.h>
#include <string.h>

#include "bot/base/utf8.h"
#include "rules/policy/lines.h"

enum {
    HEADING_WORDS = 11,
    HEADING_WORDS_CAPITALS = 14,
    NUMBERED_HEADING_WORDS = 9,
    TITLE_LINES = 14,
    DEPTH_MOST = 6,
    FULL_LINE = 55, // a line this long may go on in the next
    WRAPPED_LINE = 130,
    INLINE_ITEMS_MOST = 26,
};

struct level {
    unsigned indent;
    char style;
    bool shared; // indented like the level above it
    unsigned ordinal;
    int passage; // the last item of this level
};

struct builder {
    struct document *doc;
    const struct phrases *p;
    struct arena *arena;
    struct reading *reading;
    const struct lines *lines;
    struct slice heading, stem;
    bool prose_heading;
    struct level levels[DEPTH_MOST];
    unsigned depth_count;
    bool stem_open; // a list may follow the last paragraph
    struct line_text {
        struct slice text;
        const struct line *first, *last;
    } open; // the block that may go on
    bool fault;
};

static bool says(struct builder *b, const char *kind, const char *name, struct slice s)
{
    reading_make(b->reading, b->p, s);
    return phrases_look(b->p, phrases_group(b->p, kind, name), b->reading, 0, SIZE_MAX)
               .weight > 0;
}

// A short line that asks for something is a rule of its own, not a heading.
static bool reads_like_rule(struct builder *b, struct slice s)
{
    return !says(b, "heading", "sure", s) &&
           (says(b, "modal", "", s) || says(b, "imperative", "", s));
}

static bool is_lower(struct slice s)
{
    return s.len && s.ptr[0] >= 'a' && s.ptr[0] <= 'z';
}

static bool emoji_mark(struct slice mark)
{
    uint32_t point = 0;
    return (utf8_decode(mark, 0, &point) == 4 || mark.len > 3) && mark.len > 1;
}

static char style_of(const struct line *l)
{
    if (l->kind == LINE_BULLET) {
        // Other bullets, other levels; but every emoji is the same one.
        return l->mark.len > 1 && emoji_mark(l->mark) ? 'E'
                                                      : l->mark.ptr[l->mark.len - 1];
    }
    char c = l->mark.len ? l->mark.ptr[0] : 0;
    if (c >= '0' && c <= '9') {
        char dots = '0';
        for (size_t i = 0; i < l->mark.len; i++) {
            dots = (char)(dots + (l->mark.ptr[i] == '.'));
        }
        return dots;
    }
    bool roman = l->mark.len > 1; // a letter never has a second one
    return c >= 'a' ? (roman ? 'r' : 'a') : (roman ? 'R' : 'A');
}

static struct slice join(struct builder *b, struct slice a, struct slice c)
{
    if (a.len == 0 || a.len >= PASSAGE_BYTES - 4) {
        return a.len ? a : c;
    }
    bool hyphen = slice_ends_with(a, SLICE("-")) && is_lower(c) && a.len > 2 &&
                  a.ptr[a.len - 2] != ' ';
    struct slice out = arena_format(b->arena, "%.*s%s%.*s", SLICE_ARG(a),
                                    hyphen ? "" : " ", SLICE_ARG(c));
    b->fault = b->fault || !out.ptr;
    return utf8_prefix(out, PASSAGE_BYTES);
}

static struct passage *add_passage(struct builder *b, struct slice text,
                                   const struct line *at)
{
    struct document *d = b->doc;
    if (d->passage_count == PASSAGES_MOST || text.len == 0) {
        return NULL;
    }
    struct passage *p = &d->passages[d->passage_count++];
    *p = (struct passage){.text = text,
                          .heading = b->heading,
                          .stem = b->stem,
                          .line = at->number,
                          .parent = NO_PARENT,
                          .prose_heading = b->prose_heading};
    return p;
}

// "(a) ", "(i) ", "(1) ": where the n-th item of a list inside a paragraph begins.
static size_t find_inline(struct slice s, size_t from, char kind, unsigned n,
                          size_t *bytes)
{
    static const char *const roman[] = {"i", "ii", "iii", "iv",
                                        "v", "vi", "vii", "viii"};
    char mark[12] = "";
    if (kind == 'a' && n < 26) {
        snprintf(mark, sizeof(mark), "(%c) ", (char)('a' + n));
    } else if (kind == '1') {
        snprintf(mark, sizeof(mark), "(%u) ", n + 1);
    } else if (kind == 'i' && n < 8) {
        snprintf(mark, sizeof(mark), "(%s) ", roman[n]);
    }
    *bytes = strlen(mark);
    size_t at =
        *bytes ? slice_find(slice_sub(s, from, s.len), slice_of(mark)) : SIZE_MAX;
    return at == SIZE_MAX ? SIZE_MAX : from + at;
}

// Adds the items of "... must not: (a) x; (b) y" and returns whether there were any.
static bool add_inline_items(struct builder *b, struct slice text,
                             const struct line *at, unsigned depth, int parent)
{
    for (const char *kind = "ai1"; *kind; kind++) {
        size_t bytes, next_bytes;
        size_t here = find_inline(text, 0, *kind, 0, &bytes);
        size_t next = here == SIZE_MAX ? SIZE_MAX
                                       : find_inline(text, here, *kind, 1, &next_bytes);
        if (here == SIZE_MAX || next == SIZE_MAX) {
            continue;
        }
        struct slice stem = slice_trim(slice_sub(text, 0, here));
        for (unsigned n = 0; here != SIZE_MAX && n < INLINE_ITEMS_MOST; n++) {
            next = find_inline(text, here, *kind, n + 1, &next_bytes);
            size_t end = next == SIZE_MAX ? text.len : next;
            struct passage *p = add_passage(
                b, slice_trim(slice_sub(text, here + bytes, end - here - bytes)), at);
            if (p) {
                p->number = slice_sub(text, here + 1, bytes - 3);
                p->stem = stem.len ? stem : b->stem;
                p->item = true;
                p->ordinal = n + 1;
                p->depth = depth;
                p->parent = parent;
            }
            here = next;
            bytes = next_bytes;
        }
        return true;
    }
    return false;
}

static struct slice last_sentence(struct slice s)
{
    for (size_t i = s.len; i > 2; i--) {
        if (strchr(".!?", s.ptr[i - 2]) && s.ptr[i - 1] == ' ' && i < s.len &&
            !is_lower(slice_sub(s, i, 1))) {
            return slice_sub(s, i, s.len);
        }
    }
    return s;
}

static void close_block(struct builder *b)
{
    const struct line *at = b->open.first;
    struct slice text = b->open.text;
    if (!at) {
        return;
    }
    b->open.first = NULL;
    if (at->kind != LINE_TEXT) {
        struct level *level = &b->levels[b->depth_count - 1];
        unsigned depth = b->depth_count - 1;
        int parent = depth ? b->levels[depth - 1].passage : NO_PARENT;
        if (add_inline_items(b, text, at, depth, parent)) {
            return;
        }
        struct passage *p = add_passage(b, text, at);
        if (p) {
            p->number = at->kind == LINE_NUMBER ? at->mark : SLICE("");
            p->item = true;
            p->ordinal = level->ordinal;
            p->depth = depth;
            p->parent = parent;
            if (parent != NO_PARENT &&
                line_ends_with(b->doc->passages[parent].text, ":")) {
                p->stem = last_sentence(b->doc->passages[parent].text);
            }
            level->passage = (int)b->doc->passage_count - 1;
        }
        return;
    }
    b->depth_count = 0;
    b->stem = SLICE("");
    if (add_inline_items(b, text, at, 0, NO_PARENT)) {
        return;
    }
    add_passage(b, text, at);
    // What follows as a list is introduced by this.
    struct slice last = last_sentence(text);
    b->stem = line_ends_with(last, ":") || says(b, "stem", "", last) ? last : SLICE("");
}

static void set_heading(struct builder *b, const struct line *l)
{
    close_block(b);
    struct slice text = l->text;
    if (l->mark.len) {
        text = arena_format(b->arena, "%.*s. %.*s", SLICE_ARG(l->mark),
                            SLICE_ARG(l->text));
    }
    while (line_ends_with(text, ":")) {
        text.len--;
    }
    b->heading = text;
    b->prose_heading = says(b, "heading", "prose", text);
    b->stem = SLICE("");
    b->depth_count = 0;
}

// Whether the line is the next of a numbered list that is under way.
static bool in_list(const struct builder *b, const struct line *l)
{
    for (unsigned i = 0; i < b->depth_count; i++) {
        if (b->levels[i].style == style_of(l) && b->levels[i].indent == l->indent) {
            return true;
        }
    }
    return false;
}

// "2. No spam" with a paragraph of its own right below is that paragraph's heading.
static bool has_body(const struct line *l, const struct line *next)
{
    return next->kind == LINE_TEXT && !next->after_blank &&
           line_words(next->text, NULL) > line_words(l->text, NULL);
}

static bool is_heading(struct builder *b, size_t i)
{
    const struct line *l = &b->lines->all[i];
    const struct line *next = i + 1 < b->lines->count ? l + 1 : NULL;
    bool capitals;
    size_t words = line_words(l->text, &capitals);
    if (l->kind == LINE_HEADING) {
        return true;
    }
    if (l->kind == LINE_TABLE || l->kind == LINE_BULLET || words == 0 ||
        is_lower(l->text)) {
        return false;
    }
    if (l->kind == LINE_NUMBER) {
        bool same = next && next->kind == LINE_NUMBER && style_of(next) == style_of(l);
        bool goes_on = next && !next->after_blank && next->kind == LINE_TEXT &&
                       is_lower(next->text);
        return next && !goes_on && (capitals || !in_list(b, l)) &&
               words <= NUMBERED_HEADING_WORDS && !line_ends_with(l->text, ".;,!") &&
               (!same || capitals || l->strong) &&
               (l->strong || capitals || has_body(l, next) ||
                !reads_like_rule(b, l->text));
    }
    if (line_ends_with(l->text, ".;,!") || !next ||
        words > (capitals ? HEADING_WORDS_CAPITALS : HEADING_WORDS)) {
        return false;
    }
    if (l->strong || capitals) {
        return !line_ends_with(l->text, ":") || next->kind == LINE_TEXT;
    }
    bool first = i == 0 || l->after_blank || l[-1].kind == LINE_HEADING;
    if (line_ends_with(l->text, ":")) {
        return first && words <= 6 && next->kind == LINE_TEXT &&
               !reads_like_rule(b, l->text);
    }
    bool goes_on =
        !next->after_blank && next->kind == LINE_TEXT && is_lower(next->text);
    return first && !goes_on && !reads_like_rule(b, l->text) &&
           (next->after_blank || next->kind != LINE_TEXT || !b->lines->wrapped ||
            line_words(next->text, NULL) > words);
}

static bool continues(const struct builder *b, const struct line *l)
{
    const struct line *first = b->open.first, *last = b->open.last;
    if (!first || l->kind != LINE_TEXT) {
        return false;
    }
    bool finished = line_ends_with(b->open.text, ".!?:;");
    if (is_lower(l->text) && !finished) {
        return true;
    }
    if (first->kind != LINE_TEXT && l->indent > first->indent) {
        return true; // a further paragraph of the item
    }
    bool full = last->text.len >= FULL_LINE && last->text.len <= WRAPPED_LINE;
    if (l->after_blank || !(b->lines->wrapped || full)) {
        return false;
    }
    return first->kind == LINE_TEXT && b->lines->wrapped ? full || !finished
                                                         : full && !finished;
}

static bool same_level(const struct level *level, const struct line *l)
{
    return level->indent == l->indent && level->style == style_of(l);
}

// The level that an item continues, counted from 1; 0: it opens one.
static unsigned find_level(const struct builder *b, const struct line *l,
                           bool opens_list)
{
    unsigned n = b->depth_count;
    if (opens_list) {
        return 0;
    }
    bool came_up = n && b->levels[n - 1].indent > l->indent;
    while (n && !same_level(&b->levels[n - 1], l)) {
        n--;
    }
    // A list that a colon opened at the same indent ends where its own sub-lists do, and
    // where the next colon stands.
    while (n > 1 && b->levels[n - 1].shared && same_level(&b->levels[n - 2], l) &&
           (came_up || line_ends_with(l->text, ":"))) {
        n--;
    }
    return n;
}

static void set_level(struct builder *b, const struct line *l)
{
    bool opens_list = b->open.first && b->open.first->kind != LINE_TEXT &&
                      line_ends_with(b->open.text, ":");
    close_block(b);
    unsigned n = find_level(b, l, opens_list);
    if (n) {
        b->depth_count = n;
        b->levels[n - 1].ordinal++;
        return;
    }
    n = b->depth_count;
    while (n && !opens_list && b->levels[n - 1].indent > l->indent) {
        n--;
    }
    bool shared = opens_list && n && same_level(&b->levels[n - 1], l);
    n = n == DEPTH_MOST ? n - 1 : n;
    b->levels[n] = (struct level){l->indent, style_of(l), shared, 1, NO_PARENT};
    b->depth_count = n + 1;
}

static void take_line(struct builder *b, size_t i)
{
    const struct line *l = &b->lines->all[i];
    if (continues(b, l)) {
        b->open.text = join(b, b->open.text, l->text);
        b->open.last = l;
        return;
    }
    if (is_heading(b, i)) {
        set_heading(b, l);
        return;
    }
    if (l->kind == LINE_TABLE) {
        close_block(b);
        bool rows = slice_find(l->text, SLICE("|")) != SIZE_MAX;
        if (rows && slice_find(l->text, SLICE("---")) == SIZE_MAX) {
            add_passage(b, l->text, l);
        }
        return;
    }
    if (l->kind == LINE_TEXT) {
        close_block(b);
    } else {
        set_level(b, l);
    }
    b->open.text = l->text;
    b->open.first = b->open.last = l;
}

static bool is_title(struct builder *b, struct slice s, const char *strength)
{
    return s.len && line_words(s, NULL) <= HEADING_WORDS_CAPITALS &&
           !line_ends_with(s, ".;,:") && says(b, "title", strength, s);
}

// "Topic: Social Media" is about social media.
static struct slice without_label(struct slice s)
{
    static const char *const labels[] = {"Topic",  "Title",   "Subject",
                                         "Policy", "Re",      "Policy Title",
                                         "Name",   "Document"};
    struct slice rest, label = slice_cut(s, ':', &rest);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (rest.len && slice_equal_fold(label, slice_of(labels[i]))) {
            return slice_trim(rest);
        }
    }
    return s;
}

// The first line, or cell of a table, that reads like a title.
static bool find_title_as(struct builder *b, const char *strength)
{
    const struct lines *l = b->lines;
    for (size_t i = 0; i < l->count && i < TITLE_LINES; i++) {
        struct slice rest = l->all[i].text;
        bool capitals;
        line_words(l->all[i].text, &capitals);
        bool item = l->all[i].kind == LINE_BULLET ||
                    (l->all[i].kind == LINE_NUMBER && !capitals);
        while (rest.len && !item) {
            struct slice cell = slice_trim(slice_cut(rest, '\t', &rest));
            if (is_title(b, cell, strength)) {
                b->doc->title = without_label(cell);
                return true;
            }
        }
    }
    return false;
}

static void find_title(struct builder *b)
{
    const struct lines *l = b->lines;
    if (!find_title_as(b, "") && !find_title_as(b, "weak") && l->count &&
        line_words(l->all[0].text, NULL) <= HEADING_WORDS_CAPITALS) {
        b->doc->title = l->all[0].text;
    }
}

enum fault document_read(struct document *out, struct slice text,
                         const struct phrases *p, struct arena *a, struct why *why)
{
    *out = (struct document){0};
    if (text.len > DOCUMENT_BYTES) {
        return fault_say(why, FAULT_LIMIT, "the document has more than %d bytes",
                         DOCUMENT_BYTES);
    }
    if (slice_starts_with(text, SLICE("\xef\xbb\xbf"))) {
        text = slice_sub(text, 3, text.len);
    }
    struct lines lines = {0};
    enum fault f = lines_split(&lines, text, a, why);
    if (f) {
        return f;
    }
    struct builder b = {.doc = out, .p = p, .arena = a, .lines = &lines};
    b.reading = arena_alloc(a, sizeof(*b.reading));
    out->passages = arena_zalloc(a, PASSAGES_MOST, sizeof(*out->passages));
    out->lines = arena_zalloc(a, lines.count + 1, sizeof(*out->lines));
    if (!b.reading || !out->passages || !out->lines) {
        return FAULT_MEMORY;
    }
    find_title(&b);
    for (size_t i = 0; i < lines.count && !b.fault; i++) {
        out->lines[out->line_count++] = lines.all[i].text;
        take_line(&b, i);
    }
    close_block(&b);
    return b.fault ? FAULT_MEMORY : FAULT_NONE;
}
