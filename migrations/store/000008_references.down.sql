ALTER TABLE holdfast.batch DROP COLUMN effects, DROP COLUMN blocked_by;
ALTER TABLE holdfast.run_policy DROP COLUMN effects, DROP COLUMN blocked_by;
