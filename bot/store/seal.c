// SPDX-License-Identifier: MIT
#include "bot/store/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bot/base/paths.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    PLAIN_LIMIT = 32 << 20,
};

static void derive(struct seal_key *key)
{
    crypto_generichash(key->hash, SEAL_KEY_BYTES, (const unsigned char *)"hm-hash", 7,
                       key->seal, SEAL_KEY_BYTES);
    crypto_generichash(key->head, SEAL_KEY_BYTES, (const unsigned char *)"hm-head", 7,
                       key->seal, SEAL_KEY_BYTES);
}

static enum fault make_key(struct seal_key *out, const char *path, struct why *why)
{
    randombytes_buf(out->seal, SEAL_KEY_BYTES);
    char hex[SEAL_KEY_BYTES * 2 + 2];
    sodium_bin2hex(hex, sizeof(hex) - 1, out->seal, SEAL_KEY_BYTES);
    hex[sizeof(hex) - 2] = '\n';
    enum fault f = paths_write(path, slice_make(hex, sizeof(hex) - 1), 0600, why);
    sodium_memzero(hex, sizeof(hex));
    return f;
}

enum fault seal_key_load(struct seal_key *out, const char *path, bool create,
                         struct why *why)
{
    if (sodium_init() < 0) {
        return fault_say(why, FAULT_STORE, "the system gives no random numbers");
    }
    char *bytes = NULL;
    size_t len = 0;
    enum fault f = paths_read(path, 1024, &bytes, &len, why);
    if (f == FAULT_ABSENT && create) {
        f = make_key(out, path, why);
        if (f == FAULT_NONE) {
            derive(out);
        }
        return f;
    }
    if (f) {
        return f;
    }
    struct stat st;
    if (stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO))) {
        f = fault_say(why, FAULT_DENIED,
                      "%s: others may read the evidence key; run: chmod 600 %s", path,
                      path);
    } else {
        struct slice hex = slice_trim(slice_make(bytes, len));
        size_t got = 0;
        if (sodium_hex2bin(out->seal, SEAL_KEY_BYTES, hex.ptr, hex.len, NULL, &got,
                           NULL) ||
            got != SEAL_KEY_BYTES || hex.len != (size_t)SEAL_KEY_BYTES * 2) {
            f = fault_say(why, FAULT_INPUT, "%s: not an evidence key (64 hex digits)",
                          path);
        } else {
            derive(out);
        }
    }
    sodium_memzero(bytes, len);
    free(bytes);
    return f;
}

void seal_key_wipe(struct seal_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

enum fault seal_bytes(const struct seal_key *key, const char *label, struct slice plain,
                      struct text *out)
{
    if (plain.len > PLAIN_LIMIT) {
        return FAULT_LIMIT;
    }
    unsigned char *sealed = malloc(NONCE_BYTES + plain.len + TAG_BYTES);
    if (!sealed) {
        return FAULT_MEMORY;
    }
    unsigned long long len = 0;
    randombytes_buf(sealed, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed + NONCE_BYTES, &len, (const unsigned char *)plain.ptr, plain.len,
        (const unsigned char *)label, strlen(label), NULL, sealed, key->seal);
    enum fault f =
        text_add(out, slice_make((const char *)sealed, NONCE_BYTES + (size_t)len));
    free(sealed);
    return f;
}

enum fault unseal_bytes(const struct seal_key *key, const char *label,
                        struct slice sealed, struct text *out)
{
    if (sealed.len < NONCE_BYTES + TAG_BYTES || sealed.len > PLAIN_LIMIT + 64) {
        return FAULT_INPUT;
    }
    unsigned char *plain = malloc(sealed.len);
    if (!plain) {
        return FAULT_MEMORY;
    }
    const unsigned char *bytes = (const unsigned char *)sealed.ptr;
    unsigned long long len = 0;
    enum fault f = FAULT_INPUT;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, &len, NULL, bytes + NONCE_BYTES, sealed.len - NONCE_BYTES,
            (const unsigned char *)label, strlen(label), bytes, key->seal) == 0) {
        f = text_add(out, slice_make((const char *)plain, (size_t)len));
    }
    sodium_memzero(plain, sealed.len);
    free(plain);
    return f;
}

static void hash_parts(crypto_generichash_state *state, const struct slice *parts,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char len[8];
        for (int b = 0; b < 8; b++) {
            len[b] = (unsigned char)((uint64_t)parts[i].len >> (8 * b));
        }
        crypto_generichash_update(state, len, sizeof(len));
        crypto_generichash_update(state, (const unsigned char *)parts[i].ptr,
                                  parts[i].len);
    }
}

void seal_hash(const struct seal_key *key, const struct slice *parts, size_t count,
               unsigned char out[SEAL_HASH_BYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, key->hash, SEAL_KEY_BYTES, SEAL_HASH_BYTES);
    hash_parts(&state, parts, count);
    crypto_generichash_final(&state, out, SEAL_HASH_BYTES);
}

void seal_chain(const struct slice *parts, size_t count,
                unsigned char out[SEAL_CHAIN_BYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, SEAL_CHAIN_BYTES);
    hash_parts(&state, parts, count);
    crypto_generichash_final(&state, out, SEAL_CHAIN_BYTES);
}

void seal_head(const struct seal_key *key, struct slice last_hash,
               unsigned char out[SEAL_CHAIN_BYTES])
{
    crypto_generichash(out, SEAL_CHAIN_BYTES, (const unsigned char *)last_hash.ptr,
                       last_hash.len, key->head, SEAL_KEY_BYTES);
}
