// SPDX-License-Identifier: MIT
#include "bot/console/session.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bot/base/paths.h"

enum {
    RANDOM_BYTES = 32,
    NONCE_BYTES = 16,
    INVITE_MS = 60 * 60 * 1000,
    SESSION_MS = 12 * 60 * 60 * 1000,
};

static bool token_path(const char *state_folder, struct slice token,
                       char out[PATH_BYTES])
{
    unsigned char hash[32];
    char hex[65];
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)token.ptr, token.len,
                       NULL, 0);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    return snprintf(out, PATH_BYTES, "%s/signin/%s", state_folder, hex) < PATH_BYTES;
}

enum fault session_invite(const char *state_folder, uint64_t now_ms,
                          char token[SESSION_TOKEN_BYTES], struct why *why)
{
    unsigned char bytes[RANDOM_BYTES];
    char path[PATH_BYTES];
    if (sodium_init() < 0 ||
        snprintf(path, sizeof(path), "%s/signin", state_folder) >= PATH_BYTES) {
        return fault_say(why, FAULT_LIMIT, "%s: path too long", state_folder);
    }
    enum fault f = paths_make_folder(path, 0700, why);
    if (f) {
        return f;
    }
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(token, SESSION_TOKEN_BYTES, bytes, sizeof(bytes));
    if (!token_path(state_folder, slice_of(token), path)) {
        return fault_say(why, FAULT_LIMIT, "%s: path too long", state_folder);
    }
    char expiry[32];
    int n = snprintf(expiry, sizeof(expiry), "%llu\n",
                     (unsigned long long)(now_ms + INVITE_MS));
    return paths_write(path, slice_make(expiry, (size_t)n), 0600, why);
}

bool session_admit(const char *state_folder, uint64_t now_ms, struct slice token)
{
    char path[PATH_BYTES];
    char bytes[32];
    if (token.len != SESSION_TOKEN_BYTES - 1 ||
        !token_path(state_folder, token, path)) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t n = read(fd, bytes, sizeof(bytes));
    close(fd);
    uint64_t expiry = 0;
    bool whole = n > 0 && slice_u64(slice_trim(slice_make(bytes, (size_t)n)),
                                    &expiry) == FAULT_NONE;
    // Whoever removes the file is the one who is let in.
    return unlink(path) == 0 && whole && now_ms <= expiry;
}

static void sign(const struct seal_key *key, struct slice body, char hex[65])
{
    unsigned char session_key[SEAL_KEY_BYTES];
    unsigned char mac[32];
    crypto_generichash(session_key, sizeof(session_key),
                       (const unsigned char *)"hm-session", 10, key->seal,
                       SEAL_KEY_BYTES);
    crypto_generichash(mac, sizeof(mac), (const unsigned char *)body.ptr, body.len,
                       session_key, sizeof(session_key));
    sodium_bin2hex(hex, 65, mac, sizeof(mac));
    sodium_memzero(session_key, sizeof(session_key));
}

void session_cookie(const struct seal_key *key, uint64_t now_ms,
                    char cookie[SESSION_COOKIE_BYTES])
{
    unsigned char nonce[NONCE_BYTES];
    char nonce_hex[NONCE_BYTES * 2 + 1];
    char mac[65];
    randombytes_buf(nonce, sizeof(nonce));
    sodium_bin2hex(nonce_hex, sizeof(nonce_hex), nonce, sizeof(nonce));
    int n = snprintf(cookie, SESSION_COOKIE_BYTES, "%llu.%s",
                     (unsigned long long)(now_ms + SESSION_MS), nonce_hex);
    sign(key, slice_make(cookie, (size_t)n), mac);
    snprintf(cookie + n, SESSION_COOKIE_BYTES - (size_t)n, ".%s", mac);
}

bool session_valid(const struct seal_key *key, uint64_t now_ms, struct slice cookie)
{
    enum { MAC_HEX = 64 };
    uint64_t expiry = 0;
    if (cookie.len < MAC_HEX + 2 || cookie.len >= SESSION_COOKIE_BYTES) {
        return false;
    }
    struct slice body = slice_sub(cookie, 0, cookie.len - MAC_HEX - 1);
    struct slice given = slice_sub(cookie, cookie.len - MAC_HEX, MAC_HEX);
    char mac[65];
    sign(key, body, mac);
    struct slice rest;
    return cookie.ptr[body.len] == '.' && sodium_memcmp(mac, given.ptr, MAC_HEX) == 0 &&
           slice_u64(slice_cut(body, '.', &rest), &expiry) == FAULT_NONE &&
           now_ms <= expiry;
}
