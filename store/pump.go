package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"holdfast/retention"
)

// queuedFor is after how long a job that nobody has taken up is put into the queue
// again: the process that had it may be gone.
const queuedFor = 30 * time.Second

// longQueued is after how long in the queue a subscriber waits for others to give a
// worker back: an idle one takes it up at once.
const longQueued = time.Second

// pumpColumns and pumpFields are a subscriber in the hands of a worker.
const pumpColumns = subscriberColumns + `, s.attempt, coalesce(s.former_secret_until > holdfast.clock(), false),
			s.cursor_no, s.cursor_position, s.breaks, s.slow,
			(SELECT count(*) FROM holdfast.delivery AS d WHERE d.subscriber_id = s.id AND d.state <> 'dead')`

func scanPump(row pgx.CollectableRow) (p retention.Pump, err error) {
	err = row.Scan(append(subscriberFields(&p.Subscriber),
		&p.Attempt, &p.FormerKey, &p.Cursor.No, &p.Cursor.Position, &p.Breaks, &p.Slow, &p.Open)...)
	return p, err
}

// WakePumps enqueues a job for every subscriber that somebody should work on now, and
// that nobody does, in one transaction. maxOpen is the number of open deliveries
// beyond which no further event is read from the log. It answers how many it woke.
func (s *Store) WakePumps(ctx context.Context, maxOpen int) (int, error) {
	var woken int
	err := s.write(ctx, "wake subscribers", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE holdfast.subscriber AS s
			SET queued_at = holdfast.clock()
			WHERE s.id IN (
				SELECT due.id
				FROM holdfast.subscriber AS due
				WHERE due.ended_at IS NULL
				  AND due.enabled
				  AND (due.beat_at IS NULL OR due.beat_at < holdfast.clock() - $2::interval)
				  AND (due.queued_at IS NULL OR due.queued_at < holdfast.clock() - $3::interval)
				  AND (due.paused_until IS NULL OR due.paused_until <= holdfast.clock())
				  AND (EXISTS (
						SELECT FROM holdfast.delivery AS d
						WHERE d.subscriber_id = due.id AND d.state = 'retrying' AND d.next_at <= holdfast.clock())
				    OR ((EXISTS (SELECT FROM holdfast.event_batch AS e WHERE e.no > due.cursor_no)
				         OR EXISTS (SELECT FROM holdfast.replay AS r WHERE r.subscriber_id = due.id AND r.finished_at IS NULL))
				        AND (SELECT count(*) FROM holdfast.delivery AS o WHERE o.subscriber_id = due.id AND o.state <> 'dead') < $1::bigint))
				ORDER BY due.id
				FOR UPDATE SKIP LOCKED)
			RETURNING s.id, s.attempt, s.slow`, maxOpen, retention.PumpSilent, queuedFor)
		if err != nil {
			return err
		}
		type wake struct {
			retention.DeliveryJob
			slow bool
		}
		jobs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (j wake, err error) {
			err = row.Scan(&j.SubscriberID, &j.Attempt, &j.slow)
			return j, err
		})
		if err != nil {
			return err
		}
		for _, j := range jobs {
			queue := retention.DeliveryQueue
			if j.slow {
				queue = retention.SlowQueue
			}
			if _, err := s.jobs.InsertTx(ctx, tx, j.DeliveryJob, &river.InsertOpts{Queue: queue, MaxAttempts: 1}); err != nil {
				return fmt.Errorf("enqueue a job for subscriber %s: %w", j.SubscriberID, err)
			}
		}
		woken = len(jobs)
		return nil
	})
	return woken, err
}

// ClaimPump takes a subscriber up for a worker if its attempt still is expect and
// nobody else shows that it works on it. The attempt grows by one, which fences
// whoever had it before.
func (s *Store) ClaimPump(ctx context.Context, id string, expect int) (p retention.Pump, ok bool, err error) {
	if err := checkID("subscriber", id); err != nil {
		return p, false, err
	}
	rows, err := s.pool.Query(ctx, `
		UPDATE holdfast.subscriber AS s
		SET attempt = attempt + 1, beat_at = holdfast.clock(), queued_at = NULL
		WHERE s.id = $1::text::uuid
		  AND s.attempt = $2
		  AND s.enabled
		  AND s.ended_at IS NULL
		  AND (s.beat_at IS NULL OR s.beat_at < holdfast.clock() - $3::interval)
		RETURNING `+pumpColumns, id, expect, retention.PumpSilent)
	if err != nil {
		return p, false, fail("claim subscriber "+id, err)
	}
	p, err = pgx.CollectExactlyOneRow(rows, scanPump)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, fail("claim subscriber "+id, err)
}

// BeatPump is a sign of life; ErrConflict if another worker has taken over. It answers
// whether another subscriber of the same queue has waited so long for a worker that
// there is no idle one.
func (s *Store) BeatPump(ctx context.Context, id string, attempt int) (others bool, err error) {
	err = s.pool.QueryRow(ctx, `
		UPDATE holdfast.subscriber AS s
		SET beat_at = holdfast.clock()
		WHERE s.id = $1::text::uuid AND s.attempt = $2 AND s.ended_at IS NULL
		RETURNING EXISTS (
			SELECT FROM holdfast.subscriber AS o
			WHERE o.ended_at IS NULL AND o.enabled AND o.slow = s.slow AND o.id <> s.id
			  AND o.queued_at < holdfast.clock() - $3::interval)`, id, attempt, longQueued).Scan(&others)
	if errors.Is(err, pgx.ErrNoRows) {
		err = takenOver(id, attempt)
	}
	return others, fail("beat subscriber "+id, err)
}

// ReleasePump gives the subscriber back, so that whoever comes next need not wait; slow
// is how it answered.
func (s *Store) ReleasePump(ctx context.Context, id string, attempt int, slow bool) error {
	tag, err := s.pool.Exec(ctx, `
		UPDATE holdfast.subscriber
		SET beat_at = NULL, queued_at = NULL, slow = $3
		WHERE id = $1::text::uuid AND attempt = $2`, id, attempt, slow)
	if err == nil && tag.RowsAffected() == 0 {
		err = takenOver(id, attempt)
	}
	return fail("release subscriber "+id, err)
}

func takenOver(id string, attempt int) error {
	return retention.Conflictf("subscriber %s is not in the hands of attempt %d any more", id, attempt)
}

// SavePump keeps what a pump did, in one transaction and only if attempt is the
// latest (else ErrConflict): the cursor, what went through, what did not. It answers
// the subscriber as it stands then; one that has ended is ErrConflict too.
func (s *Store) SavePump(ctx context.Context, id string, attempt int, step retention.PumpStep) (retention.Pump, error) {
	var p retention.Pump
	err := s.write(ctx, "keep deliveries of subscriber "+id, func(tx pgx.Tx) error {
		if err := saveProgress(ctx, tx, id, attempt, step); err != nil {
			return err
		}
		if err := saveDeliveries(ctx, tx, id, step); err != nil {
			return err
		}
		if step.ReplayID != 0 {
			if err := saveReplay(ctx, tx, id, step); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, `SELECT `+pumpColumns+` FROM holdfast.subscriber AS s WHERE s.id = $1::text::uuid`, id)
		if err != nil {
			return err
		}
		p, err = pgx.CollectExactlyOneRow(rows, scanPump)
		return err
	})
	return p, err
}

// saveProgress is the fence: it changes no row unless the attempt is the latest.
func saveProgress(ctx context.Context, tx pgx.Tx, id string, attempt int, step retention.PumpStep) error {
	var cursor retention.LogPosition
	live := step.Cursor != nil && step.ReplayID == 0
	if live {
		cursor = *step.Cursor
	}
	// One that answers again after it refused everything gets what waits for it at once.
	var recovered bool
	err := tx.QueryRow(ctx, `
		WITH old AS (
			SELECT id, breaks
			FROM holdfast.subscriber
			WHERE id = $1::text::uuid AND attempt = $2 AND ended_at IS NULL
			FOR UPDATE)
		UPDATE holdfast.subscriber AS s
		SET cursor_no = CASE WHEN $3 THEN $4 ELSE s.cursor_no END,
		    cursor_position = CASE WHEN $3 THEN $5 ELSE s.cursor_position END,
		    beat_at = holdfast.clock(),
		    delivered = s.delivered + $6,
		    failures = s.failures + $7,
		    last_success_at = CASE WHEN $6 > 0 THEN holdfast.clock() ELSE s.last_success_at END,
		    last_failure_at = CASE WHEN $7 > 0 THEN holdfast.clock() ELSE s.last_failure_at END,
		    last_answer = CASE WHEN $7 > 0 THEN $8 ELSE s.last_answer END,
		    paused_until = CASE WHEN $9::interval > interval '0' THEN holdfast.clock() + $9::interval END,
		    breaks = CASE WHEN $9::interval > interval '0' THEN s.breaks + 1 WHEN $6 > 0 THEN 0 ELSE s.breaks END
		FROM old
		WHERE s.id = old.id
		RETURNING old.breaks > 0 AND $6 > 0 AND $9::interval = interval '0'`,
		id, attempt, live, cursor.No, cursor.Position, step.Sent, step.Failures, clean(step.LastAnswer), step.Pause).Scan(&recovered)
	if errors.Is(err, pgx.ErrNoRows) {
		return takenOver(id, attempt)
	}
	if err != nil || !recovered {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.delivery
		SET next_at = holdfast.clock()
		WHERE subscriber_id = $1::text::uuid AND state = 'retrying'`, id)
	return err
}

// saveDeliveries takes away what went through, keeps what did not, and lets the next
// event of each entity go.
func saveDeliveries(ctx context.Context, tx pgx.Tx, id string, step retention.PumpStep) error {
	var gone []int64
	touched := map[string]bool{}
	for _, d := range step.Settled {
		gone = append(gone, d.ID)
		touched[d.Entity] = true
	}
	if len(gone) > 0 {
		if _, err := tx.Exec(ctx, `DELETE FROM holdfast.delivery WHERE subscriber_id = $1::text::uuid AND id = ANY ($2)`, id, gone); err != nil {
			return err
		}
	}
	var queue pgx.Batch
	for _, f := range step.Failed {
		touched[f.Entity] = true
		queueFailure(&queue, id, f)
	}
	if err := tx.SendBatch(ctx, &queue).Close(); err != nil {
		return err
	}
	return settleOrder(ctx, tx, id, touched)
}

// queueFailure keeps one event that did not go through. A failed attempt that comes
// three days after the first one is the last.
func queueFailure(queue *pgx.Batch, id string, f retention.Attempted) {
	queue.Queue(`
		INSERT INTO holdfast.delivery AS d
			(subscriber_id, batch_id, batch_no, position, entity, state, attempts, created_at, first_failed_at, next_at, last_answer)
		VALUES ($1::text::uuid, $2::text::uuid, $3, $4, $5, CASE WHEN $6 THEN 'retrying' ELSE 'waiting' END, CASE WHEN $6 THEN 1 ELSE 0 END,
			holdfast.clock(), CASE WHEN $6 THEN holdfast.clock() END, CASE WHEN $6 THEN holdfast.clock() + $7::interval END, $8)
		ON CONFLICT (subscriber_id, batch_no, position) DO UPDATE
		SET attempts = d.attempts + excluded.attempts,
		    first_failed_at = coalesce(d.first_failed_at, excluded.first_failed_at),
		    state = CASE
			WHEN $6 AND d.first_failed_at <= holdfast.clock() - $9::interval THEN 'dead'
			WHEN $6 OR d.state = 'dead' THEN excluded.state
			ELSE d.state END,
		    next_at = CASE
			WHEN $6 AND d.first_failed_at <= holdfast.clock() - $9::interval THEN NULL
			WHEN $6 OR d.state = 'dead' THEN excluded.next_at
			ELSE d.next_at END,
		    last_answer = CASE WHEN $6 THEN excluded.last_answer ELSE d.last_answer END`,
		id, f.BatchID, f.BatchNo, f.Position, []byte(f.Entity), f.Tried, f.Pause, clean(f.Answer), retention.GiveUpAfter)
}

// settleOrder lets the first open delivery of each entity go and keeps the others
// back behind it.
func settleOrder(ctx context.Context, tx pgx.Tx, id string, entities map[string]bool) error {
	if len(entities) == 0 {
		return nil
	}
	keys := make([][]byte, 0, len(entities))
	for e := range entities {
		keys = append(keys, []byte(e))
	}
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.delivery AS d
		SET state = CASE WHEN o.place = 1 THEN 'retrying' ELSE 'waiting' END,
		    next_at = CASE WHEN o.place = 1 THEN holdfast.clock() END
		FROM (
			SELECT id, row_number() OVER (PARTITION BY entity ORDER BY batch_no, position) AS place
			FROM holdfast.delivery
			WHERE subscriber_id = $1::text::uuid AND state <> 'dead' AND entity = ANY ($2)) AS o
		WHERE d.id = o.id
		  AND (o.place = 1) <> (d.state = 'retrying')`, id, keys)
	return err
}

func saveReplay(ctx context.Context, tx pgx.Tx, id string, step retention.PumpStep) error {
	var cursor retention.LogPosition
	if step.Cursor != nil {
		cursor = *step.Cursor
	}
	nos, positions := make([]int64, len(step.Replayed)), make([]int32, len(step.Replayed))
	for i, place := range step.Replayed {
		nos[i], positions[i] = place.No, int32(place.Position)
	}
	_, err := tx.Exec(ctx, `
		DELETE FROM holdfast.delivery AS d
		USING unnest($2::bigint[], $3::integer[]) AS sent (no, position)
		WHERE d.subscriber_id = $1::text::uuid AND d.state = 'dead' AND d.batch_no = sent.no AND d.position = sent.position`, id, nos, positions)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.replay
		SET cursor_no = CASE WHEN $2 THEN $3 ELSE cursor_no END,
		    cursor_position = CASE WHEN $2 THEN $4 ELSE cursor_position END,
		    finished_at = CASE WHEN $5 THEN holdfast.clock() END,
		    remaining = greatest(remaining - $6, 0)
		WHERE id = $1`, step.ReplayID, step.Cursor != nil, cursor.No, cursor.Position, step.ReplayDone, step.Passed)
	return err
}

// EventsToSend reads the log from a position, whole batches that are wanted, until
// they have limit events. It answers the place behind the last batch that was looked
// at, wanted or not, and whether that is the end.
func (s *Store) EventsToSend(ctx context.Context, from retention.LogPosition, until *retention.ReplayCursor, sub retention.Subscriber, limit int) ([]retention.EventBatch, retention.LogPosition, bool, error) {
	untilNo, first, last := int64(maxID), infinity(-1), infinity(1)
	if until != nil {
		untilNo = until.UntilNo
		first.Time, last.Time = until.From, until.Until
		first.InfinityModifier, last.InfinityModifier = 0, 0
	}
	var batches []retention.EventBatch
	end := from
	var more bool
	err := s.read(ctx, "read events to send", func(tx pgx.Tx) error {
		seen, err := readAhead(ctx, tx, from.No, untilNo, limit)
		if err != nil {
			return err
		}
		more = len(seen) > 0
		if !more {
			return nil
		}
		end = retention.LogPosition{No: seen[len(seen)-1]}
		rows, err := tx.Query(ctx, `
			SELECT `+eventColumns+`
			FROM holdfast.event_batch AS e
			WHERE e.no = ANY ($1)
			  AND e.type = ANY ($2)
			  AND (cardinality($3::text[]) = 0 OR e.entity_type = ANY ($3))
			  AND e.occurred_at >= $4 AND e.occurred_at < $5
			ORDER BY e.no`, seen, texts(sub.WantedTypes()), sub.EntityTypes, first, last)
		if err != nil {
			return err
		}
		batches, err = pgx.CollectRows(rows, scanEvents)
		return err
	})
	return batches, end, more, err
}

// readAhead are the numbers of the next batches, as many as have limit events and at
// most some hundreds. It reads none of their keys.
func readAhead(ctx context.Context, tx pgx.Tx, after, untilNo int64, limit int) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT ahead.no
		FROM (
			SELECT next.no, sum(next.count) OVER (ORDER BY next.no) - next.count AS before
			FROM (
				SELECT e.no, e.count
				FROM holdfast.event_batch AS e
				WHERE e.no > $1 AND e.no <= $2
				ORDER BY e.no
				LIMIT 500) AS next) AS ahead
		WHERE ahead.before < $3
		ORDER BY ahead.no`, after, untilNo, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// clean makes text of what a subscriber said: PostgreSQL takes no NUL and no bytes
// that are no UTF-8.
func clean(text string) string {
	return string(slices.DeleteFunc([]rune(text), func(r rune) bool { return r == 0 }))
}

// OpenEntities are the entities that have an open delivery: what follows for them is
// kept back.
func (s *Store) OpenEntities(ctx context.Context, id string) (map[string]bool, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT DISTINCT entity
		FROM holdfast.delivery
		WHERE subscriber_id = $1::text::uuid AND state <> 'dead'`, id)
	if err != nil {
		return nil, fail("read open deliveries", err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	out := make(map[string]bool, len(keys))
	for _, k := range keys {
		out[string(k)] = true
	}
	return out, fail("read open deliveries", err)
}

// OpenReplay is the oldest replay of a subscriber that has not ended; false if none.
func (s *Store) OpenReplay(ctx context.Context, id string) (r retention.ReplayCursor, ok bool, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT id, cursor_no, cursor_position, until_no, from_time, until_time
		FROM holdfast.replay
		WHERE subscriber_id = $1::text::uuid AND finished_at IS NULL
		ORDER BY id
		LIMIT 1`, id).Scan(&r.ID, &r.Cursor.No, &r.Cursor.Position, &r.UntilNo, &r.From, &r.Until)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, fail("read replays", err)
}
