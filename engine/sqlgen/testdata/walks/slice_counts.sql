-- case: bigint key, held none
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: bigint key, held hashed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: bigint key, held probed
DELETE FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: uuid key, held none
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: uuid key, held hashed
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_21" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: uuid key, held probed
DELETE FROM ONLY "public"."sessions" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_21" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: composite key, held none
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: composite key, held hashed
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."tenant", "t"."ref") OPERATOR("pg_catalog".=) ANY (SELECT h.k1, h.k2 FROM "holdfast_guard"."held_31" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: composite key, held probed
DELETE FROM ONLY "public"."tickets" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("pg_catalog".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: quoted key, held none
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: quoted key, held hashed
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."Id""); --") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_41" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: quoted key, held probed
DELETE FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: nokey key, held none
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: nokey key, held whole table
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT true
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: nokey key, held conditions
DELETE FROM ONLY "public"."lines" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: text key, held none
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: text key, held hashed
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."name") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_55" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: text key, held probed
DELETE FROM ONLY "public"."accounts" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_55" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."name" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: char(n) key, held none
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: char(n) key, held hashed
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."code") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_61" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: char(n) key, held probed
DELETE FROM ONLY "public"."vouchers" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_61" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."code" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: bytea key, held none
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: bytea key, held hashed
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (("t"."sum") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_71" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)

-- case: bytea key, held probed
DELETE FROM ONLY "public"."blobs" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_71" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."sum" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z
-- $4 = [1 2] ([]int32)
