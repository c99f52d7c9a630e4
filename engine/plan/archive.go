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

// archives says where the rows of an archive policy go, those too that go along, and refuses
// an archive table that could not take every row as it is.
func archives(p *Plan, in Inputs) error {
	if in.Policy.Action != retention.ActionArchive {
		return nil
	}
	p.ArchiveTo, p.ArchiveColumns = in.Policy.ArchiveTable(), in.Table.ColumnNames()
	if err := p.fits(in.Table, in.Archive, p.ArchiveTo, "archive.table"); err != nil {
		return err
	}
	if err := archiveStrictness(in.Table, in.Archive, "archive.table"); err != nil {
		return err
	}
	for i := range p.Family {
		m := &p.Family[i]
		if !m.Removed {
			continue
		}
		source := m.Table.Logical()
		m.ArchiveTo, m.ArchiveColumns = in.Policy.ArchiveOf(source), m.Table.ColumnNames()
		if source == p.Root.Name {
			continue
		}
		archive := in.Archives[source]
		if err := p.fits(m.Table, archive, m.ArchiveTo, "cascade"); err != nil {
			return err
		}
		if err := archiveStrictness(m.Table, archive, "cascade"); err != nil {
			return err
		}
	}
	return nil
}

// fits refuses an archive that is none for rows of a table; nil is one that is to be made.
func (p *Plan) fits(source, archive *Table, to retention.TableName, field string) error {
	for _, m := range ArchiveMeta() {
		if _, taken := source.Column(m.Name); taken {
			return refuse(pick(field == "cascade", field, "table"), fmt.Sprintf("%s has a column %q, which the archive needs for itself", source.Name, m.Name), "rename that column")
		}
	}
	if SystemSchema(to.Schema) {
		return refuse(field, fmt.Sprintf("schema %q belongs to PostgreSQL or to Holdfast itself", to.Schema), "name a table of your application")
	}
	if archive == nil {
		return makeable(source, field)
	}
	if archive.OID == p.Root.OID || slices.ContainsFunc(p.Family, func(m Member) bool { return m.Table.OID == archive.OID }) {
		return refuse(field, fmt.Sprintf("%s is the policy's own table, or one whose rows go along", archive.Name), "name another table")
	}
	if archive.IsPartition || archive.HasParent || archive.HasChildren {
		return refuse(field, fmt.Sprintf("%s is a partition, or inherits or is inherited from: its rows are those of other tables too", archive.Name), "name a plain table, or one that does not exist yet")
	}
	if archive.Kind != KindTable {
		return refuse(field, fmt.Sprintf("%s is not a plain table", archive.Name), "name a plain table, or one that does not exist yet")
	}
	if archive.Unlogged && !source.Unlogged {
		return refuse(field, fmt.Sprintf("%s is unlogged: a crash would empty it while the rows are gone from %s", archive.Name, source.Name),
			fmt.Sprintf("ALTER TABLE %s SET LOGGED;", archive.Name.SQL()))
	}
	return archiveDrift(source, archive, field)
}

// MaxColumns is how many columns PostgreSQL allows a table (MaxHeapAttributeNumber).
const MaxColumns = 1600

// makeable refuses an archive that PostgreSQL would not make.
func makeable(source *Table, field string) error {
	if own := len(ArchiveMeta()); len(source.Columns)+own > MaxColumns {
		return refuse(pick(field == "cascade", field, "table"), fmt.Sprintf("%s has %d columns, and an archive has %d more, but PostgreSQL's tables have at most %d", source.Name, len(source.Columns), own, MaxColumns),
			"delete or anonymize instead, or drop columns that nobody needs")
	}
	return nil
}

// archiveDrift lists what the archive table lacks, with the statement that mends it.
func archiveDrift(source, archive *Table, field string) error {
	var mend, missing, other []string
	for _, c := range append(slices.Clone(source.Columns), ArchiveMeta()...) {
		have, ok := archive.Column(c.Name)
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
	return refuse(field, fmt.Sprintf("%s cannot take the rows of %s: %s", archive.Name, source.Name, strings.Join(other, "; ")),
		fmt.Sprintf("ALTER TABLE %s %s;", archive.Name.SQL(), strings.Join(mend, ", ")))
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
