// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_recent.h"

#include <stdlib.h>
#include <string.h>

enum { ID_MOST = 255 };

static bool as_key(struct slice id, char out[ID_MOST + 1])
{
    if (id.len == 0 || id.len > ID_MOST || memchr(id.ptr, '\0', id.len)) {
        return false;
    }
    memcpy(out, id.ptr, id.len);
    out[id.len] = '\0';
    return true;
}

void recent_finish(struct recent *r)
{
    for (unsigned i = 0; i < RECENT_MOST; i++) {
        free(r->ring[i]);
        r->ring[i] = NULL;
    }
    json_decref(r->index);
    r->index = NULL;
}

static json_t *entry(struct recent *r, const char *key)
{
    json_t *e = json_object_get(r->index, key);
    if (e) {
        return e;
    }
    r->index = r->index ? r->index : json_object();
    char **slot = &r->ring[r->next++ % RECENT_MOST];
    if (*slot) {
        json_object_del(r->index, *slot);
        free(*slot);
    }
    *slot = strdup(key);
    e = *slot ? json_object() : NULL;
    if (e && json_object_set_new(r->index, key, e)) {
        e = NULL; // not remembered: its edits are asked for
    }
    return e;
}

void recent_seen(struct recent *r, struct slice id, struct slice thread)
{
    char key[ID_MOST + 1];
    json_t *e = as_key(id, key) ? entry(r, key) : NULL;
    if (e) {
        json_object_set_new(e, "seen", json_true());
    }
    if (e && thread.len) {
        json_object_set_new(e, "thread", json_stringn(thread.ptr, thread.len));
    }
}

struct slice recent_thread(const struct recent *r, struct slice id)
{
    char key[ID_MOST + 1];
    const json_t *thread =
        as_key(id, key) ? json_object_get(json_object_get(r->index, key), "thread")
                        : NULL;
    return thread ? slice_make(json_string_value(thread), json_string_length(thread))
                  : slice_of("");
}

bool recent_known(const struct recent *r, struct slice id)
{
    char key[ID_MOST + 1];
    return as_key(id, key) &&
           json_is_true(json_object_get(json_object_get(r->index, key), "seen"));
}

void recent_edited(struct recent *r, struct slice original, struct slice edit,
                   struct slice sender)
{
    char key[ID_MOST + 1];
    json_t *e = as_key(original, key) ? entry(r, key) : NULL;
    if (!e) {
        return;
    }
    json_t *edits = json_object_get(e, "edits");
    if (!edits) {
        edits = json_array();
        json_object_set_new(e, "edits", edits);
    }
    if (json_array_size(edits) >= RECENT_EDITS_MOST) {
        json_object_set_new(e, "more", json_true());
    } else {
        json_array_append_new(
            edits, json_pack("[s%s%]", edit.ptr, edit.len, sender.ptr, sender.len));
    }
}

bool recent_find(const struct recent *r, struct slice id, const json_t **edits)
{
    char key[ID_MOST + 1];
    const json_t *e = as_key(id, key) ? json_object_get(r->index, key) : NULL;
    *edits = json_object_get(e, "edits");
    return json_is_true(json_object_get(e, "seen")) && !json_object_get(e, "more");
}
