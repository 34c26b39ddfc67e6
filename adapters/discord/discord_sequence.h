/* SPDX-License-Identifier: MIT
 *
 * discord_sequence.h - how far a session's dispatches were handed over without a gap.
 *
 * Dispatches are numbered one by one. One that overtakes another must not move the
 * number that a resume continues from, or the other one is never repeated.
 */
#ifndef HM_DISCORD_SEQUENCE_H
#define HM_DISCORD_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

struct discord_sequence {
    uint64_t done;  // everything up to here was handed over; 0: nothing
    uint64_t ahead; // bit i: done + 2 + i was handed over, too
};

// Whether this one was not handed over yet. 0 is no number: always new.
bool discord_sequence_new(const struct discord_sequence *s, uint64_t number);
// It was handed over. One that is more than 64 ahead gives up what is between.
void discord_sequence_note(struct discord_sequence *s, uint64_t number);

#endif
