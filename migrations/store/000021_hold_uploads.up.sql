-- A hold may be widened while it is in force: each list of records that is uploaded is a
-- scope of its own, in force from effective_at and the list of holds effective_epoch on; NULL
-- is the hold's own. upload says whether its ids are awaited, or arriving (upload_at is the
-- last sign of life).
ALTER TABLE holdfast.hold_scope
    ADD COLUMN upload          text NOT NULL DEFAULT '' CHECK (upload IN ('', 'awaited', 'under_way')),
    ADD COLUMN upload_at       timestamptz,
    ADD COLUMN effective_at    timestamptz,
    ADD COLUMN effective_epoch bigint;
