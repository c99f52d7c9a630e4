-- case: bigint key, held none
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: bigint key, held hashed
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

-- case: bigint key, held probed
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
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

-- case: uuid key, held none
WITH gone AS (
UPDATE ONLY "public"."sessions" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: uuid key, held hashed
WITH gone AS (
UPDATE ONLY "public"."sessions" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.text AS d1
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

-- case: uuid key, held probed
WITH gone AS (
UPDATE ONLY "public"."sessions" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_21" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."id"::pg_catalog.text AS d1
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

-- case: composite key, held none
WITH gone AS (
UPDATE ONLY "public"."tickets" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: composite key, held hashed
WITH gone AS (
UPDATE ONLY "public"."tickets" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"

-- case: composite key, held probed
WITH gone AS (
UPDATE ONLY "public"."tickets" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = [1 2] ([]int32)
-- $7 = "[ANONYMIZED]"

-- case: quoted key, held none
WITH gone AS (
UPDATE ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
SET "E-Mail '$1'" = CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."select" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."Id""); --"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: quoted key, held hashed
WITH gone AS (
UPDATE ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
SET "E-Mail '$1'" = CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."select" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."Id""); --"::pg_catalog.int8 AS d1
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

-- case: quoted key, held probed
WITH gone AS (
UPDATE ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
SET "E-Mail '$1'" = CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."select" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."Id""); --"::pg_catalog.int8 AS d1
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

-- case: nokey key, held none
WITH gone AS (
UPDATE ONLY "public"."lines" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: nokey key, held whole table
WITH gone AS (
UPDATE ONLY "public"."lines" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT true
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: nokey key, held conditions
WITH gone AS (
UPDATE ONLY "public"."lines" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: text key, held none
WITH gone AS (
UPDATE ONLY "public"."accounts" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."name"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: text key, held hashed
WITH gone AS (
UPDATE ONLY "public"."accounts" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."name") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_55" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."name"::pg_catalog.text AS d1
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

-- case: text key, held probed
WITH gone AS (
UPDATE ONLY "public"."accounts" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_55" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."name" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."name"::pg_catalog.text AS d1
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

-- case: char(n) key, held none
WITH gone AS (
UPDATE ONLY "public"."vouchers" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."code"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: char(n) key, held hashed
WITH gone AS (
UPDATE ONLY "public"."vouchers" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."code") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_61" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."code"::pg_catalog.text AS d1
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

-- case: char(n) key, held probed
WITH gone AS (
UPDATE ONLY "public"."vouchers" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_61" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."code" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."code"::pg_catalog.text AS d1
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

-- case: bytea key, held none
WITH gone AS (
UPDATE ONLY "public"."blobs" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."sum"::pg_catalog.text AS d1
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = "(10,0)"
-- $3 = "(20,0)"
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: bytea key, held hashed
WITH gone AS (
UPDATE ONLY "public"."blobs" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (("t"."sum") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_71" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."sum"::pg_catalog.text AS d1
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

-- case: bytea key, held probed
WITH gone AS (
UPDATE ONLY "public"."blobs" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text),
    "note" = NULL
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_71" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."sum" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $7::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL) AS undone, "t"."sum"::pg_catalog.text AS d1
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
