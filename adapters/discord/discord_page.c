// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_page.h"

#include <stdlib.h>

#include "adapters/discord/discord_json.h"

static int by_age(const void *a, const void *b)
{
    uint64_t x = ((const struct discord_paged *)a)->id;
    uint64_t y = ((const struct discord_paged *)b)->id;
    return x < y ? -1 : x > y;
}

enum fault discord_page_take(struct discord_page *p, const json_t *messages)
{
    *p = (struct discord_page){0};
    if (!json_is_array(messages)) {
        return FAULT_INPUT;
    }
    size_t count = json_array_size(messages);
    p->list = calloc(count + 1, sizeof(*p->list));
    if (!p->list) {
        return FAULT_MEMORY;
    }
    p->json = json_incref((json_t *)(uintptr_t)messages);
    p->full = count >= DISCORD_PAGE_MOST;
    for (size_t i = 0; i < count; i++) {
        const json_t *message = json_array_get(messages, i);
        uint64_t id = discord_get_id(message, "id");
        if (id) {
            p->list[p->count++] = (struct discord_paged){id, message};
        }
    }
    qsort(p->list, p->count, sizeof(*p->list), by_age);
    if (p->count) {
        p->lowest = p->list[0].id;
        p->highest = p->list[p->count - 1].id;
    }
    return FAULT_NONE;
}

static bool edited_since(const json_t *message, uint64_t since_ms)
{
    return since_ms &&
           discord_time_ms(discord_get_text(message, "edited_timestamp")) >= since_ms;
}

void discord_page_keep(struct discord_page *p, uint64_t after, uint64_t until,
                       uint64_t edited_since_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct discord_paged *m = &p->list[i];
        bool missed = m->id > after && m->id <= until;
        if (missed || (m->id <= after && edited_since(m->message, edited_since_ms))) {
            p->list[kept++] = *m;
        }
    }
    p->count = kept;
}

void discord_page_drop(struct discord_page *p)
{
    json_decref(p->json);
    free(p->list);
    *p = (struct discord_page){0};
}
