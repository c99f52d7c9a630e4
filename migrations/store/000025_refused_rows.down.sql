DROP INDEX holdfast.run_policy_refused;
ALTER TABLE holdfast.run_policy DROP COLUMN refused;
