-- What was processed on which day is asked of the batches: a run that goes on over
-- midnight, or is paused, has committed some of it already.
CREATE INDEX batch_by_day ON holdfast.batch (committed_at) INCLUDE (processed);
