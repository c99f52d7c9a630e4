-- When a batch's transaction began: archived rows have the same moment.
ALTER TABLE holdfast.batch ADD COLUMN begun_at timestamptz;

-- Restores of archived rows. What was done is in the journal, as batches of the restore's id.
CREATE TABLE holdfast.restore (
    id            uuid        PRIMARY KEY,
    scope         jsonb       NOT NULL,
    -- the copies of single records, until the restore has ended: their keys may name people
    records       jsonb,
    on_conflict   text        NOT NULL,
    reason        text        NOT NULL,
    status        text        NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'partial', 'failed')),
    tables        jsonb       NOT NULL,
    errors        jsonb       NOT NULL,
    requested_by  text        NOT NULL,
    created_at    timestamptz NOT NULL,
    started_at    timestamptz,
    finished_at   timestamptz,
    attempt       integer     NOT NULL DEFAULT 0,
    -- until when it is in the hands of its last attempt
    claimed_until timestamptz,
    CHECK ((status IN ('succeeded', 'partial', 'failed')) = (finished_at IS NOT NULL)),
    CHECK (records IS NULL OR finished_at IS NULL)
);
CREATE INDEX restore_newest ON holdfast.restore (created_at, id);
CREATE INDEX restore_open ON holdfast.restore (created_at) WHERE finished_at IS NULL;
