-- What refers to rows that go, by table: see the guard's migration 4.
ALTER TABLE holdfast.run_policy
    ADD COLUMN blocked_by jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN effects    jsonb NOT NULL DEFAULT '{}';
ALTER TABLE holdfast.batch
    ADD COLUMN blocked_by jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN effects    jsonb NOT NULL DEFAULT '{}';
