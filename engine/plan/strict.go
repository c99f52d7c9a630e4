package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// archiveStrictness refuses an archive table that demands more of a row than the
// source does: sooner or later a batch would meet the row that it does not take. It
// names everything at once, with the statement that mends it.
func archiveStrictness(in Inputs) error {
	a := in.Archive
	var reasons, mend []string
	add := func(reason, statement string) {
		reasons, mend = append(reasons, reason), append(mend, statement)
	}
	for _, c := range a.Columns {
		source, known := in.Table.Column(c.Name)
		known = known || slices.ContainsFunc(ArchiveMeta(), func(m Column) bool { return m.Name == c.Name })
		name := retention.QuoteIdent(c.Name)
		switch {
		case source.Num > 0 && c.NotNull && !source.NotNull && !source.DomainNotNull:
			add(fmt.Sprintf("column %q is NOT NULL there and may be NULL in %s", c.Name, in.Table.Name), "ALTER COLUMN "+name+" DROP NOT NULL")
		case !known && (c.NotNull || c.DomainNotNull) && !c.HasDefault && !c.Generated:
			add(fmt.Sprintf("column %q is NOT NULL, and %s has nothing to put there", c.Name, in.Table.Name), "ALTER COLUMN "+name+" DROP NOT NULL")
		}
	}
	for _, ch := range a.Checks {
		if !slices.ContainsFunc(in.Table.Checks, func(s Check) bool { return s.Expr == ch.Expr }) {
			add(fmt.Sprintf("the constraint %q (%s) is not one of %s", ch.Name, ch.Expr, in.Table.Name), "DROP CONSTRAINT "+retention.QuoteIdent(ch.Name))
		}
	}
	if len(mend) > 0 {
		mend = []string{fmt.Sprintf("ALTER TABLE %s %s;", a.Name.SQL(), strings.Join(mend, ", "))}
	}
	for _, ix := range a.Indexes {
		if (ix.Unique || ix.Exclusion) && !ix.withKey(in.Table.Key) {
			add(fmt.Sprintf("the unique index %q could meet two rows that are equal in it, since it has not the whole key of %s", ix.Name, in.Table.Name), dropIndex(a, ix))
		}
	}
	if len(mend) == 0 {
		return nil
	}
	return refuse("archive.table", fmt.Sprintf("%s is stricter than %s: %s", a.Name, in.Table.Name, strings.Join(reasons, "; ")), strings.Join(mend, " "))
}

// withKey tells whether rows that differ in the key differ in the index.
func (ix Index) withKey(key *Key) bool {
	if key == nil || ix.Exclusion {
		return false
	}
	return !slices.ContainsFunc(key.Columns, func(name string) bool { return !slices.Contains(ix.Columns, name) })
}

func dropIndex(t *Table, ix Index) string {
	if ix.Constraint {
		return fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s;", t.Name.SQL(), retention.QuoteIdent(ix.Name))
	}
	return fmt.Sprintf("DROP INDEX %s;", retention.TableName{Schema: t.Name.Schema, Name: ix.Name}.SQL())
}
