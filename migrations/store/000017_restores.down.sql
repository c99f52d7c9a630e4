DROP TABLE holdfast.restore;
ALTER TABLE holdfast.batch DROP COLUMN begun_at;
