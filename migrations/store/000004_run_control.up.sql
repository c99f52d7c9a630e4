-- Pausing and cancelling a run.

-- settling: the run was paused or cancelled after it had begun, and the figures of
-- its last batch have not been taken from the governed database yet.
ALTER TABLE holdfast.run
    ADD COLUMN settling  boolean NOT NULL DEFAULT false,
    ADD COLUMN paused_at timestamptz;
CREATE INDEX run_settling ON holdfast.run (created_at, id) WHERE settling;

-- paused_seconds is no part of what a policy took. due_estimate is what the planner
-- reckoned to be due when the policy began, NULL where it cannot tell.
ALTER TABLE holdfast.run_policy
    ADD COLUMN paused_seconds double precision NOT NULL DEFAULT 0,
    ADD COLUMN due_estimate   bigint;
