-- case: simulation, timestamptz
SELECT to_char(date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), 0::bigint, min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz
  AND "t"."at" > '-infinity'
GROUP BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = 2024-01-04T00:00:00Z

-- case: oldest due, timestamptz
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz
  AND "t"."at" > '-infinity'
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: simulation, timestamp
SELECT to_char(date_trunc('month', "t"."at"), 'YYYY-MM'), count(*), 0::bigint, (min("t"."at")::timestamp AT TIME ZONE 'UTC')
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamp
  AND "t"."at" > '-infinity'
GROUP BY date_trunc('month', "t"."at")
ORDER BY date_trunc('month', "t"."at")
-- $1 = 2024-01-04T00:00:00Z

-- case: oldest due, timestamp
SELECT ("t"."at"::timestamp AT TIME ZONE 'UTC') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamp
  AND "t"."at" > '-infinity'
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: simulation, date
SELECT to_char(date_trunc('month', "t"."at"::timestamp), 'YYYY-MM'), count(*), 0::bigint, (min("t"."at")::timestamp AT TIME ZONE 'UTC')
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::date
  AND "t"."at" > '-infinity'
GROUP BY date_trunc('month', "t"."at"::timestamp)
ORDER BY date_trunc('month', "t"."at"::timestamp)
-- $1 = 2024-01-04T00:00:00Z

-- case: oldest due, date
SELECT ("t"."at"::timestamp AT TIME ZONE 'UTC') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::date
  AND "t"."at" > '-infinity'
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: simulation, seconds
SELECT to_char(date_trunc('month', (to_timestamp("t"."at") AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), 0::bigint, to_timestamp(min("t"."at"))
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::bigint
GROUP BY date_trunc('month', (to_timestamp("t"."at") AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', (to_timestamp("t"."at") AT TIME ZONE 'UTC'))
-- $1 = 1704326400 (int64)

-- case: oldest due, seconds
SELECT to_timestamp("t"."at") FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::bigint
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704326400 (int64)

-- case: simulation, milliseconds
SELECT to_char(date_trunc('month', (to_timestamp("t"."at" / 1000.0) AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), 0::bigint, to_timestamp(min("t"."at") / 1000.0)
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::bigint
GROUP BY date_trunc('month', (to_timestamp("t"."at" / 1000.0) AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', (to_timestamp("t"."at" / 1000.0) AT TIME ZONE 'UTC'))
-- $1 = 1704326400000 (int64)

-- case: oldest due, milliseconds
SELECT to_timestamp("t"."at" / 1000.0) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::bigint
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704326400000 (int64)

-- case: simulation with a condition, held hashed
SELECT to_char(date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($1::integer[]) OFFSET 0))), min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
GROUP BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: oldest due with a condition, held hashed
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($2::integer[]) OFFSET 0))
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z
-- $2 = [1 2] ([]int32)

-- case: simulation with a condition, held probed
SELECT to_char(date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($1::integer[]) OFFSET 0))), min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $2::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
GROUP BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: oldest due with a condition, held probed
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($2::integer[]) OFFSET 0))
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z
-- $2 = [1 2] ([]int32)

-- case: simulation with a condition, held two sets
SELECT to_char(date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($1::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($2::integer[]) OFFSET 0))), min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
GROUP BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = [4] ([]int32)
-- $3 = 2024-01-04T00:00:00Z

-- case: oldest due with a condition, held two sets
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no = ANY ($2::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no = ANY ($3::integer[]) OFFSET 0))
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z
-- $2 = [1 2] ([]int32)
-- $3 = [4] ([]int32)

-- case: simulation with a condition, held whole table
SELECT to_char(date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), count(*) FILTER (WHERE true), min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
GROUP BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = 2024-01-04T00:00:00Z

-- case: oldest due with a condition, held whole table
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note" IS NULL)
  AND NOT true
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: simulation of anonymize, quoted names
SELECT to_char(date_trunc('month', ("t"."select" AT TIME ZONE 'UTC')), 'YYYY-MM'), count(*), count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no = ANY ($1::integer[]) OFFSET 0))), min("t"."select")
FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" < $2::timestamptz
  AND "t"."select" > '-infinity'
  AND ("t"."E-Mail '$1'"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $3::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
GROUP BY date_trunc('month', ("t"."select" AT TIME ZONE 'UTC'))
ORDER BY date_trunc('month', ("t"."select" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "[ANONYMIZED]"

-- case: oldest due of anonymize, quoted names
SELECT "t"."select" FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" < $1::timestamptz
  AND "t"."select" > '-infinity'
  AND ("t"."E-Mail '$1'"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $2::text END AS text)::text COLLATE "C" OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no = ANY ($3::integer[]) OFFSET 0))
ORDER BY "t"."select" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z
-- $2 = "[ANONYMIZED]"
-- $3 = [1 2] ([]int32)
