package sqlgen

import (
	"fmt"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// fitting prints that a row fits one of the conditions of holds, as a yes or no: where a
// condition answers NULL for a row it does not cover it. They are in line, so that they are
// judged again with a row that was changed under way. Equalities on one column become one
// list, which the server hashes: a thousand matters of one customer each cost a look-up.
func fitting(b *builder, conditions []plan.HeldCondition, as string) string {
	as = strings.Trim(as, `"`)
	var parts, columns []string
	lists := map[string][]string{}
	for _, c := range conditions {
		column, constant, ok := c.Cond.Equality()
		if !ok || !c.Fold || c.Parts != nil {
			parts = append(parts, inParts(b, c, as))
			continue
		}
		if lists[column] == nil {
			columns = append(columns, column)
		}
		lists[column] = append(lists[column], constant)
	}
	for _, column := range columns {
		parts = append(parts, fmt.Sprintf("(%s.%s IN (%s))", retention.QuoteIdent(as), retention.QuoteIdent(column), strings.Join(lists[column], ", ")))
	}
	return "(" + strings.Join(parts, " OR ") + ") IS TRUE"
}

// inParts prints one condition, for the rows of some relations only where it is about those.
func inParts(b *builder, c plan.HeldCondition, as string) string {
	if c.Parts == nil {
		return c.Cond.SQL(as)
	}
	return fmt.Sprintf("(%s.tableoid %s ANY (%s::pg_catalog.oid[]) AND %s)", retention.QuoteIdent(as), opEqual, b.arg(c.Parts), c.Cond.SQL(as))
}
