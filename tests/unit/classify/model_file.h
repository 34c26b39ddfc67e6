/* SPDX-License-Identifier: MIT
 *
 * model_file.h - a data folder with the rules of tests/unit/rules/data and models made
 * up for the tests.
 */
#ifndef HM_TESTS_MODEL_FILE_H
#define HM_TESTS_MODEL_FILE_H

#include <unistd.h>

#include "bot/base/paths.h"
#include "rules/classify/model.h"
#include "unit/rules/judge_fixture.h"

enum { MODEL_BITS = 8, MODEL_BODY = (1 << MODEL_BITS) + (MODEL_HEADS << MODEL_BITS) };

static char model_folder[] = "/tmp/hm-model-XXXXXX";

static inline const char *in_folder(char path[PATH_BYTES], const char *name)
{
    snprintf(path, PATH_BYTES, "%s/%s", model_folder, name);
    return path;
}

static inline void model_folder_make(void)
{
    char path[PATH_BYTES];
    struct why why = {0};
    assert_non_null(mkdtemp(model_folder));
    CHECK_INT(paths_make_folder(in_folder(path, "model"), 0700, &why), FAULT_NONE);
    CHECK_INT(symlink(TEST_RULES "/lexicon", in_folder(path, "lexicon")), 0);
    CHECK_INT(symlink(TEST_RULES "/detectors", in_folder(path, "detectors")), 0);
}

static inline void model_folder_remove(void)
{
    static const char *const made[] = {"model/model.bin", "model/reader.bin", "lexicon",
                                       "detectors"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        unlink(in_folder(path, made[i]));
    }
    rmdir(in_folder(path, "model"));
    rmdir(model_folder);
}

// Rows and gate are zero: every score is its head's bias, every table a constant. An
// insult is raised from 40000 on, anything doubted below 6000.
static inline void model_write(uint16_t any, uint16_t insult, int32_t gate_from)
{
    static char bytes[sizeof(struct model_header) + MODEL_BODY];
    struct model_header h = {.magic = {'H', 'M', 'C', 'M'},
                             .version = MODEL_VERSION,
                             .gate_bits = MODEL_BITS,
                             .row_bits = MODEL_BITS,
                             .gate_from = gate_from,
                             .scale = 1};
    char path[PATH_BYTES];
    struct why why = {0};
    for (int i = 0; i < MODEL_STEPS; i++) {
        h.sure[HEAD_ANY][i] = any;
        h.sure[HEAD_INSULT][i] = insult;
    }
    h.raise_at[HEAD_ANY] = h.raise_at[HEAD_INSULT] = 40000;
    for (int i = 0; i < MODEL_HEADS; i++) {
        h.doubt_at[i] = 6000;
    }
    memset(bytes, 0, sizeof(bytes));
    h.check = slice_hash(slice_make(bytes + sizeof(h), MODEL_BODY));
    memcpy(bytes, &h, sizeof(h));
    CHECK_INT(paths_write(in_folder(path, "model/model.bin"),
                          slice_make(bytes, sizeof(bytes)), 0600, &why),
              FAULT_NONE);
}

#endif
