ALTER TABLE holdfast_guard.hold_scope
    DROP COLUMN condition, DROP COLUMN condition_columns, DROP COLUMN condition_attnums, DROP COLUMN condition_types;
