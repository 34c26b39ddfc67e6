// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector handle_detectors[];

enum { HANDLE_LEAST = 3, HANDLE_MOST = 40, SKIPS_MOST = 5 };

static bool is_handle(char c)
{
    return is_alnum(c) || c == '_' || c == '.' || c == '-';
}

static const char fillers[] =
    "is|name|user|username|handle|id|account|at|acc|its|it's|tag|"
    "under|as|s|chat|add|now|called|goes|by|just|ign|literally|also|private|other|new";

static bool is_filler(struct slice word)
{
    struct slice rest = slice_of(fillers);
    while (rest.len) {
        if (slice_equal(slice_cut(rest, '|', &rest), word)) {
            return true;
        }
    }
    return false;
}

// Behind "my snap is": @name, or a word that no dictionary has: with a digit, an
// underscore, a dot inside, or #1234 behind it.
static bool check_handle(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end;
    bool colon = false;
    for (int skip = 0; skip < SKIPS_MOST; skip++) {
        while (i < c->norm->len && t[i] != 0 && strchr(" :=-,('\"", t[i])) {
            colon = colon || t[i] == ':' || t[i] == '=';
            i++;
        }
        bool at = i < c->norm->len && t[i] == '@';
        size_t start = i + at, end = start;
        while (end < c->norm->len && end - start < HANDLE_MOST && is_handle(t[end])) {
            end++;
        }
        size_t stop = end;
        while (stop > start && (t[stop - 1] == '.' || t[stop - 1] == '-')) {
            stop--;
        }
        struct slice word = slice_make(t + start, stop - start);
        if (!at && !colon && is_filler(word)) {
            i = end;
            continue;
        }
        bool digit = false, alpha = false, odd = false;
        for (size_t k = 0; k < word.len; k++) {
            digit = digit || is_digit(word.ptr[k]);
            alpha = alpha || is_alpha(word.ptr[k]);
            odd = odd || word.ptr[k] == '_' || (word.ptr[k] == '.' && k > 0);
            if (k > 0 && word.ptr[k] == '.' && word.ptr[k - 1] == '.') {
                return false; // "switch...cause": a pause
            }
        }
        bool tagged = t[stop] == '#' && is_digit(t[stop + 1]);
        if (tagged) {
            stop++;
            while (stop < c->norm->len && is_digit(t[stop])) {
                stop++;
            }
        }
        hit->start = i;
        hit->end = stop;
        return word.len >= HANDLE_LEAST && alpha &&
               (at || tagged || odd || (digit && !is_digit(word.ptr[0])) ||
                (colon && word.len > 4)) &&
               !is_public_text(c, slice_make(t + start, stop - start));
    }
    return false;
}

// "add kestrel_77 on roblox": the word before "on". Without an underscore in it only where
// something says that it is a name.
static bool check_before(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t end = hit->start + 1, start = end, letters = 0;
    bool digit = false, odd = false;
    while (start > 0 && end - start < HANDLE_MOST && is_handle(t[start - 1])) {
        start--;
        digit = digit || is_digit(t[start]);
        odd = odd || t[start] == '_';
        letters += is_alpha(t[start]);
    }
    hit->start = start;
    hit->end = end;
    return end - start > HANDLE_LEAST && letters >= HANDLE_LEAST &&
           !is_digit(t[start]) && edge_before(c, start) &&
           (odd || (digit && cue_before(c, start,
                                        "add|follow|find|dm|msg|message|im|i'm|by|"
                                        "called|user|its|it's|friend|search|is|name|"
                                        "snap|account|as",
                                        24))) &&
           !is_public_text(c, slice_make(t + start, end - start));
}

// "@dex_on_drums follow for follow": no mention of somebody here.
static bool check_asked(const struct detect_context *c, struct detect_hit *hit)
{
    static const char cues[] = "follow|followers|insta|tiktok|snap|ig|f4f|go like|add";
    const char *t = c->norm->text;
    while (hit->start < hit->end && t[hit->start] != '@') {
        hit->start++;
    }
    bool odd = false;
    for (size_t i = hit->start + 1;
         i < hit->end || (i < c->norm->len && is_handle(t[i])); i++) {
        hit->end = i + 1;
        odd = odd || is_digit(t[i]) || t[i] == '_';
    }
    while (hit->end > hit->start && t[hit->end - 1] == '.') {
        hit->end--;
    }
    return odd && hit->end - hit->start < HANDLE_MOST &&
           (cue_before(c, hit->start, cues, 24) || cue_after(c, hit->end, cues, 24)) &&
           !is_public_text(c,
                           slice_make(t + hit->start + 1, hit->end - hit->start - 1));
}

// "follow me @name"
static bool check_mark(const struct detect_context *c, struct detect_hit *hit)
{
    hit->end--;
    return check_handle(c, hit);
}

#define NETWORK                                                                        \
    "(?:snap|snapchat|insta|instagram|ig|tiktok|tik tok|discord|kik|telegram|twitter|" \
    "psn|xbox|gamertag|roblox|bereal|wickr|whatsapp|steam|youtube|facebook|fb|skype|"  \
    "teams|threads|x|sc|username|handle|disc|yubo|wizz|twitch|minecraft|epic|"         \
    "fortnite|switch|signal)"

const struct detector handle_detectors[] = {
    {.name = "account on a network",
     .regex =
         "\\b(?:my|his|her|their|hers|mine|on|add|the|ur|your|'s|new|s|[a-z]{3,12}s)"
         " " NETWORK
         "\\b|\\b(?:snap|insta|discord|disc|tiktok|kik|ig|gamer ?tag|psn|xbox|"
         "snapchat|instagram|telegram|roblox|minecraft|twitch|epic(?: "
         "games)?|riot|valorant|nintendo|yubo|wizz|steam|"
         "messenger|skype|viber|wechat|signal|"
         "bereal|username)(?: ?(?:user|username|name|tag|id|handle|acc|account))? "
         "?(?:is|as|me|:|=|@|-|name)",
     .class = "pii.handle",
     .check = check_handle,
     .cues = "_ : ="}, // without one, check_handle() takes no bare word
    {.name = "account behind the word for its name",
     .regex = "\\b" NETWORK " ?(?:user|username|name|tag|id|handle|gt|ign|acc|account)"
              " @?[a-z0-9_.]",
     .class = "pii.handle",
     .check = check_mark},
    {.name = "number of a player",
     .regex = "\\bsteam_[0-9]:[0-9]:[0-9]{4,12}\\b|\\bsw-[0-9]{4}-[0-9]{4}-[0-9]{4}\\b",
     .class = "pii.handle"},
    {.name = "account before its network",
     .regex = "[a-z0-9_.] on (?:snap|snapchat|insta|instagram|ig|tiktok|discord|disc|"
              "roblox|psn|xbox|steam|kik|telegram|twitch|epic|minecraft|fortnite|"
              "bereal|yubo|wizz|threads|twitter)\\b",
     .class = "pii.handle",
     .check = check_before,
     .cues = "_"},
    {.name = "account asked to be followed",
     .regex = "(?:^|[^a-z0-9@])@[a-z0-9_.]{4}",
     .class = "pii.handle",
     .check = check_asked},
    {.name = "account to add",
     .regex = "\\b(?:add|follow|dm|msg|message|find)(?: me| him| her| them)?(?: on)? @"
              "|\\b(?:snap|add|follow|dm)(?: me| him| her| them) [a-z0-9_.]",
     .class = "pii.handle",
     .check = check_mark},
    {0}};
