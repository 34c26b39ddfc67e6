// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector credential_detectors[];

enum {
    SECRET_MOST = 80,
    SKIPS_MOST = 7,
    CODE_LEAST = 3,
    CODE_MOST = 12,
    AHEAD_MOST = 8,
    USER_MOST = 40
};

static bool is_one_of(struct slice word, const char *words)
{
    struct slice rest = slice_of(words);
    while (rest.len) {
        if (slice_equal(slice_cut(rest, '|', &rest), word)) {
            return true;
        }
    }
    return false;
}

static struct slice next_word(const struct detect_context *c, size_t *i)
{
    const char *t = c->norm->text;
    while (*i < c->norm->len && t[*i] != 0 && strchr(" :=,(\"'\n\t>-", t[*i])) {
        (*i)++;
    }
    size_t end = *i;
    while (end < c->norm->len && end - *i < SECRET_MOST &&
           (unsigned char)t[end] > ' ' && !strchr(",\"", t[end])) {
        end++;
    }
    while (end > *i && strchr(".,;:)?'", t[end - 1])) {
        end--;
    }
    return slice_make(t + *i, end - *i);
}

// A word that carries a digit beside letters, a sign within, or (told that it is one)
// capitals where none belong.
static bool looks_secret(const struct detect_context *c, struct slice word, bool told)
{
    size_t at = (size_t)(word.ptr - c->norm->text);
    bool digit = false, sign = false, alpha = false, upper = false, lower = false;
    for (size_t i = 0; i < word.len; i++) {
        digit = digit || is_digit(word.ptr[i]);
        alpha = alpha || is_alpha(word.ptr[i]);
        sign = sign || (i + 1 < word.len && strchr("!@$#%^&*_+~", word.ptr[i]));
        upper = upper || (i > 0 && is_capital(c, at + i));
        lower = lower || (is_alpha(word.ptr[i]) && !is_capital(c, at + i));
    }
    return word.len >= 4 && ((digit && (alpha || sign || told)) || (sign && alpha) ||
                             (told && upper && lower));
}

static const char linking[] =
    "is|was|are|for|the|to|it|it's|its|a|my|your|our|his|her|their|that|this|now|"
    "still|just|new|login|wifi|wi-fi|netflix|school|account|called|set|be|=|:|and|of|"
    "on|in|zoom|meeting|room|laptop|computer|portal|site|changed|reset|as|will|user";

static const char not_secret[] =
    "wrong|not|required|expired|reset|changed|case|too|safe|correct|incorrect|invalid|"
    "weak|strong|secret|needed|again|please|manager|protected|policy|rules|broken|"
    "forgotten|lost|blocked|locked|different|same|shared|private|working|there|here|"
    "sent|what|something|easy|hard|only|never|already|going|out|up|like|written|used";

// "passcode 884213"
static bool is_pin(struct slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!is_digit(word.ptr[i])) {
            return false;
        }
    }
    return word.len >= 4 && word.len <= 12;
}

static bool has_digit(struct slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (is_digit(word.ptr[i])) {
            return true;
        }
    }
    return false;
}

// "user dmarsh77 pass ...", "ID 731 0042 1189, passcode ...": the name or the number that
// stands before the word for a password is given away too.
static size_t user_start(const struct detect_context *c, size_t cue, size_t secret)
{
    const char *t = c->norm->text;
    size_t best = secret, i = cue;
    for (int n = 0; n < SKIPS_MOST; n++) {
        while (i > 0 && cue - i < USER_MOST && strchr(" ,;/&(|:-", t[i - 1])) {
            i--;
        }
        size_t end = i;
        while (i > 0 && end - i < USER_MOST && (unsigned char)t[i - 1] > ' ' &&
               !strchr(",;(|", t[i - 1])) {
            i--;
        }
        struct slice word = slice_make(t + i, end - i);
        if (word.len == 0) {
            break;
        }
        bool named =
            word.len > 2 && (has_digit(word) || memchr(word.ptr, '_', word.len) ||
                             cue_before(c, i, "username|user|login", 10));
        if (named && !is_one_of(word, "username|user|login|name")) {
            best = i;
        } else if (best != secret ||
                   !is_one_of(word, "and|the|with|my|his|her|a|is|its")) {
            break;
        }
    }
    return best;
}

// A word that is nothing but a secret, some words on in the same sentence: "her password
// is literally her dog's name, pickle2012".
static bool secret_ahead(const struct detect_context *c, size_t i,
                         struct detect_hit *hit)
{
    const char *t = c->norm->text;
    for (int n = 0; n < AHEAD_MOST; n++) {
        size_t gap = i;
        struct slice word = next_word(c, &i);
        bool ended = word.len == 0 || memchr(t + gap, '\n', i - gap);
        if (ended || is_one_of(word, not_secret)) {
            return false;
        }
        size_t digits = 0, letters = 0;
        for (size_t k = 0; k < word.len; k++) {
            digits += is_digit(word.ptr[k]);
            letters += is_alpha(word.ptr[k]);
        }
        if (word.len >= 6 && digits > 0 && letters > 2 &&
            !memchr(word.ptr, '/', word.len) && !is_digit(word.ptr[0])) {
            hit->start = i;
            hit->end = i + word.len;
            return true;
        }
        i += word.len;
        if (i < c->norm->len && strchr(".?!", t[i]) && t[i]) {
            return false;
        }
    }
    return false;
}

// "password is Mango1979"; one plain word too where nothing stands behind it.
static bool check_secret(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end;
    bool said = false;
    for (int skip = 0; skip < SKIPS_MOST; skip++) {
        size_t gap = i;
        struct slice word = next_word(c, &i);
        for (; gap < i; gap++) {
            said = said || t[gap] == ':' || t[gap] == '=' || t[gap] == '"';
            if (t[gap] == '\n' && !said) {
                return false;
            }
        }
        if (word.len == 0) {
            return false;
        }
        size_t end = i + word.len;
        bool cut_word =
            slice_is(slice_make(t + hit->start, hit->end - hit->start), "pass");
        if (looks_secret(c, word, said) ||
            (skip == 0 && !cut_word && is_pin(word) &&
             !cue_after(c, end, "characters|letters|digits|times|people", 14))) {
            hit->start = i;
            hit->end = end;
            return true;
        }
        if (is_one_of(word, not_secret)) {
            return false;
        }
        if (!is_one_of(word, linking)) {
            bool user = user_start(c, hit->start, i) != i; // a login stands before it
            bool last =
                user || end >= c->norm->len || t[end] == '\n' || t[end] == ',' ||
                (t[end] == '.' && (end + 1 >= c->norm->len || t[end + 1] == ' '));
            if (!((said || user) && last && word.len >= (user ? 3 : 5) &&
                  is_alpha(word.ptr[0]))) {
                return !cut_word && secret_ahead(c, i, hit);
            }
            hit->start = i;
            hit->end = end;
            return true;
        }
        said = said || (slice_is(word, "is") && skip == 0);
        i = end;
    }
    return false;
}

static bool check_password(const struct detect_context *c, struct detect_hit *hit)
{
    size_t cue = hit->start;
    if (!check_secret(c, hit)) {
        return false;
    }
    size_t secret = hit->start, end = hit->end;
    hit->start = user_start(c, cue, secret);
    hit->end = end;
    return true;
}

// " then the star key" behind a code belongs to it.
static size_t keys_end(const struct detect_context *c, size_t end)
{
    static const char *const tails[] = {" then the star key", " then the hash key",
                                        " then star",         " then hash",
                                        " then the star",     " then the hash",
                                        " and the star key",  " and then star",
                                        " then the key",      " then turn"};
    size_t best = end;
    for (size_t k = 0; k < sizeof(tails) / sizeof(tails[0]); k++) {
        size_t n = strlen(tails[k]);
        if (end + n <= c->norm->len && memcmp(c->norm->text + end, tails[k], n) == 0 &&
            end + n > best) {
            best = end + n;
        }
    }
    return best;
}

// Three to eight digits, spaced or not, with # or * behind them, soon after the cue.
static bool check_code(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t stop = hit->end + 40 < c->norm->len ? hit->end + 40 : c->norm->len;
    for (size_t i = hit->end; i < stop; i++) {
        if (t[i] == '\n' || t[i] == '?' || t[i] == '!' ||
            (t[i] == '.' && i + 1 < stop && t[i + 1] == ' ')) {
            return false;
        }
        bool letter = t[i] == 'c' && edge_before(c, i) && is_digit(t[i + 1]);
        if ((!is_digit(t[i]) && !letter) || !edge_before(c, i)) {
            continue;
        }
        struct digits d;
        digits_read(c, i + letter, DIGITS_PLAIN, CODE_MOST, &d);
        size_t n = 0;
        while (n < d.count && d.gap[n] <= (n ? 1U : 0U) &&
               (!n || !d.mark[n] || strchr(" -", d.mark[n]))) {
            n++;
        }
        size_t end = n ? d.end[n - 1] : i;
        if (n >= CODE_LEAST && strchr("xyz", t[end]) && t[end]) { // C1957Y
            end++;
        }
        if (n < CODE_LEAST || n > 8 || (!edge_after(c, end)) || t[end] == '%' ||
            (t[end] == '/' || t[end] == ':') ||
            (i > 0 && (t[i - 1] == '/' || t[i - 1] == ':' || t[i - 1] == '.')) ||
            cue_after(c, end,
                      "people|pupils|pages|marks|points|minutes|times|words|pm|am|"
                      "students|robux|characters|digits|letters|off",
                      10)) {
            return false;
        }
        while (end < c->norm->len && (t[end] == '#' || t[end] == '*')) {
            end++;
        }
        hit->start = i;
        hit->end = keys_end(c, end);
        return true;
    }
    return false;
}

// "alarm's 4417": the digit that the expression ends in begins the code.
static bool check_bare(const struct detect_context *c, struct detect_hit *hit)
{
    hit->end--;
    return check_code(c, hit);
}

static bool check_token(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    while (hit->end < c->norm->len && hit->end - hit->start < 512 &&
           (is_alnum(t[hit->end]) || t[hit->end] == '_' || t[hit->end] == '-' ||
            t[hit->end] == '.')) {
        hit->end++;
    }
    return edge_before(c, hit->start);
}

// "key: welly-boot-7719", "code 4gT9xx": the next word itself.
static bool check_next(const struct detect_context *c, struct detect_hit *hit)
{
    size_t i = hit->end;
    struct slice word = next_word(c, &i);
    if (word.len > 0 && is_one_of(word, "is|for|was|id")) {
        i += word.len;
        word = next_word(c, &i);
    }
    hit->start = i;
    hit->end = i + word.len;
    return word.len >= 4 && looks_secret(c, word, true);
}

#define KEYS(of) of "key " of "code " of "token "

const struct detector credential_detectors[] = {
    {.name = "password",
     .regex =
         "\\b(?:passwords?|passwrd|passwd|passw0rd|p@ssword|passphrase|passcode|pw|pwd|"
         "pass|passwort)\\b",
     .class = "pii.secret",
     .check = check_password,
     .cues =
         "password passwords passwrd passwd passphrase passcode pw pwd pass passwort"},
    {.name = "PIN or code",
     .regex =
         "\\b(?:pins?|(?:door|gate|alarm|entry|access|keypad|key ?safe|lock|locker|"
         "staff ?room|security|recovery|backup|verification|login|entrance|building|"
         "shed|office|photocopier|printer|copier|unlock|2fa|otp|authenticator|safe|"
         "padlock|phone|ipad|laptop|garage|reprographics|cloakroom|boiler room|server "
         "room|stock cupboard|stockroom|music room|medical room|library|minibus|flat|"
         "house|lobby|car ?park|barrier|bin store|cottage|block|corridor|back|front|"
         "side|store|cupboard|changing room)(?:'?s)? ?(?:code|pin|combination|combo)|"
         "code (?:for|to|on) (?:the |our |my )?(?:side |back |front |main |school )?"
         "(?:door|gate|alarm|lock|locker|safe|shed|building|entrance|office|"
         "staffroom|keypad|padlock|printer|copier|store))\\b",
     .class = "pii.code",
     .check = check_code},
    {.name = "code of an alarm or a key safe",
     .regex = "\\b(?:alarm|key ?safe|keypad|padlock|key box)(?:'?s)?(?: is| set to|:)? "
              "[0-9]",
     .class = "pii.code",
     .check = check_bare},
    {.name = "key of a service",
     .regex = "\\b(?:[spr]k_(?:live|test)_[a-z0-9]{8}|gh[pousr]_[a-z0-9]{8}|"
              "github_pat_[a-z0-9]{8}|akia[a-z0-9]{12}|xox[abprs]-[a-z0-9]{6}|"
              "aiza[a-z0-9_\\-]{20}|glpat-[a-z0-9_\\-]{12}|sk-[a-z0-9\\-]{16}|"
              "eyj[a-z0-9_\\-]{10,20}\\.eyj)",
     .class = "pii.secret",
     .check = check_token},
    {.name = "network key or meeting code",
     .regex = "\\b(?:(?:wifi|wi-fi|network|security|api|wpa2?|access|secret|licence|"
              "license|router) ?(?:key|code|token)|product ?key|key:|passkey|"
              "meeting id|"
              "meeting code|zoom (?:id|code)|join code|class code)[: =]",
     .class = "pii.secret",
     .check = check_next,
     .cues = "key code token passkey meeting zoom " KEYS("wifi") KEYS("fi")
         KEYS("network") KEYS("security") KEYS("api") KEYS("wpa") KEYS("access") KEYS(
             "secret") KEYS("licence") KEYS("license") KEYS("product") KEYS("router")},
    {0}};
