DROP INDEX holdfast.batch_by_day;
