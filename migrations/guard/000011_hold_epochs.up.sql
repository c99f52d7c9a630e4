-- Under which epoch a hold came into force and ended: a batch of that epoch or a later one was
-- judged with the hold, whatever the clocks say. NULL for holds of before.
ALTER TABLE holdfast_guard.hold
    ADD COLUMN effective_epoch bigint,
    ADD COLUMN ended_epoch     bigint;
