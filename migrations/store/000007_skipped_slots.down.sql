-- The record of slots is append-only and an older version knows no skipped ones: what
-- was skipped stays, as the older versions called it.
ALTER TABLE holdfast.schedule_slot DISABLE TRIGGER append_only;
UPDATE holdfast.schedule_slot SET status = 'missed' WHERE status = 'skipped';
ALTER TABLE holdfast.schedule_slot ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE holdfast.schedule_slot DROP CONSTRAINT schedule_slot_status_check;
ALTER TABLE holdfast.schedule_slot ADD CONSTRAINT schedule_slot_status_check
    CHECK (status IN ('started', 'missed'));
