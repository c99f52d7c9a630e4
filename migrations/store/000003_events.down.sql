DROP TABLE holdfast.event_batch;
