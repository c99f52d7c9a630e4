ALTER TABLE holdfast.hold DROP COLUMN enforcement;
