-- Which tables have rows that were archived from which: a hold covers a record there too.
CREATE TABLE holdfast_guard.archive (
    relid          oid         NOT NULL,
    schema_name    text        NOT NULL,
    table_name     text        NOT NULL,
    source_relid   oid         NOT NULL,
    source_schema  text        NOT NULL,
    source_name    text        NOT NULL,
    -- the partitions that the source has, or had since
    source_parts   oid[]       NOT NULL,
    -- the source's columns when it was noted: an archive keeps the names of then
    source_columns text[]      NOT NULL,
    source_attnums smallint[]  NOT NULL,
    noted_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (relid, source_relid)
);

-- Whether a column of the source bears a name now that another one had then: an archive
-- would be judged by the wrong column.
CREATE FUNCTION holdfast_guard.swapped(source oid, names text[], attnums smallint[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog
    RETURN EXISTS (SELECT
                   FROM unnest(names, attnums) AS was(name, num)
                   JOIN pg_attribute AS a ON a.attrelid = source AND a.attname = was.name AND NOT a.attisdropped
                   WHERE a.attnum <> was.num);
