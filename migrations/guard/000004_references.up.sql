-- What refers to rows that go: whose rows blocked how many, what else was changed with
-- them by table, and what the database said of rows that it refused.
ALTER TABLE holdfast_guard.journal
    ADD COLUMN blocked_by jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN effects    jsonb NOT NULL DEFAULT '{}';
ALTER TABLE holdfast_guard.progress
    ADD COLUMN blocked_by jsonb  NOT NULL DEFAULT '{}',
    ADD COLUMN effects    jsonb  NOT NULL DEFAULT '{}',
    ADD COLUMN errors     text[] NOT NULL DEFAULT '{}';
