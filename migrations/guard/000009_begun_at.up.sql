-- When a batch's transaction began: archived rows have the same moment, so that those of
-- one batch can be told. Batches of before do not say.
ALTER TABLE holdfast_guard.journal ADD COLUMN begun_at timestamptz;
ALTER TABLE holdfast_guard.journal ALTER COLUMN begun_at SET DEFAULT transaction_timestamp();
