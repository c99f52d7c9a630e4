-- case: bigint key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."events" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: bigint key, held hashed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."events" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: bigint key, held probed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."events" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: bigint key, emptied
TRUNCATE ONLY "public"."events"

-- case: bigint key, dropped
DROP TABLE "public"."events"

-- case: uuid key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."sessions" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: uuid key, held hashed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."sessions" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: uuid key, held probed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_21" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."sessions" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: uuid key, emptied
TRUNCATE ONLY "public"."sessions"

-- case: uuid key, dropped
DROP TABLE "public"."sessions"

-- case: composite key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."tickets" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: composite key, held hashed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."tickets" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: composite key, held probed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."tickets" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: composite key, emptied
TRUNCATE ONLY "public"."tickets"

-- case: composite key, dropped
DROP TABLE "public"."tickets"

-- case: quoted key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."select" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: quoted key, held hashed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: quoted key, held probed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: quoted key, emptied
TRUNCATE ONLY "Audit Log"."Order""; DROP TABLE x; --"

-- case: quoted key, dropped
DROP TABLE "Audit Log"."Order""; DROP TABLE x; --"

-- case: nokey key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."lines" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: nokey key, held whole table, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE true)
FROM ONLY "public"."lines" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: nokey key, held conditions, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE))
FROM ONLY "public"."lines" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: nokey key, emptied
TRUNCATE ONLY "public"."lines"

-- case: nokey key, dropped
DROP TABLE "public"."lines"

-- case: text key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."accounts" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: text key, held hashed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."name") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_55" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."accounts" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: text key, held probed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_55" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."name" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."accounts" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: text key, emptied
TRUNCATE ONLY "public"."accounts"

-- case: text key, dropped
DROP TABLE "public"."accounts"

-- case: char(n) key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."vouchers" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: char(n) key, held hashed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."code") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_61" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."vouchers" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: char(n) key, held probed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_61" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."code" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."vouchers" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: char(n) key, emptied
TRUNCATE ONLY "public"."vouchers"

-- case: char(n) key, dropped
DROP TABLE "public"."vouchers"

-- case: bytea key, held none, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), 0::bigint
FROM ONLY "public"."blobs" AS "t"
-- $1 = 2024-01-04T00:00:00Z

-- case: bytea key, held hashed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (("t"."sum") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_71" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."blobs" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: bytea key, held probed, counted
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_71" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."sum" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0)))
FROM ONLY "public"."blobs" AS "t"
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: bytea key, emptied
TRUNCATE ONLY "public"."blobs"

-- case: bytea key, dropped
DROP TABLE "public"."blobs"
