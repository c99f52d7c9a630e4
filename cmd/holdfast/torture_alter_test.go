package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
)

// The table that somebody alters, and what it is called in between.
const memoTable, renamedMemo = "public.memo", "public.memo_was"

// alterations are what somebody does to the table, and takes back after a while. Meanwhile
// nobody can tell which rows a condition means, or which table a hold.
var alterations = []struct{ name, do, undo string }{
	{"column renamed", `ALTER TABLE public.memo RENAME COLUMN note TO remark`, `ALTER TABLE public.memo RENAME COLUMN remark TO note`},
	{"column retyped", `ALTER TABLE public.memo ALTER COLUMN note TYPE varchar(200)`, `ALTER TABLE public.memo ALTER COLUMN note TYPE text`},
	{"table renamed", `ALTER TABLE public.memo RENAME TO memo_was`, `ALTER TABLE public.memo_was RENAME TO memo`},
}

// unaltered tells that the table is as it was.
const unaltered = `SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('public.memo') AND attname = 'note' AND atttypid = 'text'::regtype)`

// alter alters the table under the holds and the runs, now and then, and has the application
// work on it in between. It leaves it as it was.
func (r *torture) alter(ctx context.Context, rnd *rand.Rand) {
	for next := 1; ctx.Err() == nil; next++ {
		for range 1 + rnd.IntN(3) {
			if r.once(ctx, memoDeed(rnd, next)) == nil {
				r.count("application committed")
			}
			idle(ctx, time.Duration(rnd.IntN(200))*time.Millisecond)
		}
		a := alterations[(next+int(r.seed%3))%len(alterations)]
		if r.once(ctx, a.do) == nil {
			r.count(a.name)
			idle(ctx, time.Duration(300+rnd.IntN(700))*time.Millisecond)
		}
		r.undo(a.undo) // whoever was killed may have done it
	}
}

// once executes statements in a transaction of its own.
func (r *torture) once(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '2s'; `+sql)
		return err
	})
}

// undo takes an alteration back, also where PostgreSQL is killed meanwhile.
func (r *torture) undo(sql string) {
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if whole, err := r.asks(ctx, unaltered); err == nil && whole {
			return
		}
		_ = r.once(ctx, sql) // it is asked again whether that was enough
		idle(ctx, 20*time.Millisecond)
	}
	r.t.Errorf("cannot undo an alteration within a minute: %s", sql)
}

func (r *torture) asks(ctx context.Context, sql string) (yes bool, err error) {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return yes, conn.QueryRow(ctx, sql).Scan(&yes)
}

// memoDeed is what the application does to the tables that are altered and held as a whole.
func memoDeed(rnd *rand.Rand, next int) string {
	const mark = `INSERT INTO public.app_mark DEFAULT VALUES; `
	old := fmt.Sprintf("now() - make_interval(days => %d)", 35+rnd.IntN(100))
	switch rnd.IntN(3) {
	case 0:
		return mark + fmt.Sprintf(`UPDATE public.memo SET note = 'c%d' WHERE id IN (SELECT id FROM public.memo ORDER BY at LIMIT 15)`, rnd.IntN(notes))
	case 1:
		return mark + fmt.Sprintf(`INSERT INTO public.tiny SELECT %d * 1000 + i, 'new', %s FROM generate_series(1, 40) AS i ON CONFLICT DO NOTHING`, 10_000+next, old)
	}
	return mark + fmt.Sprintf(`INSERT INTO public.memo SELECT %d * 1000 + i, 'c' || i %% 12, %s + i * interval '1 second' FROM generate_series(1, 500) AS i ON CONFLICT DO NOTHING`, 10_000+next, old)
}

// prepareMemo has a policy on either name of the table, and a hold on it from the start to
// the end.
func (r *torture) prepareMemo() {
	s := r.services[0]
	pgtest.Exec(r.t, r.governed, alterations[2].do)
	s.call("POST", "/api/v1/policies", jsonType, memoPolicy("memo_was"), 201)
	pgtest.Exec(r.t, r.governed, alterations[2].undo)
	s.call("POST", "/api/v1/policies", jsonType, memoPolicy("memo"), 201)
	s.call("POST", "/api/v1/holds", jsonType, `{"matter":"Torture","reason":"a test","scope":[`+memoScope(0)+`]}`, 201)
}

func memoPolicy(table string) string {
	return fmt.Sprintf(`{"name":"%[1]s","table":"public.%[1]s","timestamp_column":"at","retention_period":"P30D","action":"delete","legal_basis":"a test's","batch_size":20}`, table)
}
