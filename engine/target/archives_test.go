package target

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdfast/retention"
)

// disposeOf is a policy on a table of archived rows, by when they were archived.
func disposeOf(archive string) retention.Policy {
	p := policy(archive, retention.ActionDelete)
	p.Name = "p_" + archive
	return p
}

// A hold on a record covers its archived copy: by id, by condition and as a whole table,
// whatever was placed first.
func TestHoldsCoverArchivedRowsToo(t *testing.T) {
	for what, c := range map[string]struct {
		place func(f *fixture) string
		left  []string
	}{
		"ids":         {func(f *fixture) string { return f.hold(table("r"), retention.Key{"3"}, retention.Key{"17"}) }, []string{"17", "3"}},
		"a condition": {func(f *fixture) string { return f.holdFitting(table("r"), "name = 'r5'") }, []string{"5"}},
		"everything":  {func(f *fixture) string { return f.hold(table("r")) }, nil},
	} {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, before the archive was there: %t", what, before), func(t *testing.T) {
				f := newFixture(t,
					`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
					`INSERT INTO public.r SELECT n, 'r' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`)
				archive := policy("r", retention.ActionArchive)
				if before {
					// Held rows are not archived; these were there when the hold came.
					f.exec(`CREATE TABLE public.r_archive (LIKE public.r, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer, PRIMARY KEY (id, holdfast_run))`,
						`INSERT INTO public.r_archive SELECT *, now(), gen_random_uuid(), 'p', 1 FROM public.r`, `DELETE FROM public.r`)
					c.place(f)
					if err := f.target.NoteArchives(t.Context(), []retention.Policy{archive}); err != nil {
						t.Fatal(err)
					}
				} else {
					if got := f.run(archive); got.Processed != 40 {
						t.Fatalf("%d rows were archived", got.Processed)
					}
					c.place(f)
				}
				want := c.left
				if want == nil {
					want = f.remaining("public.r_archive", "id")
				}
				got := f.run(disposeOf("r_archive"))
				if left := f.remaining("public.r_archive", "id"); !slices.Equal(left, want) || got.Held != int64(len(want)) || got.Processed != int64(40-len(want)) {
					t.Errorf("archived rows %v are left, %d held, %d gone; want %v left", left, got.Held, got.Processed, want)
				}
			})
		}
	}
}

func table(name string) retention.TableName { return retention.TableName{Schema: "public", Name: name} }

// A batch on the archive that was planned before the first row arrived there must not miss
// the holds of the source.
func TestABatchOnAnArchiveIsPlannedAgainWhenItBecomesOne(t *testing.T) {
	f := newFixture(t,
		`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
		`CREATE TABLE public.old (id bigint, name text, created_at timestamptz, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer, PRIMARY KEY (id, holdfast_run)) WITH (fillfactor = 10)`,
		`INSERT INTO public.old SELECT n, 'r' || n, now() - interval '100 days', now(), gen_random_uuid(), 'p', 1 FROM generate_series(1, 400) AS n`)
	f.hold(table("r"), retention.Key{"390"})
	p := disposeOf("old")
	p.BatchSize = 10
	d := f.begin(p)
	if _, err := d.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	archive := policy("r", retention.ActionArchive)
	archive.Archive = &retention.Archive{Table: table("old")}
	if err := f.target.NoteArchives(t.Context(), []retention.Policy{archive}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Step(t.Context()); !errors.Is(err, retention.ErrMoved) {
		t.Errorf("the next batch: %v, want that it plans again", err)
	}
	f.finish(d)
	if left := f.remaining("public.old", "id"); !slices.Equal(left, []string{"390"}) {
		t.Errorf("%v are left, want the held one", left)
	}
}

// Whatever keeps a hold from being judged in the archive keeps the archive as it is.
func TestAnArchiveInWhichAHoldCannotBeJudgedIsLeftAlone(t *testing.T) {
	for what, c := range map[string]struct {
		archive string
		place   func(f *fixture)
		words   string
	}{
		"no index on the key": {`CREATE TABLE public.r_archive (LIKE public.r, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer)`,
			func(f *fixture) { f.hold(table("r"), retention.Key{"3"}) }, "no primary or unique key"},
		"a column less": {`CREATE TABLE public.r_archive (id bigint, created_at timestamptz, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer)`,
			func(f *fixture) { f.holdFitting(table("r"), "name = 'r3'") }, "a column that its condition (name = 'r3') asks for"},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`, c.archive,
				`INSERT INTO public.r_archive (id, created_at) SELECT n, now() - interval '100 days' FROM generate_series(1, 40) AS n`)
			if err := f.target.NoteArchives(t.Context(), []retention.Policy{policy("r", retention.ActionArchive)}); err != nil {
				t.Fatal(err)
			}
			c.place(f)
			if s, err := f.target.Simulate(t.Context(), disposeOf("r_archive"), nil); err != nil || s.Held != 40 {
				t.Errorf("simulated %+v, %v; want all 40 held", s, err)
			}
			faults, err := f.target.HoldFaults(t.Context())
			if err != nil || len(faults) != 1 {
				t.Errorf("found %+v, %v; want the hold's", faults, err)
			}
			for _, of := range faults {
				if len(of) != 1 || of[0].On != table("r_archive") || !strings.Contains(of[0].Reason, c.words) {
					t.Errorf("found %+v, want %q of the archive", of, c.words)
				}
			}
		})
	}
}

// purged carries a policy on a table of archived rows out, and answers how many of the held
// ones are left and whether it was refused.
func (f *fixture) purged(archive, held string) (left int64, refused bool) {
	f.Helper()
	p := disposeOf(archive)
	_, err := f.target.Simulate(f.Context(), p, nil)
	if refusal, ok := errors.AsType[*retention.Refusal](err); ok {
		f.Logf("refused: %s", refusal.Reason)
		refused = true
	} else if err != nil {
		f.Fatal(err)
	} else {
		f.run(p)
	}
	return f.count(`SELECT count(*) FROM public.` + archive + ` WHERE ` + held), refused
}

// Whatever is done to source and archive afterwards, the held copies stay: by being judged
// rightly, or by the policy being refused.
func TestNoChangeOfTablesFreesAHeldCopy(t *testing.T) {
	plain := []string{`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`, `INSERT INTO public.r SELECT n, 'r' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`}
	ids := func(f *fixture) { f.hold(table("r"), retention.Key{"3"}, retention.Key{"17"}) }
	for what, c := range map[string]struct {
		tables []string
		// before is done after archiving and before the hold is placed, after it is.
		before, after []string
		place         func(f *fixture)
		purge, held   string
		n             int64
	}{
		"the archive becomes a partition": {tables: plain, place: ids, purge: "cold", held: "id IN (3, 17)", n: 2, after: []string{
			`ALTER TABLE public.r_archive RENAME TO r_archive_2025`,
			`CREATE TABLE public.cold (LIKE public.r_archive_2025) PARTITION BY RANGE (created_at)`,
			`ALTER TABLE public.cold ATTACH PARTITION public.r_archive_2025 DEFAULT`,
		}},
		"the archive is renamed": {tables: plain, place: ids, purge: "older", held: "id IN (3, 17)", n: 2, after: []string{`ALTER TABLE public.r_archive RENAME TO older`}},
		"the source is dropped":  {tables: plain, place: ids, purge: "r_archive", held: "id IN (3, 17)", n: 2, after: []string{`DROP TABLE public.r`}},
		"key columns exchange their names": {
			tables: []string{`CREATE TABLE public.r (a bigint, b bigint, created_at timestamptz, PRIMARY KEY (a, b))`, `INSERT INTO public.r SELECT n, 1000 + n, now() - interval '100 days' FROM generate_series(1, 40) AS n`},
			place:  func(f *fixture) { f.hold(table("r"), retention.Key{"3", "1003"}) }, purge: "r_archive", held: "a = 3", n: 1,
			after: []string{`ALTER TABLE public.r RENAME a TO x`, `ALTER TABLE public.r RENAME b TO a`, `ALTER TABLE public.r RENAME x TO b`},
		},
		"columns had exchanged their names before the hold by condition": {
			tables: []string{`CREATE TABLE public.r (id bigint PRIMARY KEY, a text, b text, created_at timestamptz)`, `INSERT INTO public.r SELECT n, 'a' || n, 'b' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`},
			before: []string{`ALTER TABLE public.r RENAME a TO x`, `ALTER TABLE public.r RENAME b TO a`, `ALTER TABLE public.r RENAME x TO b`},
			place:  func(f *fixture) { f.holdFitting(table("r"), "b = 'a7'") }, purge: "r_archive", held: "a = 'a7'", n: 1,
		},
		"a held partition is detached": {
			tables: []string{`CREATE TABLE public.r (id bigint, created_at timestamptz, PRIMARY KEY (id)) PARTITION BY RANGE (id)`, `CREATE TABLE public.r1 PARTITION OF public.r FOR VALUES FROM (0) TO (100)`,
				`INSERT INTO public.r SELECT n, now() - interval '100 days' FROM generate_series(1, 40) AS n`},
			place: func(f *fixture) { f.hold(table("r1"), retention.Key{"3"}) }, purge: "r_archive", held: "id = 3", n: 1, after: []string{`ALTER TABLE public.r DETACH PARTITION public.r1`},
		},
		"the archive gets another collation": {
			tables: []string{`CREATE COLLATION public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text COLLATE public.ci, created_at timestamptz)`,
				`INSERT INTO public.r SELECT n, 'R' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`},
			place: func(f *fixture) { f.holdFitting(table("r"), "name = 'r5'") }, purge: "r_archive", held: "id = 5", n: 1,
			after: []string{`ALTER TABLE public.r_archive ALTER name TYPE text COLLATE "C"`},
		},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t, c.tables...)
			if got := f.run(policy("r", retention.ActionArchive)); got.Processed != 40 {
				t.Fatalf("%d rows were archived", got.Processed)
			}
			f.exec(c.before...)
			c.place(f)
			f.exec(c.after...)
			if left, refused := f.purged(c.purge, c.held); left != c.n {
				t.Errorf("%d of %d held copies are left (refused: %t)", left, c.n, refused)
			}
		})
	}
}

func TestAnArchiveThatIsAPartOfAnotherTableIsRefused(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
		`CREATE TABLE public.cold (LIKE public.r, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer) PARTITION BY RANGE (id)`,
		`CREATE TABLE public.r_archive PARTITION OF public.cold DEFAULT`)
	f.wantRefusal(policy("r", retention.ActionArchive), "archive.table", "is a partition")
}

// An archive that is a partition with the whole table's key is judged by it.
func TestAPartitionThatWasAnArchiveIsJudgedByTheKeyOfTheWhole(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`, `INSERT INTO public.r SELECT n, 'r' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`)
	f.run(policy("r", retention.ActionArchive))
	f.hold(table("r"), retention.Key{"3"}, retention.Key{"17"})
	f.exec(`CREATE TABLE public.cold (LIKE public.r_archive, PRIMARY KEY (id, holdfast_run)) PARTITION BY HASH (id)`, `ALTER TABLE public.cold ATTACH PARTITION public.r_archive FOR VALUES WITH (MODULUS 1, REMAINDER 0)`)
	if left, refused := f.purged("cold", "id IN (3, 17)"); left != 2 || refused {
		t.Errorf("%d of 2 held copies are left, refused: %t", left, refused)
	}
	if n := f.count(`SELECT count(*) FROM public.cold`); n != 2 {
		t.Errorf("%d rows are left, want the held ones", n)
	}
}
