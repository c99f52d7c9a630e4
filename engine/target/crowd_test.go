package target

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"holdfast/retention"
)

// mostPerBlock is how many rows of the tables here a block has at most, which is the least
// that a batch takes.
const mostPerBlock = 185

// wantBatchesWithin fails if a batch had more rows than the policy allows, and more than one block.
func (f *fixture) wantBatchesWithin(p retention.Policy) {
	f.Helper()
	most := f.count(`SELECT coalesce(max(processed), 0) FROM holdfast_guard.journal`)
	if most > int64(max(p.BatchSize, mostPerBlock)) {
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
			if n := f.count(`SELECT count(*) FROM holdfast_guard.journal`); n > 60000/(500-2*mostPerBlock) {
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
