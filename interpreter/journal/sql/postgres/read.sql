-- name: heads
SELECT
    stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM heads WHERE sha256(stream) = ANY($1::bytea[])

-- name: latest_by_id
SELECT latest.*, wanted.origin AS wanted_origin
FROM unnest($1::bytea[], $2::bytea[]) AS wanted (digest, origin)
CROSS JOIN LATERAL (
    SELECT
        stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
        needs_attention, created_at, updated_at, data, sum
    FROM heads
    WHERE
        sha256(base_id) = wanted.digest AND incident IS NOT NULL
        AND (wanted.origin IS NULL OR origin = wanted.origin)
    ORDER BY opened DESC LIMIT 1
) AS latest

-- name: latest_by_group
SELECT latest.*
FROM unnest($1::bytea[]) AS wanted (digest)
CROSS JOIN LATERAL (
    SELECT
        stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
        needs_attention, created_at, updated_at, data, sum
    FROM heads
    WHERE sha256(group_key) = wanted.digest AND incident IS NOT NULL
    ORDER BY opened DESC LIMIT 1
) AS latest

-- name: incidents
SELECT
    stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum, opened
FROM heads WHERE incident IS NOT NULL

-- name: records
SELECT
    heads.revision AS end_revision, heads.hash AS end_hash,
    r.revision, r.at, r.hash, r.sum, r.data
FROM heads LEFT JOIN LATERAL (
    SELECT * FROM records
    WHERE place = heads.opened AND revision >= $2::bigint ORDER BY revision LIMIT $3
) AS r ON true
WHERE sha256(heads.stream) = sha256($1::bytea)
ORDER BY r.revision

-- name: streams
SELECT stream FROM heads ORDER BY opened

-- name: due_timers
SELECT due, stream, name, sum FROM timers WHERE due <= $1 ORDER BY due, stream, name LIMIT $2

-- name: next_timer
SELECT min(due) FROM timers

-- name: effect
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox WHERE sha256(key) = sha256($1::bytea)

-- name: effects
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox WHERE $1::text IS NULL OR status = $1 ORDER BY seq

-- name: expired_claims
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox
WHERE status IN ('claimed', 'held') AND claimed_until > 0 AND claimed_until < $1 ORDER BY seq

-- name: payload
SELECT data FROM payloads WHERE digest = $1

-- name: old_payloads
SELECT digest FROM payloads WHERE at < $1 AND data IS NOT NULL ORDER BY at LIMIT $2

-- name: rulebook
SELECT digest, at, sources, sum FROM rulebooks WHERE sha256(digest) = sha256($1::bytea)

-- name: quarantined
SELECT id, at, source, reason, data, sum FROM quarantine ORDER BY seq

-- name: lost_streams
SELECT DISTINCT place FROM records
WHERE NOT EXISTS (SELECT FROM heads WHERE heads.opened = records.place)

-- name: invalid_indexes
SELECT indexrelid::regclass::text FROM pg_index
WHERE NOT indisvalid AND indrelid::regclass::text IN ('heads', 'records', 'timers', 'outbox')

-- name: checksum_failures
SELECT checksum_failures FROM pg_stat_database
WHERE datname = current_database() AND checksum_failures > 0
