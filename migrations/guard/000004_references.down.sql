ALTER TABLE holdfast_guard.progress DROP COLUMN errors, DROP COLUMN effects, DROP COLUMN blocked_by;
ALTER TABLE holdfast_guard.journal DROP COLUMN effects, DROP COLUMN blocked_by;
