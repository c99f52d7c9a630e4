ALTER TABLE holdfast_guard.preserved ALTER COLUMN row TYPE jsonb USING row::jsonb;
