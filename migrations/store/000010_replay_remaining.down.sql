ALTER TABLE holdfast.replay DROP COLUMN remaining;
