-- case: a check of the table
SELECT count(*) FROM (SELECT "t"."id" AS "id", "t"."at" AS "at", "t"."email" AS "email", CAST(CASE WHEN "t"."phone" IS NOT NULL THEN repeat('*', length("t"."phone"::text) - $1::integer) || right("t"."phone"::text, $1::integer) END AS character varying(60)) AS "phone", "t"."born" AS "born", CAST(NULL AS text) AS "note" FROM ONLY "public"."events" AS "t" LIMIT $2::integer) AS s WHERE NOT (((length((phone)::text) > 3)))
-- $1 = 2 (int)
-- $2 = 1000 (int)

-- case: one column, null
SELECT count(ROW(CAST(NULL AS text))) FROM (SELECT * FROM ONLY "public"."events" AS "t" LIMIT $1::integer) AS "t"
-- $1 = 1000 (int)

-- case: one column, mask
SELECT count(ROW(CAST(CASE WHEN "t"."phone" IS NOT NULL THEN repeat('*', length("t"."phone"::text) - $1::integer) || right("t"."phone"::text, $1::integer) END AS character varying(60)))) FROM (SELECT * FROM ONLY "public"."events" AS "t" LIMIT $2::integer) AS "t"
-- $1 = 2 (int)
-- $2 = 1000 (int)

-- case: quoted names
SELECT count(*) FROM (SELECT "t"."Id""); --" AS "Id""); --", "t"."select" AS "select", CAST(CASE WHEN "t"."E-Mail '$1'" IS NOT NULL THEN $1::text END AS text) AS "E-Mail '$1'", "t"."phone" AS "phone", "t"."born" AS "born", CAST(NULL AS text) AS "note" FROM ONLY "Audit Log"."Order""; DROP TABLE x; --" AS "t" LIMIT $2::integer) AS s WHERE NOT ((("E-Mail '$1'" <> ''::text)))
-- $1 = "[ANONYMIZED]"
-- $2 = 10 (int)
