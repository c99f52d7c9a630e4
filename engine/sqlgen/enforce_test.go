package sqlgen_test

import (
	"strings"
	"testing"

	"holdfast/engine/condition"
	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
)

// enforcing is a table under two holds, one of which refuses.
func enforcing(t *testing.T, conditions ...string) sqlgen.Enforcing {
	t.Helper()
	cols := []plan.Column{bigint("id"), bigint("customer"), {Num: 3, Name: "note", Type: "text", BaseType: "text", BaseSQL: "text", TypeSQL: "text"}}
	cols[0].EqSchema, cols[0].NotNull = "pg_catalog", true
	for i := range 2 {
		cols[i].BaseType, cols[i].BaseSQL = "int8", "bigint"
	}
	tbl := &plan.Table{OID: 4711, Name: table("Shop", "Order's"), Kind: plan.KindTable, Columns: cols, Key: &plan.Key{Columns: []string{"id"}, Primary: true}}
	ids := plan.HeldRows{Sets: []plan.HeldSet{{ID: 9, HoldNos: []int32{1}, Hash: true}}}
	fitting := plan.HeldRows{}
	for i, text := range conditions {
		c, err := condition.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		fitting.Conditions = append(fitting.Conditions, plan.HeldCondition{HoldID: "B", HoldNo: 2, Cond: c, Fold: i == 0})
	}
	all := ids
	all.Conditions = fitting.Conditions
	e := sqlgen.Enforcing{Table: tbl, Held: all, Holds: []sqlgen.EnforcingHold{{ID: "6f6de8de-fabd-44bb-9705-044b57f7ccf9", Refuse: true, Held: ids}}}
	if len(conditions) > 0 {
		e.Holds = append(e.Holds, sqlgen.EnforcingHold{ID: "e9203bf2-cec0-4a8b-a65d-107c48ee0936", Held: fitting})
	}
	return e
}

func TestWhatEnforcesHoldsIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	all := func(name string, e sqlgen.Enforcing) { g.add(name, strings.Join(e.Functions(), ";\n")) }
	all("ids", enforcing(t))
	all("ids and conditions", enforcing(t, "customer = 7", "note LIKE '50 %'"))
	collated := enforcing(t, "note = '$holdfast$'")
	collated.Table.Columns[2].Collation = `public."de"`
	all("a condition on a column with a collation", collated)
	none := enforcing(t)
	none.Holds, none.Held = nil, plan.HeldRows{}
	all("none", none)
	on, f := table("Shop", "Order's"), sqlgen.EnforceFunction(4711)
	g.add("triggers", strings.Join([]string{
		sqlgen.CreateEnforceTrigger(on, f, false), sqlgen.CreateEnforceTrigger(on, sqlgen.EnforceTruncate(4711), true), sqlgen.EnableEnforceTrigger(on, f), sqlgen.DropEnforceTrigger(on, f), sqlgen.IdleFunction(f),
	}, ";\n"))
	g.check(t, "enforce")
}

// A condition that says what ends the text of a function must not end it.
func TestAConditionCannotEndTheTextOfAFunction(t *testing.T) {
	e := enforcing(t, "note = '$holdfast$ LANGUAGE sql; DROP TABLE x; $holdfast_$'")
	e.Table.Columns[2].Collation = `public."de"`
	for _, text := range e.Functions() {
		_, rest, _ := strings.Cut(text, "\nAS ")
		tag, body, _ := strings.Cut(rest, "\n")
		if strings.Count(body, tag) != 1 || !strings.HasSuffix(body, "END\n"+tag) {
			t.Errorf("%s ends the text before its end:\n%s", tag, text)
		}
	}
}
