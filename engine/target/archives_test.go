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
			func(f *fixture) { f.hold(table("r"), retention.Key{"3"}) }, "no index on those columns"},
		"a column less": {`CREATE TABLE public.r_archive (id bigint, created_at timestamptz, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer)`,
			func(f *fixture) { f.holdFitting(table("r"), "name = 'r3'") }, "by a condition"},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`, c.archive,
				`INSERT INTO public.r_archive (id, created_at) SELECT n, now() - interval '100 days' FROM generate_series(1, 40) AS n`)
			if err := f.target.NoteArchives(t.Context(), []retention.Policy{policy("r", retention.ActionArchive)}); err != nil {
				t.Fatal(err)
			}
			c.place(f)
			_, err := f.target.Simulate(t.Context(), disposeOf("r_archive"), nil)
			refusal, ok := errors.AsType[*retention.Refusal](err)
			if !ok || !strings.Contains(refusal.Reason, c.words) {
				t.Errorf("got %v, want a refusal: %s", err, c.words)
			}
		})
	}
}
