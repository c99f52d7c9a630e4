DROP TABLE holdfast.policy_simulation;
ALTER TABLE holdfast.run_policy DROP COLUMN belt;
DROP INDEX holdfast.run_open;
-- The version before knows no such state. A run in it has disposed of nothing.
UPDATE holdfast.run_policy AS p
SET status = 'cancelled'
FROM holdfast.run AS r
WHERE r.id = p.run_id AND r.status = 'needs_approval' AND p.status IN ('queued', 'needs_approval');
UPDATE holdfast.run
SET status = 'cancelled', finished_at = clock_timestamp(), attempt = attempt + 1
WHERE status = 'needs_approval';
ALTER TABLE holdfast.run
    DROP COLUMN approved_at,
    DROP COLUMN approved_by,
    DROP CONSTRAINT run_status_check,
    ADD CONSTRAINT run_status_check CHECK (status IN
        ('queued', 'running', 'paused', 'succeeded', 'partial', 'failed', 'cancelled'));
CREATE INDEX run_open ON holdfast.run (created_at, id)
    WHERE status IN ('queued', 'running', 'paused');
