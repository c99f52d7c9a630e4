package engine_test

import (
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/retention"
)

// people is a table of 100, of which so many rows are due, under an anonymizing policy.
func people(t *testing.T, change ...func(*retention.Policy)) (*house, retention.Policy) {
	t.Helper()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.people (id bigint PRIMARY KEY, name text, created_at timestamptz NOT NULL)`, `CREATE INDEX ON public.people (created_at)`,
		`INSERT INTO public.people SELECT i, 'name ' || i, now() - make_interval(hours => 24 * (131 - i) - 12) FROM generate_series(1, 130) AS i`, `ANALYZE public.people`)
	p := policyOn("people", 30)
	p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
	for _, c := range change {
		c(&p)
	}
	return h, h.mustPolicy(p)
}

// wantNight is a run of a schedule, so many nights ago.
func (h *house) wantNight(ago int, what string, processed, held int64) {
	h.t.Helper()
	at := time.Now().AddDate(0, 0, -ago)
	if r := h.mustRun(engine.RunRequest{Trigger: retention.TriggerSchedule, AsOf: &at}); r.Status != retention.RunSucceeded || r.TotalProcessed != processed || r.TotalHeld != held {
		h.t.Errorf("%s: the run ended as %s with %d processed and %d held, want %d and %d", what, r.Status, r.TotalProcessed, r.TotalHeld, processed, held)
	}
}

// edit changes one row that was treated.
const edit = `UPDATE public.people SET name = 'edited' WHERE id = 7`

func TestAScheduledRunBeginsWhereTheLastCompletePassEnded(t *testing.T) {
	t.Parallel()
	h, _ := people(t)
	h.wantNight(2, "the first", 98, 0)
	h.exec(edit)
	h.wantNight(0, "the second, of what is new", 2, 0)
	if step := h.count(`SELECT count(*) FROM holdfast_guard.journal WHERE step LIKE 'created_at from %'`); step == 0 {
		t.Error("no batch of it went by the index")
	}
	h.wantNight(0, "a third", 0, 0)
	h.exec(`UPDATE holdfast_guard.watermark SET full_at = full_at - interval '8 days'`)
	h.wantNight(0, "one after more than a week, of all", 1, 0)
	h.exec(edit)
	h.wantNight(0, "and of what is new again", 0, 0)
	if r := h.mustRun(engine.RunRequest{}); r.TotalProcessed != 1 {
		t.Errorf("a run that a person asks for processed %d, want the edited row", r.TotalProcessed)
	}
}

// Whatever could have made a treated row due again, but for an edit, begins anew.
func TestAScheduledRunLooksAtAllWhereTheMarkSaysNothing(t *testing.T) {
	for what, change := range map[string]func(*house, retention.Policy){
		"another version": func(h *house, p retention.Policy) {
			p.LegalBasis = "another"
			h.mustReplace(p)
		},
		"a table that was rewritten": func(h *house, _ retention.Policy) { h.exec(`CLUSTER public.people USING people_pkey`) },
		"another definition":         func(h *house, _ retention.Policy) { h.exec(`ALTER TABLE public.people ADD COLUMN x int`) },
		"another table": func(h *house, _ retention.Policy) {
			h.exec(`CREATE TABLE public.other (LIKE public.people INCLUDING ALL)`, `INSERT INTO public.other SELECT * FROM public.people`, `DROP TABLE public.people`, `ALTER TABLE public.other RENAME TO people`)
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h, p := people(t)
			h.wantNight(0, "the first", 100, 0)
			h.exec(edit)
			change(h, p)
			h.wantNight(0, "the next", 1, 0)
		})
	}
	t.Run("another secret", func(t *testing.T) {
		t.Parallel()
		h, _ := people(t)
		h.wantNight(0, "the first", 100, 0)
		h.exec(edit)
		other, err := target.Open(t.Context(), h.url, target.Options{Secret: []byte("another secret of the tests, 32 bytes")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(other.Close)
		h.target, h.engine = other, engine.New(h.store, other, engine.Options{Pace: retention.PaceMax})
		h.wantNight(0, "the next", 1, 0)
	})
	t.Run("a condition", func(t *testing.T) {
		t.Parallel()
		h, _ := people(t, func(p *retention.Policy) { p.Condition = "name <> 'keep'" })
		h.exec(`UPDATE public.people SET name = 'keep' WHERE id = 9`)
		h.wantNight(0, "the first", 99, 0)
		h.exec(`UPDATE public.people SET name = 'no more' WHERE id = 9`)
		h.wantNight(0, "the next, which a row came to fit", 1, 0)
	})
}

// A row that was left behind is not forgotten: it is counted as held each night, and goes
// when it is free.
func TestAHeldRowKeepsTheMarkFromMoving(t *testing.T) {
	t.Parallel()
	h, _ := people(t)
	hold := h.mustHold(holdOn("people", "50"))
	h.wantNight(2, "the first", 97, 1)
	h.wantNight(1, "the second", 1, 1)
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, hold.ID, "over"); err != nil {
		t.Fatal(err)
	}
	h.wantNight(1, "after the release", 1, 0)
	h.wantNight(1, "and then", 0, 0)
	// One that is placed on what has been treated changes nothing, one on what is to come does.
	h.mustHold(holdOn("people", "51", "100"))
	h.wantNight(0, "with another hold", 0, 1)
}

func TestEachPartitionHasItsOwnMark(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.people (id bigint, name text, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.p0 PARTITION OF public.people FOR VALUES FROM (MINVALUE) TO (now() - interval '80 days')`, `CREATE TABLE public.p1 PARTITION OF public.people FOR VALUES FROM (now() - interval '80 days') TO (MAXVALUE)`,
		`CREATE INDEX ON public.people (created_at)`, `INSERT INTO public.people SELECT i, 'name ' || i, now() - make_interval(hours => 24 * (131 - i) - 12) FROM generate_series(1, 130) AS i`)
	p := policyOn("people", 30)
	p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
	h.mustPolicy(p)
	h.wantNight(2, "the first", 98, 0)
	h.exec(`UPDATE public.people SET name = 'edited' WHERE id IN (7, 70)`, `DELETE FROM holdfast_guard.watermark WHERE relid = 'public.p1'::regclass`)
	h.wantNight(0, "the next, with one mark lost", 2+1, 0)
}

// Where a row may move from a part that is still to be walked into one that was, by no edit
// of its timestamp, nobody could tell that all were met.
func TestThereIsNoMarkWhereRowsMayMoveBehindTheWalk(t *testing.T) {
	for what, sql := range map[string][]string{
		"partitions by another column": {`CREATE TABLE public.people (id bigint, name text, created_at timestamptz NOT NULL) PARTITION BY HASH (id)`,
			`CREATE TABLE public.p0 PARTITION OF public.people FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE public.p1 PARTITION OF public.people FOR VALUES WITH (MODULUS 2, REMAINDER 1)`},
		"many rows of one moment": {`CREATE TABLE public.people (id bigint, name text, created_at date NOT NULL)`},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(append(sql, `CREATE INDEX ON public.people (created_at)`, `INSERT INTO public.people SELECT i, 'name ' || i, current_date - CASE WHEN i <= 100 THEN 90 ELSE 1 END FROM generate_series(1, 130) AS i`)...)
			p := policyOn("people", 30)
			p.Action, p.Columns, p.BatchSize = retention.ActionAnonymize, map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}, 20
			h.mustPolicy(p)
			h.wantNight(0, "the first", 100, 0)
			h.exec(edit)
			h.wantNight(0, "the next", 1, 0)
		})
	}
}

// A measurement that finds an edited row has the next night look at all.
func TestAnOverdueRowHasTheNextRunLookAtAll(t *testing.T) {
	t.Parallel()
	h, _ := people(t)
	h.wantNight(0, "the first", 100, 0)
	h.exec(edit)
	h.wantNight(0, "a night before it was found", 0, 0)
	h.exec(`UPDATE holdfast.policy_status SET due_at = '-infinity'`)
	if err := h.engine.MeasurePolicies(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.wantNight(0, "the night after", 1, 0)
}
