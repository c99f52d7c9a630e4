-- Schedules and their slots, which processes are at work, and the one clock.

-- The clock ------------------------------------------------------------------

-- The one function through which the service reads time in its own tables, so that a
-- test can shift it. The governed database's clock, which cutoffs are counted from,
-- is another and is never shifted.
CREATE FUNCTION holdfast.clock() RETURNS timestamptz
    LANGUAGE sql VOLATILE
AS $$ SELECT pg_catalog.clock_timestamp() $$;

ALTER TABLE holdfast.batch ALTER COLUMN carried_at SET DEFAULT holdfast.clock();
ALTER TABLE holdfast.audit ALTER COLUMN at SET DEFAULT holdfast.clock();

-- Schedules ------------------------------------------------------------------

-- One row a schedule; what it was before stands in the audit.
CREATE TABLE holdfast.schedule (
    name             text COLLATE "C" PRIMARY KEY,
    cron             text NOT NULL,
    time_zone        text NOT NULL,
    -- empty: every policy that is live and enabled at the slot
    policies         text[] NOT NULL,
    misfire_grace    text NOT NULL,
    enabled          boolean NOT NULL,
    version          integer NOT NULL CHECK (version > 0),
    created_by       text NOT NULL,
    created_at       timestamptz NOT NULL,
    -- saved or last enabled: no slot from before is owed
    owed_since       timestamptz NOT NULL,
    -- every slot up to here is decided
    considered_until timestamptz NOT NULL,
    -- the first slot after that; NULL while it is disabled
    next_slot        timestamptz,
    missed_total     bigint NOT NULL DEFAULT 0,
    CHECK (enabled = (next_slot IS NOT NULL))
);
CREATE INDEX schedule_due ON holdfast.schedule (next_slot) WHERE next_slot IS NOT NULL;

ALTER TABLE holdfast.run
    ADD COLUMN schedule text COLLATE "C" REFERENCES holdfast.schedule,
    ADD COLUMN slot timestamptz,
    ADD CHECK ((schedule IS NULL) = (slot IS NULL));
CREATE INDEX run_of_schedule ON holdfast.run (schedule, created_at, id) WHERE schedule IS NOT NULL;
CREATE INDEX run_success_of_schedule ON holdfast.run (schedule, finished_at)
    WHERE schedule IS NOT NULL AND status = 'succeeded';

-- What became of each slot. local is the wall time in the schedule's zone, and the
-- zone: the hour that comes twice in autumn has one slot, and a schedule that is
-- moved to another zone has others.
CREATE TABLE holdfast.schedule_slot (
    schedule   text COLLATE "C" NOT NULL REFERENCES holdfast.schedule,
    local      text COLLATE "C" NOT NULL,
    slot       timestamptz NOT NULL,
    status     text NOT NULL CHECK (status IN ('started', 'missed')),
    run_id     uuid REFERENCES holdfast.run,
    reason     text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (schedule, local),
    CHECK ((status = 'started') = (run_id IS NOT NULL))
);
CREATE INDEX schedule_slot_newest ON holdfast.schedule_slot (schedule, slot, local);
CREATE INDEX schedule_slot_missed ON holdfast.schedule_slot (schedule, slot) WHERE status = 'missed';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON holdfast.schedule_slot
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.refuse_change();
ALTER TABLE holdfast.schedule_slot ENABLE ALWAYS TRIGGER append_only;

-- Processes ------------------------------------------------------------------

-- Every process of ours shows here that it is at work. From this a missed slot says
-- why it was missed. Rows are swept.
CREATE TABLE holdfast.process (
    id         uuid PRIMARY KEY,
    version    text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    -- the last time between two signs of life that was too long, and what the process
    -- met meanwhile (empty: it stood still)
    away_from  timestamptz,
    away_until timestamptz,
    away_why   text NOT NULL DEFAULT ''
);
