// SPDX-License-Identifier: MIT
//
// Ways in that no word "password" or "PIN" announces: a name and a password side by side,
// the network's key behind "wifi is", the code of a door behind the door.
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector access_detectors[];

enum { PIECE_MOST = 60, CODE_LEAST = 3, CODE_MOST = 8, WAY_MOST = 48, AHEAD_MOST = 8 };

static bool is_end(char at)
{
    return (unsigned char)at <= ' ' || strchr(",\"", at) != NULL;
}

// The next piece without blanks from i on; quotes and stops are cut off its ends.
static struct slice piece_at(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    while (i < c->norm->len && t[i] != 0 && strchr(" :=(\"'>", t[i])) {
        i++;
    }
    size_t end = i;
    while (end < c->norm->len && end - i < PIECE_MOST && !is_end(t[end])) {
        end++;
    }
    while (end > i && strchr(".,;:)?'", t[end - 1])) {
        end--;
    }
    return slice_make(t + i, end - i);
}

static size_t offset_of(const struct detect_context *c, struct slice s)
{
    return (size_t)(s.ptr - c->norm->text);
}

// Letters beside digits, a sign within, or capitals where none belong; no time, sum,
// ordinal or class.
static bool looks_secret(const struct detect_context *c, struct slice word,
                         size_t least)
{
    size_t at = offset_of(c, word), letters = 0, digits = 0, signs = 0, inner = 0;
    bool lower = false;
    for (size_t i = 0; i < word.len; i++) {
        letters += is_alpha(word.ptr[i]);
        digits += is_digit(word.ptr[i]);
        signs += strchr("!@$#%^&*_+~", word.ptr[i]) != NULL && i > 0;
        inner += i > 0 && is_capital(c, at + i) && !is_capital(c, at + i - 1);
        lower = lower || (is_alpha(word.ptr[i]) && !is_capital(c, at + i));
    }
    if (word.len < least || letters < 3) {
        return false;
    }
    return digits > 0 ||
           (signs > 0 && strchr("_@#$&*", word.ptr[word.len - 1]) == NULL) ||
           (inner > 0 && lower);
}

// "wifi for visitors is NorthStar22": soon behind "is", "to" or a colon.
static bool check_network(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end;
    bool told = false;
    for (int n = 0; n < AHEAD_MOST; n++) {
        struct slice word = piece_at(c, i);
        if (word.len == 0) {
            return false;
        }
        size_t start = offset_of(c, word);
        for (; i < start; i++) {
            told = told || t[i] == ':' || t[i] == '=';
            if (t[i] == '\n') {
                return false;
            }
        }
        if (told && looks_secret(c, word, 6)) {
            hit->start = start;
            hit->end = start + word.len;
            return true;
        }
        told = slice_is(word, "is") || slice_is(word, "to") || slice_is(word, "its") ||
               slice_is(word, "it's") ||
               (told && (slice_is(word, "now") || slice_is(word, "just")));
        i = start + word.len;
    }
    return false;
}

// "log in as cover1 / Cover1234", "mine's hdoyle/Fr1dayFeeling": two pieces with a stroke,
// "and" or a word for password between them, the second a secret.
static bool check_pair(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    struct slice user = piece_at(c, hit->end);
    const char *stroke = user.len ? memchr(user.ptr, '/', user.len) : NULL;
    if (user.len < 3 || memchr(user.ptr, ':', user.len)) {
        return false;
    }
    size_t start = offset_of(c, user), end = start + user.len;
    struct slice secret;
    if (stroke) {
        size_t at = (size_t)(stroke - t) + 1;
        secret = slice_make(t + at, end - at);
        if (secret.len == 0) {
            secret = piece_at(c, end);
        }
    } else {
        while (end < c->norm->len && strchr(" ,", t[end]) && t[end]) {
            end++;
        }
        if (end >= c->norm->len || t[end] != '/') {
            return false;
        }
        secret = piece_at(c, end + 1);
    }
    if (!looks_secret(c, secret, 5)) {
        return false;
    }
    hit->start = start;
    hit->end = offset_of(c, secret) + secret.len;
    return true;
}

// "jules.w@post.example / Tottenham61": the hit is around the stroke.
static bool check_mail_pair(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t start = hit->start;
    while (start > 0 && hit->start - start < PIECE_MOST && !is_end(t[start - 1])) {
        start--;
    }
    struct slice secret = piece_at(c, hit->end - 1);
    hit->start = start;
    hit->end = offset_of(c, secret) + secret.len;
    return looks_secret(c, secret, 5);
}

// The code of a door or a box some words behind it: digits, letters of a keypad beside
// them, or digits in words.
static bool check_place(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t stop =
        hit->end + WAY_MOST < c->norm->len ? hit->end + WAY_MOST : c->norm->len;
    for (size_t i = hit->end; i < stop; i++) {
        if (t[i] == '\n' || t[i] == '?' || t[i] == '!' || t[i] == ';' ||
            (t[i] == '.' && i + 1 < stop && t[i + 1] == ' ')) {
            return false;
        }
        if (!edge_before(c, i) || !is_alnum(t[i])) {
            continue;
        }
        size_t at = i;
        while (at < i + 2 && is_alpha(t[at]) && is_capital(c, at)) {
            at++;
        }
        if (at > i && !is_digit(t[at])) {
            at = i;
        }
        struct digits d;
        digits_read(c, at, DIGITS_SPOKEN, CODE_MOST + 1, &d);
        size_t n = 0;
        while (n < d.count && (n == 0 || d.gap[n] == 0 ||
                               (d.gap[n] <= 2 && strchr(" -,", d.mark[n])))) {
            n++;
        }
        if (n < CODE_LEAST) {
            if (n && is_digit(t[at])) {
                return false; // another number stands first
            }
            continue;
        }
        size_t end = d.end[n - 1];
        while (end < c->norm->len && end - d.end[n - 1] < 2 && is_alpha(t[end]) &&
               is_capital(c, end)) {
            end++;
        }
        bool clock =
            n == 4 && digits_close(&d, 0, 4) && d.value[2] < '6' &&
            cue_before(c, i, "at|by|until|till|from|after|before|about|for", 8);
        hit->start = i;
        hit->end = end;
        return n <= CODE_MOST && edge_after(c, end) && !clock &&
               (end >= c->norm->len || !strchr("%:/", t[end])) &&
               !cue_after(c, end,
                          "people|pupils|pages|marks|points|minutes|mins|times|words|"
                          "pm|am|students|characters|digits|letters|off|kids|model|"
                          "version|children|quid|pounds|metres|years|seconds|days",
                          12);
    }
    return false;
}

static bool check_digits(const struct detect_context *c, struct detect_hit *hit)
{
    while (hit->start < hit->end && !is_digit(c->norm->text[hit->start])) {
        hit->start++;
    }
    return edge_after(c, hit->end) && !cue_after(c, hit->end, "model|version", 10);
}

// Ten words ahead at most: a piece with letters and digits that is no time and no word.
static bool check_meeting(const struct detect_context *c, struct detect_hit *hit)
{
    size_t i = hit->end;
    for (int n = 0; n < 4; n++) {
        struct slice word = piece_at(c, i);
        if (word.len == 0 || memchr(word.ptr, '/', word.len) ||
            memchr(word.ptr, '.', word.len)) {
            return false;
        }
        size_t digits = 0, letters = 0;
        for (size_t k = 0; k < word.len; k++) {
            digits += is_digit(word.ptr[k]);
            letters += is_alpha(word.ptr[k]);
        }
        if (word.len >= 6 && digits > 0 && letters > 1 && digits + letters < 30) {
            hit->start = offset_of(c, word);
            hit->end = hit->start + word.len;
            return true;
        }
        i = offset_of(c, word) + word.len;
    }
    return false;
}

// "jpaterson / Marigold7" behind a colon or a word for a login.
static bool check_stroke(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t start = hit->start + 1;
    while (start > 0 && hit->start - start + 1 < PIECE_MOST && !is_end(t[start - 1])) {
        start--;
    }
    struct slice secret = piece_at(c, hit->end - 1);
    bool told = (start > 1 && t[start - 2] == ':') ||
                cue_before(c, start,
                           "login|log in|use|user|password|account|netflix|sky|disney|"
                           "details|sign in|try|mine|as|wifi",
                           32);
    hit->start = start;
    hit->end = offset_of(c, secret) + secret.len;
    return told && looks_secret(c, secret, 5) && !is_digit(secret.ptr[0]);
}

static bool check_keys(const struct detect_context *c, struct detect_hit *hit)
{
    return cue_before(c, hit->start, "door|gate|code|alarm|keypad|lock|safe|press",
                      REACH);
}

// "side gate 4590": four digits that are no year, time or amount.
static bool check_four(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    hit->start = hit->end - 4;
    bool year =
        memcmp(t + hit->start, "19", 2) == 0 || memcmp(t + hit->start, "20", 2) == 0;
    while (hit->end < c->norm->len && (t[hit->end] == '#' || t[hit->end] == '*')) {
        hit->end++;
    }
    return !year && edge_after(c, hit->end) &&
           (hit->end >= c->norm->len || !strchr(".:/%", t[hit->end]) ||
            hit->end + 1 >= c->norm->len || t[hit->end + 1] == ' ') &&
           !cue_after(c, hit->end, "people|pupils|metres|kids|times|quid|pounds|hours",
                      12);
}

static bool check_keypad(const struct detect_context *c, struct detect_hit *hit)
{
    return is_capital(c, hit->start) && is_capital(c, hit->end - 1) &&
           edge_before(c, hit->start);
}

// "pickle2012 is jade's google password".
static bool check_behind(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t end = hit->start + 1, start = end;
    while (start > 0 && end - start < PIECE_MOST && !is_end(t[start - 1])) {
        start--;
    }
    struct slice word = slice_make(t + start, end - start);
    hit->start = start;
    hit->end = end;
    return looks_secret(c, word, 6) && !is_digit(t[start]) &&
           !memchr(word.ptr, '/', word.len);
}

static bool check_token(const struct detect_context *c, struct detect_hit *hit)
{
    struct slice rest = piece_at(c, hit->start);
    hit->end = offset_of(c, rest) + rest.len;
    return edge_before(c, hit->start);
}

const struct detector access_detectors[] = {
    {.name = "key of a network",
     .regex = "\\b(?:wi-?fi|wlan|hotspot|network|broadband|router)\\b",
     .class = "pii.secret",
     .check = check_network,
     .cues = "wifi wlan hotspot broadband"},
    {.name = "login and password",
     .regex =
         "\\b(?:log ?in|sign ?in|logon|log on|logs in|creds|credentials|logins?|"
         "account|mine's|mine is|details)(?: details)?[ :]{1,2}(?:(?:as|is|are|with|"
         "on|to|here|use)[ :]{1,2}){0,2}",
     .class = "pii.secret",
     .check = check_pair},
    {.name = "name and password",
     .regex = "[a-z0-9] / [a-z0-9]",
     .class = "pii.secret",
     .check = check_stroke},
    {.name = "code of a meeting",
     .regex = "\\b(?:zoom|teams|meet|meeting|classroom|join|lobby|call|webinar)(?:'s)? "
              "(?:code|link|room|pw|passcode|id)\\b",
     .class = "pii.secret",
     .check = check_meeting},
    {.name = "code key by key",
     .regex = "\\b[a-z0-9] then [0-9] then [0-9](?: then [a-z0-9]\\b){0,2}",
     .class = "pii.code",
     .check = check_keys},
    {.name = "door and its code",
     .regex =
         "\\b(?:gate|door|bike store|bike shed|staff entrance)(?: code| is| pin|:|'s)? "
         "[0-9]{4}",
     .class = "pii.code",
     .check = check_four},
    {.name = "e-mail address and password",
     .regex = "@[a-z0-9.\\-]{4,40} ?[/|] ?[a-z0-9]",
     .class = "pii.secret",
     .check = check_mail_pair},
    {.name = "code of a place or a thing",
     .regex = "\\b(?:door|gate|alarm|key ?safe|keypad|padlock|key ?box|lock ?box|"
              "combination lock|entry ?phone|bike lock)(?:'?s)? (?:(?:code|pin|number|"
              "combination|combo) )?(?:[a-z0-9 ]{0,24} )?(?:is|to|are|code|with|press|"
              "enter|type)\\b",
     .class = "pii.code",
     .check = check_place,
     .cues = "zero oh nought double triple seven eight nine"},
    {.name = "box with a code behind it",
     .regex = "\\b(?:key ?safe|padlock|key ?box|lock ?box|burglar alarm|combination|"
              "key cabinet|key press|bike lock)\\b",
     .class = "pii.code",
     .check = check_place},
    {.name = "code for a place",
     .regex =
         "\\b(?:code|pin|combo|combination) (?:for|to|on|of|into) (?:the |our |my |"
         "his |her |their )?(?:[a-z0-9]{2,12} ){0,3}(?:door|gate|alarm|lock|locker|"
         "safe|shed|building|entrance|office|staffroom|keypad|padlock|printer|"
         "photocopier|"
         "copier|store|cupboard|gym|hut|phone|ipad|tablet|laptop|room|block|lift)"
         "\\b",
     .class = "pii.code",
     .check = check_place,
     .cues = "zero oh nought double triple seven eight nine"},
    {.name = "code of a second factor",
     .regex = "\\b(?:two factor|2 ?factor|2fa|otp|one.time code|verification code|"
              "authenticator|login code|log in code|reset code|recovery code)\\b",
     .class = "pii.code",
     .check = check_place},
    {.name = "phone's code",
     .regex = "\\b(?:phone|ipad|tablet|laptop|mobile)(?:'?s)? (?:pin|passcode|unlock|"
              "lock) ?(?:code|pin|number)?\\b",
     .class = "pii.code",
     .check = check_place},
    {.name = "what a thing opens with",
     .regex =
         "\\b(?:phone|ipad|tablet|laptop|mobile|chromebook|computer|pc|locker|safe|"
         "gate|door|shed|case|cupboard|bike)(?:'?s)? (?:unlocks?|opens?|is "
         "unlocked|is locked|can be opened)(?: (?:with|by|on|using))?\\b",
     .class = "pii.code",
     .check = check_place},
    {.name = "what a phone is unlocked with",
     .regex = "\\b(?:my|his|her) phone'?s [0-9]{4}",
     .class = "pii.code",
     .check = check_digits},
    {.name = "code of a keypad",
     .regex = "\\bc[0-9]{4}[xyz]\\b",
     .class = "pii.code",
     .check = check_keypad},
    {.name = "password before the word for it",
     .regex =
         "[a-z0-9!@#$] (?:is|was) (?:[a-z']{2,15} ){1,3}(?:password|passwords|pw|pin|"
         "passcode|login)\\b|[a-z0-9!@#$] is what [a-z']{2,12} (?:always "
         ")?uses|[a-z0-9!@#$] (?:for|as) (?:everything|all her|all his|"
         "all my|every site|every account|her password|his password)\\b",
     .class = "pii.secret",
     .check = check_behind},
    {.name = "recovery key",
     .regex = "\\b[0-9]{6}(?:-[0-9]{6}){2}|\\bzoom\\.us/j/[0-9]{6,12}\\?pwd=",
     .class = "pii.secret",
     .check = check_token},
    {0}};
