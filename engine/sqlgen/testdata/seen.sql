-- case: delete, slice, held none, seen
WITH judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = 1000 (uint32)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: delete, slice, held two sets, seen
WITH span2 AS MATERIALIZED (
SELECT pg_catalog.min(f.id) AS lo, pg_catalog.max(f.id) AS hi
FROM (SELECT "t"."id" AS id FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz OFFSET 0) AS f
), near2 AS MATERIALIZED (
SELECT h.k1 AS id FROM "holdfast_guard"."held_12" AS h
WHERE h.k1 OPERATOR(pg_catalog.>=) (SELECT lo FROM span2) AND h.k1 OPERATOR(pg_catalog.<=) (SELECT hi FROM span2) AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[])
LIMIT 20001
), judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0) OR CASE WHEN (SELECT pg_catalog.count(*) FROM near2) OPERATOR(pg_catalog.<=) 20000 THEN "t"."id" OPERATOR(pg_catalog.=) ANY (SELECT id FROM near2 OFFSET 0) ELSE EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0) END) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($7::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $8::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $9::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $10::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [4] ([]int32)
-- $5 = [1 2] ([]int32)
-- $6 = [4] ([]int32)
-- $7 = 1000 (uint32)
-- $8 = 2024-01-02T00:00:00Z
-- $9 = 2024-01-02T04:10:00Z
-- $10 = 2024-01-04T00:00:00Z

-- case: delete, slice, held conditions, seen
WITH judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = 1000 (uint32)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: delete told, slice, held none, seen
WITH judged AS MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
), gone AS NOT MATERIALIZED (
SELECT * FROM judged WHERE NOT fresh AND held IS FALSE
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::pg_catalog.uuid, $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $12::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $13::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), (SELECT pg_catalog.count(*) FROM judged WHERE fresh AND held IS FALSE), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 1000 (uint32)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "00000000-0000-4000-8000-000000000002"
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)
-- $9 = "delete"
-- $10 = "user"
-- $11 = 2024-04-01T03:00:00Z
-- $12 = 2 (int)
-- $13 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, slice, held two sets, seen
WITH span2 AS MATERIALIZED (
SELECT pg_catalog.min(f.id) AS lo, pg_catalog.max(f.id) AS hi
FROM (SELECT "t"."id" AS id FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz OFFSET 0) AS f
), near2 AS MATERIALIZED (
SELECT h.k1 AS id FROM "holdfast_guard"."held_12" AS h
WHERE h.k1 OPERATOR(pg_catalog.>=) (SELECT lo FROM span2) AND h.k1 OPERATOR(pg_catalog.<=) (SELECT hi FROM span2) AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[])
LIMIT 20001
), judged AS MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2, (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0) OR CASE WHEN (SELECT pg_catalog.count(*) FROM near2) OPERATOR(pg_catalog.<=) 20000 THEN "t"."id" OPERATOR(pg_catalog.=) ANY (SELECT id FROM near2 OFFSET 0) ELSE EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0) END) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($7::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $8::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $9::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $10::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
), gone AS NOT MATERIALIZED (
SELECT * FROM judged WHERE NOT fresh AND held IS FALSE
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $11::pg_catalog.uuid, $12::pg_catalog.uuid, $13::pg_catalog.text, $14::integer, $15::pg_catalog.text, $16::pg_catalog.text, $17::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $18::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $19::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), (SELECT pg_catalog.count(*) FROM judged WHERE fresh AND held IS FALSE), (SELECT pg_catalog.count(*) FROM judged WHERE held), coalesce((SELECT pg_catalog.array_agg(at) FROM judged WHERE held IS NOT FALSE), '{}'), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [4] ([]int32)
-- $5 = [1 2] ([]int32)
-- $6 = [4] ([]int32)
-- $7 = 1000 (uint32)
-- $8 = 2024-01-02T00:00:00Z
-- $9 = 2024-01-02T04:10:00Z
-- $10 = 2024-01-04T00:00:00Z
-- $11 = "00000000-0000-4000-8000-000000000002"
-- $12 = "00000000-0000-4000-8000-000000000001"
-- $13 = "p"
-- $14 = 3 (int)
-- $15 = "delete"
-- $16 = "user"
-- $17 = 2024-04-01T03:00:00Z
-- $18 = 2 (int)
-- $19 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: delete told, slice, held conditions, seen
WITH judged AS MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, "t"."phone"::pg_catalog.text AS e1, "t"."born"::pg_catalog.text AS e2, "t"."at"::pg_catalog.text AS i1, "t"."id"::pg_catalog.text AS i2, ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
), gone AS NOT MATERIALIZED (
SELECT * FROM judged WHERE NOT fresh AND held IS FALSE
), told AS (
INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)
SELECT $5::pg_catalog.uuid, $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.timestamptz, pg_catalog.count(*)::integer, $12::smallint, pg_catalog.array_agg(e1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(e2), $13::pg_catalog.jsonb, pg_catalog.array_agg(i1) OPERATOR(pg_catalog.||) pg_catalog.array_agg(i2)
FROM gone
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
RETURNING pg_catalog.pg_column_size(keys) OPERATOR(pg_catalog.+) pg_catalog.pg_column_size(included) AS bytes
)
SELECT pg_catalog.count(*), (SELECT pg_catalog.count(*) FROM judged WHERE fresh AND held IS FALSE), (SELECT pg_catalog.count(*) FROM judged WHERE held), coalesce((SELECT pg_catalog.array_agg(at) FROM judged WHERE held IS NOT FALSE), '{}'), coalesce((SELECT bytes FROM told), 0)::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 1000 (uint32)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "00000000-0000-4000-8000-000000000002"
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)
-- $9 = "delete"
-- $10 = "user"
-- $11 = 2024-04-01T03:00:00Z
-- $12 = 2 (int)
-- $13 = "[{\"name\":\"at\",\"kind\":\"text\"},{\"name\":\"id\",\"kind\":\"integer\"}]"

-- case: block, with a condition, seen
WITH judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $3::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $4::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = "(10,0)"
-- $4 = "(20,0)"
-- $5 = 2024-01-04T00:00:00Z

-- case: block, with a condition, none held
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: slice, some held
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
  AND ("t".ctid OPERATOR(pg_catalog.=) ANY ($5::pg_catalog.tid[])) IS NOT TRUE
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)
-- $5 = [{0 1 true} {7 2 true}] ([]pgtype.TID)
