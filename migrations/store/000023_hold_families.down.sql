ALTER TABLE holdfast.hold_scope
    DROP COLUMN family_depth,
    DROP COLUMN belongings;
