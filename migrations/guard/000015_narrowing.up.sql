-- A scope may fall out of a hold that stays in force: from ended_epoch on, the first list of
-- holds without it, it covers nothing. The row stays, as that of a hold that has ended does; its
-- ids go afterwards, as far as no other scope of the hold has them.
ALTER TABLE holdfast_guard.hold_scope
    ADD COLUMN ended_at    timestamptz,
    ADD COLUMN ended_epoch bigint;
