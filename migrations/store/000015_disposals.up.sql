-- Finding the batch that disposed of one record.

-- The digests of a batch are in order from now on. They are evenly spread, so that where
-- one must stand is known to within a few dozen, and a look reads some kilobytes of each
-- batch instead of all.
ALTER TABLE holdfast.batch ADD COLUMN digests_sorted boolean NOT NULL DEFAULT false;
CREATE INDEX batch_of_table ON holdfast.batch (table_schema, table_name, committed_at);
