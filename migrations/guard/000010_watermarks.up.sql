-- How far anonymizing policies have come in each table or partition: rows with a timestamp
-- before the mark were found treated, all of them. A scheduled run begins there; now and then
-- one looks at all.
CREATE TABLE holdfast_guard.watermark (
    policy     text        NOT NULL,
    relid      oid         NOT NULL,
    -- what was done to which rows, secret and all, and the definition and storage of the table
    marked_for text        NOT NULL,
    form       text        NOT NULL,
    mark       jsonb       NOT NULL,
    -- when the run began that last looked at all of it
    full_at    timestamptz NOT NULL,
    PRIMARY KEY (policy, relid)
);
