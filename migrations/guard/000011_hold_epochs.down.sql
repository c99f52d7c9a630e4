ALTER TABLE holdfast_guard.hold
    DROP COLUMN effective_epoch,
    DROP COLUMN ended_epoch;
