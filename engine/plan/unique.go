package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// keepsUnique refuses methods that could give several rows one value where the
// database wants them different: in a unique index over the column itself, over an
// expression of it, over a column that is generated from it, or over some of the
// rows, chosen by it.
func keepsUnique(t *Table, c Column, how retention.Anonymizer, _ string) error {
	for _, ix := range t.Indexes {
		if !ix.Unique && !ix.Exclusion {
			continue
		}
		if err := keepsKeys(t, ix, c, how); err != nil {
			return err
		}
		if err := keepsPredicate(t, ix, c, how); err != nil {
			return err
		}
	}
	return nil
}

func keepsKeys(t *Table, ix Index, c Column, how retention.Anonymizer) error {
	for i, name := range ix.Columns {
		simple := name == c.Name || name == "" && foldsCase(ix.expr(i), c.Name)
		switch {
		case !simple && !t.computes(ix, i, c.Name):
			continue
		case !simple:
			return refuse("", fmt.Sprintf("column %q is part of the unique index %q by way of %s, and nobody can tell whether %s keeps that unique", c.Name, ix.Name, ix.key(i), how.Method), "leave the column out, or drop that index")
		case slices.Contains(keyedMethods, how.Method) && !ix.Exclusion, how.Method == retention.MethodNull && !ix.NullsNotDistinct:
			continue
		}
		return refuse("", fmt.Sprintf("column %q is in the unique index %q, and %s would give several rows the same value", c.Name, ix.Name, how.Method), uniqueRemedy(t, ix, c))
	}
	return nil
}

// keyedMethods write another value for each.
var keyedMethods = []retention.Method{retention.MethodHash, retention.MethodEmail}

// uniqueRemedy names the methods that keep the index unique and fit the column.
func uniqueRemedy(t *Table, ix Index, c Column) string {
	var use []string
	for _, m := range keyedMethods {
		if !ix.Exclusion && fitsType(t, c, retention.Anonymizer{Method: m}, "") == nil {
			use = append(use, string(m))
		}
	}
	if !ix.NullsNotDistinct && !c.NotNull && !c.DomainNotNull {
		use = append(use, string(retention.MethodNull))
	}
	if len(use) == 0 {
		return "leave it out"
	}
	return "use " + strings.Join(use, " or ")
}

// keepsPredicate refuses treatments that could bring rows into a partial index. NULL
// stays NULL under every method, and only null makes new ones.
func keepsPredicate(t *Table, ix Index, c Column, how retention.Anonymizer) error {
	if !t.mentions(ix.PredicateColumns, c.Name) {
		return nil
	}
	for _, name := range []string{c.Name, retention.QuoteIdent(c.Name)} {
		if ix.Predicate == "("+name+" IS NOT NULL)" || ix.Predicate == "("+name+" IS NULL)" && how.Method != retention.MethodNull {
			return nil
		}
	}
	return refuse("", fmt.Sprintf("the unique index %q covers the rows where %s, and %s of column %q could bring rows into it that collide", ix.Name, ix.Predicate, how.Method, c.Name), "leave the column out, or drop that index")
}

// key is the i-th key of the index for people.
func (ix Index) key(i int) string {
	if ix.Columns[i] == "" {
		return ix.expr(i)
	}
	return "the generated column " + ix.Columns[i]
}

// expr is the expression of the i-th key; empty for a column.
func (ix Index) expr(i int) string {
	if i < len(ix.Exprs) {
		return ix.Exprs[i]
	}
	return ""
}

// computes tells whether the i-th key of the index is computed from the column.
func (t *Table) computes(ix Index, i int, column string) bool {
	if ix.Columns[i] != "" {
		of, _ := t.Column(ix.Columns[i])
		return slices.Contains(of.GeneratedFrom, column)
	}
	return t.mentions(ix.ExprColumns, column)
}

// mentions tells whether an expression over these columns reads the column, itself
// or by way of a generated one.
func (t *Table) mentions(columns []string, column string) bool {
	return slices.ContainsFunc(columns, func(name string) bool {
		of, _ := t.Column(name)
		return name == column || slices.Contains(of.GeneratedFrom, column)
	})
}

// foldsCase recognises lower(column) and upper(column), as the server prints them
// with an empty search_path. They are NULL for NULL, and one to one on what hash
// writes, which is hexadecimal in lower case.
func foldsCase(expr, column string) bool {
	for _, name := range []string{column, retention.QuoteIdent(column)} {
		for _, function := range []string{"lower", "upper"} {
			if expr == function+"("+name+")" || expr == function+"(("+name+")::text)" {
				return true
			}
		}
	}
	return false
}
