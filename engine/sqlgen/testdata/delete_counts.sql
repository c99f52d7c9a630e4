-- case: slice, bigint key, held none
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: slice, bigint key, held hashed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: slice, bigint key, held probed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: slice, bigint key, held two sets
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)

-- case: slice, bigint key, held whole table
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT true
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: slice, bigint key, held conditions
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: open slice, bigint key, held hashed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
-- $1 = 2024-01-03T20:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)

-- case: block, bigint key, held hashed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: tie block, bigint key, held hashed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)

-- case: tids, bigint key, held hashed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)

-- case: slice, with a condition
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: as a Change, which has nothing to return
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
