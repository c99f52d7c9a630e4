-- case: simulation, timestamptz
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), 0::bigint, pg_catalog.min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
GROUP BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = 2024-01-04T00:00:00Z

-- case: months, timestamptz
SELECT (pg_catalog.date_part('year', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('year', m.lo)) OPERATOR(pg_catalog.*) 12 OPERATOR(pg_catalog.+) pg_catalog.date_part('month', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('month', m.lo) OPERATOR(pg_catalog.+) 1
FROM (SELECT (t.lo AT TIME ZONE 'UTC') AS lo, (t.hi AT TIME ZONE 'UTC') AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) AS lo, $2::pg_catalog.timestamptz AS hi) AS t) AS m
-- $1 = 2024-01-04T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: simulation month by month, timestamptz
SELECT pg_catalog.to_char(m.month, 'YYYY-MM'), NULL::integer, c.due, c.held, c.oldest
FROM (
SELECT s.month, e.first, (s.month AT TIME ZONE 'UTC') AS lo, ((s.month OPERATOR(pg_catalog.+) '1 month'::pg_catalog.interval) AT TIME ZONE 'UTC') AS hi
FROM (SELECT t.lo AS first, (t.lo AT TIME ZONE 'UTC') AS lo, (t.hi AT TIME ZONE 'UTC') AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz) AS lo, $2::pg_catalog.timestamptz AS hi) AS t) AS e
CROSS JOIN LATERAL pg_catalog.generate_series(pg_catalog.date_trunc('month', e.lo), pg_catalog.date_trunc('month', e.hi), '1 month'::pg_catalog.interval) AS s(month)
) AS m
CROSS JOIN LATERAL (
SELECT pg_catalog.count(*) AS due, 0::bigint AS held, m.first AS oldest
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>=) m.lo AND "t"."at" OPERATOR(pg_catalog.<) m.hi
) AS c
WHERE c.due OPERATOR(pg_catalog.>) 0
ORDER BY m.month
-- $1 = 2024-01-04T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: simulation, timestamp
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', "t"."at"), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), 0::bigint, (pg_catalog.min("t"."at")::pg_catalog.timestamp AT TIME ZONE 'UTC')
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamp
GROUP BY pg_catalog.date_trunc('month', "t"."at")
ORDER BY pg_catalog.date_trunc('month', "t"."at")
-- $1 = 2024-01-04T00:00:00Z

-- case: months, timestamp
SELECT (pg_catalog.date_part('year', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('year', m.lo)) OPERATOR(pg_catalog.*) 12 OPERATOR(pg_catalog.+) pg_catalog.date_part('month', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('month', m.lo) OPERATOR(pg_catalog.+) 1
FROM (SELECT t.lo AS lo, t.hi AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamp AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamp) AS lo, $2::pg_catalog.timestamp AS hi) AS t) AS m
-- $1 = 2024-01-04T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: simulation month by month, timestamp
SELECT pg_catalog.to_char(m.month, 'YYYY-MM'), NULL::integer, c.due, c.held, c.oldest
FROM (
SELECT s.month, e.first, s.month AS lo, (s.month OPERATOR(pg_catalog.+) '1 month'::pg_catalog.interval) AS hi
FROM (SELECT t.lo AS first, t.lo AS lo, t.hi AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamp AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamp) AS lo, $2::pg_catalog.timestamp AS hi) AS t) AS e
CROSS JOIN LATERAL pg_catalog.generate_series(pg_catalog.date_trunc('month', e.lo), pg_catalog.date_trunc('month', e.hi), '1 month'::pg_catalog.interval) AS s(month)
) AS m
CROSS JOIN LATERAL (
SELECT pg_catalog.count(*) AS due, 0::bigint AS held, (m.first::pg_catalog.timestamp AT TIME ZONE 'UTC') AS oldest
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.>=) m.lo AND "t"."at" OPERATOR(pg_catalog.<) m.hi
) AS c
WHERE c.due OPERATOR(pg_catalog.>) 0
ORDER BY m.month
-- $1 = 2024-01-04T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: simulation, date
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', "t"."at"::pg_catalog.timestamp), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), 0::bigint, (pg_catalog.min("t"."at")::pg_catalog.timestamp AT TIME ZONE 'UTC')
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.date
GROUP BY pg_catalog.date_trunc('month', "t"."at"::pg_catalog.timestamp)
ORDER BY pg_catalog.date_trunc('month', "t"."at"::pg_catalog.timestamp)
-- $1 = 2024-01-04T00:00:00Z

-- case: months, date
SELECT (pg_catalog.date_part('year', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('year', m.lo)) OPERATOR(pg_catalog.*) 12 OPERATOR(pg_catalog.+) pg_catalog.date_part('month', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('month', m.lo) OPERATOR(pg_catalog.+) 1
FROM (SELECT t.lo::pg_catalog.timestamp AS lo, t.hi::pg_catalog.timestamp AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.date AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.date) AS lo, $2::pg_catalog.date AS hi) AS t) AS m
-- $1 = 2024-01-04T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: simulation month by month, date
SELECT pg_catalog.to_char(m.month, 'YYYY-MM'), NULL::integer, c.due, c.held, c.oldest
FROM (
SELECT s.month, e.first, s.month::pg_catalog.date AS lo, (s.month OPERATOR(pg_catalog.+) '1 month'::pg_catalog.interval)::pg_catalog.date AS hi
FROM (SELECT t.lo AS first, t.lo::pg_catalog.timestamp AS lo, t.hi::pg_catalog.timestamp AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.date AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.date) AS lo, $2::pg_catalog.date AS hi) AS t) AS e
CROSS JOIN LATERAL pg_catalog.generate_series(pg_catalog.date_trunc('month', e.lo), pg_catalog.date_trunc('month', e.hi), '1 month'::pg_catalog.interval) AS s(month)
) AS m
CROSS JOIN LATERAL (
SELECT pg_catalog.count(*) AS due, 0::bigint AS held, (m.first::pg_catalog.timestamp AT TIME ZONE 'UTC') AS oldest
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.>=) m.lo AND "t"."at" OPERATOR(pg_catalog.<) m.hi
) AS c
WHERE c.due OPERATOR(pg_catalog.>) 0
ORDER BY m.month
-- $1 = 2024-01-04T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: simulation, seconds
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', (pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, "t"."at"))) AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), 0::bigint, pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, pg_catalog.min("t"."at"))))
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8
GROUP BY pg_catalog.date_trunc('month', (pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, "t"."at"))) AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', (pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, "t"."at"))) AT TIME ZONE 'UTC'))
-- $1 = 1704326400 (int64)

-- case: months, seconds
SELECT (pg_catalog.date_part('year', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('year', m.lo)) OPERATOR(pg_catalog.*) 12 OPERATOR(pg_catalog.+) pg_catalog.date_part('month', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('month', m.lo) OPERATOR(pg_catalog.+) 1
FROM (SELECT (pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, t.lo))) AT TIME ZONE 'UTC') AS lo, (pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, t.hi))) AT TIME ZONE 'UTC') AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8) AS lo, $2::pg_catalog.int8 AS hi) AS t) AS m
-- $1 = 1704326400 (int64)
-- $2 = 1704326400 (int64)

-- case: simulation month by month, seconds
SELECT pg_catalog.to_char(m.month, 'YYYY-MM'), NULL::integer, c.due, c.held, c.oldest
FROM (
SELECT s.month, e.first, pg_catalog.date_part('epoch', s.month AT TIME ZONE 'UTC')::pg_catalog.int8 AS lo, pg_catalog.date_part('epoch', (s.month OPERATOR(pg_catalog.+) '1 month'::pg_catalog.interval) AT TIME ZONE 'UTC')::pg_catalog.int8 AS hi
FROM (SELECT t.lo AS first, (pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, t.lo))) AT TIME ZONE 'UTC') AS lo, (pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, t.hi))) AT TIME ZONE 'UTC') AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8) AS lo, $2::pg_catalog.int8 AS hi) AS t) AS e
CROSS JOIN LATERAL pg_catalog.generate_series(pg_catalog.date_trunc('month', e.lo), pg_catalog.date_trunc('month', e.hi), '1 month'::pg_catalog.interval) AS s(month)
) AS m
CROSS JOIN LATERAL (
SELECT pg_catalog.count(*) AS due, 0::bigint AS held, pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, m.first))) AS oldest
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.>=) m.lo AND "t"."at" OPERATOR(pg_catalog.<) m.hi
) AS c
WHERE c.due OPERATOR(pg_catalog.>) 0
ORDER BY m.month
-- $1 = 1704326400 (int64)
-- $2 = 1704326400 (int64)
-- $3 = 1704326400 (int64)

-- case: simulation, milliseconds
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', (pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, "t"."at")) OPERATOR(pg_catalog./) 1000.0) AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), 0::bigint, pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, pg_catalog.min("t"."at"))) OPERATOR(pg_catalog./) 1000.0)
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8
GROUP BY pg_catalog.date_trunc('month', (pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, "t"."at")) OPERATOR(pg_catalog./) 1000.0) AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', (pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, "t"."at")) OPERATOR(pg_catalog./) 1000.0) AT TIME ZONE 'UTC'))
-- $1 = 1704326400000 (int64)

-- case: months, milliseconds
SELECT (pg_catalog.date_part('year', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('year', m.lo)) OPERATOR(pg_catalog.*) 12 OPERATOR(pg_catalog.+) pg_catalog.date_part('month', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('month', m.lo) OPERATOR(pg_catalog.+) 1
FROM (SELECT (pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, t.lo)) OPERATOR(pg_catalog./) 1000.0) AT TIME ZONE 'UTC') AS lo, (pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, t.hi)) OPERATOR(pg_catalog./) 1000.0) AT TIME ZONE 'UTC') AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8) AS lo, $2::pg_catalog.int8 AS hi) AS t) AS m
-- $1 = 1704326400000 (int64)
-- $2 = 1704326400000 (int64)

-- case: simulation month by month, milliseconds
SELECT pg_catalog.to_char(m.month, 'YYYY-MM'), NULL::integer, c.due, c.held, c.oldest
FROM (
SELECT s.month, e.first, (pg_catalog.date_part('epoch', s.month AT TIME ZONE 'UTC') OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8 AS lo, (pg_catalog.date_part('epoch', (s.month OPERATOR(pg_catalog.+) '1 month'::pg_catalog.interval) AT TIME ZONE 'UTC') OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8 AS hi
FROM (SELECT t.lo AS first, (pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, t.lo)) OPERATOR(pg_catalog./) 1000.0) AT TIME ZONE 'UTC') AS lo, (pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, t.hi)) OPERATOR(pg_catalog./) 1000.0) AT TIME ZONE 'UTC') AS hi FROM (SELECT (SELECT pg_catalog.min("t"."at") FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8) AS lo, $2::pg_catalog.int8 AS hi) AS t) AS e
CROSS JOIN LATERAL pg_catalog.generate_series(pg_catalog.date_trunc('month', e.lo), pg_catalog.date_trunc('month', e.hi), '1 month'::pg_catalog.interval) AS s(month)
) AS m
CROSS JOIN LATERAL (
SELECT pg_catalog.count(*) AS due, 0::bigint AS held, pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, m.first)) OPERATOR(pg_catalog./) 1000.0) AS oldest
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.>=) m.lo AND "t"."at" OPERATOR(pg_catalog.<) m.hi
) AS c
WHERE c.due OPERATOR(pg_catalog.>) 0
ORDER BY m.month
-- $1 = 1704326400000 (int64)
-- $2 = 1704326400000 (int64)
-- $3 = 1704326400000 (int64)

-- case: simulation with a condition, held hashed
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0))), pg_catalog.min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
GROUP BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: simulation with a condition, held probed
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0))), pg_catalog.min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
GROUP BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z

-- case: simulation with a condition, held two sets
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($2::integer[]) OFFSET 0))), pg_catalog.min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
GROUP BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = [4] ([]int32)
-- $3 = 2024-01-04T00:00:00Z

-- case: simulation with a condition, held whole table
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE true), pg_catalog.min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
GROUP BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = 2024-01-04T00:00:00Z

-- case: simulation with a condition, held conditions
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)), pg_catalog.min("t"."at")
FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
GROUP BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', ("t"."at" AT TIME ZONE 'UTC'))
-- $1 = 2024-01-04T00:00:00Z

-- case: simulation of anonymize, quoted names
SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', ("t"."select" AT TIME ZONE 'UTC')), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($1::integer[]) OFFSET 0))), pg_catalog.min("t"."select")
FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $3::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
GROUP BY pg_catalog.date_trunc('month', ("t"."select" AT TIME ZONE 'UTC'))
ORDER BY pg_catalog.date_trunc('month', ("t"."select" AT TIME ZONE 'UTC'))
-- $1 = [1 2] ([]int32)
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "[ANONYMIZED]"

-- case: rows of the table
SELECT pg_catalog.count(*) FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"

-- case: samples of anonymize, quoted names
SELECT ARRAY["t"."Id""); --"::pg_catalog.text]
FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $2::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
LIMIT 10
-- $1 = 2024-01-04T00:00:00Z
-- $2 = "[ANONYMIZED]"
-- $3 = [1 2] ([]int32)

-- case: estimate of anonymize, quoted names
EXPLAIN (FORMAT JSON) SELECT FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t" WHERE "t"."select" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $2::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
-- $1 = 2024-01-04T00:00:00Z
-- $2 = "[ANONYMIZED]"
