package realdata

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// sum is how many rows a table has and the sum of their hashes, in whatever order. Sums
// of disjoint sets of rows may be added.
type sum struct {
	Rows int64
	Hash string
}

// sums are the application's tables as tools/counts.sh of the data sees them; the tables
// that archive policies make are not.
func (b *bench) sums() map[string]sum {
	b.t.Helper()
	rows, err := b.conn.Query(b.t.Context(), `
		SELECT n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname)
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public' AND c.relname NOT LIKE '%\_archive'`)
	if err != nil {
		b.t.Fatal(err)
	}
	tables := map[string]string{}
	var name, sql string
	if _, err := pgx.ForEachRow(rows, []any{&name, &sql}, func() error { tables[name] = sql; return nil }); err != nil {
		b.t.Fatal(err)
	}
	out := map[string]sum{}
	for name, table := range tables {
		out[name] = b.sum(table, "true")
	}
	return out
}

// sum is that of the rows of a table, or of a sub-select, for which a condition is true.
func (b *bench) sum(from, where string) sum {
	b.t.Helper()
	var s sum
	sql := fmt.Sprintf(`SELECT count(*), coalesce(sum(hashtextextended(x::text, 0)::numeric), 0)::text FROM %s AS x WHERE %s`, from, where)
	if err := b.conn.QueryRow(b.t.Context(), sql).Scan(&s.Rows, &s.Hash); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// counted reads counts.txt.
func counted(t testing.TB, database string) map[string]sum {
	t.Helper()
	out := map[string]sum{}
	for _, line := range lines(t, database, "counts.txt") {
		var name string
		var s sum
		if _, err := fmt.Sscan(line, &name, &s.Rows, &s.Hash); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out[name] = s
	}
	return out
}

func lines(t testing.TB, database, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dataDir(t), database, file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// databases are those that there are.
func databases() []string { return []string{"pagila", "chinook"} }

func TestWhatIsLoadedIsWhatWasCounted(t *testing.T) {
	for _, database := range databases() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(counted(t, database), newBench(t, database).sums()); diff != "" {
				t.Errorf("the tables are not those of counts.txt (-counts.txt +loaded):\n%s", diff)
			}
		})
	}
}

// wantSame fails if the tables are not as they were, but for those named.
func wantSame(t testing.TB, what string, want, got map[string]sum, but ...string) {
	t.Helper()
	for _, name := range but {
		s, ok := got[name]
		if !ok {
			t.Errorf("%s: there is no table %s", what, name)
		}
		want = with(want, name, s)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func with(sums map[string]sum, name string, s sum) map[string]sum {
	out := map[string]sum{name: s}
	for k, v := range sums {
		if k != name {
			out[k] = v
		}
	}
	return out
}

// wantAccounted compares a run's figures with the rows that are gone, and the journal with
// the figures.
func (h *house) wantAccounted(run retention.Run, before, after map[string]sum) {
	h.t.Helper()
	want, got := map[string]int64{}, map[string]int64{}
	for name, was := range before {
		if gone := was.Rows - after[name].Rows; gone != 0 {
			want[name] = gone
		}
	}
	for _, p := range run.Policies {
		if p.Action.Removes() && p.Processed > 0 {
			got[p.Table.Schema+"."+p.Table.Name] += p.Processed
		}
		for table, e := range p.Effects {
			if e.Deleted > 0 {
				name := tableName(h.t, table)
				got[name.Schema+"."+name.Name] += e.Deleted
			}
		}
		h.wantJournal(run, p)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("rows gone, and what the run says (-gone +said):\n%s", diff)
	}
}

// wantJournal compares one policy's figures with its journal and the digests in it.
func (h *house) wantJournal(run retention.Run, p retention.PolicyResult) {
	h.t.Helper()
	var processed, held, blocked, affected, digests int64
	err := h.conn.QueryRow(h.t.Context(), `
		SELECT coalesce(sum(processed), 0)::bigint, coalesce(sum(held), 0)::bigint, coalesce(sum(blocked), 0)::bigint,
		       coalesce(sum((SELECT sum(coalesce((e.value ->> 'deleted')::bigint, 0) + coalesce((e.value ->> 'updated')::bigint, 0)) FROM jsonb_each(effects) AS e)), 0)::bigint,
		       coalesce(sum(length(digests)), 0)::bigint / 32
		FROM holdfast_guard.journal WHERE run_id = $1 AND policy = $2`, run.ID, p.Policy).Scan(&processed, &held, &blocked, &affected, &digests)
	if err != nil {
		h.t.Fatal(err)
	}
	var effects int64
	for _, e := range p.Effects {
		effects += e.Deleted + e.Updated
	}
	// A table that refers to itself is walked in passes, each of which counts what it leaves.
	if h.refersToItself(p.Table) && held >= p.Held && blocked >= p.Blocked {
		held, blocked = p.Held, p.Blocked
	}
	if processed != p.Processed || held != p.Held || blocked != p.Blocked || affected != effects {
		h.t.Errorf("%s: the journal has %d, %d held, %d blocked, %d beside; the run says %d, %d, %d, %d", p.Policy,
			processed, held, blocked, affected, p.Processed, p.Held, p.Blocked, effects)
	}
	if digests != processed+affected && !strings.HasSuffix(p.Policy, "_counts") {
		h.t.Errorf("%s: %d digests for %d records", p.Policy, digests, processed+affected)
	}
}

func (h *house) refersToItself(table retention.TableName) bool {
	h.t.Helper()
	return value[bool](h.bench, `SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = confrelid AND conrelid = $1::text::regclass)`, table.String())
}
