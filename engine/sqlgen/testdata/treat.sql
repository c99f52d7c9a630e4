-- case: a check of the table
SELECT pg_catalog.count(*) FROM (SELECT "t"."id" AS "id", "t"."at" AS "at", "t"."email" AS "email", CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.repeat('*', pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.-) $1::integer) OPERATOR(pg_catalog.||) pg_catalog.right("t"."phone"::pg_catalog.text, $1::integer) END AS character varying(60)) AS "phone", "t"."born" AS "born", CAST(NULL AS pg_catalog.text) AS "note" FROM ONLY "public"."events" AS "t" LIMIT $2::integer) AS s WHERE NOT (((length((phone)::text) > 3)))
-- $1 = 2 (int)
-- $2 = 1000 (int)

-- case: one column, null
SELECT pg_catalog.count(ROW(CAST(NULL AS pg_catalog.text))) FROM (SELECT * FROM ONLY "public"."events" AS "t" LIMIT $1::integer) AS "t"
-- $1 = 1000 (int)

-- case: one column, mask
SELECT pg_catalog.count(ROW(CAST(CASE WHEN "t"."phone" IS NOT NULL THEN pg_catalog.repeat('*', pg_catalog.length("t"."phone"::pg_catalog.text) OPERATOR(pg_catalog.-) $1::integer) OPERATOR(pg_catalog.||) pg_catalog.right("t"."phone"::pg_catalog.text, $1::integer) END AS character varying(60)))) FROM (SELECT * FROM ONLY "public"."events" AS "t" LIMIT $2::integer) AS "t"
-- $1 = 2 (int)
-- $2 = 1000 (int)

-- case: quoted names
SELECT pg_catalog.count(*) FROM (SELECT "t"."Id""); --" AS "Id""); --", "t"."select" AS "select", CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $1::pg_catalog.text END AS pg_catalog.text) AS "E-Mail '$1'", "t"."phone" AS "phone", "t"."born" AS "born", CAST(NULL AS pg_catalog.text) AS "note" FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t" LIMIT $2::integer) AS s WHERE NOT ((("E-Mail '$1'" <> ''::text)))
-- $1 = "[ANONYMIZED]"
-- $2 = 10 (int)
