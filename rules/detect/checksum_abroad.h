/* SPDX-License-Identifier: MIT
 *
 * checksum_abroad.h - check digits of other countries' numbers for people, and of wallets.
 *
 * in      lower case, without blanks and marks, exactly as long as the number is (the
 *         name says it); wallets as they were written. Anything else is refused.
 */
#ifndef HM_RULES_DETECT_CHECKSUM_ABROAD_H
#define HM_RULES_DETECT_CHECKSUM_ABROAD_H

#include "bot/base/slice.h"

bool pesel_ok(struct slice s);          // Poland: 11 digits, date of birth within
bool aadhaar_ok(struct slice s);        // India: 12 digits, Verhoeff
bool income_tax_pan_ok(struct slice s); // India: abcpe1234f
bool spanish_id_ok(struct slice s);     // DNI 12345678z, NIE x1234567l
bool codice_fiscale_ok(struct slice s); // Italy: 16
bool french_id_ok(struct slice s);      // NIR with its key: 15
bool swedish_id_ok(struct slice s);     // 10 or 12 digits, date of birth within
bool belgian_id_ok(struct slice s);     // 11 digits, date of birth within
bool brazilian_id_ok(struct slice s);   // CPF: 11 digits
bool finnish_id_ok(struct slice s);     // 9 digits and a letter or digit; no mark
bool bitcoin_ok(struct slice s);        // 1..., 3...: base58 with its check bytes
bool bech32_ok(struct slice s);         // bc1...

#endif
