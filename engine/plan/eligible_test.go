package plan_test

import (
	"testing"

	"holdfast/engine/plan"
	"holdfast/retention"
)

func TestOnlyPlainTablesOfTheApplicationAreGoverned(t *testing.T) {
	system := func(schema string) refusal {
		return refusal{"schema " + schema, table(func(t *plan.Table) { t.Name.Schema = schema }), "table", "belongs to PostgreSQL or to Holdfast itself", "a table of your application"}
	}
	checkRefusals(t, []refusal{
		{"a partition", table(func(t *plan.Table) {
			t.IsPartition, t.HasParent, t.Partitions.Root = true, true, public("sales")
		}), "table", "public.orders is a partition of public.sales", "name public.sales"},
		{"a partitioned table with a rule", table(func(t *plan.Table) { t.Kind, t.Rules = plan.KindPartitioned, []string{"r"} }), "table", `rewrite rule "r"`, "trigger"},
		{"a table that inherits", table(func(t *plan.Table) { t.HasParent = true }), "table", "inherits", "a partitioned table"},
		{"a table that is inherited from", table(func(t *plan.Table) { t.HasChildren = true }), "table", "inherited from", "a partitioned table"},
		{"a foreign table", table(func(t *plan.Table) { t.Kind = plan.KindForeign }), "table", "is a foreign table", "the table there"},
		{"a view", table(func(t *plan.Table) { t.Kind = plan.KindView }), "table", "is a view", "the table that it reads"},
		{"a materialized view", table(func(t *plan.Table) { t.Kind = plan.KindMatView }), "table", "is a materialized view", "the table that it reads"},
		{"a sequence", table(func(t *plan.Table) { t.Kind = "S" }), "table", "is not a table", "a plain table"},
		{"a relation of unknown kind", table(func(t *plan.Table) { t.Kind = "" }), "table", "is not a table", "a plain table"},
		{"a temporary table", table(func(t *plan.Table) { t.Temporary = true }), "table", "is a temporary table", "a permanent table"},
		{"a table with a rule", table(func(t *plan.Table) { t.Rules = []string{"keep", "other"} }), "table", `the rewrite rule "keep"`, "replace the rule by a trigger"},
		system("pg_catalog"),
		system("pg_toast"),
		system("pg_temp_3"),
		system("information_schema"),
		system("holdfast"),
		system("holdfast_guard"),
	})
}

func TestSchemasThatOnlyLookLikeSystemSchemasAreTheApplications(t *testing.T) {
	for _, schema := range []string{"public", "pgsales", "Pg_catalog", "holdfast_archive", "Holdfast", "information_schema2"} {
		build(t, func(in *plan.Inputs) { in.Table.Name.Schema, in.Policy.Table.Schema = schema, schema })
	}
}

func TestTheTimestampColumnMustTellATime(t *testing.T) {
	ts := func(name string, unit retention.Unit) []func(*plan.Inputs) {
		return on(func(in *plan.Inputs) { in.Policy.TimestampColumn, in.Policy.Unit = name, unit })
	}
	const times = "date and timestamp columns are created_at, born, local"
	checkRefusals(t, []refusal{
		{"a column that is not there", ts("closed_at", ""), "timestamp_column", `public.orders has no column "closed_at"`, times},
		{"a column in another case", ts("Created_At", ""), "timestamp_column", `no column "Created_At"`, times},
		{"text", ts("email", ""), "timestamp_column", `"email" of public.orders is text, not a time`, times},
		{"a number with a fraction", ts("total", retention.UnitSeconds), "timestamp_column", "is numeric, not a time", times},
		{"a smallint", ts("small", retention.UnitSeconds), "timestamp_column", "is smallint, not a time", times},
		{"a time of day", ts("at", ""), "timestamp_column", "is time without time zone, not a time", times},
		{"an integer without a unit", ts("epoch", ""), "unit", `"epoch" is bigint, which says nothing of time`, `"unit": "seconds" or "milliseconds"`},
		{"a short integer without a unit", ts("epoch4", ""), "unit", `"epoch4" is integer`, `"unit": "seconds" or "milliseconds"`},
		{"a unit for timestamptz", ts("created_at", retention.UnitSeconds), "unit", "needs no unit", "leave unit out"},
		{"a unit for date", ts("born", retention.UnitMilliseconds), "unit", "is a date and needs no unit", "leave unit out"},
		{"no time column at all", append(table(func(t *plan.Table) { t.Columns = t.Columns[2:3] }), ts("email", "")...), "timestamp_column", "not a time", "an integer column can serve with a unit"},
	})
}

func TestEveryKindOfTimestampColumnIsRecognised(t *testing.T) {
	for _, tc := range []struct {
		column  string
		unit    retention.Unit
		kind    plan.TimeKind
		sql     string
		integer bool
	}{
		{"created_at", "", plan.TimeInstant, "pg_catalog.timestamptz", false},
		{"local", "", plan.TimeLocal, "pg_catalog.timestamp", false},
		{"born", "", plan.TimeDate, "pg_catalog.date", false},
		{"epoch", retention.UnitSeconds, plan.TimeSeconds, "pg_catalog.int8", true},
		{"epoch", retention.UnitMilliseconds, plan.TimeMilliseconds, "pg_catalog.int8", true},
		{"epoch4", retention.UnitSeconds, plan.TimeSeconds, "pg_catalog.int8", true},
	} {
		got := build(t, func(in *plan.Inputs) { in.Policy.TimestampColumn, in.Policy.Unit = tc.column, tc.unit }).Time
		if got.Column.Name != tc.column || got.Kind != tc.kind || got.SQLType() != tc.sql || got.Integer() != tc.integer {
			t.Errorf("%s %s: got %s of %s in %s, integer %v; want %+v", tc.column, tc.unit, got.Column.Name, got.Kind, got.SQLType(), got.Integer(), tc)
		}
	}
}

func TestADomainOverATimestampIsATime(t *testing.T) {
	got := build(t, with("created_at", func(c *plan.Column) { c.Type, c.TypeSQL, c.Domain = "public.moment", "public.moment", true }))
	if got.Time.Kind != plan.TimeInstant {
		t.Errorf("got %s, want %s", got.Time.Kind, plan.TimeInstant)
	}
}

func TestConditionsAreReadAndTheirColumnsLookedUp(t *testing.T) {
	cond := func(text string) []func(*plan.Inputs) {
		return on(func(in *plan.Inputs) { in.Policy.Condition = text })
	}
	checkRefusals(t, []refusal{
		{"a column that is not there", cond("state = 'x'"), "condition", `at character 1 of the condition: public.orders has no column "state"`, "columns are id, created_at, email"},
		{"a second column that is not there", cond("status = 'x' AND paid IS TRUE"), "condition", `no column "paid"`, "columns are id"},
		{"a quoted column in another case", cond(`"Status" = 'x'`), "condition", `no column "Status"`, "columns are id"},
		{"a sentence", cond("old ones please"), "condition", "at character 5", "allowed: "},
		{"a subquery", cond("id IN (SELECT 1)"), "condition", "subqueries are not allowed", "allowed: "},
		{"a volatile function", cond("created_at < now()"), "condition", "at character", "allowed: "},
		{"another statement", cond("true; DROP TABLE orders"), "condition", "at character", "allowed: "},
	})
	if got := build(t); got.Cond != nil {
		t.Errorf("without a condition Cond = %v, want nil", got.Cond)
	}
	if got, want := build(t, cond("STATUS = 'x'")...).Cond.SQL("t"), `("t"."status" = 'x')`; got != want {
		t.Errorf("the condition is printed %s, want %s", got, want)
	}
}
