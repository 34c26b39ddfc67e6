/* SPDX-License-Identifier: MIT
 *
 * sandbox.h - a channel on the console's own page: a platform with no account anywhere.
 *
 * Several browser windows are several members. The wire is one JSON object a websocket
 * text frame (protocol "hallmonitor-sandbox"):
 *
 *   member → us   {"op":"join","name","role"}         role: pupil, parent, staff, governor
 *                 {"op":"post","id","channel","text"}  id: the member's own, unique
 *                 {"op":"edit","id","channel","text","revision"}
 *   us → member   {"op":"message","id","channel","author","role","text","at","edited"}
 *                 {"op":"ack","id","revision"}         judged, and durable
 *                 {"op":"hide","id","channel"} {"op":"restore","id","channel","text","author"}
 *                 {"op":"notice","text"} {"op":"alert","case","title","clause","severity"}
 *                 {"op":"error","why"}
 *
 * A member who sees no ack sends the post again after reconnecting; the same id and
 * revision is judged once. Nothing is kept here but the last messages of each channel,
 * for windows that open later.
 */
#ifndef HM_ADAPTERS_SANDBOX_H
#define HM_ADAPTERS_SANDBOX_H

#include "adapters/adapter.h"

extern const struct adapter_ops sandbox_adapter;

#endif
