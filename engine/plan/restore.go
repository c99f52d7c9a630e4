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
	// Watch: triggers may reach further; the transaction's counters are compared.
	Watch bool
}

// UniqueKey is a set of columns of which no two rows have the same values.
type UniqueKey struct {
	Name    string
	Columns []string
	// EqSchemas are the schemas of the equality operators.
	EqSchemas []string
}

// Restore plans how the archive's rows go back. A table that has moved on since, so that
// none could, is refused with what would let them.
func Restore(source, archive *Table, scopes []HoldScope) (*Restoring, error) {
	p := &Restoring{Source: source, Archive: archive, Key: source.KeyColumns()}
	if err := mayTake(source); err != nil {
		return nil, err
	}
	if err := plainTable(archive, "archive"); err != nil {
		return nil, err
	}
	if err := p.columns(); err != nil {
		return nil, err
	}
	var err error
	if p.Holds, err = holdsOf(archive, archive.KeyColumns(), scopes, "archive"); err != nil {
		return nil, err
	}
	p.unique()
	p.constraints()
	p.Watch = slices.ContainsFunc(source.Triggers, func(t Trigger) bool { return t.OnInsert }) ||
		slices.ContainsFunc(archive.Triggers, func(t Trigger) bool { return t.OnDelete })
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
// none does.
func (p *Restoring) columns() error {
	meta := ArchiveMeta()
	for _, m := range meta {
		if _, ok := p.Archive.Column(m.Name); !ok {
			return refuse("archive", fmt.Sprintf("%s has no column %q: it is no archive table of Holdfast's", p.Archive.Name, m.Name), "")
		}
	}
	var lost, other, mend []string
	for _, have := range p.Archive.Columns {
		if slices.ContainsFunc(meta, func(m Column) bool { return m.Name == have.Name }) {
			continue
		}
		to, ok := p.Source.Column(have.Name)
		switch {
		case !ok:
			lost = append(lost, fmt.Sprintf("%q", have.Name))
			mend = append(mend, "ADD COLUMN "+ColumnDefinition(have))
		case to.Generated:
			continue // computed anew
		case to.Type != have.Type || to.Collation != have.Collation:
			other = append(other, fmt.Sprintf("%q was %s and is %s", have.Name, columnText(have), columnText(to)))
			mend = append(mend, fmt.Sprintf("ALTER COLUMN %s TYPE %s", retention.QuoteIdent(have.Name), columnType(have)))
		default:
			p.Columns = append(p.Columns, have.Name)
			if to.NotNull || to.DomainNotNull {
				p.NotNull = append(p.NotNull, have.Name)
			}
		}
	}
	if len(lost) > 0 {
		other = append(other, "it has no "+strings.Join(lost, ", ")+", and what stands there would be lost")
	}
	for _, c := range p.Source.Columns {
		if _, ok := p.Archive.Column(c.Name); !ok && c.NotNull && !c.HasDefault && !c.Generated && !c.Identity {
			other = append(other, fmt.Sprintf("%q is new, NOT NULL and without a default", c.Name))
			mend = append(mend, fmt.Sprintf("ALTER COLUMN %s DROP NOT NULL", retention.QuoteIdent(c.Name)))
		}
	}
	if len(other) == 0 {
		return nil
	}
	return refuse("table", fmt.Sprintf("%s has moved on since rows were archived into %s: %s", p.Source.Name, p.Archive.Name, strings.Join(other, "; ")),
		fmt.Sprintf("ALTER TABLE %s %s;", p.Source.Name.SQL(), strings.Join(mend, ", ")))
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
