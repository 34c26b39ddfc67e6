-- What the store keeps. Text that a member wrote, names and author ids stand only inside
-- sealed columns; the key is not in the database.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a judged message revision, as a keyed hash: only to know it again.
CREATE TABLE seen (
    hash  BLOB PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_time ON seen (at_ms);

CREATE TABLE cases (
    id             INTEGER PRIMARY KEY,
    adapter        TEXT NOT NULL,
    space          TEXT NOT NULL,
    channel        TEXT NOT NULL,
    thread         TEXT NOT NULL,
    message_id     TEXT NOT NULL,
    revision       TEXT NOT NULL,
    author_hash    BLOB NOT NULL,
    posted_ms      INTEGER NOT NULL,
    created_ms     INTEGER NOT NULL,
    action         TEXT NOT NULL,
    severity       TEXT,
    target         TEXT NOT NULL,
    monitoring     INTEGER NOT NULL,
    restricted     INTEGER NOT NULL,
    policy         TEXT NOT NULL,
    routes         TEXT NOT NULL,
    purge_after_ms INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'restored')),
    escalated      INTEGER NOT NULL DEFAULT 0,
    claimed_by     TEXT NOT NULL DEFAULT '',
    hidden         INTEGER NOT NULL DEFAULT 0,
    decided_ms     INTEGER
) STRICT;
CREATE INDEX cases_by_state ON cases (state, id);
CREATE INDEX cases_by_purge ON cases (purge_after_ms);
CREATE INDEX cases_by_message ON cases (adapter, channel, message_id);

CREATE TABLE findings (
    case_id    INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    ord        INTEGER NOT NULL,
    category   TEXT NOT NULL,
    target     TEXT NOT NULL,
    severity   TEXT,
    confidence INTEGER NOT NULL,
    start_byte INTEGER NOT NULL,
    end_byte   INTEGER NOT NULL,
    rule       TEXT NOT NULL,
    because    TEXT NOT NULL,
    clauses    TEXT NOT NULL,
    PRIMARY KEY (case_id, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
    case_id INTEGER PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    sealed  BLOB NOT NULL
) STRICT;

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    case_id    INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_ms    INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    fault      TEXT NOT NULL DEFAULT '',
    remote_id  TEXT NOT NULL DEFAULT '',
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_pending ON outbox (next_ms) WHERE state = 'pending';
CREATE INDEX outbox_by_case ON outbox (case_id);

CREATE TABLE decisions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id   INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    kind      TEXT NOT NULL,
    moderator TEXT NOT NULL,
    source    TEXT NOT NULL,
    at_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX decisions_by_case ON decisions (case_id);

-- Append only; each entry's hash covers the one before it.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    what    TEXT NOT NULL,
    case_id INTEGER NOT NULL,
    detail  TEXT NOT NULL,
    hash    BLOB NOT NULL
) STRICT;

CREATE TABLE cursors (
    adapter TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   BLOB NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (adapter, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    day   TEXT NOT NULL,
    name  TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;

-- What the technician must know, once a key.
CREATE TABLE notes (
    adapter  TEXT NOT NULL,
    key      TEXT NOT NULL,
    sentence TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (adapter, key)
) STRICT, WITHOUT ROWID;
