-- case: slice, bigint key, held none
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, 0::bigint, coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $5::timestamptz AND "t"."at" < $6::timestamptz
  AND "t"."at" < $7::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($8::integer[]) OFFSET 0))), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = 2024-01-02T00:00:00Z
-- $6 = 2024-01-02T04:10:00Z
-- $7 = 2024-01-04T00:00:00Z
-- $8 = [1 2] ([]int32)

-- case: slice, bigint key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $5::timestamptz AND "t"."at" < $6::timestamptz
  AND "t"."at" < $7::timestamptz
  AND "t"."at" > '-infinity'
  AND (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($8::integer[]) OFFSET 0))), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = 2024-01-02T00:00:00Z
-- $6 = 2024-01-02T04:10:00Z
-- $7 = 2024-01-04T00:00:00Z
-- $8 = [1 2] ([]int32)

-- case: slice, bigint key, held two sets
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $6::timestamptz AND "t"."at" < $7::timestamptz
  AND "t"."at" < $8::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($9::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($10::integer[]) OFFSET 0))), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)
-- $6 = 2024-01-02T00:00:00Z
-- $7 = 2024-01-02T04:10:00Z
-- $8 = 2024-01-04T00:00:00Z
-- $9 = [1 2] ([]int32)
-- $10 = [4] ([]int32)

-- case: slice, bigint key, held whole table
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT true
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $4::timestamptz AND "t"."at" < $5::timestamptz
  AND "t"."at" < $6::timestamptz
  AND "t"."at" > '-infinity'
  AND true), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = 2024-01-02T00:00:00Z
-- $5 = 2024-01-02T04:10:00Z
-- $6 = 2024-01-04T00:00:00Z

-- case: open slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, 0::bigint, coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-03T20:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)

-- case: block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, 0::bigint, coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: tie block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, 0::bigint, coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)

-- case: tids, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid = ANY ($1::text[]::tid[])
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, 0::bigint, coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)

-- case: block, uuid key, held two sets
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_22" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id"::text AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid >= $6::text::tid AND "t".ctid < $7::text::tid
  AND "t"."at" < $8::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no = ANY ($9::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_22" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($10::integer[]) OFFSET 0))), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)
-- $6 = "(10,0)"
-- $7 = "(20,0)"
-- $8 = 2024-01-04T00:00:00Z
-- $9 = [1 2] ([]int32)
-- $10 = [4] ([]int32)

-- case: block, uuid key, held whole table
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT true
RETURNING "t"."id"::text AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid >= $4::text::tid AND "t".ctid < $5::text::tid
  AND "t"."at" < $6::timestamptz
  AND "t"."at" > '-infinity'
  AND true), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "(10,0)"
-- $5 = "(20,0)"
-- $6 = 2024-01-04T00:00:00Z

-- case: block, composite key, held two sets
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_32" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."tenant"::bigint AS d1, "t"."ref"::text AS d2
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $6::text::tid AND "t".ctid < $7::text::tid
  AND "t"."at" < $8::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no = ANY ($9::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_32" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no = ANY ($10::integer[]) OFFSET 0))), coalesce(array_agg(d1), '{}'), coalesce(array_agg(d2), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)
-- $6 = "(10,0)"
-- $7 = "(20,0)"
-- $8 = 2024-01-04T00:00:00Z
-- $9 = [1 2] ([]int32)
-- $10 = [4] ([]int32)

-- case: block, composite key, held whole table
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT true
RETURNING "t"."tenant"::bigint AS d1, "t"."ref"::text AS d2
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $4::text::tid AND "t".ctid < $5::text::tid
  AND "t"."at" < $6::timestamptz
  AND "t"."at" > '-infinity'
  AND true), coalesce(array_agg(d1), '{}'), coalesce(array_agg(d2), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "(10,0)"
-- $5 = "(20,0)"
-- $6 = 2024-01-04T00:00:00Z

-- case: block, quoted key, held two sets
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."select" < $3::timestamptz
  AND "t"."select" > '-infinity'
  AND NOT (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_42" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no = ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."Id""); --"::bigint AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid >= $6::text::tid AND "t".ctid < $7::text::tid
  AND "t"."select" < $8::timestamptz
  AND "t"."select" > '-infinity'
  AND (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no = ANY ($9::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_42" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no = ANY ($10::integer[]) OFFSET 0))), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)
-- $6 = "(10,0)"
-- $7 = "(20,0)"
-- $8 = 2024-01-04T00:00:00Z
-- $9 = [1 2] ([]int32)
-- $10 = [4] ([]int32)

-- case: block, quoted key, held whole table
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."select" < $3::timestamptz
  AND "t"."select" > '-infinity'
  AND NOT true
RETURNING "t"."Id""); --"::bigint AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid >= $4::text::tid AND "t".ctid < $5::text::tid
  AND "t"."select" < $6::timestamptz
  AND "t"."select" > '-infinity'
  AND true), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "(10,0)"
-- $5 = "(20,0)"
-- $6 = 2024-01-04T00:00:00Z

-- case: block, nokey key, held whole table
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT true
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z

-- case: slice, with a condition
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id"::bigint AS d1
)
SELECT count(*), 0::bigint, (SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $5::timestamptz AND "t"."at" < $6::timestamptz
  AND "t"."at" < $7::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($8::integer[]) OFFSET 0))), coalesce(array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = 2024-01-02T00:00:00Z
-- $6 = 2024-01-02T04:10:00Z
-- $7 = 2024-01-04T00:00:00Z
-- $8 = [1 2] ([]int32)
