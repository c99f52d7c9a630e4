DROP INDEX holdfast.batch_of_table;
ALTER TABLE holdfast.batch DROP COLUMN digests_sorted;
