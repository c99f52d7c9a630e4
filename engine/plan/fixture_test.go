package plan_test

import (
	"errors"
	"strings"
	"testing"

	"holdfast/engine/plan"
	"holdfast/retention"
)

func public(name string) retention.TableName {
	return retention.TableName{Schema: "public", Name: name}
}

func ptr[T any](v T) *T { return &v }

// column is a column of a type of pg_catalog, as the catalog reader describes it.
func column(num int16, name, typ string) plan.Column {
	known := map[string]plan.Column{
		"bigint":                      {BaseType: "int8", BaseOID: 20, TypeCategory: "N"},
		"integer":                     {BaseType: "int4", BaseOID: 23, TypeCategory: "N"},
		"smallint":                    {BaseType: "int2", BaseOID: 21, TypeCategory: "N"},
		"numeric":                     {BaseType: "numeric", BaseOID: 1700, TypeCategory: "N"},
		"text":                        {BaseType: "text", BaseOID: 25, TypeCategory: "S"},
		"name":                        {BaseType: "name", BaseOID: 19, TypeCategory: "S"},
		"character varying(40)":       {BaseType: "varchar", BaseOID: 1043, TypeCategory: "S", MaxLength: 40},
		"character(48)":               {BaseType: "bpchar", BaseOID: 1042, TypeCategory: "S", MaxLength: 48},
		"jsonb":                       {BaseType: "jsonb", BaseOID: 3802, TypeCategory: "U"},
		"timestamp with time zone":    {BaseType: "timestamptz", BaseOID: 1184, TypeCategory: "D"},
		"timestamp without time zone": {BaseType: "timestamp", BaseOID: 1114, TypeCategory: "D"},
		"date":                        {BaseType: "date", BaseOID: 1082, TypeCategory: "D"},
		"time without time zone":      {BaseType: "time", BaseOID: 1083, TypeCategory: "D"},
		"public.mood":                 {BaseType: "public.mood", BaseOID: 90001, TypeCategory: "E", Enum: true},
	}
	c, ok := known[typ]
	if !ok {
		panic("no such type here: " + typ)
	}
	c.Num, c.Name, c.Type, c.TypeSQL, c.BaseSQL, c.HasEquality = num, name, typ, typ, typ, true
	return c
}

// orders is a plain table with one column for each case.
func orders() *plan.Table {
	t := &plan.Table{
		OID: 1000, Name: public("orders"), Kind: plan.KindTable, EstimatedRows: 1000, Pages: 10, Fingerprint: "f",
		Columns: []plan.Column{
			column(1, "id", "bigint"),
			column(2, "created_at", "timestamp with time zone"),
			column(3, "email", "text"),
			column(4, "short", "character varying(40)"),
			column(5, "fixed", "character(48)"),
			column(6, "born", "date"),
			column(7, "local", "timestamp without time zone"),
			column(8, "epoch", "bigint"),
			column(9, "epoch4", "integer"),
			column(10, "total", "numeric"),
			column(11, "mood", "public.mood"),
			column(12, "extra", "jsonb"),
			column(13, "customer_id", "bigint"),
			column(14, "status", "text"),
			column(15, "at", "time without time zone"),
			column(16, "sys", "name"),
			column(17, "small", "smallint"),
		},
		Key:      &plan.Key{Name: "orders_pkey", Columns: []string{"id"}, Primary: true},
		Indexes:  []plan.Index{{Name: "orders_pkey", Unique: true, Primary: true, Btree: true, Valid: true, Columns: []string{"id"}}},
		Outgoing: []plan.ForeignKey{{Name: "orders_customer_fkey", Child: public("orders"), ChildCols: []string{"customer_id"}, Parent: public("customers"), ParentCols: []string{"id"}, OnDelete: plan.FKNoAction}},
	}
	t.Columns[0].EqSchema, t.Columns[0].NotNull = "pg_catalog", true
	return t
}

// inputs deletes old orders unless the test changes it.
func inputs(change ...func(*plan.Inputs)) plan.Inputs {
	in := plan.Inputs{
		Policy: retention.Policy{
			Name: "orders", Table: public("orders"), TimestampColumn: "created_at", RetentionPeriod: retention.Period{Days: 90},
			Action: retention.ActionDelete, LegalBasis: "Consent",
		}.WithDefaults(),
		Table: orders(),
	}
	for _, c := range change {
		c(&in)
	}
	return in
}

// anonymize treats one column.
func anonymize(col string, how retention.Anonymizer) func(*plan.Inputs) {
	return func(in *plan.Inputs) {
		in.Policy.Action = retention.ActionAnonymize
		in.Policy.Columns = map[string]retention.Anonymizer{col: how}
	}
}

// with changes a column of the table.
func with(name string, change func(*plan.Column)) func(*plan.Inputs) {
	return func(in *plan.Inputs) {
		for i := range in.Table.Columns {
			if in.Table.Columns[i].Name == name {
				change(&in.Table.Columns[i])
				return
			}
		}
		panic("no such column: " + name)
	}
}

func build(t *testing.T, change ...func(*plan.Inputs)) *plan.Plan {
	t.Helper()
	p, err := plan.Build(inputs(change...))
	if err != nil {
		t.Fatalf("Build: %v, want a plan", err)
	}
	return p
}

// refusal is a plan that must not be made, and what is said instead.
type refusal struct {
	name   string
	change []func(*plan.Inputs)
	field  string
	// reason and accepted must stand in the reason and in the remedy. A condition's
	// own error says both.
	reason, accepted string
}

func (r refusal) check(t *testing.T) {
	t.Helper()
	p, err := plan.Build(inputs(r.change...))
	got, ok := errors.AsType[*retention.Refusal](err)
	if !ok || p != nil {
		t.Fatalf("Build = %v, %v, want no plan and a *retention.Refusal", p, err)
	}
	if got.Field != r.field {
		t.Errorf("the refusal is of field %q (%v), want %q", got.Field, err, r.field)
	}
	if !strings.Contains(got.Reason, r.reason) {
		t.Errorf("the reason is %q, want it to say %q", got.Reason, r.reason)
	}
	said := got.Remedy
	if r.field == "condition" && said == "" {
		said = got.Reason
	}
	if r.accepted == "" || !strings.Contains(said, r.accepted) {
		t.Errorf("the remedy is %q, want it to say %q", said, r.accepted)
	}
}

func checkRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, r := range cases {
		t.Run(r.name, r.check)
	}
}

func on(change ...func(*plan.Inputs)) []func(*plan.Inputs) { return change }

func table(change func(*plan.Table)) []func(*plan.Inputs) {
	return on(func(in *plan.Inputs) { change(in.Table) })
}
