// SPDX-License-Identifier: MIT
//
// Links that pretend: a brand's name misspelt or with something hung on it
// ("faceb00k-secure", "steamcomunnity"), a host made of lures, a shortener, a bare number.
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector lookalike_detectors[];

enum { HOST_MOST = 120, PART_MOST = 40, PARTS_MOST = 12, BRAND_LEAST = 5 };

// Whose names are borrowed to get at children's and parents' accounts and money.
static const char brands[] =
    "paypal|netflix|amazon|facebook|instagram|snapchat|tiktok|roblox|steamcommunity|"
    "steam|discord|nitro|google|gmail|microsoft|office365|outlook|apple|icloud|hmrc|"
    "royalmail|evri|hermes|barclays|lloyds|natwest|santander|hsbc|monzo|halifax|"
    "nationwide|parentpay|parentmail|classcharts|satchel|ticketmaster|argos|tesco|asda|"
    "sainsburys|aldi|lidl|spotify|playstation|xbox|fortnite|epicgames|minecraft|"
    "whatsapp|ebay|vinted|dvla|tvlicensing|studentfinance|ucas|revolut|coinbase|"
    "binance|"
    "metamask|youtube|twitch|disney|primark|nike|vbucks|robux|costco|morrisons|boots|"
    "deliveroo|justeat|ubereats|teams|zoom|govuk|nhs|dpd|ups|fedex|dhl";

static const char own_endings[] = "|com|co.uk|org|net|gov.uk|nhs.uk|org.uk|tv|gg|io|me|"
                                  "uk|ac.uk|sch.uk|be|us|de|fr|ie|";

static const char own_hosts[] =
    "|microsoftonline|steampowered|googlemail|googleusercontent|googleapis|amazonaws|"
    "teamsnap|teamseer|zoominfo|bootstrap|upside|nhsbt|applesauce|outlookindia|"
    "discordapp|minecraftforum|steamdb|ticketmasteruk|youtubekids|nikeid|";

static const char lures[] =
    "secure|security|login|log|signin|verify|verification|account|accounts|update|"
    "claim|"
    "gift|gifts|giftcard|free|prize|prizes|reward|rewards|refund|refunds|rebate|bonus|"
    "win|winner|billing|wallet|unlock|confirm|delivery|redelivery|parcel|support|help|"
    "giveaway|giveaways|boost|boosts|drop|drops|promo|offer|offers|cash|bank|pay|"
    "payment|reset|alert|service|services|customs|fee|tax|crypto|airdrop|skins|"
    "generator";

static const char shorteners[] =
    "|bit.ly|tinyurl.com|t.co|is.gd|cutt.ly|rb.gy|shorturl.at|ow.ly|goo.gl|buff.ly|"
    "adf.ly|tiny.cc|bl.ink|s.id|v.gd|clck.ru|shorte.st|rebrand.ly|qr.ae|lnk.to|t.ly|"
    "linktr.ee|";

static bool listed(const char *list, struct slice word)
{
    char wrapped[HOST_MOST + 3];
    if (word.len == 0 || word.len > HOST_MOST) {
        return false;
    }
    wrapped[0] = '|';
    memcpy(wrapped + 1, word.ptr, word.len);
    wrapped[word.len + 1] = '|';
    wrapped[word.len + 2] = 0;
    return strstr(list, wrapped) != NULL;
}

static bool is_lure(struct slice word)
{
    struct slice rest = slice_of(lures);
    while (rest.len) {
        if (slice_equal(slice_cut(rest, '|', &rest), word)) {
            return true;
        }
    }
    return false;
}

// Digits and pairs that are read as letters; *changed says that there were some.
static size_t undo(struct slice part, char out[PART_MOST], bool *changed)
{
    static const char digits[] = "oizeasgtbg"; // 0..9
    size_t n = 0;
    for (size_t i = 0; i < part.len && n < PART_MOST; i++) {
        char ch = part.ptr[i];
        if (ch >= '0' && ch <= '9' && part.len > 2) {
            *changed = true;
            ch = digits[ch - '0'];
        }
        if (ch == 'v' && i + 1 < part.len && part.ptr[i + 1] == 'v') {
            *changed = true;
            ch = 'w';
            i++;
        }
        out[n++] = ch;
    }
    return n;
}

// At most one letter more, less or other, or two changed places; 1 and l, i alike.
static bool one_off(const char *a, size_t n, struct slice b)
{
    size_t i = 0, back = 0;
    size_t least = n < b.len ? n : b.len;
    while (i < least && (a[i] == b.ptr[i] || (a[i] == 'i' && b.ptr[i] == 'l'))) {
        i++;
    }
    if (i == n && i == b.len) {
        return true;
    }
    while (back < least - i && a[n - 1 - back] == b.ptr[b.len - 1 - back]) {
        back++;
    }
    size_t left_a = n - i - back, left_b = b.len - i - back;
    bool swapped =
        left_a == 2 && left_b == 2 && a[i] == b.ptr[i + 1] && a[i + 1] == b.ptr[i];
    return (left_a <= 1 && left_b <= 1) || swapped;
}

// Each letter once: "steamcomunnity" and "steamcommunity" become the same.
static size_t single(const char *word, size_t len, char out[PART_MOST])
{
    size_t n = 0;
    for (size_t i = 0; i < len && n < PART_MOST; i++) {
        if (i == 0 || word[i] != word[i - 1]) {
            out[n++] = word[i];
        }
    }
    return n;
}

enum likeness { LIKE_NONE, LIKE_SAME, LIKE_ALMOST };

static enum likeness brand_of(struct slice part)
{
    char plain[PART_MOST], once[PART_MOST], brand_once[PART_MOST];
    bool changed = false;
    size_t n = undo(part, plain, &changed), n_once = single(plain, n, once);
    struct slice rest = slice_of(brands);
    enum likeness best = LIKE_NONE;
    while (rest.len) {
        struct slice brand = slice_cut(rest, '|', &rest);
        if (n == brand.len && memcmp(plain, brand.ptr, n) == 0) {
            return changed ? LIKE_ALMOST : LIKE_SAME;
        }
        if (brand.len > BRAND_LEAST && n + 1 >= brand.len && n <= brand.len + 1 &&
            one_off(plain, n, brand)) {
            best = LIKE_ALMOST;
        }
        if (brand.len > BRAND_LEAST &&
            single(brand.ptr, brand.len, brand_once) == n_once &&
            memcmp(once, brand_once, n_once) == 0) {
            best = LIKE_ALMOST;
        }
        // "paypalsecure", "amazonprizes": the brand and a lure without a hyphen.
        if (brand.len > BRAND_LEAST && n > brand.len + 2 &&
            memcmp(plain, brand.ptr, brand.len) == 0 &&
            is_lure(slice_make(plain + brand.len, n - brand.len))) {
            best = LIKE_ALMOST;
        }
    }
    return best;
}

// The host that begins at `start`: its end, or `start` where none is.
static size_t host_end(const struct detect_context *c, size_t start)
{
    const char *t = c->norm->text;
    size_t i = start, dots = 0;
    while (i < c->norm->len && i - start < HOST_MOST &&
           (is_alpha(t[i]) || is_digit(t[i]) || t[i] == '-' ||
            (t[i] == '.' && i + 1 < c->norm->len &&
             (is_alpha(t[i + 1]) || is_digit(t[i + 1]))))) {
        dots += t[i] == '.';
        i++;
    }
    return dots ? i : start;
}

static bool check_host(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t start = hit->start;
    if (start > 0 &&
        (t[start - 1] == '@' || t[start - 1] == '-' || t[start - 1] == '_')) {
        return false;
    }
    size_t end = host_end(c, start);
    struct slice host = slice_make(t + start, end - start);
    if (host.len == 0 || (end < c->norm->len && t[end] == '@') ||
        is_public_text(c, host)) {
        return false;
    }
    hit->end = end;
    // The name is what stands before the ending: one label, or two of "co.uk".
    struct slice parts[PARTS_MOST];
    size_t count = 0, first_of_ending = 0, foreign = 0;
    for (size_t i = start, from = start; i <= end && count < PARTS_MOST; i++) {
        foreign += i < end && original_at(c, i) == 0;
        if (i == end || t[i] == '.' || t[i] == '-') {
            parts[count++] = slice_make(t + from, i - from);
            from = i + 1;
            if (i < end && t[i] == '.' && first_of_ending == 0) {
                first_of_ending = i + 1;
            }
        }
    }
    size_t lured = 0, same = 0, almost = 0, labels = count > 1 ? count - 1 : count;
    for (size_t i = 0; i < labels; i++) {
        char plain[PART_MOST];
        bool changed = false;
        size_t n = undo(parts[i], plain, &changed);
        lured += is_lure(parts[i]) || is_lure(slice_make(plain, n));
        if (!listed(own_hosts, parts[i])) {
            enum likeness like = brand_of(parts[i]);
            same += like == LIKE_SAME;
            almost += like == LIKE_ALMOST;
        }
    }
    size_t last_dot = end;
    while (last_dot > start && t[last_dot - 1] != '.') {
        last_dot--;
    }
    size_t name = last_dot - 1;
    while (name > start && t[name - 1] != '.') {
        name--;
    }
    if (slice_is(slice_make(t + name, last_dot - 1 - name), "co") ||
        slice_is(slice_make(t + name, last_dot - 1 - name), "org") ||
        slice_is(slice_make(t + name, last_dot - 1 - name), "gov") ||
        slice_is(slice_make(t + name, last_dot - 1 - name), "nhs")) {
        last_dot = name;
        name = last_dot ? last_dot - 1 : 0;
        while (name > start && t[name - 1] != '.') {
            name--;
        }
    }
    struct slice own = slice_make(t + name, last_dot > name ? last_dot - 1 - name : 0);
    bool hyphen = memchr(own.ptr, '-', own.len) != NULL;
    bool official = !hyphen && brand_of(own) == LIKE_SAME && !foreign &&
                    listed(own_endings, slice_make(t + last_dot, end - last_dot));
    bool puny = slice_starts_with(own, slice_of("xn--"));
    return !official && (almost > 0 || puny || (same > 0 && (hyphen || lured > 0)) ||
                         lured > 1 || (foreign > 0 && same > 0));
}

static bool check_short(const struct detect_context *c, struct detect_hit *hit)
{
    size_t end = host_end(c, hit->start);
    struct slice host = slice_make(c->norm->text + hit->start, end - hit->start);
    hit->end = end;
    return listed(shorteners, host) && end < c->norm->len && c->norm->text[end] == '/';
}

static bool check_number_host(const struct detect_context *c, struct detect_hit *hit)
{
    return hit->start == 0 || !is_alnum(c->norm->text[hit->start - 1]);
}

const struct detector lookalike_detectors[] = {
    {.name = "host that pretends or hides",
     .regex = "\\b[a-z0-9][a-z0-9\\-]{1,40}\\.[a-z]{2}",
     .class = "link.deceptive",
     .check = check_host},
    {.name = "shortened address",
     .regex = "\\b[a-z]{1,10}\\.(?:ly|com|co|gd|gy|at|gl|cc|ink|id|ru|st|ae|to|ee)/",
     .class = "link.short",
     .check = check_short},
    {.name = "premium number",
     .regex = "\\b0(?:9[0-9]{9}|8[47][0-9]{8,9}|80[08]) ?[0-9]{0,7}",
     .class = "bulk.premium"},
    {.name = "number that costs the caller",
     .regex = "\\b0(?:9[01][0-9]{8}|87[0-3][0-9]{7})",
     .class = "bulk.costly"},
    {.name = "word to a short code",
     .regex =
         "\\b(?:text|txt|send|reply|sms|msg|texting|donate)(?: [a-z0-9'\"]{1,12}){0,4} "
         "(?:2|to|on)(?: no:?)? ?[4-8][0-9]{4}\\b",
     .class = "bulk.shortcode"},
    {.name = "price of a bulk message",
     .regex =
         "[0-9] ?(?:p|ppm|p/min|p/msg|p per|gbp)(?: ?/? ?(?:min|msg|txt|rcvd|mt|per))|"
         "[0-9]{2,3}ppm|£ ?[0-9](?:\\.[0-9]{2})? ?(?:/|per|a|p/) "
         "?(?:wk|week|msg|min|txt|day|minute)",
     .class = "bulk.price"},
    {.name = "web address of a bare number",
     .regex = "https?://[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
     .class = "link.deceptive",
     .check = check_number_host},
    {0}};
