package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// archived is an archive table that takes every row of the orders as it is.
func archived() *plan.Table {
	t := orders()
	t.OID, t.Name = 2000, public("orders_archive")
	t.Outgoing, t.Indexes = nil, nil
	for i, m := range plan.ArchiveMeta() {
		m.Num = int16(100 + i)
		t.Columns = append(t.Columns, m)
	}
	return t
}

// archiving archives orders into an archive table that is there already.
func archiving(change func(*plan.Table)) []func(*plan.Inputs) {
	return on(func(in *plan.Inputs) {
		in.Policy.Action, in.Archive = retention.ActionArchive, archived()
		change(in.Archive)
	})
}

// archivingInto archives orders into a table of another name.
func archivingInto(name retention.TableName, change func(*plan.Inputs)) []func(*plan.Inputs) {
	return on(func(in *plan.Inputs) {
		in.Policy.Action, in.Policy.Archive = retention.ActionArchive, &retention.Archive{Table: name}
		change(in)
	})
}

func nothing(*plan.Inputs) {}

// wide makes the table one of so many columns.
func wide(columns int) func(*plan.Inputs) {
	return func(in *plan.Inputs) {
		for n := len(in.Table.Columns); n < columns; n++ {
			in.Table.Columns = append(in.Table.Columns, column(int16(n+1), fmt.Sprintf("c%d", n+1), "smallint"))
		}
	}
}

func TestATableOfWhichTheArchiveHasJustEnoughColumnsIsArchived(t *testing.T) {
	if p := build(t, toArchive, wide(1596)); len(p.ArchiveColumns) != 1596 {
		t.Errorf("%d columns are archived, want 1596", len(p.ArchiveColumns))
	}
}

func TestAnArchiveThatCouldNotTakeEveryRowIsRefused(t *testing.T) {
	into := func(schema string) retention.TableName { return retention.TableName{Schema: schema, Name: "a"} }
	checkRefusals(t, []refusal{
		{"the table itself under another name", archivingInto(public("alias"), func(in *plan.Inputs) { in.Archive = in.Table }), "archive.table", "the policy's own table", "name another table"},
		{"a view", archiving(func(t *plan.Table) { t.Kind = plan.KindView }), "archive.table", "is not a plain table", "one that does not exist yet"},
		{"a partitioned table", archiving(func(t *plan.Table) { t.Kind = plan.KindPartitioned }), "archive.table", "public.orders_archive is not a plain table", "one that does not exist yet"},
		{"a foreign table", archiving(func(t *plan.Table) { t.Kind = plan.KindForeign }), "archive.table", "is not a plain table", "one that does not exist yet"},
		{"the system's schema", archivingInto(into("pg_catalog"), nothing), "archive.table", `schema "pg_catalog" belongs to PostgreSQL`, "a table of your application"},
		{"a temporary schema", archivingInto(into("pg_temp_4"), nothing), "archive.table", `schema "pg_temp_4"`, "a table of your application"},
		{"the guard's schema", archivingInto(into("holdfast_guard"), nothing), "archive.table", `schema "holdfast_guard"`, "a table of your application"},
		{"a source with a column of the archive", archivingInto(public("a"), func(in *plan.Inputs) {
			in.Table.Columns = append(in.Table.Columns, column(20, "holdfast_run", "text"))
		}), "table", `has a column "holdfast_run", which the archive needs for itself`, "rename that column"},
		{"a source that has as many columns as a table may have", archivingInto(public("a"), wide(1597)), "table", "public.orders has 1597 columns, and an archive has 4 more, but PostgreSQL's tables have at most 1600", "delete or anonymize instead"},
	})
}

func TestADriftedArchiveIsRefusedWithTheStatementThatMendsIt(t *testing.T) {
	drop := func(name string) func(*plan.Table) {
		return func(t *plan.Table) {
			t.Columns = slices.DeleteFunc(t.Columns, func(c plan.Column) bool { return c.Name == name })
		}
	}
	alter := func(name string, change func(*plan.Column)) func(*plan.Table) {
		return func(t *plan.Table) {
			i := slices.IndexFunc(t.Columns, func(c plan.Column) bool { return c.Name == name })
			change(&t.Columns[i])
		}
	}
	collated := func(in *plan.Inputs) {
		with("email", func(c *plan.Column) { c.Collation = `pg_catalog."de-x-icu"` })(in)
	}
	drift := func(name string, change []func(*plan.Inputs), why, mends string) refusal {
		return refusal{name, change, "archive.table", "public.orders_archive cannot take the rows of public.orders: " + why, `ALTER TABLE "public"."orders_archive" ` + mends + ";"}
	}
	checkRefusals(t, []refusal{
		drift("a missing column", archiving(drop("email")), `column "email" is missing`, `ADD COLUMN "email" text`),
		drift("a missing column of the archive's own", archiving(drop("holdfast_run")), `column "holdfast_run" is missing`, `ADD COLUMN "holdfast_run" pg_catalog.uuid`),
		drift("a missing column with a collation", append(archiving(drop("email")), collated), `column "email" is missing`, `ADD COLUMN "email" text COLLATE pg_catalog."de-x-icu"`),
		drift("another type", archiving(alter("email", func(c *plan.Column) { c.Type = "character varying" })), `"email" is character varying, not text`, `ALTER COLUMN "email" TYPE text`),
		drift("another length", archiving(alter("short", func(c *plan.Column) { c.Type = "character varying(20)" })), `"short" is character varying(20), not character varying(40)`, `ALTER COLUMN "short" TYPE character varying(40)`),
		drift("a longer one", archiving(alter("short", func(c *plan.Column) { c.Type = "character varying(41)" })), `"short" is character varying(41), not character varying(40)`, `ALTER COLUMN "short" TYPE character varying(40)`),
		drift("another type of the archive's own", archiving(alter("holdfast_policy_version", func(c *plan.Column) { c.Type = "bigint" })), `"holdfast_policy_version" is bigint, not integer`, `ALTER COLUMN "holdfast_policy_version" TYPE pg_catalog.int4`),
		drift("another collation", archiving(alter("email", func(c *plan.Column) { c.Collation = `pg_catalog."C"` })), `"email" is text COLLATE pg_catalog."C", not text`, `ALTER COLUMN "email" TYPE text`),
		drift("no collation where the source has one", append(archiving(func(*plan.Table) {}), collated), `"email" is text, not text COLLATE pg_catalog."de-x-icu"`, `ALTER COLUMN "email" TYPE text COLLATE pg_catalog."de-x-icu"`),
		drift("a generated column", archiving(alter("email", func(c *plan.Column) { c.Generated = true })), `"email" is generated`, `ALTER COLUMN "email" DROP EXPRESSION`),
		drift("several at once, in table order", archiving(func(t *plan.Table) {
			drop("holdfast_policy")(t)
			drop("id")(t)
			alter("short", func(c *plan.Column) { c.Type = "text" })(t)
		}), `columns "id", "holdfast_policy" are missing; "short" is text, not character varying(40)`, `ADD COLUMN "id" bigint, ALTER COLUMN "short" TYPE character varying(40), ADD COLUMN "holdfast_policy" pg_catalog.text`),
	})
}

func TestTheMendingStatementQuotesWhatItNames(t *testing.T) {
	refusal{"", archivingInto(retention.TableName{Schema: "Cold Store", Name: `a"; DROP`}, func(in *plan.Inputs) {
		in.Archive = archived()
		in.Archive.Name = in.Policy.Archive.Table
		in.Table.Columns = append(in.Table.Columns, column(20, `x" int; --`, "text"))
	}), "archive.table", `column "x\" int; --" is missing`, `ALTER TABLE "Cold Store"."a""; DROP" ADD COLUMN "x"" int; --" text;`}.check(t)
}

func TestAnArchivePlanMovesEveryColumnByName(t *testing.T) {
	p := build(t, archivingInto(retention.TableName{Schema: "cold", Name: "Orders"}, nothing)...)
	if want := (retention.TableName{Schema: "cold", Name: "Orders"}); p.ArchiveTo != want {
		t.Errorf("rows go to %s, want %s", p.ArchiveTo, want)
	}
	if want := orders().ColumnNames(); !slices.Equal(p.ArchiveColumns, want) {
		t.Errorf("columns are %v, want %v", p.ArchiveColumns, want)
	}
	p = build(t, archiving(func(*plan.Table) {})...)
	if want := public("orders_archive"); p.ArchiveTo != want {
		t.Errorf("without a name rows go to %s, want %s", p.ArchiveTo, want)
	}
	if p := build(t); !p.ArchiveTo.IsZero() || p.ArchiveColumns != nil {
		t.Errorf("a delete plan archives %v into %s, want nothing", p.ArchiveColumns, p.ArchiveTo)
	}
}

func TestAnArchiveMayHaveMoreThanItNeeds(t *testing.T) {
	build(t, archiving(func(t *plan.Table) {
		t.Columns = append([]plan.Column{column(90, "note", "text")}, t.Columns...)
		slices.Reverse(t.Columns)
	})...)
}

func TestColumnDefinitionsKeepTypeAndCollation(t *testing.T) {
	c := column(1, `say "hi"`, "character varying(40)")
	if got, want := plan.ColumnDefinition(c), `"say ""hi""" character varying(40)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c.Collation = `pg_catalog."C"`
	if got, want := plan.ColumnDefinition(c), `"say ""hi""" character varying(40) COLLATE pg_catalog."C"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
