/* SPDX-License-Identifier: MIT
 *
 * masks.h - one bit a byte: what kinds of characters an ASCII text is made of.
 *
 * The tokeniser walks these masks a word at a time instead of a byte at a time.
 */
#ifndef HM_RULES_MASKS_H
#define HM_RULES_MASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One block speaks of 64 bytes; bit i of each mask of byte 64 * block + i.
struct mask_block {
    uint64_t word;  // letters, digits
    uint64_t digit; //
    uint64_t space; // blank, tab and the like; not line ends
    uint64_t upper; // in the original text
    uint64_t again; // the same byte as the one before it
    uint64_t odd;   // neither word nor space: punctuation, line ends
};

// Turns text to lower case in place and fills len / 64 + 2 blocks, the last all zero.
// text has 64 bytes of room after len, which become zero. False: a byte is not ASCII;
// text and blocks are then of no use.
bool masks_make(struct mask_block *blocks, char *text, size_t len);

#endif
