// SPDX-License-Identifier: MIT
//
// What leads to somebody's machine, purse or door: addresses of computers, wallets,
// places on the map.
#include <string.h>

#include "rules/detect/checksum_abroad.h"
#include "rules/detect/reading.h"

extern const struct detector device_detectors[];

enum { WALLET_MOST = 110, PAIRS = 6 };

static const char release_cues[] =
    "version|v|ver|update|updated|patch|release|firmware|build|driver|ios|android|"
    "windows|mac os|section|clause|chapter|paragraph|figure|fig|table|dns|mask|rev|"
    "installed|node|python|java";

static const char home_cues[] = "house|home|lives|live|living|address|addy|flat|door|"
                                "drive|ours|his|her|their|my|find him|find her|stays";

// Four numbers up to 255; -1: no such address. Networks at home and names of servers
// that everybody uses belong to nobody.
static bool is_personal_ip(const unsigned part[4])
{
    unsigned a = part[0], b = part[1];
    bool local = a == 0 || a == 10 || a == 127 || a >= 224 || (a == 192 && b == 168) ||
                 (a == 172 && b >= 16 && b < 32) || (a == 169 && b == 254);
    bool served = (a == 1 && b == part[2] && b <= 1) || (a == 8 && b == 8) ||
                  (a == 9 && b == 9 && part[2] == 9);
    return !local && !served;
}

static bool check_ip(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    unsigned part[4] = {0};
    size_t n = 0;
    bool large = false;
    for (size_t i = hit->start; i < hit->end; i++) {
        if (t[i] == '.') {
            if (++n > 3) {
                return false;
            }
        } else {
            part[n] = part[n] * 10 + (unsigned)(t[i] - '0');
            if (part[n] > 255) {
                return false;
            }
            large = large || part[n] > 63;
        }
    }
    size_t s = hit->start, e = hit->end;
    bool longer = (s > 1 && strchr(".,-", t[s - 1]) && is_digit(t[s - 2])) ||
                  (e + 1 < c->norm->len && strchr(".-", t[e]) && is_alnum(t[e + 1]));
    return edge_before(c, s) && edge_after(c, e) && !longer && is_personal_ip(part) &&
           (large || cue_before(c, s, "ip|ips|ip address|ipv4", 24)) &&
           !cue_before(c, s, release_cues, 18);
}

// Eight groups, or a "::" for those that are zero.
static bool check_ip6(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->start, groups = 0, in = 0;
    bool gap = false, letters = false, wide = false;
    while (i < c->norm->len && i - hit->start < 40) {
        bool hex = is_digit(t[i]) || (t[i] >= 'a' && t[i] <= 'f');
        if (hex) {
            letters = letters || is_alpha(t[i]);
            groups += in == 0;
            if (++in > 4) {
                return false;
            }
            wide = wide || in > 2;
        } else if (t[i] == ':') {
            if (in == 0 && (gap || t[i - 1] != ':')) {
                break;
            }
            gap = gap || in == 0;
            in = 0;
        } else {
            break;
        }
        i++;
    }
    while (i > hit->start && t[i - 1] == ':') {
        i--;
    }
    hit->end = i;
    return edge_before(c, hit->start) && edge_after(c, i) && wide &&
           (groups == 8 || (gap && groups >= 3 && groups < 8 && letters)) &&
           memcmp(t + hit->start, "fe80", 4) != 0;
}

static bool check_mac(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    bool letters = false, same = true;
    for (size_t i = hit->start; i < hit->end; i++) {
        letters = letters || is_alpha(t[i]);
        same = same && (t[i] == t[hit->start] || !is_alnum(t[i]));
    }
    size_t e = hit->end;
    bool longer =
        e + 1 < c->norm->len && t[e] == t[hit->start + 2] && is_alnum(t[e + 1]);
    bool before = hit->start > 0 &&
                  (t[hit->start - 1] == ':' || t[hit->start - 1] == '-') &&
                  hit->start > 1 && is_alnum(t[hit->start - 2]);
    return edge_before(c, hit->start) && edge_after(c, e) && !same && !longer &&
           !before &&
           (letters || cue_before(c, hit->start, "mac|mac address|device", 24));
}

// As it was written: capitals count in a wallet's address.
static size_t written(const struct detect_context *c, struct detect_hit *hit,
                      char out[WALLET_MOST])
{
    size_t n = 0;
    hit->end = hit->start;
    while (hit->end < c->norm->len && n < WALLET_MOST &&
           is_alnum(c->norm->text[hit->end])) {
        out[n++] = original_at(c, hit->end++);
    }
    return edge_before(c, hit->start) && edge_after(c, hit->end) ? n : 0;
}

static bool check_bitcoin(const struct detect_context *c, struct detect_hit *hit)
{
    char wallet[WALLET_MOST];
    size_t n = written(c, hit, wallet);
    return bitcoin_ok(slice_make(wallet, n));
}

static bool check_bech32(const struct detect_context *c, struct detect_hit *hit)
{
    char wallet[WALLET_MOST];
    size_t n = written(c, hit, wallet);
    return n && bech32_ok(slice_make(c->norm->text + hit->start, n));
}

static bool check_ether(const struct detect_context *c, struct detect_hit *hit)
{
    char wallet[WALLET_MOST];
    return written(c, hit, wallet) == 42;
}

// Other coins: long, capitals, small letters and digits, behind a word for what it is.
static bool check_wallet(const struct detect_context *c, struct detect_hit *hit)
{
    char wallet[WALLET_MOST];
    while (hit->end > hit->start && is_alnum(c->norm->text[hit->end - 1])) {
        hit->end--;
    }
    hit->start = hit->end;
    size_t n = written(c, hit, wallet), digits = 0, capitals = 0, small = 0;
    for (size_t i = 0; i < n; i++) {
        digits += is_digit(wallet[i]);
        capitals += wallet[i] >= 'A' && wallet[i] <= 'Z';
        small += is_alpha(wallet[i]);
    }
    return n >= 25 && digits >= 2 && small >= 3 && (capitals >= 3 || n >= 40);
}

// Latitude and longitude to the house.
static bool check_place(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    while (hit->end < c->norm->len && is_digit(t[hit->end])) {
        hit->end++;
    }
    if (hit->start > 0 && t[hit->start - 1] == '-') {
        hit->start--;
    }
    return (hit->start == 0 || !is_alnum(t[hit->start - 1])) &&
           edge_after(c, hit->end) &&
           (cue_before(c, hit->start, home_cues, 40) ||
            cue_after(c, hit->end, home_cues, 32));
}

// ///filled.count.soap
static bool check_words(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t dots = 0, i = hit->start + 3;
    while (i < c->norm->len && i - hit->start < 64 && (is_alpha(t[i]) || t[i] == '.')) {
        dots += t[i] == '.' && is_alpha(t[i + 1]);
        i++;
    }
    while (t[i - 1] == '.') {
        i--;
    }
    hit->end = i;
    return dots == 2 && (cue_before(c, hit->start, home_cues, 40) ||
                         cue_after(c, hit->end, home_cues, 32));
}

#define HEX2 "[0-9a-f]{2}"
#define HEX4 "[0-9a-f]{4}"

const struct detector device_detectors[] = {
    {.name = "address of a computer",
     .regex = "\\b(?:[0-9]{1,3}\\.){3}[0-9]{1,3}\\b",
     .class = "pii.device",
     .check = check_ip},
    {.name = "address of a computer, version 6",
     .regex = "\\b[0-9a-f]{1,4}:[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f]",
     .class = "pii.device",
     .check = check_ip6},
    {.name = "address of a network card",
     .regex =
         "\\b" HEX2 "(?:[:\\-]" HEX2 "){5}\\b|\\b" HEX4 "\\." HEX4 "\\." HEX4 "\\b",
     .class = "pii.device",
     .check = check_mac},
    {.name = "Bitcoin address",
     .regex = "\\b[13][a-z0-9]{25}",
     .class = "pii.wallet",
     .check = check_bitcoin},
    {.name = "newer Bitcoin address",
     .regex = "\\bbc1[a-z0-9]{11}",
     .class = "pii.wallet",
     .check = check_bech32},
    {.name = "Ethereum address",
     .regex = "\\b0x[0-9a-f]{40}\\b",
     .class = "pii.wallet",
     .check = check_ether},
    {.name = "wallet",
     .regex = "\\b(?:wallet|litecoin|ltc|dogecoin|doge|monero|xmr|ripple|xrp|tron|trx|"
              "usdt|solana|sol|cardano|ada|bitcoin|btc|crypto)(?: (?:address|wallet|"
              "id|key|is|to|at|here|now|my|it's|its)){0,4}[:= ]{1,3}[a-z0-9]{25}",
     .class = "pii.wallet",
     .check = check_wallet},
    {.name = "place on the map",
     .regex = "\\b[0-9]{1,2}\\.[0-9]{4,8} ?[ns]?,? ?-?[0-9]{1,3}\\.[0-9]{4}",
     .class = "pii.address",
     .check = check_place},
    {.name = "place in three words",
     .regex = "///[a-z]{2,20}\\.[a-z]{2,20}\\.[a-z]{2}",
     .class = "pii.address",
     .check = check_words},
    {0}};
