-- name: is_known
SELECT to_regclass('interlock.migrations') IS NOT NULL

-- name: is_begun
SELECT EXISTS (SELECT FROM interlock.heads)

-- name: tables
SELECT
    columns.table_name::text AS name,
    array_agg(columns.column_name::text ORDER BY columns.ordinal_position) AS columns
FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'interlock' AND table_type = 'BASE TABLE' AND table_name <> 'migrations'
GROUP BY columns.table_name
ORDER BY columns.table_name

-- name: sequences
SELECT sequencename::text AS name, last_value AS value
FROM pg_sequences WHERE schemaname = 'interlock' AND last_value IS NOT NULL
ORDER BY sequencename

-- name: set_sequence
SELECT setval($1::text::regclass, $2)

-- name: applied
SELECT version, phase FROM interlock.migrations ORDER BY version, phase
