DROP FUNCTION holdfast_guard.swapped(oid, text[], smallint[]);
DROP TABLE holdfast_guard.archive;
