package realdata

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// answer is a line of truth.tsv: what a plain DELETE of the rows before a cutoff does.
type answer struct {
	table, column, cutoff, max, result string
	matching                           int64
	deleted                            map[string]int64
}

func answers(t testing.TB, database string) []answer {
	t.Helper()
	var out []answer
	for i, line := range lines(t, database, "truth.tsv") {
		f := strings.Split(line, "\t")
		if i == 0 {
			if want := "table column type rows nulls infinite min max cutoff matching result deleted updated inserted"; strings.Join(f, " ") != want {
				t.Fatalf("truth.tsv has the columns %v", f)
			}
			continue
		}
		a := answer{table: f[0], column: f[1], max: f[7], cutoff: f[8], result: f[10]}
		var err error
		if a.matching, err = strconv.ParseInt(f[9], 10, 64); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(f[11]), &a.deleted); err != nil {
			t.Fatal(err)
		}
		if f[12] != "{}" || f[13] != "{}" {
			t.Fatalf("%s.%s changes or inserts rows too: compare that here", a.table, a.column)
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		t.Fatal("truth.tsv has no answers")
	}
	return out
}

// sql is the table's name in SQL; the sheet has it without quotes.
func (a answer) sql() string { return pgx.Identifier(strings.SplitN(a.table, ".", 2)).Sanitize() }

// asOf is when the rows before a time of the sheet are due under policy.
func asOf(t testing.TB, cutoff string) time.Time { return instant(t, cutoff).Add(24 * time.Hour) }

// policy is the one whose cutoff is a day before the instant of the run.
func (a answer) policy(t testing.TB) retention.Policy {
	name := strings.ToLower(strings.ReplaceAll(a.table+"_"+a.column, ".", "_"))
	return deleting(t, name, a.sql(), a.column)
}

// deleting is a policy that deletes a day after a column's time.
func deleting(t testing.TB, name, table, column string) retention.Policy {
	t.Helper()
	return retention.Policy{Name: name, Table: tableName(t, table), TimestampColumn: column, RetentionPeriod: retention.Period{Days: 1},
		Action: retention.ActionDelete, LegalBasis: "a test's", Enabled: true}
}

// before is the condition for rows that are due by the sheet's cutoff.
func (a answer) before(cutoff string) string {
	return fmt.Sprintf("x.%s < '%s'", pgx.Identifier{a.column}.Sanitize(), cutoff)
}

func TestARunDeletesWhatTheAnswerSheetSays(t *testing.T) {
	for _, database := range databases() {
		for _, a := range answers(t, database) {
			if a.matching == 0 {
				continue // together, below
			}
			t.Run(a.table+" by "+a.column, func(t *testing.T) {
				t.Parallel()
				if a.result == "ok" {
					deletesAsSQL(t, database, a)
				} else {
					deletesWhatSQLWouldNotRefuse(t, database, a)
				}
			})
		}
	}
}

// deletesAsSQL: the rows that the sheet names go, and the database is as after a DELETE.
func deletesAsSQL(t *testing.T, database string, a answer) {
	h, twin := newHouse(t, database), newBench(t, database)
	h.policies(a.policy(t))
	before := h.sums()
	parts := map[string]int64{}
	for part := range a.deleted {
		parts[part] = h.count(`SELECT count(*) FROM ` + part)
	}
	at := asOf(t, a.cutoff)
	dry, run := h.dryRun(at), h.run(at)
	if d, r := dry.Policies[0], run.Policies[0]; d.Processed != a.matching || r.Processed != a.matching || r.Blocked+r.Held+r.SkippedTotal() != 0 {
		t.Errorf("processed %d (dry run %d), %+v, want %d and nothing left", r.Processed, d.Processed, r.Counts, a.matching)
	}
	for part, n := range parts {
		parts[part] = n - h.count(`SELECT count(*) FROM `+part)
	}
	if diff := cmp.Diff(a.deleted, parts); diff != "" {
		t.Errorf("rows gone by relation (-sheet +run):\n%s", diff)
	}
	if n := twin.exec(fmt.Sprintf(`DELETE FROM %s AS x WHERE %s`, a.sql(), a.before(a.cutoff))); n != a.matching {
		t.Errorf("a plain DELETE takes %d rows, the sheet says %d", n, a.matching)
	}
	after := h.sums()
	h.wantAccounted(run, before, after)
	wantSame(t, "the database after the run is not that after a plain DELETE", twin.sums(), after)
}

// deletesWhatSQLWouldNotRefuse: where a DELETE fails as a whole, the run takes the rows
// to which nothing refers that stays.
func deletesWhatSQLWouldNotRefuse(t *testing.T, database string, a answer) {
	h, twin := newHouse(t, database), newBench(t, database)
	sql := fmt.Sprintf(`DELETE FROM %s AS x WHERE %s`, a.sql(), a.before(a.cutoff))
	a.wantRefusedBySQL(twin, sql)
	h.policies(a.policy(t))
	before := h.sums()
	at := asOf(t, a.cutoff)
	dry, run := h.dryRun(at), h.run(at)
	free := removeFree(twin, due{a.sql(), a.before(a.cutoff)})
	got, said := run.Policies[0], dry.Policies[0]
	if free == 0 && database == "pagila" {
		t.Error("there is nothing that could go; the case shows little")
	}
	if got.Processed != free || got.Blocked != a.matching-free || got.Held+got.SkippedTotal() != 0 {
		t.Errorf("got %+v, want %d processed and %d blocked", got.Counts, free, a.matching-free)
	}
	if said.Processed != got.Processed || said.Blocked != got.Blocked {
		t.Errorf("the dry run said %d and %d blocked, the run %d and %d", said.Processed, said.Blocked, got.Processed, got.Blocked)
	}
	wantBlockedBy(h, got, due{a.sql(), a.before(a.cutoff)})
	after := h.sums()
	h.wantAccounted(run, before, after)
	wantSame(t, "the database after the run is not that after the DELETE of what is free", twin.sums(), after)
}

// wantRefusedBySQL makes sure that the sheet's error is this server's.
func (a answer) wantRefusedBySQL(b *bench, sql string) {
	b.t.Helper()
	_, err := b.conn.Exec(b.t.Context(), sql)
	got := fmt.Sprint(err)
	if pg, ok := asPgError(err); ok {
		got = pg.Code + " " + pg.ConstraintName + " on " + pg.TableName
	}
	if got != a.result {
		b.t.Errorf("a plain DELETE: %s, the sheet says %s", got, a.result)
	}
}

func TestWhereNothingIsBeforeTheCutoffNothingGoes(t *testing.T) {
	t.Parallel()
	for _, database := range databases() {
		none := slices.DeleteFunc(answers(t, database), func(a answer) bool { return a.matching > 0 })
		if len(none) == 0 {
			continue
		}
		h := newHouse(t, database)
		for _, a := range none {
			h.policies(a.policy(t))
			run := h.run(asOf(t, a.cutoff), a.policy(t).Name)
			if got := run.Policies[0]; got.Passed() != 0 {
				t.Errorf("%s by %s: %+v, want nothing", a.table, a.column, got.Counts)
			}
		}
		if diff := cmp.Diff(counted(t, database), h.sums()); diff != "" {
			t.Errorf("%s (-counts.txt +after):\n%s", database, diff)
		}
	}
}

// TestAMicrosecondAfterTheLastRowAllAreDue goes through the sheet again with every row
// of each table due, one policy after the other in one database, so that what the first
// leave free the later ones may take.
func TestAMicrosecondAfterTheLastRowAllAreDue(t *testing.T) {
	t.Parallel()
	h, twin := newHouse(t, "pagila"), newBench(t, "pagila")
	before := h.sums()
	for _, a := range answers(t, "pagila") {
		if a.table == "public.rental" && a.column != "last_update" {
			continue // the same rows again
		}
		h.policies(a.policy(t))
		at := asOf(t, a.max).Add(time.Microsecond)
		if a.column == "create_date" {
			at = at.Add(24 * time.Hour) // the day is due when all of it is older
		}
		run := h.run(at, a.policy(t).Name)
		h.retire(a.policy(t).Name)
		all := due{a.sql(), "true"}
		free := removeFree(twin, all)
		got := run.Policies[0]
		if got.Processed != free || got.Blocked != h.count(`SELECT count(*) FROM `+a.sql()) || got.Held+got.SkippedTotal() != 0 {
			t.Errorf("%s by %s: got %+v, want %d processed and the others blocked", a.table, a.column, got.Counts, free)
		}
		wantBlockedBy(h, got, all)
		after := h.sums()
		h.wantAccounted(run, before, after)
		wantSame(t, a.table+" by "+a.column, twin.sums(), after)
		before = after
	}
}
