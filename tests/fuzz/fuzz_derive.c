// SPDX-License-Identifier: MIT
// A school's document, any bytes, through `policy derive`; what comes out must be a pack
// whose JSON can be read and whose YAML names no byte that a reader refuses.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "bot/base/paths.h"
#include "bot/base/utf8.h"
#include "rules/policy/derive.h"

static struct phrases *phrases;
static struct arena arena;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    char folder[PATH_BYTES], path[PATH_BYTES + 32];
    struct why why = {0};
    if (paths_data(folder, &why)) {
        abort();
    }
    snprintf(path, sizeof(path), "%s/policies/phrases.txt", folder);
    arena_init(&arena, 1 << 20, 128 << 20);
    return phrases_load(&phrases, path, &why) ? 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proposal p;
    struct why why = {0};
    struct text out;
    arena_drop(&arena);
    if (derive(&p, slice_make((const char *)data, size), phrases, &arena, &why)) {
        return 0;
    }
    text_init(&out, 16 << 20);
    proposal_add_json(&out, &p);
    json_t *json = json_loadb(text_cstr(&out), out.len, 0, NULL);
    if (!text_failed(&out) && !json) {
        abort();
    }
    json_decref(json);
    text_clear(&out);
    proposal_add_yaml(&out, &p, phrases);
    if (utf8_valid_len(text_slice(&out)) != out.len) {
        abort();
    }
    text_finish(&out);
    return 0;
}
