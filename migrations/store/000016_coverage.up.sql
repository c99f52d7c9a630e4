-- Who answers for each table of the governed database.

-- Tables that need no policy, as a person has decided. What was decided before is in the
-- audit.
CREATE TABLE holdfast.exemption (
    table_schema text        NOT NULL,
    table_name   text        NOT NULL,
    reason       text        NOT NULL CHECK (reason <> ''),
    created_by   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (table_schema, table_name)
);

-- How the tables stood on each of the last days, to tell what has changed.
CREATE TABLE holdfast.survey (
    -- in UTC
    day           date PRIMARY KEY,
    -- NULL while it is being made
    taken_at      timestamptz,
    claimed_until timestamptz,
    tables        jsonb
);
