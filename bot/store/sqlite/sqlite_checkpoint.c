// SPDX-License-Identifier: MIT
#include "bot/store/sqlite/sqlite_checkpoint.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { FRAMES = 2000 }; // pages in the log from which they are moved

struct checkpointer {
    sqlite3 *db;  // the store's
    sqlite3 *own; // the thread's
    pthread_t thread;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t work;
    bool wanted, moved, stopping;
};

static void *move_pages(void *arg)
{
    struct checkpointer *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        if (!c->wanted) {
            pthread_cond_wait(&c->work, &c->lock);
            continue;
        }
        pthread_mutex_unlock(&c->lock);
        // What fails here (a full disk) the next commit says, or the next try does.
        (void)sqlite3_wal_checkpoint_v2(c->own, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                        NULL);
        pthread_mutex_lock(&c->lock);
        c->wanted = false;
        c->moved = true;
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static int on_commit(void *ctx, sqlite3 *db, const char *name, int frames)
{
    struct checkpointer *c = ctx;
    (void)db;
    (void)name;
    if (frames >= FRAMES) {
        pthread_mutex_lock(&c->lock);
        if (!c->wanted && !c->moved) {
            c->wanted = true;
            pthread_cond_signal(&c->work);
        }
        pthread_mutex_unlock(&c->lock);
    }
    return SQLITE_OK;
}

void checkpointer_settle(struct checkpointer *c)
{
    if (!c) {
        return;
    }
    pthread_mutex_lock(&c->lock);
    bool moved = c->moved;
    c->moved = false;
    pthread_mutex_unlock(&c->lock);
    if (moved) {
        (void)sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                        NULL);
    }
}

static void free_checkpointer(struct checkpointer *c)
{
    sqlite3_close(c->own);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->work);
    free(c);
}

enum fault checkpointer_start(struct checkpointer **out, sqlite3 *db, const char *path,
                              struct why *why)
{
    struct checkpointer *c = calloc(1, sizeof(*c));
    *out = NULL;
    if (!c) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the store");
    }
    c->db = db;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->work, NULL);
    int rc = sqlite3_open_v2(path, &c->own, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                             NULL);
    if (rc != SQLITE_OK) {
        enum fault f = fault_say(why, FAULT_STORE, "%s: %s", path, sqlite3_errstr(rc));
        free_checkpointer(c);
        return f;
    }
    if (pthread_create(&c->thread, NULL, move_pages, c)) {
        free_checkpointer(c);
        return fault_say(why, FAULT_MEMORY, "no thread for the store's log");
    }
    sqlite3_wal_hook(db, on_commit, c); // in place of wal_autocheckpoint
    *out = c;
    return FAULT_NONE;
}

void checkpointer_stop(struct checkpointer *c)
{
    if (!c) {
        return;
    }
    sqlite3_wal_hook(c->db, NULL, NULL);
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->work);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    free_checkpointer(c);
}
