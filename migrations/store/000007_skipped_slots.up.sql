-- A slot at which no policy was active was not missed: there was nothing to do.
ALTER TABLE holdfast.schedule_slot DROP CONSTRAINT schedule_slot_status_check;
ALTER TABLE holdfast.schedule_slot ADD CONSTRAINT schedule_slot_status_check
    CHECK (status IN ('started', 'missed', 'skipped'));
