/* SPDX-License-Identifier: MIT
 *
 * rules_features.h - `hallmonitor rules features`, for the trainer.
 */
#ifndef HM_CMD_RULES_FEATURES_H
#define HM_CMD_RULES_FEATURES_H

#include "bot/cmd/cmd.h"

extern const struct command rules_features;

#endif
