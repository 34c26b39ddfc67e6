/* SPDX-License-Identifier: MIT
 *
 * raid.h - many new accounts at once: spam.raid by behaviour.
 */
#ifndef HM_CORE_RAID_H
#define HM_CORE_RAID_H

#include <stdbool.h>
#include <stdint.h>

enum { RAID_JOINS = 10, RAID_WINDOW_MS = 60000 };

struct raid {
    uint64_t at_ms[RAID_JOINS]; // the last joins, a ring
    unsigned next;
    uint64_t reported_ms; // one report a window
};

// account_created_ms 0: unknown, counts as new. True once when RAID_JOINS accounts that
// are younger than a month joined within RAID_WINDOW_MS.
bool raid_joined(struct raid *r, uint64_t at_ms, uint64_t account_created_ms);

#endif
