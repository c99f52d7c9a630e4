package sqlgen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// outcome is what became of a step's rows.
type outcome struct{ changed, undone, held, kept int64 }

// run runs the destructive statement of a step as a batch does.
func run(t *testing.T, tx pgx.Tx, g *sqlgen.Printer, m mode, r sqlgen.Range, keyColumns int) outcome {
	t.Helper()
	s := destructive(g, r)
	if g.Plain() {
		var out outcome
		tag, err := tx.Exec(t.Context(), s.SQL, asPlanned(s)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, render(s))
		}
		out.changed, out.held = tag.RowsAffected(), count(t, tx, g.HeldLeft(r))
		return out
	}
	var out outcome
	into := []any{&out.changed, &out.undone}
	if m.is(modeArchive) {
		into = append(into, &out.kept)
	}
	var bytes int64
	if m.tells() {
		into = append(into, &bytes)
	}
	digests := make([]any, keyColumns)
	for i := range digests {
		into = append(into, &digests[i])
	}
	if err := tx.QueryRow(t.Context(), s.SQL, asPlanned(s)...).Scan(into...); err != nil {
		t.Fatalf("%v\n%s", err, render(s))
	}
	out.held = count(t, tx, g.HeldLeft(r))
	for i, d := range digests {
		if got, ok := d.([]any); !ok || int64(len(got)) != out.changed {
			t.Fatalf("key column %d came back for %d of %d rows\n%s", i, len(got), out.changed, s.SQL)
		}
	}
	if told := out.changed - out.undone; m.tells() && (bytes > 0) != (told > 0) {
		t.Fatalf("%d events are said to have %d bytes\n%s", told, bytes, s.SQL)
	}
	return out
}

// heldSQL tells of a row whether it is held, by a join written by hand.
func (s shape) heldSQL(h hold) string {
	in := func(set int32, nos string) string {
		var on []string
		for i, c := range s.table.KeyColumns() {
			on = append(on, fmt.Sprintf("h.k%d = t.%s", i+1, retention.QuoteIdent(c.Name)))
		}
		return fmt.Sprintf("EXISTS (SELECT FROM holdfast_guard.held_%d h WHERE %s AND h.hold_no IN (%s))", set, strings.Join(on, " AND "), nos)
	}
	switch h {
	case holdHashed, holdProbed:
		return in(s.set, "1, 2")
	case holdTwo:
		return "(" + in(s.set, "1, 2") + " OR " + in(s.set+1, "4") + ")"
	case holdAll:
		return "true"
	case holdFitting:
		return "coalesce(t." + strings.Join(s.conditions(), " OR t.") + ", false)"
	}
	return "false"
}

func TestEveryStatementChangesWhatIsDueAndNotHeldAndNothingElse(t *testing.T) {
	conn := connect(t, shapesDatabase(t))
	eachStatement(t, func(name string, _ sqlgen.Statement, g *sqlgen.Printer, m mode, sh shape, h hold, st step) {
		if !m.is(modeDelete) && (h == holdHashed || h == holdProbed) && st.name == "open slice" {
			return // Nothing new, and time is short.
		}
		at := retention.QuoteIdent(sh.at)
		from := " FROM " + sh.table.Name.SQL() + " AS t WHERE "
		// TIDs are locked before they are judged: they may be of rows that are not due.
		due := fmt.Sprintf(st.sql, at) + fmt.Sprintf(" AND t.%s < '2024-01-04 00:00Z' AND isfinite(t.%[1]s)", at)
		rolledBack(t, conn, func(tx pgx.Tx) {
			wantDue := number(t, tx, "SELECT count(*)"+from+due)
			want := outcome{held: number(t, tx, "SELECT count(*)"+from+due+" AND "+sh.heldSQL(h))}
			want.changed = wantDue - want.held
			if m.is(modeArchive) {
				want.kept = want.changed
			}
			if wantDue == 0 || h != holdNone && st.name != "tids" && st.name != "tie block" && want.held == 0 {
				t.Fatalf("%s: %d rows are due, %d of them held: the case shows nothing", name, wantDue, want.held)
			}
			if got := count(t, tx, g.Remaining(st.r)); got != want.changed {
				t.Errorf("%s: Remaining counts %d, want %d", name, got, want.changed)
			}
			if g.SeenFirst() {
				seenAlike(t, tx, name, g, m, st.r, keysOf(sh, m), want)
			}
			if got := run(t, tx, g, m, st.r, keysOf(sh, m)); got != want {
				t.Errorf("%s: got %+v, want %+v", name, got, want)
			}
			left := int64(rows)
			if !m.is(modeAnonymize) {
				left -= want.changed
			}
			if got := number(t, tx, "SELECT count(*)"+from+"true"); got != left {
				t.Errorf("%s: %d rows are left, want %d", name, got, left)
			}
			wantTold := int64(0)
			if m.tells() {
				wantTold = want.changed
			}
			if got := number(t, tx, `SELECT coalesce(sum(count), 0) FROM holdfast_guard.outbox WHERE cardinality(keys) = 2 * count AND cardinality(included) = jsonb_array_length(columns) * count`); got != wantTold {
				t.Errorf("%s: others are told of %d rows, want %d", name, got, wantTold)
			}
			changed := fmt.Sprintf("SELECT count(*)%st.%s = '[ANONYMIZED]' AND t.note IS NULL", from, retention.QuoteIdent(sh.email))
			if got := number(t, tx, changed); m.is(modeAnonymize) && got != want.changed {
				t.Errorf("%s: %d rows are anonymized, want %d", name, got, want.changed)
			}
			if got := number(t, tx, "SELECT count(*) FROM "+archiveOf(sh).SQL()); got != want.kept {
				t.Errorf("%s: the archive has %d rows, want %d", name, got, want.kept)
			}
			if got := number(t, tx, "SELECT count(*)"+from+due+" AND "+sh.heldSQL(h)); !m.is(modeAnonymize) && got != want.held {
				t.Errorf("%s: %d held rows are left, want %d", name, got, want.held)
			}
			if m.is(modeAnonymize) && st.name == "tids" {
				return // The rows have new addresses.
			}
			if got := count(t, tx, g.Remaining(st.r)); got != 0 {
				t.Errorf("%s: Remaining counts %d afterwards, want 0", name, got)
			}
		})
	})
}

// seenAlike reads and deletes by two statements what run does by one, and takes it back. Rows
// that are too fresh it leaves, and tells.
func seenAlike(t *testing.T, tx pgx.Tx, name string, g *sqlgen.Printer, m mode, r sqlgen.Range, keyColumns int, want outcome) {
	t.Helper()
	const oldestOfAll = 3 // the first transaction there can be
	now := uint32(number(t, tx, `SELECT pg_current_xact_id()::text::bigint % 4294967296`))
	for _, oldest := range []uint32{now, oldestOfAll} {
		sp, err := tx.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s := g.Seen(r, oldest, runMeta)
		var free, fresh, held, bytes int64
		var tids []pgtype.TID
		into := []any{&free, &fresh}
		if want.held > 0 || strings.Contains(s.SQL, "array_agg(at)") {
			into = append(into, &held, &tids)
		}
		if m.tells() {
			into = append(into, &bytes)
		}
		digests := make([]any, keyColumns)
		for i := range digests {
			into = append(into, &digests[i])
		}
		if err := sp.QueryRow(t.Context(), s.SQL, asPlanned(s)...).Scan(into...); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, render(s))
		}
		var heldAt any
		if len(tids) > 0 {
			heldAt = tids
		}
		s = g.DeleteSeen(r, oldest, heldAt)
		tag, err := sp.Exec(t.Context(), s.SQL, asPlanned(s)...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, render(s))
		}
		wantFree, wantFresh := want.changed, int64(0)
		if oldest == oldestOfAll {
			wantFree, wantFresh = 0, want.changed
		}
		if free != wantFree || tag.RowsAffected() != wantFree || fresh != wantFresh || held != want.held {
			t.Errorf("%s: saw %d free, %d fresh and %d held, and deleted %d; want %d, %d, %d", name, free, fresh, held, tag.RowsAffected(), wantFree, wantFresh, want.held)
		}
		for i, d := range digests {
			if got, ok := d.([]any); !ok || int64(len(got)) != free {
				t.Errorf("%s: key column %d came for %d of %d rows", name, i, len(got), free)
			}
		}
		if m.tells() && (bytes > 0) != (free > 0) {
			t.Errorf("%s: %d events are said to have %d bytes", name, free, bytes)
		}
		if err := sp.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func keysOf(sh shape, m mode) int {
	if sh.table.Key == nil || m.is(modeCounts) {
		return 0
	}
	return len(sh.table.Key.Columns)
}

func TestLockAnswersTheAddressesOfWhatIsToBeChanged(t *testing.T) {
	url := shapesDatabase(t)
	conn, other := connect(t, url), connect(t, url)
	addresses := func(tx pgx.Tx, s sqlgen.Statement) []string {
		found, err := tx.Query(t.Context(), s.SQL, asPlanned(s)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, render(s))
		}
		tids, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%v\n%s", err, render(s))
		}
		return tids
	}
	for _, m := range modes {
		for _, sh := range shapes() {
			g, r := sh.printer(t, m, holdAll), stepNamed("slice")
			if sh.can(holdTwo) {
				g = sh.printer(t, m, holdTwo)
			}
			if sh.table.Key == nil {
				g = sh.printer(t, m, holdNone)
			}
			rolledBack(t, conn, func(tx pgx.Tx) {
				tids := addresses(tx, g.Lock(r, false))
				want := count(t, tx, g.Remaining(r))
				if int64(len(tids)) != want || want == 0 {
					t.Errorf("%s, %s key: locked %d rows, want the %d that remain", m, sh.name, len(tids), want)
				}
				rolledBack(t, other, func(tx pgx.Tx) {
					if got := addresses(tx, g.Lock(r, true)); len(got) != 0 {
						t.Errorf("%s, %s key: another one locks %d rows as well, want it to skip them", m, sh.name, len(got))
					}
				})
				if got := run(t, tx, g, m, sqlgen.Range{TIDs: tids}, keysOf(sh, m)); got.changed != want {
					t.Errorf("%s, %s key: changed %d rows by address, want %d", m, sh.name, got.changed, want)
				}
			})
		}
	}
}

// timedTable makes a table whose timestamp column counts time in one way.
func timedTable(kind plan.TimeKind) (ddl, value string) {
	typ, value := string(kind), "v.at::"+string(kind)
	switch kind {
	case plan.TimeSeconds:
		typ, value = "integer", "extract(epoch FROM v.at::timestamptz)::integer"
	case plan.TimeMilliseconds:
		typ, value = "bigint", "(extract(epoch FROM v.at::timestamptz) * 1000)::bigint"
	}
	return fmt.Sprintf("CREATE TABLE public.events (id bigint PRIMARY KEY, at %s, email text, phone varchar(60), born date, note text)", typ), value
}

func TestEveryKindOfTimestampIsWalkedFromItsFirstToTheCutoff(t *testing.T) {
	for _, kind := range timeKinds {
		t.Run(string(kind), func(t *testing.T) {
			g, _ := timed(t, kind, holdNone, "")
			mark := func(n int) any {
				switch kind {
				case plan.TimeSeconds:
					return day(n).Unix()
				case plan.TimeMilliseconds:
					return day(n).UnixMilli()
				}
				return day(n)
			}
			ddl, value := timedTable(kind)
			// Two rows each on the 1st to the 5th, one without a time.
			ddl += "; INSERT INTO events (id, at) SELECT v.n, " + value + " FROM (SELECT n, '2024-01-0' || 1 + n / 2 AS at FROM generate_series(0, 9) AS n) AS v; INSERT INTO events VALUES (100, NULL)"
			infinite := int64(0)
			if kind != plan.TimeSeconds && kind != plan.TimeMilliseconds {
				ddl, infinite = ddl+"; INSERT INTO events VALUES (101, 'infinity'), (102, '-infinity')", 2
			}
			url := shapelessDatabase(t, ddl)
			conn := connect(t, url)
			same := func(what string, s sqlgen.Statement, want any) {
				t.Helper()
				sql := fmt.Sprintf("SELECT v.got IS NOT DISTINCT FROM v.want, v::text FROM (SELECT (SELECT at FROM (%s) AS s(at)) AS got, $%d::%s AS want) AS v", s.SQL, len(s.Args)+1, sqlType(kind))
				var ok bool
				var text string
				if err := conn.QueryRow(t.Context(), sql, append(asPlanned(s), want)...).Scan(&ok, &text); err != nil || !ok {
					t.Errorf("%s: got and want are %s, %v", what, text, err)
				}
			}
			same("the first", g.First(nil), mark(1))
			same("the end of a slice of two", g.SliceEnd(mark(1), 2), mark(2))
			same("the end of a slice of one", g.SliceEnd(mark(1), 1), mark(1))
			same("the end of a slice of six", g.SliceEnd(mark(1), 6), nil)
			same("what follows a tie", g.AfterTie(mark(2)), mark(3))
			same("what follows the last tie", g.AfterTie(mark(3)), nil)
			var n int64
			var first, last string
			s := g.TieSpan(mark(2))
			if err := conn.QueryRow(t.Context(), s.SQL, asPlanned(s)...).Scan(&n, &first, &last); err != nil || n != 2 || first != "(0,3)" || last != "(0,4)" {
				t.Errorf("the tie of the 2nd has %d rows from %s to %s (%v), want 2 from (0,3) to (0,4)", n, first, last, err)
			}
			s = g.TieSpan(mark(9))
			if err := conn.QueryRow(t.Context(), s.SQL, asPlanned(s)...).Scan(&n, &first, &last); err != nil || n != 0 || first != "(0,0)" || last != "(0,0)" {
				t.Errorf("the tie of the 9th has %d rows from %s to %s (%v), want none", n, first, last, err)
			}
			if got := count(t, conn, g.Remaining(sqlgen.Range{Slice: &sqlgen.Slice{Lo: mark(2)}})); got != 4 {
				t.Errorf("%d rows remain from the 2nd to the cutoff, want 4", got)
			}
			if got := count(t, conn, g.Remaining(sqlgen.Range{Slice: &sqlgen.Slice{Lo: mark(1), Hi: mark(3)}})); got != 4 {
				t.Errorf("%d rows remain from the 1st to the 3rd, want 4", got)
			}
			if got := count(t, conn, g.Remaining(sqlgen.Range{Block: &sqlgen.Block{From: 0, To: 1}})); got != 6 {
				t.Errorf("%d rows remain in block 0, want 6", got)
			}
			if got := count(t, conn, g.Remaining(sqlgen.Range{Block: &sqlgen.Block{From: 0, To: 1, Tie: mark(3)}})); got != 2 {
				t.Errorf("%d rows remain of the 3rd in block 0, want 2", got)
			}
			var nulls, infinities int64
			s = g.NeverDue()
			if err := conn.QueryRow(t.Context(), s.SQL, asPlanned(s)...).Scan(&nulls, &infinities); err != nil || nulls != 1 || infinities != infinite {
				t.Errorf("%d rows without a time and %d infinite ones (%v), want 1 and %d", nulls, infinities, err, infinite)
			}
			checkSimulation(t, conn, g, kind)
		})
	}
}

func sqlType(kind plan.TimeKind) string { return plan.TimeColumn{Kind: kind}.SQLType() }

func checkSimulation(t *testing.T, q querier, g *sqlgen.Printer, kind plan.TimeKind) {
	t.Helper()
	var month, oldest string
	var due, held int64
	var blocker *int
	s := g.Simulate()
	sql := "SELECT a, b, c, d, (e AT TIME ZONE 'UTC')::text FROM (" + s.SQL + ") AS s(a, b, c, d, e)"
	err := q.QueryRow(t.Context(), sql, asPlanned(s)...).Scan(&month, &blocker, &due, &held, &oldest)
	if err != nil || month != "2024-01" || due != 6 || held != 0 || oldest != "2024-01-01 00:00:00" {
		t.Errorf("simulated %s: %d due, %d held, oldest %s (%v); want 2024-01: 6, 0, 2024-01-01 00:00:00", month, due, held, oldest, err)
	}
	s = g.Oldest(sqlgen.Range{Block: &sqlgen.Block{To: 1}})
	err = q.QueryRow(t.Context(), "SELECT (d AT TIME ZONE 'UTC')::text FROM ("+s.SQL+") AS s(own, d, address)", asPlanned(s)...).Scan(&oldest)
	want := "2024-01-01 00:00:00"
	if kind == plan.TimeDate {
		want = "2024-01-01 23:59:59.999999"
	}
	if err != nil || oldest != want {
		t.Errorf("the oldest due row is of %s (%v), want %s", oldest, err, want)
	}
}
