/* SPDX-License-Identifier: MIT
 *
 * discord_doctor.h - looks at token, intents, servers, permissions and latency, and says
 * in words what to fix. Sends no message and starts no session.
 */
#ifndef HM_DISCORD_DOCTOR_H
#define HM_DISCORD_DOCTOR_H

#include <stdio.h>

#include "adapters/discord/discord_conf.h"

// Writes one line a finding, "good  …" or "FIX   …". Returns how many are to be fixed.
int discord_doctor(const struct discord_conf *conf, FILE *out);

#endif
