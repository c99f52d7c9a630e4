-- A worker's signs of life between two batches, and during one: that has the run's row locked for
-- as long as it takes, so nothing here refers to it.
CREATE TABLE holdfast_guard.heartbeat (
    run_id  uuid        PRIMARY KEY,
    beat_at timestamptz NOT NULL
);
