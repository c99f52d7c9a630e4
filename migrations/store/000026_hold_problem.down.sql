UPDATE holdfast.hold SET effective_at = released_at WHERE status = 'released' AND effective_at IS NULL;
ALTER TABLE holdfast.hold DROP CONSTRAINT hold_check;
ALTER TABLE holdfast.hold ADD CONSTRAINT hold_check CHECK ((status = 'applying') = (effective_at IS NULL));
ALTER TABLE holdfast.hold DROP COLUMN problem;
