-- name: heads
SELECT
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM heads WHERE stream IN (VALUES (?))

-- name: latest_by_id
SELECT
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum, wanted.column2
FROM (VALUES (?, ?)) AS wanted CROSS JOIN heads
WHERE opened = (
    SELECT opened FROM heads
    WHERE
        base_id = wanted.column1 AND incident IS NOT NULL
        AND (wanted.column2 IS NULL OR origin = wanted.column2)
    ORDER BY opened DESC LIMIT 1
)

-- name: latest_by_group
SELECT
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM (VALUES (?)) AS wanted CROSS JOIN heads
WHERE opened = (
    SELECT opened FROM heads
    WHERE group_key = wanted.column1 AND incident IS NOT NULL ORDER BY opened DESC LIMIT 1
)

-- name: incidents
SELECT
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM heads WHERE incident IS NOT NULL

-- name: records
SELECT stream, revision, at, hash, sum, data FROM records
WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?

-- name: record_hash
SELECT hash FROM records WHERE stream = :stream AND revision = :revision
UNION ALL
SELECT hash FROM erased WHERE stream = :stream AND revision = :revision

-- name: last_erased
SELECT ifnull(max(revision), 0) FROM erased WHERE stream = ?

-- name: streams
SELECT stream FROM heads ORDER BY opened

-- name: due_timers
SELECT due, stream, name, sum FROM timers WHERE due <= ? ORDER BY due, stream, name LIMIT ?

-- name: next_timer
SELECT min(due) FROM timers

-- name: effects_at
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox WHERE seq IN (VALUES (?)) ORDER BY seq

-- name: effect
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox WHERE key = ?

-- name: effects
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox WHERE :status IS NULL OR status = :status ORDER BY seq

-- name: expired_claims
SELECT
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
FROM outbox
WHERE status IN ('claimed', 'held') AND claimed_until > 0 AND claimed_until < ? ORDER BY seq

-- name: payload
SELECT data FROM payloads WHERE digest = ?

-- name: rulebook
SELECT digest, at, sources, sum FROM rulebooks WHERE digest = ?

-- name: quarantined
SELECT id, at, source, reason, data, sum FROM quarantine ORDER BY seq

-- name: any_erased
SELECT 1 FROM erased LIMIT 1

-- name: whole_log
SELECT seq, stream, revision, hash, at, data FROM records WHERE seq > :after ORDER BY seq

-- name: log
SELECT seq, stream, revision, hash, at, data FROM records WHERE seq > :after
UNION ALL
SELECT seq, stream, revision, hash, NULL, NULL FROM erased WHERE seq > :after
ORDER BY seq

-- name: stream_log
SELECT seq, stream, revision, hash, at, data, sum FROM records WHERE stream = :stream
UNION ALL
SELECT seq, stream, revision, hash, NULL, NULL, NULL FROM erased WHERE stream = :stream
ORDER BY revision

-- name: all_heads
SELECT
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM heads ORDER BY opened

-- name: seals
SELECT size, at, root, hash FROM seals ORDER BY size

-- name: spans
SELECT root FROM spans ORDER BY number

-- name: payloads
SELECT digest, data FROM payloads

-- name: old_payloads
SELECT digest FROM payloads WHERE at < ? AND data IS NOT NULL ORDER BY at LIMIT ?

-- name: payload_row
SELECT digest, data FROM payloads WHERE digest = ?

-- name: extent
SELECT
    max((SELECT ifnull(max(seq), 0) FROM records), (SELECT ifnull(max(seq), 0) FROM erased)),
    (SELECT ifnull(max(opened), 0) FROM heads)

-- name: all_hashes
SELECT seq, hash FROM (
    SELECT seq, hash FROM records UNION ALL SELECT seq, hash FROM erased
)
ORDER BY seq

-- name: hashes_of_records
SELECT seq, hash FROM records ORDER BY seq

-- name: part_heads
SELECT
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
FROM heads WHERE opened BETWEEN ? AND ? ORDER BY opened

-- name: part_records
SELECT r.stream, r.revision, r.at, r.hash, r.sum, r.data
FROM heads AS h CROSS JOIN records AS r ON r.stream = h.stream
WHERE h.opened BETWEEN ? AND ? ORDER BY h.opened, r.revision

-- name: count_payloads
SELECT count(*)
FROM (VALUES (?)) AS wanted CROSS JOIN payloads ON payloads.digest = wanted.column1

-- name: count_erased
SELECT count(*) FROM erased

-- name: stray_records
SELECT stream FROM records EXCEPT SELECT stream FROM heads

-- name: stray_erased
SELECT 1 FROM erased
WHERE
    stream NOT IN (SELECT stream FROM heads)
    OR EXISTS (
        SELECT 1 FROM records
        WHERE records.stream = erased.stream AND records.revision <= erased.revision
    )
LIMIT 1
