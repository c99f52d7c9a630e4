package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// ambush is the application that re-keys rows to held ids at the worst moment: it commits when
// a batch has begun to wait for one of them. What the batch knew of the row before is then no
// longer so, and the server judges the row once more, in its own way.
func (r *torture) ambush(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		table := []string{"log", "log", "plain", "ev", "person"}[rnd.IntN(5)]
		if r.lieInWait(ctx, rnd, table) {
			r.count("batch met in mid-statement")
		}
		idle(ctx, time.Duration(rnd.IntN(50))*time.Millisecond)
	}
}

// ambushed is how many due rows are re-keyed at a time: of 3,000 rows every batch of 20 comes upon one.
const ambushed = 150

// lieInWait reports whether a batch came.
func (r *torture) lieInWait(ctx context.Context, rnd *rand.Rand, table string) (met bool) {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	due := map[string]string{"person": "name <> '[ANONYMIZED]' AND seen_at < now() - interval '31 days'"}[table]
	if due == "" {
		due = "at < now() - interval '31 days'"
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO public.app_mark DEFAULT VALUES`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`
			UPDATE public.%[1]s AS t SET id = x.target
			FROM (SELECT id, %[2]d + row_number() OVER () AS target
			      FROM (SELECT id FROM public.%[1]s WHERE %[3]s AND id NOT BETWEEN %[4]d AND %[5]d ORDER BY random() LIMIT %[6]d) AS few) AS x
			WHERE t.id = x.id AND NOT EXISTS (SELECT FROM public.%[1]s AS other WHERE other.id = x.target)`,
			table, firstHeld+rnd.IntN(manyHeld-ambushed), due, firstHeld, firstHeld+2*manyHeld+100, ambushed))
		if err != nil {
			return err
		}
		met = r.isWaitedFor(ctx, conn.PgConn().PID())
		return nil
	})
	r.told(err)
	return met && err == nil
}

// isWaitedFor waits until a batch waits for a session, for as long as one may come.
func (r *torture) isWaitedFor(ctx context.Context, pid uint32) bool {
	look, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return false
	}
	defer func() { _ = look.Close(context.WithoutCancel(ctx)) }()
	for until := time.Now().Add(400 * time.Millisecond); time.Now().Before(until) && ctx.Err() == nil; idle(ctx, 5*time.Millisecond) {
		var met bool
		err := look.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'holdfast' AND wait_event_type = 'Lock' AND $1 = ANY (pg_blocking_pids(pid)))`, int32(pid)).Scan(&met)
		if err != nil || met {
			return met
		}
	}
	return false
}
