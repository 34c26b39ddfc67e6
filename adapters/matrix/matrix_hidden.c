// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_hidden.h"

#include <stdio.h>
#include <stdlib.h>

enum { SAVED_MOST = 256 << 10 };

static unsigned bucket_of(struct slice event_id)
{
    return (unsigned)(slice_hash(event_id) % HIDDEN_BUCKETS);
}

static struct slice at(const json_t *pair, size_t i)
{
    const json_t *s = json_array_get(pair, i);
    return json_is_string(s) ? slice_make(json_string_value(s), json_string_length(s))
                             : slice_of("");
}

void hidden_load(struct hidden *h, struct adapter_host *host)
{
    for (unsigned i = 0; i < HIDDEN_BUCKETS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "hidden/%02u", i);
        struct text saved;
        text_init(&saved, SAVED_MOST);
        if (host_cursor_find(host, slice_of(key), &saved) == FAULT_NONE) {
            json_t *list = json_loadb(text_cstr(&saved), saved.len, 0, NULL);
            json_decref(h->buckets[i]);
            h->buckets[i] = list;
        }
        text_finish(&saved);
    }
}

void hidden_finish(struct hidden *h)
{
    for (unsigned i = 0; i < HIDDEN_BUCKETS; i++) {
        json_decref(h->buckets[i]);
        h->buckets[i] = NULL;
    }
}

void hidden_add(struct hidden *h, struct adapter_host *host, struct slice event_id,
                struct slice author)
{
    unsigned i = bucket_of(event_id);
    if (hidden_author(h, event_id).len) {
        return;
    }
    if (!json_is_array(h->buckets[i])) {
        json_decref(h->buckets[i]);
        h->buckets[i] = json_array();
    }
    json_array_append_new(h->buckets[i], json_pack("[s%s%]", event_id.ptr, event_id.len,
                                                   author.ptr, author.len));
    while (json_array_size(h->buckets[i]) > HIDDEN_EACH) {
        json_array_remove(h->buckets[i], 0);
    }
    char key[16];
    snprintf(key, sizeof(key), "hidden/%02u", i);
    char *saved = json_dumps(h->buckets[i], JSON_COMPACT);
    if (saved) {
        host_cursor(host, slice_of(key), slice_of(saved));
        free(saved);
    }
}

struct slice hidden_author(const struct hidden *h, struct slice event_id)
{
    const json_t *list = h->buckets[bucket_of(event_id)];
    for (size_t i = json_array_size(list); i > 0; i--) {
        const json_t *pair = json_array_get(list, i - 1);
        if (slice_equal(at(pair, 0), event_id)) {
            return at(pair, 1);
        }
    }
    return slice_of("");
}
