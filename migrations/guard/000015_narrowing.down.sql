-- What has fallen out of a hold must not come back.
ALTER TABLE holdfast_guard.hold_scope DISABLE TRIGGER refuse_loss;
DELETE FROM holdfast_guard.hold_scope WHERE ended_at IS NOT NULL;
ALTER TABLE holdfast_guard.hold_scope ENABLE TRIGGER refuse_loss;
ALTER TABLE holdfast_guard.hold_scope
    DROP COLUMN ended_at,
    DROP COLUMN ended_epoch;
