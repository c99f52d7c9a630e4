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
