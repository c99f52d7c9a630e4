-- Which tables have rows that were archived from which: a hold covers a record there too.
CREATE TABLE holdfast_guard.archive (
    relid         oid         NOT NULL,
    schema_name   text        NOT NULL,
    table_name    text        NOT NULL,
    source_relid  oid         NOT NULL,
    source_schema text        NOT NULL,
    source_name   text        NOT NULL,
    noted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (relid, source_relid)
);
