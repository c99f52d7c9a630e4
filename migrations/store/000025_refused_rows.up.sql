-- Some of the rows that the database refused to change, by their keys, with what it said:
-- [{"key": ["17"], "reason": "refused_by_trigger", "error": "…"}].
ALTER TABLE holdfast.run_policy ADD COLUMN refused jsonb NOT NULL DEFAULT '[]';
-- The few that have any are looked for when a later run of the policy ends.
CREATE INDEX run_policy_refused ON holdfast.run_policy (policy) WHERE refused <> '[]';
