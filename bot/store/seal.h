/* SPDX-License-Identifier: MIT
 *
 * seal.h - what members wrote, readable only with a key that is not in the database.
 *
 * Sealed bytes are nonce (24) then XChaCha20-Poly1305 (libsodium's
 * crypto_aead_xchacha20poly1305_ietf); the label ties them to their row, so that sealed
 * bytes cannot be moved from one case to another.
 */
#ifndef HM_STORE_SEAL_H
#define HM_STORE_SEAL_H

#include "bot/base/text.h"

enum { SEAL_KEY_BYTES = 32, SEAL_HASH_BYTES = 16, SEAL_CHAIN_BYTES = 32 };

struct seal_key {
    unsigned char seal[SEAL_KEY_BYTES];
    unsigned char hash[SEAL_KEY_BYTES]; // derived: keyed hashes of ids
    unsigned char head[SEAL_KEY_BYTES]; // derived: signs the head of the audit chain
};

// Reads the key file; creates it (mode 0600, random) when absent and create is set.
// DENIED: others may read it; INPUT: not a key file; ABSENT: none and create is not set.
MUST_USE enum fault seal_key_load(struct seal_key *out, const char *path, bool create,
                                  struct why *why);
void seal_key_wipe(struct seal_key *key);

// Appends the sealed form of plain to out. label is bound, not stored.
MUST_USE enum fault seal_bytes(const struct seal_key *key, const char *label,
                               struct slice plain, struct text *out);
// INPUT: wrong key, wrong label or damaged bytes.
MUST_USE enum fault unseal_bytes(const struct seal_key *key, const char *label,
                                 struct slice sealed, struct text *out);

// Keyed BLAKE2b of the parts, each with its length in front.
void seal_hash(const struct seal_key *key, const struct slice *parts, size_t count,
               unsigned char out[SEAL_HASH_BYTES]);
// BLAKE2b for the audit chain: unkeyed, so that anybody can verify it.
void seal_chain(const struct slice *parts, size_t count,
                unsigned char out[SEAL_CHAIN_BYTES]);
// Keyed, over the chain's last hash: an attacker who can write the database but has no
// key cannot cut the end off unseen.
void seal_head(const struct seal_key *key, struct slice last_hash,
               unsigned char out[SEAL_CHAIN_BYTES]);

#endif
