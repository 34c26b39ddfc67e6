// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector credential_detectors[];

enum { SECRET_MOST = 80, SKIPS_MOST = 7, CODE_LEAST = 3, CODE_MOST = 12 };

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

// "password is Mango1979"; one plain word too where nothing stands behind it.
static bool check_password(const struct detect_context *c, struct detect_hit *hit)
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
        if (looks_secret(c, word, said)) {
            hit->start = i;
            hit->end = end;
            return true;
        }
        if (is_one_of(word, not_secret)) {
            return false;
        }
        if (!is_one_of(word, linking)) {
            bool last =
                end >= c->norm->len || t[end] == '\n' || t[end] == ',' ||
                (t[end] == '.' && (end + 1 >= c->norm->len || t[end + 1] == ' '));
            hit->start = i;
            hit->end = end;
            return said && last && word.len >= 5 && is_alpha(word.ptr[0]);
        }
        said = said || (slice_is(word, "is") && skip == 0);
        i = end;
    }
    return false;
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
        hit->end = end;
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
         "\\b(?:password|passwrd|passwd|passw0rd|p@ssword|passphrase|passcode|pw|pwd|"
         "pass|passwort)\\b",
     .class = "pii.secret",
     .check = check_password,
     .cues = "password passwrd passwd passphrase passcode pw pwd pass passwort"},
    {.name = "PIN or code",
     .regex =
         "\\b(?:pins?|(?:door|gate|alarm|entry|access|keypad|key ?safe|lock|locker|"
         "staff ?room|security|recovery|backup|verification|login|entrance|building|"
         "shed|office|photocopier|printer|copier|unlock|2fa|otp|authenticator|safe|"
         "padlock|phone|ipad|laptop)(?:'?s)? ?(?:code|pin|combination|combo)|"
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
     .regex = "\\b(?:[spr]k_(?:live|test)_[a-z0-9]{8}|gh[pousr]_[a-z0-9]{12}|"
              "github_pat_[a-z0-9]{8}|akia[a-z0-9]{12}|xox[abprs]-[a-z0-9]{6}|"
              "aiza[a-z0-9_\\-]{20}|glpat-[a-z0-9_\\-]{12}|sk-[a-z0-9\\-]{16}|"
              "eyj[a-z0-9_\\-]{10,20}\\.eyj)",
     .class = "pii.secret",
     .check = check_token},
    {.name = "network key or meeting code",
     .regex = "\\b(?:(?:wifi|wi-fi|network|security|api|wpa2?|access|secret|licence|"
              "license|product|router) ?(?:key|code|token)|key:|passkey|meeting id|"
              "meeting code|zoom (?:id|code)|join code|class code)[: =]",
     .class = "pii.secret",
     .check = check_next,
     .cues = "key code token passkey meeting zoom " KEYS("wifi") KEYS("fi")
         KEYS("network") KEYS("security") KEYS("api") KEYS("wpa") KEYS("access") KEYS(
             "secret") KEYS("licence") KEYS("license") KEYS("product") KEYS("router")},
    {0}};
