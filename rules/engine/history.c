// SPDX-License-Identifier: MIT
#include "rules/engine/history.h"

#include <stdlib.h>
#include <string.h>

#include "rules/taxonomy.h"

enum { WAYS = 8, CHANNELS_MOST = 1 << 20 };

static const char MAGIC[8] = "HMHIST2\n";

struct history {
    struct past_channel *channels; // sets of WAYS
    size_t sets;
    uint64_t clock; // messages so far
};

enum fault history_create(struct history **out, size_t channels, struct why *why)
{
    *out = NULL;
    if (channels == 0) {
        return FAULT_NONE;
    }
    if (channels > CHANNELS_MOST) {
        return fault_say(why, FAULT_LIMIT, "at most %d channels can be remembered",
                         CHANNELS_MOST);
    }
    struct history *h = calloc(1, sizeof(*h));
    if (h) {
        h->sets = (channels + WAYS - 1) / WAYS;
        h->channels = calloc(h->sets * WAYS, sizeof(*h->channels));
    }
    if (!h || !h->channels) {
        history_destroy(h);
        return fault_say(why, FAULT_MEMORY, "out of memory for the history");
    }
    *out = h;
    return FAULT_NONE;
}

void history_destroy(struct history *h)
{
    if (h) {
        free(h->channels);
        free(h);
    }
}

static struct past_channel *find(struct history *h, uint64_t key)
{
    struct past_channel *set = h->channels + (key >> 8) % h->sets * WAYS;
    struct past_channel *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            return &set[i];
        }
        if (set[i].used < oldest->used) {
            oldest = &set[i];
        }
    }
    *oldest = (struct past_channel){.key = key};
    return oldest;
}

struct past_channel *history_channel(struct history *h, struct slice id)
{
    if (!h || id.len == 0) {
        return NULL;
    }
    struct past_channel *c = find(h, slice_hash(id) | 1);
    c->used = ++h->clock;
    return c;
}

const struct past *past_back(const struct past_channel *c, size_t n)
{
    if (n >= c->count) {
        return NULL;
    }
    return &c->ring[(c->next + HISTORY_RING - 1 - n) % HISTORY_RING];
}

void past_add(struct past_channel *c, const struct past *p)
{
    c->ring[c->next] = *p;
    c->next = (c->next + 1) % HISTORY_RING;
    c->count += c->count < HISTORY_RING;
}

static enum fault add_bytes(struct text *out, const void *bytes, size_t len)
{
    return text_add(out, slice_make(bytes, len));
}

enum fault history_save(const struct history *h, struct text *out)
{
    enum fault f = add_bytes(out, MAGIC, sizeof(MAGIC));
    for (size_t i = 0; h && !f && i < h->sets * WAYS; i++) {
        const struct past_channel *c = &h->channels[i];
        if (c->key == 0 || c->count == 0) {
            continue;
        }
        uint64_t head[3] = {c->key, c->used, c->count};
        f = add_bytes(out, head, sizeof(head));
        for (size_t n = c->count; n > 0 && !f; n--) {
            f = add_bytes(out, past_back(c, n - 1), sizeof(struct past));
        }
    }
    return f;
}

static bool take(struct slice *rest, void *out, size_t len)
{
    if (rest->len < len) {
        return false;
    }
    memcpy(out, rest->ptr, len);
    *rest = slice_sub(*rest, len, rest->len);
    return true;
}

static bool load_channel(struct history *h, struct slice *rest)
{
    uint64_t head[3];
    if (!take(rest, head, sizeof(head)) || head[0] == 0 || head[2] > HISTORY_RING) {
        return false;
    }
    struct past_channel *c = find(h, head[0]);
    c->used = head[1];
    h->clock = head[1] > h->clock ? head[1] : h->clock;
    for (uint64_t i = 0; i < head[2]; i++) {
        struct past p;
        if (!take(rest, &p, sizeof(p)) || p.target >= TARGET_COUNT ||
            p.attacked >= TARGET_COUNT) {
            return false;
        }
        past_add(c, &p);
    }
    return true;
}

enum fault history_load(struct history *h, struct slice saved, struct why *why)
{
    char magic[sizeof(MAGIC)];
    bool ok = saved.len == 0 || (take(&saved, magic, sizeof(magic)) &&
                                 memcmp(magic, MAGIC, sizeof(MAGIC)) == 0);
    while (h && ok && saved.len) {
        ok = load_channel(h, &saved);
    }
    if (ok) {
        return FAULT_NONE;
    }
    if (h) {
        memset(h->channels, 0, h->sets * WAYS * sizeof(*h->channels));
        h->clock = 0;
    }
    return fault_say(why, FAULT_INPUT, "the saved history cannot be read");
}
