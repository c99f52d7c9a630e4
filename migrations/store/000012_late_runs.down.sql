DROP TABLE holdfast.schedule_slot_late;
ALTER TABLE holdfast.run DROP COLUMN start_by;
