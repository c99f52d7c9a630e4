-- How far anonymizing policies have come in each table or partition: rows with a timestamp
-- before the mark were found treated, all of them, by a run of that version, with those keys,
-- of the table as it was then. A scheduled run begins there; now and then one looks at all.
CREATE TABLE holdfast_guard.watermark (
    policy         text        NOT NULL,
    relid          oid         NOT NULL,
    policy_version integer     NOT NULL,
    table_form     text        NOT NULL,
    filenode       oid         NOT NULL,
    keys           text        NOT NULL,
    mark           jsonb       NOT NULL,
    -- when a run last looked at all of it
    full_at        timestamptz NOT NULL,
    PRIMARY KEY (policy, relid)
);
