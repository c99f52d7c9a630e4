package sqlgen

import (
	"fmt"
	"strings"

	"holdfast/engine/plan"
)

const (
	// sampleText is how many characters of a value are looked at.
	sampleText = 300
	// wholeUpTo is the size, in estimated rows, up to which a table is read from its
	// beginning. Of a larger one whole blocks are picked at random: its first rows may be
	// those of a migration long ago.
	wholeUpTo = 10_000
)

// Sample prints the query for the texts of columns in about n rows of a table; NULL is
// empty.
func Sample(t *plan.Table, columns []plan.Column, n int) Statement {
	b := &builder{}
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = fmt.Sprintf("coalesce(pg_catalog.left(%s%s, %d), '')", col(c.Name), asText, sampleText)
	}
	b.printf("SELECT %s\nFROM %s", strings.Join(texts, ", "), relation(t, alias))
	if t.EstimatedRows > wholeUpTo {
		b.printf(" TABLESAMPLE SYSTEM (%s::pg_catalog.float4)", b.arg(min(100, 400*float64(n)/float64(t.EstimatedRows))))
	}
	b.printf("\nLIMIT %d", n)
	return b.done()
}
