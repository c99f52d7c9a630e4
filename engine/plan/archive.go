package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// ArchiveMeta are the columns that an archive table has beside the source's: when
// a row was archived, by which run, under which version of which policy.
func ArchiveMeta() []Column {
	return []Column{
		{Name: "holdfast_archived_at", Type: "timestamp with time zone", TypeSQL: "pg_catalog.timestamptz"},
		{Name: "holdfast_run", Type: "uuid", TypeSQL: "pg_catalog.uuid"},
		{Name: "holdfast_policy", Type: "text", TypeSQL: "pg_catalog.text"},
		{Name: "holdfast_policy_version", Type: "integer", TypeSQL: "pg_catalog.int4"},
	}
}

// archiveColumns refuses an archive table that could not take every row as it is.
func archiveColumns(p *Plan, in Inputs) error {
	if in.Policy.Action != retention.ActionArchive {
		return nil
	}
	p.ArchiveTo = in.Policy.ArchiveTable()
	p.ArchiveColumns = in.Table.ColumnNames()
	for _, m := range ArchiveMeta() {
		if slices.Contains(p.ArchiveColumns, m.Name) {
			return refuse("table", fmt.Sprintf("%s has a column %q, which the archive needs for itself", in.Table.Name, m.Name), "rename that column")
		}
	}
	if SystemSchema(p.ArchiveTo.Schema) {
		return refuse("archive.table", fmt.Sprintf("schema %q belongs to PostgreSQL or to Holdfast itself", p.ArchiveTo.Schema), "name a table of your application")
	}
	if in.Archive == nil {
		return nil
	}
	if in.Archive.OID == in.Table.OID {
		return refuse("archive.table", "the archive is the policy's own table", "name another table")
	}
	if in.Archive.Kind != KindTable {
		return refuse("archive.table", fmt.Sprintf("%s is not a plain table", in.Archive.Name), "name a plain table, or one that does not exist yet")
	}
	if in.Archive.Unlogged && !in.Table.Unlogged {
		return refuse("archive.table", fmt.Sprintf("%s is unlogged: a crash would empty it while the rows are gone from %s", in.Archive.Name, in.Table.Name),
			fmt.Sprintf("ALTER TABLE %s SET LOGGED;", in.Archive.Name.SQL()))
	}
	if err := archiveDrift(in); err != nil {
		return err
	}
	return archiveStrictness(in)
}

// archiveDrift lists what the archive table lacks, with the statement that mends it.
func archiveDrift(in Inputs) error {
	var mend, missing, other []string
	for _, c := range append(slices.Clone(in.Table.Columns), ArchiveMeta()...) {
		have, ok := in.Archive.Column(c.Name)
		switch {
		case !ok:
			missing = append(missing, fmt.Sprintf("%q", c.Name))
			mend = append(mend, fmt.Sprintf("ADD COLUMN %s %s", retention.QuoteIdent(c.Name), columnType(c)))
		case have.Generated:
			other = append(other, fmt.Sprintf("%q is generated", c.Name))
			mend = append(mend, fmt.Sprintf("ALTER COLUMN %s DROP EXPRESSION", retention.QuoteIdent(c.Name)))
		case have.Type != c.Type || have.Collation != c.Collation && c.Num > 0:
			other = append(other, fmt.Sprintf("%q is %s, not %s", c.Name, columnText(have), columnText(c)))
			mend = append(mend, fmt.Sprintf("ALTER COLUMN %s TYPE %s", retention.QuoteIdent(c.Name), columnType(c)))
		}
	}
	if len(mend) == 0 {
		return nil
	}
	if len(missing) > 0 {
		other = slices.Insert(other, 0, pick(len(missing) == 1, "column ", "columns ")+strings.Join(missing, ", ")+pick(len(missing) == 1, " is missing", " are missing"))
	}
	return refuse("archive.table", fmt.Sprintf("%s cannot take the rows of %s: %s", in.Archive.Name, in.Table.Name, strings.Join(other, "; ")),
		fmt.Sprintf("ALTER TABLE %s %s;", in.Archive.Name.SQL(), strings.Join(mend, ", ")))
}

func pick(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// columnText is a column's type as people write it.
func columnText(c Column) string {
	if c.Collation == "" {
		return c.Type
	}
	return c.Type + " COLLATE " + c.Collation
}

func columnType(c Column) string {
	if c.Collation == "" {
		return c.TypeSQL
	}
	return c.TypeSQL + " COLLATE " + c.Collation
}

// ColumnDefinition is a column as CREATE TABLE wants it, without constraints.
func ColumnDefinition(c Column) string { return retention.QuoteIdent(c.Name) + " " + columnType(c) }
