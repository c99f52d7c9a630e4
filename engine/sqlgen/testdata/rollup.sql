-- case: delete with a rollup
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id"::pg_catalog.int8 AS d1, ((("t"."at" AT TIME ZONE 'UTC')::pg_catalog.date))::pg_catalog.date AS r1, ("t"."id" * 2) AS m1, ("t"."id") AS m2
), rolled AS (
INSERT INTO "Shop"."Daily" AS o ("day", "Sum", "last", "n")
SELECT gone.r1, pg_catalog.sum(gone.m1), pg_catalog.max(gone.m2), pg_catalog.count(*) FROM gone
GROUP BY gone.r1
ORDER BY gone.r1
ON CONFLICT ("day") DO UPDATE
SET "Sum" = coalesce(o."Sum" OPERATOR(pg_catalog.+) excluded."Sum", o."Sum", excluded."Sum"),
    "last" = greatest(o."last", excluded."last"),
    "n" = coalesce(o."n" OPERATOR(pg_catalog.+) excluded."n", o."n", excluded."n")
RETURNING o.xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid AS fresh
)
SELECT pg_catalog.count(*), 0::bigint, coalesce(pg_catalog.array_agg(d1), '{}'), (SELECT pg_catalog.count(*) FILTER (WHERE fresh) FROM rolled), (SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh) FROM rolled)
FROM gone
-- $1 = ["(0,1)"]
-- $2 = 2024-01-04T00:00:00Z

-- case: delete, the check of a rollup
EXPLAIN WITH gone AS (SELECT ((("t"."at" AT TIME ZONE 'UTC')::pg_catalog.date))::pg_catalog.date AS r1, ("t"."id" * 2) AS m1, ("t"."id") AS m2 FROM ONLY "public"."events" AS "t")
INSERT INTO "Shop"."Daily" AS o ("day", "Sum", "last", "n")
SELECT gone.r1, pg_catalog.sum(gone.m1), pg_catalog.max(gone.m2), pg_catalog.count(*) FROM gone
GROUP BY gone.r1
ORDER BY gone.r1
ON CONFLICT ("day") DO UPDATE
SET "Sum" = coalesce(o."Sum" OPERATOR(pg_catalog.+) excluded."Sum", o."Sum", excluded."Sum"),
    "last" = greatest(o."last", excluded."last"),
    "n" = coalesce(o."n" OPERATOR(pg_catalog.+) excluded."n", o."n", excluded."n")
RETURNING o.xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid AS fresh

-- case: archive with a rollup
WITH gone AS (
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
RETURNING "t"."id" AS a1, "t"."at" AS a2, "t"."email" AS a3, "t"."phone" AS a4, "t"."born" AS a5, "t"."note" AS a6, "t"."id"::pg_catalog.int8 AS d1, ((("t"."at" AT TIME ZONE 'UTC')::pg_catalog.date))::pg_catalog.date AS r1, ("t"."id" * 2) AS m1, ("t"."id") AS m2
), kept AS (
INSERT INTO "public"."events_archive" ("id", "at", "email", "phone", "born", "note", "holdfast_archived_at", "holdfast_run", "holdfast_policy", "holdfast_policy_version") OVERRIDING SYSTEM VALUE
SELECT gone.a1, gone.a2, gone.a3, gone.a4, gone.a5, gone.a6, pg_catalog.transaction_timestamp(), $3::pg_catalog.uuid, $4::pg_catalog.text, $5::integer FROM gone
RETURNING 1
), rolled AS (
INSERT INTO "Shop"."Daily" AS o ("day", "Sum", "last", "n")
SELECT gone.r1, pg_catalog.sum(gone.m1), pg_catalog.max(gone.m2), pg_catalog.count(*) FROM gone
GROUP BY gone.r1
ORDER BY gone.r1
ON CONFLICT ("day") DO UPDATE
SET "Sum" = coalesce(o."Sum" OPERATOR(pg_catalog.+) excluded."Sum", o."Sum", excluded."Sum"),
    "last" = greatest(o."last", excluded."last"),
    "n" = coalesce(o."n" OPERATOR(pg_catalog.+) excluded."n", o."n", excluded."n")
RETURNING o.xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid AS fresh
)
SELECT pg_catalog.count(*), 0::bigint, (SELECT pg_catalog.count(*) FROM kept), coalesce(pg_catalog.array_agg(d1), '{}'), (SELECT pg_catalog.count(*) FILTER (WHERE fresh) FROM rolled), (SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh) FROM rolled)
FROM gone
-- $1 = ["(0,1)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "00000000-0000-4000-8000-000000000001"
-- $4 = "p"
-- $5 = 3 (int)

-- case: archive, the check of a rollup
EXPLAIN WITH gone AS (SELECT ((("t"."at" AT TIME ZONE 'UTC')::pg_catalog.date))::pg_catalog.date AS r1, ("t"."id" * 2) AS m1, ("t"."id") AS m2 FROM ONLY "public"."events" AS "t")
INSERT INTO "Shop"."Daily" AS o ("day", "Sum", "last", "n")
SELECT gone.r1, pg_catalog.sum(gone.m1), pg_catalog.max(gone.m2), pg_catalog.count(*) FROM gone
GROUP BY gone.r1
ORDER BY gone.r1
ON CONFLICT ("day") DO UPDATE
SET "Sum" = coalesce(o."Sum" OPERATOR(pg_catalog.+) excluded."Sum", o."Sum", excluded."Sum"),
    "last" = greatest(o."last", excluded."last"),
    "n" = coalesce(o."n" OPERATOR(pg_catalog.+) excluded."n", o."n", excluded."n")
RETURNING o.xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid AS fresh
