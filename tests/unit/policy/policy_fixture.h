/* SPDX-License-Identifier: MIT
 *
 * policy_fixture.h - packs written into a file for a test, and the shipped judge.
 */
#ifndef HM_TESTS_POLICY_FIXTURE_H
#define HM_TESTS_POLICY_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bot/base/paths.h"
#include "rules/policy/policy.h"
#include "unit/check.h"

#define SHIPPED_RULES HM_TEST_SOURCE_DIR "/rules"

// Writes text into a new folder as pack.yaml; the path lasts until the next call.
static inline const char *write_pack(const char *text)
{
    static char path[200];
    char folder[] = "/tmp/hm-policy-XXXXXX";
    struct why why = {0};
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/pack.yaml", folder);
    CHECK_INT(paths_write(path, slice_of(text), 0600, &why), FAULT_NONE);
    return path;
}

static inline void remove_pack(const char *path)
{
    char folder[200];
    snprintf(folder, sizeof(folder), "%s", path);
    *strrchr(folder, '/') = '\0';
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rmdir(folder), 0);
}

#endif
