ALTER TABLE holdfast.hold DROP COLUMN faults;
