ALTER TABLE holdfast.hold
    DROP COLUMN release_delay,
    DROP COLUMN releases_at,
    DROP COLUMN ending,
    DROP COLUMN review_at,
    DROP COLUMN announced,
    DROP COLUMN review_told,
    DROP COLUMN dated_at;
