-- case: bigint key, held none
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: bigint key, held hashed
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

-- case: bigint key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
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

-- case: uuid key, held none
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."sessions_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: uuid key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."sessions_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: uuid key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_21" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."sessions_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: composite key, held none
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."tenant" AS a1, "t"."ref" AS a2, "t"."at" AS a3, "t"."email" AS a4, "t"."phone" AS a5, "t"."born" AS a6, "t"."note" AS a7, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
), kept AS (
INSERT INTO "public"."tickets_archive" ("tenant", "ref", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, gone.a7, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: composite key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."tenant" AS a1, "t"."ref" AS a2, "t"."at" AS a3, "t"."email" AS a4, "t"."phone" AS a5, "t"."born" AS a6, "t"."note" AS a7, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
), kept AS (
INSERT INTO "public"."tickets_archive" ("tenant", "ref", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, gone.a7, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)

-- case: composite key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."tenant" AS a1, "t"."ref" AS a2, "t"."at" AS a3, "t"."email" AS a4, "t"."phone" AS a5, "t"."born" AS a6, "t"."note" AS a7, "t"."tenant"::pg_catalog.int8 AS d1, "t"."ref"::pg_catalog.text AS d2
), kept AS (
INSERT INTO "public"."tickets_archive" ("tenant", "ref", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, gone.a7, pg_catalog.transaction_timestamp(), $4::pg_catalog.uuid, $5::pg_catalog.text, $6::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}'), coalesce(pg_catalog.array_agg(d2), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = "00000000-0000-4000-8000-000000000001"
-- $5 = "p"
-- $6 = 3 (int)

-- case: quoted key, held none
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."Id""); --" AS a1, "t"."select" AS a2, "t"."E-Mail '$1'" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."Id""); --"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "Audit Log"."Order""; DROP TABLE x; --_archive" ("Id""); --", "select", "E-Mail '$1'", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: quoted key, held hashed
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."Id""); --" AS a1, "t"."select" AS a2, "t"."E-Mail '$1'" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."Id""); --"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "Audit Log"."Order""; DROP TABLE x; --_archive" ("Id""); --", "select", "E-Mail '$1'", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: quoted key, held probed
WITH gone AS (
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."Id""); --" AS a1, "t"."select" AS a2, "t"."E-Mail '$1'" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."Id""); --"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "Audit Log"."Order""; DROP TABLE x; --_archive" ("Id""); --", "select", "E-Mail '$1'", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: nokey key, held none
WITH gone AS (
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."at" AS a1, "t"."email" AS a2, "t"."phone" AS a3, "t"."born" AS a4, "t"."note" AS a5
), kept AS (
INSERT INTO "public"."lines_archive" ("at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept)
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: nokey key, held whole table
WITH gone AS (
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT true
RETURNING "t"."at" AS a1, "t"."email" AS a2, "t"."phone" AS a3, "t"."born" AS a4, "t"."note" AS a5
), kept AS (
INSERT INTO "public"."lines_archive" ("at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept)
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: nokey key, held conditions
WITH gone AS (
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
RETURNING "t"."at" AS a1, "t"."email" AS a2, "t"."phone" AS a3, "t"."born" AS a4, "t"."note" AS a5
), kept AS (
INSERT INTO "public"."lines_archive" ("at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept)
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: text key, held none
WITH gone AS (
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."name" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."name"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."accounts_archive" ("name", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: text key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."name") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_55" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."name" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."name"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."accounts_archive" ("name", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: text key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_55" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."name" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."name" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."name"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."accounts_archive" ("name", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: char(n) key, held none
WITH gone AS (
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."code" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."code"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."vouchers_archive" ("code", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: char(n) key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."code") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_61" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."code" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."code"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."vouchers_archive" ("code", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: char(n) key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_61" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."code" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."code" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."code"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."vouchers_archive" ("code", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: bytea key, held none
WITH gone AS (
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."sum" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."sum"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."blobs_archive" ("sum", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}')
FROM gone
-- $1 = ["(0,1)" "(0,2)" "(3,7)" "(9,1)" "(9,2)" "(100000,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: bytea key, held hashed
WITH gone AS (
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."sum") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_71" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."sum" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."sum"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."blobs_archive" ("sum", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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

-- case: bytea key, held probed
WITH gone AS (
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_71" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."sum" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
RETURNING "t"."sum" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."sum"::pg_catalog.text AS d1
), kept AS (
INSERT INTO "public"."blobs_archive" ("sum", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
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
