-- A run that a schedule started must begin by then: it may have to wait for its turn, and
-- a night's run must not begin by day. NULL: it may begin whenever its turn comes.
ALTER TABLE holdfast.run ADD COLUMN start_by timestamptz;

-- The slots whose run did not begin in time. What was decided for a slot stays as it is;
-- this is what became of it.
CREATE TABLE holdfast.schedule_slot_late (
    schedule    text COLLATE "C" NOT NULL,
    local       text COLLATE "C" NOT NULL,
    slot        timestamptz NOT NULL,
    reason      text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (schedule, local),
    FOREIGN KEY (schedule, local) REFERENCES holdfast.schedule_slot
);
CREATE INDEX schedule_slot_late_newest ON holdfast.schedule_slot_late (schedule, slot);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON holdfast.schedule_slot_late
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.refuse_change();
ALTER TABLE holdfast.schedule_slot_late ENABLE ALWAYS TRIGGER append_only;
