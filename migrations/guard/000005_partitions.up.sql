-- The partitions that a held table consists of, and ever did since the hold was placed: a
-- partition that is detached, and its rows with it, stays held.
ALTER TABLE holdfast_guard.hold_scope ADD COLUMN parts oid[] NOT NULL DEFAULT '{}';
CREATE INDEX hold_scope_parts ON holdfast_guard.hold_scope USING gin (parts);
