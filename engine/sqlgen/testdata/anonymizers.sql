-- case: redact
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true))
RETURNING (NOT coalesce("t"."email"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."email" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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
SET "phone" = CAST(CASE WHEN "t"."phone" IS NOT NULL THEN $1::pg_catalog.text END AS character varying(60))
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."phone"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."phone" IS NOT NULL THEN $5::pg_catalog.text END AS character varying(60))::pg_catalog.text COLLATE pg_catalog."C", true))
RETURNING (NOT coalesce("t"."phone"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."phone" IS NOT NULL THEN $6::pg_catalog.text END AS character varying(60))::pg_catalog.text COLLATE pg_catalog."C", true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND ("t"."born" IS NOT NULL)
RETURNING ("t"."born" IS NOT NULL) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: hash
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN CASE WHEN CASE WHEN pg_catalog.length("t"."email"::pg_catalog.text) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right("t"."email"::pg_catalog.text, 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($3::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($4::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left("t"."email"::pg_catalog.text, 32), 'UTF8'))), 'hex'), 16) ELSE false END THEN "t"."email"::pg_catalog.text ELSE (SELECT v.v OPERATOR(pg_catalog.||) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($5::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($6::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(v.v, 'UTF8'))), 'hex'), 16) FROM (SELECT pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($1::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($2::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to("t"."email"::pg_catalog.text, 'UTF8'))), 'hex'), 32) AS v OFFSET 0) AS v) END END AS pg_catalog.text)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $7::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $8::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $9::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."email" IS NOT NULL AND NOT CASE WHEN pg_catalog.length("t"."email"::pg_catalog.text) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right("t"."email"::pg_catalog.text, 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($10::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($11::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left("t"."email"::pg_catalog.text, 32), 'UTF8'))), 'hex'), 16) ELSE false END))
RETURNING (("t"."email" IS NOT NULL AND NOT CASE WHEN pg_catalog.length("t"."email"::pg_catalog.text) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right("t"."email"::pg_catalog.text, 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($12::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($13::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left("t"."email"::pg_catalog.text, 32), 'UTF8'))), 'hex'), 16) ELSE false END)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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
SET "phone" = CAST(CASE WHEN "t"."phone" IS NOT NULL THEN CASE WHEN CASE WHEN pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right("t"."phone"::pg_catalog.text, 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($3::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($4::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left("t"."phone"::pg_catalog.text, 32), 'UTF8'))), 'hex'), 16) ELSE false END THEN "t"."phone"::pg_catalog.text ELSE (SELECT v.v OPERATOR(pg_catalog.||) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($5::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($6::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(v.v, 'UTF8'))), 'hex'), 16) FROM (SELECT pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($1::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($2::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to("t"."phone"::pg_catalog.text, 'UTF8'))), 'hex'), 32) AS v OFFSET 0) AS v) END END AS character varying(60))
WHERE "t"."at" OPERATOR(pg_catalog.>=) $7::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $8::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $9::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."phone" IS NOT NULL AND NOT CASE WHEN pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right("t"."phone"::pg_catalog.text, 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($10::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($11::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left("t"."phone"::pg_catalog.text, 32), 'UTF8'))), 'hex'), 16) ELSE false END))
RETURNING (("t"."phone" IS NOT NULL AND NOT CASE WHEN pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right("t"."phone"::pg_catalog.text, 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($12::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($13::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left("t"."phone"::pg_catalog.text, 32), 'UTF8'))), 'hex'), 16) ELSE false END)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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

-- case: email
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "email" = CAST(CASE WHEN "t"."email" IS NOT NULL THEN CASE WHEN (pg_catalog.right("t"."email"::pg_catalog.text COLLATE pg_catalog."C", 19) OPERATOR(pg_catalog.=) $1::pg_catalog.text AND CASE WHEN pg_catalog.length(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19)) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19), 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($2::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($3::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19), 32), 'UTF8'))), 'hex'), 16) ELSE false END) THEN "t"."email"::pg_catalog.text ELSE CASE WHEN CASE WHEN pg_catalog.length("t"."email"::pg_catalog.text) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right("t"."email"::pg_catalog.text, 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($6::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($7::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left("t"."email"::pg_catalog.text, 32), 'UTF8'))), 'hex'), 16) ELSE false END THEN "t"."email"::pg_catalog.text ELSE (SELECT v.v OPERATOR(pg_catalog.||) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($8::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($9::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(v.v, 'UTF8'))), 'hex'), 16) FROM (SELECT pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($4::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($5::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to("t"."email"::pg_catalog.text, 'UTF8'))), 'hex'), 32) AS v OFFSET 0) AS v) END OPERATOR(pg_catalog.||) $10::pg_catalog.text END END AS pg_catalog.text)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $11::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $12::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $13::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (("t"."email" IS NOT NULL AND NOT (pg_catalog.right("t"."email"::pg_catalog.text COLLATE pg_catalog."C", 19) OPERATOR(pg_catalog.=) $14::pg_catalog.text AND CASE WHEN pg_catalog.length(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19)) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19), 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($15::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($16::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19), 32), 'UTF8'))), 'hex'), 16) ELSE false END)))
RETURNING (("t"."email" IS NOT NULL AND NOT (pg_catalog.right("t"."email"::pg_catalog.text COLLATE pg_catalog."C", 19) OPERATOR(pg_catalog.=) $17::pg_catalog.text AND CASE WHEN pg_catalog.length(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19)) OPERATOR(pg_catalog.=) 48 THEN pg_catalog.right(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19), 16) OPERATOR(pg_catalog.=) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256($18::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.sha256($19::pg_catalog.bytea OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.left(pg_catalog.left("t"."email"::pg_catalog.text COLLATE pg_catalog."C", -19), 32), 'UTF8'))), 'hex'), 16) ELSE false END))) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = "@anonymized.invalid"
-- $2 = the outer key of check
-- $3 = the inner key of check
-- $4 = the outer key of hash
-- $5 = the inner key of hash
-- $6 = the outer key of check
-- $7 = the inner key of check
-- $8 = the outer key of check
-- $9 = the inner key of check
-- $10 = "@anonymized.invalid"
-- $11 = 2024-01-02T00:00:00Z
-- $12 = 2024-01-02T04:10:00Z
-- $13 = 2024-01-04T00:00:00Z
-- $14 = "@anonymized.invalid"
-- $15 = the outer key of check
-- $16 = the inner key of check
-- $17 = "@anonymized.invalid"
-- $18 = the outer key of check
-- $19 = the inner key of check

-- case: mask
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "phone" = CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.repeat('*', pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.-) $1::integer) OPERATOR(pg_catalog.||) pg_catalog.right("t"."phone"::pg_catalog.text, $1::integer) END AS character varying(60))
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."phone"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.repeat('*', pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.-) $5::integer) OPERATOR(pg_catalog.||) pg_catalog.right("t"."phone"::pg_catalog.text, $5::integer) END AS character varying(60))::pg_catalog.text COLLATE pg_catalog."C", true))
RETURNING (NOT coalesce("t"."phone"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.repeat('*', pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.-) $6::integer) OPERATOR(pg_catalog.||) pg_catalog.right("t"."phone"::pg_catalog.text, $6::integer) END AS character varying(60))::pg_catalog.text COLLATE pg_catalog."C", true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = 4 (int)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = 4 (int)
-- $6 = 4 (int)

-- case: truncate_text
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "phone" = CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.left("t"."phone"::pg_catalog.text, $1::integer) END AS character varying(60))
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."phone"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.left("t"."phone"::pg_catalog.text, $5::integer) END AS character varying(60))::pg_catalog.text COLLATE pg_catalog."C", true))
RETURNING (NOT coalesce("t"."phone"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.left("t"."phone"::pg_catalog.text, $6::integer) END AS character varying(60))::pg_catalog.text COLLATE pg_catalog."C", true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = 2 (int)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = 2 (int)
-- $6 = 2 (int)

-- case: truncate_ip
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "address" = CAST(CASE WHEN "t"."address" IS NOT NULL THEN pg_catalog.network(pg_catalog.set_masklen("t"."address"::pg_catalog.inet, least(pg_catalog.masklen("t"."address"::pg_catalog.inet), CASE WHEN pg_catalog.family("t"."address"::pg_catalog.inet) OPERATOR(pg_catalog.=) 4 THEN 24 ELSE 48 END))) END AS pg_catalog.inet)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."address" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."address" IS NOT NULL THEN pg_catalog.network(pg_catalog.set_masklen("t"."address"::pg_catalog.inet, least(pg_catalog.masklen("t"."address"::pg_catalog.inet), CASE WHEN pg_catalog.family("t"."address"::pg_catalog.inet) OPERATOR(pg_catalog.=) 4 THEN 24 ELSE 48 END))) END AS pg_catalog.inet), true))
RETURNING (NOT coalesce("t"."address" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."address" IS NOT NULL THEN pg_catalog.network(pg_catalog.set_masklen("t"."address"::pg_catalog.inet, least(pg_catalog.masklen("t"."address"::pg_catalog.inet), CASE WHEN pg_catalog.family("t"."address"::pg_catalog.inet) OPERATOR(pg_catalog.=) 4 THEN 24 ELSE 48 END))) END AS pg_catalog.inet), true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = 2024-01-02T00:00:00Z
-- $2 = 2024-01-02T04:10:00Z
-- $3 = 2024-01-04T00:00:00Z

-- case: generalize_number, numeric(10,2)
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "amount" = CAST(CASE WHEN "t"."amount" IS NOT NULL THEN CASE WHEN "t"."amount"::pg_catalog.numeric OPERATOR(pg_catalog.=) ANY ('{NaN,Infinity,-Infinity}'::pg_catalog.numeric[]) THEN "t"."amount"::pg_catalog.numeric ELSE "t"."amount"::pg_catalog.numeric OPERATOR(pg_catalog.-) pg_catalog.mod("t"."amount"::pg_catalog.numeric, $1::pg_catalog.numeric) END END AS pg_catalog.numeric(10,2))
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."amount" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."amount" IS NOT NULL THEN CASE WHEN "t"."amount"::pg_catalog.numeric OPERATOR(pg_catalog.=) ANY ('{NaN,Infinity,-Infinity}'::pg_catalog.numeric[]) THEN "t"."amount"::pg_catalog.numeric ELSE "t"."amount"::pg_catalog.numeric OPERATOR(pg_catalog.-) pg_catalog.mod("t"."amount"::pg_catalog.numeric, $5::pg_catalog.numeric) END END AS pg_catalog.numeric(10,2)), true))
RETURNING (NOT coalesce("t"."amount" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."amount" IS NOT NULL THEN CASE WHEN "t"."amount"::pg_catalog.numeric OPERATOR(pg_catalog.=) ANY ('{NaN,Infinity,-Infinity}'::pg_catalog.numeric[]) THEN "t"."amount"::pg_catalog.numeric ELSE "t"."amount"::pg_catalog.numeric OPERATOR(pg_catalog.-) pg_catalog.mod("t"."amount"::pg_catalog.numeric, $6::pg_catalog.numeric) END END AS pg_catalog.numeric(10,2)), true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = 50 (int64)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = 50 (int64)
-- $6 = 50 (int64)

-- case: generalize_number, integer
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "visits" = CAST(CASE WHEN "t"."visits" IS NOT NULL THEN "t"."visits"::pg_catalog.int4 OPERATOR(pg_catalog.-) pg_catalog.mod("t"."visits"::pg_catalog.int4, $1::pg_catalog.int4) END AS integer)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."visits" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."visits" IS NOT NULL THEN "t"."visits"::pg_catalog.int4 OPERATOR(pg_catalog.-) pg_catalog.mod("t"."visits"::pg_catalog.int4, $5::pg_catalog.int4) END AS integer), true))
RETURNING (NOT coalesce("t"."visits" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."visits" IS NOT NULL THEN "t"."visits"::pg_catalog.int4 OPERATOR(pg_catalog.-) pg_catalog.mod("t"."visits"::pg_catalog.int4, $6::pg_catalog.int4) END AS integer), true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = 10 (int64)
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = 10 (int64)
-- $6 = 10 (int64)

-- case: truncate_date, date
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "born" = CAST(CASE WHEN "t"."born" IS NOT NULL THEN pg_catalog.date_trunc($1::pg_catalog.text, "t"."born"::pg_catalog.timestamp) END AS pg_catalog.date)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."born" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."born" IS NOT NULL THEN pg_catalog.date_trunc($5::pg_catalog.text, "t"."born"::pg_catalog.timestamp) END AS pg_catalog.date), true))
RETURNING (NOT coalesce("t"."born" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."born" IS NOT NULL THEN pg_catalog.date_trunc($6::pg_catalog.text, "t"."born"::pg_catalog.timestamp) END AS pg_catalog.date), true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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
SET "seen_local" = CAST(CASE WHEN "t"."seen_local" IS NOT NULL THEN pg_catalog.date_trunc($1::pg_catalog.text, "t"."seen_local") END AS timestamp without time zone)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."seen_local" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."seen_local" IS NOT NULL THEN pg_catalog.date_trunc($5::pg_catalog.text, "t"."seen_local") END AS timestamp without time zone), true))
RETURNING (NOT coalesce("t"."seen_local" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."seen_local" IS NOT NULL THEN pg_catalog.date_trunc($6::pg_catalog.text, "t"."seen_local") END AS timestamp without time zone), true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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
SET "seen" = CAST(CASE WHEN "t"."seen" IS NOT NULL THEN pg_catalog.date_trunc($1::pg_catalog.text, "t"."seen", $2::pg_catalog.text) END AS timestamp with time zone)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $3::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $5::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."seen" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."seen" IS NOT NULL THEN pg_catalog.date_trunc($6::pg_catalog.text, "t"."seen", $7::pg_catalog.text) END AS timestamp with time zone), true))
RETURNING (NOT coalesce("t"."seen" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."seen" IS NOT NULL THEN pg_catalog.date_trunc($8::pg_catalog.text, "t"."seen", $9::pg_catalog.text) END AS timestamp with time zone), true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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
SET "note" = CAST(CASE WHEN "t"."note" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."note"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."note" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true))
RETURNING (NOT coalesce("t"."note"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."note" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.text)::pg_catalog.text COLLATE pg_catalog."C", true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
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
SET "amount" = CAST(CASE WHEN "t"."amount" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.numeric(10,2))
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."amount" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."amount" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.numeric(10,2)), true))
RETURNING (NOT coalesce("t"."amount" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."amount" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.numeric(10,2)), true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = "0"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "0"
-- $6 = "0"

-- case: json
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "extra" = CAST(CASE WHEN "t"."extra" IS NOT NULL THEN (CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb) OPERATOR(pg_catalog.=) ANY ('{object,array}'::pg_catalog.text[]) THEN (pg_catalog.jsonb_set(pg_catalog.jsonb_set("t"."extra"::pg_catalog.jsonb, CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $1::pg_catalog.text[]) OPERATOR(pg_catalog.<>) 'null' THEN $1::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END, pg_catalog.to_jsonb($2::pg_catalog.text), false), CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $3::pg_catalog.text[]) OPERATOR(pg_catalog.<>) 'null' THEN $3::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END, pg_catalog.to_jsonb($4::pg_catalog.text), false)) OPERATOR(pg_catalog.#-) CASE WHEN "t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $5::pg_catalog.text[] IS NOT NULL THEN $5::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END ELSE "t"."extra"::pg_catalog.jsonb END)::pg_catalog.json END AS pg_catalog.json)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $6::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $7::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $8::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."extra"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."extra" IS NOT NULL THEN (CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb) OPERATOR(pg_catalog.=) ANY ('{object,array}'::pg_catalog.text[]) THEN (pg_catalog.jsonb_set(pg_catalog.jsonb_set("t"."extra"::pg_catalog.jsonb, CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $9::pg_catalog.text[]) OPERATOR(pg_catalog.<>) 'null' THEN $9::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END, pg_catalog.to_jsonb($10::pg_catalog.text), false), CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $11::pg_catalog.text[]) OPERATOR(pg_catalog.<>) 'null' THEN $11::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END, pg_catalog.to_jsonb($12::pg_catalog.text), false)) OPERATOR(pg_catalog.#-) CASE WHEN "t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $13::pg_catalog.text[] IS NOT NULL THEN $13::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END ELSE "t"."extra"::pg_catalog.jsonb END)::pg_catalog.json END AS pg_catalog.json)::pg_catalog.text COLLATE pg_catalog."C", true))
RETURNING (NOT coalesce("t"."extra"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."extra" IS NOT NULL THEN (CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb) OPERATOR(pg_catalog.=) ANY ('{object,array}'::pg_catalog.text[]) THEN (pg_catalog.jsonb_set(pg_catalog.jsonb_set("t"."extra"::pg_catalog.jsonb, CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $14::pg_catalog.text[]) OPERATOR(pg_catalog.<>) 'null' THEN $14::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END, pg_catalog.to_jsonb($15::pg_catalog.text), false), CASE WHEN pg_catalog.jsonb_typeof("t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $16::pg_catalog.text[]) OPERATOR(pg_catalog.<>) 'null' THEN $16::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END, pg_catalog.to_jsonb($17::pg_catalog.text), false)) OPERATOR(pg_catalog.#-) CASE WHEN "t"."extra"::pg_catalog.jsonb OPERATOR(pg_catalog.#>) $18::pg_catalog.text[] IS NOT NULL THEN $18::pg_catalog.text[] ELSE '{}'::pg_catalog.text[] END ELSE "t"."extra"::pg_catalog.jsonb END)::pg_catalog.json END AS pg_catalog.json)::pg_catalog.text COLLATE pg_catalog."C", true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = ["name"]
-- $2 = "[ANONYMIZED]"
-- $3 = ["tags" "0"]
-- $4 = "[ANONYMIZED]"
-- $5 = ["a/b" "c"]
-- $6 = 2024-01-02T00:00:00Z
-- $7 = 2024-01-02T04:10:00Z
-- $8 = 2024-01-04T00:00:00Z
-- $9 = ["name"]
-- $10 = "[ANONYMIZED]"
-- $11 = ["tags" "0"]
-- $12 = "[ANONYMIZED]"
-- $13 = ["a/b" "c"]
-- $14 = ["name"]
-- $15 = "[ANONYMIZED]"
-- $16 = ["tags" "0"]
-- $17 = "[ANONYMIZED]"
-- $18 = ["a/b" "c"]

-- case: constant, json has no equality
WITH gone AS (
UPDATE ONLY "public"."events" AS "t"
SET "extra" = CAST(CASE WHEN "t"."extra" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.json)
WHERE "t"."at" OPERATOR(pg_catalog.>=) $2::pg_catalog.timestamptz AND "t"."at" OPERATOR(pg_catalog.<) $3::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<) $4::pg_catalog.timestamptz
  AND "t"."at" OPERATOR(pg_catalog.<>) '-infinity'::pg_catalog.timestamptz
  AND (NOT coalesce("t"."extra"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."extra" IS NOT NULL THEN $5::pg_catalog.text END AS pg_catalog.json)::pg_catalog.text COLLATE pg_catalog."C", true))
RETURNING (NOT coalesce("t"."extra"::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) CAST(CASE WHEN "t"."extra" IS NOT NULL THEN $6::pg_catalog.text END AS pg_catalog.json)::pg_catalog.text COLLATE pg_catalog."C", true)) AS undone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undone)
FROM gone
-- $1 = "{}"
-- $2 = 2024-01-02T00:00:00Z
-- $3 = 2024-01-02T04:10:00Z
-- $4 = 2024-01-04T00:00:00Z
-- $5 = "{}"
-- $6 = "{}"
