-- The guard: what Holdfast keeps inside the governed database, so that a batch can
-- judge holds and write its evidence in its own transaction.

-- One row. The epoch grows with every change of the holds in force; a batch whose
-- plan was made under another epoch plans again.
CREATE TABLE holdfast_guard.state (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint  NOT NULL DEFAULT 0
);
INSERT INTO holdfast_guard.state DEFAULT VALUES;

-- A hold as batches see it. Staged ones are asked by nobody; ended ones stay, so
-- that their number is never used again.
CREATE TABLE holdfast_guard.hold (
    no           integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid        NOT NULL UNIQUE,
    matter       text        NOT NULL,
    state        text        NOT NULL CHECK (state IN ('staged', 'active', 'ended')),
    effective_at timestamptz,
    ended_at     timestamptz
);

-- The typed copies of held ids: one table held_<id> per key shape of a governed
-- table, so that ids are compared by the key column's own equality and through an
-- index. Oids and attribute numbers stand beside the names: a column renamed or
-- swapped must not free anything.
CREATE TABLE holdfast_guard.held_set (
    id           integer    GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relid        oid        NOT NULL,
    schema_name  text       NOT NULL,
    table_name   text       NOT NULL,
    key_columns  text[]     NOT NULL,
    key_attnums  smallint[] NOT NULL,
    key_types    oid[]      NOT NULL,
    UNIQUE (relid, key_attnums, key_types)
);

CREATE TABLE holdfast_guard.hold_scope (
    hold_no     integer NOT NULL REFERENCES holdfast_guard.hold,
    scope_index integer NOT NULL,
    relid       oid     NOT NULL,
    schema_name text    NOT NULL,
    table_name  text    NOT NULL,
    -- NULL covers the whole table.
    held_set    integer REFERENCES holdfast_guard.held_set,
    PRIMARY KEY (hold_no, scope_index)
);
CREATE INDEX hold_scope_relid ON holdfast_guard.hold_scope (relid);

-- The fence and the heartbeat of a run: a batch locks this row and stops if a later
-- attempt stands in it.
CREATE TABLE holdfast_guard.run (
    run_id       uuid        PRIMARY KEY,
    attempt      integer     NOT NULL,
    heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How far each policy of a run has come, written in the transaction of each batch.
CREATE TABLE holdfast_guard.progress (
    run_id              uuid        NOT NULL REFERENCES holdfast_guard.run,
    policy              text        NOT NULL,
    policy_version      integer     NOT NULL,
    as_of               timestamptz NOT NULL,
    cutoff              timestamptz NOT NULL,
    position            jsonb       NOT NULL,
    done                boolean     NOT NULL DEFAULT false,
    seq                 bigint      NOT NULL DEFAULT 0,
    processed           bigint      NOT NULL DEFAULT 0,
    held                bigint      NOT NULL DEFAULT 0,
    blocked             bigint      NOT NULL DEFAULT 0,
    skipped             jsonb       NOT NULL DEFAULT '{}',
    null_timestamps     bigint      NOT NULL DEFAULT 0,
    infinite_timestamps bigint      NOT NULL DEFAULT 0,
    started_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, policy)
);

-- The evidence: one row a batch, written in the transaction of the change.
CREATE TABLE holdfast_guard.journal (
    id             uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    run_id         uuid        NOT NULL,
    policy         text        NOT NULL,
    policy_version integer     NOT NULL,
    action         text        NOT NULL,
    relid          oid         NOT NULL,
    schema_name    text        NOT NULL,
    table_name     text        NOT NULL,
    seq            bigint      NOT NULL,
    guard_epoch    bigint      NOT NULL,
    step           text        NOT NULL,
    processed      bigint      NOT NULL,
    held           bigint      NOT NULL,
    blocked        bigint      NOT NULL,
    skipped        jsonb       NOT NULL,
    -- SHA-256 digests of the changed records, 32 bytes each, one after the other.
    digests        bytea       NOT NULL DEFAULT '',
    committed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    carried_at     timestamptz,
    UNIQUE (run_id, policy, seq)
);
-- Digests are random: compressing them costs time and saves nothing.
ALTER TABLE holdfast_guard.journal ALTER COLUMN digests SET STORAGE EXTERNAL;
CREATE INDEX journal_uncarried ON holdfast_guard.journal (committed_at) WHERE carried_at IS NULL;
