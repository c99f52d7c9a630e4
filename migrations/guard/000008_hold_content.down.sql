DO $$
DECLARE
    set integer;
BEGIN
    FOR set IN SELECT id FROM holdfast_guard.held_set WHERE to_regclass('holdfast_guard.held_' || id) IS NOT NULL LOOP
        EXECUTE format('DROP TRIGGER refuse_loss ON holdfast_guard.%I', 'held_' || set);
        EXECUTE format('DROP INDEX holdfast_guard.%I', 'held_' || set || '_hold_no_idx');
    END LOOP;
END
$$;
DROP FUNCTION holdfast_guard.protect_set(integer);
DROP TRIGGER refuse_loss ON holdfast_guard.archive;
DROP TRIGGER refuse_loss ON holdfast_guard.held_set;
DROP TRIGGER refuse_loss ON holdfast_guard.hold_scope;
DROP TRIGGER refuse_loss ON holdfast_guard.hold;
DROP FUNCTION holdfast_guard.refuse_loss();
ALTER TABLE holdfast_guard.hold DROP COLUMN content;
