-- case: delete told, slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::pg_catalog.uuid, $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $12::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $13::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000002"
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)
-- $9 = "delete"
-- $10 = "user"
-- $11 = 2024-04-01T03:00:00Z
-- $12 = 2 (int)
-- $13 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, open slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-03T20:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::pg_catalog.uuid, $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $12::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $13::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000002"
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)
-- $9 = "delete"
-- $10 = "user"
-- $11 = 2024-04-01T03:00:00Z
-- $12 = 2 (int)
-- $13 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, tie block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $6::pg_catalog.uuid, $7::pg_catalog.uuid, $8::pg_catalog.text, $9::integer, $10::pg_catalog.text, $11::pg_catalog.text, $12::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $13::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $14::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)
-- $6 = "00000000-0000-4000-8000-000000000002"
-- $7 = "00000000-0000-4000-8000-000000000001"
-- $8 = "p"
-- $9 = 3 (int)
-- $10 = "delete"
-- $11 = "user"
-- $12 = 2024-04-01T03:00:00Z
-- $13 = 2 (int)
-- $14 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, tids, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, slice, bigint key, none held
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, slice, uuid key, none held
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id"::pg_catalog.text AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"text\"}]"

-- case: delete told, slice, composite key, none held
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"tenant\",\"kind\":\"integer\"}]"

-- case: delete told, slice, quoted key, none held
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."Id""); --"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"select\",\"kind\":\"text\"},{\"name\":\"Id\\\"); --\",\"kind\":\"integer\"}]"

-- case: delete told, slice, nokey key, none held
WITH gone AS (
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"}]"

-- case: counts told, slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::pg_catalog.uuid, $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $12::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $13::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000002"
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)
-- $9 = "delete"
-- $10 = "user"
-- $11 = 2024-04-01T03:00:00Z
-- $12 = 2 (int)
-- $13 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: counts told, open slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-03T20:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: counts told, block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::pg_catalog.uuid, $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $12::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $13::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000002"
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)
-- $9 = "delete"
-- $10 = "user"
-- $11 = 2024-04-01T03:00:00Z
-- $12 = 2 (int)
-- $13 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: counts told, tie block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $6::pg_catalog.uuid, $7::pg_catalog.uuid, $8::pg_catalog.text, $9::integer, $10::pg_catalog.text, $11::pg_catalog.text, $12::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $13::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $14::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)
-- $6 = "00000000-0000-4000-8000-000000000002"
-- $7 = "00000000-0000-4000-8000-000000000001"
-- $8 = "p"
-- $9 = 3 (int)
-- $10 = "delete"
-- $11 = "user"
-- $12 = 2024-04-01T03:00:00Z
-- $13 = 2 (int)
-- $14 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: counts told, tids, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: counts told, slice, bigint key, none held
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: counts told, slice, uuid key, none held
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"text\"}]"

-- case: counts told, slice, composite key, none held
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"tenant\",\"kind\":\"integer\"}]"

-- case: counts told, slice, quoted key, none held
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"select\",\"kind\":\"text\"},{\"name\":\"Id\\\"); --\",\"kind\":\"integer\"}]"

-- case: counts told, slice, nokey key, none held
WITH gone AS (
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $12::pg_catalog.jsonb, pg_catalog.array_agg(i1)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 2 (int)
-- $12 = "[{\"name\":\"at\",\"kind\":\"text\"}]"

-- case: anonymize told, slice, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::pg_catalog.uuid, $9::pg_catalog.uuid, $10::pg_catalog.text, $11::integer, $12::pg_catalog.text, $13::pg_catalog.text, $14::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $15::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $16::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"
-- $8 = "00000000-0000-4000-8000-000000000002"
-- $9 = "00000000-0000-4000-8000-000000000001"
-- $10 = "p"
-- $11 = 3 (int)
-- $12 = "anonymize"
-- $13 = "user"
-- $14 = 2024-04-01T03:00:00Z
-- $15 = 2 (int)
-- $16 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: anonymize told, open slice, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-03T20:00:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)
-- $6 = "[ANONYMIZED]"
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "anonymize"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: anonymize told, block, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::pg_catalog.uuid, $9::pg_catalog.uuid, $10::pg_catalog.text, $11::integer, $12::pg_catalog.text, $13::pg_catalog.text, $14::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $15::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $16::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"
-- $8 = "00000000-0000-4000-8000-000000000002"
-- $9 = "00000000-0000-4000-8000-000000000001"
-- $10 = "p"
-- $11 = 3 (int)
-- $12 = "anonymize"
-- $13 = "user"
-- $14 = 2024-04-01T03:00:00Z
-- $15 = 2 (int)
-- $16 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: anonymize told, tie block, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($7::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $8::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $9::pg_catalog.uuid, $10::pg_catalog.uuid, $11::pg_catalog.text, $12::integer, $13::pg_catalog.text, $14::pg_catalog.text, $15::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $16::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $17::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(50,0)"
-- $3 = "(1000,0)"
-- $4 = 2024-01-02T12:00:00Z
-- $5 = 2024-01-04T00:00:00Z
-- $6 = "[ANONYMIZED]"
-- $7 = [1 2] ([]int32)
-- $8 = "[ANONYMIZED]"
-- $9 = "00000000-0000-4000-8000-000000000002"
-- $10 = "00000000-0000-4000-8000-000000000001"
-- $11 = "p"
-- $12 = 3 (int)
-- $13 = "anonymize"
-- $14 = "user"
-- $15 = 2024-04-01T03:00:00Z
-- $16 = 2 (int)
-- $17 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: anonymize told, tids, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)
-- $6 = "[ANONYMIZED]"
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "anonymize"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: anonymize told, slice, bigint key, none held
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "anonymize"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: anonymize told, slice, uuid key, none held
WITH gone AS (
UPDATE ONLY "public"."sessions" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.text AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "anonymize"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"text\"}]"

-- case: anonymize told, slice, composite key, none held
WITH gone AS (
UPDATE ONLY "public"."tickets" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "anonymize"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"tenant\",\"kind\":\"integer\"}]"

-- case: anonymize told, slice, quoted key, none held
WITH gone AS (
UPDATE ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
SET "E-Mail '$1'" = CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."select" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."Id""); --"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "anonymize"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"select\",\"kind\":\"text\"},{\"name\":\"Id\\\"); --\",\"kind\":\"integer\"}]"

-- case: anonymize told, slice, nokey key, none held
WITH gone AS (
UPDATE ONLY "public"."lines" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1)
FROM gone
WHERE NOT undone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "anonymize"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"}]"

-- case: archive told, slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::pg_catalog.uuid, $9::pg_catalog.uuid, $10::pg_catalog.text, $11::integer, $12::pg_catalog.text, $13::pg_catalog.text, $14::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $15::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $16::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "00000000-0000-4000-8000-000000000002"
-- $9 = "00000000-0000-4000-8000-000000000001"
-- $10 = "p"
-- $11 = 3 (int)
-- $12 = "archive"
-- $13 = "user"
-- $14 = 2024-04-01T03:00:00Z
-- $15 = 2 (int)
-- $16 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: archive told, open slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-03T20:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "archive"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: archive told, block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::pg_catalog.uuid, $9::pg_catalog.uuid, $10::pg_catalog.text, $11::integer, $12::pg_catalog.text, $13::pg_catalog.text, $14::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $15::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $16::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "00000000-0000-4000-8000-000000000002"
-- $9 = "00000000-0000-4000-8000-000000000001"
-- $10 = "p"
-- $11 = 3 (int)
-- $12 = "archive"
-- $13 = "user"
-- $14 = 2024-04-01T03:00:00Z
-- $15 = 2 (int)
-- $16 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: archive told, tie block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $9::pg_catalog.uuid, $10::pg_catalog.uuid, $11::pg_catalog.text, $12::integer, $13::pg_catalog.text, $14::pg_catalog.text, $15::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $16::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $17::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)
-- $9 = "00000000-0000-4000-8000-000000000002"
-- $10 = "00000000-0000-4000-8000-000000000001"
-- $11 = "p"
-- $12 = 3 (int)
-- $13 = "archive"
-- $14 = "user"
-- $15 = 2024-04-01T03:00:00Z
-- $16 = 2 (int)
-- $17 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: archive told, tids, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "archive"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: archive told, slice, bigint key, none held
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "archive"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: archive told, slice, uuid key, none held
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.text AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."sessions_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "archive"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"text\"}]"

-- case: archive told, slice, composite key, none held
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."tenant" AS a1, "t"."ref" AS a2, "t"."at" AS a3, "t"."email" AS a4, "t"."phone" AS a5, "t"."born" AS a6, "t"."note" AS a7, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."tickets_archive" ("tenant", "ref", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, gone.a7, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "archive"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"tenant\",\"kind\":\"integer\"}]"

-- case: archive told, slice, quoted key, none held
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."Id""); --" AS a1, "t"."select" AS a2, "t"."E-Mail '$1'" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."Id""); --"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "Audit Log"."Order""; DROP TABLE x; --_archive" ("Id""); --", "select", "E-Mail '$1'", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "archive"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"select\",\"kind\":\"text\"},{\"name\":\"Id\\\"); --\",\"kind\":\"integer\"}]"

-- case: archive told, slice, nokey key, none held
WITH gone AS (
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."at" AS a1, "t"."email" AS a2, "t"."phone" AS a3, "t"."born" AS a4, "t"."note" AS a5, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), kept AS (
INSERT INTO "public"."lines_archive" ("at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::pg_catalog.uuid, $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer, $11::pg_catalog.text, $12::pg_catalog.text, $13::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $14::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $15::pg_catalog.jsonb, pg_catalog.array_agg(i1)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
-- $7 = "00000000-0000-4000-8000-000000000002"
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)
-- $11 = "archive"
-- $12 = "user"
-- $13 = 2024-04-01T03:00:00Z
-- $14 = 2 (int)
-- $15 = "[{\"name\":\"at\",\"kind\":\"text\"}]"

-- case: one column and none included
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id"::pg_catalog.text AS e1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::pg_catalog.uuid, $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer, $8::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $11::smallint, pg_catalog.array_agg(e1), $12::pg_catalog.jsonb, '{}'::pg_catalog.text[]
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000002"
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)
-- $8 = "delete"
-- $9 = "user"
-- $10 = 2024-04-01T03:00:00Z
-- $11 = 1 (int)
-- $12 = "[]"
