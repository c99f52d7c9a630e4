package target

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

func rolled() []string {
	return []string{
		`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz, amount numeric(9,2), country text) WITH (fillfactor = 20)`,
		`INSERT INTO public.o SELECT n, 'o' || n, now() - make_interval(days => 60 + n::integer % 7), CASE WHEN n % 10 > 0 THEN n / 4.0 END, CASE WHEN n % 3 > 0 THEN 'c' || n % 3 END FROM generate_series(1, 500) AS n`,
		`CREATE TABLE public.daily (day date NOT NULL, country text NOT NULL, orders bigint NOT NULL DEFAULT 0, amount numeric, least_id bigint, last timestamptz, note text, UNIQUE (day, country))`,
	}
}

func rolling(action retention.Action) retention.Policy {
	p := policy("o", action)
	p.BatchSize = 40
	p.Rollup = &retention.Rollup{
		Table:    table("daily"),
		GroupBy:  map[string]string{"day": "(created_at AT TIME ZONE 'Europe/Berlin')::date", "country": "coalesce(country, '?')"},
		Measures: map[string]string{"orders": "count", "amount": "sum(amount)", "least_id": "min(id)", "last": "max(created_at)"},
	}
	return p
}

const (
	rolledFigures = `SELECT concat_ws('|', day, country, orders, amount, least_id, extract(epoch FROM last)) FROM public.daily`
	rolledTruth   = `SELECT concat_ws('|', (created_at AT TIME ZONE 'Europe/Berlin')::date, coalesce(country, '?'), count(*), sum(amount), min(id), extract(epoch FROM max(created_at))) FROM (%s) AS gone GROUP BY (created_at AT TIME ZONE 'Europe/Berlin')::date, coalesce(country, '?')`
)

// The figures are those of an independent aggregate over what has gone, added to what was
// there, whatever the batches.
func TestARollupAddsTheFiguresOfExactlyTheRowsThatGo(t *testing.T) {
	for _, action := range []retention.Action{retention.ActionDelete, retention.ActionArchive} {
		for _, evidence := range []retention.EvidenceLevel{retention.EvidenceRecords, retention.EvidenceCounts} {
			t.Run(fmt.Sprintf("%s, %s", action, evidence), func(t *testing.T) {
				f := newFixture(t, append(rolled(), `CREATE TABLE public.before AS SELECT * FROM public.o`)...)
				f.hold(table("o"), retention.Key{"7"}, retention.Key{"123"})
				p := rolling(action)
				p.Evidence = evidence
				if err := f.target.CheckPolicy(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				got := f.run(p)
				want := f.texts(fmt.Sprintf(rolledTruth, `SELECT * FROM public.before WHERE id NOT IN (7, 123)`))
				if have := f.texts(rolledFigures); got.Processed != 498 || got.Held != 2 || !slices.Equal(have, want) {
					t.Errorf("%d went, %d held; figures\n%q, want\n%q", got.Processed, got.Held, have, want)
				}
				e := got.Effects["public.daily"]
				if e.Inserted != int64(len(want)) || e.Updated == 0 {
					t.Errorf("the evidence has %+v for the rollup, want %d rows made and some changed", e, len(want))
				}
				// A second run adds to what is there.
				f.exec(`INSERT INTO public.o SELECT n, 'o', created_at, 5, country FROM generate_series(1001, 1020) AS n, (SELECT created_at, country FROM public.before WHERE id = 9) AS x`)
				f.run(p)
				want = f.texts(fmt.Sprintf(rolledTruth, `SELECT * FROM public.before WHERE id NOT IN (7, 123) UNION ALL SELECT n, 'o', created_at, 5, country FROM generate_series(1001, 1020) AS n, (SELECT created_at, country FROM public.before WHERE id = 9) AS x`))
				if have := f.texts(rolledFigures); !slices.Equal(have, want) {
					t.Errorf("after another run\n%q, want\n%q", have, want)
				}
			})
		}
	}
}

// A connection that is cut in mid-batch, after rows were deleted and some figures added,
// neither loses a row's figure nor counts it twice.
func TestARollupCountsOnceWhereABatchIsCutOff(t *testing.T) {
	f := newFixture(t, append(rolled(), `CREATE TABLE public.before AS SELECT * FROM public.o`,
		`INSERT INTO public.daily (day, country, orders) SELECT DISTINCT (created_at AT TIME ZONE 'Europe/Berlin')::date, coalesce(country, '?'), 0 FROM public.o`)...)
	d := f.begin(rolling(retention.ActionDelete))
	for range 3 {
		if _, err := d.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		app := f.connect()
		// The last group of all: the batch has added to others before it waits.
		if _, err := app.Exec(t.Context(), `BEGIN; SELECT FROM public.daily ORDER BY country DESC, day DESC LIMIT 1 FOR UPDATE`); err != nil {
			t.Fatal(err)
		}
		d.lockTimeout = 20_000
		pid := d.conn.Conn().PgConn().PID()
		done := make(chan error, 1)
		go func() { _, err := d.Step(t.Context()); done <- err }()
		f.awaitBlocked(app.PgConn().PID())
		f.exec(fmt.Sprintf(`SELECT pg_terminate_backend(%d)`, pid))
		if err := <-done; !errors.Is(err, retention.ErrUnavailable) {
			t.Fatalf("cut off in mid-batch: %v", err)
		}
		if _, err := app.Exec(t.Context(), `ROLLBACK`); err != nil {
			t.Fatal(err)
		}
		d.Close()
		d = f.attempt(d.spec)
	}
	f.finish(d)
	want := f.texts(fmt.Sprintf(rolledTruth, `SELECT * FROM public.before`))
	if have := f.texts(rolledFigures); !slices.Equal(have, want) {
		t.Errorf("figures\n%q, want\n%q", have, want)
	}
	if n := f.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal`); n != 500 {
		t.Errorf("the journal has %d rows, want 500", n)
	}
}

// Somebody who keeps a group's row locked delays the batch; nothing is half done.
func TestARollupWaitsForWhoeverHasItsRowLocked(t *testing.T) {
	f := newFixture(t, rolled()...)
	f.exec(`INSERT INTO public.daily (day, country, orders) SELECT DISTINCT (created_at AT TIME ZONE 'Europe/Berlin')::date, coalesce(country, '?'), 0 FROM public.o`)
	other := f.connect()
	tx, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE public.daily SET orders = orders + 1000`); err != nil {
		t.Fatal(err)
	}
	d := f.begin(rolling(retention.ActionDelete))
	if _, err := d.Step(t.Context()); !errors.Is(err, retention.ErrBusy) {
		t.Errorf("while somebody has the groups locked: %v, want that it is busy", err)
	}
	if n := f.count(`SELECT count(*) FROM public.o`); n != 500 {
		t.Errorf("%d rows are left of 500", n)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.finish(d)
	groups := f.count(`SELECT count(*) FROM public.daily`)
	if n := f.count(`SELECT sum(orders)::bigint FROM public.daily`); n != 500+1000*groups {
		t.Errorf("%d orders are counted, want 500 and what the other added", n-1000*groups)
	}
}

func TestARollupThatCannotBeCarriedOutIsRefusedAtSave(t *testing.T) {
	change := func(c func(*retention.Rollup)) func(*retention.Policy) {
		return func(p *retention.Policy) { c(p.Rollup) }
	}
	for what, c := range map[string]struct {
		change func(*retention.Policy)
		sql    string
		field  string
		words  string
	}{
		"no such table":               {change(func(r *retention.Rollup) { r.Table = table("nothing") }), "", "rollup.table", "there is no table"},
		"a view":                      {nil, `ALTER TABLE public.daily RENAME TO d; CREATE VIEW public.daily AS SELECT * FROM public.d`, "rollup.table", "is a view"},
		"no column":                   {change(func(r *retention.Rollup) { r.Measures["x"] = "count" }), "", "rollup.measures.x", "no column"},
		"no column of the source":     {change(func(r *retention.Rollup) { r.GroupBy["country"] = "land" }), "", "rollup.group_by.country", `no column "land"`},
		"not a term":                  {change(func(r *retention.Rollup) { r.GroupBy["country"] = "(SELECT 1)" }), "", "rollup.group_by.country", "SELECT"},
		"a second statement":          {change(func(r *retention.Rollup) { r.Measures["amount"] = "sum(amount); DROP TABLE o" }), "", "rollup.measures.amount", "is no measure"},
		"a day of the session":        {change(func(r *retention.Rollup) { r.GroupBy["day"] = "created_at::date" }), "", "rollup.group_by.day", "time zone"},
		"another type":                {change(func(r *retention.Rollup) { r.GroupBy["day"] = "name" }), "", "rollup.group_by.day", "does not accept"},
		"a sum of texts":              {change(func(r *retention.Rollup) { r.Measures["note"] = "sum(name)" }), "", "rollup", "does not accept"},
		"a group that may be NULL":    {nil, `ALTER TABLE public.daily ALTER COLUMN country DROP NOT NULL`, "rollup.group_by.country", "may be NULL"},
		"no unique index":             {nil, `ALTER TABLE public.daily DROP CONSTRAINT daily_day_country_key`, "rollup.group_by", "no unique index"},
		"a deferrable one":            {nil, `ALTER TABLE public.daily DROP CONSTRAINT daily_day_country_key, ADD UNIQUE (day, country) DEFERRABLE`, "rollup.group_by", "not deferrable"},
		"a column that nothing fills": {nil, `ALTER TABLE public.daily ADD COLUMN must text NOT NULL`, "rollup.table", "nothing fills"},
		"a sum that is rounded":       {nil, `ALTER TABLE public.daily ALTER COLUMN amount TYPE bigint`, "rollup.measures.amount", "could be rounded"},
		"a sum of a scale":            {nil, `ALTER TABLE public.daily ALTER COLUMN amount TYPE numeric(12,0)`, "rollup.measures.amount", "cuts or rounds"},
		"a group that is cut":         {nil, `ALTER TABLE public.daily ALTER COLUMN country TYPE varchar(2)`, "rollup.group_by.country", "two groups could become one"},
		"an unlogged table":           {nil, `ALTER TABLE public.daily SET UNLOGGED`, "rollup.table", "a crash would empty it"},
		"a measure that others refer to": {nil, `ALTER TABLE public.daily ADD UNIQUE (least_id); CREATE TABLE public.kid (n bigint REFERENCES public.daily (least_id) ON UPDATE CASCADE)`,
			"rollup.measures.least_id", "refers to that column"},
		"a trigger": {nil, `CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE UPDATE ON public.daily FOR EACH ROW EXECUTE FUNCTION public.f()`,
			"rollup.table", "has the trigger"},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t, rolled()...)
			for _, s := range strings.Split(c.sql, "; CREATE") {
				if s != "" {
					f.exec(map[bool]string{true: "", false: "CREATE"}[strings.HasPrefix(c.sql, s)] + s)
				}
			}
			p := rolling(retention.ActionDelete)
			if c.change != nil {
				c.change(&p)
			}
			err := p.Validate()
			if err == nil {
				err = f.target.CheckPolicy(t.Context(), p)
			}
			field := ""
			if refusal, ok := errors.AsType[*retention.Refusal](err); ok {
				field = refusal.Field
			} else if invalid, ok := errors.AsType[*retention.InvalidError](err); ok {
				field = invalid.Fields[0].Field
			}
			if err == nil || !strings.Contains(err.Error(), c.words) || field != c.field {
				t.Errorf("got %v, want a refusal of %s: %s", err, c.field, c.words)
			}
		})
	}
}

// A hold on the rollup's table bars changing its rows.
func TestARollupIntoARowUnderAHoldIsRefused(t *testing.T) {
	f := newFixture(t, append(rolled(), `ALTER TABLE public.daily ADD PRIMARY KEY (day, country)`)...)
	f.holdFitting(table("daily"), "country = 'c1'")
	d, err := f.target.Open(t.Context(), retention.Spec{RunID: "00000000-0000-4000-8000-00000000000a", Attempt: 1, Policy: rolling(retention.ActionDelete), AsOf: time.Now(), Pace: retention.PaceMax})
	if err == nil {
		_, err = d.Step(t.Context())
		d.Close()
	}
	if refusal, ok := errors.AsType[*retention.Refusal](err); !ok || !strings.Contains(refusal.Reason, "legal hold") {
		t.Errorf("got %v, want a refusal", err)
	}
	if n := f.count(`SELECT count(*) FROM public.o`); n != 500 {
		t.Errorf("%d rows are left of 500", n)
	}
}
