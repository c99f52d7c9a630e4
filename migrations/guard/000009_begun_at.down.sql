ALTER TABLE holdfast_guard.journal DROP COLUMN begun_at;
