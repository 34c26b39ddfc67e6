// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_sequence.h"

enum { AHEAD = 64 }; // bits of ahead

static bool beyond(const struct discord_sequence *s, uint64_t number)
{
    return number > s->done && number - s->done > AHEAD + 1;
}

bool discord_sequence_new(const struct discord_sequence *s, uint64_t number)
{
    if (number == 0 || number == s->done + 1 || beyond(s, number)) {
        return true;
    }
    return number > s->done && !(s->ahead >> (number - s->done - 2) & 1);
}

void discord_sequence_note(struct discord_sequence *s, uint64_t number)
{
    if (number <= s->done) {
        return;
    }
    if (beyond(s, number)) {
        s->done = number;
        s->ahead = 0;
    } else if (number > s->done + 1) {
        s->ahead |= 1ull << (number - s->done - 2);
    } else {
        s->done++;
        while (s->ahead & 1) {
            s->done++;
            s->ahead >>= 1;
        }
        s->ahead >>= 1;
    }
}
