ALTER TABLE holdfast_guard.hold DROP COLUMN changing;
