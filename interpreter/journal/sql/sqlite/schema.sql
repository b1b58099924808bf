-- Version 1 of the journal in SQLite. Run inside one transaction.
-- Every `sum` is the CRC-32 of the row's other fields as they were written, because SQLite checks
-- no bytes of its own; a record's `data` is left out of it, being guarded by `hash`.

-- The streams, each with its newest state. `opened` is the order in which they began.
CREATE TABLE heads (
    opened INTEGER PRIMARY KEY,
    stream TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    hash BLOB NOT NULL,
    incident TEXT,
    base_id TEXT,
    origin TEXT,
    group_key TEXT,
    state TEXT,
    severity TEXT,
    is_open INTEGER NOT NULL,
    needs_attention INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX heads_by_id ON heads (base_id) WHERE base_id IS NOT NULL;
CREATE INDEX heads_by_group ON heads (group_key) WHERE group_key IS NOT NULL;
CREATE UNIQUE INDEX heads_open_group ON heads (group_key) WHERE is_open = 1;
CREATE INDEX heads_open ON heads (opened) WHERE is_open = 1;
CREATE INDEX heads_attention ON heads (opened) WHERE needs_attention = 1;

-- The durable facts. `data` are the canonical bytes, `hash` their link in the stream's chain.
CREATE TABLE records (
    seq INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    hash BLOB NOT NULL,
    sum INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (stream, revision)
) STRICT;

CREATE TRIGGER records_never_change BEFORE UPDATE ON records
BEGIN
    SELECT raise(ABORT, 'a record of the journal is never changed');
END;

-- What erased records leave: their place among all records, and the hash that the seals bind.
CREATE TABLE erased (
    seq INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (stream, revision)
) STRICT;

-- Each binds the records up to `size` (seq) by their Merkle root, and chains to the one before.
CREATE TABLE seals (
    size INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    root BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- Roots of complete subtrees of 1,024 records each, so that the tree can be gone on with.
CREATE TABLE spans (
    number INTEGER PRIMARY KEY,
    root BLOB NOT NULL
) STRICT;

CREATE TABLE timers (
    stream TEXT NOT NULL,
    name TEXT NOT NULL,
    due INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (stream, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX timers_due ON timers (due, stream, name);

-- Effects. From `status` on the columns change while an effect is carried out; `sum` is over the
-- others. `data` stands last because the columns before it are read on their own.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    hook TEXT,
    target TEXT NOT NULL,
    team TEXT,
    automation TEXT NOT NULL,
    approved INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    released INTEGER NOT NULL,
    in_doubt INTEGER NOT NULL,
    detail TEXT,
    sum INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX outbox_pending ON outbox (
    seq, not_before, kind, hook, target, team, automation, approved, started_at, released
) WHERE status = 'pending';
CREATE INDEX outbox_claimed ON outbox (claimed_until) WHERE status IN ('claimed', 'held');
-- What limits count: calls that have begun, those under way, and those that nobody approved.
CREATE INDEX outbox_started ON outbox (hook, target, started_at) WHERE kind = 'hook';
CREATE INDEX outbox_running ON outbox (hook, target) WHERE status = 'claimed';
CREATE INDEX outbox_unasked ON outbox (started_at)
WHERE kind = 'hook' AND approved = 0 AND released = 0;

-- Raw payloads by the SHA-256 of their bytes, and when they came first. `data` NULL: erased.
CREATE TABLE payloads (
    digest BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    data BLOB
) STRICT;

CREATE INDEX payloads_at ON payloads (at) WHERE data IS NOT NULL;

CREATE TABLE rulebooks (
    digest TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    sources BLOB NOT NULL
) STRICT;

CREATE TABLE quarantine (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    sum INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

-- One row: `schema`, the version of these tables.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('schema', 1);
