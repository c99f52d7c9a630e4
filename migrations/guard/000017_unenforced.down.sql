DROP TABLE holdfast_guard.heartbeat;
CREATE OR REPLACE FUNCTION holdfast_guard.pin() RETURNS text[]
    LANGUAGE plpgsql
AS $$
DECLARE
    was text[] := ARRAY[pg_catalog.current_setting('TimeZone'), pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'),
                        pg_catalog.current_setting('extra_float_digits'), pg_catalog.current_setting('bytea_output')];
BEGIN
    PERFORM holdfast_guard.unpin(ARRAY['UTC', 'ISO, YMD', 'iso_8601', '1', 'hex']);
    RETURN was;
END
$$;
-- Such a hold is not in force for the application: it is staged, and whoever settles holds begins anew.
UPDATE holdfast_guard.hold SET state = 'staged' WHERE unenforced;
ALTER TABLE holdfast_guard.hold DROP COLUMN unenforced;
