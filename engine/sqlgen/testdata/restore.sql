-- case: candidates, held none
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $4::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $5::pg_catalog.text::pg_catalog.tid
  AND "t"."holdfast_run" OPERATOR(pg_catalog.=) $1::pg_catalog.uuid AND "t"."holdfast_policy" OPERATOR(pg_catalog.=) $2::pg_catalog.text AND "t"."holdfast_archived_at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND NOT false
FOR UPDATE OF "t"
-- $1 = "00000000-0000-4000-8000-000000000001"
-- $2 = "events"
-- $3 = 2024-01-02T03:04:05Z
-- $4 = "(10,0)"
-- $5 = "(20,0)"

-- case: restore, held none
WITH back AS (
DELETE FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND NOT false
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6
), there AS (
INSERT INTO "public"."events" AS "t" ("id", "at", "email", "phone", "born", "note") OVERRIDING SYSTEM VALUE
SELECT back.a1, back.a2, back.a3, back.a4, back.a5, back.a6 FROM back
RETURNING "t"."id" AS r1, "t"."at" AS r2, "t"."email" AS r3, "t"."phone" AS r4, "t"."born" AS r5, "t"."note" AS r6, "t"."id"::pg_catalog.int8 AS d1
)
SELECT (SELECT pg_catalog.count(*) FROM back), pg_catalog.count(*),
  (SELECT pg_catalog.count(*) FROM (SELECT ROW(back.a1, back.a2, back.a3, back.a4, back.a5, back.a6)::pg_catalog.text COLLATE pg_catalog."C" FROM back EXCEPT ALL SELECT ROW(there.r1, there.r2, there.r3, there.r4, there.r5, there.r6)::pg_catalog.text COLLATE pg_catalog."C" FROM there) AS other), coalesce(pg_catalog.array_agg(d1), '{}')
FROM there
-- $1 = ["(0,1)" "(0,2)"]

-- case: candidates, held two sets
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $4::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $5::pg_catalog.text::pg_catalog.tid
  AND "t"."holdfast_run" OPERATOR(pg_catalog.=) $1::pg_catalog.uuid AND "t"."holdfast_policy" OPERATOR(pg_catalog.=) $2::pg_catalog.text AND "t"."holdfast_archived_at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($7::integer[]) OFFSET 0))
FOR UPDATE OF "t"
-- $1 = "00000000-0000-4000-8000-000000000001"
-- $2 = "events"
-- $3 = 2024-01-02T03:04:05Z
-- $4 = "(10,0)"
-- $5 = "(20,0)"
-- $6 = [1 2] ([]int32)
-- $7 = [4] ([]int32)

-- case: restore, held two sets
WITH back AS (
DELETE FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6
), there AS (
INSERT INTO "public"."events" AS "t" ("id", "at", "email", "phone", "born", "note") OVERRIDING SYSTEM VALUE
SELECT back.a1, back.a2, back.a3, back.a4, back.a5, back.a6 FROM back
RETURNING "t"."id" AS r1, "t"."at" AS r2, "t"."email" AS r3, "t"."phone" AS r4, "t"."born" AS r5, "t"."note" AS r6, "t"."id"::pg_catalog.int8 AS d1
)
SELECT (SELECT pg_catalog.count(*) FROM back), pg_catalog.count(*),
  (SELECT pg_catalog.count(*) FROM (SELECT ROW(back.a1, back.a2, back.a3, back.a4, back.a5, back.a6)::pg_catalog.text COLLATE pg_catalog."C" FROM back EXCEPT ALL SELECT ROW(there.r1, there.r2, there.r3, there.r4, there.r5, there.r6)::pg_catalog.text COLLATE pg_catalog."C" FROM there) AS other), coalesce(pg_catalog.array_agg(d1), '{}')
FROM there
-- $1 = ["(0,1)" "(0,2)"]
-- $2 = [1 2] ([]int32)
-- $3 = [4] ([]int32)

-- case: candidates, held whole table
SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $4::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $5::pg_catalog.text::pg_catalog.tid
  AND "t"."holdfast_run" OPERATOR(pg_catalog.=) $1::pg_catalog.uuid AND "t"."holdfast_policy" OPERATOR(pg_catalog.=) $2::pg_catalog.text AND "t"."holdfast_archived_at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND NOT true
FOR UPDATE OF "t"
-- $1 = "00000000-0000-4000-8000-000000000001"
-- $2 = "events"
-- $3 = 2024-01-02T03:04:05Z
-- $4 = "(10,0)"
-- $5 = "(20,0)"

-- case: restore, held whole table
WITH back AS (
DELETE FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND NOT true
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6
), there AS (
INSERT INTO "public"."events" AS "t" ("id", "at", "email", "phone", "born", "note") OVERRIDING SYSTEM VALUE
SELECT back.a1, back.a2, back.a3, back.a4, back.a5, back.a6 FROM back
RETURNING "t"."id" AS r1, "t"."at" AS r2, "t"."email" AS r3, "t"."phone" AS r4, "t"."born" AS r5, "t"."note" AS r6, "t"."id"::pg_catalog.int8 AS d1
)
SELECT (SELECT pg_catalog.count(*) FROM back), pg_catalog.count(*),
  (SELECT pg_catalog.count(*) FROM (SELECT ROW(back.a1, back.a2, back.a3, back.a4, back.a5, back.a6)::pg_catalog.text COLLATE pg_catalog."C" FROM back EXCEPT ALL SELECT ROW(there.r1, there.r2, there.r3, there.r4, there.r5, there.r6)::pg_catalog.text COLLATE pg_catalog."C" FROM there) AS other), coalesce(pg_catalog.array_agg(d1), '{}')
FROM there
-- $1 = ["(0,1)" "(0,2)"]

-- case: what is in conflict
SELECT j.at, j.conflict FROM (SELECT "t".ctid::pg_catalog.text AS at, CASE
  WHEN EXISTS (SELECT FROM ONLY "public"."events" AS s WHERE s."id" OPERATOR("pg_catalog".=) "t"."id") THEN 0
  WHEN "t"."id" IS NOT DISTINCT FROM NULL THEN 1
  WHEN ("t"."id" IS DISTINCT FROM NULL AND CASE WHEN EXISTS (SELECT FROM "public"."customers" AS p WHERE p."no" OPERATOR(pg_catalog.=) "t"."id") THEN false OR EXISTS (SELECT FROM ONLY "old"."customers" AS a WHERE a."no" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_archived_at" OPERATOR(pg_catalog.>=) "t"."holdfast_archived_at") ELSE NOT (false) END) THEN 3
  WHEN (SELECT ((length(note) < 10)) FROM (SELECT "t"."note") AS checked) IS FALSE THEN 4 END AS conflict FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($4::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."holdfast_run" OPERATOR(pg_catalog.=) $1::pg_catalog.uuid AND "t"."holdfast_policy" OPERATOR(pg_catalog.=) $2::pg_catalog.text AND "t"."holdfast_archived_at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz OFFSET 0) AS j
WHERE j.conflict IS NOT NULL
-- $1 = "00000000-0000-4000-8000-000000000001"
-- $2 = "events"
-- $3 = 2024-01-02T03:04:05Z
-- $4 = ["(0,1)" "(0,2)"]

-- case: which refer to rows of their own table
SELECT "t".ctid::pg_catalog.text, (SELECT p.ctid::pg_catalog.text FROM ONLY "public"."events_archive" AS p WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[]) AND p."id" OPERATOR(pg_catalog.=) "t"."id" LIMIT 1)
FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."id" IS DISTINCT FROM NULL AND CASE WHEN EXISTS (SELECT FROM "public"."events" AS p WHERE p."id" OPERATOR(pg_catalog.=) "t"."id") THEN false OR EXISTS (SELECT FROM ONLY "public"."events_archive" AS a WHERE a."id" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_archived_at" OPERATOR(pg_catalog.>=) "t"."holdfast_archived_at") ELSE NOT (false) END
-- $1 = ["(0,1)" "(0,2)"]

-- case: restore, counts alone
WITH back AS (
DELETE FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6
), there AS (
INSERT INTO "public"."events" AS "t" ("id", "at", "email", "phone", "born", "note") OVERRIDING SYSTEM VALUE
SELECT back.a1, back.a2, back.a3, back.a4, back.a5, back.a6 FROM back
RETURNING "t"."id" AS r1, "t"."at" AS r2, "t"."email" AS r3, "t"."phone" AS r4, "t"."born" AS r5, "t"."note" AS r6
)
SELECT (SELECT pg_catalog.count(*) FROM back), pg_catalog.count(*),
  (SELECT pg_catalog.count(*) FROM (SELECT ROW(back.a1, back.a2, back.a3, back.a4, back.a5, back.a6)::pg_catalog.text COLLATE pg_catalog."C" FROM back EXCEPT ALL SELECT ROW(there.r1, there.r2, there.r3, there.r4, there.r5, there.r6)::pg_catalog.text COLLATE pg_catalog."C" FROM there) AS other)
FROM there
-- $1 = ["(0,1)" "(0,2)"]
-- $2 = [1 2] ([]int32)
-- $3 = [4] ([]int32)

-- case: the newest copies of records
SELECT u.pos, n.run, n.at
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[])) WITH ORDINALITY AS u(c1, pos)
CROSS JOIN LATERAL (SELECT "t"."holdfast_run"::pg_catalog.text AS run, "t"."holdfast_archived_at" AS at FROM ONLY "public"."events_archive" AS "t" WHERE "t"."id" OPERATOR("pg_catalog".=) u.c1::bigint ORDER BY 2 DESC, "t".ctid DESC LIMIT 1) AS n
ORDER BY u.pos
-- $1 = ["1" "2"]

-- case: copies of records
SELECT (SELECT "t".ctid::pg_catalog.text FROM ONLY "public"."events_archive" AS "t" WHERE "t"."id" OPERATOR("pg_catalog".=) u.c1::bigint AND "t"."holdfast_run" OPERATOR(pg_catalog.=) u.run AND "t"."holdfast_archived_at" OPERATOR(pg_catalog.=) u.at LIMIT 1)
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.uuid[]), pg_catalog.unnest($3::pg_catalog.timestamptz[])) WITH ORDINALITY AS u(c1, run, at, pos)
ORDER BY u.pos
-- $1 = ["1"]
-- $2 = ["00000000-0000-4000-8000-000000000001"]
-- $3 = [2024-01-04T00:00:00Z]

-- case: a look ahead
WITH each AS MATERIALIZED (SELECT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0)) AS held, CASE WHEN (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0)) THEN NULL ELSE CASE
  WHEN EXISTS (SELECT FROM ONLY "public"."events" AS s WHERE s."id" OPERATOR("pg_catalog".=) "t"."id") THEN 0
  WHEN "t"."id" IS NOT DISTINCT FROM NULL THEN 1
  WHEN ("t"."id" IS DISTINCT FROM NULL AND CASE WHEN EXISTS (SELECT FROM "public"."events" AS p WHERE p."id" OPERATOR(pg_catalog.=) "t"."id") THEN false OR EXISTS (SELECT FROM ONLY "public"."events_archive" AS a WHERE a."id" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_archived_at" OPERATOR(pg_catalog.>=) "t"."holdfast_archived_at") ELSE NOT (false OR EXISTS (SELECT FROM ONLY "public"."events_archive" AS a WHERE a."id" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_run" OPERATOR(pg_catalog.=) $5::pg_catalog.uuid AND a."holdfast_policy" OPERATOR(pg_catalog.=) $6::pg_catalog.text AND a."holdfast_archived_at" OPERATOR(pg_catalog.=) $7::pg_catalog.timestamptz AND NOT ((a."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($8::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) a."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($9::integer[]) OFFSET 0)))) END) THEN 2
  WHEN ("t"."id" IS DISTINCT FROM NULL AND CASE WHEN EXISTS (SELECT FROM "public"."customers" AS p WHERE p."no" OPERATOR(pg_catalog.=) "t"."id") THEN false OR EXISTS (SELECT FROM ONLY "old"."customers" AS a WHERE a."no" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_archived_at" OPERATOR(pg_catalog.>=) "t"."holdfast_archived_at") ELSE NOT (false OR EXISTS (SELECT FROM ONLY "old"."customers" AS a WHERE a."no" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_run" OPERATOR(pg_catalog.=) $10::pg_catalog.uuid AND a."holdfast_policy" OPERATOR(pg_catalog.=) $11::pg_catalog.text AND NOT false)) END) THEN 3
  WHEN (SELECT ((length(note) < 10)) FROM (SELECT "t"."note") AS checked) IS FALSE THEN 4 END END AS conflict, ARRAY["t"."id"::pg_catalog.text] AS id, "t".ctid AS at, "t"."id" AS u1_1 FROM ONLY "public"."events_archive" AS "t"
WHERE "t"."holdfast_run" OPERATOR(pg_catalog.=) $12::pg_catalog.uuid AND "t"."holdfast_policy" OPERATOR(pg_catalog.=) $13::pg_catalog.text AND "t"."holdfast_archived_at" OPERATOR(pg_catalog.=) $14::pg_catalog.timestamptz), meant AS MATERIALIZED (SELECT held, id, coalesce(conflict, CASE WHEN NOT held AND u1_1 IS DISTINCT FROM NULL
  AND pg_catalog.row_number() OVER (PARTITION BY held, conflict, u1_1 ORDER BY at) OPERATOR(pg_catalog.>) 1 THEN 0 ELSE NULL::integer END) AS conflict FROM each)
SELECT -1 AS conflict, pg_catalog.count(*) FILTER (WHERE held) AS rows, '[]'::pg_catalog.jsonb AS samples FROM meant
UNION ALL SELECT coalesce(m.conflict, -2), pg_catalog.count(*), (SELECT coalesce(pg_catalog.jsonb_agg(s.id), '[]') FROM (SELECT id FROM meant WHERE meant.conflict OPERATOR(pg_catalog.=) m.conflict AND id IS NOT NULL LIMIT 5) AS s)
FROM meant AS m GROUP BY m.conflict ORDER BY 1
-- $1 = [1 2] ([]int32)
-- $2 = [4] ([]int32)
-- $3 = [1 2] ([]int32)
-- $4 = [4] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "events"
-- $7 = 2024-01-02T03:04:05Z
-- $8 = [1 2] ([]int32)
-- $9 = [4] ([]int32)
-- $10 = "00000000-0000-4000-8000-000000000001"
-- $11 = "customers"
-- $12 = "00000000-0000-4000-8000-000000000001"
-- $13 = "events"
-- $14 = 2024-01-02T03:04:05Z

-- case: what is left of some
WITH each AS MATERIALIZED (SELECT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0)) AS held, CASE WHEN (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0)) THEN NULL ELSE CASE
  WHEN EXISTS (SELECT FROM ONLY "public"."events" AS s WHERE s."id" OPERATOR("pg_catalog".=) "t"."id") THEN 0
  WHEN "t"."id" IS NOT DISTINCT FROM NULL THEN 1
  WHEN ("t"."id" IS DISTINCT FROM NULL AND CASE WHEN EXISTS (SELECT FROM "public"."events" AS p WHERE p."id" OPERATOR(pg_catalog.=) "t"."id") THEN false OR EXISTS (SELECT FROM ONLY "public"."events_archive" AS a WHERE a."id" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_archived_at" OPERATOR(pg_catalog.>=) "t"."holdfast_archived_at") ELSE NOT (false) END) THEN 2
  WHEN ("t"."id" IS DISTINCT FROM NULL AND CASE WHEN EXISTS (SELECT FROM "public"."customers" AS p WHERE p."no" OPERATOR(pg_catalog.=) "t"."id") THEN false OR EXISTS (SELECT FROM ONLY "old"."customers" AS a WHERE a."no" OPERATOR(pg_catalog.=) "t"."id" AND a."holdfast_archived_at" OPERATOR(pg_catalog.>=) "t"."holdfast_archived_at") ELSE NOT (false) END) THEN 3
  WHEN (SELECT ((length(note) < 10)) FROM (SELECT "t"."note") AS checked) IS FALSE THEN 4 END END AS conflict, ARRAY["t"."id"::pg_catalog.text] AS id, "t".ctid AS at, "t"."id" AS u1_1 FROM ONLY "public"."events_archive" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($8::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."holdfast_run" OPERATOR(pg_catalog.=) $5::pg_catalog.uuid AND "t"."holdfast_policy" OPERATOR(pg_catalog.=) $6::pg_catalog.text AND "t"."holdfast_archived_at" OPERATOR(pg_catalog.=) $7::pg_catalog.timestamptz), meant AS MATERIALIZED (SELECT held, id, coalesce(conflict, CASE WHEN NOT held AND u1_1 IS DISTINCT FROM NULL
  AND pg_catalog.row_number() OVER (PARTITION BY held, conflict, u1_1 ORDER BY at) OPERATOR(pg_catalog.>) 1 THEN 0 ELSE NULL::integer END) AS conflict FROM each)
SELECT -1 AS conflict, pg_catalog.count(*) FILTER (WHERE held) AS rows, '[]'::pg_catalog.jsonb AS samples FROM meant
UNION ALL SELECT coalesce(m.conflict, -2), pg_catalog.count(*), (SELECT coalesce(pg_catalog.jsonb_agg(s.id), '[]') FROM (SELECT id FROM meant WHERE meant.conflict OPERATOR(pg_catalog.=) m.conflict AND id IS NOT NULL LIMIT 5) AS s)
FROM meant AS m GROUP BY m.conflict ORDER BY 1
-- $1 = [1 2] ([]int32)
-- $2 = [4] ([]int32)
-- $3 = [1 2] ([]int32)
-- $4 = [4] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "events"
-- $7 = 2024-01-02T03:04:05Z
-- $8 = ["(0,1)" "(0,2)"]
