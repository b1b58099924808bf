-- name: lock_control
SELECT pg_advisory_xact_lock(1229736785, 1)

-- name: share_control
SELECT pg_advisory_xact_lock_shared(1229736785, 1)

-- name: try_lock_claims
SELECT pg_try_advisory_xact_lock(1229736785, 2)

-- name: pause
SELECT pg_sleep(0.005)

-- name: known_heads
SELECT opened, stream, revision, hash, incident, base_id, origin, group_key
FROM heads WHERE sha256(stream) = ANY($1::bytea[])

-- name: group_holders
SELECT group_key, stream FROM heads WHERE sha256(group_key) = ANY($1::bytea[]) AND is_open

-- name: open_heads
WITH numbered AS MATERIALIZED (
    SELECT nextval('opening_order') AS opened, n.*
    FROM unnest(
        $1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[],
        $8::bytea[], $9::bytea[], $10::boolean[], $11::boolean[], $12::bigint[], $13::bigint[],
        $14::bytea[], $15::bigint[]
    ) AS n (
        stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
        needs_attention, created_at, updated_at, data, sum
    )
)
INSERT INTO heads (
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
)
SELECT * FROM numbered ORDER BY group_key, stream
RETURNING stream, opened

-- name: advance_heads
UPDATE heads SET
    revision = n.revision, hash = n.hash, state = n.state, severity = n.severity,
    is_open = n.is_open, needs_attention = n.needs_attention, created_at = n.created_at,
    updated_at = n.updated_at, data = n.data, sum = n.sum
FROM unnest(
    $1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::boolean[], $6::boolean[],
    $7::bigint[], $8::bigint[], $9::bytea[], $10::bigint[], $11::bytea[], $12::bigint[]
) AS n (
    revision, hash, state, severity, is_open, needs_attention, created_at, updated_at, data, sum,
    digest, expected
)
JOIN heads AS before ON sha256(before.stream) = n.digest AND before.revision = n.expected
WHERE heads.opened = before.opened AND heads.revision = n.expected
RETURNING
    before.opened, before.stream, before.revision, before.hash, before.incident, before.base_id,
    before.origin, before.group_key

-- name: append_records
INSERT INTO records (place, revision, at, hash, sum, data)
SELECT * FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bytea[]
)

-- name: clear_timers
DELETE FROM timers USING unnest($1::bytea[], $2::bytea[], $3::bigint[]) AS n (stream, name, due)
WHERE
    sha256(timers.stream) = sha256(n.stream) AND sha256(timers.name) = sha256(n.name)
    AND timers.due = n.due

-- name: set_timers
INSERT INTO timers (stream, name, due, sum)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[])
ON CONFLICT (sha256(stream), sha256(name)) DO UPDATE SET due = excluded.due, sum = excluded.sum

-- name: add_effects
INSERT INTO outbox (
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
)
SELECT * FROM unnest(
    $1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[],
    $8::bytea[], $9::bytea[], $10::boolean[], $11::bigint[], $12::bytea[], $13::bigint[],
    $14::text[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::boolean[],
    $20::boolean[], $21::bytea[]
)

-- name: end_effects
WITH locked AS (
    SELECT seq, key FROM outbox WHERE sha256(key) = ANY($1::bytea[]) ORDER BY seq FOR UPDATE
)
UPDATE outbox SET
    status = CASE
        WHEN n.status = 'cancelled' AND outbox.in_doubt THEN 'claimed' ELSE n.status
    END,
    detail = CASE
        WHEN n.status = 'cancelled' AND outbox.in_doubt THEN outbox.detail ELSE n.detail
    END,
    claimed_until = CASE WHEN n.status = 'cancelled' AND outbox.in_doubt THEN 1 ELSE 0 END
FROM locked, unnest($2::bytea[], $3::text[], $4::bytea[]) AS n (key, status, detail)
WHERE
    outbox.seq = locked.seq AND n.key = locked.key
    AND CASE n.status
        WHEN 'cancelled' THEN outbox.status IN ('pending', 'held')
        WHEN 'dropped' THEN outbox.status IN ('pending', 'held', 'dead')
        WHEN 'held' THEN outbox.status = 'held'
        ELSE true
    END

-- name: send_on_effects
WITH locked AS (
    SELECT seq FROM outbox WHERE sha256(key) = ANY($1::bytea[]) ORDER BY seq FOR UPDATE
)
UPDATE outbox SET status = 'pending', not_before = 0, claimed_until = 0, released = true
FROM locked WHERE outbox.seq = locked.seq AND outbox.status IN ('pending', 'held', 'dead')

-- name: control_head
SELECT
    stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM heads WHERE sha256(stream) = sha256($1::bytea)

-- name: claimable_effects
SELECT seq, kind, hook, target, team, automation, approved, started_at, released FROM outbox
WHERE
    status = 'pending' AND (not_before <= $1 OR claimed_until > $5) AND seq > $2
    AND ($3 OR kind <> 'hook')
ORDER BY seq LIMIT $4

-- name: usage
SELECT
    (
        SELECT count(*) FROM outbox AS o
        WHERE o.kind = 'hook' AND o.hook = n.hook AND o.target = n.target AND o.started_at > n.since
    ),
    (
        SELECT count(*) FROM outbox AS o
        WHERE o.status = 'claimed' AND o.hook = n.hook AND o.target = n.target
    )
FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) WITH ORDINALITY
    AS n (hook, target, since, place)
ORDER BY n.place

-- name: unasked
SELECT count(*) FROM outbox
WHERE kind = 'hook' AND NOT approved AND NOT released AND started_at > $1

-- name: claim_effects
WITH taken AS (
    SELECT seq FROM outbox WHERE seq = ANY($1::bigint[]) AND status = 'pending'
    ORDER BY seq FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET
    status = 'claimed', attempt = attempt + 1, claimed_until = $2,
    started_at = CASE started_at WHEN 0 THEN $3 ELSE started_at END
FROM taken WHERE outbox.seq = taken.seq
RETURNING
    outbox.key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail, outbox.seq

-- name: hold_effects
WITH n AS (
    SELECT outbox.seq, n.detail
    FROM outbox JOIN unnest($1::bigint[], $2::bytea[]) AS n (seq, detail) ON outbox.seq = n.seq
    WHERE outbox.status = 'pending' ORDER BY outbox.seq FOR UPDATE OF outbox SKIP LOCKED
)
UPDATE outbox SET status = 'held', claimed_until = $3, detail = n.detail
FROM n WHERE outbox.seq = n.seq
RETURNING
    outbox.key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, outbox.detail, outbox.seq

-- name: claimed_effects
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox
WHERE sha256(key) = ANY($1::bytea[]) AND status IN ('claimed', 'held') AND claimed_until = $2
ORDER BY seq FOR UPDATE

-- name: renew_claims
UPDATE outbox SET claimed_until = greatest(claimed_until, $3)
FROM unnest($1::bytea[], $2::bigint[]) AS n (key, attempt)
WHERE
    sha256(outbox.key) = sha256(n.key) AND outbox.status = 'claimed'
    AND outbox.attempt = n.attempt

-- name: release_effect
UPDATE outbox SET
    status = 'pending', claimed_until = $5, not_before = $2, detail = $3,
    in_doubt = in_doubt OR $6
WHERE
    sha256(key) = sha256($1::bytea) AND status = 'claimed'
    AND ($4::bigint IS NULL OR attempt = $4)

-- name: keep_payloads
INSERT INTO payloads (digest, at, data)
SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])
ON CONFLICT DO NOTHING

-- name: keep_rulebook
INSERT INTO rulebooks (digest, at, sources, sum) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: quarantine
INSERT INTO quarantine (id, at, source, reason, data, sum)
SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bigint[])
ON CONFLICT DO NOTHING

-- name: has_record
SELECT EXISTS (
    SELECT FROM records JOIN heads ON heads.opened = records.place
    WHERE sha256(heads.stream) = sha256($1::bytea) AND records.revision = $2 AND records.hash = $3
)

-- name: has_effect
SELECT EXISTS (SELECT FROM outbox WHERE sha256(key) = sha256($1::bytea) AND data = $2)
