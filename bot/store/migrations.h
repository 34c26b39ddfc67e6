/* SPDX-License-Identifier: MIT
 *
 * migrations.h - the numbered scripts of bot/store/migrations, built into the program.
 */
#ifndef HM_STORE_MIGRATIONS_H
#define HM_STORE_MIGRATIONS_H

#include <stddef.h>

extern const char *const migrations[]; // in order; index 0 is 001_*.sql
extern const size_t migration_count;

#endif
