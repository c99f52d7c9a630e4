package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// child is a table with one foreign key to a parent's id.
func child(oid uint32, name, parent string, onDelete plan.FKAction, change ...func(*plan.Table)) *plan.Table {
	t := &plan.Table{
		OID: oid, Name: public(name), Kind: plan.KindTable,
		Columns: []plan.Column{column(1, "id", "bigint"), column(2, "ref", "bigint")},
		Key:     &plan.Key{Name: name + "_pkey", Columns: []string{"id"}, Primary: true},
	}
	t.Columns[0].EqSchema, t.Columns[0].NotNull = "pg_catalog", true
	t.Outgoing = []plan.ForeignKey{{
		Name: name + "_fkey", Child: t.Name, ChildOID: oid, ChildCols: []string{"ref"}, Parent: public(parent), ParentCols: []string{"id"},
		Equal: []string{"OPERATOR(pg_catalog.=)"}, OnDelete: onDelete, Sets: []string{"ref"},
	}}
	for _, c := range change {
		c(t)
	}
	return t
}

// referred makes tables refer to the orders, or to each other.
func referred(children ...*plan.Table) func(*plan.Inputs) {
	return func(in *plan.Inputs) {
		in.Related = map[uint32]*plan.Table{}
		for _, c := range children {
			in.Related[c.OID] = c
			for _, fk := range c.Outgoing {
				parent := in.Table
				for _, p := range children {
					if p.Name == fk.Parent {
						parent = p
					}
				}
				parent.Incoming = append(parent.Incoming, fk)
			}
		}
	}
}

func cascading(tables ...string) func(*plan.Inputs) {
	return func(in *plan.Inputs) {
		for _, t := range tables {
			in.Policy.Cascade = append(in.Policy.Cascade, public(t))
		}
	}
}

func toArchive(in *plan.Inputs) { in.Policy.Action = retention.ActionArchive }

// archivesOf has an archive of a child table that is there already.
func archivesOf(name string, change func(*plan.Table)) func(*plan.Inputs) {
	return func(in *plan.Inputs) {
		t := child(50, name, "orders", plan.FKCascade)
		a := &plan.Table{OID: 51, Name: public(name + "_archive"), Kind: plan.KindTable, Columns: append(t.Columns, plan.ArchiveMeta()...)}
		change(a)
		in.Archives = map[retention.TableName]*plan.Table{public(name): a}
	}
}

func TestAnArchivePolicyTakesTheChildrenAlongIntoArchivesOfTheirOwn(t *testing.T) {
	p := build(t, toArchive, referred(child(1, "lines", "orders", plan.FKCascade), child(2, "parts", "orders", plan.FKSetNull)), cascading("lines", "parts"))
	var got []string
	for _, m := range p.Family {
		got = append(got, m.Table.Name.String()+" to "+m.ArchiveTo.String()+" with "+strings.Join(m.ArchiveColumns, ","))
	}
	want := []string{
		"public.orders to public.orders_archive with " + strings.Join(orders().ColumnNames(), ","),
		"public.lines to public.lines_archive with id,ref",
		"public.parts to . with ", // it only loses its reference
	}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || !p.Family[2].ArchiveTo.IsZero() {
		t.Errorf("archived: %q, want %q", got, want)
	}
	named := build(t, toArchive, referred(child(1, "lines", "orders", plan.FKCascade)), cascading("lines"), func(in *plan.Inputs) {
		in.Policy.Archive = &retention.Archive{Table: retention.TableName{Schema: "cold", Name: "kept"}}
	})
	if to := named.Family[1].ArchiveTo.String(); to != "cold.lines_archive" {
		t.Errorf("with an archive that the policy names, lines go to %s", to)
	}
}

func TestAForeignKeyMayReachOnlyWhereThePolicySaysSo(t *testing.T) {
	lines := func() *plan.Table { return child(1, "lines", "orders", plan.FKCascade) }
	parts := func() *plan.Table { return child(2, "parts", "lines", plan.FKSetNull) }
	many := func(c plan.FKAction, change ...func(*plan.Table)) func(*plan.Inputs) {
		return referred(child(1, "lines", "orders", c, change...))
	}
	all := func(change ...func(*plan.Inputs)) []func(*plan.Inputs) { return change }
	never := func(t *plan.Table) { t.Columns[1].NotNull = true }
	checkRefusals(t, []refusal{
		{"a cascade that is not named", all(referred(lines())), "cascade", `foreign key "lines_fkey" would delete rows of public.lines with the rows of public.orders`, `"cascade": ["public.lines"]`},
		{"SET NULL that is not named", all(many(plan.FKSetNull)), "cascade", "would change rows of public.lines", `"cascade": ["public.lines"]`},
		{"SET DEFAULT that is not named", all(many(plan.FKSetDefault)), "cascade", "would change rows of public.lines", `"cascade": ["public.lines"]`},
		{"two levels that are not named", all(referred(lines(), parts())), "cascade", "would delete rows of public.lines", `"cascade": ["public.lines", "public.parts"]`},
		{"a second level that is not named", all(referred(lines(), parts()), cascading("lines")), "cascade", "would change rows of public.parts with the rows of public.lines", `["public.parts"]`},
		{"a table that nothing leads to", all(referred(lines()), cascading("lines", "x")), "cascade[1]", "leads from public.x to public.orders", "those that do are public.lines"},
		{"a table whose rows only block", all(many(plan.FKRestrict), cascading("lines")), "cascade[0]", "leads from public.lines", "leave it out"},
		{"SET NULL onto a column that is never NULL", all(many(plan.FKSetNull, never), cascading("lines")), "cascade[0]", `foreign key "lines_fkey" would set the column "ref" of public.lines to NULL, which is NOT NULL`, `ALTER TABLE "public"."lines" ALTER COLUMN "ref" DROP NOT NULL`},
		{"SET DEFAULT without a default onto such a column", all(many(plan.FKSetDefault, never), cascading("lines")), "cascade[0]", `would set the column "ref" of public.lines to NULL`, "counted as blocked"},
		{"an archive of children that has too many columns", all(toArchive, referred(child(1, "lines", "orders", plan.FKCascade, func(t *plan.Table) {
			for n := range 1600 - len(t.Columns) {
				t.Columns = append(t.Columns, column(int16(n+10), fmt.Sprintf("c%d", n), "smallint"))
			}
		})), cascading("lines")), "cascade", "public.lines has 1600 columns", "delete or anonymize instead"},
		{"its own table that does not refer to itself", all(cascading("orders")), "cascade[0]", "leads from public.orders", "leave it out"},
		{"an archive of children that lacks a column", all(toArchive, referred(lines()), cascading("lines"), archivesOf("lines", func(t *plan.Table) { t.Columns = t.Columns[1:] })), "cascade", "public.lines_archive cannot take the rows of public.lines: column \"id\" is missing", "ALTER TABLE"},
		{"an archive of children that is a view", all(toArchive, referred(lines()), cascading("lines"), archivesOf("lines", func(t *plan.Table) { t.Kind = plan.KindView })), "cascade", "is not a plain table", "name a plain table"},
		{"an archive of children that is the policy's table", all(toArchive, referred(lines()), cascading("lines"), archivesOf("lines", func(t *plan.Table) { t.OID = orders().OID })), "cascade", "one whose rows go along", "name another table"},
		{"clearing a part of a key", all(many(plan.FKSetDefault, func(t *plan.Table) { t.Key.Columns = []string{"id", "ref"} }), cascading("lines")), "cascade", "would change the key of rows of public.lines", "NO ACTION"},
		{"clearing what others refer to", all(many(plan.FKSetNull, func(t *plan.Table) {
			t.Incoming = []plan.ForeignKey{{Name: "y_fkey", Child: public("y"), ParentCols: []string{"ref"}}}
		}), cascading("lines")), "cascade", `columns of public.lines to which "y_fkey" of public.y refers`, "NO ACTION"},
	})
}

func TestAMemberWhoseHoldNobodyCanReadIsHeldAsAWhole(t *testing.T) {
	for what, s := range map[string]plan.HoldScope{
		"its key has changed": {HoldID: "H", HoldNo: 1, RelID: 1, Table: public("lines"), Set: 3, KeyAttnums: []int16{2}, KeyTypes: []uint32{20}},
		"it was replaced":     {HoldID: "H", RelID: 9, Table: public("lines")},
	} {
		got := build(t, referred(child(1, "lines", "orders", plan.FKCascade)), cascading("lines"), held(s))
		if m := got.Family[1]; !m.Holds.All || len(m.Holds.Faults) != 1 {
			t.Errorf("%s: got %+v, want all of it held", what, m.Holds)
		}
	}
}

func TestTheFamilyHasEveryTableThatIsReachedWithItsHolds(t *testing.T) {
	tables := referred(child(1, "lines", "orders", plan.FKCascade), child(2, "parts", "lines", plan.FKSetNull), child(3, "claims", "lines", plan.FKNoAction))
	p := build(t, tables, cascading("lines", "parts"), held(whole(1), plan.HoldScope{HoldID: "L", HoldNo: 2, RelID: 2, Table: public("parts")}))
	var got []string
	for _, m := range p.Family {
		s := m.Table.Name.Name
		if m.Removed {
			s += " removed"
		}
		if m.Holds.All {
			s += " held"
		}
		for _, r := range m.References {
			s += " <" + string(r.Effect) + " " + r.Child.Name
		}
		got = append(got, s)
	}
	want := []string{"orders removed held <removes lines", "lines removed <clears parts <blocks claims", "parts held"}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %q, want %q", got, want)
	}
	if p.InPasses() || !p.Watch {
		t.Errorf("in passes %t, watched %t; want watched, and no passes", p.InPasses(), p.Watch)
	}
}

func TestSetNullOnAColumnThatIsNeverNullBlocks(t *testing.T) {
	notNull := func(t *plan.Table) { t.Columns[1].NotNull = true }
	for what, lines := range map[string]*plan.Table{
		"NOT NULL":                child(1, "lines", "orders", plan.FKSetNull, notNull),
		"a domain that is":        child(1, "lines", "orders", plan.FKSetNull, func(t *plan.Table) { t.Columns[1].DomainNotNull = true }),
		"SET DEFAULT without one": child(1, "lines", "orders", plan.FKSetDefault, notNull),
	} {
		p := build(t, referred(lines))
		if r := p.Family[0].References[0]; r.Effect != plan.EffectBlocks || r.Member != -1 {
			t.Errorf("%s: got %+v, want that it blocks", what, r)
		}
	}
	p := build(t, referred(child(1, "lines", "orders", plan.FKSetDefault, notNull, func(t *plan.Table) { t.Columns[1].HasDefault = true })), cascading("lines"))
	if r := p.Family[0].References[0]; r.Effect != plan.EffectClears {
		t.Errorf("with a default: got %+v, want that it is set", r)
	}
}

func TestOnlyReferencesWithinTheFamilyMakePasses(t *testing.T) {
	own := func(a plan.FKAction) func(*plan.Inputs) {
		return func(in *plan.Inputs) {
			in.Table.Incoming = []plan.ForeignKey{{
				Name: "up_fkey", Child: in.Table.Name, ChildOID: in.Table.OID, ChildCols: []string{"customer_id"}, Parent: in.Table.Name, ParentCols: []string{"id"},
				Equal: []string{"OPERATOR(pg_catalog.=)"}, OnDelete: a, Sets: []string{"customer_id"},
			}}
		}
	}
	if p := build(t, own(plan.FKRestrict)); !p.InPasses() {
		t.Error("a table whose own rows block each other is walked once")
	}
	if p := build(t, own(plan.FKCascade), cascading("orders")); p.InPasses() {
		t.Error("a table whose rows take each other along is walked again")
	}
	if p := build(t, referred(child(1, "lines", "orders", plan.FKNoAction))); p.InPasses() {
		t.Error("a table that others block is walked again")
	}
	if p := build(t); p.Family != nil {
		t.Errorf("a table to which nothing refers has the family %+v", p.Family)
	}
}

func TestRowsThatOthersReferToAreAnonymized(t *testing.T) {
	p := build(t, referred(child(1, "lines", "orders", plan.FKCascade)), anonymize("email", retention.Anonymizer{Method: retention.MethodHash}))
	if p.Family != nil {
		t.Errorf("anonymizing removes nothing, and has the family %+v", p.Family)
	}
}

func TestABatchHasFewRowsWhereManyAreReadForEach(t *testing.T) {
	lines := func(rows int64) *plan.Table {
		return child(1, "lines", "orders", plan.FKRestrict, func(t *plan.Table) { t.EstimatedRows = rows })
	}
	for rows, want := range map[int64]int{-1: 0, 0: 0, 1: 10_000_000, 1_000_000: 10, 9_000_000: 1, 90_000_000: 1} {
		if got := build(t, referred(lines(rows))).MostRows(); got != want {
			t.Errorf("%d rows refer: a batch has at most %d, want %d", rows, got, want)
		}
	}
	says := strings.Join(build(t, referred(lines(1_000_000))).Describe(), " ")
	if want := "a batch has at most 10 rows"; !strings.Contains(says, want) {
		t.Errorf("the plan says %q, want %q", says, want)
	}
	if says := strings.Join(build(t, referred(lines(100))).Describe(), " "); strings.Contains(says, "a batch has at most") {
		t.Errorf("the plan of a few rows says %q", says)
	}
}

// Where PostgreSQL would read very many rows for each one that goes, a policy is not saved.
func TestAForeignKeyOfVeryManyRowsNeedsAnIndex(t *testing.T) {
	for what, c := range map[string]struct {
		rows    int64
		index   []string
		refused bool
	}{
		"many without an index":               {rows: 10_000_000, refused: true},
		"many with one that begins otherwise": {rows: 10_000_000, index: []string{"id", "ref"}, refused: true},
		"many with one":                       {rows: 10_000_000, index: []string{"ref", "id"}},
		"fewer without one":                   {rows: 9_999_999},
	} {
		lines := child(1, "lines", "orders", plan.FKCascade, func(t *plan.Table) {
			t.EstimatedRows = c.rows
			if c.index != nil {
				t.Indexes = []plan.Index{{Name: "i", Btree: true, Valid: true, Columns: c.index}}
			}
		})
		err := build(t, referred(lines), cascading("lines")).Unindexed()
		if !c.refused && err != nil {
			t.Errorf("%s: refused: %v", what, err)
		}
		refusal, ok := errors.AsType[*retention.Refusal](err)
		if c.refused && (!ok || refusal.Field != "table" || !strings.Contains(refusal.Reason, "public.lines, with about 10000000 rows, refers to public.orders by \"ref\" (lines_fkey)") || !strings.Contains(refusal.Remedy, `CREATE INDEX CONCURRENTLY ON "public"."lines" ("ref");`)) {
			t.Errorf("%s: got %v, want it refused with the index that mends it", what, err)
		}
	}
}
