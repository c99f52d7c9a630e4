ALTER TABLE holdfast.subscriber DROP COLUMN slow;
