package target

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"holdfast/internal/pgtest"
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
	if _, _, err := f.target.ActivateHold(f.Context(), h.ID, nil); err != nil {
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

// TestAConditionOnAColumnThatGetsAnotherTypeWhileItIsStagedIsNotedWithOneType: the type of one
// moment and the form of another are those of no table, so all of it would be held for good.
func TestAConditionOnAColumnThatGetsAnotherTypeWhileItIsStagedIsNotedWithOneType(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 20), `ALTER TABLE public.r ALTER COLUMN name TYPE varchar(100)`)
	before, err := f.target.Table(t.Context(), name("r"))
	if err != nil {
		t.Fatal(err)
	}
	f.exec(`ALTER TABLE public.r ALTER COLUMN name TYPE text`)
	h := retention.Hold{ID: uuid.NewString(), Matter: "m", Scope: []retention.Scope{{Table: name("r"), Condition: `name = 'n7'`}}}
	no, err := f.target.stageHead(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.target.stageScope(t.Context(), no, 0, h.Scope[0], before, true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.target.ActivateHold(t.Context(), h.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.foretold(policy("r", retention.ActionDelete)); got.Held != 1 || got.Processed != 19 {
		t.Errorf("%d are held and %d processed, want the one that fits and all others", got.Held, got.Processed)
	}
}

// A row that comes to fit while a batch waits for it is judged again by the scan. One that
// comes to fit when it is gone, or treated, is held too late.
func TestARowThatComesToFitBeforeABatchTakesItSurvivesAndOneThatDoesAfterItIsGone(t *testing.T) {
	for i, action := range retention.Actions() {
		for j, held := range []string{`customer = 7`, `customer > 6 AND customer < 8`} {
			for k, walk := range []string{"slice", "block"} {
				for l, moment := range moments {
					if pgtest.ForLong(i, j, k, l) {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s/%s/%s", action, held, walk, moment), func(t *testing.T) {
						t.Parallel()
						comesToFit(t, action, held, walk, moment)
					})
				}
			}
		}
	}
}

func comesToFit(t *testing.T, action retention.Action, held, walk, moment string) {
	f := newFixture(t, dueTable("r", 20), `ALTER TABLE public.r ADD COLUMN customer bigint`)
	if walk == "block" {
		f.exec(`DROP INDEX public.r_created_at_idx`)
	}
	f.holdFitting(name("r"), held)
	got := f.changeAtMoment(moment, f.begin(policy("r", action)), `UPDATE public.r SET customer = 7 WHERE id = 5`)
	left := int64(1)
	if moment == "after the batch" {
		left = 0
	}
	if n := f.count(`SELECT count(*) FROM public.r WHERE name = 'n5'`); n != left {
		t.Fatalf("%d rows are as the one that came to fit, want %d", n, left)
	}
	if got.Processed != 20-left {
		t.Errorf("processed %d rows, want %d", got.Processed, 20-left)
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
	// As a whole: nobody would know if its columns had been renamed.
	f.exec(`ALTER TABLE public.p0 RENAME kind TO was; ALTER TABLE public.p0 ADD COLUMN kind text; INSERT INTO public.p0 (id, created_at) VALUES (1000, now() - interval '100 days')`)
	if got := f.run(policy("p0", retention.ActionDelete)); got.Held != inP0+1 || got.Processed != 0 {
		t.Errorf("the detached partition: got %+v, want its %d rows held", got.Counts, inP0+1)
	}
}

// Whatever becomes of the columns, no row of a hold goes: nobody can tell which it means.
func TestAConditionWhoseColumnsChangedHoldsTheWholeTable(t *testing.T) {
	for what, ddl := range map[string]string{
		"dropped":              `ALTER TABLE public.r DROP COLUMN customer`,
		"renamed":              `ALTER TABLE public.r RENAME customer TO client`,
		"swapped":              `ALTER TABLE public.r RENAME customer TO x; ALTER TABLE public.r RENAME other TO customer; ALTER TABLE public.r RENAME x TO other`,
		"of another type":      `ALTER TABLE public.r ALTER customer TYPE text`,
		"of another precision": `ALTER TABLE public.r ALTER customer TYPE numeric(10, 0)`,
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
			if got := f.finish(d); got.Held != 30 || got.Processed != 0 {
				t.Errorf("got %+v, want all 30 held", got.Counts)
			}
			faults, err := f.target.HoldFaults(t.Context())
			if err != nil || len(faults) != 1 || len(faults[id]) != 1 || faults[id][0].Effect != retention.FaultWholeTable || !strings.Contains(faults[id][0].Reason, "customer = 7") {
				t.Errorf("found %+v, %v; want the hold's condition named", faults, err)
			}
			if n := f.count(`SELECT count(*) FROM public.r`); n != 30 {
				t.Errorf("%d of 30 rows are left", n)
			}
		})
	}
}

// What the condition says is the same, and what it means is not.
func TestAConditionWhoseValuesChangedHoldsTheWholeTable(t *testing.T) {
	for what, c := range map[string]struct{ column, value, condition, ddl string }{
		"precision": {"numeric(10,2)", "10.55", "c = 10.55", `ALTER TABLE public.r ALTER c TYPE numeric(10,0)`},
		"length":    {"varchar(10)", "'abcdef'", "c = 'abcdef'", `ALTER TABLE public.r ALTER c TYPE varchar(3) USING left(c, 3)`},
		"collation": {"text COLLATE public.ci", "'abc'", "c = 'ABC'", `ALTER TABLE public.r ALTER c TYPE text COLLATE "C"`},
		"label":     {"public.mood", "'happy'", "c = 'happy'", `ALTER TYPE public.mood RENAME VALUE 'happy' TO 'joy'; ALTER TYPE public.mood RENAME VALUE 'sad' TO 'happy'`},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 10), `CREATE TYPE public.mood AS ENUM ('happy', 'sad')`,
				`CREATE COLLATION public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
				`ALTER TABLE public.r ADD COLUMN c `+c.column, `UPDATE public.r SET c = `+c.value+` WHERE id <= 3`)
			f.holdFitting(name("r"), c.condition)
			if s, err := f.target.Simulate(t.Context(), policy("r", retention.ActionDelete), nil); err != nil || s.Held != 3 {
				t.Fatalf("before: %d held, %v; want 3", s.Held, err)
			}
			f.exec(c.ddl)
			if got := f.run(policy("r", retention.ActionDelete)); got.Held != 10 {
				t.Errorf("got %+v, want all 10 held", got.Counts)
			}
			if n := f.count(`SELECT count(*) FROM public.r`); n != 10 {
				t.Errorf("%d of 10 rows are left", n)
			}
		})
	}
	t.Run("a label more", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, dueTable("r", 10), `CREATE TYPE public.mood AS ENUM ('happy', 'sad')`, `ALTER TABLE public.r ADD COLUMN c public.mood`, `UPDATE public.r SET c = 'sad' WHERE id = 1`)
		f.holdFitting(name("r"), `c = 'sad'`)
		f.exec(`ALTER TYPE public.mood ADD VALUE 'calm' BEFORE 'sad'`)
		if got := f.run(policy("r", retention.ActionDelete)); got.Held != 1 || got.Processed != 9 {
			t.Errorf("got %+v, want 1 held and 9 gone", got.Counts)
		}
	})
}

// A condition that comes to fail for a row fails the policy, and says whose it is.
func TestAConditionThatFailsForARowIsRefusedOrNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 10), `ALTER TABLE public.r ADD COLUMN n integer DEFAULT 5`, `UPDATE public.r SET n = 0 WHERE id = 3`)
	h := retention.Hold{ID: uuid.NewString(), Scope: []retention.Scope{{Table: name("r"), Condition: `10 / n = 2`}}}
	if err := f.target.CheckKeys(t.Context(), h); !errors.Is(err, retention.ErrInvalid) || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("for a row that is there: got %v, want it refused", err)
	}
	f.exec(`UPDATE public.r SET n = 1 WHERE id = 3`)
	id := f.holdFitting(name("r"), `10 / n = 2`)
	f.exec(`UPDATE public.r SET n = 0 WHERE id = 3`)
	_, err := f.target.Simulate(t.Context(), policy("r", retention.ActionDelete), nil)
	if !isRefusal(err) || !strings.Contains(err.Error(), id) {
		t.Errorf("a simulation: got %v, want it refused with the hold's number", err)
	}
	d := f.begin(policy("r", retention.ActionDelete))
	defer d.Close()
	if err := stepToEnd(t, d); err == nil || !strings.Contains(err.Error(), id) {
		t.Errorf("a run: got %v, want the hold's number", err)
	}
	if got, err := f.target.CountHold(t.Context(), retention.Hold{Scope: h.Scope}); err != nil {
		t.Errorf("counted: %v, %v; want an estimate", got, err)
	}
}

// One list may have constants of several forms, each of which the server reads as the
// column's type.
func TestEqualitiesOfSeveralFormsHoldTheSameRowsTogether(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 20), `ALTER TABLE public.r ADD COLUMN n integer, ADD COLUMN d numeric, ADD COLUMN c char(4), ADD COLUMN b boolean`,
		`UPDATE public.r SET n = id, d = id + 0.5, c = 'k' || id, b = (id = 20)`)
	for _, condition := range []string{`n = 1`, `n = '2'`, `n = -3`, `4.0 = n`, `n = 4.5`, `d = 5.5`, `d = '6.50'`, `c = 'k7'`, `c = 'k8  '`, `b = TRUE`, `b = 'yes'`} {
		f.holdFitting(name("r"), condition)
	}
	// 1, 2, 4, 5, 6, 7, 8 and 20.
	if got := f.foretold(policy("r", retention.ActionDelete)); got.Held != 8 || got.Processed != 12 {
		t.Errorf("got %+v, want 8 held", got.Counts)
	}
}

// In a list a number is compared as real, and alone as double precision.
func TestEqualitiesOnARealColumnMeanWhatTheySayAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 10), `ALTER TABLE public.r ADD COLUMN n real`, `UPDATE public.r SET n = CASE id WHEN 1 THEN 0.1 WHEN 2 THEN 7 ELSE 3 END`)
	for _, condition := range []string{`n = 0.1`, `n = 7`, `n = 1e300`} {
		f.holdFitting(name("r"), condition)
	}
	if got := f.foretold(policy("r", retention.ActionDelete)); got.Held != 1 || got.Processed != 9 {
		t.Errorf("got %+v, want the 7 held alone", got.Counts)
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

// A hold by condition does not wait for ever for a table that somebody has locked, and says
// what can be done.
func TestHoldByConditionOnALockedTableSaysSo(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 3))
	other := f.connect()
	for _, sql := range []string{`BEGIN`, `LOCK TABLE public.r IN ACCESS EXCLUSIVE MODE`} {
		if _, err := other.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	h := retention.Hold{Scope: []retention.Scope{{Table: table("r"), Condition: "id = 1"}}}
	if err := f.target.CheckKeys(t.Context(), h); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "hold the whole table") {
		t.Errorf("got %v, want a conflict that offers the whole table", err)
	}
}
