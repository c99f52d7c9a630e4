DROP TABLE holdfast_guard.archive;
