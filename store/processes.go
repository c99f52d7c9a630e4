package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// awayAfter is the time between two signs of life from which a process counts as
// having been away.
const awayAfter = 15 * time.Second

// BeatProcess is a sign of life of a process, and answers the id that it is to use
// from then on: id is empty the first time. running is how long the process has been
// at work, met what it last failed with since its last sign of life.
func (s *Store) BeatProcess(ctx context.Context, id, version string, running time.Duration, met string) (string, error) {
	err := s.pool.QueryRow(ctx, `
		WITH now AS MATERIALIZED (SELECT holdfast.clock() AS at)
		INSERT INTO holdfast.process AS p (id, version, started_at, seen_at, away_from, away_until, away_why)
		SELECT coalesce(nullif($1, '')::uuid, gen_random_uuid()), $2,
		       at - make_interval(secs => $3), at,
		       CASE WHEN $3 > $5 THEN at - make_interval(secs => $3) END,
		       CASE WHEN $3 > $5 THEN at END, $4
		FROM now
		ON CONFLICT (id) DO UPDATE
		SET seen_at    = excluded.seen_at,
		    away_from  = CASE WHEN excluded.seen_at > p.seen_at + make_interval(secs => $5) THEN p.seen_at ELSE p.away_from END,
		    away_until = CASE WHEN excluded.seen_at > p.seen_at + make_interval(secs => $5) THEN excluded.seen_at ELSE p.away_until END,
		    away_why   = CASE WHEN excluded.seen_at > p.seen_at + make_interval(secs => $5) THEN excluded.away_why ELSE p.away_why END
		RETURNING p.id::text`,
		id, version, running.Seconds(), met, awayAfter.Seconds()).Scan(&id)
	return id, fail("show that this process is at work", err)
}

// keptProcesses is how many processes are remembered whatever their age: from them a
// service that was down for long says since when.
const keptProcesses = 50

// Processes are those that are remembered, the last seen first.
func (s *Store) Processes(ctx context.Context) ([]retention.Process, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT id, version, started_at, seen_at, away_from, away_until, away_why
		FROM holdfast.process
		ORDER BY seen_at DESC, id`)
	if err != nil {
		return nil, fail("list processes", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p retention.Process, err error) {
		err = row.Scan(&p.ID, &p.Version, &p.StartedAt, &p.SeenAt, &p.AwayFrom, &p.AwayUntil, &p.AwayWhy)
		return p, err
	})
	return list, fail("list processes", err)
}

// CleanProcesses forgets processes that were last seen more than a day ago, but for
// the newest ones.
func (s *Store) CleanProcesses(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `
		DELETE FROM holdfast.process
		WHERE seen_at < holdfast.clock() - interval '1 day'
		  AND id NOT IN (SELECT id FROM holdfast.process ORDER BY seen_at DESC LIMIT $1)`, keptProcesses)
	return fail("forget old processes", err)
}
