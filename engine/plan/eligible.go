package plan

import (
	"fmt"
	"slices"
	"strings"
)

// eligible refuses every relation that the walks and statements are not made for.
func eligible(p *Plan, in Inputs) error {
	operation := "DELETE"
	if !in.Policy.Action.Removes() {
		operation = "UPDATE"
	}
	if err := identified(p.Table, operation, "table"); err != nil {
		return err
	}
	if in.Table.Kind != KindPartitioned || in.Table.IsPartition {
		return plainTable(in.Table, "table")
	}
	if err := partitioned(in.Table, in.Policy.Action); err != nil {
		return err
	}
	if err := ours(in.Table, "table"); err != nil {
		return err
	}
	return ours(p.Table, "table")
}

// identified refuses a table of which the server refuses an operation, since a publication
// tells of it and could not say which row it was.
func identified(t *Table, operation, field string) error {
	if !slices.Contains(t.Unidentified, operation) {
		return nil
	}
	return refuse(field, fmt.Sprintf("%s is in a publication that tells of every %s, and its rows have no replica identity, so PostgreSQL refuses the %s", t.Name, operation, operation),
		fmt.Sprintf("ALTER TABLE %s REPLICA IDENTITY FULL, or USING INDEX of a unique index over NOT NULL columns", t.Name.SQL()))
}

// plainTable refuses, at a field of the policy, whatever is not a plain table.
func plainTable(t *Table, field string) error {
	name := t.Name
	switch {
	case t.IsPartition:
		return refuse(field, fmt.Sprintf("%s is a partition of %s", name, t.Partitions.Root), fmt.Sprintf("name %s, which is walked partition by partition", t.Partitions.Root))
	case t.Kind == KindPartitioned:
		return refuse(field, fmt.Sprintf("%s is partitioned", name), "name a plain table")
	case t.Kind == KindForeign:
		return refuse(field, fmt.Sprintf("%s is a foreign table: its rows live in another database", name), "give a policy to the table there")
	case t.Kind == KindMatView:
		return refuse(field, fmt.Sprintf("%s is a materialized view: its rows are a copy, which the next REFRESH makes anew", name), "name the table that it reads, and refresh the view after the run")
	case t.Kind == KindView:
		return refuse(field, fmt.Sprintf("%s is a view", name), "name the table that it reads")
	case t.Kind != KindTable:
		return refuse(field, fmt.Sprintf("%s is not a table", name), "name a plain table")
	case t.Temporary:
		return refuse(field, fmt.Sprintf("%s is a temporary table", name), "name a permanent table")
	case t.HasParent || t.HasChildren:
		return refuse(field, fmt.Sprintf("%s inherits, or is inherited from: a statement on it reaches rows of other tables, or leaves rows that a SELECT shows", name), "make it a partitioned table, or give it a table of its own")
	}
	return ours(t, field)
}

// ours refuses tables whose statements could become other ones, and those of
// PostgreSQL's.
func ours(t *Table, field string) error {
	name := t.Name
	switch {
	case len(t.Rules) > 0:
		return refuse(field, fmt.Sprintf("%s has the rewrite rule %q, which could turn a statement into another one", name, t.Rules[0]), "replace the rule by a trigger")
	case SystemSchema(name.Schema):
		return refuse(field, fmt.Sprintf("schema %q belongs to PostgreSQL or to Holdfast itself", name.Schema), "name a table of your application")
	}
	return nil
}

// SystemSchema reports whether nothing of an application's lives in the schema.
func SystemSchema(schema string) bool {
	return strings.HasPrefix(schema, "pg_") || slices.Contains([]string{"information_schema", "holdfast", "holdfast_guard"}, schema)
}
