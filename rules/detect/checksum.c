// SPDX-License-Identifier: MIT
#include "rules/detect/checksum.h"

#include <string.h>

static unsigned digit(char c)
{
    return (unsigned)(c - '0');
}

static bool all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
    }
    return true;
}

static unsigned number(const char *s, size_t n)
{
    unsigned value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value * 10 + digit(s[i]);
    }
    return value;
}

bool luhn_ok(const char *digits, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned v = digit(digits[n - 1 - i]);
        if (i % 2) {
            v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        }
        sum += v;
    }
    return n > 0 && sum % 10 == 0;
}

static bool all_same(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (s[i] != s[0]) {
            return false;
        }
    }
    return true;
}

bool card_ok(const char *digits, size_t n)
{
    if (n < 13 || n > 19 || !all_digits(digits, n) || all_same(digits, n) ||
        !luhn_ok(digits, n)) {
        return false;
    }
    unsigned two = number(digits, 2), three = number(digits, 3),
             four = number(digits, 4);
    bool visa = digits[0] == '4' && (n == 13 || n == 16 || n == 19);
    bool mastercard =
        n == 16 && ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720));
    bool amex = n == 15 && (two == 34 || two == 37);
    bool diners = n >= 14 && (two == 36 || two == 38 || two == 39 ||
                              (three >= 300 && three <= 305) || three == 309);
    bool discover =
        n >= 16 && (four == 6011 || two == 65 || (three >= 644 && three <= 649));
    bool jcb =
        n >= 15 && ((four >= 3528 && four <= 3589) || four == 2131 || four == 1800);
    bool union_pay = n >= 16 && two == 62;
    bool maestro =
        n >= 13 && (two == 50 || (two >= 56 && two <= 58) || two == 63 || two == 67);
    return visa || mastercard || amex || diners || discover || jcb || union_pay ||
           maestro;
}

// Weights 10 down to 2 over the first nine digits.
static unsigned weighted(const char *digits)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 9; i++) {
        sum += digit(digits[i]) * (10 - i);
    }
    return sum;
}

bool nhs_ok(const char *digits)
{
    if (!all_digits(digits, 10) || all_same(digits, 10)) {
        return false;
    }
    unsigned check = 11 - weighted(digits) % 11;
    check = check == 11 ? 0 : check;
    // 1 and 2 are not in use; 0 is Scotland's, by the day of birth.
    return digits[0] >= '3' && check < 10 && check == digit(digits[9]);
}

bool uln_ok(const char *digits)
{
    if (!all_digits(digits, 10) || digits[0] == '0') {
        return false;
    }
    unsigned rest = weighted(digits) % 11;
    return rest != 0 && digit(digits[9]) == 10 - rest;
}

bool upn_ok(const char *upn)
{
    static const char letters[] = "abcdefghjklmnpqrtuvwxyz"; // no i, o, s
    if (!memchr(letters, upn[0], sizeof(letters) - 1) || !all_digits(upn + 1, 11)) {
        return false;
    }
    unsigned sum = 0;
    for (unsigned i = 1; i <= 11; i++) {
        sum += digit(upn[i]) * (i + 1);
    }
    if (all_digits(upn + 12, 1)) {
        sum += digit(upn[12]) * 13;
    } else { // a temporary number ends in a letter that counts by its place
        const char *at = memchr(letters, upn[12], sizeof(letters) - 1);
        if (!at) {
            return false;
        }
        sum += (unsigned)(at - letters) * 13;
    }
    return letters[sum % 23] == upn[0];
}

bool national_insurance_ok(const char *ni)
{
    static const char never[] = "bggbnkknnttnzz";
    if (!ni[0] || !ni[1] || strchr("dfiquv", ni[0]) || strchr("dfioquv", ni[1]) ||
        ni[8] < 'a' || ni[8] > 'd' || !all_digits(ni + 2, 6)) {
        return false;
    }
    for (size_t i = 0; never[i]; i += 2) {
        if (memcmp(ni, never + i, 2) == 0) {
            return false;
        }
    }
    return true;
}

bool driver_number_ok(const char *number_)
{
    bool padded = false;
    for (size_t i = 0; i < 5; i++) { // the name, filled up with nines
        bool nine = number_[i] == '9';
        if ((!nine && (number_[i] < 'a' || number_[i] > 'z')) || (padded && !nine)) {
            return false;
        }
        padded = padded || nine;
    }
    if (number_[0] == '9' || !all_digits(number_ + 5, 6)) {
        return false;
    }
    unsigned month = number(number_ + 6, 2), day = number(number_ + 8, 2);
    month = month > 50 ? month - 50 : month; // women's months count from 51
    bool initials = number_[11] != '9' || number_[12] == '9';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && initials &&
           (number_[11] == '9' || (number_[11] >= 'a' && number_[11] <= 'z'));
}

bool social_security_ok(const char *digits)
{
    unsigned area = number(digits, 3);
    return all_digits(digits, 9) && area != 0 && area != 666 && area < 900 &&
           number(digits + 3, 2) != 0 && number(digits + 5, 4) != 0;
}

size_t iban_length(char first, char second)
{
    // Country and length, from the SWIFT registry.
    static const char countries[] =
        "ad24ae23al28at20az28ba20be16bg22bh22br29by28ch21cr22cy28cz24de22dk18do28ee20"
        "es24fi18fo18fr27gb22ge22gi23gl18gr27gt28hr21hu28ie22il23iq23is26it27jo30kw30"
        "kz20lb28lc32li21lt20lu20lv21mc27md24me22mk19mr27mt31mu30nl18no15pk24pl28ps29"
        "pt25qa29ro24rs22sa24sc31se24si19sk24sm27st25sv28tl23tn24tr26ua29va22vg24xk20";
    for (size_t i = 0; countries[i]; i += 4) {
        if (countries[i] == first && countries[i + 1] == second) {
            return number(countries + i + 2, 2);
        }
    }
    return 0;
}

bool iban_ok(const char *iban, size_t n)
{
    if (n < 15 || n != iban_length(iban[0], iban[1]) || !all_digits(iban + 2, 2)) {
        return false;
    }
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++) {
        char c = iban[(i + 4) % n]; // the first four come last
        if (c >= '0' && c <= '9') {
            rest = (rest * 10 + digit(c)) % 97;
        } else if (c >= 'a' && c <= 'z') {
            rest = (rest * 100 + (unsigned)(c - 'a') + 10) % 97;
        } else {
            return false;
        }
    }
    return rest == 1;
}

bool postcode_area_ok(const char *letters, size_t n)
{
    static const char areas[] =
        " ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg "
        "dh dl dn dt dy e ec eh en ex fk fy g gl gu gy ha hd hg hp hr hs hu hx ig im "
        "ip "
        "iv je ka kt kw ky l la ld le ll ln ls lu m me mk ml n ne ng nn np nr nw ol ox "
        "pa pe ph pl po pr rg rh rm s sa se sg sk sl sm sn so sp sr ss st sw sy ta td "
        "tf "
        "tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze ";
    char padded[4] = {' ', letters[0], n > 1 ? letters[1] : ' ', ' '};
    return n >= 1 && n <= 2 &&
           slice_find(slice_of(areas), slice_make(padded, n + 2)) != SIZE_MAX;
}
