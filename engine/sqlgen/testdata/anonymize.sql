-- case: slice, bigint key, held none
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: slice, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"

-- case: slice, bigint key, held probed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"

-- case: slice, bigint key, held two sets
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($7::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $8::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = [4] ([]int32)
-- $8 = "[ANONYMIZED]"

-- case: slice, bigint key, held whole table
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT true
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: slice, bigint key, held conditions
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: open slice, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-03T20:00:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)
-- $6 = "[ANONYMIZED]"

-- case: block, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"

-- case: tie block, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($7::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $8::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(50,0)"
-- $3 = "(1000,0)"
-- $4 = 2024-01-02T12:00:00Z
-- $5 = 2024-01-04T00:00:00Z
-- $6 = "[ANONYMIZED]"
-- $7 = [1 2] ([]int32)
-- $8 = "[ANONYMIZED]"

-- case: tids, bigint key, held hashed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $4::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)
-- $6 = "[ANONYMIZED]"

-- case: slice, with a condition
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"
