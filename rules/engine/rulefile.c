// SPDX-License-Identifier: MIT
#include "rules/engine/rulefile.h"

#include <string.h>

#include "bot/base/yaml.h"

static const cyaml_schema_value_t line_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, 12000)};

#define LINE(key, member, flags)                                                       \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), struct rule_source,      \
                           member, 0, 12000)
#define LINES(key, member)                                                             \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                \
                         struct rule_source, member, &line_value, 0, 400)

static const cyaml_schema_field_t fields[] = {
    LINE("id", id, 0),
    LINE("category", category, 0),
    LINE("match", match, 0),
    LINES("also", also),
    LINE("unless", unless, CYAML_FLAG_OPTIONAL),
    LINE("when", when, CYAML_FLAG_OPTIONAL),
    LINE("target", target, CYAML_FLAG_OPTIONAL),
    LINE("severity", severity, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_UINT("confidence", CYAML_FLAG_OPTIONAL, struct rule_source, confidence),
    LINE("because", because, 0),
    LINE("span", span, CYAML_FLAG_OPTIONAL),
    LINE("group", group, CYAML_FLAG_OPTIONAL),
    LINES("yes", yes),
    LINES("no", no),
    CYAML_FIELD_END};

static const cyaml_schema_value_t rule_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule_source, fields)};
static const cyaml_schema_value_t file_value = {
    CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, struct rule_source, &rule_value, 0, 5000)};

// Length of the list that begins at s[0] == '[', or 0 when it is never closed.
static size_t list_len(struct slice s)
{
    size_t depth = 0;
    char quote = '\0';
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        char before = i ? s.ptr[i - 1] : ' ';
        if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || (c == '\'' && strchr(" [,|?!", before))) {
            quote = c;
        } else if (c == '[') {
            depth++;
        } else if (c == ']' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

// Writes the list as one single-quoted YAML string; comments in it are left out.
static void put_quoted(struct text *out, struct slice list)
{
    bool quoted = false;
    text_add_char(out, '\'');
    for (size_t i = 0; i < list.len; i++) {
        char c = list.ptr[i];
        quoted ^= c == '"';
        if (c == '#' && !quoted && strchr(" \t\n", list.ptr[i - 1])) {
            while (i < list.len && list.ptr[i] != '\n') {
                i++;
            }
            c = ' ';
            i--;
        }
        if (c == '\'') {
            text_add_char(out, '\'');
        }
        text_add_char(out, c);
    }
    text_add_char(out, '\'');
}

// What stands before the list on its line, when the line holds one.
static size_t list_offset(struct slice row, bool *nested)
{
    size_t i = 0;
    *nested = false;
    while (i < row.len && row.ptr[i] == ' ') {
        i++;
    }
    bool dash = slice_starts_with(slice_sub(row, i, row.len), SLICE("- "));
    if (dash) {
        i += 2;
        while (i < row.len && row.ptr[i] == ' ') {
            i++;
        }
    }
    if (dash && i < row.len && row.ptr[i] == '[') {
        return i;
    }
    static const char *const keys[] = {"match:", "unless:", "when:", "also:"};
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        struct slice rest = slice_sub(row, i, row.len);
        if (slice_starts_with(rest, slice_of(keys[k]))) {
            i += strlen(keys[k]);
            while (i < row.len && row.ptr[i] == ' ') {
                i++;
            }
            *nested = k == 3;
            return i < row.len && row.ptr[i] == '[' ? i : SIZE_MAX;
        }
    }
    return SIZE_MAX;
}

// "[[a], [b]]": each inner list becomes a string.
static void put_nested(struct text *out, struct slice list)
{
    for (size_t i = 0; i < list.len;) {
        struct slice rest = slice_sub(list, i, list.len);
        size_t n = i > 0 && rest.ptr[0] == '[' ? list_len(rest) : 0;
        if (n) {
            put_quoted(out, slice_sub(rest, 0, n));
            i += n;
        } else {
            text_add_char(out, rest.ptr[0]);
            i++;
        }
    }
}

enum fault rule_quote_lists(struct text *out, struct slice bytes)
{
    while (bytes.len) {
        struct slice rest;
        struct slice row = slice_cut(bytes, '\n', &rest);
        bool nested;
        size_t off = list_offset(row, &nested);
        struct slice list =
            slice_sub(bytes, off == SIZE_MAX ? bytes.len : off, bytes.len);
        size_t len = list.len ? list_len(list) : 0;
        if (len == 0) {
            text_add(out, row);
            bool ended = row.len < bytes.len;
            if (ended) {
                text_add_char(out, '\n');
            }
            bytes = rest;
            continue;
        }
        text_add(out, slice_sub(bytes, 0, off));
        list = slice_sub(list, 0, len);
        if (nested) {
            put_nested(out, list);
        } else {
            put_quoted(out, list);
        }
        bytes = slice_sub(bytes, off + len, bytes.len);
        // The rest of that line holds no further list.
        struct slice tail = slice_cut(bytes, '\n', &rest);
        text_add(out, tail);
        if (tail.len < bytes.len) {
            text_add_char(out, '\n');
        }
        bytes = rest;
    }
    return out->fault;
}

enum fault rule_sources_read(const char *name, struct slice bytes,
                             struct rule_source **out, unsigned *count, struct why *why)
{
    struct text quoted;
    text_init(&quoted, 2 * (size_t)YAML_FILE_BYTES);
    enum fault f = rule_quote_lists(&quoted, bytes);
    *out = NULL;
    *count = 0;
    if (f) {
        f = fault_say(why, f, "%s: %s", name, fault_text(f));
    } else if (slice_trim(text_slice(&quoted)).len) {
        f = yaml_load_bytes(name, text_slice(&quoted), &file_value, (void **)out, count,
                            why);
    }
    text_finish(&quoted);
    return f;
}

void rule_sources_free(struct rule_source *sources, unsigned count)
{
    if (sources) {
        yaml_unload(&file_value, sources, count);
    }
}

unsigned rule_source_line(struct slice bytes, const char *id)
{
    unsigned line = 0;
    while (bytes.len) {
        struct slice row = slice_trim(slice_cut(bytes, '\n', &bytes));
        line++;
        if (slice_starts_with(row, SLICE("- "))) {
            row = slice_trim(slice_sub(row, 2, row.len));
        }
        if (slice_starts_with(row, SLICE("id:"))) {
            struct slice value = slice_trim(slice_sub(row, 3, row.len));
            if (slice_starts_with(value, slice_of(id))) {
                return line;
            }
        }
    }
    return 0;
}
