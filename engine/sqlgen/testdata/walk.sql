-- case: first, timestamptz
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, timestamptz
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 5000 (int)

-- case: after a tie, timestamptz
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: tie span, timestamptz
SELECT pg_catalog.count(*), coalesce(pg_catalog.min("t".ctid)::pg_catalog.text, '(0,0)'), coalesce(pg_catalog.max("t".ctid)::pg_catalog.text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.=) $1::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z

-- case: never due, timestamptz
SELECT (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.=) ANY (ARRAY['infinity', '-infinity']::pg_catalog.timestamptz[]) AND true)

-- case: rows that remain of a slice, timestamptz
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain of a tie, timestamptz
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: first, timestamp
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamp AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamp
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, timestamp
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamp AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamp
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 5000 (int)

-- case: after a tie, timestamp
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>) $1::pg_catalog.timestamp AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamp
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: tie span, timestamp
SELECT pg_catalog.count(*), coalesce(pg_catalog.min("t".ctid)::pg_catalog.text, '(0,0)'), coalesce(pg_catalog.max("t".ctid)::pg_catalog.text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.=) $1::pg_catalog.timestamp
-- $1 = 2024-01-02T00:00:00Z

-- case: never due, timestamp
SELECT (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.=) ANY (ARRAY['infinity', '-infinity']::pg_catalog.timestamp[]) AND true)

-- case: rows that remain of a slice, timestamp
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamp AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamp
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain of a tie, timestamp
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamp
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamp
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: first, date
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.date AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.date
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, date
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.date AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.date
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 5000 (int)

-- case: after a tie, date
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>) $1::pg_catalog.date AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.date
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: tie span, date
SELECT pg_catalog.count(*), coalesce(pg_catalog.min("t".ctid)::pg_catalog.text, '(0,0)'), coalesce(pg_catalog.max("t".ctid)::pg_catalog.text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.=) $1::pg_catalog.date
-- $1 = 2024-01-02T00:00:00Z

-- case: never due, date
SELECT (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.=) ANY (ARRAY['infinity', '-infinity']::pg_catalog.date[]) AND true)

-- case: rows that remain of a slice, date
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.date AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.date
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain of a tie, date
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.date
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.date
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: first, seconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704326400 (int64)

-- case: slice end, seconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 1704153600 (int64)
-- $2 = 1704326400 (int64)
-- $3 = 5000 (int)

-- case: after a tie, seconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704153600 (int64)
-- $2 = 1704326400 (int64)

-- case: tie span, seconds
SELECT pg_catalog.count(*), coalesce(pg_catalog.min("t".ctid)::pg_catalog.text, '(0,0)'), coalesce(pg_catalog.max("t".ctid)::pg_catalog.text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.=) $1::pg_catalog.int8
-- $1 = 1704153600 (int64)

-- case: never due, seconds
SELECT (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  0::bigint

-- case: rows that remain of a slice, seconds
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
-- $1 = 1704153600 (int64)
-- $2 = 1704153600 (int64)
-- $3 = 1704326400 (int64)

-- case: rows that remain of a tie, seconds
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.int8
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 1704153600 (int64)
-- $4 = 1704326400 (int64)

-- case: first, milliseconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704326400000 (int64)

-- case: slice end, milliseconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 1704153600000 (int64)
-- $2 = 1704326400000 (int64)
-- $3 = 5000 (int)

-- case: after a tie, milliseconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704153600000 (int64)
-- $2 = 1704326400000 (int64)

-- case: tie span, milliseconds
SELECT pg_catalog.count(*), coalesce(pg_catalog.min("t".ctid)::pg_catalog.text, '(0,0)'), coalesce(pg_catalog.max("t".ctid)::pg_catalog.text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.=) $1::pg_catalog.int8
-- $1 = 1704153600000 (int64)

-- case: never due, milliseconds
SELECT (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  0::bigint

-- case: rows that remain of a slice, milliseconds
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.int8 AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.int8
-- $1 = 1704153600000 (int64)
-- $2 = 1704153600000 (int64)
-- $3 = 1704326400000 (int64)

-- case: rows that remain of a tie, milliseconds
SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.text::pg_catalog.tid AND "t".ctid OPERATOR(pg_catalog.<) $2::pg_catalog.text::pg_catalog.tid AND "t"."at" OPERATOR(pg_catalog.=) $3::pg_catalog.int8
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.int8
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 1704153600000 (int64)
-- $4 = 1704326400000 (int64)

-- case: first, since another
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z
-- $2 = 2024-01-01T00:00:00Z

-- case: first, where holds and a condition do not matter
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, where holds and a condition do not matter
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 1 (int)

-- case: never due, with a condition
SELECT (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND ("t"."note" IS NULL)),
  (SELECT pg_catalog.count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" OPERATOR(pg_catalog.=) ANY (ARRAY['infinity', '-infinity']::pg_catalog.timestamptz[]) AND ("t"."note" IS NULL))

-- case: first, quoted names
SELECT "t"."select" FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.<) $1::pg_catalog.timestamptz AND "t"."select" OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.timestamptz
ORDER BY "t"."select" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: tie span, quoted names
SELECT pg_catalog.count(*), coalesce(pg_catalog.min("t".ctid)::pg_catalog.text, '(0,0)'), coalesce(pg_catalog.max("t".ctid)::pg_catalog.text, '(0,0)') FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" OPERATOR(pg_catalog.=) $1::pg_catalog.timestamptz
-- $1 = 2024-01-02T00:00:00Z
