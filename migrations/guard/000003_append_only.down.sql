DROP TRIGGER only_carried ON holdfast_guard.journal;
DROP TRIGGER append_only ON holdfast_guard.journal;
DROP FUNCTION holdfast_guard.only_carried();
DROP FUNCTION holdfast_guard.refuse_change();
