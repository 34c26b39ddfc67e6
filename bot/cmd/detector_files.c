// SPDX-License-Identifier: MIT
#include "bot/cmd/detector_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"

enum { FILE_BYTES = 8 << 20 };

enum fault detector_file_visit(const char *path, detector_visit *visit, void *ctx,
                               struct why *why)
{
    struct detector_file file = {.name = strrchr(path, '/') ? strrchr(path, '/') + 1
                                                            : path};
    struct rule_source *rules = NULL;
    char *bytes;
    size_t len;
    enum fault f = paths_read(path, FILE_BYTES, &bytes, &len, why);
    if (f) {
        return f;
    }
    file.bytes = slice_make(bytes, len);
    f = rule_sources_read(file.name, file.bytes, &rules, &file.count, why);
    if (!f) {
        file.rules = rules;
        f = visit(ctx, &file, why);
        rule_sources_free(rules, file.count);
    }
    free(bytes);
    return f;
}

enum fault detector_files_visit(const char *data_folder, detector_visit *visit,
                                void *ctx, struct why *why)
{
    char folder[PATH_BYTES], path[PATH_BYTES + 300];
    snprintf(folder, sizeof(folder), "%.3000s/detectors", data_folder);
    struct dirent **names = NULL;
    int n = scandir(folder, &names, NULL, alphasort);
    if (n < 0) {
        return fault_say(why, FAULT_ABSENT, "%s: cannot be read", folder);
    }
    enum fault f = FAULT_NONE;
    for (int i = 0; i < n; i++) {
        if (!f && slice_ends_with(slice_of(names[i]->d_name), SLICE(".yaml"))) {
            snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
            f = detector_file_visit(path, visit, ctx, why);
        }
        free(names[i]);
    }
    free(names);
    return f;
}
