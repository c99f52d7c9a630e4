package target

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"holdfast/retention"
)

// holdFitting puts the rows of a table that fit a condition under a hold.
func (f *fixture) holdFitting(table retention.TableName, condition string) string {
	f.Helper()
	h := retention.Hold{ID: uuid.NewString(), Matter: "m", Scope: []retention.Scope{{Table: table, Condition: condition}}}
	if err := f.target.CheckKeys(f.Context(), h); err != nil {
		f.Fatal(err)
	}
	if err := f.target.StageHold(f.Context(), h); err != nil {
		f.Fatal(err)
	}
	if _, _, err := f.target.ActivateHold(f.Context(), h.ID); err != nil {
		f.Fatal(err)
	}
	return h.ID
}

func TestRowsThatFitAHoldsConditionStayAndTheOthersGo(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 40), `ALTER TABLE public.r ADD COLUMN customer bigint, ADD COLUMN "Note" text`,
				`UPDATE public.r SET customer = CASE WHEN id <= 10 THEN id % 3 END, "Note" = 'x' || id`)
			r := name("r")
			f.holdFitting(r, `customer = 1`)
			f.holdFitting(r, `1 = customer`)
			f.holdFitting(r, `customer = 2`)
			f.holdFitting(r, `"Note" LIKE 'x3%'`)
			f.hold(r, keys("40")...)
			// 1, 4, 7, 10 and 2, 5, 8 by customer, 3 and 30 to 39 by the note, 40 by its id.
			got := f.foretold(policy("r", action))
			if got.Held != 19 || got.Processed != 21 {
				t.Errorf("got %d held and %d processed, want 19 and 21: NULL fits nothing", got.Held, got.Processed)
			}
			if n := f.count(`SELECT count(*) FROM public.r WHERE name = 'n' || id AND (customer IN (1, 2) OR "Note" LIKE 'x3%' OR id = 40)`); n != 19 {
				t.Errorf("%d of 19 held rows are as they were", n)
			}
		})
	}
}

// A row that comes to fit while a batch waits for it is judged again by the scan.
func TestARowThatComesToFitWhileABatchWaitsForItSurvives(t *testing.T) {
	for _, action := range retention.Actions() {
		for _, held := range []string{`customer = 7`, `customer > 6 AND customer < 8`} {
			for _, walk := range []string{"slice", "block"} {
				t.Run(fmt.Sprintf("%s/%s/%s", action, held, walk), func(t *testing.T) {
					t.Parallel()
					comesToFit(t, action, held, walk)
				})
			}
		}
	}
}

func comesToFit(t *testing.T, action retention.Action, held, walk string) {
	f := newFixture(t, dueTable("r", 20), `ALTER TABLE public.r ADD COLUMN customer bigint`)
	if walk == "block" {
		f.exec(`DROP INDEX public.r_created_at_idx`)
	}
	f.holdFitting(name("r"), held)
	d := f.begin(policy("r", action))
	defer d.Close()
	d.lockTimeout = 20_000 // the test decides how long the batch waits
	app := f.connect()
	if _, err := app.Exec(t.Context(), `BEGIN; UPDATE public.r SET customer = 7 WHERE id = 5`); err != nil {
		t.Fatal(err)
	}
	stepped := make(chan error, 1)
	go func() {
		_, err := d.Step(t.Context())
		stepped <- err
	}()
	f.awaitBlocked(app.PgConn().PID())
	if _, err := app.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-stepped; err != nil {
		t.Fatalf("step: %v", err)
	}
	if n := f.count(`SELECT count(*) FROM public.r WHERE name = 'n5'`); n != 1 {
		t.Fatal("the row that came to fit is gone or changed")
	}
	if got := d.Progress().Processed; got != 19 {
		t.Errorf("processed %d rows, want the other 19", got)
	}
}

// A child that fits keeps its parent, and what would clear its reference.
func TestAChildThatFitsAConditionKeepsItsParent(t *testing.T) {
	for _, onDelete := range []string{"ON DELETE CASCADE", "ON DELETE SET NULL"} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, orders(onDelete)...)
			f.holdFitting(name("i"), `name = 'i8'`)
			got := f.foretold(reaching("o", "i"))
			if got.Processed != 39 || got.Blocked != 1 {
				t.Errorf("got %+v, want 39 gone and the parent of the held child blocked", got.Counts)
			}
			if n := f.count(`SELECT count(*) FROM public.i WHERE name = 'i8' AND o_id = 4`); n != 1 {
				t.Error("the held child is gone or changed")
			}
		})
	}
}

// A hold on the whole covers its partitions, also one that is detached later; one on a
// partition covers that alone.
func TestAConditionHoldsInPartitionsToo(t *testing.T) {
	t.Parallel()
	f := newFixture(t,
		`CREATE TABLE public.p (id bigint, kind text, created_at timestamptz NOT NULL, name text, PRIMARY KEY (id)) PARTITION BY HASH (id)`,
		`CREATE TABLE public.p0 PARTITION OF public.p FOR VALUES WITH (MODULUS 2, REMAINDER 0)`,
		`CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		`INSERT INTO public.p SELECT i, CASE WHEN i % 10 = 0 THEN 'kept' WHEN i % 10 = 1 THEN 'half' ELSE 'gone' END, now() - interval '100 days', 'n' FROM generate_series(1, 100) AS i`)
	f.holdFitting(name("p"), `kind = 'kept'`)
	f.holdFitting(name("p1"), `kind = 'half'`)
	half := f.count(`SELECT count(*) FROM public.p1 WHERE kind = 'half'`)
	inP0 := f.count(`SELECT count(*) FROM public.p0 WHERE kind = 'kept'`)
	if half == 0 || half == 10 || inP0 == 0 {
		t.Fatalf("%d of 10 rows are in the partition: the case shows nothing", half)
	}
	p := policy("p", retention.ActionDelete)
	p.Evidence = retention.EvidenceCounts
	if got := f.foretold(p); got.Held != 10+half || got.Processed != 90-half {
		t.Errorf("got %+v, want %d held", got.Counts, 10+half)
	}
	f.exec(`ALTER TABLE public.p DETACH PARTITION public.p0`)
	if got := f.run(policy("p0", retention.ActionDelete)); got.Held != inP0 || got.Processed != 0 {
		t.Errorf("the detached partition: got %+v, want its %d rows held", got.Counts, inP0)
	}
}

// Whatever becomes of the columns, no row of a hold goes: nobody can tell which it means.
func TestAConditionWhoseColumnsChangedBarsTheTable(t *testing.T) {
	for what, ddl := range map[string]string{
		"dropped":         `ALTER TABLE public.r DROP COLUMN customer`,
		"renamed":         `ALTER TABLE public.r RENAME customer TO client`,
		"swapped":         `ALTER TABLE public.r RENAME customer TO x; ALTER TABLE public.r RENAME other TO customer; ALTER TABLE public.r RENAME x TO other`,
		"of another type": `ALTER TABLE public.r ALTER customer TYPE text`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 30), `ALTER TABLE public.r ADD COLUMN customer bigint DEFAULT 7, ADD COLUMN other bigint DEFAULT 8`)
			id := f.holdFitting(name("r"), `customer = 7`)
			p := policy("r", retention.ActionDelete)
			p.BatchSize = 10
			d := f.begin(p)
			defer d.Close()
			if _, err := d.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.exec(ddl)
			err := stepToEnd(t, d)
			if !isRefusal(err) || !strings.Contains(err.Error(), id) || !strings.Contains(err.Error(), "customer = 7") {
				t.Errorf("ended with %v, want it refused by the hold's number and condition", err)
			}
			if n := f.count(`SELECT count(*) FROM public.r`); n != 30 {
				t.Errorf("%d of 30 rows are left", n)
			}
		})
	}
}

func TestAConditionThatCannotBeJudgedIsRefusedWithTheScopeAtFault(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 1))
	for condition, want := range map[string]string{
		`nothing = 1`:                   `has no column "nothing"`,
		`id = (SELECT 1)`:               "SELECT",
		`id = 'x'`:                      "no value of type bigint",
		`name`:                          "comparison",
		`created_at::date = '2020-1-1'`: "time zone",
		`id = 1; DROP TABLE public.r`:   "",
	} {
		h := retention.Hold{ID: uuid.NewString(), Scope: []retention.Scope{{Table: name("r"), All: true}, {Table: name("r"), Condition: condition}}}
		err := f.target.CheckKeys(t.Context(), h)
		if !errors.Is(err, retention.ErrInvalid) || !strings.Contains(err.Error(), "scope[1].condition") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it refused at scope[1].condition with %q", condition, err, want)
		}
	}
}

func TestRowsThatFitAreCounted(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 30))
	h := retention.Hold{ID: uuid.NewString(), Scope: []retention.Scope{{Table: name("r"), Condition: `id > 20`}}}
	got, err := f.target.CountHold(t.Context(), h)
	if err != nil || got[0].RecordCount != 10 || got[0].NotFoundCount != 0 {
		t.Errorf("got %+v, %v; want 10", got, err)
	}
}
