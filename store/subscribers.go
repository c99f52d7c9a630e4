package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const subscriberColumns = `s.id, s.name, s.kind, s.url, s.subject, s.types, s.entity_types, s.enabled, s.version,
			s.secret_generation, s.former_secret_until, s.created_by, s.created_at, coalesce(s.ended_by, ''), s.ended_at`

func subscriberFields(s *retention.Subscriber) []any {
	return []any{
		&s.ID, &s.Name, &s.Kind, &s.URL, &s.Subject, &s.Types, &s.EntityTypes, &s.Enabled, &s.Version,
		&s.SecretGeneration, &s.FormerSecretUntil, &s.CreatedBy, &s.CreatedAt, &s.EndedBy, &s.EndedAt,
	}
}

func scanSubscriber(row pgx.CollectableRow) (s retention.Subscriber, err error) {
	err = row.Scan(subscriberFields(&s)...)
	return s, err
}

// Subscribers lists those that have not ended, newest first.
func (s *Store) Subscribers(ctx context.Context, p retention.Page) ([]retention.Subscriber, string, error) {
	limit, after, err := readPage(p, newestFirst("subscribers"))
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+subscriberColumns+`
		FROM holdfast.subscriber AS s
		WHERE s.ended_at IS NULL
		  AND (s.created_at, s.id) < ($1, $2::text::uuid)
		ORDER BY s.created_at DESC, s.id DESC
		LIMIT $3`, after.time(), after.ID, limit+1)
	if err != nil {
		return nil, "", fail("list subscribers", err)
	}
	list, err := pgx.CollectRows(rows, scanSubscriber)
	if err != nil {
		return nil, "", fail("list subscribers", err)
	}
	list, next := cut(list, limit, func(s retention.Subscriber) cursor { return momentOf("subscribers", s.CreatedAt, s.ID) })
	return list, next, nil
}

// Subscriber is one that has not ended.
func (s *Store) Subscriber(ctx context.Context, id string) (retention.Subscriber, error) {
	if err := checkID("subscriber", id); err != nil {
		return retention.Subscriber{}, err
	}
	sub, err := loadSubscriber(ctx, s.pool, id, "")
	return sub, fail("read subscriber "+id, err)
}

func loadSubscriber(ctx context.Context, q querier, id, lock string) (retention.Subscriber, error) {
	rows, err := q.Query(ctx, `
		SELECT `+subscriberColumns+`
		FROM holdfast.subscriber AS s
		WHERE s.id = $1::text::uuid
		  AND s.ended_at IS NULL
		`+lock, id)
	if err != nil {
		return retention.Subscriber{}, err
	}
	sub, err := pgx.CollectExactlyOneRow(rows, scanSubscriber)
	return sub, absent(err, "there is no subscriber %s", id)
}

// CreateSubscriber keeps a new subscriber, which is told of what is appended to the
// log from now on; a name in use is ErrConflict.
func (s *Store) CreateSubscriber(ctx context.Context, sub retention.Subscriber, by retention.By) (retention.Subscriber, error) {
	var created retention.Subscriber
	err := s.write(ctx, "create subscriber "+sub.Name, func(tx pgx.Tx) error {
		// An append that is under way must not get a number below the new cursor.
		if err := lockFor(ctx, tx, lockEvents); err != nil {
			return err
		}
		var id string
		err := tx.QueryRow(ctx, `
			INSERT INTO holdfast.subscriber
				(id, name, kind, url, subject, types, entity_types, enabled, version, secret_generation, created_by, created_at, cursor_no)
			VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, 1, 1, $8, holdfast.clock(),
				(SELECT coalesce(max(no), 0) FROM holdfast.event_batch))
			RETURNING id`,
			sub.Name, sub.Kind, sub.URL, sub.Subject, sub.Types, sub.EntityTypes, sub.Enabled, by.Actor.Name).Scan(&id)
		if err != nil {
			return subscriberTaken(err, sub.Name)
		}
		if created, err = loadSubscriber(ctx, tx, id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "subscriber/"+id, nil, created)
	})
	return created, err
}

func subscriberTaken(err error, name string) error {
	if violates(err, "subscriber_name") {
		return retention.Taken("name", "there is a subscriber %q already", name)
	}
	return err
}

// ReviseSubscriber keeps an edited subscriber; version is the one that was read. What
// waits for it is tried again at once, since the edit may have mended what was wrong.
func (s *Store) ReviseSubscriber(ctx context.Context, sub retention.Subscriber, version int, by retention.By) (retention.Subscriber, error) {
	return s.changeSubscriber(ctx, sub.ID, version, by, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.subscriber
			SET name = $2, url = $3, subject = $4, types = $5, entity_types = $6, enabled = $7,
			    version = version + 1, paused_until = NULL, breaks = 0
			WHERE id = $1::text::uuid`,
			sub.ID, sub.Name, sub.URL, sub.Subject, sub.Types, sub.EntityTypes, sub.Enabled)
		if err != nil {
			return subscriberTaken(err, sub.Name)
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.delivery
			SET next_at = holdfast.clock()
			WHERE subscriber_id = $1::text::uuid AND state = 'retrying'`, sub.ID)
		return err
	})
}

// RotateSecret gives the subscriber the next generation of its signing key; the
// former one signs too for a while. While one from before still does it is ErrConflict,
// unless dropFormer.
func (s *Store) RotateSecret(ctx context.Context, id string, overlap time.Duration, dropFormer bool, by retention.By) (retention.Subscriber, error) {
	return s.changeSubscriber(ctx, id, 0, by, func(tx pgx.Tx) error {
		var until *time.Time
		err := tx.QueryRow(ctx, `
			SELECT CASE WHEN former_secret_until > holdfast.clock() THEN former_secret_until END
			FROM holdfast.subscriber
			WHERE id = $1::text::uuid`, id).Scan(&until)
		if err != nil {
			return err
		}
		if until != nil && !dropFormer {
			return retention.FormerKeySigns(*until)
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.subscriber
			SET secret_generation = secret_generation + 1, version = version + 1,
			    former_secret_until = holdfast.clock() + $2::interval
			WHERE id = $1::text::uuid`, id, overlap)
		return err
	})
}

// changeSubscriber changes one that has not ended, if it is at that version (0: at any).
func (s *Store) changeSubscriber(ctx context.Context, id string, version int, by retention.By, change func(tx pgx.Tx) error) (retention.Subscriber, error) {
	if err := checkID("subscriber", id); err != nil {
		return retention.Subscriber{}, err
	}
	var after retention.Subscriber
	err := s.write(ctx, by.Action+" "+id, func(tx pgx.Tx) error {
		before, err := loadSubscriber(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if version != 0 && before.Version != version {
			return fmt.Errorf("%w: the subscriber is at version %d now", retention.ErrStale, before.Version)
		}
		if err := change(tx); err != nil {
			return err
		}
		if after, err = loadSubscriber(ctx, tx, id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "subscriber/"+id, before, after)
	})
	return after, err
}

// TestedSubscriber records a test in the audit. One that was delivered ends a pause, and
// what is tried again is due at once.
func (s *Store) TestedSubscriber(ctx context.Context, id string, t retention.SubscriberTest, by retention.By) error {
	return s.write(ctx, "record a test of subscriber "+id, func(tx pgx.Tx) error {
		if t.Delivered {
			for _, sql := range []string{
				`UPDATE holdfast.subscriber SET paused_until = NULL, breaks = 0 WHERE id = $1::text::uuid`,
				`UPDATE holdfast.delivery SET next_at = holdfast.clock() WHERE subscriber_id = $1::text::uuid AND state = 'retrying'`,
			} {
				if _, err := tx.Exec(ctx, sql, id); err != nil {
					return err
				}
			}
		}
		return addAudit(ctx, tx, by, "subscriber/"+id, nil, map[string]any{
			"event_id": t.EventID, "delivered": t.Delivered, "answer": clean(t.Answer), "duration_seconds": t.Duration.Seconds(),
		})
	})
}

// EndSubscriber ends a subscriber of that version. Its row stays, for the audit's
// sake; what was under way to it goes, and its name is free.
func (s *Store) EndSubscriber(ctx context.Context, id string, version int, by retention.By) error {
	if err := checkID("subscriber", id); err != nil {
		return err
	}
	return s.write(ctx, "end subscriber "+id, func(tx pgx.Tx) error {
		before, err := loadSubscriber(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if before.Version != version {
			return fmt.Errorf("%w: the subscriber is at version %d now", retention.ErrStale, before.Version)
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.subscriber
			SET ended_at = holdfast.clock(), ended_by = $2
			WHERE id = $1::text::uuid`, id, by.Actor.Name)
		if err != nil {
			return err
		}
		for _, sql := range []string{
			`DELETE FROM holdfast.delivery WHERE subscriber_id = $1::text::uuid`,
			`DELETE FROM holdfast.replay WHERE subscriber_id = $1::text::uuid`,
		} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return err
			}
		}
		return addAudit(ctx, tx, by, "subscriber/"+id, before, nil)
	})
}

// SubscriberStatus is how far a subscriber is behind.
func (s *Store) SubscriberStatus(ctx context.Context, id string) (retention.SubscriberStatus, error) {
	var st retention.SubscriberStatus
	if err := checkID("subscriber", id); err != nil {
		return st, err
	}
	err := s.read(ctx, "measure subscriber "+id, func(tx pgx.Tx) error {
		sub, err := loadSubscriber(ctx, tx, id, "")
		if err != nil {
			return err
		}
		var behindSince, openSince, replaySince *time.Time
		var replayed int64
		err = tx.QueryRow(ctx, `
			SELECT coalesce(behind.events, 0), behind.oldest, coalesce(d.waiting, 0), coalesce(d.retrying, 0), coalesce(d.dead, 0), d.oldest,
			       s.delivered, s.last_success_at, s.last_failure_at, s.last_answer,
			       CASE WHEN s.paused_until > holdfast.clock() THEN s.paused_until END,
			       again.replays, again.events, again.oldest,
			       holdfast.clock()
			FROM holdfast.subscriber AS s
			LEFT JOIN LATERAL (
				SELECT sum(e.count - CASE WHEN e.no = first.no THEN s.cursor_position ELSE 0 END)::bigint AS events,
				       min(e.occurred_at) AS oldest
				FROM holdfast.event_batch AS e
				CROSS JOIN (SELECT min(f.no) AS no FROM holdfast.event_batch AS f WHERE f.no > s.cursor_no) AS first
				WHERE e.no > s.cursor_no
				  AND e.type = ANY ($2)
				  AND (cardinality(s.entity_types) = 0 OR e.entity_type = ANY (s.entity_types))) AS behind ON true
			CROSS JOIN LATERAL (
				SELECT count(*) AS replays, coalesce(sum(r.remaining), 0)::bigint AS events,
				       min(r.requested_at) FILTER (WHERE r.remaining > 0) AS oldest
				FROM holdfast.replay AS r
				WHERE r.subscriber_id = s.id AND r.finished_at IS NULL) AS again
			LEFT JOIN LATERAL (
				SELECT count(*) FILTER (WHERE shown.state = 'waiting') AS waiting,
				       count(*) FILTER (WHERE shown.state = 'retrying') AS retrying,
				       count(*) FILTER (WHERE shown.state = 'dead') AS dead,
				       min(shown.created_at) FILTER (WHERE shown.state <> 'dead') AS oldest
				FROM (
					SELECT `+shownState+` AS state, d.created_at
					FROM holdfast.delivery AS d
					WHERE d.subscriber_id = s.id) AS shown) AS d ON true
			WHERE s.id = $1::text::uuid`, id, texts(sub.WantedTypes())).
			Scan(&st.Behind, &behindSince, &st.Waiting, &st.Retrying, &st.Dead, &openSince,
				&st.Delivered, &st.LastSuccess, &st.LastFailure, &st.LastAnswer, &st.PausedUntil, &st.Replaying, &replayed, &replaySince, &st.MeasuredAt)
		st.Behind += replayed
		st.Oldest = earlier(earlier(behindSince, openSince), replaySince)
		if st.Undelivered() == 0 && st.Dead == 0 {
			st.LastAnswer = "" // of a failure that has been made up for
		}
		return err
	})
	return st, err
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || (b != nil && b.Before(*a)) {
		return b
	}
	return a
}
