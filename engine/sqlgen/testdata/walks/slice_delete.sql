-- case: bigint key, held none
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: bigint key, held none, seen first
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

-- case: bigint key, held none, what was seen
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: bigint key, held hashed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: bigint key, held hashed, what was seen
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

-- case: bigint key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: bigint key, held probed, seen first
WITH span1 AS MATERIALIZED (
SELECT pg_catalog.min(f.id) AS lo, pg_catalog.max(f.id) AS hi
FROM (SELECT "t"."id" AS id FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz OFFSET 0) AS f
), near1 AS MATERIALIZED (
SELECT h.k1 AS id FROM "holdfast_guard"."held_11" AS h
WHERE h.k1 OPERATOR(pg_catalog.>=) (SELECT lo FROM span1) AND h.k1 OPERATOR(pg_catalog.<=) (SELECT hi FROM span1) AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[])
LIMIT 20001
), judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.int8 AS d1, (CASE WHEN (SELECT pg_catalog.count(*) FROM near1) OPERATOR(pg_catalog.<=) 20000 THEN "t"."id" OPERATOR(pg_catalog.=) ANY (SELECT id FROM near1 OFFSET 0) ELSE EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0) END) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($6::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $7::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $8::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $9::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [1 2] ([]int32)
-- $6 = 1000 (uint32)
-- $7 = 2024-01-02T00:00:00Z
-- $8 = 2024-01-02T04:10:00Z
-- $9 = 2024-01-04T00:00:00Z

-- case: bigint key, held probed, what was seen
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

-- case: uuid key, held none
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: uuid key, held none, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.text AS d1, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."sessions" AS "t"
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

-- case: uuid key, held none, what was seen
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: uuid key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: uuid key, held hashed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.text AS d1, (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: uuid key, held hashed, what was seen
DELETE FROM ONLY "public"."sessions" AS "t"
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

-- case: uuid key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_21" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: uuid key, held probed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."id"::pg_catalog.text AS d1, (EXISTS (SELECT FROM "holdfast_guard"."held_21" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: uuid key, held probed, what was seen
DELETE FROM ONLY "public"."sessions" AS "t"
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

-- case: composite key, held none
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: composite key, held none, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}'), coalesce(pg_catalog.array_agg(d2) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = 1000 (uint32)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: composite key, held none, what was seen
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: composite key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: composite key, held hashed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2, (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}'), coalesce(pg_catalog.array_agg(d2) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: composite key, held hashed, what was seen
DELETE FROM ONLY "public"."tickets" AS "t"
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

-- case: composite key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: composite key, held probed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2, (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}'), coalesce(pg_catalog.array_agg(d2) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: composite key, held probed, what was seen
DELETE FROM ONLY "public"."tickets" AS "t"
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

-- case: quoted key, held none
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."Id""); --"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: quoted key, held none, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."Id""); --"::pg_catalog.int8 AS d1, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = 1000 (uint32)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: quoted key, held none, what was seen
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: quoted key, held hashed
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."Id""); --"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: quoted key, held hashed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."Id""); --"::pg_catalog.int8 AS d1, (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: quoted key, held hashed, what was seen
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
  AND ("t".ctid OPERATOR(pg_catalog.=) ANY ($5::pg_catalog.tid[])) IS NOT TRUE
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)
-- $5 = [{0 1 true} {7 2 true}] ([]pgtype.TID)

-- case: quoted key, held probed
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."Id""); --"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: quoted key, held probed, seen first
WITH span1 AS MATERIALIZED (
SELECT pg_catalog.min(f.id) AS lo, pg_catalog.max(f.id) AS hi
FROM (SELECT "t"."Id""); --" AS id FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t" WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz OFFSET 0) AS f
), near1 AS MATERIALIZED (
SELECT h.k1 AS id FROM "holdfast_guard"."held_41" AS h
WHERE h.k1 OPERATOR(pg_catalog.>=) (SELECT lo FROM span1) AND h.k1 OPERATOR(pg_catalog.<=) (SELECT hi FROM span1) AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[])
LIMIT 20001
), judged AS NOT MATERIALIZED (
SELECT "t"."Id""); --"::pg_catalog.int8 AS d1, (CASE WHEN (SELECT pg_catalog.count(*) FROM near1) OPERATOR(pg_catalog.<=) 20000 THEN "t"."Id""); --" OPERATOR(pg_catalog.=) ANY (SELECT id FROM near1 OFFSET 0) ELSE EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0) END) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($6::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $7::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $8::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $9::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [1 2] ([]int32)
-- $6 = 1000 (uint32)
-- $7 = 2024-01-02T00:00:00Z
-- $8 = 2024-01-02T04:10:00Z
-- $9 = 2024-01-04T00:00:00Z

-- case: quoted key, held probed, what was seen
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
  AND ("t".ctid OPERATOR(pg_catalog.=) ANY ($5::pg_catalog.tid[])) IS NOT TRUE
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)
-- $5 = [{0 1 true} {7 2 true}] ([]pgtype.TID)

-- case: nokey key, held none
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: nokey key, held whole table
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT true
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: nokey key, held conditions
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: text key, held none
WITH gone AS (
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."name"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: text key, held none, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."name"::pg_catalog.text AS d1, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."accounts" AS "t"
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

-- case: text key, held none, what was seen
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: text key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."name") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_55" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."name"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: text key, held hashed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."name"::pg_catalog.text AS d1, (("t"."name") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_55" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: text key, held hashed, what was seen
DELETE FROM ONLY "public"."accounts" AS "t"
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

-- case: text key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_55" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."name" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."name"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: text key, held probed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."name"::pg_catalog.text AS d1, (EXISTS (SELECT FROM "holdfast_guard"."held_55" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."name" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: text key, held probed, what was seen
DELETE FROM ONLY "public"."accounts" AS "t"
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

-- case: char(n) key, held none
WITH gone AS (
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."code"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: char(n) key, held none, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."code"::pg_catalog.text AS d1, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."vouchers" AS "t"
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

-- case: char(n) key, held none, what was seen
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: char(n) key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."code") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_61" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."code"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: char(n) key, held hashed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."code"::pg_catalog.text AS d1, (("t"."code") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_61" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: char(n) key, held hashed, what was seen
DELETE FROM ONLY "public"."vouchers" AS "t"
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

-- case: char(n) key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_61" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."code" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."code"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: char(n) key, held probed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."code"::pg_catalog.text AS d1, (EXISTS (SELECT FROM "holdfast_guard"."held_61" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."code" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: char(n) key, held probed, what was seen
DELETE FROM ONLY "public"."vouchers" AS "t"
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

-- case: bytea key, held none
WITH gone AS (
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."sum"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: bytea key, held none, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."sum"::pg_catalog.text AS d1, false AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($1::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."blobs" AS "t"
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

-- case: bytea key, held none, what was seen
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($4::pg_catalog.xid)))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 1000 (uint32)

-- case: bytea key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."sum") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_71" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."sum"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: bytea key, held hashed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."sum"::pg_catalog.text AS d1, (("t"."sum") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_71" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: bytea key, held hashed, what was seen
DELETE FROM ONLY "public"."blobs" AS "t"
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

-- case: bytea key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_71" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."sum" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."sum"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: bytea key, held probed, seen first
WITH judged AS NOT MATERIALIZED (
SELECT "t"."sum"::pg_catalog.text AS d1, (EXISTS (SELECT FROM "holdfast_guard"."held_71" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."sum" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) AS held, NOT (pg_catalog.age("t".xmin) OPERATOR(pg_catalog.>) (SELECT pg_catalog.age($2::pg_catalog.xid))) AS fresh, "t".ctid AS at FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
)
SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE fresh AND held IS FALSE), pg_catalog.count(*) FILTER (WHERE held), coalesce(pg_catalog.array_agg(at) FILTER (WHERE held IS NOT FALSE), '{}'), coalesce(pg_catalog.array_agg(d1) FILTER (WHERE NOT fresh AND held IS FALSE), '{}')
FROM judged
-- $1 = [1 2] ([]int32)
-- $2 = 1000 (uint32)
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z

-- case: bytea key, held probed, what was seen
DELETE FROM ONLY "public"."blobs" AS "t"
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
