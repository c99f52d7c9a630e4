package target

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"holdfast/retention"
)

// wantBatchesWithin fails if a batch had more rows than the policy allows.
func (f *fixture) wantBatchesWithin(p retention.Policy) {
	f.Helper()
	most := f.count(`SELECT coalesce(max(processed), 0) FROM holdfast_guard.journal`)
	if most > int64(p.BatchSize) {
		f.Errorf("a batch had %d rows, with a batch_size of %d", most, p.BatchSize)
	}
}

// Statistics that are old, or missing, make a walk by blocks no wider than batch_size.
func TestNoBatchHasMoreRowsThanThePolicyAllowsWhateverTheStatisticsSay(t *testing.T) {
	for name, analyze := range map[string]string{"old": `ANALYZE public.r`, "missing": `SELECT 1`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, `CREATE TABLE public.r (id bigint, name text, created_at timestamptz) WITH (autovacuum_enabled = false)`,
				`INSERT INTO public.r SELECT i, repeat('x', 6000), now() FROM generate_series(1, 50) AS i`, analyze,
				`INSERT INTO public.r SELECT i, 'a', now() - interval '100 days' FROM generate_series(1, 60000) AS i`)
			p := policy("r", retention.ActionDelete)
			p.BatchSize, p.Evidence = 500, retention.EvidenceCounts
			if got := f.finish(f.begin(p)); got.Processed != 60000 {
				t.Errorf("got %+v", got.Counts)
			}
			f.wantBatchesWithin(p)
			if n := f.count(`SELECT count(*) FROM holdfast_guard.journal`); n > 60000/300 {
				t.Errorf("%d batches for 60,000 rows: far from 500 in each", n)
			}
		})
	}
}

// Wherever in a table the due rows are, in one index entry or without an index at all.
func TestNoBatchHasMoreRowsThanThePolicyAllowsWhereverTheDueRowsAre(t *testing.T) {
	for i := range 6 {
		seed := uint64(time.Now().UnixNano()) + uint64(i)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			f := newFixture(t, `CREATE TABLE public.r (id serial PRIMARY KEY, name text, created_at timestamptz) WITH (autovacuum_enabled = false)`)
			due := int64(0)
			for range 12 {
				n, every := 1+r.IntN(8000), []int{1, 1, 3, 60, 900}[r.IntN(5)]
				f.exec(fmt.Sprintf(`INSERT INTO public.r (name, created_at) SELECT 'a', CASE WHEN i %% %d = 0 THEN date_trunc('year', now()) - interval '100 days' ELSE now() END FROM generate_series(1, %d) AS i`, every, n))
				due += int64(n / every)
				if r.IntN(4) == 0 {
					f.exec(`ANALYZE public.r`)
				}
			}
			if r.IntN(3) == 0 {
				f.exec(`CREATE INDEX ON public.r (created_at)`)
			}
			p := policy("r", []retention.Action{retention.ActionDelete, retention.ActionAnonymize}[r.IntN(2)])
			p.BatchSize = []int{20, 200, 1000, 5000}[r.IntN(4)]
			if got := f.finish(f.begin(p)); got.Processed != due {
				t.Errorf("processed %d of %d due", got.Processed, due)
			}
			f.wantBatchesWithin(p)
		})
	}
}

// What is found to be more than allowed after it was changed is rolled back, and made again.
func TestStepThatWentBeyondTheBatchSizeIsMadeAgainSmaller(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.r (id serial PRIMARY KEY, name text, created_at timestamptz) WITH (autovacuum_enabled = false)`,
		`INSERT INTO public.r (name, created_at) SELECT 'a', now() - interval '100 days' FROM generate_series(1, 5000) AS i`)
	p := policy("r", retention.ActionDelete)
	p.BatchSize = 1000
	d := f.begin(p)
	if err := d.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.crowd.most = 10 // as if the table had been thin so far
	d.pos = position{Walk: "block", Started: true, Density: 10, End: f.count(`SELECT pg_relation_size('public.r') / 8192`),
		Filenode: uint32(f.count(`SELECT pg_relation_filenode('public.r')::bigint`))}
	if _, err := d.Step(t.Context()); err == nil {
		t.Fatal("a step of 5,000 rows stood")
	}
	if n := f.count(`SELECT count(*) FROM public.r`); n != 5000 {
		t.Errorf("%d rows are left of a step that was rolled back", n)
	}
	if got := f.finish(d); got.Processed != 5000 {
		t.Errorf("got %+v", got.Counts)
	}
	f.wantBatchesWithin(p)
}

// Rows that refer to each other go if they meet in one batch: with as much room as all of them
// need, they do, whatever the statistics say.
func TestRowsThatReferToEachOtherMeetWhereTheBatchHasRoomForAll(t *testing.T) {
	for _, analyze := range []string{`SELECT 1`, `ANALYZE public.o`} {
		f := newFixture(t, `CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz, pair bigint REFERENCES public.o DEFERRABLE INITIALLY DEFERRED) WITH (autovacuum_enabled = false)`,
			`INSERT INTO public.o SELECT i, repeat('x', 1000), now() - interval '100 days', 1 + (i + 29) % 60 FROM generate_series(1, 60) AS i`, analyze)
		p := policy("o", retention.ActionDelete)
		p.BatchSize = 100
		if got := f.run(p); got.Processed != 60 {
			t.Errorf("%s: got %+v, want all 60", analyze, got.Counts)
		}
	}
}

// One block may be more than a step can bear: rows that take many along, or whose triggers take
// long. It is taken row by row where it must be.
func TestOneBlockThatIsTooMuchIsTakenInParts(t *testing.T) {
	t.Run("many that go along", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, `CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz) WITH (autovacuum_enabled = false)`,
			`CREATE TABLE public.i (o bigint NOT NULL REFERENCES public.o ON DELETE CASCADE, n int)`, `CREATE INDEX ON public.i (o)`,
			`INSERT INTO public.o SELECT i, 'a', now() - interval '100 days' FROM generate_series(1, 400) AS i`, `INSERT INTO public.i SELECT o, n FROM generate_series(1, 400) AS o, generate_series(1, 80) AS n`)
		p := policy("o", retention.ActionDelete)
		p.Cascade, p.BatchSize = []retention.TableName{table("i")}, 5000
		if got := f.run(p); got.Processed != 400 || got.Effects["public.i"].Deleted != 32_000 {
			t.Errorf("got %+v, want all 400 and what belongs to them", got.Counts)
		}
	})
	t.Run("slow rows", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz) WITH (autovacuum_enabled = false)`,
			`INSERT INTO public.r SELECT i, 'a', now() - interval '100 days' FROM generate_series(1, 100) AS i`,
			`CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN OLD; END $$`,
			`CREATE TRIGGER slow BEFORE DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.slow()`)
		d := f.begin(policy("r", retention.ActionDelete))
		d.timeout = time.Second // 100 rows take twice as long
		if got := f.finish(d); got.Processed != 100 {
			t.Errorf("got %+v, want all 100", got.Counts)
		}
	})
}

// Passes over a table whose rows lose references end beside somebody who goes on making rows due.
func TestPassesOverATableEndBesideAWriter(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz, up bigint REFERENCES public.o ON DELETE SET NULL, state text) WITH (autovacuum_enabled = false)`,
		`CREATE INDEX ON public.o (up)`,
		`INSERT INTO public.o SELECT i, repeat('x', 500), now() - interval '100 days', CASE WHEN i > 200 THEN i - 200 END, CASE WHEN i <= 300 THEN 'closed' ELSE 'open' END FROM generate_series(1, 3000) AS i`)
	p := policy("o", retention.ActionDelete)
	p.BatchSize, p.Cascade, p.Condition = 50, []retention.TableName{table("o")}, "state = 'closed'"
	d := f.begin(p)
	defer d.Close()
	for steps := 0; ; steps++ {
		if steps > 5000 {
			t.Fatal("it goes on and on")
		}
		// As many rows become due as go in a step, all through the run.
		f.exec(`UPDATE public.o SET state = 'closed' WHERE id IN (SELECT id FROM public.o WHERE state = 'open' ORDER BY id LIMIT 2)`,
			`INSERT INTO public.o SELECT m.id + n, repeat('x', 500), now() - interval '100 days', m.id - n, 'open' FROM (SELECT max(id) AS id FROM public.o) AS m, generate_series(1, 2) AS n`)
		step, err := d.Step(t.Context())
		if err != nil && !errors.Is(err, retention.ErrMoved) {
			t.Fatal(err)
		}
		if step.Done {
			break
		}
	}
}

// Moments before the common era are kept, and walked from, like any other.
func TestTimestampsBeforeTheCommonEraAreWalkedFrom(t *testing.T) {
	for _, column := range []string{"timestamptz", "timestamp", "date"} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, fmt.Sprintf(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at %s)`, column), `CREATE INDEX ON public.r (created_at)`,
				`INSERT INTO public.r VALUES (1, 'a', '4713-01-01 BC'), (2, 'a', '0044-03-15 BC'), (3, 'a', '0001-01-01')`,
				`INSERT INTO public.r SELECT i, 'a', now() - i * interval '1 day' - interval '90 days' FROM generate_series(4, 60) AS i`, `INSERT INTO public.r VALUES (61, 'a', '20000-01-01')`)
			p := policy("r", retention.ActionDelete)
			p.BatchSize = 2
			d := f.begin(p)
			if d.planned.Walk != "slice" {
				t.Fatalf("walks by %s, want slice", d.planned.Walk)
			}
			if got := f.finish(d); got.Processed != 60 {
				t.Errorf("got %+v, want 60", got.Counts)
			}
		})
	}
}
