ALTER TABLE holdfast.hold_scope DROP COLUMN condition;
