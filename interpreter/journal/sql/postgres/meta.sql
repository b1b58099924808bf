-- name: make_schema
CREATE SCHEMA IF NOT EXISTS interlock

-- name: make_tables
CREATE TABLE IF NOT EXISTS migrations (
    version integer NOT NULL,
    phase text NOT NULL CHECK (phase IN ('pre', 'post')),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (version, phase)
)

-- name: is_known
SELECT to_regclass('interlock.migrations') IS NOT NULL

-- name: applied
SELECT version, phase FROM migrations ORDER BY version, phase DESC

-- name: note
INSERT INTO migrations (version, phase) VALUES ($1, $2)

-- name: lock_migrations
SELECT pg_advisory_xact_lock(1229736785, 0)

-- name: take_your_time
SELECT set_config('statement_timeout', '0', true)

-- name: durability
SELECT
    current_setting('server_version_num')::integer AS version,
    current_setting('fsync') AS fsync,
    current_setting('server_encoding') AS encoding,
    pg_is_in_recovery() AS is_standby

-- name: keep_commits
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off'
