-- case: first, timestamptz
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz AND "t"."at" > '-infinity'
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, timestamptz
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 5000 (int)

-- case: after a tie, timestamptz
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" > $1::timestamptz AND "t"."at" < $2::timestamptz
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: tie span, timestamptz
SELECT count(*), coalesce(min("t".ctid)::text, '(0,0)'), coalesce(max("t".ctid)::text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" = $1::timestamptz
-- $1 = 2024-01-02T00:00:00Z

-- case: never due, timestamptz
SELECT (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IN ('infinity', '-infinity') AND true)

-- case: rows that remain of a slice, timestamptz
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain of a tie, timestamptz
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: first, timestamp
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamp AND "t"."at" > '-infinity'
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, timestamp
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamp AND "t"."at" < $2::timestamp
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 5000 (int)

-- case: after a tie, timestamp
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" > $1::timestamp AND "t"."at" < $2::timestamp
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: tie span, timestamp
SELECT count(*), coalesce(min("t".ctid)::text, '(0,0)'), coalesce(max("t".ctid)::text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" = $1::timestamp
-- $1 = 2024-01-02T00:00:00Z

-- case: never due, timestamp
SELECT (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IN ('infinity', '-infinity') AND true)

-- case: rows that remain of a slice, timestamp
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamp AND "t"."at" < $2::timestamp
  AND "t"."at" < $3::timestamp
  AND "t"."at" > '-infinity'
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain of a tie, timestamp
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::timestamp
  AND "t"."at" < $4::timestamp
  AND "t"."at" > '-infinity'
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: first, date
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::date AND "t"."at" > '-infinity'
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, date
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::date AND "t"."at" < $2::date
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 5000 (int)

-- case: after a tie, date
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" > $1::date AND "t"."at" < $2::date
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z

-- case: tie span, date
SELECT count(*), coalesce(min("t".ctid)::text, '(0,0)'), coalesce(max("t".ctid)::text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" = $1::date
-- $1 = 2024-01-02T00:00:00Z

-- case: never due, date
SELECT (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IN ('infinity', '-infinity') AND true)

-- case: rows that remain of a slice, date
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::date AND "t"."at" < $2::date
  AND "t"."at" < $3::date
  AND "t"."at" > '-infinity'
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: rows that remain of a tie, date
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::date
  AND "t"."at" < $4::date
  AND "t"."at" > '-infinity'
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-04T00:00:00Z

-- case: first, seconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::bigint
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704326400 (int64)

-- case: slice end, seconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::bigint AND "t"."at" < $2::bigint
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 1704153600 (int64)
-- $2 = 1704326400 (int64)
-- $3 = 5000 (int)

-- case: after a tie, seconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" > $1::bigint AND "t"."at" < $2::bigint
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704153600 (int64)
-- $2 = 1704326400 (int64)

-- case: tie span, seconds
SELECT count(*), coalesce(min("t".ctid)::text, '(0,0)'), coalesce(max("t".ctid)::text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" = $1::bigint
-- $1 = 1704153600 (int64)

-- case: never due, seconds
SELECT (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  0::bigint

-- case: rows that remain of a slice, seconds
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::bigint AND "t"."at" < $2::bigint
  AND "t"."at" < $3::bigint
-- $1 = 1704153600 (int64)
-- $2 = 1704153600 (int64)
-- $3 = 1704326400 (int64)

-- case: rows that remain of a tie, seconds
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::bigint
  AND "t"."at" < $4::bigint
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 1704153600 (int64)
-- $4 = 1704326400 (int64)

-- case: first, milliseconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::bigint
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704326400000 (int64)

-- case: slice end, milliseconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::bigint AND "t"."at" < $2::bigint
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 1704153600000 (int64)
-- $2 = 1704326400000 (int64)
-- $3 = 5000 (int)

-- case: after a tie, milliseconds
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" > $1::bigint AND "t"."at" < $2::bigint
ORDER BY "t"."at" LIMIT 1
-- $1 = 1704153600000 (int64)
-- $2 = 1704326400000 (int64)

-- case: tie span, milliseconds
SELECT count(*), coalesce(min("t".ctid)::text, '(0,0)'), coalesce(max("t".ctid)::text, '(0,0)') FROM ONLY "public"."events" AS "t"
WHERE "t"."at" = $1::bigint
-- $1 = 1704153600000 (int64)

-- case: never due, milliseconds
SELECT (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND true),
  0::bigint

-- case: rows that remain of a slice, milliseconds
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::bigint AND "t"."at" < $2::bigint
  AND "t"."at" < $3::bigint
-- $1 = 1704153600000 (int64)
-- $2 = 1704153600000 (int64)
-- $3 = 1704326400000 (int64)

-- case: rows that remain of a tie, milliseconds
SELECT count(*) FROM ONLY "public"."events" AS "t"
WHERE "t".ctid >= $1::text::tid AND "t".ctid < $2::text::tid AND "t"."at" = $3::bigint
  AND "t"."at" < $4::bigint
-- $1 = "(0,0)"
-- $2 = "(8,0)"
-- $3 = 1704153600000 (int64)
-- $4 = 1704326400000 (int64)

-- case: first, where holds and a condition do not matter
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" < $1::timestamptz AND "t"."at" > '-infinity'
ORDER BY "t"."at" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: slice end, where holds and a condition do not matter
SELECT "t"."at" FROM ONLY "public"."events" AS "t"
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
ORDER BY "t"."at" OFFSET $3::bigint LIMIT 1
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-04T00:00:00Z
-- $3 = 1 (int)

-- case: never due, with a condition
SELECT (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IS NULL AND ("t"."note" IS NULL)),
  (SELECT count(*) FROM ONLY "public"."events" AS "t" WHERE "t"."at" IN ('infinity', '-infinity') AND ("t"."note" IS NULL))

-- case: first, quoted names
SELECT "t"."select" FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" < $1::timestamptz AND "t"."select" > '-infinity'
ORDER BY "t"."select" LIMIT 1
-- $1 = 2024-01-04T00:00:00Z

-- case: tie span, quoted names
SELECT count(*), coalesce(min("t".ctid)::text, '(0,0)'), coalesce(max("t".ctid)::text, '(0,0)') FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t"
WHERE "t"."select" = $1::timestamptz
-- $1 = 2024-01-02T00:00:00Z
