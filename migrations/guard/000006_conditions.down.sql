ALTER TABLE holdfast_guard.hold_scope
    DROP COLUMN condition, DROP COLUMN condition_columns, DROP COLUMN condition_forms, DROP COLUMN condition_types, DROP COLUMN condition_labels;
DROP FUNCTION holdfast_guard.column_form(oid, text);
DROP FUNCTION holdfast_guard.column_labels(oid, text[]);
