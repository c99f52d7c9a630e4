package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// deliveryColumns are a delivery with its event's type and entity. The log's row may
// have as many keys as a batch has records: one is picked out by the server.
const deliveryColumns = `d.id, d.batch_no, d.position, d.batch_id, coalesce(e.type, ''), coalesce(e.entity_type, ''),
			ARRAY(SELECT e.keys[part * e.count + d.position + 1] FROM generate_series(0, e.key_parts - 1) AS part ORDER BY part),
			d.state, d.attempts, d.created_at, d.first_failed_at, d.next_at, d.last_answer`

// shownState is a delivery's state as people see it. One whose turn it is, and that was
// never tried, waits: nothing is tried again of which nothing failed.
const shownState = `CASE WHEN d.state = 'retrying' AND d.attempts = 0 THEN 'waiting' ELSE d.state END`

// deliveryRow is a delivery as it is read, before its keys are looked at.
type deliveryRow struct {
	retention.Delivery
	batch string
	keys  []*string
}

func (r *deliveryRow) fields() []any {
	return []any{
		&r.ID, &r.BatchNo, &r.Position, &r.batch, &r.Type, &r.EntityType, &r.keys,
		&r.State, &r.Attempts, &r.CreatedAt, &r.FirstFailedAt, &r.NextAt, &r.LastAnswer,
	}
}

// delivery names the event and its entity; a key with a NULL in it is none.
func (r *deliveryRow) delivery() retention.Delivery {
	r.EventID = retention.EventID(r.batch, r.Position)
	if !slices.Contains(r.keys, nil) {
		for _, k := range r.keys {
			r.EntityID = append(r.EntityID, *k)
		}
	}
	return r.Delivery
}

// Deliveries lists a subscriber's open and dead deliveries in the order of the log.
func (s *Store) Deliveries(ctx context.Context, id string, states []retention.DeliveryState, p retention.Page) ([]retention.Delivery, string, error) {
	const list = "deliveries"
	limit, after, err := readPage(p, cursor{List: list, N: -1})
	if err != nil {
		return nil, "", err
	}
	if _, err := s.Subscriber(ctx, id); err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+deliveryColumns+`
		FROM holdfast.delivery AS d
		LEFT JOIN holdfast.event_batch AS e ON e.no = d.batch_no
		WHERE d.subscriber_id = $1::text::uuid
		  AND (cardinality($2::text[]) = 0 OR `+shownState+` = ANY ($2))
		  AND (d.batch_no, d.position) > ($3, $4)
		ORDER BY d.batch_no, d.position
		LIMIT $5`, id, texts(states), after.N, after.M, limit+1)
	if err != nil {
		return nil, "", fail("list deliveries", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retention.Delivery, error) {
		var r deliveryRow
		err := row.Scan(r.fields()...)
		d := r.delivery()
		if d.State == retention.DeliveryRetrying && d.Attempts == 0 {
			d.State, d.NextAt = retention.DeliveryWaiting, nil
		}
		return d, err
	})
	if err != nil {
		return nil, "", fail("list deliveries", err)
	}
	items, next := cut(items, limit, func(d retention.Delivery) cursor {
		return cursor{List: list, N: d.BatchNo, M: int64(d.Position)}
	})
	return items, next, nil
}

// DueDeliveries are a subscriber's deliveries that can be tried now, each with what is
// kept back behind it, in the order of the log, at most limit. What limit cuts off
// comes later in the log than everything that is answered.
func (s *Store) DueDeliveries(ctx context.Context, id string, limit int) ([]retention.OpenDelivery, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+deliveryColumns+`, d.entity, d.state = 'retrying' AND d.next_at <= holdfast.clock(),
		       e.policy, e.policy_version, e.run_id, e.action, e.initiated_at, e.occurred_at, e.key_parts, e.columns,
		       ARRAY(SELECT e.included[c * e.count + d.position + 1] FROM generate_series(0, jsonb_array_length(e.columns) - 1) AS c ORDER BY c),
		       e.data
		FROM holdfast.delivery AS d
		JOIN holdfast.event_batch AS e ON e.no = d.batch_no
		WHERE d.subscriber_id = $1::text::uuid
		  AND d.state <> 'dead'
		  AND d.entity IN (
			SELECT h.entity
			FROM holdfast.delivery AS h
			WHERE h.subscriber_id = $1::text::uuid AND h.state = 'retrying' AND h.next_at <= holdfast.clock()
			ORDER BY h.next_at, h.batch_no, h.position
			LIMIT $2)
		ORDER BY d.batch_no, d.position
		LIMIT $2`, id, limit)
	if err != nil {
		return nil, fail("read due deliveries", err)
	}
	due, err := pgx.CollectRows(rows, scanOpen)
	return due, fail("read due deliveries", err)
}

// scanOpen makes a batch of one event, which expands as it would in its batch.
func scanOpen(row pgx.CollectableRow) (o retention.OpenDelivery, err error) {
	var r deliveryRow
	var columns, entity []byte
	b := &o.Event
	err = row.Scan(append(r.fields(), &entity, &o.Due,
		&b.Policy, &b.PolicyVersion, &b.RunID, &b.Action, &b.InitiatedAt, &b.OccurredAt, &b.KeyParts, &columns, &b.Included, &b.Data)...)
	if err != nil {
		return o, err
	}
	o.Delivery, o.Entity = r.delivery(), string(entity)
	b.ID, b.No, b.Type, b.EntityType, b.Count, b.Keys = r.batch, r.BatchNo, r.Type, r.EntityType, 1, r.keys
	return o, json.Unmarshal(columns, &b.Columns)
}

// Replay has events delivered again and answers how many: single ones, those that
// were given up, or a range of time, whose count is that of the log.
func (s *Store) Replay(ctx context.Context, id string, r retention.Replay, by retention.By) (int64, error) {
	if err := checkID("subscriber", id); err != nil {
		return 0, err
	}
	var n int64
	err := s.write(ctx, "replay events to subscriber "+id, func(tx pgx.Tx) error {
		// What is put among the deliveries must not be swept meanwhile.
		if err := lockFor(ctx, tx, lockEvents); err != nil {
			return err
		}
		sub, err := loadSubscriber(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		switch {
		case len(r.Events) > 0:
			n, err = replayEvents(ctx, tx, sub, r.Events)
		case r.Dead:
			n, err = replayDead(ctx, tx, id)
		default:
			n, err = replayRange(ctx, tx, sub, r, by)
		}
		if err != nil {
			return err
		}
		// Whoever asks for a replay wants it now.
		_, err = tx.Exec(ctx, `UPDATE holdfast.subscriber SET paused_until = NULL WHERE id = $1::text::uuid`, id)
		if err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "subscriber/"+id, nil, replayAudit(r, n))
	})
	return n, err
}

func replayAudit(r retention.Replay, n int64) map[string]any {
	out := map[string]any{"count": n}
	switch {
	case len(r.Events) > 0:
		out["events"] = r.Events
	case r.Dead:
		out["dead"] = true
	default:
		out["from"], out["until"] = r.From, r.Until
	}
	return out
}

// replayEvents puts single events among the deliveries, once each.
func replayEvents(ctx context.Context, tx pgx.Tx, sub retention.Subscriber, ids []string) (int64, error) {
	touched := map[string]bool{}
	seen := map[string]bool{}
	for i, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		field := fmt.Sprintf("events[%d]", i)
		b, err := findEvent(ctx, tx, sub, field, id)
		if err != nil {
			return 0, err
		}
		_, position, _ := retention.ParseEventID(id)
		entity := retention.EntityDigest(&b, position)
		touched[entity] = true
		_, err = tx.Exec(ctx, `
			INSERT INTO holdfast.delivery AS d
				(subscriber_id, batch_id, batch_no, position, entity, state, attempts, created_at, last_answer)
			VALUES ($1::text::uuid, $2::text::uuid, $3, $4, $5, 'waiting', 0, holdfast.clock(), '')
			ON CONFLICT (subscriber_id, batch_no, position) DO UPDATE
			SET state = 'waiting', next_at = NULL, attempts = 0, first_failed_at = NULL`,
			sub.ID, b.ID, b.No, position, []byte(entity))
		if err != nil {
			return 0, err
		}
	}
	return int64(len(seen)), settleOrder(ctx, tx, sub.ID, touched)
}

// findEvent is the batch of an event that can be replayed: it exists, is one that the
// subscriber asks for, and was passed already.
func findEvent(ctx context.Context, tx pgx.Tx, sub retention.Subscriber, field, id string) (retention.EventBatch, error) {
	none := retention.Invalid(field, "%q is no event that is kept; ids are those of GET /events", id)
	batch, position, ok := retention.ParseEventID(id)
	if !ok || !isUUID(batch) {
		return retention.EventBatch{}, none
	}
	rows, err := tx.Query(ctx, `SELECT `+eventColumns+` FROM holdfast.event_batch AS e WHERE e.id = $1::text::uuid`, batch)
	if err != nil {
		return retention.EventBatch{}, err
	}
	found, err := pgx.CollectRows(rows, scanEvents)
	switch {
	case err != nil:
		return retention.EventBatch{}, err
	case len(found) == 0 || position >= found[0].Count:
		return retention.EventBatch{}, none
	case !sub.Wants(&found[0]):
		return found[0], retention.Invalid(field, "%q is none of the events that this subscriber is told of: it is a %s of entity type %q", id, found[0].Type, found[0].EntityType)
	}
	var passed bool
	err = tx.QueryRow(ctx, `
		SELECT $2 <= cursor_no OR ($2 = cursor_no + 1 AND $3 < cursor_position)
		FROM holdfast.subscriber
		WHERE id = $1::text::uuid`, sub.ID, found[0].No, position).Scan(&passed)
	if err == nil && !passed {
		err = retention.Invalid(field, "%q has not been reached yet: it is still ahead of this subscriber and is delivered by itself", id)
	}
	return found[0], err
}

// replayDead gives what was given up three days more.
func replayDead(ctx context.Context, tx pgx.Tx, id string) (int64, error) {
	rows, err := tx.Query(ctx, `
		UPDATE holdfast.delivery
		SET state = 'waiting', attempts = 0, first_failed_at = NULL
		WHERE subscriber_id = $1::text::uuid AND state = 'dead'
		RETURNING entity`, id)
	if err != nil {
		return 0, err
	}
	entities, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return 0, err
	}
	touched := map[string]bool{}
	for _, e := range entities {
		touched[string(e)] = true
	}
	return int64(len(entities)), settleOrder(ctx, tx, id, touched)
}

// notReplaying refuses a range of which a replay is under way: asked for twice by mistake,
// everything would be sent twice.
func notReplaying(ctx context.Context, tx pgx.Tx, id string, r retention.Replay) error {
	var from, until time.Time
	var by string
	var remaining int64
	err := tx.QueryRow(ctx, `
		SELECT from_time, until_time, requested_by, remaining
		FROM holdfast.replay
		WHERE subscriber_id = $1::text::uuid AND finished_at IS NULL
		  AND from_time < coalesce($3, holdfast.clock()) AND until_time > $2
		ORDER BY id
		LIMIT 1`, id, r.From, r.Until).Scan(&from, &until, &by, &remaining)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return retention.Conflictf("a replay of %s until %s, asked for by %s, is under way with %d events to send; ask for one of this time when it has ended",
		from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339), by, remaining)
}

// replayRange begins a second walk through a part of the log that was passed.
func replayRange(ctx context.Context, tx pgx.Tx, sub retention.Subscriber, r retention.Replay, by retention.By) (int64, error) {
	if err := notReplaying(ctx, tx, sub.ID, r); err != nil {
		return 0, err
	}
	var n int64
	err := tx.QueryRow(ctx, `
		WITH part AS (
			SELECT min(e.no) AS first, max(e.no) AS last, coalesce(sum(e.count), 0)::bigint AS events
			FROM holdfast.event_batch AS e
			JOIN holdfast.subscriber AS s ON s.id = $1::text::uuid
			WHERE e.no <= s.cursor_no
			  AND e.occurred_at >= $2 AND e.occurred_at < coalesce($3, holdfast.clock())
			  AND e.type = ANY ($4)
			  AND (cardinality(s.entity_types) = 0 OR e.entity_type = ANY (s.entity_types))),
		begun AS (
			INSERT INTO holdfast.replay (subscriber_id, from_time, until_time, until_no, cursor_no, requested_by, requested_at, remaining)
			SELECT $1::text::uuid, $2, coalesce($3, holdfast.clock()), last, first - 1, $5, holdfast.clock(), events
			FROM part
			WHERE events > 0)
		SELECT events FROM part`, sub.ID, r.From, r.Until, texts(sub.WantedTypes()), by.Actor.Name).Scan(&n)
	return n, err
}

// minCursor is the number in the log up to which nobody who has not ended waits for
// anything: what is ahead of a cursor, what is tried again, what is replayed. What was
// given up keeps nothing: the log names people and is no archive.
func minCursor(ctx context.Context, tx pgx.Tx) (int64, error) {
	var no int64
	err := tx.QueryRow(ctx, `
		SELECT coalesce(min(needed.no), $1)
		FROM (
			SELECT s.cursor_no AS no
			FROM holdfast.subscriber AS s
			WHERE s.ended_at IS NULL
			UNION ALL
			SELECT min(d.batch_no) - 1
			FROM holdfast.delivery AS d
			WHERE d.state <> 'dead'
			UNION ALL
			SELECT min(r.cursor_no)
			FROM holdfast.replay AS r
			WHERE r.finished_at IS NULL) AS needed`, int64(maxID)).Scan(&no)
	return no, err
}

// forgetDead removes what was given up and whose event is not kept any more: nobody
// could deliver it.
func forgetDead(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM holdfast.delivery AS d
		WHERE d.state = 'dead'
		  AND NOT EXISTS (SELECT FROM holdfast.event_batch AS e WHERE e.no = d.batch_no)`)
	return err
}
