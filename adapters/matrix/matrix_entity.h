/* SPDX-License-Identifier: MIT
 *
 * matrix_entity.h - HTML's named characters, as far as people write them.
 */
#ifndef HM_MATRIX_ENTITY_H
#define HM_MATRIX_ENTITY_H

#include <stdint.h>

enum { MATRIX_ENTITY_NAME_MOST = 16 }; // bytes of the longest name, terminator included

// The code point behind "&name;", or 0.
uint32_t matrix_entity(const char *name);

#endif
