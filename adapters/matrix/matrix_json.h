/* SPDX-License-Identifier: MIT
 *
 * matrix_json.h - JSON from a homeserver, read even where one event in it is odd.
 *
 * A member may send what JSON allows and jansson does not: lone surrogates, NUL in keys,
 * numbers beyond all bounds, a thousand brackets. One such event must not make the whole
 * answer unreadable: what cannot be kept is replaced, the rest stays as it is.
 */
#ifndef HM_MATRIX_JSON_H
#define HM_MATRIX_JSON_H

#include <jansson.h>

#include "bot/base/text.h"

// NULL: no JSON even so, or out of memory. The caller owns the value.
json_t *matrix_json(struct slice bytes);
// The second reading: bytes with everything replaced that jansson refuses.
void matrix_json_mend(struct text *out, struct slice bytes);

#endif
