package target

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// interleavings are changes that an application makes to row 5, which is due and
// not held, while a batch waits for it. The row that results must stay as it is.
var interleavings = map[string]string{
	"re-keyed to a held id": `UPDATE public.r SET id = 1000 WHERE id = 5`,
	"no longer due":         `UPDATE public.r SET created_at = now() WHERE id = 5`,
	"no longer matching":    `UPDATE public.r SET status = 'kept' WHERE id = 5`,
	"re-keyed and re-dated": `UPDATE public.r SET id = 1001, created_at = created_at - interval '1 day' WHERE id = 5`,
}

// TestRowThatBecomesProtectedWhileABatchWaitsForItSurvives pauses a batch by a row
// lock, changes the row under it and lets go: PostgreSQL then judges the row again,
// and only the quals of the scan itself are judged again.
func TestRowThatBecomesProtectedWhileABatchWaitsForItSurvives(t *testing.T) {
	for i, name := range pgtest.Names(interleavings) {
		for j, action := range retention.Actions() {
			for k, walk := range []string{"slice", "block"} {
				for l, form := range []string{"hash", "probe", "seen"} {
					if form != "hash" && action != retention.ActionDelete || pgtest.ForLong(i, j, k, l) {
						continue // The judgement is the same text in every action.
					}
					t.Run(fmt.Sprintf("%s/%s/%s/%s", name, action, walk, form), func(t *testing.T) {
						t.Parallel()
						interleave(t, interleavings[name], action, walk, form)
					})
				}
			}
		}
	}
}

func interleave(t *testing.T, change string, action retention.Action, walk, form string) {
	f := newFixture(t,
		`CREATE TABLE public.r (id bigint PRIMARY KEY, name text NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.r SELECT i, 'n' || i, 'old', now() - interval '100 days' - i * interval '1 minute' FROM generate_series(1, 20) AS i`)
	if walk == "slice" {
		f.exec(`CREATE INDEX ON public.r (created_at)`)
	}
	f.hold(retention.TableName{Schema: "public", Name: "r"}, keys("1000", "1001")...)
	p := policy("r", action)
	p.Condition = "status = 'old'"
	d := f.begin(p)
	defer d.Close()
	if err := d.replan(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.planned.Holds.Sets[0].Hash = form == "hash"
	if form == "seen" {
		f.untilOld("public.r")
	} else {
		d.returning = 1
	}
	if string(d.planned.Walk) != walk {
		t.Fatalf("the plan walks by %s, want %s", d.planned.Walk, walk)
	}

	f.stepUnder(d, change)
	if n := f.count(`SELECT count(*) FROM public.r WHERE name = 'n5'`); n != 1 {
		t.Fatalf("the row that became protected is gone or changed (%d rows left with its name)", n)
	}
	if got := d.Progress().Processed; got != 19 {
		t.Errorf("processed %d rows, want the other 19", got)
	}
}

// TestEvidenceIsOfTheRowsThatWentNotOfThoseThatWereSeen changes the key of a row between
// the statement that reads it and the one that deletes it.
func TestEvidenceIsOfTheRowsThatWentNotOfThoseThatWereSeen(t *testing.T) {
	for _, walk := range []string{"slice", "block"} {
		t.Run(walk, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 20))
			if walk == "slice" {
				f.exec(`CREATE INDEX ON public.r (created_at)`)
			}
			f.untilOld("public.r")
			d := f.begin(policy("r", retention.ActionDelete))
			err := f.changeUnder(d, `UPDATE public.r SET id = 1005 WHERE id = 5`, func() error {
				_, err := d.Step(f.Context())
				return err
			})
			if !errors.Is(err, retention.ErrMoved) {
				t.Errorf("the step says %v, want that something moved, and to be made again", err)
			}
			if got := f.finish(d).Processed; got != 20 {
				t.Errorf("processed %d rows, want all 20", got)
			}
			for id, want := range map[string]int64{"5": 0, "6": 1, "1005": 1} {
				digest := f.target.Digest(name("r"), retention.Key{id})
				if n := f.count(fmt.Sprintf(`SELECT count(*) FROM holdfast_guard.journal WHERE position('\x%x'::bytea IN digests) %% 32 = 1`, digest)); n != want {
					t.Errorf("the journal has %d digests of record %s, want %d", n, id, want)
				}
			}
		})
	}
}

// TestRowThatBecameProtectedBeforeABatchSurvivesAndOneThatDoesAfterItIsGone are the other two
// moments: before the batch's snapshot, and after its commit.
func TestRowThatBecameProtectedBeforeABatchSurvivesAndOneThatDoesAfterItIsGone(t *testing.T) {
	for i, name := range pgtest.Names(interleavings) {
		for j, action := range retention.Actions() {
			if pgtest.ForLong(i, j) {
				continue
			}
			for _, moment := range []string{"before", "after"} {
				t.Run(fmt.Sprintf("%s/%s/%s", name, action, moment), func(t *testing.T) {
					t.Parallel()
					f := newFixture(t,
						`CREATE TABLE public.r (id bigint PRIMARY KEY, name text NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL)`,
						`INSERT INTO public.r SELECT i, 'n' || i, 'old', now() - interval '100 days' - i * interval '1 minute' FROM generate_series(1, 20) AS i`)
					f.hold(retention.TableName{Schema: "public", Name: "r"}, keys("1000", "1001")...)
					p := policy("r", action)
					p.Condition = "status = 'old'"
					d, want := f.begin(p), int64(20)
					if moment == "before" {
						f.exec(interleavings[name])
						want = 19
					}
					got := f.finish(d)
					if moment == "after" {
						f.exec(interleavings[name])
					}
					if got.Processed != want || f.count(`SELECT count(*) FROM public.r WHERE name = 'n5'`) != 20-want {
						t.Errorf("processed %d, want %d, and %d rows as row 5 was", got.Processed, want, 20-want)
					}
				})
			}
		}
	}
}

// moments are when an application's change may come to a row that a batch takes.
var moments = []string{"before the snapshot", "while waiting", "after the batch"}

// changeAtMoment carries a disposition out while the application changes row 5 of r: when the
// batch has made its plan and has not looked at the rows, when it waits for the row, or
// when it has taken it and there may be more to do.
func (f *fixture) changeAtMoment(moment string, d *disposition, change string) retention.Progress {
	f.Helper()
	toEnd := func() error { return stepToEnd(f.T, d) }
	switch moment {
	case "before the snapshot":
		// The lock on the table keeps the batch from its first statement on the rows.
		if err := f.changeUnder(d, `LOCK TABLE `+d.spec.Policy.Table.SQL()+` IN SHARE ROW EXCLUSIVE MODE; `+change, toEnd); err != nil {
			f.Fatalf("step: %v", err)
		}
	case "while waiting":
		if err := f.changeUnder(d, change, toEnd); err != nil {
			f.Fatalf("step: %v", err)
		}
	case "after the batch":
		for !d.Progress().Done && f.count(`SELECT count(*) FROM public.r WHERE name = 'n5'`) > 0 {
			if err := f.step(d); err != nil {
				f.Fatalf("step: %v", err)
			}
		}
		f.exec(change)
	}
	return f.finish(d)
}

// children are changes by which a held child comes under row 5, which is due: the child keeps
// it, unless it comes too late, and then the database refuses it.
var children = map[string]struct{ sql, late string }{
	"a held child is inserted":           {`INSERT INTO public.c VALUES (1001, 5)`, "violates foreign key"},
	"a held child gets another parent":   {`UPDATE public.c SET r = 5 WHERE id = 1000`, "violates foreign key"},
	"a child gets the id of a held one":  {`UPDATE public.c SET id = 1001 WHERE id = 5`, ""},
	"a child and its parent change keys": {`UPDATE public.c SET id = 1001, r = 5 WHERE id = 6`, ""},
}

func TestAHeldChildThatComesUnderARowKeepsIt(t *testing.T) {
	for i, what := range pgtest.Names(children) {
		for j, action := range []retention.Action{retention.ActionDelete, retention.ActionArchive} {
			for k, moment := range []string{"before", "while waiting", "after"} {
				if pgtest.ForLong(i, j, k) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%s", what, action, moment), func(t *testing.T) {
					t.Parallel()
					f := newFixture(t,
						`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz NOT NULL)`,
						`INSERT INTO public.r SELECT i, 'n' || i, now() - interval '100 days' FROM generate_series(1, 20) AS i UNION ALL SELECT 100, 'young', now()`,
						`CREATE TABLE public.c (id bigint PRIMARY KEY, r bigint NOT NULL REFERENCES public.r ON DELETE CASCADE)`, `CREATE INDEX ON public.c (r)`,
						`INSERT INTO public.c SELECT i, i FROM generate_series(1, 20) AS i UNION ALL SELECT 1000, 100`)
					f.hold(name("c"), keys("1000", "1001")...)
					p := policy("r", action)
					p.Cascade = []retention.TableName{name("c")}
					f.wantAccepted(p)
					f.changeAt(moment, p, children[what].sql, children[what].late)
					parents, kept := f.count(`SELECT count(*) FROM public.r WHERE id <= 20`), f.count(`SELECT count(*) FROM public.c WHERE id IN (1000, 1001)`)
					if moment == "after" {
						if parents != 0 || f.count(`SELECT count(*) FROM public.c`) != kept {
							t.Errorf("%d parents are left, want none, and no child without one", parents)
						}
						return
					}
					want := map[bool]int64{true: 1, false: 2}[what == "a held child gets another parent"]
					if f.count(`SELECT count(*) FROM public.r WHERE id = 5`) != 1 || kept != want {
						t.Errorf("row 5 or a held child is gone: %d parents are left, and %d held children of %d", parents, kept, want)
					}
				})
			}
		}
	}
}

// changeAt makes a change before a run, while its batch waits for it, or after it, when the
// database may refuse it.
func (f *fixture) changeAt(moment string, p retention.Policy, change, late string) {
	f.Helper()
	d := f.begin(p)
	switch moment {
	case "before":
		f.exec(change)
	case "while waiting":
		f.stepUnder(d, change)
	}
	f.finish(d)
	if moment != "after" {
		return
	}
	_, err := f.connect().Exec(f.Context(), change)
	if (err != nil) != (late != "") || err != nil && !strings.Contains(err.Error(), late) {
		f.Errorf("after the run the change ends with %v, want %q", err, late)
	}
}

// rekeyed are holds on what a child of row 5 is, or becomes, when the application changes row
// 5's key to 500 and ON UPDATE CASCADE changes the child's, or the child's child's, with it.
// kept is whether they hold anything once the keys are new.
var rekeyed = map[string]struct {
	table string
	key   retention.Key
	kept  bool
}{
	"the child's new key is held":      {"c", retention.Key{"500", "1"}, true},
	"the grandchild's new key is held": {"g", retention.Key{"500", "1", "1"}, true},
	"the grandchild's key stays held":  {"h", retention.Key{"5"}, true},
	"the child's old key was held":     {"c", retention.Key{"5", "1"}, false},
}

// TestAHeldChildKeepsAParentWhoseKeyChangesByOnUpdateCascade has parents go with their
// children, or children by a policy of their own.
func TestAHeldChildKeepsAParentWhoseKeyChangesByOnUpdateCascade(t *testing.T) {
	for i, what := range pgtest.Names(rekeyed) {
		for j, table := range []string{"r", "c"} {
			for k, action := range []retention.Action{retention.ActionDelete, retention.ActionArchive} {
				for l, moment := range moments[:2] {
					// A batch does not wait for a row that was held when it looked.
					if pgtest.ForLong(i, j, k, l) || table == "c" && !rekeyed[what].kept && moment == "while waiting" {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s/%s/%s", what, table, action, moment), func(t *testing.T) {
						t.Parallel()
						rekey(t, what, table, action, moment)
					})
				}
			}
		}
	}
}

// rekeying are 20 due rows of r, each with a child in c whose key is its parent's and a
// number, and each of those with a child in g likewise, and in h with a key of its own.
var rekeying = []string{
	`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz NOT NULL)`,
	`INSERT INTO public.r SELECT i, 'n' || i, now() - interval '100 days' FROM generate_series(1, 20) AS i`,
	`CREATE TABLE public.c (r bigint REFERENCES public.r ON UPDATE CASCADE ON DELETE CASCADE, n bigint, created_at timestamptz NOT NULL, PRIMARY KEY (r, n))`,
	`INSERT INTO public.c SELECT i, 1, now() - interval '100 days' FROM generate_series(1, 20) AS i`,
	`CREATE TABLE public.g (r bigint, n bigint, m bigint, PRIMARY KEY (r, n, m), FOREIGN KEY (r, n) REFERENCES public.c ON UPDATE CASCADE ON DELETE CASCADE)`,
	`INSERT INTO public.g SELECT i, 1, 1 FROM generate_series(1, 20) AS i`,
	`CREATE TABLE public.h (id bigint PRIMARY KEY, r bigint, n bigint, FOREIGN KEY (r, n) REFERENCES public.c ON UPDATE CASCADE ON DELETE CASCADE)`,
	`INSERT INTO public.h SELECT i, i, 1 FROM generate_series(1, 20) AS i`,
	`CREATE INDEX ON public.h (r, n)`,
}

func rekey(t *testing.T, what, table string, action retention.Action, moment string) {
	f := newFixture(t, rekeying...)
	c := rekeyed[what]
	f.hold(name(c.table), c.key)
	p := policy(table, action)
	p.Cascade = []retention.TableName{name("c"), name("g"), name("h")}
	if table == "c" {
		p.Cascade = p.Cascade[1:]
	}
	f.wantAccepted(p)
	f.changeAtMoment(moment, f.begin(p), `UPDATE public.r SET id = 500 WHERE id = 5`)
	gone := 0
	for member, key := range map[string]retention.Key{"r": {"500"}, "c": {"500", "1"}, "g": {"500", "1", "1"}, "h": {"5"}} {
		if member == "r" && table == "c" {
			continue
		}
		want := int64(0)
		if c.kept {
			want = 1
		}
		left := f.count(`SELECT count(*) FROM public.` + member)
		if n := f.count(`SELECT count(*) FROM public.` + member + ` WHERE ` + map[bool]string{true: "id = 5", false: ownKey(member) + " = 500"}[member == "h"]); n != want || left != want {
			t.Errorf("%d rows of %s are left, %d of them of the row whose key changed, want %d", left, member, n, want)
		}
		if n := f.digestsOf(name(member), key); n != 1-want {
			t.Errorf("the journal has %d digests of %s %v, want %d", n, member, key, 1-want)
		}
		gone += 20 - int(left)
	}
	if n := f.count(`SELECT coalesce(sum(length(digests)), 0) / 32 FROM holdfast_guard.journal`); n != int64(gone) {
		t.Errorf("%d rows are gone and the journal has %d digests", gone, n)
	}
}

// ownKey is the column that has row 5's key, or its new one.
func ownKey(table string) string {
	if table == "r" {
		return "id"
	}
	return "r"
}

// digestsOf counts the batches that say that they took a record.
func (f *fixture) digestsOf(table retention.TableName, key retention.Key) int64 {
	f.Helper()
	return f.count(fmt.Sprintf(`SELECT count(*) FROM holdfast_guard.journal WHERE position('\x%x'::bytea IN digests) %% 32 = 1`, f.target.Digest(table, key)))
}

func TestRowLockedByTheApplicationIsSkippedAndCountedAndTheRestGoes(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 30))
			app := f.connect()
			if _, err := app.Exec(t.Context(), `BEGIN; SELECT FROM public.r WHERE id IN (3, 4) FOR UPDATE`); err != nil {
				t.Fatal(err)
			}
			d := f.begin(policy("r", action))
			if _, err := d.Step(t.Context()); !errors.Is(err, retention.ErrBusy) {
				t.Fatalf("first step answered %v, want a lock time-out", err)
			}
			got := f.finish(d)
			if got.Processed != 28 || got.Skipped[retention.SkippedLocked] != 2 {
				t.Errorf("got %+v, want 28 processed and 2 locked by other", got.Counts)
			}
		})
	}
}

// dueTable prints a table of n due rows, with what the tests need. Without
// statistics the walk is by slices, whenever autovacuum comes.
func dueTable(name string, n int) string {
	return fmt.Sprintf(`CREATE TABLE public.%[1]s (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz) WITH (autovacuum_enabled = false);
		INSERT INTO public.%[1]s SELECT i, 'n' || i, now() - interval '100 days' - i * interval '1 minute' FROM generate_series(1, %[2]d) AS i;
		CREATE INDEX ON public.%[1]s (created_at)`, name, n)
}

func TestBatchThatTheHoldCameBeforePlansAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 50))
	p := policy("r", retention.ActionDelete)
	p.BatchSize = 10
	d := f.begin(p)
	if _, err := d.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.hold(p.Table, keys("1", "2", "50")...)
	if _, err := d.Step(t.Context()); !errors.Is(err, retention.ErrMoved) {
		t.Fatalf("a step with a plan from before the hold answered %v, want %v", err, retention.ErrMoved)
	}
	got := f.finish(d)
	// Row 50 is the oldest: it went in the first step, before the hold.
	if left := f.remaining("public.r", "id"); fmt.Sprint(left) != "[1 2]" {
		t.Errorf("left %v, want the two rows that were held in time", left)
	}
	if got.Held != 2 {
		t.Errorf("held %d, want 2", got.Held)
	}
}

// ddl is done between two batches; the next one must plan again or refuse.
var ddl = map[string]struct {
	sql     string
	refused bool
}{
	"a cascading key":          {`CREATE TABLE public.child (r bigint REFERENCES public.r ON DELETE CASCADE)`, true},
	"swapped columns":          {`ALTER TABLE public.r RENAME id TO x; ALTER TABLE public.r RENAME other TO id; ALTER TABLE public.r RENAME x TO other`, false},
	"a rewritten table":        {`VACUUM FULL public.r`, false},
	"a trigger that keeps":     {`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER keep BEFORE DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION keep()`, false},
	"the timestamp dropped":    {`ALTER TABLE public.r DROP COLUMN created_at`, true},
	"the table renamed":        {`ALTER TABLE public.r RENAME TO r2`, true},
	"the table replaced":       {`ALTER TABLE public.r RENAME TO r2; CREATE TABLE public.r (LIKE public.r2 INCLUDING ALL)`, false},
	"an index dropped":         {`DROP INDEX public.r_created_at_idx`, false},
	"a rule":                   {`CREATE RULE quiet AS ON DELETE TO public.r DO INSTEAD NOTHING`, true},
	"a child by inheritance":   {`CREATE TABLE public.r3 () INHERITS (public.r)`, true},
	"the key's type changed":   {`ALTER TABLE public.r ALTER COLUMN id TYPE numeric`, false},
	"row security switched on": {`ALTER TABLE public.r ENABLE ROW LEVEL SECURITY`, false},
}

// TestDDLBetweenTwoBatchesFreesNoHeldRow changes the schema in mid-run. Whatever the
// engine makes of it, the held rows stay, and what it cannot judge it refuses.
func TestDDLBetweenTwoBatchesFreesNoHeldRow(t *testing.T) {
	for name, c := range ddl {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 60), `ALTER TABLE public.r ADD COLUMN other bigint NOT NULL DEFAULT 0`, `UPDATE public.r SET other = 1000 + id`)
			f.hold(retention.TableName{Schema: "public", Name: "r"}, keys("1", "2", "3")...)
			p := policy("r", retention.ActionDelete)
			p.BatchSize = 10
			d := f.begin(p)
			defer d.Close()
			if _, err := d.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.exec(c.sql)
			err := stepToEnd(t, d)
			if refused := isRefusal(err); refused != c.refused {
				t.Errorf("ended with %v, refused %v, want refused %v", err, refused, c.refused)
			}
			if n := f.count(heldRowsLeft(name)); n != 3 {
				t.Errorf("%d of 3 held rows are left", n)
			}
		})
	}
}

// heldRowsLeft finds the three held rows wherever the DDL has put them.
func heldRowsLeft(name string) string {
	switch name {
	case "the table renamed", "the table replaced":
		return `SELECT count(*) FROM public.r2 WHERE name IN ('n1', 'n2', 'n3')`
	}
	return `SELECT count(*) FROM public.r WHERE name IN ('n1', 'n2', 'n3')`
}

func stepToEnd(t *testing.T, d *disposition) error {
	for range 200 {
		step, err := d.Step(t.Context())
		if step.Done {
			return nil
		}
		if err != nil && !errors.Is(err, retention.ErrMoved) && !errors.Is(err, retention.ErrBusy) {
			return err
		}
	}
	return errors.New("no end after 200 steps")
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*retention.Refusal](err)
	return ok
}
