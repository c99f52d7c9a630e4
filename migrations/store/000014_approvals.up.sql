-- Ceilings: a run that would dispose of more than its policies allow stops before its
-- first row and waits for a person.

ALTER TABLE holdfast.run
    DROP CONSTRAINT run_status_check,
    ADD CONSTRAINT run_status_check CHECK (status IN
        ('queued', 'running', 'paused', 'needs_approval', 'succeeded', 'partial', 'failed', 'cancelled')),
    -- the last approval of what is above a ceiling
    ADD COLUMN approved_by text,
    ADD COLUMN approved_at timestamptz;
DROP INDEX holdfast.run_open;
CREATE INDEX run_open ON holdfast.run (created_at, id)
    WHERE status IN ('queued', 'running', 'paused', 'needs_approval');

-- How the ceilings of a policy were judged before the run's first row; NULL if it has
-- none.
ALTER TABLE holdfast.run_policy ADD COLUMN belt jsonb;

-- That a version was simulated, and what the last simulation said. Figures, no records.
CREATE TABLE holdfast.policy_simulation (
    policy       text COLLATE "C" NOT NULL,
    version      integer NOT NULL,
    simulated_at timestamptz NOT NULL,
    simulated_by text NOT NULL,
    figures      jsonb NOT NULL,
    PRIMARY KEY (policy, version),
    FOREIGN KEY (policy, version) REFERENCES holdfast.policy_version
);
