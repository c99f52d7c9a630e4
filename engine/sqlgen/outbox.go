package sqlgen

import (
	"encoding/json"
	"fmt"
	"strings"

	"holdfast/retention"
)

// toldColumns are the columns that others are told of, as text: the entity's key
// as e1, e2 … and the included ones as i1, i2 … in RETURNING.
func (g *Printer) toldColumns() []string {
	if g.plan.Events == nil {
		return nil
	}
	var out []string
	for i, c := range g.plan.Events.Key {
		out = append(out, fmt.Sprintf("%s%s AS e%d", col(c.Name), asText, i+1))
	}
	for i, c := range g.plan.Events.Include {
		out = append(out, fmt.Sprintf("%s%s AS i%d", col(c.Name), asText, i+1))
	}
	return out
}

// insertOutbox writes what others are told, one row for the whole step, by the
// statement that changes: an event exists exactly if its change does, and keys do not
// travel to us and back. What a trigger undid is not told.
func (g *Printer) insertOutbox(b *builder, run RunMeta) {
	told, p := g.plan.Events, g.plan.Policy
	kinds, err := json.Marshal(told.Kinds)
	if err != nil {
		panic(err) // strings always marshal
	}
	values := []string{
		b.arg(run.BatchID) + "::pg_catalog.uuid", b.arg(run.RunID) + "::pg_catalog.uuid", b.arg(p.Name) + asText, b.arg(p.Version) + "::integer",
		b.arg(string(p.Action)) + asText, b.arg(told.EntityType) + asText, b.arg(run.StartedAt) + "::pg_catalog.timestamptz",
		"pg_catalog.count(*)::integer", b.arg(len(told.Key)) + "::smallint", arrays("e", len(told.Key)), b.arg(string(kinds)) + "::pg_catalog.jsonb", arrays("i", len(told.Include)),
	}
	undone := ""
	if p.Action == retention.ActionAnonymize {
		undone = "\nWHERE NOT undone"
	}
	b.printf(", told AS (\nINSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, count, key_parts, keys, columns, included)"+
		"\nSELECT %s\nFROM gone%s\nHAVING pg_catalog.count(*) %s 0\nRETURNING pg_catalog.pg_column_size(keys) %s pg_catalog.pg_column_size(included) AS bytes\n)", strings.Join(values, ", "), undone, opAbove, opPlus)
}

// arrays prints n columns as one array, a column after the other. All aggregates of
// one query see its rows in one order, so that the columns fit together.
func arrays(prefix string, n int) string {
	if n == 0 {
		return "'{}'::pg_catalog.text[]"
	}
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("pg_catalog.array_agg(%s%d)", prefix, i+1)
	}
	return strings.Join(parts, " "+opConcat+" ")
}
