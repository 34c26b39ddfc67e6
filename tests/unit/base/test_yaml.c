// SPDX-License-Identifier: MIT
#include "bot/base/yaml.h"

#include <stdlib.h>

#include "unit/check.h"

struct place {
    char *name;
    unsigned port;
};
struct top {
    struct place *console;
    struct place *sites;
    unsigned sites_count;
};

static const cyaml_schema_field_t place_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct place, name, 0, 40),
    CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct place, port), CYAML_FIELD_END};
static const cyaml_schema_value_t place_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct place, place_fields)};
static const cyaml_schema_field_t top_fields[] = {
    CYAML_FIELD_MAPPING_PTR("console", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct top, console, place_fields),
    CYAML_FIELD_SEQUENCE("sites", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct top,
                         sites, &place_value, 0, 9),
    CYAML_FIELD_END};
static const cyaml_schema_value_t top_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct top, top_fields)};

static void expect(const char *yaml, const char *message)
{
    void *out = NULL;
    struct why why = {0};
    CHECK_INT(yaml_load_bytes("t.yaml", slice_of(yaml), &top_value, &out, NULL, &why),
              FAULT_INPUT);
    CHECK_STR(why.text, message);
}

TEST(yaml__good_file_loads)
{
    void *out = NULL;
    struct why why = {0};
    CHECK_INT(yaml_load_bytes("t.yaml", SLICE("console: {name: a, port: 7}\n"),
                              &top_value, &out, NULL, &why),
              FAULT_NONE);
    struct top *top = out;
    CHECK_STR(top->console->name, "a");
    CHECK_INT(top->console->port, 7);
    yaml_unload(&top_value, out, 0);
}

TEST(yaml__unknown_key_gets_line_path_and_nearest_name)
{
    expect("sites:\n  - name: a\n  - name: b\n    prt: 5\n",
           "t.yaml:4: sites[2].prt: no such setting; did you mean 'port'?");
    expect("\nwombat: 5\n",
           "t.yaml:2: wombat: no such setting; known here: console, sites");
}

TEST(yaml__wrong_type_says_what_to_write)
{
    expect("console:\n  name: a\n  port: abc\n",
           "t.yaml:3: console.port: Invalid uint64_t value: 'abc' (write a whole "
           "number, 0 or "
           "more)");
    expect("sites: {a: b}\n",
           "t.yaml:1: sites: Expecting SEQUENCE, got event: MAPPING_START "
           "(write a list: one '- item' a line, or [a, b])");
}

TEST(yaml__missing_key_is_named)
{
    expect("console:\n  port: 5\n", "t.yaml:2: console: 'name' is missing; add it");
}

TEST(yaml__aliases_are_refused)
{
    void *out = NULL;
    CHECK_INT(yaml_load_bytes("t.yaml",
                              SLICE("console: &a {name: x}\nsites:\n  - *a\n"),
                              &top_value, &out, NULL, NULL),
              FAULT_INPUT);
}

int main(void)
{
    return RUN(UNIT(yaml__good_file_loads),
               UNIT(yaml__unknown_key_gets_line_path_and_nearest_name),
               UNIT(yaml__wrong_type_says_what_to_write),
               UNIT(yaml__missing_key_is_named), UNIT(yaml__aliases_are_refused));
}
