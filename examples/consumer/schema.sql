CREATE SCHEMA IF NOT EXISTS consumer;

CREATE TABLE IF NOT EXISTS consumer.profile (
    customer_id text PRIMARY KEY,
    name        text,
    email       text
);

-- The events that were had. Keep an id for as long as it may come again: three days of
-- retries, and as far back as you let people replay.
CREATE TABLE IF NOT EXISTS consumer.seen (
    event_id text PRIMARY KEY,
    type     text NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT now()
);
