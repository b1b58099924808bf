-- name: known_heads
SELECT
    stream, opened, revision, hash, is_open, needs_attention,
    incident, base_id, origin, group_key
FROM heads WHERE stream IN (?)

-- name: last_opened
SELECT ifnull(max(opened), 0) FROM heads

-- name: group_holder
SELECT stream FROM heads WHERE group_key = ? AND is_open = 1

-- name: open_head
INSERT INTO heads (
    opened, stream, revision, hash, incident, base_id, origin, group_key, state, severity, is_open,
    needs_attention, created_at, updated_at, data, sum
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: advance_head
UPDATE heads SET
    revision = new.column3, hash = new.column4, state = new.column5, severity = new.column6,
    created_at = new.column7, updated_at = new.column8, data = new.column9, sum = new.column10
FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)) AS new
WHERE heads.opened = new.column1 AND heads.revision = new.column2

-- name: turn_head
UPDATE heads SET
    revision = new.column3, hash = new.column4, state = new.column5, severity = new.column6,
    created_at = new.column7, updated_at = new.column8, data = new.column9, sum = new.column10,
    is_open = new.column11, needs_attention = new.column12
FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)) AS new
WHERE heads.opened = new.column1 AND heads.revision = new.column2

-- name: append_record
INSERT INTO records (stream, revision, at, hash, sum, data) VALUES (?, ?, ?, ?, ?, ?)

-- name: set_timer
INSERT INTO timers (stream, name, due, sum) VALUES (?, ?, ?, ?)
ON CONFLICT (stream, name) DO UPDATE SET due = excluded.due, sum = excluded.sum

-- name: clear_timer
DELETE FROM timers WHERE stream = ? AND name = ? AND due = ?

-- name: add_effect
INSERT INTO outbox (
    key, stream, revision, path, kind, hook, target, team, automation, approved, created_at, data,
    sum, status, attempt, not_before, claimed_until, started_at, released, in_doubt, detail
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: end_effect
UPDATE outbox SET
    status = CASE
        WHEN ended.column1 = 'cancelled' AND in_doubt THEN 'claimed' ELSE ended.column1
    END,
    detail = CASE
        WHEN ended.column1 = 'cancelled' AND in_doubt THEN detail ELSE ended.column2
    END,
    claimed_until = CASE WHEN ended.column1 = 'cancelled' AND in_doubt THEN 1 ELSE 0 END
FROM (VALUES (?, ?, ?)) AS ended
WHERE
    key = ended.column3
    AND CASE ended.column1
        WHEN 'cancelled' THEN status IN ('pending', 'held')
        WHEN 'dropped' THEN status IN ('pending', 'held', 'dead')
        WHEN 'held' THEN status = 'held'
        ELSE 1
    END

-- name: send_on_effect
UPDATE outbox SET status = 'pending', not_before = 0, claimed_until = 0, released = 1
FROM (VALUES (?)) AS sent WHERE key = sent.column1 AND status IN ('pending', 'held', 'dead')

-- name: claimable_effects
SELECT seq, kind, hook, target, team, automation, approved, started_at, released FROM outbox
WHERE status = 'pending' AND (not_before <= ? OR claimed_until > ?) ORDER BY seq

-- name: started
SELECT count(*) FROM outbox WHERE kind = 'hook' AND hook = ? AND target = ? AND started_at > ?

-- name: running
SELECT count(*) FROM outbox WHERE status = 'claimed' AND hook = ? AND target = ?

-- name: unasked
SELECT count(*) FROM outbox
WHERE kind = 'hook' AND approved = 0 AND released = 0 AND started_at > ?

-- name: claim_effect
UPDATE outbox SET
    status = 'claimed', attempt = attempt + 1, claimed_until = claimed.column1,
    started_at = CASE started_at WHEN 0 THEN claimed.column2 ELSE started_at END
FROM (VALUES (?, ?, ?)) AS claimed WHERE seq = claimed.column3

-- name: hold_effect
UPDATE outbox SET status = 'held', claimed_until = held.column1, detail = held.column2
FROM (VALUES (?, ?, ?)) AS held WHERE seq = held.column3

-- name: renew_claim
UPDATE outbox SET claimed_until = max(claimed_until, renewed.column1)
FROM (VALUES (?, ?, ?)) AS renewed
WHERE key = renewed.column2 AND status = 'claimed' AND attempt = renewed.column3

-- name: release_effect
UPDATE outbox SET
    status = 'pending', claimed_until = :now, not_before = :not_before, detail = :detail,
    in_doubt = max(in_doubt, :in_doubt)
WHERE key = :key AND status = 'claimed' AND (:attempt IS NULL OR attempt = :attempt)

-- name: keep_payload
INSERT INTO payloads (digest, at, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING

-- name: keep_rulebook
INSERT INTO rulebooks (digest, at, sources, sum) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING

-- name: quarantine
INSERT INTO quarantine (id, at, source, reason, data, sum) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING

-- name: last_seal
SELECT size, at, root, hash FROM seals ORDER BY size DESC LIMIT 1

-- name: spans
SELECT root FROM spans ORDER BY number

-- name: hashes
SELECT hash FROM (
    SELECT seq, hash FROM records WHERE seq > :after AND seq <= :last
    UNION ALL
    SELECT seq, hash FROM erased WHERE seq > :after AND seq <= :last
)
ORDER BY seq

-- name: add_seal
INSERT INTO seals (size, at, root, hash) VALUES (?, ?, ?, ?)

-- name: add_span
INSERT INTO spans (number, root) VALUES (?, ?)

-- name: replace_head
DELETE FROM heads WHERE opened = ? AND revision = ?

-- name: keep_hashes
INSERT INTO erased (seq, stream, revision, hash)
SELECT seq, stream, revision, hash FROM records WHERE stream = ? AND revision < ?

-- name: erase_records
DELETE FROM records WHERE stream = ? AND revision < ?

-- name: erase_effects
DELETE FROM outbox WHERE stream = ?

-- name: erase_timers
DELETE FROM timers WHERE stream = ?

-- name: erase_payload
UPDATE payloads SET data = NULL WHERE digest = ?
