// SPDX-License-Identifier: MIT
#include "bot/core/raid.h"

static const uint64_t month_ms = 30ull * 24 * 60 * 60 * 1000;

bool raid_joined(struct raid *r, uint64_t at_ms, uint64_t account_created_ms)
{
    if (account_created_ms && at_ms > account_created_ms &&
        at_ms - account_created_ms > month_ms) {
        return false;
    }
    uint64_t oldest = r->at_ms[r->next]; // RAID_JOINS joins ago
    r->at_ms[r->next] = at_ms;
    r->next = (r->next + 1) % RAID_JOINS;
    bool many = oldest && at_ms >= oldest && at_ms - oldest <= RAID_WINDOW_MS;
    if (!many || (r->reported_ms && at_ms - r->reported_ms <= RAID_WINDOW_MS)) {
        return false;
    }
    r->reported_ms = at_ms;
    return true;
}
