/* SPDX-License-Identifier: MIT
 *
 * phonenumber.h - the world's numbering plans, by libphonenumber.
 */
#ifndef HM_RULES_DETECT_PHONENUMBER_H
#define HM_RULES_DETECT_PHONENUMBER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// digits: country code and national number, no plus. Whether some country gives out such
// numbers. May allocate: call it on candidates only.
bool phonenumber_possible(const char *digits, size_t n);

#ifdef __cplusplus
}
#endif

#endif
