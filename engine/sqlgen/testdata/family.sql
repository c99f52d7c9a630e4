-- case: lines that refer to events
SELECT p.ctid::pg_catalog.text, c.ctid::pg_catalog.text FROM ONLY "public"."events" AS p JOIN ONLY "Shop"."Line" AS c ON p."id" OPERATOR(pg_catalog.=) c."ref"
WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
-- $1 = ["(0,1)" "(0,2)"]

-- case: lock lines that refer to events
SELECT p.ctid::pg_catalog.text, c.ctid::pg_catalog.text FROM ONLY "public"."events" AS p JOIN ONLY "Shop"."Line" AS c ON p."id" OPERATOR(pg_catalog.=) c."ref"
WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
FOR UPDATE OF c
-- $1 = ["(0,1)" "(0,2)"]

-- case: lock parts that refer to lines, but for those that others have locked
SELECT p.ctid::pg_catalog.text, c.ctid::pg_catalog.text FROM ONLY "Shop"."Line" AS p JOIN ONLY "Shop"."part" AS c ON p."id" OPERATOR(pg_catalog.=) c."ref"
WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
FOR NO KEY UPDATE OF c SKIP LOCKED
-- $1 = ["(0,1)" "(0,2)"]

-- case: held lines
SELECT "t".ctid::pg_catalog.text FROM ONLY "Shop"."Line" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0))
-- $1 = ["(0,1)" "(0,2)"]
-- $2 = [1] ([]int32)

-- case: events to which other events refer that stay
SELECT p.ctid::pg_catalog.text FROM ONLY "public"."events" AS p
WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND EXISTS (SELECT FROM ONLY "public"."events" AS c WHERE p."id" OPERATOR(pg_catalog.=) c."id" AND NOT (c.ctid OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.tid[])))
-- $1 = ["(0,1)" "(0,2)"]
-- $2 = ["(3,1)"]

-- case: lines to which claims refer
SELECT p.ctid::pg_catalog.text FROM ONLY "Shop"."Line" AS p
WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND EXISTS (SELECT FROM ONLY "Shop"."claim" AS c WHERE p."id" OPERATOR(pg_catalog.=) c."ref")
-- $1 = ["(0,1)" "(0,2)"]

-- case: events to which going events refer
SELECT p.ctid::pg_catalog.text, c.ctid::pg_catalog.text FROM ONLY "public"."events" AS p JOIN ONLY "public"."events" AS c ON p."id" OPERATOR(pg_catalog.=) c."id"
WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND c.ctid OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.tid[])
-- $1 = ["(0,1)" "(0,2)"]
-- $2 = ["(3,1)"]

-- case: clear the parts of lines
WITH cleared AS (
UPDATE ONLY "Shop"."part" AS "t"
SET "ref" = NULL
FROM ONLY "Shop"."Line" AS p
WHERE p.ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND p."id" OPERATOR(pg_catalog.=) "t"."ref"
  AND NOT ("t".ctid OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.tid[]))
  AND NOT CASE WHEN p.ctid IS NOT NULL THEN true END
RETURNING "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), coalesce(pg_catalog.array_agg(d1), '{}')
FROM cleared
-- $1 = ["(0,1)" "(0,2)"]
-- $2 = ["(3,1)"]

-- case: delete events with lines
WITH gone1 AS (
DELETE FROM ONLY "Shop"."Line" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0))
RETURNING "t"."id"::pg_catalog.int8 AS d1
),
gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id"::pg_catalog.int8 AS d1
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), (SELECT pg_catalog.count(*) FROM gone1), (SELECT coalesce(pg_catalog.array_agg(d1), '{}') FROM gone1)
FROM gone
-- $1 = ["(3,1)"]
-- $2 = [1] ([]int32)
-- $3 = ["(0,1)" "(0,2)"]
-- $4 = 2024-01-04T00:00:00Z

-- case: archive events with lines
WITH gone1 AS (
DELETE FROM ONLY "Shop"."Line" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0))
RETURNING "t"."id" AS a1, "t"."ref" AS a2, "t"."id"::pg_catalog.int8 AS d1
),
kept1 AS (
INSERT INTO "Shop"."Line_archive" ("id", "ref", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone1.a1, gone1.a2, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone1
RETURNING 1
),
gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($6::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $7::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $8::pg_catalog.uuid, $9::pg_catalog.text, $10::integer FROM gone
RETURNING 1
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}'), (SELECT pg_catalog.count(*) FROM gone1), (SELECT pg_catalog.count(*) FROM kept1), (SELECT coalesce(pg_catalog.array_agg(d1), '{}') FROM gone1)
FROM gone
-- $1 = ["(3,1)"]
-- $2 = [1] ([]int32)
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)
-- $6 = ["(0,1)" "(0,2)"]
-- $7 = 2024-01-04T00:00:00Z
-- $8 = "00000000-0000-4000-8000-000000000001"
-- $9 = "p"
-- $10 = 3 (int)

-- case: simulation
WITH RECURSIVE kept(tableoid, ctid) AS (
SELECT "t".tableoid, "t".ctid FROM ONLY "public"."events" AS "t" WHERE ("t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) IS NOT TRUE OR false OR ((("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE)
UNION
SELECT p.tableoid, p.ctid FROM kept JOIN ONLY "public"."events" AS c ON c.ctid OPERATOR(pg_catalog.=) kept.ctid JOIN ONLY "public"."events" AS p ON (p."id" OPERATOR(pg_catalog.=) c."id")
)
SELECT pg_catalog.to_char(d.month, 'YYYY-MM'), d.blocker, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE d.held), pg_catalog.min(d.ts)
FROM (
SELECT pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')) AS month, false AS held, CASE WHEN (("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE THEN 0 WHEN ("t".tableoid, "t".ctid) OPERATOR(pg_catalog.=) ANY (SELECT kept.tableoid, kept.ctid FROM kept) THEN -1 END AS blocker, "t"."at" AS ts
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
OFFSET 0
) AS d
GROUP BY d.month, d.blocker
ORDER BY d.month, d.blocker
-- $1 = [1] ([]int32)
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1] ([]int32)
-- $4 = 2024-01-04T00:00:00Z

-- case: samples of a simulation
WITH RECURSIVE kept(tableoid, ctid) AS (
SELECT "t".tableoid, "t".ctid FROM ONLY "public"."events" AS "t" WHERE ("t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) IS NOT TRUE OR false OR ((("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE)
UNION
SELECT p.tableoid, p.ctid FROM kept JOIN ONLY "public"."events" AS c ON c.ctid OPERATOR(pg_catalog.=) kept.ctid JOIN ONLY "public"."events" AS p ON (p."id" OPERATOR(pg_catalog.=) c."id")
)
SELECT ARRAY["t"."id"::pg_catalog.text]
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND CASE WHEN (("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE THEN 0 WHEN ("t".tableoid, "t".ctid) OPERATOR(pg_catalog.=) ANY (SELECT kept.tableoid, kept.ctid FROM kept) THEN -1 END IS NULL
LIMIT 10
-- $1 = [1] ([]int32)
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1] ([]int32)

-- case: what goes with them
WITH RECURSIVE kept(tableoid, ctid) AS (
SELECT "t".tableoid, "t".ctid FROM ONLY "public"."events" AS "t" WHERE ("t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) IS NOT TRUE OR false OR ((("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE)
UNION
SELECT p.tableoid, p.ctid FROM kept JOIN ONLY "public"."events" AS c ON c.ctid OPERATOR(pg_catalog.=) kept.ctid JOIN ONLY "public"."events" AS p ON (p."id" OPERATOR(pg_catalog.=) c."id")
)
, going0(tableoid, ctid) AS MATERIALIZED (
SELECT "t".tableoid, "t".ctid FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND CASE WHEN (("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE THEN 0 WHEN ("t".tableoid, "t".ctid) OPERATOR(pg_catalog.=) ANY (SELECT kept.tableoid, kept.ctid FROM kept) THEN -1 END IS NULL
),
going1(tableoid, ctid) AS MATERIALIZED (
SELECT c.tableoid, c.ctid FROM going0 AS g JOIN ONLY "public"."events" AS p ON p.ctid OPERATOR(pg_catalog.=) g.ctid AND p.tableoid OPERATOR(pg_catalog.=) g.tableoid JOIN ONLY "Shop"."Line" AS c ON p."id" OPERATOR(pg_catalog.=) c."ref"
)
SELECT 0, (SELECT pg_catalog.count(*) FROM going0), 0
UNION ALL
SELECT 1, (SELECT pg_catalog.count(*) FROM going1), 0
UNION ALL
SELECT 2, 0, (SELECT pg_catalog.count(*) FROM (SELECT c.tableoid, c.ctid FROM going1 AS g JOIN ONLY "Shop"."Line" AS p ON p.ctid OPERATOR(pg_catalog.=) g.ctid AND p.tableoid OPERATOR(pg_catalog.=) g.tableoid JOIN ONLY "Shop"."part" AS c ON p."id" OPERATOR(pg_catalog.=) c."ref") AS x)
-- $1 = [1] ([]int32)
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1] ([]int32)

-- case: what goes with them, around
WITH RECURSIVE kept(tableoid, ctid) AS (
SELECT "t".tableoid, "t".ctid FROM ONLY "public"."events" AS "t" WHERE ("t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) IS NOT TRUE OR false OR ((("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE)
UNION
SELECT p.tableoid, p.ctid FROM kept JOIN ONLY "public"."events" AS c ON c.ctid OPERATOR(pg_catalog.=) kept.ctid JOIN ONLY "public"."events" AS p ON (p."id" OPERATOR(pg_catalog.=) c."id")
)
, going(member, tableoid, ctid, clear) AS (
SELECT 0, "t".tableoid, "t".ctid, 0 FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND CASE WHEN (("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE THEN 0 WHEN ("t".tableoid, "t".ctid) OPERATOR(pg_catalog.=) ANY (SELECT kept.tableoid, kept.ctid FROM kept) THEN -1 END IS NULL
UNION
SELECT x.member, x.tableoid, x.ctid, x.clear FROM going AS g CROSS JOIN LATERAL (
SELECT 1 AS member, c.tableoid, c.ctid, 0 AS clear FROM ONLY "public"."events" AS p JOIN ONLY "Shop"."Line" AS c ON p."id" OPERATOR(pg_catalog.=) c."ref" WHERE g.member OPERATOR(pg_catalog.=) 0 AND p.ctid OPERATOR(pg_catalog.=) g.ctid AND p.tableoid OPERATOR(pg_catalog.=) g.tableoid
UNION ALL
SELECT 2 AS member, c.tableoid, c.ctid, 2 AS clear FROM ONLY "Shop"."Line" AS p JOIN ONLY "Shop"."part" AS c ON p."id" OPERATOR(pg_catalog.=) c."ref" WHERE g.member OPERATOR(pg_catalog.=) 1 AND p.ctid OPERATOR(pg_catalog.=) g.ctid AND p.tableoid OPERATOR(pg_catalog.=) g.tableoid
) AS x WHERE g.clear OPERATOR(pg_catalog.=) 0
)
SELECT y.member, pg_catalog.count(*) FILTER (WHERE y.removed), coalesce(pg_catalog.sum(y.n) FILTER (WHERE NOT y.removed), 0)::pg_catalog.int8
FROM (SELECT going.member, pg_catalog.bool_or(going.clear OPERATOR(pg_catalog.=) 0) AS removed, pg_catalog.count(*) AS n FROM going GROUP BY going.member, going.tableoid, going.ctid) AS y
GROUP BY y.member ORDER BY y.member
-- $1 = [1] ([]int32)
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1] ([]int32)

-- case: what lies ahead of events
WITH RECURSIVE up(at) AS (
SELECT "t".ctid FROM ONLY "public"."events" AS "t" WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
UNION
SELECT x.at FROM up CROSS JOIN LATERAL (SELECT "t".ctid AS at FROM (SELECT p.* FROM ONLY "public"."events" AS p WHERE p.ctid OPERATOR(pg_catalog.=) up.at OFFSET 0) AS p JOIN ONLY "public"."events" AS "t" ON p."id" OPERATOR(pg_catalog.=) "t"."id" WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) AS x
)
SELECT up.at::pg_catalog.text FROM up LIMIT 100
-- $1 = ["(0,1)" "(0,2)"]
-- $2 = 2024-01-04T00:00:00Z

-- case: simulation after a policy of the same table
WITH RECURSIVE kept(tableoid, ctid) AS (
SELECT "t".tableoid, "t".ctid FROM ONLY "public"."events" AS "t" WHERE ("t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) IS NOT TRUE OR false OR ((("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE)
UNION
SELECT p.tableoid, p.ctid FROM kept JOIN ONLY "public"."events" AS c ON c.ctid OPERATOR(pg_catalog.=) kept.ctid JOIN ONLY "public"."events" AS p ON (p."id" OPERATOR(pg_catalog.=) c."id")
)
SELECT pg_catalog.to_char(d.month, 'YYYY-MM'), d.blocker, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE d.held), pg_catalog.min(d.ts)
FROM (
SELECT pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')) AS month, false AS held, CASE WHEN (("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE THEN 0 WHEN ("t".tableoid, "t".ctid) OPERATOR(pg_catalog.=) ANY (SELECT kept.tableoid, kept.ctid FROM kept) THEN -1 END AS blocker, "t"."at" AS ts
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz AND NOT (("t".tableoid, "t".ctid) OPERATOR(pg_catalog.=) ANY (SELECT "t".tableoid, "t".ctid FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz AND NOT false AND NOT ((("t"."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c0."ref" FROM ONLY "Shop"."Line" AS c0 WHERE c0."ref" IS NOT NULL AND (((c0."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_91" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($6::integer[]) OFFSET 0)) OR (((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."part" AS c1 WHERE c1."ref" IS NOT NULL AND (true))) IS TRUE OR ((c0."id") OPERATOR(pg_catalog.=) ANY (SELECT DISTINCT c1."ref" FROM ONLY "Shop"."claim" AS c1 WHERE c1."ref" IS NOT NULL)) IS TRUE)))) IS TRUE)))
OFFSET 0
) AS d
GROUP BY d.month, d.blocker
ORDER BY d.month, d.blocker
-- $1 = [1] ([]int32)
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1] ([]int32)
-- $4 = 2024-01-04T00:00:00Z
-- $5 = 2024-01-04T00:00:00Z
-- $6 = [1] ([]int32)
