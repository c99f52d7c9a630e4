ALTER TABLE holdfast.hold_scope
    DROP COLUMN upload,
    DROP COLUMN upload_at,
    DROP COLUMN effective_at,
    DROP COLUMN effective_epoch;
