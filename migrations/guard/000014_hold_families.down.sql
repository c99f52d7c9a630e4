-- Only the records themselves stay held.
ALTER TABLE holdfast_guard.hold DROP COLUMN family_content;
ALTER TABLE holdfast_guard.hold_scope DISABLE TRIGGER refuse_loss;
DELETE FROM holdfast_guard.hold_scope WHERE member > 0;
ALTER TABLE holdfast_guard.hold_scope ENABLE TRIGGER refuse_loss;
ALTER TABLE holdfast_guard.hold_scope
    DROP CONSTRAINT hold_scope_pkey,
    ADD PRIMARY KEY (hold_no, scope_index),
    DROP COLUMN member,
    DROP COLUMN family_depth,
    DROP COLUMN links,
    DROP COLUMN family_set;
