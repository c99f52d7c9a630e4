-- case: what is older than the cutoff
SELECT FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
-- $1 = 2024-01-04T00:00:00Z

-- case: what is not due by its timestamp
SELECT FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz OR "t"."at" IS NULL OR "t"."at" OPERATOR(pg_catalog.=) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-04T00:00:00Z

-- case: whether all is due
SELECT NOT EXISTS (SELECT FROM ONLY "public"."events" AS "t"
WHERE ("t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) IS NOT TRUE)
-- $1 = 2024-01-04T00:00:00Z

-- case: counted, held none
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."events" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: counted, held hashed
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."events" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: counted, held probed
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."events" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: counted, held two sets
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0)))
FROM ONLY "public"."events" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = [4] ([]int32)
-- $3 = 2024-01-04T00:00:00Z

-- case: counted, held whole table
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE true)
FROM ONLY "public"."events" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: counted, held conditions
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE))
FROM ONLY "public"."events" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: emptied
TRUNCATE ONLY "public"."events"

-- case: whether it is empty
SELECT NOT EXISTS (SELECT FROM ONLY "public"."events" AS "t")

-- case: dropped
DROP TABLE "public"."events"
