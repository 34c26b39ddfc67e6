// SPDX-License-Identifier: MIT
#include "rules/engine/fold.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include "bot/base/utf8.h"

enum { SLOTS = 4096, SHORT = 24 };

struct fold_table {
    const UNormalizer2 *casefold; // ICU's own, never closed
    const UNormalizer2 *decompose;
    USpoofChecker *spoof;
    struct fold slots[SLOTS]; // direct mapped; cp 0 is an empty slot
};

enum fault fold_table_create(struct fold_table **out, struct why *why)
{
    UErrorCode status = U_ZERO_ERROR;
    struct fold_table *t = calloc(1, sizeof(*t));
    if (!t) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the folding table");
    }
    t->casefold = unorm2_getNFKCCasefoldInstance(&status);
    t->decompose = unorm2_getNFKDInstance(&status);
    t->spoof = uspoof_open(&status);
    if (U_FAILURE(status)) {
        enum fault f = fault_say(why, FAULT_ABSENT, "ICU: %s", u_errorName(status));
        fold_table_destroy(t);
        return f;
    }
    *out = t;
    return FAULT_NONE;
}

void fold_table_destroy(struct fold_table *t)
{
    if (t) {
        uspoof_close(t->spoof);
        free(t);
    }
}

static bool is_emoji(uint32_t cp)
{
    return (cp >= 0x1F000 && u_hasBinaryProperty((UChar32)cp, UCHAR_EMOJI)) ||
           u_hasBinaryProperty((UChar32)cp, UCHAR_EMOJI_PRESENTATION) ||
           (cp >= 0x2190 && u_hasBinaryProperty((UChar32)cp, UCHAR_EMOJI));
}

// Letters in circles and squares that compatibility folding leaves alone.
static char enclosed_letter(uint32_t cp)
{
    static const struct {
        uint32_t first;
        char from;
    } ranges[] = {{0x1F130, 'a'}, {0x1F150, 'a'}, {0x1F170, 'a'}, {0x1F1E6, 'a'}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (cp >= ranges[i].first && cp < ranges[i].first + 26) {
            return (char)(ranges[i].from + (char)(cp - ranges[i].first));
        }
    }
    return '\0';
}

static void set(struct fold *f, enum fold_kind kind, const char *bytes, size_t len)
{
    f->kind = (uint8_t)kind;
    f->len = (uint8_t)(len > FOLD_BYTES ? FOLD_BYTES : len);
    memcpy(f->bytes, bytes, f->len);
}

// Punctuation that has a plain twin.
static bool fold_mark(struct fold *f, uint32_t cp)
{
    static const struct {
        uint32_t cp;
        char twin[4];
    } twins[] = {{0x2018, "'"},   {0x2019, "'"},  {0x201B, "'"},  {0x2032, "'"},
                 {0x02BC, "'"},   {0x00B4, "'"},  {0x201C, "\""}, {0x201D, "\""},
                 {0x201E, "\""},  {0x00AB, "\""}, {0x00BB, "\""}, {0x2033, "\""},
                 {0x2026, "..."}, {0x2022, "*"},  {0x00B7, "."},  {0x2024, "."},
                 {0x00BF, "?"},   {0x00A1, "!"},  {0x3002, "."},  {0x2044, "/"},
                 {0x2260, "/="}};
    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        if (twins[i].cp == cp) {
            set(f, FOLD_MARK, twins[i].twin, strlen(twins[i].twin));
            return true;
        }
    }
    if (u_charType((UChar32)cp) == U_DASH_PUNCTUATION) {
        set(f, FOLD_MARK, "-", 1);
        return true;
    }
    return false;
}

// Lower-case ASCII of a UTF-16 string into out; 0 when something else is in it.
static size_t to_ascii(const UChar *from, int32_t len, char out[FOLD_BYTES])
{
    size_t n = 0;
    for (int32_t i = 0; i < len; i++) {
        UChar u = from[i];
        if (u >= 0x80 || u < 0x20 || n == FOLD_BYTES) {
            return 0;
        }
        out[n++] = (char)(u >= 'A' && u <= 'Z' ? u + 32 : u);
    }
    return n;
}

static int32_t drop_marks(UChar *s, int32_t len)
{
    int32_t out = 0;
    for (int32_t i = 0; i < len; i++) {
        // Marks of folded text all lie in the basic plane.
        int8_t type = u_charType(s[i]);
        if (type != U_NON_SPACING_MARK && type != U_ENCLOSING_MARK) {
            s[out++] = s[i];
        }
    }
    return out;
}

static void fold_letters(struct fold_table *t, struct fold *f, uint32_t cp)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar one[2], cased[SHORT], apart[SHORT], bones[SHORT];
    int32_t n = 0;
    U16_APPEND_UNSAFE(one, n, cp);
    int32_t len = unorm2_normalize(t->casefold, one, n, cased, SHORT, &status);
    int32_t apart_len =
        unorm2_normalize(t->decompose, cased, len, apart, SHORT, &status);
    if (U_FAILURE(status)) {
        set(f, FOLD_DROP, "", 0);
        return;
    }
    apart_len = drop_marks(apart, apart_len);
    if (apart_len == 0) {
        set(f, FOLD_DROP, "", 0);
        return;
    }
    char ascii[FOLD_BYTES];
    size_t ascii_len = to_ascii(apart, apart_len, ascii);
    if (ascii_len) {
        bool letters = u_isalnum(apart[0]) != 0;
        set(f, letters ? FOLD_LETTER : FOLD_MARK, ascii, ascii_len);
        return;
    }
    int32_t bone_len =
        uspoof_getSkeleton(t->spoof, 0, cased, len, bones, SHORT, &status);
    ascii_len =
        U_SUCCESS(status) ? to_ascii(bones, drop_marks(bones, bone_len), ascii) : 0;
    if (ascii_len && u_isalnum((UChar32)cp)) {
        set(f, FOLD_ALIKE, ascii, ascii_len);
        return;
    }
    char utf8[SHORT * 3];
    int32_t utf8_len = 0;
    status = U_ZERO_ERROR;
    u_strToUTF8(utf8, (int32_t)sizeof(utf8), &utf8_len, apart, apart_len, &status);
    if (U_FAILURE(status) || utf8_len > FOLD_BYTES) {
        char raw[4];
        set(f, FOLD_LETTER, raw, utf8_encode(cp, raw));
        return;
    }
    set(f, u_isalnum((UChar32)cp) ? FOLD_LETTER : FOLD_MARK, utf8, (size_t)utf8_len);
}

static void fold_compute(struct fold_table *t, struct fold *f, uint32_t cp)
{
    int8_t type = u_charType((UChar32)cp);
    char letter = enclosed_letter(cp);
    int32_t digit = u_charDigitValue((UChar32)cp);
    // Light skin says nothing; dark skin is how some name whom they mean.
    if (cp == 0x1F3FE || cp == 0x1F3FF) {
        char raw[4];
        set(f, FOLD_EMOJI, raw, utf8_encode(0x1F3FF, raw));
    } else if (u_hasBinaryProperty((UChar32)cp, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
               type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK ||
               type == U_CONTROL_CHAR || type == U_FORMAT_CHAR || type == U_SURROGATE ||
               (cp >= 0x1F3FB && cp <= 0x1F3FD)) {
        set(f, FOLD_DROP, "", 0);
    } else if (u_isUWhiteSpace((UChar32)cp)) {
        set(f, FOLD_SPACE, cp == 0x2028 || cp == 0x2029 ? "\n" : " ", 1);
    } else if (letter) {
        set(f, FOLD_ALIKE, &letter, 1);
    } else if (digit >= 0 && digit <= 9) {
        char as_text = (char)('0' + digit);
        set(f, FOLD_LETTER, &as_text, 1);
    } else if (is_emoji(cp)) {
        char raw[4];
        set(f, FOLD_EMOJI, raw, utf8_encode(cp, raw));
    } else if (!fold_mark(f, cp)) {
        fold_letters(t, f, cp);
    }
}

const struct fold *fold_find(struct fold_table *t, uint32_t cp)
{
    struct fold *f = &t->slots[(cp * 2654435761u) >> 20];
    if (f->cp != cp) {
        f->cp = cp;
        fold_compute(t, f, cp);
    }
    return f;
}
