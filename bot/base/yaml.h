/* SPDX-License-Identifier: MIT
 *
 * yaml.h - load a YAML file through a libcyaml schema, with errors for people.
 *
 * Shape   in: a file (or bytes) and a schema. out: what the schema describes, from the
 *         heap; yaml_unload() with the same schema gives it back.
 * Faults  INPUT: why reads "school.yaml:12: console.prt: no such setting; did you mean
 *         'port'?". ABSENT, DENIED, LIMIT name the file.
 */
#ifndef HM_BASE_YAML_H
#define HM_BASE_YAML_H

#include <cyaml/cyaml.h>

#include "bot/base/slice.h"

enum { YAML_FILE_BYTES = 8 << 20 }; // larger files are refused

// schema's top value must be a CYAML_FLAG_POINTER mapping or a sequence. count is for
// sequences and NULL otherwise. An empty file gives *out NULL.
MUST_USE enum fault yaml_load_file(const char *path, const cyaml_schema_value_t *schema,
                                   void **out, unsigned *count, struct why *why);
// name stands for the path in errors.
MUST_USE enum fault yaml_load_bytes(const char *name, struct slice bytes,
                                    const cyaml_schema_value_t *schema, void **out,
                                    unsigned *count, struct why *why);
void yaml_unload(const cyaml_schema_value_t *schema, void *data, unsigned count);

#endif
