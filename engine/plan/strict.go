package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// strict collects what an archive table demands beyond its source, and the
// statements that mend it.
type strict struct {
	source, archive *Table
	// alter are clauses of one ALTER TABLE, other are whole statements.
	reasons, alter, other []string
}

// archiveStrictness refuses an archive table that demands more of a row than the
// source does: sooner or later a batch would meet the row that it does not take. It
// names everything at once.
func archiveStrictness(source, archive *Table, field string) error {
	if archive == nil {
		return nil
	}
	s := &strict{source: source, archive: archive}
	for _, c := range archive.Columns {
		s.column(c)
	}
	for _, ch := range archive.Checks {
		if !slices.ContainsFunc(source.Checks, func(of Check) bool { return of.Expr == ch.Expr }) {
			s.reasons = append(s.reasons, fmt.Sprintf("the constraint %q (%s) is not one of %s", ch.Name, ch.Expr, source.Name))
			s.alter = append(s.alter, "DROP CONSTRAINT "+retention.QuoteIdent(ch.Name))
		}
	}
	for _, ix := range archive.Indexes {
		if (ix.Unique || ix.Exclusion) && !ix.withKey(source.Key) {
			s.reasons = append(s.reasons, fmt.Sprintf("the unique index %q could meet two rows that are equal in it, since it has not the whole key of %s", ix.Name, source.Name))
			s.other = append(s.other, dropIndex(archive, ix))
		}
	}
	if len(s.reasons) == 0 {
		return nil
	}
	if len(s.alter) > 0 {
		s.other = slices.Insert(s.other, 0, fmt.Sprintf("ALTER TABLE %s %s;", archive.Name.SQL(), strings.Join(s.alter, ", ")))
	}
	return refuse(field, fmt.Sprintf("%s is stricter than %s: %s", archive.Name, source.Name, strings.Join(s.reasons, "; ")), strings.Join(s.other, " "))
}

// column finds a NOT NULL that the source has not, or that nothing fills.
func (s *strict) column(c Column) {
	source, shared := s.source.Column(c.Name)
	meta := slices.ContainsFunc(ArchiveMeta(), func(m Column) bool { return m.Name == c.Name })
	switch {
	case shared && c.NotNull && !source.NotNull && !source.DomainNotNull:
		s.reasons = append(s.reasons, fmt.Sprintf("column %q is NOT NULL there and may be NULL in %s", c.Name, s.source.Name))
	case !shared && !meta && (c.NotNull || c.DomainNotNull) && !c.HasDefault && !c.Generated:
		s.reasons = append(s.reasons, fmt.Sprintf("column %q is NOT NULL, and %s has nothing to put there", c.Name, s.source.Name))
	default:
		return
	}
	s.alter = append(s.alter, "ALTER COLUMN "+retention.QuoteIdent(c.Name)+" DROP NOT NULL")
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
