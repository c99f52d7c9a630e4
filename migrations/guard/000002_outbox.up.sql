-- The outbox: what a batch tells other services, written in the batch's own
-- transaction, so that an event exists exactly if its change does. One row a batch,
-- keys and included columns as arrays. The carrier moves rows into the store and
-- deletes them here: they name people.
CREATE TABLE holdfast_guard.outbox (
    -- the batch's id in the journal
    id             uuid        PRIMARY KEY,
    -- the order in which rows are carried: a run writes its batches one after the
    -- other, whatever the clock does meanwhile
    no             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id         uuid        NOT NULL,
    policy         text        NOT NULL,
    policy_version integer     NOT NULL,
    action         text        NOT NULL,
    entity_type    text        NOT NULL,
    initiated_at   timestamptz NOT NULL,
    occurred_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    count          integer     NOT NULL CHECK (count > 0),
    -- one column of count texts per part of the key, one after the other
    key_parts      smallint    NOT NULL,
    keys           text[]      NOT NULL,
    -- names and kinds of the included columns, and their texts likewise
    columns        jsonb       NOT NULL,
    included       text[]      NOT NULL
);
-- Rows live for a second or two, so compressing them costs more than it saves; and
-- pg_column_size then tells how much a reader takes in.
ALTER TABLE holdfast_guard.outbox ALTER COLUMN keys SET STORAGE EXTERNAL, ALTER COLUMN included SET STORAGE EXTERNAL;
