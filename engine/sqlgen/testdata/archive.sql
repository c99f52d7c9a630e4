-- case: slice, bigint key, held none
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)

-- case: slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)

-- case: slice, bigint key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)

-- case: slice, bigint key, held two sets
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = [4] ([]int32)
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)

-- case: slice, bigint key, held whole table
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT true
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)

-- case: slice, bigint key, held conditions
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)

-- case: open slice, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-03T20:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)

-- case: block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "(10,0)"
-- $2 = "(20,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)

-- case: tie block, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $6::pg_catalog.uuid, $7::pg_catalog.text, $8::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = "(50,0)"
-- $2 = "(1000,0)"
-- $3 = 2024-01-02T12:00:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = [1 2] ([]int32)
-- $6 = "00000000-0000-4000-8000-000000000001"
-- $7 = "p"
-- $8 = 3 (int)

-- case: tids, bigint key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)

-- case: slice, with a condition
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."note" = 'it''s $1') OR (("t"."email" LIKE '%@example.com') AND ("t"."id" IN (1, 2))))
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $5::pg_catalog.uuid, $6::pg_catalog.text, $7::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
-- $5 = "00000000-0000-4000-8000-000000000001"
-- $6 = "p"
-- $7 = 3 (int)

-- case: slice, counts alone, into a quoted name
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6
), kept AS (
INSERT INTO "Cold Store"."a""; --" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept)
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)
