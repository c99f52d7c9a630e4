-- Events for other services, as the batches wrote them into the governed database's
-- outbox in their own transactions, and events of our own nouns. One row a batch;
-- the events in it are expanded when they are delivered.
--
-- no is given under a lock that is kept until the commit (store/events.go), so that
-- whoever reads past a number has seen everything below it.
CREATE TABLE holdfast.event_batch (
    no             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             uuid NOT NULL UNIQUE,
    type           text NOT NULL,
    entity_type    text NOT NULL,
    policy         text COLLATE "C" NOT NULL,
    policy_version integer NOT NULL,
    -- the journal's own text: evidence may outlive the run's row
    run_id         text COLLATE "C" NOT NULL,
    action         text NOT NULL,
    initiated_at   timestamptz NOT NULL,
    occurred_at    timestamptz NOT NULL,
    count          integer NOT NULL CHECK (count > 0),
    -- one column of count texts per part of the key, one after the other
    key_parts      smallint NOT NULL,
    keys           text[] NOT NULL,
    -- the names and kinds of the included columns, and their texts likewise
    columns        jsonb NOT NULL,
    included       text[] NOT NULL,
    -- the data of an event that no batch made
    data           jsonb,
    -- since when it is here: its retention counts from then
    kept_at        timestamptz NOT NULL DEFAULT holdfast.clock(),
    CHECK (cardinality(keys) = key_parts * count)
);
CREATE INDEX event_batch_by_time ON holdfast.event_batch (occurred_at, no);
