-- name: lock_sealing
SELECT pg_try_advisory_xact_lock(1229736785, 2)

-- name: horizon
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint

-- name: last_seal
SELECT size, at, root, hash, horizon FROM seals ORDER BY size DESC LIMIT 1

-- name: unsealed
SELECT place, revision, at, hash FROM records
WHERE
    xid >= $1 AND xid < $2
    AND NOT EXISTS (
        SELECT FROM leaves
        WHERE leaves.place = records.place AND leaves.revision = records.revision
    )
ORDER BY xid, place, revision LIMIT $3

-- name: spans
SELECT root FROM spans ORDER BY number

-- name: hashes
SELECT hash FROM leaves WHERE number > $1 ORDER BY number

-- name: add_leaves
INSERT INTO leaves (number, place, revision, hash)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[])

-- name: add_seal
INSERT INTO seals (size, at, root, hash, horizon) VALUES ($1, $2, $3, $4, $5)

-- name: add_span
INSERT INTO spans (number, root) VALUES ($1, $2)

-- name: has_unsealed
SELECT EXISTS (
    SELECT FROM records JOIN heads ON heads.opened = records.place
    WHERE
        sha256(heads.stream) = $1 AND records.revision < $2
        AND NOT EXISTS (
            SELECT FROM leaves
            WHERE leaves.place = records.place AND leaves.revision = records.revision
        )
)

-- name: erase_records
DELETE FROM records USING heads
WHERE sha256(heads.stream) = $1 AND heads.opened = records.place AND records.revision < $2

-- name: erase_effects
DELETE FROM outbox WHERE sha256(stream) = $1

-- name: erase_timers
DELETE FROM timers WHERE sha256(stream) = $1

-- name: erase_payloads
UPDATE payloads SET data = NULL WHERE digest = ANY($1::bytea[])

-- name: erase_head
UPDATE heads SET incident = NULL, base_id = NULL, origin = NULL, group_key = NULL
WHERE sha256(stream) = $1

-- name: log
SELECT
    leaves.number, heads.stream, leaves.revision, coalesce(records.hash, leaves.hash),
    records.at, records.data
FROM leaves
LEFT JOIN records ON records.place = leaves.place AND records.revision = leaves.revision
LEFT JOIN heads ON heads.opened = leaves.place
WHERE leaves.number > $1
ORDER BY leaves.number

-- name: unsealed_log
SELECT 0, heads.stream, records.revision, records.hash, records.at, records.data
FROM records LEFT JOIN heads ON heads.opened = records.place
WHERE NOT EXISTS (
    SELECT FROM leaves
    WHERE leaves.place = records.place AND leaves.revision = records.revision
)
ORDER BY heads.stream, records.revision

-- name: stream_log
SELECT
    coalesce(leaves.number, 0), heads.stream, n.revision, coalesce(records.hash, leaves.hash),
    records.at, records.data, records.sum
FROM heads
CROSS JOIN LATERAL (
    SELECT revision FROM records WHERE place = heads.opened
    UNION
    SELECT revision FROM leaves WHERE place = heads.opened
) AS n
LEFT JOIN records ON records.place = heads.opened AND records.revision = n.revision
LEFT JOIN leaves ON leaves.place = heads.opened AND leaves.revision = n.revision
WHERE sha256(heads.stream) = $1
ORDER BY n.revision

-- name: all_heads
SELECT
    stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM heads ORDER BY opened

-- name: seals
SELECT size, at, root, hash FROM seals ORDER BY size

-- name: payloads
SELECT digest, data FROM payloads

-- name: payload_row
SELECT digest, data FROM payloads WHERE digest = $1

-- name: erased_hash
SELECT leaves.hash FROM leaves JOIN heads ON heads.opened = leaves.place
WHERE sha256(heads.stream) = $1 AND leaves.revision = $2
