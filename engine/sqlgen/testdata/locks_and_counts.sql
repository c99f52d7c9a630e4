-- case: lock for delete
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for delete, skip what others locked
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for counts
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for counts, skip what others locked
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for anonymize
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
FOR NO KEY UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)

-- case: lock for anonymize, skip what others locked
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
FOR NO KEY UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)

-- case: lock for archive
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for archive, skip what others locked
SELECT "t".ctid::text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: rows that remain, held none
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: held rows, held none
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND false
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain, held hashed
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0))
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)

-- case: held rows, held hashed
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: rows that remain, held probed
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no = ANY ($5::integer[]) OFFSET 0))
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)

-- case: held rows, held probed
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no = ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: rows that remain, held two sets
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no = ANY ($5::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_32" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no = ANY ($6::integer[]) OFFSET 0))
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)
-- $6 = [4] ([]int32)

-- case: held rows, held two sets
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_32" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no = ANY ($5::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)

-- case: rows that remain, held whole table
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND NOT true
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: held rows, held whole table
SELECT count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND true
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain to be anonymized under a condition
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid = ANY ($1::text[]::tid[])
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $3::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "[ANONYMIZED]"
-- $4 = [1 2] ([]int32)

-- case: held rows that remain to be anonymized under a condition
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid = ANY ($1::text[]::tid[])
  AND "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $3::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($4::integer[]) OFFSET 0))
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "[ANONYMIZED]"
-- $4 = [1 2] ([]int32)
