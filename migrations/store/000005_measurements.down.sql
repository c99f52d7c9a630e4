DROP INDEX holdfast.run_policy_finished;
DROP INDEX holdfast.run_policy_last;
DROP INDEX holdfast.policy_status_claimed;

-- What was never measured cannot be kept in the older form.
DELETE FROM holdfast.policy_status WHERE checked_at IS NULL;
ALTER TABLE holdfast.policy_status
    DROP COLUMN claimed_until,
    DROP COLUMN due_at,
    DROP COLUMN position,
    DROP COLUMN note,
    ALTER COLUMN checked_at SET NOT NULL;
