-- case: slice, timestamptz
SELECT "t"."at", "t"."at", "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: blocks, timestamptz
SELECT "t"."at", "t"."at", "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
ORDER BY "t"."at" LIMIT 1
-- $1 = "(8,0)"
-- $2 = "(16,0)"
-- $3 = 2024-01-04T00:00:00Z

-- case: slice, timestamp
SELECT "t"."at", CASE WHEN (("t"."at" AT TIME ZONE $1::pg_catalog.text) AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.>) "t"."at" THEN (SELECT pg_catalog.min(s.at) OPERATOR(pg_catalog.-) '1 microsecond'::pg_catalog.interval FROM pg_catalog.generate_series(pg_catalog.date_trunc('second', (("t"."at" AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.-) ((("t"."at" AT TIME ZONE $1::pg_catalog.text) AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.-) "t"."at"))), ("t"."at" AT TIME ZONE $1::pg_catalog.text), '1 second'::pg_catalog.interval) AS s(at) WHERE (s.at AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.>) "t"."at") ELSE ("t"."at" AT TIME ZONE $1::pg_catalog.text) END, "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamp AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamp
ORDER BY "t"."at" LIMIT 1
-- $1 = "UTC"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: blocks, timestamp
SELECT "t"."at", CASE WHEN (("t"."at" AT TIME ZONE $1::pg_catalog.text) AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.>) "t"."at" THEN (SELECT pg_catalog.min(s.at) OPERATOR(pg_catalog.-) '1 microsecond'::pg_catalog.interval FROM pg_catalog.generate_series(pg_catalog.date_trunc('second', (("t"."at" AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.-) ((("t"."at" AT TIME ZONE $1::pg_catalog.text) AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.-) "t"."at"))), ("t"."at" AT TIME ZONE $1::pg_catalog.text), '1 second'::pg_catalog.interval) AS s(at) WHERE (s.at AT TIME ZONE $1::pg_catalog.text) OPERATOR(pg_catalog.>) "t"."at") ELSE ("t"."at" AT TIME ZONE $1::pg_catalog.text) END, "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamp
ORDER BY "t"."at" LIMIT 1
-- $1 = "UTC"
-- $2 = "(8,0)"
-- $3 = "(16,0)"
-- $4 = 2024-01-04T00:00:00Z

-- case: slice, date
SELECT "t"."at", (("t"."at"::pg_catalog.timestamp OPERATOR(pg_catalog.+) '1 day'::pg_catalog.interval) AT TIME ZONE $1::pg_catalog.text OPERATOR(pg_catalog.-) '1 microsecond'::pg_catalog.interval), "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.date AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.date
ORDER BY "t"."at" LIMIT 1
-- $1 = "UTC"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: blocks, date
SELECT "t"."at", (("t"."at"::pg_catalog.timestamp OPERATOR(pg_catalog.+) '1 day'::pg_catalog.interval) AT TIME ZONE $1::pg_catalog.text OPERATOR(pg_catalog.-) '1 microsecond'::pg_catalog.interval), "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $2::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $3::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.date
ORDER BY "t"."at" LIMIT 1
-- $1 = "UTC"
-- $2 = "(8,0)"
-- $3 = "(16,0)"
-- $4 = 2024-01-04T00:00:00Z

-- case: slice, seconds
SELECT "t"."at", pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, "t"."at"))), "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704153600 (int64)
-- $2 = 1704153600 (int64)
-- $3 = 1704326400 (int64)

-- case: blocks, seconds
SELECT "t"."at", pg_catalog.to_timestamp(GREATEST(-62135596800, LEAST(253402300799, "t"."at"))), "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = "(8,0)"
-- $2 = "(16,0)"
-- $3 = 1704326400 (int64)

-- case: slice, milliseconds
SELECT "t"."at", pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, "t"."at")) OPERATOR(pg_catalog./) 1000.0), "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704153600000 (int64)
-- $2 = 1704153600000 (int64)
-- $3 = 1704326400000 (int64)

-- case: blocks, milliseconds
SELECT "t"."at", pg_catalog.to_timestamp(GREATEST(-62135596800000, LEAST(253402300799000, "t"."at")) OPERATOR(pg_catalog./) 1000.0), "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = "(8,0)"
-- $2 = "(16,0)"
-- $3 = 1704326400000 (int64)

-- case: slice with a condition, held hashed
SELECT "t"."at", "t"."at", "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)

-- case: slice with a condition, held probed
SELECT "t"."at", "t"."at", "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_11" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0))
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)

-- case: slice with a condition, held two sets
SELECT "t"."at", "t"."at", "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
  AND NOT (("t"."id") OPERATOR("pg_catalog".=) ANY (SELECT h.k1 FROM "holdfast_guard"."held_11" AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY ($3::integer[]) OFFSET 0) OR EXISTS (SELECT FROM "holdfast_guard"."held_12" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = [1 2] ([]int32)
-- $4 = [4] ([]int32)

-- case: slice with a condition, held whole table
SELECT "t"."at", "t"."at", "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
  AND NOT true
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: slice with a condition, held conditions
SELECT "t"."at", "t"."at", "t".ctid::pg_catalog.text FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."note" IS NULL)
  AND NOT ((("t"."phone" LIKE '%7') OR ("t"."phone" IN ('+49 30 43', '+49 30 48'))) IS TRUE)
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: blocks of anonymize, quoted names
SELECT "t"."select", "t"."select", "t".ctid::pg_catalog.text FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid
  AND "t"."select" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $4::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($5::integer[]) OFFSET 0))
ORDER BY "t"."select" LIMIT 1
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 2024-01-04T00:00:00Z
-- $4 = "[ANONYMIZED]"
-- $5 = [1 2] ([]int32)

-- case: one row by its address
SELECT "t"."select", "t"."select", "t".ctid::pg_catalog.text FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.tid[])
  AND "t"."select" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."select" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."E-Mail '$1'"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $3::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true) OR "t"."note" IS NOT NULL)
  AND NOT (EXISTS (SELECT FROM "holdfast_guard"."held_41" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."Id""); --" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0))
ORDER BY "t"."select" LIMIT 1
-- $1 = ["(3,7)"]
-- $2 = 2024-01-04T00:00:00Z
-- $3 = "[ANONYMIZED]"
-- $4 = [1 2] ([]int32)
