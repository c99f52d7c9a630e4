-- What has fallen out is covered again where the guard is staged anew: too much, never too
-- little.
ALTER TABLE holdfast.hold_scope
    DROP COLUMN split_from,
    DROP COLUMN releases_at,
    DROP COLUMN released_by,
    DROP COLUMN release_reason,
    DROP COLUMN ending,
    DROP COLUMN ended_at,
    DROP COLUMN ended_epoch;
