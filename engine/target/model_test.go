package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"holdfast/retention"
)

// A world is a random schema with rows, holds and a policy. TestRunsDoWhatAModelSays
// carries the policy out and compares what is left, and what the evidence says, with a
// model that knows nothing of batches, locks or statements. HOLDFAST_MODEL_WORLDS is how
// many it looks at, HOLDFAST_MODEL_SEED the first.
type world struct {
	tables []worldTable
	refs   []worldRef
	rows   [][]worldRow
	holds  []worldHold
	action retention.Action
	batch  int
	audit  bool
	// condition is the policy's, one of worldConditions.
	condition int
	// subject is the table of the policy in hand; then has, in their order, those that come after
	// it in the same world.
	subject int
	then    []worldPolicy
}

// worldPolicy is a further policy of a world.
type worldPolicy struct {
	table     int
	action    retention.Action
	condition int
}

// worldTable is a table T<n>; its key is one of worldKeys.
type worldTable struct {
	key         int
	partitioned bool
	index       bool
}

// worldKeys are a key's columns and how the n-th row's is written.
var worldKeys = []struct {
	columns, types []string
	value          func(n int) []string
}{
	{[]string{"id"}, []string{"bigint"}, func(n int) []string { return []string{strconv.Itoa(n)} }},
	{[]string{"id"}, []string{"text"}, func(n int) []string { return []string{fmt.Sprintf("k'%d \"x", n)} }},
	{[]string{"id", "Part"}, []string{"integer", "varchar(8)"}, func(n int) []string { return []string{strconv.Itoa(n / 2), fmt.Sprintf("p%d", n%2)} }},
	{[]string{"id"}, []string{"uuid"}, func(n int) []string { return []string{fmt.Sprintf("00000000-0000-4000-8000-%012d", n)} }},
	{[]string{"id"}, []string{"char(8)"}, func(n int) []string { return []string{fmt.Sprintf("k %d", n)} }},
	{[]string{"id"}, []string{"bytea"}, func(n int) []string { return []string{fmt.Sprintf(`\x00%02xff`, n)} }},
	// None at all: two rows have the same.
	{[]string{"id"}, []string{"bigint"}, func(n int) []string { return []string{strconv.Itoa(n / 2)} }},
}

// noKey is the last kind, which is none.
const noKey = 6

// firstKeys is how many kinds were tried first; see drawKeys.
const firstKeys = 4

// worldRef is a foreign key from child to parent.
type worldRef struct {
	child, parent int
	action        string
}

func (r worldRef) blocks() bool { return r.action != "CASCADE" && r.action != "SET NULL" }

// worldRow has its age in days (nil for no timestamp) and for each foreign key of its
// table the row that it refers to, -1 for none.
// kind is what conditions ask for, -1 for NULL.
type worldRow struct {
	age  int
	kind int
	refs map[int]int
	// What policies have done to it: it is gone, it went into an archive, its name is redacted.
	gone, archived, redacted bool
}

type worldHold struct {
	table     int
	rows      []int // none for the whole table, or what fits the condition
	condition int   // one of worldConditions
	family    bool  // what belongs to the rows too
	depth     int   // over how many foreign keys, 0 for any number
}

// worldConditions are on a row's kind; the first is none at all. NULL fits nothing that
// compares it.
var worldConditions = []struct {
	sql  string
	fits func(kind int) bool
}{
	{"", func(int) bool { return true }},
	{"kind = 1", func(kind int) bool { return kind == 1 }},
	{"kind = 2", func(kind int) bool { return kind == 2 }},
	{"kind > 1", func(kind int) bool { return kind > 1 }},
	{"kind <> 1", func(kind int) bool { return kind >= 0 && kind != 1 }},
	{"kind IS NULL", func(kind int) bool { return kind < 0 }},
	{"NOT (kind = 0 OR kind = 3)", func(kind int) bool { return kind == 1 || kind == 2 }},
}

var worlds = rapid.Custom(func(t *rapid.T) world {
	w := world{action: rapid.SampledFrom([]retention.Action{retention.ActionDelete, retention.ActionDelete, retention.ActionDelete, retention.ActionArchive, retention.ActionAnonymize}).Draw(t, "action"),
		batch: rapid.SampledFrom([]int{1, 2, 3, 7, 1000}).Draw(t, "batch"), audit: rapid.Bool().Draw(t, "audit")}
	n := rapid.IntRange(1, 4).Draw(t, "tables")
	for range n {
		w.tables = append(w.tables, worldTable{key: rapid.IntRange(0, firstKeys-1).Draw(t, "key"), partitioned: rapid.IntRange(0, 3).Draw(t, "partitioned") == 0, index: rapid.Bool().Draw(t, "index")})
	}
	for range rapid.IntRange(0, 5).Draw(t, "refs") {
		w.refs = append(w.refs, worldRef{rapid.IntRange(0, n-1).Draw(t, "child"), rapid.IntRange(0, n-1).Draw(t, "parent"),
			rapid.SampledFrom([]string{"NO ACTION", "RESTRICT", "NO ACTION DEFERRABLE INITIALLY DEFERRED", "CASCADE", "CASCADE", "SET NULL"}).Draw(t, "on delete")})
	}
	sizes := rapid.SliceOfN(rapid.IntRange(1, 20), n, n).Draw(t, "sizes")
	for i := range n {
		var rows []worldRow
		for j := range sizes[i] {
			row := worldRow{age: rapid.SampledFrom([]int{100, 100, 100, 40, 1, -1}).Draw(t, "age"), refs: map[int]int{}}
			for k, r := range w.refs {
				if r.child != i {
					continue
				}
				row.refs[k] = -1
				if to := rapid.IntRange(0, sizes[r.parent]-1).Draw(t, "to"); rapid.IntRange(0, 9).Draw(t, "refers") < 6 && (to != j || r.parent != i) {
					row.refs[k] = to
				}
			}
			rows = append(rows, row)
		}
		w.rows = append(w.rows, rows)
	}
	for range rapid.IntRange(0, 3).Draw(t, "holds") {
		h := worldHold{table: rapid.IntRange(0, n-1).Draw(t, "held table")}
		if rapid.IntRange(0, 9).Draw(t, "whole") > 0 {
			h.rows = rapid.SliceOfNDistinct(rapid.IntRange(0, sizes[h.table]-1), 1, min(3, sizes[h.table]), rapid.ID[int]).Draw(t, "held")
		}
		w.holds = append(w.holds, h)
	}
	w.drawConditions(t)
	for range rapid.IntRange(0, 2).Draw(t, "families") {
		h := worldHold{table: rapid.IntRange(0, n-1).Draw(t, "family's table"), family: true, depth: rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "depth")}
		h.rows = rapid.SliceOfNDistinct(rapid.IntRange(0, sizes[h.table]-1), 1, min(3, sizes[h.table]), rapid.ID[int]).Draw(t, "family of")
		w.holds = append(w.holds, h)
	}
	w.drawKeys(t)
	w.drawKeyless(t)
	w.drawMore(t)
	return w
})

// drawKeyless takes the key from some tables that nothing refers to, and of which no record is
// held by its id.
func (w *world) drawKeyless(t *rapid.T) {
	for i := range w.tables {
		named := slices.ContainsFunc(w.refs, func(r worldRef) bool { return r.parent == i }) ||
			slices.ContainsFunc(w.holds, func(h worldHold) bool { return h.table == i && h.rows != nil })
		if rapid.IntRange(0, 2).Draw(t, "keyless") == 0 && !named {
			w.tables[i].key = noKey
		}
	}
}

// drawMore gives a world more policies, on its other tables.
func (w *world) drawMore(t *rapid.T) {
	for i := range len(w.tables) - 1 {
		if rapid.Bool().Draw(t, "more") {
			w.then = append(w.then, worldPolicy{i + 1, rapid.SampledFrom([]retention.Action{retention.ActionDelete, retention.ActionArchive, retention.ActionAnonymize}).Draw(t, "its action"), rapid.IntRange(0, len(worldConditions)-1).Draw(t, "its condition")})
		}
	}
}

// after is the world after what a policy did, with the next one in hand.
func (w world) after(e expected, next worldPolicy) world {
	for x := range e.gone {
		w.rows[x.table][x.row].gone, w.rows[x.table][x.row].archived = true, w.action == retention.ActionArchive
	}
	for x := range e.roots {
		w.rows[x.table][x.row].redacted = w.rows[x.table][x.row].redacted || e.anonymized
	}
	for x, refs := range e.cleared {
		for k := range refs {
			w.rows[x.table][x.row].refs[k] = -1
		}
	}
	w.subject, w.action, w.condition = next.table, next.action, next.condition
	return w
}

// drawKeys gives some tables a key of a further kind; it comes last, as drawConditions did.
func (w *world) drawKeys(t *rapid.T) {
	for i := range w.tables {
		if kind := rapid.IntRange(firstKeys, 2*noKey).Draw(t, "another key"); kind < noKey {
			w.tables[i].key = kind
		}
	}
}

// drawConditions comes last, so that a seed's world is otherwise what it was.
func (w *world) drawConditions(t *rapid.T) {
	for _, rows := range w.rows {
		for n := range rows {
			rows[n].kind = rapid.IntRange(-1, 3).Draw(t, "kind")
		}
	}
	some := rapid.IntRange(1, len(worldConditions)-1)
	if rapid.Bool().Draw(t, "conditional") {
		w.condition = some.Draw(t, "condition")
	}
	for range rapid.IntRange(0, 2).Draw(t, "holds by condition") {
		w.holds = append(w.holds, worldHold{table: rapid.IntRange(0, len(w.tables)-1).Draw(t, "held table"), condition: some.Draw(t, "held condition")})
	}
}

func worldName(i int) retention.TableName {
	return retention.TableName{Schema: "public", Name: fmt.Sprintf("T%d", i)}
}

func refColumns(w world, k int) []string {
	var out []string
	for c := range worldKeys[w.tables[w.refs[k].parent].key].columns {
		out = append(out, fmt.Sprintf(`"r%d_%d"`, k, c))
	}
	return out
}

func keyColumnsOf(t worldTable) []string {
	var out []string
	for _, c := range worldKeys[t.key].columns {
		out = append(out, retention.QuoteIdent(c))
	}
	return out
}

// build makes the tables, the rows and then the foreign keys.
func (w world) build() (sql []string) {
	for i, t := range w.tables {
		var cols []string
		for c, name := range keyColumnsOf(t) {
			cols = append(cols, name+" "+worldKeys[t.key].types[c])
		}
		cols = append(cols, "name text", "kind integer", "created_at timestamptz")
		for k, r := range w.refs {
			if r.child == i {
				for c, name := range refColumns(w, k) {
					cols = append(cols, name+" "+worldKeys[w.tables[r.parent].key].types[c])
				}
			}
		}
		if t.key != noKey {
			cols = append(cols, "PRIMARY KEY ("+strings.Join(keyColumnsOf(t), ", ")+")")
		}
		table := worldName(i).SQL()
		create := fmt.Sprintf("CREATE TABLE %s (%s)", table, strings.Join(cols, ", "))
		if t.partitioned {
			create += " PARTITION BY HASH (id)"
		}
		sql = append(sql, create)
		if t.partitioned {
			sql = append(sql, fmt.Sprintf("CREATE TABLE public.p%d_0 PARTITION OF %s FOR VALUES WITH (MODULUS 2, REMAINDER 0)", i, table),
				fmt.Sprintf("CREATE TABLE public.p%d_1 PARTITION OF %s FOR VALUES WITH (MODULUS 2, REMAINDER 1)", i, table))
		}
		if t.index {
			sql = append(sql, "CREATE INDEX ON "+table+" (created_at)")
		}
		for n, row := range w.rows[i] {
			sql = append(sql, w.insert(i, n, row))
		}
	}
	for k, r := range w.refs {
		sql = append(sql, fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s ON DELETE %s", worldName(r.child).SQL(), strings.Join(refColumns(w, k), ", "), worldName(r.parent).SQL(), r.action))
	}
	if w.audit {
		sql = append(sql, `CREATE TABLE public.audit (tab text, op text)`,
			`CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.audit VALUES (tg_argv[0], tg_op); RETURN NULL; END $$`)
		for i := range w.tables {
			sql = append(sql, fmt.Sprintf(`CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION public.audit(%s)`, worldName(i).SQL(), "'"+worldName(i).String()+"'"))
		}
	}
	return sql
}

func (w world) insert(i, n int, row worldRow) string {
	cols, values := keyColumnsOf(w.tables[i]), []string{}
	for _, v := range worldKeys[w.tables[i].key].value(n) {
		values = append(values, literal(v))
	}
	cols, values = append(cols, "name", "created_at"), append(values, literal(fmt.Sprintf("row %d", n)), "NULL")
	if row.age >= 0 {
		values[len(values)-1] = fmt.Sprintf("now() - interval '%d days'", row.age)
	}
	if row.kind >= 0 {
		cols, values = append(cols, "kind"), append(values, strconv.Itoa(row.kind))
	}
	for _, k := range slices.Sorted(maps.Keys(row.refs)) {
		if to := row.refs[k]; to >= 0 {
			cols = append(cols, refColumns(w, k)...)
			for _, v := range worldKeys[w.tables[w.refs[k].parent].key].value(to) {
				values = append(values, literal(v))
			}
		}
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", worldName(i).SQL(), strings.Join(cols, ", "), strings.Join(values, ", "))
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// policy is the one in hand, and names whatever foreign keys lead to.
func (w world) policy() retention.Policy {
	p := policy(worldName(w.subject).Name, w.action)
	p.BatchSize, p.Condition = w.batch, worldConditions[w.condition].sql
	if w.action.Removes() {
		removed := map[int]bool{w.subject: true}
		for again := true; again; {
			again = false
			for _, r := range w.refs {
				if !removed[r.parent] || r.blocks() {
					continue
				}
				if name := worldName(r.child); !slices.Contains(p.Cascade, name) {
					p.Cascade, again = append(p.Cascade, name), true
				}
				if r.action == "CASCADE" && !removed[r.child] {
					removed[r.child], again = true, true
				}
			}
		}
	}
	if w.audit {
		p.Triggers = map[retention.TableName]retention.TriggerEffects{{Schema: "public", Name: "audit"}: {Inserted: true}}
	}
	return p
}

// at is a row.
type at struct{ table, row int }

func (w world) held(x at) bool {
	return slices.ContainsFunc(w.holds, func(h worldHold) bool {
		if h.family && w.belongs(h)[x] {
			return true
		}
		return h.table == x.table && (h.rows == nil || slices.Contains(h.rows, x.row)) && worldConditions[h.condition].fits(w.rows[x.table][x.row].kind)
	})
}

// belongs are the rows that belong to those of a hold: that refer to one of them, or to a row
// that belongs to one over fewer foreign keys than its depth.
func (w world) belongs(h worldHold) map[at]bool {
	out, far := map[at]bool{}, map[at]int{}
	for _, n := range h.rows {
		far[at{h.table, n}] = 0
	}
	for again, d := true, 1; again && (h.depth == 0 || d <= h.depth); d++ {
		again = false
		near := maps.Clone(far)
		w.each(func(child, parent at, _ int) {
			if _, is := near[parent]; !is {
				return
			}
			out[child] = true
			if _, is := far[child]; !is {
				far[child], again = d, true
			}
		})
	}
	return out
}

// expected is what a world is to look like afterwards.
type expected struct {
	roots, gone  map[at]bool
	due, dueHeld int64
	cleared      map[at]map[int]bool
	anonymized   bool
}

// model finds the most rows that may go: none of them held, none referred to by a row
// that stays, nor by a held one that would lose its reference. It begins with all that
// are due and takes out what would break a rule until nothing does. A partitioned table is
// worked off partition by partition, again and again: what only goes with a row of another
// partition, around in a circle of references that refuse, stays (docs/policy-reference.md).
func (w world) model(partition func(row int) string) expected {
	e := expected{roots: map[at]bool{}, cleared: map[at]map[int]bool{}, anonymized: w.action == retention.ActionAnonymize}
	for n, row := range w.rows[w.subject] {
		if row.gone || row.age < 30 || e.anonymized && row.redacted || !worldConditions[w.condition].fits(row.kind) {
			continue
		}
		e.due++
		if w.held(at{w.subject, n}) {
			e.dueHeld++
			continue
		}
		e.roots[at{w.subject, n}] = true
	}
	if e.anonymized {
		return e
	}
	due := map[string]map[at]bool{}
	for root := range e.roots {
		p := partition(root.row)
		if due[p] == nil {
			due[p] = map[at]bool{}
		}
		due[p][root] = true
	}
	e.roots = map[at]bool{}
	for again := true; again; {
		again = false
		for _, p := range slices.Sorted(maps.Keys(due)) {
			before := len(e.roots)
			w.freed(e.roots, due[p])
			again = again || len(e.roots) > before
		}
	}
	e.gone = w.closure(e.roots)
	w.each(func(child, parent at, k int) {
		if w.refs[k].action == "SET NULL" && e.gone[parent] && !e.gone[child] {
			if e.cleared[child] == nil {
				e.cleared[child] = map[int]bool{}
			}
			e.cleared[child][k] = true
		}
	})
	return e
}

// freed adds to the rows that are gone those of some more that may go with each other.
func (w world) freed(gone, more map[at]bool) {
	with := maps.Clone(gone)
	maps.Copy(with, more)
	for {
		bad := w.offenders(w.closure(with))
		if len(bad) == 0 {
			maps.Copy(gone, with)
			return
		}
		for root := range with {
			if reached := w.closure(map[at]bool{root: true}); !gone[root] && slices.ContainsFunc(bad, func(x at) bool { return reached[x] }) {
				delete(with, root)
			}
		}
	}
}

// each calls do for every reference of a row to a row.
func (w world) each(do func(child, parent at, k int)) {
	for i, rows := range w.rows {
		for n, row := range rows {
			for k, to := range row.refs {
				if to >= 0 && !row.gone && !w.rows[w.refs[k].parent][to].gone {
					do(at{i, n}, at{w.refs[k].parent, to}, k)
				}
			}
		}
	}
}

// closure are the rows with all that go with them.
func (w world) closure(roots map[at]bool) map[at]bool {
	gone := maps.Clone(roots)
	for again := true; again; {
		again = false
		w.each(func(child, parent at, k int) {
			if w.refs[k].action == "CASCADE" && gone[parent] && !gone[child] {
				gone[child], again = true, true
			}
		})
	}
	return gone
}

// offenders are the rows that may not go if these do.
func (w world) offenders(gone map[at]bool) (bad []at) {
	for x := range gone {
		if w.held(x) {
			bad = append(bad, x)
		}
	}
	w.each(func(child, parent at, k int) {
		if gone[parent] && !gone[child] && (w.refs[k].blocks() || w.refs[k].action == "SET NULL" && w.held(child)) {
			bad = append(bad, parent)
		}
	})
	return bad
}

// rowText is a row as the model says it is left.
func (w world) rowText(e expected, x at) string {
	row, name := w.rows[x.table][x.row], fmt.Sprintf("row %d", x.row)
	if row.redacted || e.anonymized && e.roots[x] {
		name = retention.DefaultRedaction
	}
	parts := append(worldKeys[w.tables[x.table].key].value(x.row), name)
	for _, k := range slices.Sorted(maps.Keys(row.refs)) {
		parent := w.tables[w.refs[k].parent]
		if to := row.refs[k]; to >= 0 && !e.cleared[x][k] {
			parts = append(parts, worldKeys[parent.key].value(to)...)
		} else {
			parts = append(parts, slices.Repeat([]string{"-"}, len(worldKeys[parent.key].columns))...)
		}
	}
	return strings.Join(parts, "|")
}

// left are the rows of a table as they are now.
func (f *fixture) left(w world, i int) []string {
	f.Helper()
	var cols []string
	for _, c := range append(keyColumnsOf(w.tables[i]), "name") {
		cols = append(cols, c+"::text")
	}
	for k, r := range w.refs {
		if r.child == i {
			for _, c := range refColumns(w, k) {
				cols = append(cols, "coalesce("+c+"::text, '-')")
			}
		}
	}
	return f.texts(fmt.Sprintf("SELECT concat_ws('|', %s) FROM %s", strings.Join(cols, ", "), worldName(i).SQL()))
}

func (w world) wantLeft(e expected, i int) []string {
	out := []string{}
	for n := range w.rows[i] {
		if x := (at{i, n}); !e.gone[x] && !w.rows[i][n].gone {
			out = append(out, w.rowText(e, x))
		}
	}
	return slices.Sorted(slices.Values(out))
}

func worldSetting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func TestRunsDoWhatAModelSays(t *testing.T) {
	first, n := worldSetting("HOLDFAST_MODEL_SEED", 13), worldSetting("HOLDFAST_MODEL_WORLDS", 12)
	var compared, more, keyless atomic.Int64
	t.Cleanup(func() {
		if int(compared.Load()) < n/2 {
			t.Errorf("only %d of %d worlds were compared; the policies of the others were refused", compared.Load(), n)
		}
		t.Logf("%d worlds were compared, and %d policies after the first, %d of tables without a key", compared.Load(), more.Load(), keyless.Load())
		if n >= 12 && (more.Load() < 3 || keyless.Load() == 0) {
			t.Errorf("too few to show anything")
		}
	})
	for seed := first; seed < first+n; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			w := worlds.Example(seed)
			f := newFixture(t, w.build()...)
			f.place(w)
			p := w.policy()
			if err := f.target.CheckPolicy(context.Background(), p); err != nil {
				if _, refused := errors.AsType[*retention.Refusal](err); !refused {
					t.Fatalf("%+v: %v", w, err)
				}
				t.Skipf("refused: %v", err)
			}
			compared.Add(1)
			if w.tables[0].key == noKey {
				keyless.Add(1)
			}
			f.foreseen(w)
			e := f.compare(w, p)
			for _, next := range w.then {
				w = w.after(e, next)
				p := w.policy()
				if err := f.target.CheckPolicy(context.Background(), p); err != nil {
					if _, refused := errors.AsType[*retention.Refusal](err); !refused {
						t.Fatalf("%+v: %v", w, err)
					}
					e = expected{}
					continue
				}
				more.Add(1)
				if w.tables[next.table].key == noKey {
					keyless.Add(1)
				}
				e = f.compare(w, p)
			}
		})
	}
}

// place puts a world's holds in force.
func (f *fixture) place(w world) {
	f.Helper()
	for _, h := range w.holds {
		if h.condition > 0 {
			f.holdFitting(worldName(h.table), worldConditions[h.condition].sql)
			continue
		}
		var ids []retention.Key
		for _, n := range h.rows {
			ids = append(ids, worldKeys[w.tables[h.table].key].value(n))
		}
		if h.family {
			f.holdFamily(worldName(h.table), h.depth, ids...)
			continue
		}
		f.hold(worldName(h.table), ids...)
	}
}

// compare carries a world's policy out and compares it with the model, which it answers.
func (f *fixture) compare(w world, p retention.Policy) expected {
	f.Helper()
	e := w.model(f.partitionsOf(w))
	got := f.run(p)
	// A row that is due and goes with another one by a foreign key of its own table is
	// counted with that one.
	gone := got.Processed + got.Effects[p.Table.String()].Deleted
	want := int64(len(e.roots))
	for x := range e.gone {
		if x.table == w.subject && !e.roots[x] {
			want++
		}
	}
	if w.batch < 1000 && gone < want {
		// Rows that block each other in a circle go in one step or not at all.
		p.BatchSize = 1000
		last := f.run(p)
		gone += last.Processed + last.Effects[p.Table.String()].Deleted
		got.Held, got.Blocked = last.Held, last.Blocked
	}
	if blocked := e.due - e.dueHeld - int64(len(e.roots)); gone != want || got.Held != e.dueHeld || got.Blocked != blocked || len(got.Errors) > 0 {
		f.Errorf("%d went, %d were held, %d blocked (errors %q); the model says %d, %d, %d", gone, got.Held, got.Blocked, got.Errors, want, e.dueHeld, blocked)
	}
	for i := range w.tables {
		if got, want := f.left(w, i), w.wantLeft(e, i); !slices.Equal(got, want) {
			f.Errorf("%s has %q, the model says %q", worldName(i), got, want)
		}
	}
	if w.action == retention.ActionArchive {
		f.archived(w, e)
	}
	if w.audit {
		f.conserved(w)
	}
	if f.Failed() {
		f.Logf("%+v", w)
	}
	return e
}

// partitionsOf tells in which partition a row of the first table is; one name for all of a
// plain table.
func (f *fixture) partitionsOf(w world) func(row int) string {
	f.Helper()
	at := map[string]string{}
	var key []string
	for _, c := range keyColumnsOf(w.tables[w.subject]) {
		key = append(key, c+"::text")
	}
	for _, line := range f.texts(fmt.Sprintf("SELECT concat_ws('|', tableoid::regclass, %s) FROM %s", strings.Join(key, ", "), worldName(w.subject).SQL())) {
		partition, id, _ := strings.Cut(line, "|")
		at[id] = partition
	}
	return func(row int) string { return at[strings.Join(worldKeys[w.tables[w.subject].key].value(row), "|")] }
}

// archived compares what is in the archives with what has left, table by table.
func (f *fixture) archived(w world, e expected) {
	f.Helper()
	for i := range w.tables {
		want := []string{}
		for n, row := range w.rows[i] {
			if !row.archived && !e.gone[at{i, n}] {
				continue
			}
			name := fmt.Sprintf("row %d", n)
			if row.redacted {
				name = retention.DefaultRedaction
			}
			want = append(want, strings.Join(worldKeys[w.tables[i].key].value(n), "|")+"|"+name)
		}
		slices.Sort(want)
		name := retention.TableName{Schema: "public", Name: worldName(i).Name + "_archive"}
		if f.count(`SELECT count(*) FROM pg_catalog.pg_class WHERE relname = '`+name.Name+`'`) == 0 {
			if len(want) > 0 {
				f.Errorf("%d rows left %s, and there is no archive", len(want), worldName(i))
			}
			continue
		}
		var cols []string
		for _, c := range append(keyColumnsOf(w.tables[i]), "name") {
			cols = append(cols, c+"::text")
		}
		got := f.texts(fmt.Sprintf("SELECT concat_ws('|', %s) FROM %s", strings.Join(cols, ", "), name.SQL()))
		if !slices.Equal(got, want) {
			f.Errorf("%s has %q, the model says %q", name, got, want)
		}
		run := f.count(`SELECT count(*) FROM ` + name.SQL() + ` WHERE holdfast_policy = 'p' AND holdfast_policy_version = 1 AND holdfast_run IS NOT NULL AND holdfast_archived_at IS NOT NULL`)
		if run != int64(len(want)) {
			f.Errorf("%s: %d of %d rows say which policy and run archived them", name, run, len(want))
		}
	}
}

func (f *fixture) texts(sql string) []string {
	f.Helper()
	rows, err := f.target.pool.Query(f.Context(), sql)
	if err != nil {
		f.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		f.Fatal(err)
	}
	return slices.Sorted(slices.Values(out))
}

// conserved compares what a trigger on every table saw with the evidence, table by table.
func (f *fixture) conserved(w world) {
	f.Helper()
	for i := range w.tables {
		name := worldName(i).String()
		for op, effect := range map[string]string{"INSERT": "inserted", "UPDATE": "updated", "DELETE": "deleted"} {
			seen := f.count(fmt.Sprintf(`SELECT count(*) FROM public.audit WHERE tab = '%s' AND op = '%s'`, name, op))
			said := f.count(fmt.Sprintf(`SELECT coalesce(sum((effects -> '%s' ->> '%s')::bigint), 0)::bigint FROM holdfast_guard.journal`, name, effect))
			if op != "INSERT" {
				said += f.count(fmt.Sprintf(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal WHERE table_name = '%s' AND (action = 'anonymize') = (%t)`, worldName(i).Name, op == "UPDATE"))
			}
			if seen != said {
				f.Errorf("%s: a trigger saw %d rows %s, the evidence says %d", name, seen, effect, said)
			}
		}
	}
}
