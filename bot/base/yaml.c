// SPDX-License-Identifier: MIT
#include "bot/base/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"
#include "bot/base/text.h"

enum { DEPTH = 24 };

// What libcyaml's log said about the first error: the sentence, the innermost position
// and the names from the innermost part outwards ("port", "console").
struct report {
    char sentence[160];
    unsigned line;
    bool in_backtrace;
    char parts[DEPTH][64];
    unsigned part_count;
    bool
        key_error; // the position is that of the mapping, the bad key is in the sentence
};

static void take_backtrace(struct report *r, const char *line)
{
    const char *at = strstr(line, "(line: ");
    if (at && r->line == 0) {
        r->line = (unsigned)strtoul(at + strlen("(line: "), NULL, 10);
    }
    const char *quote = strchr(line, '\'');
    const char *end = quote ? strchr(quote + 1, '\'') : NULL;
    if (!end || r->part_count == DEPTH) {
        return;
    }
    int len = (int)(end - quote - 1);
    bool entry = strstr(line, "sequence entry") != NULL;
    char *part = r->parts[r->part_count++];
    if (entry) {
        snprintf(part, sizeof(r->parts[0]), "[%lu]", strtoul(quote + 1, NULL, 10));
    } else {
        snprintf(part, sizeof(r->parts[0]), "%.*s", len, quote + 1);
    }
}

static void take_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
    PRINTF_LIKE(3, 0);
static void take_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
    struct report *r = ctx;
    if (level < CYAML_LOG_ERROR) {
        return;
    }
    char line[256];
    vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\n")] = '\0';
    if (strstr(line, "Backtrace:")) {
        r->in_backtrace = true;
    } else if (r->in_backtrace) {
        take_backtrace(r, line);
    } else if (r->sentence[0] == '\0') {
        const char *said = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
        snprintf(r->sentence, sizeof(r->sentence), "%.150s", said);
    }
}

static unsigned distance(const char *a, const char *b)
{
    enum { MOST = 40 };
    size_t n = strlen(b);
    if (strlen(a) > MOST || n > MOST) {
        return MOST;
    }
    unsigned row[MOST + 1];
    for (unsigned j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned corner = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned change = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = least < change ? least : change;
        }
    }
    return row[n];
}

// The schema of the mapping that the report's parts lead to, or NULL.
static const cyaml_schema_field_t *fields_at(const cyaml_schema_value_t *value,
                                             const struct report *r, unsigned part)
{
    for (; part > 0 && value; part--) {
        const char *name = r->parts[part - 1];
        if (name[0] == '[') {
            value = value->type == CYAML_SEQUENCE || value->type == CYAML_SEQUENCE_FIXED
                        ? value->sequence.entry
                        : NULL;
            continue;
        }
        if (value->type != CYAML_MAPPING) {
            return NULL;
        }
        const cyaml_schema_field_t *field = value->mapping.fields;
        while (field->key && strcmp(field->key, name) != 0) {
            field++;
        }
        value = field->key ? &field->value : NULL;
    }
    return value && value->type == CYAML_MAPPING ? value->mapping.fields : NULL;
}

static void add_key_hint(struct text *out, const cyaml_schema_field_t *fields,
                         const char *bad)
{
    const char *nearest = NULL;
    unsigned best = 4;
    for (const cyaml_schema_field_t *f = fields; f && f->key; f++) {
        unsigned d = distance(bad, f->key);
        if (d < best) {
            best = d;
            nearest = f->key;
        }
    }
    if (nearest) {
        text_add_format(out, "no such setting; did you mean '%s'?", nearest);
        return;
    }
    text_add_str(out, "no such setting; known here:");
    for (const cyaml_schema_field_t *f = fields; f && f->key; f++) {
        text_add_format(out, "%s %s", f == fields ? "" : ",", f->key);
    }
}

// libcyaml places an unknown key at its mapping; find the key itself from there.
static unsigned line_of_key(struct slice bytes, unsigned from, const char *key)
{
    unsigned line = 1;
    struct slice rest = bytes;
    while (rest.len) {
        struct slice row = slice_trim(slice_cut(rest, '\n', &rest));
        if (slice_starts_with(row, SLICE("- "))) {
            row = slice_trim(slice_sub(row, 2, row.len));
        }
        struct slice name = slice_sub(row, 0, strlen(key));
        if (line >= from && slice_is(name, key) && row.len > name.len &&
            row.ptr[name.len] == ':') {
            return line;
        }
        line++;
    }
    return from;
}

static const char *remedy(const char *sentence)
{
    static const struct {
        const char *said, *remedy;
    } known[] = {
        {"Invalid uint64_t value", " (write a whole number, 0 or more)"},
        {"Invalid UINT value", " (write a whole number that fits, 0 or more)"},
        {"Invalid INT value", " (write a whole number)"},
        {"Invalid boolean value", " (write true or false)"},
        {"Invalid BOOL value", " (write true or false)"},
        {"Invalid ENUM value", " (not one of the allowed words)"},
        {"Invalid FLAGS value", " (not one of the allowed words)"},
        {"Expecting SEQUENCE", " (write a list: one '- item' a line, or [a, b])"},
        {"Expecting MAPPING", " (write 'key: value' lines, indented)"},
        {"Expecting SCALAR", " (write one plain value)"},
        {"Expecting STRING", " (write one plain value)"},
        {"Mapping field already seen", " (remove one of the two)"},
        {"STRING length >", " (shorten it)"},
        {"Unsupported YAML version", " (remove the %YAML line)"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strncmp(sentence, known[i].said, strlen(known[i].said)) == 0) {
            return known[i].remedy;
        }
    }
    return "";
}

static enum fault explain(const char *name, struct slice bytes,
                          const cyaml_schema_value_t *schema, struct report *r,
                          cyaml_err_t err, struct why *why)
{
    if (r->sentence[0] == '\0') {
        snprintf(r->sentence, sizeof(r->sentence), "%s", cyaml_strerror(err));
    }
    static const char unexpected[] = "Unexpected key: ";
    static const char missing[] = "Missing required mapping field: ";
    const char *bad = NULL;
    if (strncmp(r->sentence, unexpected, sizeof(unexpected) - 1) == 0) {
        bad = r->sentence + sizeof(unexpected) - 1;
        r->line = line_of_key(bytes, r->line, bad);
    }
    struct text out;
    text_init(&out, 1024);
    text_add_format(&out, "%s:%u: ", name, r->line);
    bool is_missing = strncmp(r->sentence, missing, sizeof(missing) - 1) == 0;
    // A missing field is reported inside the last field that was there.
    unsigned last = is_missing && r->part_count ? 1 : 0;
    for (unsigned i = r->part_count; i > last; i--) {
        const char *part = r->parts[i - 1];
        text_add_format(&out, "%s%s", i == r->part_count || part[0] == '[' ? "" : ".",
                        part);
    }
    if (bad) {
        text_add_format(&out, "%s%s: ", r->part_count ? "." : "", bad);
        add_key_hint(&out, fields_at(schema, r, r->part_count), bad);
    } else if (is_missing) {
        text_add_format(&out, "%s'%s' is missing; add it",
                        r->part_count > last ? ": " : "",
                        r->sentence + sizeof(missing) - 1);
    } else {
        text_add_format(&out, "%s%s%s", r->part_count ? ": " : "", r->sentence,
                        remedy(r->sentence));
    }
    enum fault f = fault_say(why, err == CYAML_ERR_OOM ? FAULT_MEMORY : FAULT_INPUT,
                             "%s", text_cstr(&out));
    text_finish(&out);
    return f;
}

static cyaml_config_t config_for(struct report *r)
{
    return (cyaml_config_t){.log_fn = take_log,
                            .log_ctx = r,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_ERROR,
                            // Aliases could make a small file a huge structure.
                            .flags = CYAML_CFG_NO_ALIAS};
}

enum fault yaml_load_bytes(const char *name, struct slice bytes,
                           const cyaml_schema_value_t *schema, void **out,
                           unsigned *count, struct why *why)
{
    struct report report = {0};
    cyaml_config_t config = config_for(&report);
    cyaml_data_t *data = NULL;
    unsigned n = 0;
    cyaml_err_t err = cyaml_load_data((const uint8_t *)bytes.ptr, bytes.len, &config,
                                      schema, &data, count ? &n : NULL);
    if (err != CYAML_OK) {
        return explain(name, bytes, schema, &report, err, why);
    }
    *out = data;
    if (count) {
        *count = n;
    }
    return FAULT_NONE;
}

enum fault yaml_load_file(const char *path, const cyaml_schema_value_t *schema,
                          void **out, unsigned *count, struct why *why)
{
    char *bytes;
    size_t len;
    enum fault f = paths_read(path, YAML_FILE_BYTES, &bytes, &len, why);
    if (f) {
        return f;
    }
    f = yaml_load_bytes(path, slice_make(bytes, len), schema, out, count, why);
    free(bytes);
    return f;
}

void yaml_unload(const cyaml_schema_value_t *schema, void *data, unsigned count)
{
    struct report report = {0};
    cyaml_config_t config = config_for(&report);
    cyaml_free(&config, schema, data, count);
}
