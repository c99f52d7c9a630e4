-- Looking for the oldest due row in rounds, by one process at a time; and the indexes
-- under figures about what has run.

ALTER TABLE holdfast.policy_status
    -- NULL as long as no look has come to its end
    ALTER COLUMN checked_at DROP NOT NULL,
    -- how far an unfinished look has come, for people
    ADD COLUMN note          text NOT NULL DEFAULT '',
    -- where to go on; the governed database's part of the program alone reads it
    ADD COLUMN position      jsonb,
    -- when to look next; infinity while somebody does
    ADD COLUMN due_at        timestamptz NOT NULL DEFAULT '-infinity',
    -- until when whoever looks has it for himself
    ADD COLUMN claimed_until timestamptz;
CREATE INDEX policy_status_claimed ON holdfast.policy_status (claimed_until) WHERE claimed_until IS NOT NULL;

-- The last results of a policy, and the results of the last days.
CREATE INDEX run_policy_last ON holdfast.run_policy (policy, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX run_policy_finished ON holdfast.run_policy (finished_at) WHERE finished_at IS NOT NULL;
