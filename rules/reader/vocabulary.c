// SPDX-License-Identifier: MIT
#include "rules/reader/vocabulary.h"

#include <string.h>

#include "bot/base/utf8.h"

enum {
    UNKNOWN_SCORE = -20 * 65536,
    SCORE_MOST = 80 * 65536, // either way; a chunk's worth of them fits into 32 bits
    NEVER = INT32_MIN
};

static struct slice letters_of(const struct vocabulary *v, size_t i)
{
    return slice_make(v->letters + v->entries[i].at, v->entries[i].len);
}

static int compare(struct slice a, struct slice b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static const char *entry_wrong(const struct vocabulary *v, size_t i, size_t letters_len,
                               size_t rows)
{
    const struct vocabulary_entry *e = &v->entries[i];
    if (e->len == 0 || e->len > PIECE_LETTERS || e->at > letters_len ||
        e->len > letters_len - e->at) {
        return "a piece's letters lie outside";
    }
    if (utf8_valid_len(letters_of(v, i)) != e->len) {
        return "a piece is not valid UTF-8";
    }
    if (e->id < PIECE_FIRST || e->id >= rows) {
        return "a piece has an id that there is no embedding for";
    }
    if (e->score > SCORE_MOST || e->score < -SCORE_MOST) {
        return "a piece's score is out of range";
    }
    if (i > 0 && compare(letters_of(v, i - 1), letters_of(v, i)) >= 0) {
        return "the pieces are not in order";
    }
    return NULL;
}

bool vocabulary_init(struct vocabulary *v, size_t letters_len, size_t rows,
                     const char **wrong)
{
    size_t byte = 0;
    for (size_t i = 0; i < v->count; i++) {
        *wrong = entry_wrong(v, i, letters_len, rows);
        if (*wrong) {
            return false;
        }
        unsigned char begins = (unsigned char)letters_of(v, i).ptr[0];
        while (byte <= begins) {
            v->first[byte++] = (uint32_t)i;
        }
    }
    while (byte <= 256) {
        v->first[byte++] = (uint32_t)v->count;
    }
    return true;
}

static unsigned char byte_at(const struct vocabulary *v, size_t entry, size_t depth)
{
    return (unsigned char)v->letters[v->entries[entry].at + depth];
}

// Of entries low..high-1, which share depth bytes and are longer: the first whose next
// byte is at least c.
static size_t lower_bound(const struct vocabulary *v, size_t low, size_t high,
                          size_t depth, unsigned c)
{
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (byte_at(v, middle, depth) < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct cut {
    int32_t best[PIECE_CHUNK_BYTES + 1]; // of the letters up to here
    uint16_t id[PIECE_CHUNK_BYTES + 1];  // piece that ends here,
    uint8_t from[PIECE_CHUNK_BYTES + 1]; // and where it begins
};

static void offer(struct cut *c, size_t from, size_t to, uint16_t id, int32_t score)
{
    if (score > c->best[to]) {
        c->best[to] = score;
        c->id[to] = id;
        c->from[to] = (uint8_t)from;
    }
}

// All pieces that begin at `from`; one is the length of the character there.
static void offer_from(const struct vocabulary *v, struct cut *c, struct slice chunk,
                       size_t from, size_t one)
{
    const unsigned char *s = (const unsigned char *)chunk.ptr;
    size_t low = v->first[s[from]], high = v->first[s[from] + 1];
    bool whole = false;
    for (size_t depth = 1; low < high; depth++) {
        const struct vocabulary_entry *e = &v->entries[low];
        if (e->len == depth) {
            whole = whole || depth == one;
            offer(c, from, from + depth, e->id, c->best[from] + e->score);
            low++;
        }
        if (from + depth == chunk.len) {
            break;
        }
        low = lower_bound(v, low, high, depth, s[from + depth]);
        high = lower_bound(v, low, high, depth, s[from + depth] + 1u);
    }
    if (!whole) {
        offer(c, from, from + one, PIECE_UNKNOWN, c->best[from] + UNKNOWN_SCORE);
    }
}

size_t vocabulary_cut(const struct vocabulary *v, struct slice chunk, uint16_t *out)
{
    struct cut c;
    chunk = slice_sub(chunk, 0, PIECE_CHUNK_BYTES);
    for (size_t i = 0; i <= chunk.len; i++) {
        c.best[i] = i ? NEVER : 0;
    }
    for (size_t i = 0; i < chunk.len;) {
        uint32_t cp;
        size_t one = utf8_decode(chunk, i, &cp);
        if (one == 0) { // cut inside a character
            chunk.len = i;
            break;
        }
        offer_from(v, &c, chunk, i, one);
        i += one;
    }
    size_t count = 0;
    for (size_t i = chunk.len; i > 0; i = c.from[i]) {
        if (c.id[i] != PIECE_UNKNOWN || count == 0 || out[count - 1] != PIECE_UNKNOWN) {
            out[count++] = c.id[i];
        }
    }
    for (size_t i = 0; i < count / 2; i++) {
        uint16_t kept = out[i];
        out[i] = out[count - 1 - i];
        out[count - 1 - i] = kept;
    }
    return count;
}
