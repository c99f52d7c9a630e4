-- case: delete told, slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::uuid, $6::uuid, $7::text, $8::integer, $9::text, $10::text, $11::timestamptz, count(*)::integer, $12::smallint, array_agg(e1) || array_agg(e2), $13::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::uuid, $6::uuid, $7::text, $8::integer, $9::text, $10::text, $11::timestamptz, count(*)::integer, $12::smallint, array_agg(e1) || array_agg(e2), $13::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $6::uuid, $7::uuid, $8::text, $9::integer, $10::text, $11::text, $12::timestamptz, count(*)::integer, $13::smallint, array_agg(e1) || array_agg(e2), $14::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t".ctid = ANY ($1::text[]::tid[])
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."id"::text AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."tenant"::bigint AS d1, "t"."ref"::text AS d2, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}'), coalesce(array_agg(d2), '{}')
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
WHERE "t"."select" >= $1::timestamptz AND "t"."select" < $2::timestamptz
  AND "t"."select" < $3::timestamptz
  AND "t"."select" > '-infinity'
RETURNING "t"."Id""); --"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::uuid, $6::uuid, $7::text, $8::integer, $9::text, $10::text, $11::timestamptz, count(*)::integer, $12::smallint, array_agg(e1) || array_agg(e2), $13::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::uuid, $6::uuid, $7::text, $8::integer, $9::text, $10::text, $11::timestamptz, count(*)::integer, $12::smallint, array_agg(e1) || array_agg(e2), $13::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $6::uuid, $7::uuid, $8::text, $9::integer, $10::text, $11::text, $12::timestamptz, count(*)::integer, $13::smallint, array_agg(e1) || array_agg(e2), $14::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t".ctid = ANY ($1::text[]::tid[])
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."select" >= $1::timestamptz AND "t"."select" < $2::timestamptz
  AND "t"."select" < $3::timestamptz
  AND "t"."select" > '-infinity'
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1) || array_agg(e2), $12::jsonb, array_agg(i1)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($6::integer[]) OFFSET 0))
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::uuid, $9::uuid, $10::text, $11::integer, $12::text, $13::text, $14::timestamptz, count(*)::integer, $15::smallint, array_agg(e1) || array_agg(e2), $16::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t"."at" >= $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t".ctid >= $2::text::tid AND "t".ctid < $3::text::tid
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($6::integer[]) OFFSET 0))
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::uuid, $9::uuid, $10::text, $11::integer, $12::text, $13::text, $14::timestamptz, count(*)::integer, $15::smallint, array_agg(e1) || array_agg(e2), $16::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t".ctid >= $2::text::tid AND "t".ctid < $3::text::tid AND "t"."at" = $4::timestamptz
  AND "t"."at" < $5::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($7::integer[]) OFFSET 0))
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $8::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $9::uuid, $10::uuid, $11::text, $12::integer, $13::text, $14::text, $15::timestamptz, count(*)::integer, $16::smallint, array_agg(e1) || array_agg(e2), $17::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t".ctid = ANY ($2::text[]::tid[])
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."id"::text AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."tenant"::bigint AS d1, "t"."ref"::text AS d2, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}'), coalesce(array_agg(d2), '{}')
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
SET "E-Mail '$1'" = CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t"."select" >= $2::timestamptz AND "t"."select" < $3::timestamptz
  AND "t"."select" < $4::timestamptz
  AND "t"."select" > '-infinity'
  AND ("t"."E-Mail '$1'"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
RETURNING ("t"."E-Mail '$1'"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."Id""); --"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text),
    "note" = NULL
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL) AS undone, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1)
FROM gone
WHERE NOT undone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $5::uuid, $6::text, $7::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::uuid, $9::uuid, $10::text, $11::integer, $12::text, $13::text, $14::timestamptz, count(*)::integer, $15::smallint, array_agg(e1) || array_agg(e2), $16::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $4::uuid, $5::text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $5::uuid, $6::text, $7::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $8::uuid, $9::uuid, $10::text, $11::integer, $12::text, $13::text, $14::timestamptz, count(*)::integer, $15::smallint, array_agg(e1) || array_agg(e2), $16::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $6::uuid, $7::text, $8::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $9::uuid, $10::uuid, $11::text, $12::integer, $13::text, $14::text, $15::timestamptz, count(*)::integer, $16::smallint, array_agg(e1) || array_agg(e2), $17::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t".ctid = ANY ($1::text[]::tid[])
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $4::uuid, $5::text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $4::uuid, $5::text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::text AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."sessions_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $4::uuid, $5::text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."tenant" AS a1, "t"."ref" AS a2, "t"."at" AS a3, "t"."email" AS a4, "t"."phone" AS a5, "t"."born" AS a6, "t"."note" AS a7, "t"."tenant"::bigint AS d1, "t"."ref"::text AS d2, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."tenant"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "public"."tickets_archive" ("tenant", "ref", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, gone.a7, statement_timestamp(), $4::uuid, $5::text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}'), coalesce(array_agg(d2), '{}')
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
WHERE "t"."select" >= $1::timestamptz AND "t"."select" < $2::timestamptz
  AND "t"."select" < $3::timestamptz
  AND "t"."select" > '-infinity'
RETURNING "t"."Id""); --" AS a1, "t"."select" AS a2, "t"."E-Mail '$1'" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."Id""); --"::bigint AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."select"::pg_catalog.text AS i1, "t"."Id""); --"::pg_catalog.text AS i2
), kept AS (
INSERT INTO "Audit Log"."Order""; DROP TABLE x; --_archive" ("Id""); --", "select", "E-Mail '$1'", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, statement_timestamp(), $4::uuid, $5::text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1) || array_agg(i2)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(array_agg(d1), '{}')
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."at" AS a1, "t"."email" AS a2, "t"."phone" AS a3, "t"."born" AS a4, "t"."note" AS a5, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1
), kept AS (
INSERT INTO "public"."lines_archive" ("at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, statement_timestamp(), $4::uuid, $5::text, $6::integer FROM gone
RETURNING 1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $7::uuid, $8::uuid, $9::text, $10::integer, $11::text, $12::text, $13::timestamptz, count(*)::integer, $14::smallint, array_agg(e1) || array_agg(e2), $15::jsonb, array_agg(i1)
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, (SELECT count(*) FROM kept), coalesce((SELECT bytes FROM told), 0)::bigint
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
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."id"::pg_catalog.text AS e1
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $4::uuid, $5::uuid, $6::text, $7::integer, $8::text, $9::text, $10::timestamptz, count(*)::integer, $11::smallint, array_agg(e1), $12::jsonb, '{}'::text[]
FROM gone
HAVING count(*) > 0
RETURNING pg_column_size(keys) + pg_column_size(included) AS bytes
)
SELECT count(*), 0::bigint, 0::bigint, coalesce((SELECT bytes FROM told), 0)::bigint
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
