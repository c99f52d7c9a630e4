ALTER TABLE holdfast.run_policy DROP COLUMN due_estimate, DROP COLUMN paused_seconds;
DROP INDEX holdfast.run_settling;
ALTER TABLE holdfast.run DROP COLUMN paused_at, DROP COLUMN settling;
