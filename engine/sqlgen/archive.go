package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// CreateArchive prints the DDL of an archive table: the source's columns with
// their exact types and collations and without constraints, then what the archive
// adds, with row-level security where the source has it. Its key is the source's key and the run, so that a record which was
// restored can be archived again.
func CreateArchive(source *plan.Table, name retention.TableName) string {
	cols := slices.Concat(source.Columns, plan.ArchiveMeta())
	defs := make([]string, 0, len(cols)+1)
	for _, c := range cols {
		defs = append(defs, plan.ColumnDefinition(c))
	}
	if source.Key != nil {
		var key []string
		for _, k := range source.Key.Columns {
			key = append(key, retention.QuoteIdent(k))
		}
		defs = append(defs, fmt.Sprintf("PRIMARY KEY (%s, %s)", strings.Join(key, ", "), retention.QuoteIdent("holdfast_run")))
	}
	ddl := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (\n  %s\n)", name.SQL(), strings.Join(defs, ",\n  "))
	if source.RowSecurity {
		// Whose rows policies hide must not stand open to everybody in the archive. Its owner
		// sees them; policies for others are for whoever reads it to make.
		ddl += fmt.Sprintf(";\nALTER TABLE %s ENABLE ROW LEVEL SECURITY", name.SQL())
	}
	return ddl
}
