-- The journal in PostgreSQL. Run inside one transaction, with the journal's schema first in the
-- search path.
--
-- Names and other texts that may hold what a sender wrote are UTF-8 in `bytea`: PostgreSQL's text
-- refuses U+0000, and bytes sort by code point whatever the server's collation. They are found by
-- their SHA-256, because an index entry may not be longer than a third of a page. Times are
-- nanoseconds since 1970. Every `sum` is the CRC-32 of the row's other fields as they were written;
-- a record's `data` is left out of it, being guarded by `hash`.

CREATE SEQUENCE opening_order;

-- The streams, each with its newest state. `opened` is the order in which they began. Room is left
-- in each page, so that a head is replaced where it stands.
CREATE TABLE heads (
    opened bigint PRIMARY KEY,
    stream bytea NOT NULL,
    revision bigint NOT NULL,
    hash bytea NOT NULL,
    incident bytea,
    base_id bytea,
    origin bytea,
    group_key bytea,
    state bytea,
    severity bytea,
    is_open boolean NOT NULL,
    needs_attention boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    sum bigint NOT NULL,
    data bytea NOT NULL
) WITH (fillfactor = 60);

CREATE UNIQUE INDEX heads_stream ON heads (sha256(stream));
CREATE UNIQUE INDEX heads_open_group ON heads (sha256(group_key)) WHERE is_open;
CREATE INDEX heads_by_id ON heads (sha256(base_id), opened) WHERE incident IS NOT NULL;
CREATE INDEX heads_by_group ON heads (sha256(group_key), opened) WHERE incident IS NOT NULL;
CREATE INDEX heads_open ON heads (opened) WHERE is_open;
CREATE INDEX heads_attention ON heads (opened) WHERE needs_attention;

-- The durable facts. `place` is the `opened` of the record's stream, `data` are the canonical
-- bytes, `hash` is their link in the stream's chain, `xid` the transaction that wrote them.
CREATE TABLE records (
    place bigint NOT NULL,
    revision bigint NOT NULL,
    at bigint NOT NULL,
    hash bytea NOT NULL,
    sum bigint NOT NULL,
    data bytea NOT NULL,
    xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    PRIMARY KEY (place, revision)
);

CREATE INDEX records_xid ON records (xid);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a record of the journal is never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER records_never_change BEFORE UPDATE ON records
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The order of all records, given to them as they are sealed. A leaf stays when its record is
-- erased, and keeps its hash.
CREATE TABLE leaves (
    number bigint PRIMARY KEY,
    place bigint NOT NULL,
    revision bigint NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (place, revision)
);

-- Each binds the records up to number `size` by their Merkle root, and chains to the one before.
-- All that was written by transactions below `horizon` is sealed.
CREATE TABLE seals (
    size bigint PRIMARY KEY,
    at bigint NOT NULL,
    root bytea NOT NULL,
    hash bytea NOT NULL,
    horizon bigint NOT NULL
);

-- Roots of complete subtrees of 1,024 records each, so that the tree can be gone on with.
CREATE TABLE spans (
    number bigint PRIMARY KEY,
    root bytea NOT NULL
);

CREATE TABLE timers (
    stream bytea NOT NULL,
    name bytea NOT NULL,
    due bigint NOT NULL,
    sum bigint NOT NULL
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX timers_place ON timers (sha256(stream), sha256(name));
CREATE INDEX timers_due ON timers (due);

-- Effects. From `status` on the columns change while an effect is carried out; `sum` is over the
-- others.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key bytea NOT NULL,
    stream bytea NOT NULL,
    revision bigint NOT NULL,
    path bytea NOT NULL,
    kind bytea NOT NULL,
    hook bytea,
    target bytea NOT NULL,
    team bytea,
    automation bytea NOT NULL,
    approved boolean NOT NULL,
    created_at bigint NOT NULL,
    data bytea NOT NULL,
    sum bigint NOT NULL,
    status text NOT NULL CHECK (
        status IN ('pending', 'claimed', 'held', 'done', 'dead', 'cancelled', 'dropped')
    ),
    attempt bigint NOT NULL,
    not_before bigint NOT NULL,
    claimed_until bigint NOT NULL,
    started_at bigint NOT NULL,
    released boolean NOT NULL,
    in_doubt boolean NOT NULL,
    detail bytea
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX outbox_key ON outbox (sha256(key));
CREATE INDEX outbox_pending ON outbox (seq) WHERE status = 'pending';
CREATE INDEX outbox_claimed ON outbox (claimed_until) WHERE status IN ('claimed', 'held');
-- What limits count: calls that have begun, those under way, and those that nobody approved.
CREATE INDEX outbox_started ON outbox (hook, target, started_at) WHERE kind = 'hook';
CREATE INDEX outbox_running ON outbox (hook, target) WHERE status = 'claimed';
CREATE INDEX outbox_unasked ON outbox (started_at)
WHERE kind = 'hook' AND NOT approved AND NOT released;

-- Raw payloads by the SHA-256 of their bytes, and when they came first. `data` NULL: erased.
CREATE TABLE payloads (
    digest bytea PRIMARY KEY,
    at bigint NOT NULL,
    data bytea
);

CREATE INDEX payloads_at ON payloads (at) WHERE data IS NOT NULL;

CREATE TABLE rulebooks (
    digest bytea NOT NULL,
    at bigint NOT NULL,
    sources bytea NOT NULL,
    sum bigint NOT NULL
);

CREATE UNIQUE INDEX rulebooks_digest ON rulebooks (sha256(digest));

CREATE TABLE quarantine (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bytea NOT NULL,
    at bigint NOT NULL,
    source bytea NOT NULL,
    reason bytea NOT NULL,
    data bytea NOT NULL,
    sum bigint NOT NULL
);

CREATE UNIQUE INDEX quarantine_id ON quarantine (sha256(id));

-- For people with psql; the program never reads them. `escape` shows what is no ASCII as \ooo.
CREATE VIEW readable_heads AS
SELECT
    opened, encode(stream, 'escape') AS stream, revision, encode(state, 'escape') AS state,
    encode(severity, 'escape') AS severity, is_open, needs_attention,
    encode(group_key, 'escape') AS group_key,
    to_timestamp(created_at / 1e9) AS created_at, to_timestamp(updated_at / 1e9) AS updated_at
FROM heads;

CREATE VIEW readable_records AS
SELECT
    encode(heads.stream, 'escape') AS stream, records.revision,
    to_timestamp(records.at / 1e9) AS at, convert_from(records.data, 'UTF8') AS record
FROM records JOIN heads ON heads.opened = records.place;

CREATE VIEW readable_outbox AS
SELECT
    seq, encode(key, 'escape') AS key, encode(stream, 'escape') AS stream, revision,
    encode(kind, 'escape') AS kind, encode(hook, 'escape') AS hook, approved, status, attempt, in_doubt,
    to_timestamp(not_before / 1e9) AS not_before,
    to_timestamp(claimed_until / 1e9) AS claimed_until, encode(detail, 'escape') AS detail
FROM outbox;
