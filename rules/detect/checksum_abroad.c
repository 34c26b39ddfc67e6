// SPDX-License-Identifier: MIT
#include "rules/detect/checksum_abroad.h"

#include <string.h>

#include <sodium.h>

#include "rules/detect/checksum.h"

enum { BASE58_BYTES = 25, BASE58_MOST = 35, BECH32_LEAST = 14, BECH32_MOST = 74 };

static unsigned at(struct slice s, size_t i)
{
    return (unsigned)(s.ptr[i] - '0');
}

static bool digits_from(struct slice s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

static bool all_digits(struct slice s, size_t n)
{
    return s.len == n && digits_from(s, 0, n);
}

static bool is_letter(struct slice s, size_t i)
{
    return s.ptr[i] >= 'a' && s.ptr[i] <= 'z';
}

static unsigned number(struct slice s, size_t from, size_t n)
{
    unsigned value = 0;
    for (size_t i = from; i < from + n; i++) {
        value = value * 10 + at(s, i);
    }
    return value;
}

static unsigned weighted(struct slice s, const char *weights)
{
    unsigned sum = 0;
    for (size_t i = 0; weights[i]; i++) {
        sum += at(s, i) * (unsigned)(weights[i] - '0');
    }
    return sum;
}

static bool one_digit_only(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] != s.ptr[0]) {
            return false;
        }
    }
    return true;
}

bool pesel_ok(struct slice s)
{
    if (!all_digits(s, 11)) {
        return false;
    }
    unsigned month = number(s, 2, 2) % 20, day = number(s, 4, 2); // + 20: from 2000 on
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           (weighted(s, "1379137913") + at(s, 10)) % 10 == 0;
}

bool aadhaar_ok(struct slice s)
{
    // Verhoeff: the dihedral group of ten, and its permutation by place.
    static const unsigned char moved[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    if (!all_digits(s, 12) || s.ptr[0] < '2' || one_digit_only(s)) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < 12; i++) {
        unsigned v = at(s, 11 - i);
        for (size_t k = 0; k < i % 8; k++) {
            v = moved[v];
        }
        bool turned = sum >= 5;
        unsigned low = turned ? (sum + 5 - v % 5) % 5 : (sum + v) % 5;
        sum = low + ((turned != (v >= 5)) ? 5U : 0U);
    }
    return sum == 0;
}

bool income_tax_pan_ok(struct slice s)
{
    if (s.len != 10 || !digits_from(s, 5, 9) || !is_letter(s, 9)) {
        return false;
    }
    for (size_t i = 0; i < 5; i++) {
        if (!is_letter(s, i)) {
            return false;
        }
    }
    return strchr("pcafhbtljg", s.ptr[3]) != NULL; // whose it is: p, a person's
}

bool spanish_id_ok(struct slice s)
{
    static const char letters[] = "trwagmyfpdxbnjzsqvhlcke";
    if (s.len != 9) {
        return false;
    }
    size_t from = s.ptr[0] >= 'x' && s.ptr[0] <= 'z'; // a foreigner's: x0, y1, z2
    if (!digits_from(s, from, 8)) {
        return false;
    }
    unsigned n = number(s, from, 8 - from);
    n += from ? (unsigned)(s.ptr[0] - 'x') * 10000000U : 0;
    return letters[n % 23] == s.ptr[8];
}

bool codice_fiscale_ok(struct slice s)
{
    static const unsigned char odd[26] = {1,  0,  5,  7,  9,  13, 15, 17, 19,
                                          21, 2,  4,  18, 20, 11, 3,  6,  8,
                                          12, 14, 16, 10, 22, 25, 24, 23};
    if (s.len != 16 || !is_letter(s, 15)) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < 15; i++) {
        // Letters of the name, year, month, day, place; l-v stand for digits of twins.
        bool name = i < 6 || i == 8 || i == 11;
        bool digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';
        if (name ? !is_letter(s, i) : !digit && !memchr("lmnpqrstuv", s.ptr[i], 10)) {
            return false;
        }
        unsigned v = digit ? at(s, i) : (unsigned)(s.ptr[i] - 'a');
        sum += i % 2 ? v : odd[v];
    }
    return strchr("abcdehlmprst", s.ptr[8]) && sum % 26 == (unsigned)(s.ptr[15] - 'a');
}

bool french_id_ok(struct slice s)
{
    if (s.len != 15 || (s.ptr[0] != '1' && s.ptr[0] != '2') || !digits_from(s, 1, 5) ||
        !digits_from(s, 7, 15)) {
        return false;
    }
    // Corsica's departments are 2a and 2b: reckoned as 19 and 18.
    char plain[16];
    memcpy(plain, s.ptr, 15);
    if (s.ptr[5] == '2' && (s.ptr[6] == 'a' || s.ptr[6] == 'b')) {
        plain[5] = '1';
        plain[6] = s.ptr[6] == 'a' ? '9' : '8';
    } else if (!digits_from(s, 5, 7)) {
        return false;
    }
    unsigned long long value = 0;
    for (size_t i = 0; i < 13; i++) {
        value = value * 10 + (unsigned)(plain[i] - '0');
    }
    unsigned month = number(s, 3, 2);
    return month >= 1 && month <= 42 && 97 - value % 97 == number(s, 13, 2);
}

bool swedish_id_ok(struct slice s)
{
    if (s.len == 12 && (s.ptr[0] == '1' || s.ptr[0] == '2')) {
        s = slice_sub(s, 2, 10);
    }
    if (!all_digits(s, 10)) {
        return false;
    }
    unsigned month = number(s, 2, 2), day = number(s, 4, 2) % 60; // + 60: coordination
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && luhn_ok(s.ptr, 10);
}

bool belgian_id_ok(struct slice s)
{
    if (!all_digits(s, 11)) {
        return false;
    }
    unsigned month = number(s, 2, 2), day = number(s, 4, 2);
    unsigned long long value = 0;
    for (size_t i = 0; i < 9; i++) {
        value = value * 10 + at(s, i);
    }
    unsigned key = number(s, 9, 2); // who was born from 2000 on has a 2 in front
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           (97 - value % 97 == key || 97 - (2000000000ULL + value) % 97 == key);
}

bool brazilian_id_ok(struct slice s)
{
    if (!all_digits(s, 11) || one_digit_only(s)) {
        return false;
    }
    unsigned first = 0, second = 0;
    for (unsigned i = 0; i < 10; i++) {
        first += i < 9 ? at(s, i) * (10 - i) : 0;
        second += at(s, i) * (11 - i);
    }
    return first * 10 % 11 % 10 == at(s, 9) && second * 10 % 11 % 10 == at(s, 10);
}

bool finnish_id_ok(struct slice s)
{
    static const char letters[] = "0123456789abcdefhjklmnprstuvwxy";
    if (s.len != 10 || !digits_from(s, 0, 9)) {
        return false;
    }
    unsigned day = number(s, 0, 2), month = number(s, 2, 2);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           letters[number(s, 0, 9) % 31] == s.ptr[9];
}

bool bitcoin_ok(struct slice s)
{
    static const char alphabet[] =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char bytes[BASE58_BYTES] = {0};
    if (s.len < 26 || s.len > BASE58_MOST) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        const char *found = memchr(alphabet, s.ptr[i], sizeof(alphabet) - 1);
        if (!found) {
            return false;
        }
        unsigned carry = (unsigned)(found - alphabet);
        for (size_t k = BASE58_BYTES; k-- > 0;) {
            carry += 58U * bytes[k];
            bytes[k] = (unsigned char)(carry & 0xff);
            carry >>= 8;
        }
        if (carry) {
            return false;
        }
    }
    unsigned char hash[crypto_hash_sha256_BYTES], twice[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, bytes, BASE58_BYTES - 4);
    crypto_hash_sha256(twice, hash, sizeof(hash));
    return memcmp(twice, bytes + BASE58_BYTES - 4, 4) == 0;
}

bool bech32_ok(struct slice s)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    static const unsigned generator[5] = {0x3b6a57b2U, 0x26508e6dU, 0x1ea119faU,
                                          0x3d4233ddU, 0x2a1462b3U};
    if (s.len < BECH32_LEAST || s.len > BECH32_MOST || memcmp(s.ptr, "bc1", 3) != 0) {
        return false;
    }
    unsigned values[5 + BECH32_MOST] = {'b' >> 5, 'c' >> 5, 0, 'b' & 31, 'c' & 31};
    size_t n = 5;
    for (size_t i = 3; i < s.len; i++) {
        const char *found = memchr(alphabet, s.ptr[i], sizeof(alphabet) - 1);
        if (!found) {
            return false;
        }
        values[n++] = (unsigned)(found - alphabet);
    }
    unsigned sum = 1;
    for (size_t i = 0; i < n; i++) {
        unsigned top = sum >> 25;
        sum = (sum & 0x1ffffffU) << 5 ^ values[i];
        for (size_t k = 0; k < 5; k++) {
            sum ^= (top >> k) & 1 ? generator[k] : 0;
        }
    }
    return sum == 1 || sum == 0x2bc830a3U; // the second: bech32m
}
