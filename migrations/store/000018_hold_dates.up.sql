-- A release and an expiry may have a cooling-off period: releases_at is its end, when the hold
-- is out of force. release_delay is a hold's own, longer than the installation's; ISO 8601.
-- review_at is when a person is asked to look at the hold again; it ends nothing.
-- ending is set once its end is being carried out: from then on it cannot be taken back.
-- announced is how many days before its expiry the hold was announced last, and review_told
-- whether that its review is due was told, both since its dates were set: at dated_at, or
-- when it was placed.
ALTER TABLE holdfast.hold
    ADD COLUMN release_delay text,
    ADD COLUMN releases_at   timestamptz,
    ADD COLUMN ending        boolean NOT NULL DEFAULT false,
    ADD COLUMN review_at     timestamptz,
    ADD COLUMN announced     integer,
    ADD COLUMN review_told   boolean NOT NULL DEFAULT false,
    ADD COLUMN dated_at      timestamptz,
    ADD CHECK (releases_at IS NULL OR status IN ('releasing', 'released', 'expired'));

-- Holds without an expiry were looked at by nobody.
UPDATE holdfast.hold
SET review_at = created_at + interval '1 year'
WHERE expires_at IS NULL AND status NOT IN ('released', 'expired');
