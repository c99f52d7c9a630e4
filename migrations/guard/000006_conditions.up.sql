-- A scope by condition, as its author wrote it, with the columns that it asks for: their
-- names, numbers and types. A column that was renamed, swapped or given another type must
-- free nothing.
ALTER TABLE holdfast_guard.hold_scope
    ADD COLUMN condition         text,
    ADD COLUMN condition_columns text[]     NOT NULL DEFAULT '{}',
    ADD COLUMN condition_attnums smallint[] NOT NULL DEFAULT '{}',
    ADD COLUMN condition_types   oid[]      NOT NULL DEFAULT '{}',
    ADD CHECK (condition IS NULL OR held_set IS NULL);
