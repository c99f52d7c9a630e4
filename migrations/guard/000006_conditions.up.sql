-- A scope by condition, as its author wrote it, with what it was read against: the columns
-- that it asks for, each with its number, type, modifier and collation, and the labels of
-- their enums. What is not as it was then, be it renamed, swapped or of another type or
-- precision, must free nothing.
ALTER TABLE holdfast_guard.hold_scope
    ADD COLUMN condition         text,
    ADD COLUMN condition_columns text[] NOT NULL DEFAULT '{}',
    ADD COLUMN condition_forms   text[] NOT NULL DEFAULT '{}',
    ADD COLUMN condition_types   oid[]  NOT NULL DEFAULT '{}',
    ADD COLUMN condition_labels  text[] NOT NULL DEFAULT '{}',
    ADD CHECK (condition IS NULL OR held_set IS NULL);

-- What a column is, so that two moments compare.
CREATE FUNCTION holdfast_guard.column_form(relid oid, name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog
    RETURN (SELECT concat_ws(' ', a.attnum, a.atttypid, a.atttypmod, a.attcollation)
            FROM pg_attribute AS a
            WHERE a.attrelid = relid AND a.attname = name AND a.attnum > 0 AND NOT a.attisdropped);

-- The labels of the enums that some columns are of, as texts that compare.
CREATE FUNCTION holdfast_guard.column_labels(relid oid, names text[]) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog
    RETURN ARRAY(SELECT e.oid || ' ' || e.enumlabel
                 FROM pg_attribute AS a
                 JOIN pg_type AS t ON t.oid = a.atttypid
                 JOIN pg_enum AS e ON e.enumtypid IN (t.oid, t.typelem, t.typbasetype)
                 WHERE a.attrelid = relid AND a.attname = ANY (names)
                 ORDER BY e.oid);
