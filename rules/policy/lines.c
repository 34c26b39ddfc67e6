// SPDX-License-Identifier: MIT
#include "rules/policy/lines.h"

#include <string.h>

#include "bot/base/utf8.h"

enum {
    TITLE_LINES = 3,
    RUNNING_HEAD_TIMES = 3,
    RUNNING_HEAD_WORDS = 7,
    WRAPPED_BYTES = 120
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool line_ends_with(struct slice s, const char *any_of)
{
    return s.len && strchr(any_of, s.ptr[s.len - 1]);
}

size_t line_words(struct slice s, bool *capitals)
{
    size_t words = 0;
    bool in_word = false, lower = false, upper = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool part =
            is_letter(c) || is_digit(c) || c == '\'' || (unsigned char)c >= 0x80;
        words += part && !in_word;
        in_word = part;
        lower = lower || (c >= 'a' && c <= 'z');
        upper = upper || (c >= 'A' && c <= 'Z');
    }
    if (capitals) {
        *capitals = upper && !lower;
    }
    return words;
}

// Bytes of a leading emoji with what belongs to it ("1" in a keycap is one), or 0.
static size_t emoji_bytes(struct slice s)
{
    uint32_t point;
    size_t at = 0;
    bool any = false;
    for (;;) {
        size_t n = at < s.len ? utf8_decode(s, at, &point) : 0;
        bool joins = point == 0xfe0f || point == 0x20e3 || point == 0x200d;
        bool shows = (point >= 0x2190 && point <= 0x2bff) ||
                     (point >= 0x1f300 && point <= 0x1faff);
        bool key = at == 0 && is_digit((char)(point & 0x7f)) && n == 1;
        if (n == 0 || !(joins || shows || key)) {
            break;
        }
        any = any || shows || point == 0x20e3;
        at += n;
    }
    return any && at < s.len && s.ptr[at] == ' ' ? at : 0;
}

// Bytes of a bullet at the beginning of s, or 0.
static size_t bullet_bytes(struct slice s)
{
    static const char *const marks[] = {
        "-",      "*",      "+",      "\u2022", "\u25aa", "\u25cf", "\u25cb",
        "\u25e6", "\u2013", "\u2014", "\u2023", "\u2713", "\u2714", "\u2717",
        "\u2718", "\u2705", "\u274c", "\u27a2", "\u2192", "\u25a0", "\u25a1",
        "\u00b7", "\uf0b7", "\u2b9a", "\u25ba"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        struct slice mark = slice_of(marks[i]);
        if (slice_starts_with(s, mark)) {
            bool ascii = mark.len == 1;
            bool space =
                s.len > mark.len && (s.ptr[mark.len] == ' ' || s.ptr[mark.len] == '\t');
            return !ascii || space ? mark.len : 0;
        }
    }
    size_t emoji = emoji_bytes(s);
    if (emoji) {
        return emoji;
    }
    bool letter_o = s.len > 2 && s.ptr[0] == 'o' && s.ptr[1] == ' ';
    return letter_o && s.ptr[2] >= 'A' && s.ptr[2] <= 'Z' ? 1 : 0;
}

static size_t roman_bytes(struct slice s)
{
    size_t n = 0;
    while (n < s.len && n < 5 && strchr("ivxIVX", s.ptr[n])) {
        n++;
    }
    return n;
}

// "3", "3.2", "a", "iv" at the beginning of s; 0: none.
static size_t ordinal_bytes(struct slice s)
{
    size_t n = 0;
    if (s.len && is_digit(s.ptr[0])) {
        while (n < s.len && n < 10 &&
               (is_digit(s.ptr[n]) ||
                (s.ptr[n] == '.' && n + 1 < s.len && is_digit(s.ptr[n + 1])))) {
            n++;
        }
        return n;
    }
    n = roman_bytes(s);
    if (n && n < s.len && !is_letter(s.ptr[n])) {
        return n;
    }
    return s.len > 1 && is_letter(s.ptr[0]) && !is_letter(s.ptr[1]) ? 1 : 0;
}

// Bytes of " -", " \u2013" and the like after a named number, or 0.
static size_t dash_bytes(struct slice s)
{
    static const char *const dashes[] = {" - ", " \u2013 ", " \u2014 ", " | "};
    for (size_t i = 0; i < sizeof(dashes) / sizeof(dashes[0]); i++) {
        if (slice_starts_with(s, slice_of(dashes[i]))) {
            return strlen(dashes[i]) - 1;
        }
    }
    return 0;
}

// Bytes of "3. ", "(a) ", "Rule 4: " at the beginning of s, mark set; 0: none.
static size_t number_bytes(struct slice s, struct slice *mark)
{
    static const char *const words[] = {"Section ", "Article ", "Rule ",   "Clause ",
                                        "RULE ",    "SECTION ", "\u00a7 ", "\u00a7"};
    size_t at = 0;
    bool named = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !named; i++) {
        named = slice_starts_with(s, slice_of(words[i]));
        at = named ? strlen(words[i]) : 0;
    }
    bool open = at < s.len && s.ptr[at] == '(';
    at += open;
    size_t n = ordinal_bytes(slice_sub(s, at, s.len));
    if (n == 0) {
        return 0;
    }
    *mark = slice_sub(s, at, n);
    bool digits = is_digit(mark->ptr[0]);
    at += n;
    bool closed = at < s.len && strchr(open ? ")" : ".):", s.ptr[at]);
    at += closed;
    if (named) { // "Rule 1 - Be kind"
        at += dash_bytes(slice_sub(s, at, s.len));
    }
    bool spaced = at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t');
    bool dotted = digits && slice_find(*mark, SLICE(".")) != SIZE_MAX;
    bool plain = digits && !closed && mark->len <= 2 && at + 1 < s.len &&
                 s.ptr[at + 1] >= 'A' && s.ptr[at + 1] <= 'Z';
    if (!spaced || !(closed || dotted || named || plain)) {
        return 0;
    }
    return at;
}

// Takes off **, __ and the like around a line, and backslashes before marks.
static struct slice without_emphasis(struct slice s, bool *strong)
{
    *strong = false;
    for (int pass = 0; pass < 3; pass++) {
        bool two = s.len > 4 && (slice_starts_with(s, SLICE("**")) ||
                                 slice_starts_with(s, SLICE("__")));
        size_t n = two ? 2 : 1;
        struct slice mark = slice_sub(s, 0, n);
        bool around = s.len > 2 * n && strchr("*_", s.ptr[0]) &&
                      slice_ends_with(s, mark) &&
                      slice_find(slice_sub(s, n, s.len - 2 * n), mark) == SIZE_MAX;
        if (!around) {
            break;
        }
        s = slice_trim(slice_sub(s, n, s.len - 2 * n));
        *strong = true;
    }
    return s;
}

static bool is_only(struct slice s, const char *any_of)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!strchr(any_of, s.ptr[i])) {
            return false;
        }
    }
    return s.len > 0;
}

static size_t count_of(struct slice s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == c;
    }
    return n;
}

static unsigned indent_of(struct slice raw)
{
    unsigned columns = 0;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] == '\t') {
            columns = (columns / 4 + 1) * 4;
        } else if (raw.ptr[i] == ' ') {
            columns++;
        } else {
            break;
        }
    }
    return columns;
}

static void classify(struct line *l, struct slice raw)
{
    l->indent = indent_of(raw);
    struct slice s = slice_trim(raw);
    size_t hashes = 0;
    while (hashes < s.len && hashes < 6 && s.ptr[hashes] == '#') {
        hashes++;
    }
    if (hashes && hashes < s.len && s.ptr[hashes] == ' ') {
        s = slice_trim(slice_sub(s, hashes, s.len));
        while (slice_ends_with(s, SLICE("#"))) {
            s.len--;
        }
        l->kind = LINE_HEADING;
        l->marked = true;
        l->text = without_emphasis(slice_trim(s), &l->strong);
        return;
    }
    while (slice_starts_with(s, SLICE("> "))) {
        s = slice_trim(slice_sub(s, 1, s.len));
    }
    if (count_of(s, '\t') >= 2 || slice_find(s, SLICE("(\u2713)")) != SIZE_MAX ||
        count_of(s, '|') >= 2) {
        l->kind = LINE_TABLE;
        l->text = s;
        return;
    }
    bool outer;
    s = without_emphasis(s, &outer);
    size_t n = l->number == 1 ? 0 : bullet_bytes(s); // no document begins in a list
    if (n) {
        l->kind = LINE_BULLET;
        l->mark = slice_sub(s, 0, n);
    } else {
        n = number_bytes(s, &l->mark);
        l->kind = n ? LINE_NUMBER : LINE_TEXT;
    }
    l->text = without_emphasis(slice_trim(slice_sub(s, n, s.len)), &l->strong);
    l->strong = l->strong || outer;
}

static bool is_running_head(const struct lines *l, size_t at)
{
    struct slice s = l->all[at].text;
    if (l->all[at].kind != LINE_TEXT || line_words(s, NULL) > RUNNING_HEAD_WORDS ||
        line_ends_with(s, ".:;,")) {
        return false;
    }
    unsigned times = 0;
    for (size_t i = 0; i < l->count; i++) {
        times += l->all[i].kind == LINE_TEXT && slice_equal(l->all[i].text, s);
    }
    return times >= RUNNING_HEAD_TIMES;
}

static bool is_page_number(struct slice s)
{
    bool digits = s.len && s.len <= 4;
    for (size_t i = 0; i < s.len && digits; i++) {
        digits = is_digit(s.ptr[i]);
    }
    return digits || (s.len < 24 && slice_starts_with(s, SLICE("Page ")) &&
                      is_digit(s.ptr[5 < s.len ? 5 : 0]));
}

// Heads that stand on every page, and page numbers; the first of them stays, it may be
// the title.
static void drop_page_marks(struct lines *l)
{
    size_t kept = 0;
    for (size_t i = TITLE_LINES; i < l->count; i++) {
        l->all[i].running = is_running_head(l, i);
    }
    for (size_t i = 0; i < l->count; i++) {
        if (!l->all[i].running && !is_page_number(l->all[i].text)) {
            l->all[kept++] = l->all[i];
        }
    }
    l->count = kept;
}

// Bytes of "<u>", "</b>" and the like, which converters leave; else 0.
static size_t tag_bytes(struct slice s)
{
    size_t n = 1;
    if (s.len < 3 || s.ptr[0] != '<' || !(is_letter(s.ptr[1]) || s.ptr[1] == '/')) {
        return 0;
    }
    while (n < s.len && n < 12 && (is_letter(s.ptr[n]) || s.ptr[n] == '/')) {
        n++;
    }
    return n < s.len && s.ptr[n] == '>' ? n + 1 : 0;
}

static struct slice to_line(struct slice raw, struct arena *a)
{
    char *out = arena_alloc(a, raw.len + 1);
    size_t n = 0;
    for (size_t i = 0; out && i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.ptr[i];
        uint32_t point;
        size_t tag = tag_bytes(slice_sub(raw, i, raw.len));
        if (tag) {
            i += tag - 1;
        } else if (utf8_decode(raw, i, &point) == 0) {
            out[n++] = '?';
        } else if (c >= 0x80 && c != 0xc2) {
            size_t bytes = utf8_decode(raw, i, &point);
            memcpy(out + n, raw.ptr + i, bytes);
            n += bytes;
            i += bytes - 1;
        } else if (c == 0xc2 && i + 1 < raw.len &&
                   (unsigned char)raw.ptr[i + 1] == 0xa0) {
            out[n++] = ' '; // a no-break space
            i++;
        } else if (c < 0x20 && c != '\t') {
            continue;
        } else {
            out[n++] = raw.ptr[i];
            if (c == 0xc2) {
                out[n++] = raw.ptr[++i];
            }
        }
    }
    return slice_make(out, out ? n : 0);
}

static void measure_width(struct lines *l)
{
    size_t longest = 0;
    for (size_t i = 0; i < l->count; i++) {
        longest = l->all[i].text.len > longest ? l->all[i].text.len : longest;
    }
    l->wrapped = longest <= WRAPPED_BYTES;
}

enum fault lines_split(struct lines *out, struct slice text, struct arena *a,
                       struct why *why)
{
    size_t most = count_of(text, '\n') + count_of(text, '\f') + 1;
    if (most > DOCUMENT_LINES_MOST) {
        return fault_say(why, FAULT_LIMIT, "the document has more than %d lines",
                         DOCUMENT_LINES_MOST);
    }
    out->all = arena_zalloc(a, most, sizeof(*out->all));
    if (!out->all) {
        return FAULT_MEMORY;
    }
    bool blank = true;
    unsigned number = 0;
    while (text.len) {
        struct slice raw = slice_cut(text, '\n', &text);
        number++;
        if (slice_starts_with(raw, SLICE("\f"))) {
            raw = slice_sub(raw, 1, raw.len);
            blank = true;
        }
        raw = to_line(raw, a);
        if (!raw.ptr) {
            return FAULT_MEMORY;
        }
        struct slice s = slice_trim(raw);
        struct line *last = out->count ? &out->all[out->count - 1] : NULL;
        if (s.len == 0) {
            blank = true;
            continue;
        }
        if (is_only(s, "-=_*~ ")) {
            if (last && !blank && s.len > 2 && strchr("-=", s.ptr[0]) &&
                last->kind == LINE_TEXT && line_words(last->text, NULL) < 12) {
                last->kind = LINE_HEADING;
                last->marked = true;
            }
            blank = true;
            continue;
        }
        struct line *l = &out->all[out->count++];
        *l = (struct line){.number = number, .after_blank = blank};
        classify(l, raw);
        out->count -= l->text.len == 0;
        blank = false;
    }
    drop_page_marks(out);
    measure_width(out);
    return FAULT_NONE;
}
