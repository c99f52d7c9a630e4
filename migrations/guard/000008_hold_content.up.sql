-- What a hold covers, as it was staged: a fingerprint of its scopes and of its ids. Before
-- a run it is compared with what is there; a hold that has lost a part is staged again.
ALTER TABLE holdfast_guard.hold ADD COLUMN content text;

-- A slip in psql must not free a record. These triggers stop slips and bugs, also those of
-- the tables' owner; they do not stop an owner who removes them first
-- (docs/threat-model.md). Holdfast says so where it forgets what a hold that has ended
-- covered.
CREATE FUNCTION holdfast_guard.refuse_loss() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    IF current_setting('holdfast.forgetting', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '%.% keeps what legal holds cover: % is refused; release the hold instead', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER refuse_loss BEFORE DELETE OR TRUNCATE ON holdfast_guard.hold
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_loss();
CREATE TRIGGER refuse_loss BEFORE DELETE OR TRUNCATE ON holdfast_guard.hold_scope
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_loss();
CREATE TRIGGER refuse_loss BEFORE DELETE OR TRUNCATE ON holdfast_guard.held_set
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_loss();
CREATE TRIGGER refuse_loss BEFORE DELETE OR TRUNCATE ON holdfast_guard.archive
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_loss();

-- The typed copies get theirs, and an index by which one hold's ids are found: they lie
-- together, so it has a few bytes for each megabyte.
CREATE FUNCTION holdfast_guard.protect_set(id integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER refuse_loss BEFORE DELETE OR TRUNCATE ON holdfast_guard.%I FOR EACH STATEMENT EXECUTE FUNCTION holdfast_guard.refuse_loss()', 'held_' || id);
    EXECUTE format('CREATE INDEX ON holdfast_guard.%I USING brin (hold_no) WITH (pages_per_range = 32, autosummarize = on)', 'held_' || id);
END
$$;

SELECT holdfast_guard.protect_set(id) FROM holdfast_guard.held_set WHERE to_regclass('holdfast_guard.held_' || id) IS NOT NULL;
