-- Holds that the application cannot break either: triggers on the covered tables refuse what
-- would change a held row, or keep its old version. The triggers and their functions are made
-- by engine/target while a hold needs them; here is what they share.
ALTER TABLE holdfast_guard.hold ADD COLUMN enforcement text NOT NULL DEFAULT 'none' CHECK (enforcement IN ('none', 'refuse', 'preserve'));

-- A transaction whose snapshot is older than a hold cannot see what that covers. The sequence
-- is not transactional and the column is: where they differ, a snapshot is too old.
CREATE SEQUENCE holdfast_guard.enforced MINVALUE 0 START 0;
SELECT setval('holdfast_guard.enforced', 0);
ALTER TABLE holdfast_guard.state ADD COLUMN enforced bigint NOT NULL DEFAULT 0;

-- What was put on which table: the text of its two functions, and a fingerprint of each as the
-- server has it. A function that is not what it was then was altered by somebody else.
CREATE TABLE holdfast_guard.enforcement (
    relid       oid    PRIMARY KEY,
    definitions text[] NOT NULL,
    fingerprint text   NOT NULL
);

-- The old versions of held rows that somebody changed or removed. They stay when the hold has
-- ended: what becomes of them is for a person to say.
CREATE TABLE holdfast_guard.preserved (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kept_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    hold_ids         uuid[]      NOT NULL,
    relid            oid         NOT NULL,
    schema_name      text        NOT NULL,
    table_name       text        NOT NULL,
    -- NULL where the table's records have no ids.
    key              text[],
    operation        text        NOT NULL,
    row              jsonb       NOT NULL,
    database_user    text        NOT NULL,
    application_name text        NOT NULL
);
CREATE INDEX preserved_hold_ids ON holdfast_guard.preserved USING gin (hold_ids);

CREATE TRIGGER append_only BEFORE UPDATE ON holdfast_guard.preserved
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_change();
ALTER TABLE holdfast_guard.preserved ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER refuse_loss BEFORE DELETE OR TRUNCATE ON holdfast_guard.preserved
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_loss();
ALTER TABLE holdfast_guard.preserved ENABLE ALWAYS TRIGGER refuse_loss;

-- The trigger functions run in the application's sessions, and what they write must be the same
-- in each: these settings decide how values are written as text. Those of the session are put
-- back afterwards; if the statement fails in between, the server does that.
CREATE FUNCTION holdfast_guard.pin() RETURNS text[]
    LANGUAGE plpgsql
AS $$
DECLARE
    was text[] := ARRAY[pg_catalog.current_setting('TimeZone'), pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'),
                        pg_catalog.current_setting('extra_float_digits'), pg_catalog.current_setting('bytea_output')];
BEGIN
    PERFORM holdfast_guard.unpin(ARRAY['UTC', 'ISO, YMD', 'iso_8601', '1', 'hex']);
    RETURN was;
END
$$;
CREATE FUNCTION holdfast_guard.unpin(was text[]) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.set_config('TimeZone', was[1], true), pg_catalog.set_config('DateStyle', was[2], true), pg_catalog.set_config('IntervalStyle', was[3], true),
            pg_catalog.set_config('extra_float_digits', was[4], true), pg_catalog.set_config('bytea_output', was[5], true);
END
$$;

-- Whether the transaction's snapshot is older than a hold that is enforced. Under READ
-- COMMITTED every statement of a trigger has a snapshot of its own, so it never is.
CREATE FUNCTION holdfast_guard.behind() RETURNS boolean
    LANGUAGE plpgsql
AS $$
BEGIN
    RETURN (SELECT q.last_value OPERATOR(pg_catalog.>) s.enforced FROM holdfast_guard.enforced AS q, holdfast_guard.state AS s);
END
$$;
CREATE FUNCTION holdfast_guard.refuse_behind() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a legal hold was placed since this transaction began; try it again' USING ERRCODE = 'serialization_failure';
END
$$;

REVOKE ALL ON FUNCTION holdfast_guard.pin(), holdfast_guard.unpin(text[]), holdfast_guard.behind(), holdfast_guard.refuse_behind() FROM PUBLIC;
