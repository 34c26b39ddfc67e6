/* SPDX-License-Identifier: MIT
 *
 * session.h - who may open the console: one-time sign-in links and signed cookies.
 *
 * A sign-in link carries a random token; the state folder holds a file named by the
 * token's hash (mode 0600), which the first use removes. The cookie is
 * EXPIRY.NONCE.MAC with a key derived from the evidence key.
 */
#ifndef HM_CONSOLE_SESSION_H
#define HM_CONSOLE_SESSION_H

#include "bot/store/seal.h"

enum { SESSION_TOKEN_BYTES = 65, SESSION_COOKIE_BYTES = 160 };

// Makes a token that signs in once within an hour. Only the token itself opens the door;
// the file's name does not give it away.
MUST_USE enum fault session_invite(const char *state_folder, uint64_t now_ms,
                                   char token[SESSION_TOKEN_BYTES], struct why *why);
// Uses a token up. False: unknown, used or too old.
bool session_admit(const char *state_folder, uint64_t now_ms, struct slice token);
void session_cookie(const struct seal_key *key, uint64_t now_ms,
                    char cookie[SESSION_COOKIE_BYTES]);
bool session_valid(const struct seal_key *key, uint64_t now_ms, struct slice cookie);

#endif
