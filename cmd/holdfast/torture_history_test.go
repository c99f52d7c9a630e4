package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// change is one changed row, as the write-ahead log has it. Its columns are read when they
// are asked for: most are not.
type change struct {
	table, op, columns string
}

// old and new are the row before and after; nil where the log has none.
func (c change) old() map[string]string {
	before, _, both := strings.Cut(c.columns, "new-tuple:")
	if c.op == "INSERT" || c.op == "UPDATE" && !both {
		return nil
	}
	return readColumns(before)
}

func (c change) new() map[string]string {
	_, after, both := strings.Cut(c.columns, "new-tuple:")
	switch {
	case c.op == "UPDATE" && both:
		return readColumns(after)
	case c.op == "INSERT" || c.op == "UPDATE":
		return readColumns(c.columns)
	}
	return nil
}

// transaction is one that committed.
type transaction struct {
	xid     string
	at      time.Time
	changes []change
}

// history is what happened in the governed database, in the order of commits: decoded
// from the server's own log, which knows nothing of ours.
type history []transaction

const slot = "torture"

// followLog has the server keep its log from now on.
func followLog(t *testing.T, url string) {
	t.Helper()
	pgtest.Exec(t, url, `SELECT pg_create_logical_replication_slot('`+slot+`', 'test_decoding')`)
}

func readHistory(t *testing.T, url string) (h history) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `SELECT xid::text, data FROM pg_logical_slot_get_changes('`+slot+`', NULL, NULL, 'include-xids', '0', 'include-timestamp', '1', 'skip-empty-xacts', '1')`)
	if err != nil {
		t.Fatal(err)
	}
	var xid, data string
	_, err = pgx.ForEachRow(rows, []any{&xid, &data}, func() error {
		switch {
		case data == "BEGIN":
			h = append(h, transaction{xid: xid})
		case strings.HasPrefix(data, "COMMIT"):
			h[len(h)-1].at = logTime(strings.TrimSuffix(strings.TrimPrefix(data, "COMMIT (at "), ")"))
		default:
			line, isChange := strings.CutPrefix(data, "table ")
			part := strings.SplitN(line, ": ", 3)
			if !isChange || len(part) != 3 {
				return fmt.Errorf("cannot read %q", data)
			}
			tx := &h[len(h)-1]
			tx.changes = append(tx.changes, change{table: part[0], op: part[1], columns: part[2]})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// readColumns reads name[type]:value, one after the other. The many rows of a round take a
// regular expression a minute under the race detector.
func readColumns(text string) map[string]string {
	out := map[string]string{}
	for {
		name, rest, ok := strings.Cut(text, "[")
		if !ok {
			return out
		}
		_, rest, _ = strings.Cut(rest, "]:")
		var value string
		if value, text = cutValue(rest); text == rest {
			return out
		}
		out[name[strings.LastIndexByte(name, ' ')+1:]] = value // after what heads the old row
	}
}

// cutValue cuts off a value, which is quoted, with doubled quotes inside, or ends at a space.
func cutValue(text string) (value, rest string) {
	quoted, isQuoted := strings.CutPrefix(text, "'")
	if !isQuoted {
		value, rest, _ = strings.Cut(text, " ")
		return value, rest
	}
	end := 0
	for end < len(quoted) {
		next := strings.IndexByte(quoted[end:], '\'')
		if next < 0 {
			end = len(quoted)
			break
		}
		if end += next; !strings.HasPrefix(quoted[end:], "''") {
			break
		}
		end += 2
	}
	return strings.ReplaceAll(quoted[:end], "''", "'"), quoted[min(end+1, len(quoted)):]
}

// has returns the rows that a transaction changed in a table.
func (tx transaction) has(table, op string) (out []change) {
	for _, c := range tx.changes {
		if c.table == table && c.op == op {
			out = append(out, c)
		}
	}
	return out
}

// journalRow is what the journal says of one batch.
type journalRow struct {
	Run       string
	Policy    string
	Action    string
	Table     string
	Processed int64
	Held      int64
	Skipped   map[string]int64
	Effects   map[string]retention.TableEffect
	Digests   []byte
	Epoch     int64
	Began     time.Time
}

// judge goes through the history and says what breaks a promise: of ours is what shares
// a transaction with a row of the journal, of the application what shares one with its
// mark; nothing else may change a governed row.
type judge struct {
	t       *testing.T
	journal map[string]journalRow
	gov     *target.Target
	// holds are those that the guard ever had, by their number there.
	holds map[string]*guardHold
	// active are those of them that are in force.
	active []*guardHold
	sets   map[string]string
	epoch  int64
	// kin are the rows of the families, by table and id, and lists what was sent to holds that
	// wait for it, by hold.
	kin   map[string]map[string]relative
	lists map[string]list
	// stored are the scopes of the holds as the store has them in the end, and asked what was to
	// fall out of a hold.
	stored map[string][]storedScope
	asked  map[string]*narrowing
	// done are the batches that there were.
	done []doneBatch

	// kept counts the old versions that holds have preserved, fell the scopes that fell out of one.
	batches, ours, theirs, kept, fell int
	faults                            []string
}

// judgeHistory answers what is wrong with it; nothing if all promises were kept.
func judgeHistory(r *torture, h history) *judge {
	t, url := r.t, r.governed
	t.Helper()
	gov, err := target.Open(t.Context(), url, target.Options{Secret: []byte(strings.Repeat("s", 40))})
	if err != nil {
		t.Fatal(err)
	}
	defer gov.Close()
	j := &judge{t: t, gov: gov, journal: readJournal(t, url), holds: map[string]*guardHold{}, sets: map[string]string{}, kin: map[string]map[string]relative{}, lists: r.lists, stored: r.readScopes(), asked: r.asked}
	for _, tx := range h {
		j.guard(tx)
		j.heard(tx)
		j.transaction(tx)
		j.followFamilies(tx)
	}
	if j.batches != len(j.journal) {
		j.fault("the journal has %d rows and the log %d", len(j.journal), j.batches)
	}
	return j
}

func readJournal(t *testing.T, url string) map[string]journalRow {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `SELECT id::text, run_id::text, policy, action, schema_name || '.' || table_name, processed, held, skipped, effects, digests, guard_epoch, begun_at FROM holdfast_guard.journal`)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]journalRow{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (id string, err error) {
		var r journalRow
		err = row.Scan(&id, &r.Run, &r.Policy, &r.Action, &r.Table, &r.Processed, &r.Held, &r.Skipped, &r.Effects, &r.Digests, &r.Epoch, &r.Began)
		out[id] = r
		return id, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const maxFaults = 20

func (j *judge) fault(format string, args ...any) {
	if len(j.faults) < maxFaults {
		j.faults = append(j.faults, fmt.Sprintf(format, args...))
	}
}

// governed are the tables that nobody but the application and a batch may change.
var governed = []string{"public.acc", "public.item", "public.claim", "public.person", "public.log", "public.plain", "public.ev", memoTable, "public.tiny",
	"public.client", "public.deal", "public.paper", "public.post"}

// rootOf is the table that a partition belongs to, and what a renamed one was called when
// it was held; the log has each by its name of the moment.
func rootOf(table string) string {
	switch {
	case strings.HasPrefix(table, "public.ev_"):
		return "public.ev"
	case table == renamedMemo:
		return memoTable
	}
	return table
}

func (j *judge) transaction(tx transaction) {
	batches := tx.has("holdfast_guard.journal", "INSERT")
	applications := len(tx.has("public.app_mark", "INSERT")) > 0
	changed := map[string][]change{}
	for _, c := range tx.changes {
		if table := rootOf(c.table); slices.Contains(governed, table) && c.op != "INSERT" {
			changed[table] = append(changed[table], c)
		}
		if c.op == "TRUNCATE" && !strings.HasPrefix(c.table, "holdfast") {
			j.fault("transaction %s truncates %s", tx.xid, c.table)
		}
	}
	switch {
	case len(batches) == 0 && len(changed) > 0 && !applications:
		j.fault("transaction %s changes rows of %v without a row in the journal", tx.xid, tables(changed))
	case len(batches) > 0 && applications:
		j.fault("transaction %s is the application's and has a row in the journal", tx.xid)
	case len(batches) > 1:
		j.fault("transaction %s has %d rows in the journal", tx.xid, len(batches))
	case applications:
		j.theirs++
		j.application(tx, changed)
	case len(batches) == 1:
		j.batches++
		j.batch(tx, batches[0].new()["id"], changed)
	}
}

func tables(changed map[string][]change) (names []string) {
	for t := range changed {
		names = append(names, t)
	}
	slices.Sort(names)
	return names
}

// batch compares one batch with its row of the journal.
func (j *judge) batch(tx transaction, id string, changed map[string][]change) {
	row, ok := j.journal[id]
	if !ok {
		j.fault("batch %s is in the log and not in the journal", id)
		return
	}
	if row.Epoch != j.epoch {
		j.fault("batch %s was judged by the holds of epoch %d and committed under those of %d", id, row.Epoch, j.epoch)
	}
	if len(tx.has("holdfast_guard.progress", "UPDATE")) != 1 {
		j.fault("batch %s does not have its progress in its transaction", id)
	}
	var digests [][]byte
	for table, list := range changed {
		want := row.Effects[table]
		if table == row.Table {
			if row.Action == "anonymize" {
				want.Updated += row.Processed
			} else {
				want.Deleted += row.Processed
			}
		}
		got := retention.TableEffect{}
		for _, c := range list {
			j.ours++
			old := c.old()
			key := old["id"]
			j.countDisposed(table, key)
			for _, h := range j.covering(table, c, old, row.Began) {
				j.fault("batch %s (%s): %s of the row %s of %s (%s), which hold %s covers", id, row.Action, c.op, key, c.table, c.columns, h.id)
			}
			if c.op == "UPDATE" {
				got.Updated++
			} else {
				got.Deleted++
			}
			name, err := retention.ParseTableName(table)
			if err != nil {
				j.t.Fatal(err)
			}
			digests = append(digests, j.gov.Digest(name, retention.Key{key}))
		}
		if got != want {
			j.fault("batch %s: in %s the log has %+v and the journal %+v", id, table, got, want)
		}
	}
	j.note(row, changed)
	j.compareDigests(id, row, digests)
	if n := int64(len(tx.has("public.trail", "INSERT"))); n != row.Effects["public.trail"].Inserted || row.Table == "public.log" && n != row.Processed {
		j.fault("batch %s: the trigger wrote %d rows, and the journal says %d for %d", id, n, row.Effects["public.trail"].Inserted, row.Processed)
	}
	if n := int64(len(tx.has("public.log_archive", "INSERT"))); row.Action == "archive" && n != row.Processed {
		j.fault("batch %s archived %d rows and the journal says %d", id, n, row.Processed)
	}
}

func (j *judge) compareDigests(id string, row journalRow, want [][]byte) {
	var got [][]byte
	for d := range slices.Chunk(row.Digests, 32) {
		got = append(got, d)
	}
	slices.SortFunc(got, bytes.Compare)
	slices.SortFunc(want, bytes.Compare)
	if !slices.EqualFunc(got, want, bytes.Equal) {
		j.fault("batch %s has %d digests, and not those of the %d rows that the log has", id, len(got), len(want))
	}
}
