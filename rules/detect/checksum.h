/* SPDX-License-Identifier: MIT
 *
 * checksum.h - check digits and letters. Pure; strings hold only digits and lower-case
 * letters, without separators.
 *
 * Source  NHS Data Dictionary (NHS number, modulus 11); DfE guide to unique pupil
 *         numbers; Learning Records Service (ULN); HMRC NIM39110 (National Insurance
 *         prefixes); ISO/IEC 7812 (Luhn); ISO 13616 (IBAN); DVLA driver number layout.
 */
#ifndef HM_RULES_DETECT_CHECKSUM_H
#define HM_RULES_DETECT_CHECKSUM_H

#include "bot/base/slice.h"

bool luhn_ok(const char *digits, size_t n);
// 13 to 19 digits that a known issuer could have given out, Luhn included.
bool card_ok(const char *digits, size_t n);
bool nhs_ok(const char *digits);             // 10 digits
bool uln_ok(const char *digits);             // 10 digits
bool upn_ok(const char *upn);                // letter, 11 digits, digit or letter
bool national_insurance_ok(const char *ni);  // 2 letters, 6 digits, a..d
bool driver_number_ok(const char *number);   // 16 characters
bool social_security_ok(const char *digits); // 9 digits, United States
// Characters that an IBAN of this country has; 0: no such country.
size_t iban_length(char first, char second);
bool iban_ok(const char *iban, size_t n);
// The letters of a postcode name an area of the Royal Mail ("le", "m").
bool postcode_area_ok(const char *letters, size_t n);

#endif
