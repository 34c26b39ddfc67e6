/* SPDX-License-Identifier: MIT
 *
 * rules_pieces.h - `hallmonitor rules pieces`, for rules/train/reader.
 */
#ifndef HM_CMD_RULES_PIECES_H
#define HM_CMD_RULES_PIECES_H

#include "bot/cmd/cmd.h"

extern const struct command rules_pieces;

#endif
