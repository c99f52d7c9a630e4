package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// Restoring says how archived rows go back to their table.
type Restoring struct {
	// Source is the table, Archive where they are.
	Source, Archive *Table
	// Columns are those that are written.
	Columns []string
	// Key are the table's key's columns; nil if records have no ids.
	Key []Column
	// Holds says which rows of the archive are held.
	Holds HeldRows
	// Unique, Parents, NotNull and Checks are what rows may be in conflict with.
	Unique  []UniqueKey
	Parents []ForeignKey
	NotNull []string
	Checks  []Check
	// Partitions are the constraints of the table's partitions, as the server prints them; a
	// row that fits none has no place.
	Partitions []string
}

// UniqueKey is a set of columns of which no two rows have the same values.
type UniqueKey struct {
	Name    string
	Columns []string
	// EqSchemas are the schemas of the equality operators.
	EqSchemas []string
}

// Archiving is what is known of how rows came into an archive.
type Archiving struct {
	// Columns are those that the source had; others are the archive's own. Nil if unknown.
	Columns []string
	// Swapped: columns of the source have exchanged names since.
	Swapped bool
}

// Restore plans how the archive's rows go back. A table that has moved on since, so that
// none could, is refused with what would let them.
func Restore(source, archive *Table, how Archiving, scopes []HoldScope) (*Restoring, error) {
	p := &Restoring{Source: source, Archive: archive, Key: source.KeyColumns()}
	if err := mayTake(source); err != nil {
		return nil, err
	}
	if err := plainTable(archive, "archive"); err != nil {
		return nil, err
	}
	for _, fk := range archive.Incoming {
		if fk.OnDelete != FKNoAction && fk.OnDelete != FKRestrict {
			return nil, refuse("archive", fmt.Sprintf("foreign key %q of %s would delete or change rows there with those that leave %s", fk.Name, fk.Child, archive.Name),
				fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s;", fk.Child.SQL(), retention.QuoteIdent(fk.Name)))
		}
	}
	if how.Swapped {
		return nil, refuse("table", fmt.Sprintf("columns of %s have exchanged names since rows were archived into %s: nobody can tell which value belongs where", source.Name, archive.Name), "give the columns their former names back")
	}
	if err := p.columns(how.Columns); err != nil {
		return nil, err
	}
	var err error
	if p.Holds, err = holdsOf(archive, archive.KeyColumns(), scopes, "archive"); err != nil {
		return nil, err
	}
	p.unique()
	p.constraints()
	return p, nil
}

// mayTake refuses tables into which nothing could be restored.
func mayTake(t *Table) error {
	if t.Kind != KindPartitioned || t.IsPartition {
		return plainTable(t, "table")
	}
	return ours(t, "table")
}

// columns compares the two tables, column by column: every value goes back as it is, or
// none does. What was never a column of the source is the archive's own, and stays behind.
func (p *Restoring) columns(had []string) error {
	for _, m := range ArchiveMeta() {
		if _, ok := p.Archive.Column(m.Name); !ok {
			return refuse("archive", fmt.Sprintf("%s has no column %q: it is no archive table of Holdfast's", p.Archive.Name, m.Name), "")
		}
	}
	var other, source, archive []string
	for _, have := range p.Archive.Columns {
		to, ok := p.Source.Column(have.Name)
		switch {
		case isMeta(have.Name), !ok && had != nil && !slices.Contains(had, have.Name), to.Generated:
		case !ok:
			other = append(other, fmt.Sprintf("it has no %q any more, and what stands there would be lost", have.Name))
			source = append(source, "ADD COLUMN "+ColumnDefinition(have))
		case to.Type != have.Type || to.Collation != have.Collation:
			other = append(other, fmt.Sprintf("%q was %s and is %s", have.Name, columnText(have), columnText(to)))
			archive = append(archive, fmt.Sprintf("ALTER COLUMN %s TYPE %s", retention.QuoteIdent(have.Name), columnType(to)))
		default:
			p.Columns = append(p.Columns, have.Name)
			if to.NotNull || to.DomainNotNull {
				p.NotNull = append(p.NotNull, have.Name)
			}
		}
	}
	for _, c := range p.unfilled() {
		other = append(other, fmt.Sprintf("%q is new, NOT NULL and without a default: add it to the archive and fill it there", c.Name))
		archive = append(archive, "ADD COLUMN "+ColumnDefinition(c))
	}
	if len(other) == 0 {
		return nil
	}
	return refuse("table", fmt.Sprintf("%s has moved on since rows were archived into %s: %s", p.Source.Name, p.Archive.Name, strings.Join(other, "; ")),
		strings.TrimSpace(alterTable(p.Archive.Name, archive)+" "+alterTable(p.Source.Name, source)))
}

// unfilled are the columns of the table that would get no value, and must have one.
func (p *Restoring) unfilled() (out []Column) {
	for _, c := range p.Source.Columns {
		if _, ok := p.Archive.Column(c.Name); !ok && c.NotNull && !c.HasDefault && !c.Generated && !c.Identity {
			out = append(out, c)
		}
	}
	return out
}

func isMeta(name string) bool {
	return slices.ContainsFunc(ArchiveMeta(), func(m Column) bool { return m.Name == name })
}

func alterTable(name retention.TableName, changes []string) string {
	if len(changes) == 0 {
		return ""
	}
	return fmt.Sprintf("ALTER TABLE %s %s;", name.SQL(), strings.Join(changes, ", "))
}

// unique takes the unique indexes by which a conflict can be told beforehand. The others, by
// expressions, over parts of the table, or of types with an equality of the application's,
// are found when a row is written.
func (p *Restoring) unique() {
	for _, ix := range p.Source.Indexes {
		if !ix.Unique || !ix.Valid || ix.Partial || ix.Exclusion || ix.NullsNotDistinct {
			continue
		}
		u := UniqueKey{Name: ix.Name, Columns: ix.Columns}
		for _, name := range ix.Columns {
			c, ok := p.Source.Column(name)
			switch {
			case !ok || !slices.Contains(p.Columns, name):
				u.Columns = nil
			case c.EqSchema != "":
				u.EqSchemas = append(u.EqSchemas, c.EqSchema)
			case c.BuiltIn:
				u.EqSchemas = append(u.EqSchemas, "pg_catalog")
			default:
				u.Columns = nil
			}
			if u.Columns == nil {
				break
			}
		}
		if len(u.Columns) > 0 && len(u.EqSchemas) == len(u.Columns) {
			p.Unique = append(p.Unique, u)
		}
	}
}

// constraints takes the foreign keys and CHECKs that can be judged beforehand: all of
// their columns stand in the archive.
func (p *Restoring) constraints() {
	known := func(columns []string) bool {
		return !slices.ContainsFunc(columns, func(name string) bool { return !slices.Contains(p.Columns, name) })
	}
	for _, fk := range p.Source.Outgoing {
		if known(fk.ChildCols) {
			p.Parents = append(p.Parents, fk)
		}
	}
	for _, c := range p.Source.Checks {
		if known(c.Columns) && len(c.Columns) > 0 {
			p.Checks = append(p.Checks, c)
		}
	}
}

// Conflicts names what a row may be in conflict with, in the order in which it is judged.
func (p *Restoring) Conflicts() []retention.RestoreConflict {
	var out []retention.RestoreConflict
	for _, u := range p.Unique {
		out = append(out, retention.RestoreConflict{Kind: retention.ConflictKeyTaken, Constraint: u.Name})
	}
	for _, name := range p.NotNull {
		out = append(out, retention.RestoreConflict{Kind: retention.ConflictValueMissing, Constraint: name})
	}
	for _, fk := range p.Parents {
		out = append(out, retention.RestoreConflict{Kind: retention.ConflictParentMissing, Constraint: fk.Name, Table: fk.Parent})
	}
	for _, c := range p.Checks {
		out = append(out, retention.RestoreConflict{Kind: retention.ConflictCheck, Constraint: c.Name})
	}
	if len(p.Partitions) > 0 {
		out = append(out, retention.RestoreConflict{Kind: retention.ConflictPartition, Constraint: p.Source.Name.String()})
	}
	return out
}

// SelfParents are the places, among the parents, of foreign keys to the table itself.
func (p *Restoring) SelfParents() (at []int) {
	for i, fk := range p.Parents {
		if fk.Parent == p.Source.Name {
			at = append(at, i)
		}
	}
	return at
}
