/* SPDX-License-Identifier: MIT
 *
 * discord.h - Discord, API v10: gateway with resume and shards, REST with its limits.
 *
 *   discord_gateway ─dispatch─► discord_events ─► discord_decode ─► host_message
 *        ▲ ws, inflate              │                                  │
 *        │                          ▼                                  ▼
 *   discord.c (lifecycle) ◄─ discord_state, _permission     act ─► discord_act, _hide
 *        │                                                             │
 *        └──► discord_backfill ──────────► discord_client ◄────────────┘
 *                                            │ discord_limit
 *                                            ▼ rest
 *
 * Settings are described in docs/discord.md.
 */
#ifndef HM_DISCORD_H
#define HM_DISCORD_H

#include "adapters/adapter.h"

extern const struct adapter_ops discord_adapter;

#endif
