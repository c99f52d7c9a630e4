-- case: ids
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
AS $holdfast$
DECLARE
    by_holds pg_catalog.uuid[];
    refused boolean;
    was pg_catalog.text[];
    fitting pg_catalog.int4[];
BEGIN
    IF pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND ((EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0))) IS NOT TRUE THEN
        IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    IF NOT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND holdfast_guard.behind() THEN
        PERFORM holdfast_guard.refuse_behind();
    END IF;
    IF ((EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0))) IS NOT TRUE THEN
        IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    was := holdfast_guard.pin();
    SELECT pg_catalog.array_agg(v.id), pg_catalog.bool_or(v.refuse) INTO by_holds, refused
    FROM (VALUES ('6f6de8de-fabd-44bb-9705-044b57f7ccf9'::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0)))) AS v(id, refuse, held)
    WHERE v.held;
    IF refused THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = pg_catalog.format('%s is refused: %s is under legal hold (%s)', TG_OP, pg_catalog.format('record %s of %s', pg_catalog.array_to_string(ARRAY["old"."id"::pg_catalog.text], ', '), '"Shop"."Order''s"'), pg_catalog.array_to_string(by_holds, ', ')),
            HINT = 'Nothing was changed. Whoever looks after legal holds can say until when the record must stay.',
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name)
    VALUES (by_holds, TG_RELID, 'Shop', 'Order''s', ARRAY["old"."id"::pg_catalog.text], TG_OP, pg_catalog.to_json(OLD), CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user::pg_catalog.text ELSE pg_catalog.current_setting('role') END, pg_catalog.current_setting('application_name'));
    PERFORM holdfast_guard.unpin(was);
    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$holdfast$;
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_truncate_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET jit = off
AS $holdfast$
DECLARE
    part pg_catalog.oid;
    by_holds pg_catalog.uuid[];
    one pg_catalog.text[];
    was pg_catalog.text[];
BEGIN
    IF NOT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND holdfast_guard.behind() THEN
        PERFORM holdfast_guard.refuse_behind();
    END IF;
    was := holdfast_guard.pin();
    FOR part IN
        SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) TG_RELID AND c.relkind OPERATOR(pg_catalog.<>) 'p'
        UNION ALL
        SELECT p.relid FROM pg_catalog.pg_partition_tree(TG_RELID) AS p
        WHERE p.isleaf AND p.relid OPERATOR(pg_catalog.<>) TG_RELID
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid OPERATOR(pg_catalog.=) p.relid AND g.tgname OPERATOR(pg_catalog.=) TG_NAME AND g.tgenabled OPERATOR(pg_catalog.=) 'A')
    LOOP
        EXECUTE pg_catalog.format('SELECT ARRAY["t"."id"::pg_catalog.text], ARRAY(SELECT v.id FROM (VALUES (''6f6de8de-fabd-44bb-9705-044b57f7ccf9''::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0)))) AS v(id, refuse, held) WHERE v.held) FROM ONLY %s AS "t" WHERE ((EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0))) IS TRUE LIMIT 1', part::pg_catalog.regclass) INTO one, by_holds;
        IF by_holds IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
                MESSAGE = pg_catalog.format('%s is refused: %s is under legal hold (%s)', TG_OP, pg_catalog.format('record %s of %s', pg_catalog.array_to_string(one, ', '), '"Shop"."Order''s"'), pg_catalog.array_to_string(by_holds, ', ')),
                HINT = 'Nothing was changed. Whoever looks after legal holds can say until when the record must stay.',
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        EXECUTE pg_catalog.format('INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name) SELECT ARRAY(SELECT v.id FROM (VALUES (''6f6de8de-fabd-44bb-9705-044b57f7ccf9''::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0)))) AS v(id, refuse, held) WHERE v.held), $1, ''Shop'', ''Order''''s'', ARRAY["t"."id"::pg_catalog.text], ''TRUNCATE'', pg_catalog.to_json("t"), $2, $3 FROM ONLY %s AS "t" WHERE false', part::pg_catalog.regclass) USING part, CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user::pg_catalog.text ELSE pg_catalog.current_setting('role') END, pg_catalog.current_setting('application_name');
    END LOOP;
    PERFORM holdfast_guard.unpin(was);
    RETURN NULL;
END
$holdfast$

-- case: ids and conditions
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_fits_4711_3ea6d98a5c43"("customer" bigint, "note" text) RETURNS pg_catalog.bool
    LANGUAGE sql STABLE
    RETURN (("enforce_fits_4711_3ea6d98a5c43"."note" LIKE '50 %') OR ("enforce_fits_4711_3ea6d98a5c43"."customer" IN (7))) IS TRUE;
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_which_4711_29d30bb8a5a4"("customer" bigint, "note" text) RETURNS pg_catalog.int4[]
    LANGUAGE sql STABLE
    RETURN ARRAY(SELECT v.n FROM (VALUES (1, ("enforce_which_4711_29d30bb8a5a4"."customer" = 7) IS TRUE), (2, ("enforce_which_4711_29d30bb8a5a4"."note" LIKE '50 %') IS TRUE)) AS v(n, fits) WHERE v.fits);
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
AS $holdfast$
DECLARE
    by_holds pg_catalog.uuid[];
    refused boolean;
    was pg_catalog.text[];
    fitting pg_catalog.int4[];
BEGIN
    IF pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND ("holdfast_guard"."enforce_fits_4711_3ea6d98a5c43"("old"."customer", "old"."note") OR (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0))) IS NOT TRUE THEN
        IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    IF NOT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND holdfast_guard.behind() THEN
        PERFORM holdfast_guard.refuse_behind();
    END IF;
    IF ("holdfast_guard"."enforce_fits_4711_3ea6d98a5c43"("old"."customer", "old"."note") OR (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0))) IS NOT TRUE THEN
        IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    was := holdfast_guard.pin();
    fitting := "holdfast_guard"."enforce_which_4711_29d30bb8a5a4"("old"."customer", "old"."note");
    SELECT pg_catalog.array_agg(v.id), pg_catalog.bool_or(v.refuse) INTO by_holds, refused
    FROM (VALUES ('6f6de8de-fabd-44bb-9705-044b57f7ccf9'::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0))),
          ('e9203bf2-cec0-4a8b-a65d-107c48ee0936'::pg_catalog.uuid, false, false OR fitting OPERATOR(pg_catalog.&&) '{1,2}'::pg_catalog.int4[])) AS v(id, refuse, held)
    WHERE v.held;
    IF refused THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = pg_catalog.format('%s is refused: %s is under legal hold (%s)', TG_OP, pg_catalog.format('record %s of %s', pg_catalog.array_to_string(ARRAY["old"."id"::pg_catalog.text], ', '), '"Shop"."Order''s"'), pg_catalog.array_to_string(by_holds, ', ')),
            HINT = 'Nothing was changed. Whoever looks after legal holds can say until when the record must stay.',
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name)
    VALUES (by_holds, TG_RELID, 'Shop', 'Order''s', ARRAY["old"."id"::pg_catalog.text], TG_OP, pg_catalog.to_json(OLD), CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user::pg_catalog.text ELSE pg_catalog.current_setting('role') END, pg_catalog.current_setting('application_name'));
    PERFORM holdfast_guard.unpin(was);
    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$holdfast$;
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_truncate_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET jit = off
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'iso_8601'
    SET standard_conforming_strings = on
AS $holdfast$
DECLARE
    part pg_catalog.oid;
    by_holds pg_catalog.uuid[];
    one pg_catalog.text[];
    was pg_catalog.text[];
BEGIN
    IF NOT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND holdfast_guard.behind() THEN
        PERFORM holdfast_guard.refuse_behind();
    END IF;
    was := holdfast_guard.pin();
    FOR part IN
        SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) TG_RELID AND c.relkind OPERATOR(pg_catalog.<>) 'p'
        UNION ALL
        SELECT p.relid FROM pg_catalog.pg_partition_tree(TG_RELID) AS p
        WHERE p.isleaf AND p.relid OPERATOR(pg_catalog.<>) TG_RELID
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid OPERATOR(pg_catalog.=) p.relid AND g.tgname OPERATOR(pg_catalog.=) TG_NAME AND g.tgenabled OPERATOR(pg_catalog.=) 'A')
    LOOP
        EXECUTE pg_catalog.format('SELECT ARRAY["t"."id"::pg_catalog.text], ARRAY(SELECT v.id FROM (VALUES (''6f6de8de-fabd-44bb-9705-044b57f7ccf9''::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0))),
          (''e9203bf2-cec0-4a8b-a65d-107c48ee0936''::pg_catalog.uuid, false, ((("t"."note" LIKE ''50 %%'') OR ("t"."customer" IN (7))) IS TRUE))) AS v(id, refuse, held) WHERE v.held) FROM ONLY %s AS "t" WHERE ((EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0))) IS TRUE LIMIT 1', part::pg_catalog.regclass) INTO one, by_holds;
        IF by_holds IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
                MESSAGE = pg_catalog.format('%s is refused: %s is under legal hold (%s)', TG_OP, pg_catalog.format('record %s of %s', pg_catalog.array_to_string(one, ', '), '"Shop"."Order''s"'), pg_catalog.array_to_string(by_holds, ', ')),
                HINT = 'Nothing was changed. Whoever looks after legal holds can say until when the record must stay.',
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        EXECUTE pg_catalog.format('INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name) SELECT ARRAY(SELECT v.id FROM (VALUES (''6f6de8de-fabd-44bb-9705-044b57f7ccf9''::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0))),
          (''e9203bf2-cec0-4a8b-a65d-107c48ee0936''::pg_catalog.uuid, false, ((("t"."note" LIKE ''50 %%'') OR ("t"."customer" IN (7))) IS TRUE))) AS v(id, refuse, held) WHERE v.held), $1, ''Shop'', ''Order''''s'', ARRAY["t"."id"::pg_catalog.text], ''TRUNCATE'', pg_catalog.to_json("t"), $2, $3 FROM ONLY %s AS "t" WHERE (((("t"."note" LIKE ''50 %%'') OR ("t"."customer" IN (7))) IS TRUE)) IS TRUE', part::pg_catalog.regclass) USING part, CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user::pg_catalog.text ELSE pg_catalog.current_setting('role') END, pg_catalog.current_setting('application_name');
    END LOOP;
    PERFORM holdfast_guard.unpin(was);
    RETURN NULL;
END
$holdfast$

-- case: a condition on a column with a collation
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'iso_8601'
    SET standard_conforming_strings = on
AS $holdfast_$
DECLARE
    by_holds pg_catalog.uuid[];
    refused boolean;
    was pg_catalog.text[];
    fitting pg_catalog.int4[];
BEGIN
    IF pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND (((EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0)) OR EXISTS (SELECT FROM (SELECT "old".tableoid AS tableoid, "old"."note" COLLATE public."de" AS "note") AS "t" WHERE (("t"."note" IN ('$holdfast$'))) IS TRUE))) IS NOT TRUE THEN
        IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    IF NOT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND holdfast_guard.behind() THEN
        PERFORM holdfast_guard.refuse_behind();
    END IF;
    IF (((EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0)) OR EXISTS (SELECT FROM (SELECT "old".tableoid AS tableoid, "old"."note" COLLATE public."de" AS "note") AS "t" WHERE (("t"."note" IN ('$holdfast$'))) IS TRUE))) IS NOT TRUE THEN
        IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    was := holdfast_guard.pin();
    SELECT pg_catalog.array_agg(v.id), pg_catalog.bool_or(v.refuse) INTO by_holds, refused
    FROM (VALUES ('6f6de8de-fabd-44bb-9705-044b57f7ccf9'::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "old"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY ('{1}'::integer[]) OFFSET 0))),
          ('e9203bf2-cec0-4a8b-a65d-107c48ee0936'::pg_catalog.uuid, false, (false OR EXISTS (SELECT FROM (SELECT "old".tableoid AS tableoid, "old"."note" COLLATE public."de" AS "note") AS "t" WHERE (("t"."note" IN ('$holdfast$'))) IS TRUE)))) AS v(id, refuse, held)
    WHERE v.held;
    IF refused THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = pg_catalog.format('%s is refused: %s is under legal hold (%s)', TG_OP, pg_catalog.format('record %s of %s', pg_catalog.array_to_string(ARRAY["old"."id"::pg_catalog.text], ', '), '"Shop"."Order''s"'), pg_catalog.array_to_string(by_holds, ', ')),
            HINT = 'Nothing was changed. Whoever looks after legal holds can say until when the record must stay.',
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name)
    VALUES (by_holds, TG_RELID, 'Shop', 'Order''s', ARRAY["old"."id"::pg_catalog.text], TG_OP, pg_catalog.to_json(OLD), CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user::pg_catalog.text ELSE pg_catalog.current_setting('role') END, pg_catalog.current_setting('application_name'));
    PERFORM holdfast_guard.unpin(was);
    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$holdfast_$;
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_truncate_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET jit = off
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'iso_8601'
    SET standard_conforming_strings = on
AS $holdfast_$
DECLARE
    part pg_catalog.oid;
    by_holds pg_catalog.uuid[];
    one pg_catalog.text[];
    was pg_catalog.text[];
BEGIN
    IF NOT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed' AND holdfast_guard.behind() THEN
        PERFORM holdfast_guard.refuse_behind();
    END IF;
    was := holdfast_guard.pin();
    FOR part IN
        SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) TG_RELID AND c.relkind OPERATOR(pg_catalog.<>) 'p'
        UNION ALL
        SELECT p.relid FROM pg_catalog.pg_partition_tree(TG_RELID) AS p
        WHERE p.isleaf AND p.relid OPERATOR(pg_catalog.<>) TG_RELID
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid OPERATOR(pg_catalog.=) p.relid AND g.tgname OPERATOR(pg_catalog.=) TG_NAME AND g.tgenabled OPERATOR(pg_catalog.=) 'A')
    LOOP
        EXECUTE pg_catalog.format('SELECT ARRAY["t"."id"::pg_catalog.text], ARRAY(SELECT v.id FROM (VALUES (''6f6de8de-fabd-44bb-9705-044b57f7ccf9''::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0))),
          (''e9203bf2-cec0-4a8b-a65d-107c48ee0936''::pg_catalog.uuid, false, ((("t"."note" IN (''$holdfast$''))) IS TRUE))) AS v(id, refuse, held) WHERE v.held) FROM ONLY %s AS "t" WHERE ((EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0))) IS TRUE LIMIT 1', part::pg_catalog.regclass) INTO one, by_holds;
        IF by_holds IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
                MESSAGE = pg_catalog.format('%s is refused: %s is under legal hold (%s)', TG_OP, pg_catalog.format('record %s of %s', pg_catalog.array_to_string(one, ', '), '"Shop"."Order''s"'), pg_catalog.array_to_string(by_holds, ', ')),
                HINT = 'Nothing was changed. Whoever looks after legal holds can say until when the record must stay.',
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        EXECUTE pg_catalog.format('INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name) SELECT ARRAY(SELECT v.id FROM (VALUES (''6f6de8de-fabd-44bb-9705-044b57f7ccf9''::pg_catalog.uuid, true, (EXISTS (SELECT FROM "holdfast_guard"."held_9" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."id" AND h.hold_no OPERATOR(pg_catalog.=) ANY (''{1}''::integer[]) OFFSET 0))),
          (''e9203bf2-cec0-4a8b-a65d-107c48ee0936''::pg_catalog.uuid, false, ((("t"."note" IN (''$holdfast$''))) IS TRUE))) AS v(id, refuse, held) WHERE v.held), $1, ''Shop'', ''Order''''s'', ARRAY["t"."id"::pg_catalog.text], ''TRUNCATE'', pg_catalog.to_json("t"), $2, $3 FROM ONLY %s AS "t" WHERE (((("t"."note" IN (''$holdfast$''))) IS TRUE)) IS TRUE', part::pg_catalog.regclass) USING part, CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user::pg_catalog.text ELSE pg_catalog.current_setting('role') END, pg_catalog.current_setting('application_name');
    END LOOP;
    PERFORM holdfast_guard.unpin(was);
    RETURN NULL;
END
$holdfast_$

-- case: none
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
AS $holdfast$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$holdfast$;
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_truncate_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
AS $holdfast$
BEGIN
    RETURN NULL;
END
$holdfast$

-- case: triggers
CREATE OR REPLACE TRIGGER "holdfast_enforce_4711" BEFORE UPDATE OR DELETE ON "Shop"."Order's" FOR EACH ROW EXECUTE FUNCTION "holdfast_guard"."enforce_4711"();
CREATE OR REPLACE TRIGGER "holdfast_enforce_truncate_4711" BEFORE TRUNCATE ON "Shop"."Order's" FOR EACH STATEMENT EXECUTE FUNCTION "holdfast_guard"."enforce_truncate_4711"();
ALTER TABLE ONLY "Shop"."Order's" ENABLE ALWAYS TRIGGER "holdfast_enforce_4711";
DROP TRIGGER IF EXISTS "holdfast_enforce_4711" ON "Shop"."Order's";
CREATE OR REPLACE FUNCTION "holdfast_guard"."enforce_4711"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
AS $holdfast$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$holdfast$
