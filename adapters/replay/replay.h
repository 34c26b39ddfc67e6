/* SPDX-License-Identifier: MIT
 *
 * replay.h - recorded messages as a platform: "what would this policy have done last term".
 *
 * Reads a file (or "-", standard input) at full speed or at its own pace:
 *   ndjson    one corpus line a line: {"text", "id", "channel", "author_role", …}
 *   discord   a DiscordChatExporter JSON export (one channel)
 *   matrix    an Element JSON export of a room
 * The form is recognised by its first bytes. Hides and the like are only counted: there is
 * nothing to hide them from. The cursor is the number of messages handed over, so that a
 * restart goes on where it stopped.
 */
#ifndef HM_ADAPTERS_REPLAY_H
#define HM_ADAPTERS_REPLAY_H

#include "adapters/adapter.h"

extern const struct adapter_ops replay_adapter;

#endif
