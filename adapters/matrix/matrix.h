/* SPDX-License-Identifier: MIT
 *
 * matrix.h - rooms of a Matrix homeserver (client-server API v1.11 and later).
 *
 *   matrix_login ──► matrix_sync ──events──► matrix_decode ──► core
 *        ▲               │ limited: matrix_backfill            │
 *        └─ token lost ──┘ control room: matrix_control        ▼
 *   matrix_jobs ◄── matrix_act, matrix_alert, matrix_mute ◄── actions
 *   matrix_desk ──questions──► matrix_preview: the homeserver asks before it delivers
 *
 * Space of a message is the room's id; its channel the id, or the alias by which the
 * settings name the room. Redactions' transaction ids come from the event they hide,
 * those of everything sent from the outbox row: a retry is the same event.
 *
 * Source  client-server API v1.11; Synapse 1.163 (tests/integration/matrix).
 */
#ifndef HM_MATRIX_MATRIX_H
#define HM_MATRIX_MATRIX_H

#include "adapters/adapter.h"

extern const struct adapter_ops matrix_adapter;

struct matrix_preview_conf {
    char *listen;     // default 127.0.0.1
    uint16_t port;    // default 8471
    char *token_file; // else the environment's HM_MATRIX_PREVIEW_TOKEN
};

// The part of school.yaml.
struct matrix_conf {
    char *homeserver;    // "school.example" (found by .well-known) or a URL
    char *user;          // with a password: "@hallmonitor:school.example"
    char *token_file;    // else HM_MATRIX_TOKEN
    char *password_file; // else HM_MATRIX_PASSWORD
    char **rooms;        // ids or aliases, joined at start
    unsigned rooms_count;
    char **inviters; // whose invitations are accepted
    unsigned inviters_count;
    char *control_room; // where cases are announced and decided
    char **moderators;  // who may decide whatever their power level
    unsigned moderators_count;
    unsigned moderator_level; // power in the control room that may decide; 0: 50
    struct matrix_preview_conf *preview;
};

#endif
