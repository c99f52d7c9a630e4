-- case: lock for delete
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for delete, skip what others locked
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for counts
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for counts, skip what others locked
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for anonymize
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
FOR NO KEY UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)

-- case: lock for anonymize, skip what others locked
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
FOR NO KEY UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)

-- case: lock for archive
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t"
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: lock for archive, skip what others locked
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
FOR UPDATE OF "t" SKIP LOCKED
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: rows that remain, held none
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: held rows, held none
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND false
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: held rows that are left, held none
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND false
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain, held hashed
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)

-- case: held rows, held hashed
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: held rows that are left, held hashed
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: rows that remain, held probed
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)

-- case: held rows, held probed
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: held rows that are left, held probed
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: rows that remain, held two sets
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_32" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)
-- $6 = [4] ([]int32)

-- case: held rows, held two sets
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_32" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)

-- case: held rows that are left, held two sets
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_32" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)

-- case: rows that remain, held whole table
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT true
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: held rows, held whole table
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND true
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: held rows that are left, held whole table
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND true
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain, held conditions
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: held rows, held conditions
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: held rows that are left, held conditions
SELECT pg_catalog.count(*) FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: keys of rows at their addresses, bigint key
SELECT ARRAY["t"."id"::pg_catalog.text] FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
ORDER BY "t".ctid LIMIT 20
-- $1 = ["(0,1)" "(3,7)"]

-- case: keys of rows at their addresses, uuid key
SELECT ARRAY["t"."id"::pg_catalog.text] FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
ORDER BY "t".ctid LIMIT 20
-- $1 = ["(0,1)" "(3,7)"]

-- case: keys of rows at their addresses, composite key
SELECT ARRAY["t"."tenant"::pg_catalog.text, "t"."ref"::pg_catalog.text] FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
ORDER BY "t".ctid LIMIT 20
-- $1 = ["(0,1)" "(3,7)"]

-- case: keys of rows at their addresses, quoted key
SELECT ARRAY["t"."Id""); --"::pg_catalog.text] FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
ORDER BY "t".ctid LIMIT 20
-- $1 = ["(0,1)" "(3,7)"]

-- case: keys of rows at their addresses, text key
SELECT ARRAY["t"."name"::pg_catalog.text] FROM ONLY "public"."accounts" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
ORDER BY "t".ctid LIMIT 20
-- $1 = ["(0,1)" "(3,7)"]

-- case: keys of rows at their addresses, char(n) key
SELECT ARRAY["t"."code"::pg_catalog.text] FROM ONLY "public"."vouchers" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
ORDER BY "t".ctid LIMIT 20
-- $1 = ["(0,1)" "(3,7)"]

-- case: keys of rows at their addresses, bytea key
SELECT ARRAY["t"."sum"::pg_catalog.text] FROM ONLY "public"."blobs" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
ORDER BY "t".ctid LIMIT 20
-- $1 = ["(0,1)" "(3,7)"]

-- case: rows that remain to be anonymized under a condition
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $3::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "[ANONYMIZED]"
-- $4 = [1 2] ([]int32)

-- case: held rows that remain to be anonymized under a condition
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $3::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "[ANONYMIZED]"
-- $4 = [1 2] ([]int32)
