-- case: redact
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::text END AS text)
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C")
RETURNING ("t"."email"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C") AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "[ANONYMIZED]"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "[ANONYMIZED]"
-- $6 = "[ANONYMIZED]"

-- case: redact with a text, varchar(60)
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "phone" = CAST(CASE WHEN "t"."phone" IS NOT NULL THEN $1::text END AS character varying(60))
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."phone"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."phone" IS NOT NULL THEN $5::text END AS character varying(60))::text COLLATE "C")
RETURNING ("t"."phone"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."phone" IS NOT NULL THEN $6::text END AS character varying(60))::text COLLATE "C") AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "it's $1 gone"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "it's $1 gone"
-- $6 = "it's $1 gone"

-- case: null
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "born" = NULL
WHERE "t"."at" >= $1::timestamptz AND "t"."at" < $2::timestamptz
  AND "t"."at" < $3::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."born" IS NOT NULL)
RETURNING ("t"."born" IS NOT NULL) AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: hash
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN CASE WHEN CASE WHEN length("t"."email"::text) = 48 THEN right("t"."email"::text, 16) = left(encode(sha256($3::bytea || sha256($4::bytea || convert_to(left("t"."email"::text, 32), 'UTF8'))), 'hex'), 16) ELSE false END THEN "t"."email"::text ELSE (SELECT v.v || left(encode(sha256($5::bytea || sha256($6::bytea || convert_to(v.v, 'UTF8'))), 'hex'), 16) FROM (SELECT left(encode(sha256($1::bytea || sha256($2::bytea || convert_to("t"."email"::text, 'UTF8'))), 'hex'), 32) AS v OFFSET 0) AS v) END END AS text)
WHERE "t"."at" >= $7::timestamptz AND "t"."at" < $8::timestamptz
  AND "t"."at" < $9::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."email" IS NOT NULL AND NOT CASE WHEN length("t"."email"::text) = 48 THEN right("t"."email"::text, 16) = left(encode(sha256($10::bytea || sha256($11::bytea || convert_to(left("t"."email"::text, 32), 'UTF8'))), 'hex'), 16) ELSE false END))
RETURNING (("t"."email" IS NOT NULL AND NOT CASE WHEN length("t"."email"::text) = 48 THEN right("t"."email"::text, 16) = left(encode(sha256($12::bytea || sha256($13::bytea || convert_to(left("t"."email"::text, 32), 'UTF8'))), 'hex'), 16) ELSE false END)) AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = the outer key of hash
-- $2 = the inner key of hash
-- $3 = the outer key of check
-- $4 = the inner key of check
-- $5 = the outer key of check
-- $6 = the inner key of check
-- $7 = 2024-01-02T00:00:00Z
-- $8 = 2024-01-02T04:10:00Z
-- $9 = 2024-01-04T00:00:00Z
-- $10 = the outer key of check
-- $11 = the inner key of check
-- $12 = the outer key of check
-- $13 = the inner key of check

-- case: hash, varchar(60)
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "phone" = CAST(CASE WHEN "t"."phone" IS NOT NULL THEN CASE WHEN CASE WHEN length("t"."phone"::text) = 48 THEN right("t"."phone"::text, 16) = left(encode(sha256($3::bytea || sha256($4::bytea || convert_to(left("t"."phone"::text, 32), 'UTF8'))), 'hex'), 16) ELSE false END THEN "t"."phone"::text ELSE (SELECT v.v || left(encode(sha256($5::bytea || sha256($6::bytea || convert_to(v.v, 'UTF8'))), 'hex'), 16) FROM (SELECT left(encode(sha256($1::bytea || sha256($2::bytea || convert_to("t"."phone"::text, 'UTF8'))), 'hex'), 32) AS v OFFSET 0) AS v) END END AS character varying(60))
WHERE "t"."at" >= $7::timestamptz AND "t"."at" < $8::timestamptz
  AND "t"."at" < $9::timestamptz
  AND "t"."at" > '-infinity'
  AND (("t"."phone" IS NOT NULL AND NOT CASE WHEN length("t"."phone"::text) = 48 THEN right("t"."phone"::text, 16) = left(encode(sha256($10::bytea || sha256($11::bytea || convert_to(left("t"."phone"::text, 32), 'UTF8'))), 'hex'), 16) ELSE false END))
RETURNING (("t"."phone" IS NOT NULL AND NOT CASE WHEN length("t"."phone"::text) = 48 THEN right("t"."phone"::text, 16) = left(encode(sha256($12::bytea || sha256($13::bytea || convert_to(left("t"."phone"::text, 32), 'UTF8'))), 'hex'), 16) ELSE false END)) AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = the outer key of hash
-- $2 = the inner key of hash
-- $3 = the outer key of check
-- $4 = the inner key of check
-- $5 = the outer key of check
-- $6 = the inner key of check
-- $7 = 2024-01-02T00:00:00Z
-- $8 = 2024-01-02T04:10:00Z
-- $9 = 2024-01-04T00:00:00Z
-- $10 = the outer key of check
-- $11 = the inner key of check
-- $12 = the outer key of check
-- $13 = the inner key of check

-- case: mask
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "phone" = CAST(CASE WHEN "t"."phone" IS NOT NULL THEN repeat('*', length("t"."phone"::text) - $1::integer) || right("t"."phone"::text, $1::integer) END AS character varying(60))
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."phone"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."phone" IS NOT NULL THEN repeat('*', length("t"."phone"::text) - $5::integer) || right("t"."phone"::text, $5::integer) END AS character varying(60))::text COLLATE "C")
RETURNING ("t"."phone"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."phone" IS NOT NULL THEN repeat('*', length("t"."phone"::text) - $6::integer) || right("t"."phone"::text, $6::integer) END AS character varying(60))::text COLLATE "C") AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = 4 (int)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = 4 (int)
-- $6 = 4 (int)

-- case: truncate_date, date
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "born" = CAST(CASE WHEN "t"."born" IS NOT NULL THEN date_trunc($1::text, "t"."born"::timestamp) END AS date)
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."born" IS DISTINCT FROM CAST(CASE WHEN "t"."born" IS NOT NULL THEN date_trunc($5::text, "t"."born"::timestamp) END AS date))
RETURNING ("t"."born" IS DISTINCT FROM CAST(CASE WHEN "t"."born" IS NOT NULL THEN date_trunc($6::text, "t"."born"::timestamp) END AS date)) AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "year"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "year"
-- $6 = "year"

-- case: truncate_date, timestamp
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "seen_local" = CAST(CASE WHEN "t"."seen_local" IS NOT NULL THEN date_trunc($1::text, "t"."seen_local") END AS timestamp without time zone)
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."seen_local" IS DISTINCT FROM CAST(CASE WHEN "t"."seen_local" IS NOT NULL THEN date_trunc($5::text, "t"."seen_local") END AS timestamp without time zone))
RETURNING ("t"."seen_local" IS DISTINCT FROM CAST(CASE WHEN "t"."seen_local" IS NOT NULL THEN date_trunc($6::text, "t"."seen_local") END AS timestamp without time zone)) AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "hour"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "hour"
-- $6 = "hour"

-- case: truncate_date, timestamptz
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "seen" = CAST(CASE WHEN "t"."seen" IS NOT NULL THEN date_trunc($1::text, "t"."seen", $2::text) END AS timestamp with time zone)
WHERE "t"."at" >= $3::timestamptz AND "t"."at" < $4::timestamptz
  AND "t"."at" < $5::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."seen" IS DISTINCT FROM CAST(CASE WHEN "t"."seen" IS NOT NULL THEN date_trunc($6::text, "t"."seen", $7::text) END AS timestamp with time zone))
RETURNING ("t"."seen" IS DISTINCT FROM CAST(CASE WHEN "t"."seen" IS NOT NULL THEN date_trunc($8::text, "t"."seen", $9::text) END AS timestamp with time zone)) AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "day"
-- $2 = "Europe/Berlin"
-- $3 = 2024-01-02T00:00:00Z
-- $4 = 2024-01-02T04:10:00Z
-- $5 = 2024-01-04T00:00:00Z
-- $6 = "day"
-- $7 = "Europe/Berlin"
-- $8 = "day"
-- $9 = "Europe/Berlin"

-- case: constant, text
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "note" = CAST(CASE WHEN "t"."note" IS NOT NULL THEN $1::text END AS text)
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."note"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."note" IS NOT NULL THEN $5::text END AS text)::text COLLATE "C")
RETURNING ("t"."note"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."note" IS NOT NULL THEN $6::text END AS text)::text COLLATE "C") AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "'; DROP TABLE x; --"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "'; DROP TABLE x; --"
-- $6 = "'; DROP TABLE x; --"

-- case: constant, numeric(10,2)
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "amount" = CAST(CASE WHEN "t"."amount" IS NOT NULL THEN $1::text END AS numeric(10,2))
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."amount" IS DISTINCT FROM CAST(CASE WHEN "t"."amount" IS NOT NULL THEN $5::text END AS numeric(10,2)))
RETURNING ("t"."amount" IS DISTINCT FROM CAST(CASE WHEN "t"."amount" IS NOT NULL THEN $6::text END AS numeric(10,2))) AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "0"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "0"
-- $6 = "0"

-- case: constant, json has no equality
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "extra" = CAST(CASE WHEN "t"."extra" IS NOT NULL THEN $1::text END AS json)
WHERE "t"."at" >= $2::timestamptz AND "t"."at" < $3::timestamptz
  AND "t"."at" < $4::timestamptz
  AND "t"."at" > '-infinity'
  AND ("t"."extra"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."extra" IS NOT NULL THEN $5::text END AS json)::text COLLATE "C")
RETURNING ("t"."extra"::text COLLATE "C" IS DISTINCT FROM CAST(CASE WHEN "t"."extra" IS NOT NULL THEN $6::text END AS json)::text COLLATE "C") AS undone
)
SELECT count(*), count(*) FILTER (WHERE undone), 0::bigint
FROM gone
-- $1 = "{}"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "{}"
-- $6 = "{}"
