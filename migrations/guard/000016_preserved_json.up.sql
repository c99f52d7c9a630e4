-- A json value is kept as it was written: as jsonb the old version of a row lost what JSON has
-- twice and how numbers were written, and one with \u0000 failed whoever changed its row.
ALTER TABLE holdfast_guard.preserved ALTER COLUMN row TYPE json USING row::json;
