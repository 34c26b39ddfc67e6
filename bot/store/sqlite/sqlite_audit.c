// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "bot/store/sqlite/sqlite_db.h"

static void entry_hash(struct slice prev, int64_t seq, int64_t at_ms,
                       struct slice actor, struct slice what, int64_t case_id,
                       struct slice detail, unsigned char out[SEAL_CHAIN_BYTES])
{
    char numbers[96];
    int n = snprintf(numbers, sizeof(numbers), "%lld %lld %lld", (long long)seq,
                     (long long)at_ms, (long long)case_id);
    struct slice parts[] = {prev, slice_make(numbers, (size_t)n), actor, what, detail};
    seal_chain(parts, sizeof(parts) / sizeof(parts[0]), out);
}

static enum fault read_head(struct backend *b, struct why *why)
{
    if (b->head_known) {
        return FAULT_NONE;
    }
    struct row row =
        db_query(b, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", "");
    memset(b->head_hash, 0, sizeof(b->head_hash));
    b->head_seq = 0;
    if (row.rc == SQLITE_ROW) {
        struct slice hash = row_slice(&row, 1);
        b->head_seq = (uint64_t)row_i64(&row, 0);
        memcpy(b->head_hash, hash.ptr,
               hash.len < SEAL_CHAIN_BYTES ? hash.len : SEAL_CHAIN_BYTES);
    }
    enum fault f = db_done(b, &row, why);
    b->head_known = f == FAULT_NONE;
    return f;
}

enum fault audit_append(struct backend *b, uint64_t now_ms, struct slice actor,
                        const char *what, uint64_t case_id, struct slice detail,
                        struct why *why)
{
    enum fault f = read_head(b, why);
    if (f) {
        return f;
    }
    struct slice said = slice_of(what);
    unsigned char hash[SEAL_CHAIN_BYTES];
    int64_t seq = (int64_t)b->head_seq + 1;
    entry_hash(slice_make((const char *)b->head_hash, SEAL_CHAIN_BYTES), seq,
               (int64_t)now_ms, actor, said, (int64_t)case_id, detail, hash);
    struct slice blob = slice_make((const char *)hash, sizeof(hash));
    f = db_exec(b, why,
                "INSERT INTO audit (seq, at_ms, actor, what, case_id, detail, hash)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                "iittitb", seq, (int64_t)now_ms, &actor, &said, (int64_t)case_id,
                &detail, &blob);
    if (f == FAULT_NONE) {
        b->head_seq = (uint64_t)seq;
        memcpy(b->head_hash, hash, sizeof(hash));
    }
    return f;
}

enum fault audit_sign(struct backend *b, struct why *why)
{
    if (!b->head_known || b->head_seq == 0) {
        return FAULT_NONE; // nothing was appended
    }
    unsigned char signature[SEAL_CHAIN_BYTES];
    seal_head(b->key, slice_make((const char *)b->head_hash, SEAL_CHAIN_BYTES),
              signature);
    struct slice blob = slice_make((const char *)signature, sizeof(signature));
    return db_exec(b, why,
                   "INSERT INTO meta (key, value) VALUES ('audit_head', ?)"
                   " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                   "b", &blob);
}

static enum fault check_signature(struct backend *b, struct slice last,
                                  uint64_t entries, uint64_t *bad_seq, struct why *why)
{
    unsigned char want[SEAL_CHAIN_BYTES];
    seal_head(b->key, last, want);
    struct row row = db_query(b, "SELECT value FROM meta WHERE key = 'audit_head'", "");
    bool there = row.rc == SQLITE_ROW;
    bool good = there ? slice_equal(row_slice(&row, 0),
                                    slice_make((const char *)want, sizeof(want)))
                      : entries == 0;
    enum fault f = db_done(b, &row, why);
    if (f == FAULT_NONE && !good) {
        *bad_seq = entries + 1;
        return fault_say(
            why, FAULT_INPUT,
            "the end of the audit chain is not the one that was signed: entries "
            "were cut off or added after entry %llu",
            (unsigned long long)entries);
    }
    return f;
}

enum fault backend_audit_verify(struct backend *b, uint64_t *entries, uint64_t *bad_seq,
                                struct why *why)
{
    unsigned char prev[SEAL_CHAIN_BYTES] = {0};
    uint64_t count = 0;
    // One read transaction: entries and signature of the same moment.
    enum fault f = db_exec(b, why, "BEGIN", "");
    if (f) {
        return f;
    }
    struct row row = db_query(b,
                              "SELECT seq, at_ms, actor, what, case_id, detail, hash"
                              " FROM audit ORDER BY seq",
                              "");
    enum fault found = FAULT_NONE;
    for (; row.rc == SQLITE_ROW && found == FAULT_NONE; db_next(&row)) {
        unsigned char hash[SEAL_CHAIN_BYTES];
        entry_hash(slice_make((const char *)prev, sizeof(prev)), row_i64(&row, 0),
                   row_i64(&row, 1), row_slice(&row, 2), row_slice(&row, 3),
                   row_i64(&row, 4), row_slice(&row, 5), hash);
        bool next = row_i64(&row, 0) == (int64_t)count + 1;
        if (!next || !slice_equal(row_slice(&row, 6),
                                  slice_make((const char *)hash, sizeof(hash)))) {
            *bad_seq = count + 1;
            found = fault_say(why, FAULT_INPUT,
                              "audit entry %llu was changed, removed or inserted",
                              (unsigned long long)(count + 1));
            break;
        }
        memcpy(prev, hash, sizeof(prev));
        count++;
    }
    f = db_done(b, &row, found ? NULL : why);
    *entries = count;
    if (found == FAULT_NONE && f == FAULT_NONE) {
        found = check_signature(b, slice_make((const char *)prev, sizeof(prev)), count,
                                bad_seq, why);
    }
    backend_rollback(b);
    return found ? found : f;
}
