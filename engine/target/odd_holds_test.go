package target

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// Of every table of examples/odd.sql, by the number of its rows: what ids, a condition and a
// record with what belongs to it cover. 25 is not due.
var (
	oddIDs       = []int{8, 25}
	oddCondition = 9
	oddFamily    = 10
)

// oddKin are further rows that stay on a table that refers to itself: those that belong to the
// record; with their own reference gone the ones to which a held row refers; and with their
// reference, which the others lose, those that are not due and refer to one of these.
var oddKin = map[string]struct{ held, blocked, refer []int }{
	"shop.employee": {held: []int{20, 21}, blocked: []int{4, 5, 12}, refer: []int{24}},
}

// TestHeldRowsOfEveryOddityAreLeftAsTheyAre carries out the policies of the test before once
// more, on a copy each: with the whole table held, then with some of its rows held by ids, by a
// condition and as what belongs to a record, and then with no hold any more. The first changes
// nothing, the second what the third leaves but for the held rows, which are as they were.
func TestHeldRowsOfEveryOddityAreLeftAsTheyAre(t *testing.T) {
	for i, c := range oddCases {
		if c.refused != "" {
			continue
		}
		t.Run(fmt.Sprintf("%d %s", i, strings.Trim(c.table, `"`)), func(t *testing.T) {
			t.Parallel()
			f := oddFixture(t)
			p := policy("", retention.ActionDelete)
			p.Table, p.TimestampColumn, p.BatchSize = oddName(c.table), c.column, 7
			if c.change != nil {
				c.change(&p)
			}
			f.oddHeldWhole(c, p)
			f.oddHeldInPart(c, p)
		})
	}
}

// oddHeldWhole runs the policy while its table is held.
func (f *fixture) oddHeldWhole(c oddCase, p retention.Policy) {
	f.Helper()
	before := f.sums()
	hold := f.hold(p.Table)
	got := f.run(p)
	if due := c.processed + c.blocked + total(c.skipped); got.Processed != 0 || got.Held != due {
		f.Errorf("the whole table is held: %d processed and %d held, want all %d held", got.Processed, got.Held, due)
	}
	f.unchangedBut(before, triggeredBy(p))
	f.endHold(hold)
}

// oddHeldInPart runs it while some rows are held, and once more without a hold.
func (f *fixture) oddHeldInPart(c oddCase, p retention.Policy) {
	f.Helper()
	before, tables := f.sums(), p.Cascade
	if !slices.Contains(tables, p.Table) {
		tables = append([]retention.TableName{p.Table}, tables...)
	}
	was, with, after := map[string][]oddRow{}, map[string][]oddRow{}, map[string][]oddRow{}
	for _, table := range tables {
		was[table.String()] = f.oddRows(table)
	}
	kin := oddKin[c.table]
	held := slices.Concat(oddIDs, []int{oddCondition, oddFamily}, kin.held)
	holds := f.oddHolds(p.Table)
	first := f.run(p)
	f.unchangedBut(before, slices.Concat(triggeredBy(p), tables, slices.Collect(maps.Values(p.Archives()))))
	for _, table := range tables {
		with[table.String()] = f.oddRows(table)
	}
	for _, id := range holds {
		f.endHold(id)
	}
	second := f.run(p)
	for _, table := range tables {
		name := table.String()
		after[name] = f.oddRows(table)
		if got, want := with[name], expectedWith(was[name], after[name], append(held, kin.refer...), kin.blocked); !slices.Equal(got, want) {
			f.Errorf("with rows of %s held it has\n%v\nwant\n%v", name, got, want)
		}
	}
	due := int64(0)
	for _, r := range was[p.Table.String()] {
		if c.processed > 0 && r.no <= 20 && slices.Contains(held, r.no) {
			due++
		}
	}
	if blocked := c.blocked + int64(len(kin.blocked)); first.Held != due || first.Blocked != blocked || first.SkippedTotal() != total(c.skipped) {
		f.Errorf("%d held, %d blocked, %v skipped; want %d, %d, %v", first.Held, first.Blocked, first.Skipped, due, blocked, c.skipped)
	}
	if want := c.processed - due - int64(len(kin.blocked)); first.Processed != want || second.Processed != c.processed-want {
		f.Errorf("%d processed, and %d without the holds; want %d and %d", first.Processed, second.Processed, want, c.processed-want)
	}
}

// oddHolds places the holds, by ids where the table has a key.
func (f *fixture) oddHolds(table retention.TableName) (holds []string) {
	f.Helper()
	t, err := f.target.Table(f.Context(), table)
	if err != nil {
		f.Fatal(err)
	}
	no := f.oddNumber(table)
	if t.Key == nil {
		for _, n := range append(slices.Clone(oddIDs), oddFamily) {
			holds = append(holds, f.holdFitting(table, fmt.Sprintf("%s = %d", no, n)))
		}
	} else {
		var parts []string
		for _, c := range t.KeyColumns() {
			parts = append(parts, retention.QuoteIdent(c.Name)+"::text")
		}
		key := func(n int) retention.Key {
			return pgtest.Value[[]string](f.T, f.url, fmt.Sprintf(`SELECT ARRAY[%s] FROM %s WHERE %s = %d`, strings.Join(parts, ", "), table.SQL(), no, n))
		}
		holds = append(holds, f.hold(table, key(oddIDs[0]), key(oddIDs[1])), f.holdFamily(table, 0, key(oddFamily)))
	}
	return append(holds, f.holdFitting(table, fmt.Sprintf("%s = %d", no, oddCondition)))
}

func (f *fixture) endHold(id string) {
	f.Helper()
	if _, _, err := f.target.EndHold(f.Context(), id); err != nil {
		f.Fatal(err)
	}
}

func triggeredBy(p retention.Policy) (tables []retention.TableName) {
	for table := range p.Triggers {
		tables = append(tables, table)
	}
	return tables
}

// unchangedBut checks that no table is other than it was but these, and new ones.
func (f *fixture) unchangedBut(before map[string]string, may []retention.TableName) {
	f.Helper()
	for table, sum := range f.sums() {
		if was, ok := before[table]; ok && was != sum && !slices.ContainsFunc(may, func(n retention.TableName) bool { return n.String() == table }) {
			f.Errorf("%s was changed", table)
		}
	}
}

// oddRow is a row by its number. A trigger sets the time of some when they are anonymized,
// which is apart.
type oddRow struct {
	no          int
	text, moved string
}

// oddNumber is the column that numbers a table's rows.
func (f *fixture) oddNumber(table retention.TableName) string {
	f.Helper()
	t, err := f.target.Table(f.Context(), table)
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"no", "Order", "id"} {
		if _, ok := t.Column(name); ok {
			return retention.QuoteIdent(name)
		}
	}
	f.Fatalf("%s has no numbers", table)
	return ""
}

func (f *fixture) oddRows(table retention.TableName) (out []oddRow) {
	f.Helper()
	rows, err := f.target.pool.Query(f.Context(), fmt.Sprintf(`SELECT %s, (to_jsonb(t) - 'updated_at')::text, coalesce(to_jsonb(t) ->> 'updated_at', '') FROM %s AS t ORDER BY 1, 2`, f.oddNumber(table), table.SQL()))
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r oddRow
		if err := rows.Scan(&r.no, &r.text, &r.moved); err != nil {
			f.Fatal(err)
		}
		out = append(out, r)
	}
	if rows.Err() != nil {
		f.Fatal(rows.Err())
	}
	return out
}

// expectedWith is what is left of a table while some of its rows are held: what is left
// without the holds, some rows as they were, and those that wait for held ones, which refer to
// nothing any more.
func expectedWith(was, after []oddRow, same, blocked []int) (out []oddRow) {
	kept := slices.Concat(same, blocked)
	for _, r := range after {
		if !slices.Contains(kept, r.no) {
			out = append(out, r)
		}
	}
	for _, r := range was {
		switch {
		case slices.Contains(same, r.no):
			out = append(out, r)
		case slices.Contains(blocked, r.no):
			r.text = bossless.ReplaceAllString(r.text, `"boss": null`)
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b oddRow) int { return cmp.Or(cmp.Compare(a.no, b.no), strings.Compare(a.text, b.text)) })
	return out
}

var bossless = regexp.MustCompile(`"boss": \d+`)
