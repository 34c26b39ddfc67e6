/* SPDX-License-Identifier: MIT
 *
 * detector_files.h - rule files as people wrote them, one after the other.
 *
 * Faults  INPUT and ABSENT: why names the file; what visit returns ends the walk.
 */
#ifndef HM_CMD_DETECTOR_FILES_H
#define HM_CMD_DETECTOR_FILES_H

#include "rules/engine/rulefile.h"

// Lent for the visit.
struct detector_file {
    const char *name; // without its folder
    struct slice bytes;
    const struct rule_source *rules;
    unsigned count;
};

typedef enum fault detector_visit(void *ctx, const struct detector_file *file,
                                  struct why *why);

MUST_USE enum fault detector_file_visit(const char *path, detector_visit *visit,
                                        void *ctx, struct why *why);
// Those of data_folder/detectors, by name.
MUST_USE enum fault detector_files_visit(const char *data_folder, detector_visit *visit,
                                         void *ctx, struct why *why);

#endif
