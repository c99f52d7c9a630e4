-- In force for Holdfast's own batches, and not for the application yet: a hold that is enforced
-- waits for whoever writes to its tables, and no batch may take its records meanwhile.
ALTER TABLE holdfast_guard.hold ADD COLUMN unenforced boolean NOT NULL DEFAULT false;

-- The rights of the triggers' owner are not for what a session calls text.
CREATE OR REPLACE FUNCTION holdfast_guard.pin() RETURNS pg_catalog.text[]
    LANGUAGE plpgsql
AS $$
DECLARE
    was pg_catalog.text[] := ARRAY[pg_catalog.current_setting('TimeZone'), pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'),
                                   pg_catalog.current_setting('extra_float_digits'), pg_catalog.current_setting('bytea_output')];
BEGIN
    PERFORM holdfast_guard.unpin(ARRAY['UTC', 'ISO, YMD', 'iso_8601', '1', 'hex']::pg_catalog.text[]);
    RETURN was;
END
$$;

-- A worker's signs of life between two batches, and during one: that has the run's row locked for
-- as long as it takes, so nothing here refers to it.
CREATE TABLE holdfast_guard.heartbeat (
    run_id  uuid        PRIMARY KEY,
    beat_at timestamptz NOT NULL
);
