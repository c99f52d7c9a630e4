-- The journal keeps what happened. A row is marked once as carried into the store;
-- nothing else of it changes, and none goes. These triggers stop slips and bugs, also
-- those of the tables' owner; they do not stop an owner who removes them first
-- (docs/threat-model.md). Batches only insert, which fires none of them.

CREATE FUNCTION holdfast_guard.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION '%.% keeps what happened: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

-- The row is compared as a whole, so that a column which a later version adds is
-- kept as well.
CREATE FUNCTION holdfast_guard.only_carried() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
DECLARE
    allowed holdfast_guard.journal := OLD;
BEGIN
    allowed.carried_at := NEW.carried_at;
    IF OLD.carried_at IS NOT NULL OR NEW.carried_at IS NULL OR NEW IS DISTINCT FROM allowed THEN
        RAISE EXCEPTION '%.% keeps what happened: a row is marked once as carried, any other UPDATE is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

-- ALWAYS: also where session_replication_role is replica.
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON holdfast_guard.journal
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_change();
ALTER TABLE holdfast_guard.journal ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER only_carried BEFORE UPDATE ON holdfast_guard.journal
    FOR EACH ROW EXECUTE FUNCTION holdfast_guard.only_carried();
ALTER TABLE holdfast_guard.journal ENABLE ALWAYS TRIGGER only_carried;
