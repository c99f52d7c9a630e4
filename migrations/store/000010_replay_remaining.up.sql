-- What a replay has still to send, kept with its cursor, so that looking at the backlog
-- need not walk the log. Of those under way it is what lies ahead of them.
ALTER TABLE holdfast.replay ADD COLUMN remaining bigint NOT NULL DEFAULT 0;
UPDATE holdfast.replay AS r
SET remaining = coalesce((
    SELECT sum(e.count)
    FROM holdfast.event_batch AS e
    JOIN holdfast.subscriber AS s ON s.id = r.subscriber_id
    WHERE e.no > r.cursor_no AND e.no <= r.until_no
      AND e.occurred_at >= r.from_time AND e.occurred_at < r.until_time
      AND (cardinality(s.entity_types) = 0 OR e.entity_type = ANY (s.entity_types))), 0)
WHERE r.finished_at IS NULL;
