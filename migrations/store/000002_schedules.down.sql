-- Slots are the record of what ran and what was missed: like the audit, they are not
-- removed by a migration.
DO $$
BEGIN
    IF EXISTS (SELECT FROM holdfast.schedule_slot) THEN
        RAISE EXCEPTION 'the store keeps the slots of schedules; they are not removed by a migration'
            USING HINT = 'To give them up, drop the schema holdfast by hand.';
    END IF;
END
$$;

DROP TABLE holdfast.process, holdfast.schedule_slot;
ALTER TABLE holdfast.run
    DROP COLUMN schedule,
    DROP COLUMN slot;
DROP TABLE holdfast.schedule;
ALTER TABLE holdfast.batch ALTER COLUMN carried_at SET DEFAULT clock_timestamp();
ALTER TABLE holdfast.audit ALTER COLUMN at SET DEFAULT clock_timestamp();
DROP FUNCTION holdfast.clock();
