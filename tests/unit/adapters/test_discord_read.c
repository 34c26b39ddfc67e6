// SPDX-License-Identifier: MIT
//
// A channel, a server that gives pages of it, and sessions that come and go.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_read.h"
#include "unit/check.h"

enum { MESSAGES_MOST = 6000, EDITED_MS = 1700000000 };

struct world {
    uint64_t ids[MESSAGES_MOST]; // in order
    bool gone[MESSAGES_MOST], edited[MESSAGES_MOST];
    unsigned handed[MESSAGES_MOST]; // times
    size_t count;
    struct discord_channel c;
    uint64_t now_ms;
    unsigned pages, seed;
    bool down; // no session brings anything
};

static unsigned chance(struct world *w, unsigned of)
{
    w->seed = w->seed * 1103515245u + 12345u;
    return (w->seed >> 16) % of;
}

// Posts a message; live: a session brings it.
static void post(struct world *w, bool live)
{
    w->now_ms += 20 + chance(w, 160);
    w->ids[w->count++] = w->now_ms << 22 | chance(w, 1000);
    if (live && !w->down) {
        w->handed[w->count - 1]++;
        discord_reach_live(&w->c.reach, w->ids[w->count - 1]);
    }
}

static void lose(struct world *w, size_t missed)
{
    for (size_t i = 0; i < missed; i++) {
        post(w, false);
    }
    w->down = false;
    discord_reach_lost(&w->c.reach);
    discord_reach_settle(&w->c.reach, w->count ? w->ids[w->count - 1] : 0);
}

static json_t *message_at(const struct world *w, size_t at)
{
    char id[DISCORD_ID_BYTES];
    char when[40];
    discord_id_text(w->ids[at], id);
    discord_time_text(EDITED_MS, when);
    return w->edited[at] ? json_pack("{ss ss}", "id", id, "edited_timestamp", when)
                         : json_pack("{ss sn}", "id", id, "edited_timestamp");
}

// What the server answers to that path; most: a short page.
static json_t *answer(struct world *w, const char *path, size_t most)
{
    const char *after = strstr(path, "&after=");
    const char *before = strstr(path, "&before=");
    uint64_t low = after ? strtoull(after + 7, NULL, 10) : 0;
    uint64_t high = before ? strtoull(before + 8, NULL, 10) : UINT64_MAX;
    json_t *page = json_array();
    w->pages++;
    for (size_t n = 0; n < w->count && json_array_size(page) < most; n++) {
        size_t i = after ? n : w->count - 1 - n;
        if (!w->gone[i] && w->ids[i] > low && w->ids[i] < high) {
            json_array_append_new(page, message_at(w, i));
        }
    }
    return page;
}

static void hand(struct world *w, const struct discord_read *r, uint64_t id)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->ids[i] == id) {
            w->handed[i]++;
        }
    }
    discord_read_handed(r, &w->c, id);
}

// One page; false: nothing is to be read. during runs between the question and the end.
static bool read_page(struct world *w, size_t most, void (*during)(struct world *w))
{
    struct discord_read r;
    struct discord_page p;
    char path[READ_PATH_BYTES];
    if (!discord_read_plan(&r, &w->c)) {
        return false;
    }
    discord_read_path(&r, 1, path);
    json_t *json = answer(w, path, most);
    if (during) {
        during(w);
    }
    CHECK_INT(discord_page_take(&p, json), FAULT_NONE);
    json_decref(json);
    discord_read_sort(&r, &w->c, &p);
    for (p.at = 0; p.at < p.count; p.at++) {
        CHECK(p.at == 0 || p.list[p.at - 1].id < p.list[p.at].id);
        hand(w, &r, p.list[p.at].id);
    }
    discord_read_done(&r, &w->c, &p);
    discord_page_drop(&p);
    return true;
}

static void read_all(struct world *w)
{
    for (unsigned n = 0; read_page(w, DISCORD_PAGE_MOST, NULL); n++) {
        CHECK(n < 1000);
    }
}

static void check_whole(const struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        CHECK(w->handed[i] || w->gone[i]);
    }
    CHECK_INT(w->c.reach.count, 0);
}

static struct world *make(size_t live)
{
    struct world *w = calloc(1, sizeof(*w));
    w->seed = 1;
    for (size_t i = 0; i < live; i++) {
        post(w, true);
    }
    return w;
}

TEST(read__a_gap_is_read_and_nothing_beside_it)
{
    struct world *w = make(500);
    lose(w, 250);
    for (int i = 0; i < 500; i++) {
        post(w, true);
    }
    read_all(w);
    check_whole(w);
    size_t twice = 0;
    for (size_t i = 0; i < w->count; i++) {
        twice += w->handed[i] > 1;
    }
    CHECK(twice <= 40); // a second on either side
    CHECK(w->pages <= 4);
    free(w);
}

TEST(read__a_short_gap_and_the_edits_before_it_are_one_page)
{
    struct world *w = make(500);
    w->edited[480] = true;
    w->c.edits_since_ms = EDITED_MS;
    lose(w, 40);
    for (int i = 0; i < 300; i++) {
        post(w, true);
    }
    read_all(w);
    check_whole(w);
    CHECK_INT(w->pages, 1);
    CHECK_INT(w->handed[480], 2);
    CHECK(w->c.edits_since_ms == 0);
    free(w);
}

TEST(read__a_long_gap_is_read_from_its_beginning_and_the_edits_after_it)
{
    struct world *w = make(500);
    w->edited[450] = true;
    w->c.edits_since_ms = EDITED_MS;
    lose(w, 350);
    read_all(w);
    check_whole(w);
    CHECK_INT(w->handed[450], 2);
    CHECK(w->pages <= 7);
    free(w);
}

TEST(read__edits_alone_are_one_page)
{
    struct world *w = make(50);
    w->edited[3] = true;
    w->c.edits_since_ms = EDITED_MS;
    w->c.edits_due = true;
    read_all(w);
    CHECK_INT(w->pages, 1);
    CHECK_INT(w->handed[3], 2);
    CHECK_INT(w->handed[4], 1);
    free(w);
}

TEST(read__a_short_page_proves_nothing)
{
    struct world *w = make(300);
    w->c.edits_since_ms = EDITED_MS;
    lose(w, 60);
    for (int i = 0; i < 20; i++) {
        post(w, true);
    }
    while (read_page(w, 7, NULL)) {
    }
    check_whole(w);
    free(w);
}

TEST(read__a_last_message_that_is_gone_ends_it)
{
    struct world *w = make(10);
    lose(w, 5);
    w->gone[w->count - 1] = true;
    read_all(w);
    check_whole(w);
    CHECK(w->pages <= 2);
    free(w);
}

TEST(read__a_page_beyond_its_gap_tells_nothing_of_what_is_missed_there)
{
    struct world *w = make(50);
    lose(w, 5);
    for (int i = 0; i < 30; i++) {
        post(w, true);
    }
    w->down = true;
    for (int i = 0; i < 30; i++) {
        post(w, false);
    }
    read_all(w);
    CHECK_INT(w->c.reach.count, 0);
    lose(w, 5);
    read_all(w);
    check_whole(w);
    free(w);
}

static void lose_again(struct world *w)
{
    if (w->pages == 1) {
        lose(w, 30);
    }
}

TEST(read__a_session_lost_while_a_page_is_out_loses_nothing)
{
    for (int edits = 0; edits < 2; edits++) {
        struct world *w = make(200);
        w->c.edits_since_ms = edits ? EDITED_MS : 0;
        lose(w, 30);
        while (read_page(w, DISCORD_PAGE_MOST, lose_again)) {
        }
        check_whole(w);
        free(w);
    }
}

static void anything(struct world *w)
{
    for (unsigned n = chance(w, 4); n > 0; n--) {
        switch (chance(w, 7)) {
        case 0:
            lose(w, chance(w, 3) ? chance(w, 40) : chance(w, 300));
            break;
        case 1:
            w->gone[chance(w, (unsigned)w->count)] = true;
            break;
        case 2:
            w->c.edits_since_ms = chance(w, 2) ? EDITED_MS : w->c.edits_since_ms;
            w->edited[chance(w, (unsigned)w->count)] = true;
            break;
        case 3:
            w->down = true; // until the next session
            for (unsigned missed = chance(w, 30); missed > 0; missed--) {
                post(w, false);
            }
            break;
        default:
            for (unsigned live = chance(w, 60); live > 0; live--) {
                post(w, true);
            }
            break;
        }
    }
}

// Whatever happens, a crash at any moment would lose nothing: all up to the cursor was
// handed over.
TEST(read__whatever_happens_nothing_is_lost)
{
    for (unsigned seed = 1; seed <= 300; seed++) {
        struct world *w = make(30);
        w->seed = seed * 2654435761u;
        while (w->count < MESSAGES_MOST - 2000) {
            anything(w);
            unsigned most = chance(w, 5) ? DISCORD_PAGE_MOST : 1 + chance(w, 60);
            read_page(w, most, chance(w, 3) ? NULL : anything);
            uint64_t cursor = discord_reach_cursor(&w->c.reach);
            for (size_t i = 0; i < w->count && w->ids[i] <= cursor; i++) {
                CHECK(w->handed[i] || w->gone[i]);
            }
        }
        lose(w, 1);
        read_all(w);
        check_whole(w);
        free(w);
    }
}

TEST(read__pages_that_are_none_are_refused)
{
    struct discord_page p;
    json_t *object = json_object();
    CHECK_INT(discord_page_take(&p, object), FAULT_INPUT);
    json_decref(object);
    json_t *odd = json_pack("[n s {si} {ss}]", "x", "id", 5, "id", "7");
    CHECK_INT(discord_page_take(&p, odd), FAULT_NONE);
    CHECK_INT(p.count, 1);
    CHECK(p.lowest == 7 && p.highest == 7 && !p.full);
    discord_page_drop(&p);
    discord_page_drop(&p);
    json_decref(odd);
}

int main(void)
{
    return RUN(UNIT(read__a_gap_is_read_and_nothing_beside_it),
               UNIT(read__a_short_gap_and_the_edits_before_it_are_one_page),
               UNIT(read__a_long_gap_is_read_from_its_beginning_and_the_edits_after_it),
               UNIT(read__edits_alone_are_one_page),
               UNIT(read__a_short_page_proves_nothing),
               UNIT(read__a_last_message_that_is_gone_ends_it),
               UNIT(read__a_page_beyond_its_gap_tells_nothing_of_what_is_missed_there),
               UNIT(read__a_session_lost_while_a_page_is_out_loses_nothing),
               UNIT(read__whatever_happens_nothing_is_lost),
               UNIT(read__pages_that_are_none_are_refused));
}
