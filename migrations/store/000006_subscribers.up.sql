-- Subscribers: other services that are told what happened, and how far each one is.

CREATE TABLE holdfast.subscriber (
    id                  uuid PRIMARY KEY,
    name                text COLLATE "C" NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('webhook', 'nats')),
    url                 text NOT NULL,
    subject             text NOT NULL,
    -- empty: all of them
    types               text[] NOT NULL,
    entity_types        text[] NOT NULL,
    enabled             boolean NOT NULL,
    version             integer NOT NULL CHECK (version > 0),
    -- a webhook's signing key is derived from this and kept nowhere
    secret_generation   integer NOT NULL CHECK (secret_generation > 0),
    former_secret_until timestamptz,
    created_by          text NOT NULL,
    created_at          timestamptz NOT NULL,
    ended_by            text,
    ended_at            timestamptz,

    -- How far it is: every batch of the log up to cursor_no is done, and
    -- cursor_position events of the one after it. A new subscriber begins at the end.
    cursor_no           bigint NOT NULL,
    cursor_position     integer NOT NULL DEFAULT 0,
    -- The fence of whoever delivers: progress is saved only under the latest attempt.
    attempt             integer NOT NULL DEFAULT 0,
    -- its sign of life; NULL while nobody delivers
    beat_at             timestamptz,
    -- when a job was put into the queue that nobody has taken up yet
    queued_at           timestamptz,
    -- left alone until then, after it refused everything so many times in a row
    paused_until        timestamptz,
    breaks              integer NOT NULL DEFAULT 0,

    delivered           bigint NOT NULL DEFAULT 0,
    failures            bigint NOT NULL DEFAULT 0,
    last_success_at     timestamptz,
    last_failure_at     timestamptz,
    last_answer         text NOT NULL DEFAULT '',
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- A name is free again when its subscriber has ended.
CREATE UNIQUE INDEX subscriber_name ON holdfast.subscriber (name) WHERE ended_at IS NULL;
CREATE INDEX subscriber_newest ON holdfast.subscriber (created_at, id) WHERE ended_at IS NULL;

-- Events that did not go through at once, and those kept back behind them. What went
-- through has no row: the cursor is past it.
CREATE TABLE holdfast.delivery (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscriber_id   uuid NOT NULL REFERENCES holdfast.subscriber,
    batch_id        uuid NOT NULL,
    batch_no        bigint NOT NULL,
    position        integer NOT NULL,
    -- what the order is kept for: a digest, since its text may be long and names people
    entity          bytea NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'retrying', 'dead')),
    attempts        integer NOT NULL,
    created_at      timestamptz NOT NULL,
    first_failed_at timestamptz,
    next_at         timestamptz,
    last_answer     text NOT NULL,
    UNIQUE (subscriber_id, batch_no, position),
    CHECK ((state = 'retrying') = (next_at IS NOT NULL))
);
CREATE INDEX delivery_open ON holdfast.delivery (subscriber_id, entity, batch_no, position) WHERE state <> 'dead';
CREATE INDEX delivery_due ON holdfast.delivery (subscriber_id, next_at) WHERE state = 'retrying';
CREATE INDEX delivery_dead ON holdfast.delivery (subscriber_id, batch_no, position) WHERE state = 'dead';

-- Ranges of the log that are delivered again, each with a cursor of its own.
CREATE TABLE holdfast.replay (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscriber_id   uuid NOT NULL REFERENCES holdfast.subscriber,
    -- batches that happened in this time, with numbers up to until_no
    from_time       timestamptz NOT NULL,
    until_time      timestamptz NOT NULL,
    until_no        bigint NOT NULL,
    cursor_no       bigint NOT NULL,
    cursor_position integer NOT NULL DEFAULT 0,
    requested_by    text NOT NULL,
    requested_at    timestamptz NOT NULL,
    finished_at     timestamptz
);
CREATE INDEX replay_open ON holdfast.replay (subscriber_id, id) WHERE finished_at IS NULL;
