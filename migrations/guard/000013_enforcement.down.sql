DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT g.tgrelid::pg_catalog.regclass AS relation, g.tgname AS name
             FROM pg_catalog.pg_trigger AS g
             JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid AND p.pronamespace = 'holdfast_guard'::pg_catalog.regnamespace
             WHERE g.tgname ~ '^holdfast_enforce_' AND g.tgparentid = 0 LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.name, t.relation);
    END LOOP;
    FOR t IN SELECT p.oid::pg_catalog.regprocedure AS name FROM pg_catalog.pg_proc AS p
             WHERE p.pronamespace = 'holdfast_guard'::pg_catalog.regnamespace AND p.proname ~ '^enforce_((truncate_)?[0-9]+$|fits_|which_)' LOOP
        EXECUTE format('DROP FUNCTION %s', t.name);
    END LOOP;
END
$$;
DROP FUNCTION holdfast_guard.refuse_behind();
DROP FUNCTION holdfast_guard.behind();
DROP FUNCTION holdfast_guard.pin();
DROP FUNCTION holdfast_guard.unpin(text[]);
DROP TABLE holdfast_guard.preserved;
DROP TABLE holdfast_guard.enforcement;
ALTER TABLE holdfast_guard.state DROP COLUMN enforced;
DROP SEQUENCE holdfast_guard.enforced;
ALTER TABLE holdfast_guard.hold DROP COLUMN enforcement;
