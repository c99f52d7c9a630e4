ALTER TABLE holdfast_guard.hold_scope DROP COLUMN parts;
