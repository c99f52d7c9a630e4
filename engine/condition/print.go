package condition

import (
	"strings"

	"holdfast/retention"
)

// SQL prints the condition for a statement, always in parentheses. With an
// alias, columns are printed as "alias"."column".
//
// Every operand that is more than a name, a constant or a call is in
// parentheses of its own, so that the meaning hangs on no precedence. Functions
// and types are qualified by pg_catalog, operators are not (see comparisonOps).
// IN, BETWEEN and LIKE stay what they are: IN of constants becomes one array
// comparison in the planner, and PostgreSQL resolves a list of strings against
// the column, which it does not do for an ARRAY of them.
func (c *Condition) SQL(alias string) string {
	p := &sqlPrinter{}
	if alias != "" {
		p.prefix = retention.QuoteIdent(alias) + "."
	}
	if parenthesised(c.root) {
		p.print(c.root)
	} else {
		p.write("(")
		p.print(c.root)
		p.write(")")
	}
	return p.String()
}

// printer is what both forms have in common.
type printer struct{ strings.Builder }

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// each prints the elements between separators.
func (p *printer) each(list []Expr, sep string, print func(Expr)) {
	for i, e := range list {
		if i > 0 {
			p.write(sep)
		}
		print(e)
	}
}

func notIf(not bool, word string) string {
	if not {
		return " NOT " + word
	}
	return " " + word
}

func isTest(not bool, test string) string {
	if not {
		return " IS NOT " + test
	}
	return " IS " + test
}

func (e Between) word() string {
	if e.Symmetric {
		return notIf(e.Not, "BETWEEN SYMMETRIC ")
	}
	return notIf(e.Not, "BETWEEN ")
}

func (e Like) word() string {
	if e.IgnoreCase {
		return notIf(e.Not, "ILIKE ")
	}
	return notIf(e.Not, "LIKE ")
}

func (e Quantified) word() string {
	if e.All {
		return " " + e.Op + " ALL ("
	}
	return " " + e.Op + " ANY ("
}

func boolWord(b bool) string {
	if b {
		return "TRUE"
	}
	return "FALSE"
}

// quoteSQL quotes a string for a statement. With a backslash it is an E string:
// its meaning is then the same whatever standard_conforming_strings says.
func quoteSQL(s string) string {
	q := quoteText(s)
	if strings.ContainsRune(s, '\\') {
		q = "E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}

// quoteText quotes a string as this grammar reads it.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// parenthesised reports whether the SQL form brings its own parentheses.
func parenthesised(e Expr) bool {
	switch e.(type) {
	case Column, Number, String, Bool, Null, Call, Extract, Array:
		return false
	}
	return true
}

type sqlPrinter struct {
	printer
	prefix string // of columns
}

func (p *sqlPrinter) list(list []Expr) { p.each(list, ", ", p.print) }

// print writes the node so that it can stand anywhere.
func (p *sqlPrinter) print(e Expr) {
	if parenthesised(e) {
		p.write("(")
		p.operator(e)
		p.write(")")
		return
	}
	switch e := e.(type) {
	case Column:
		p.write(p.prefix, retention.QuoteIdent(e.Name))
	case Number:
		p.write(e.Text)
	case String:
		p.write(quoteSQL(e.Value))
	case Bool:
		p.write(boolWord(e.Value))
	case Null:
		p.write("NULL")
	case Call:
		name := "pg_catalog." + e.Func
		if functions[e.Func].syntax {
			name = strings.ToUpper(e.Func)
		}
		p.write(name, "(")
		p.list(e.Args)
		p.write(")")
	case Extract:
		p.write("EXTRACT(", e.Field, " FROM ")
		p.print(e.Arg)
		p.write(")")
	case Array:
		p.write("ARRAY[")
		p.list(e.Elems)
		p.write("]")
	}
}

func (p *sqlPrinter) operator(e Expr) {
	switch e := e.(type) {
	case Logic:
		p.each(e.Args, " "+string(e.Op)+" ", p.print)
	case Not:
		p.write("NOT ")
		p.print(e.Arg)
	case Negate:
		p.write("-")
		p.print(e.Arg)
	case Binary:
		p.pair(e.Left, " "+e.Op+" ", e.Right)
	case Is:
		p.print(e.Arg)
		p.write(isTest(e.Not, e.Test))
	case Distinct:
		p.pair(e.Left, isTest(e.Not, "DISTINCT FROM "), e.Right)
	case Cast:
		p.print(e.Arg)
		p.write("::", e.Type.sql())
	case AtZone:
		p.print(e.Arg)
		p.write(" AT TIME ZONE ", quoteSQL(e.Zone))
	default:
		p.membership(e)
	}
}

// membership prints the operators that are spelled in words and take lists,
// bounds and patterns.
func (p *sqlPrinter) membership(e Expr) {
	switch e := e.(type) {
	case Between:
		p.pair(e.Arg, e.word(), e.Low)
		p.write(" AND ")
		p.print(e.High)
	case In:
		p.print(e.Arg)
		p.write(notIf(e.Not, "IN ("))
		p.list(e.List)
		p.write(")")
	case Like:
		p.pair(e.Arg, e.word(), e.Pattern)
		if e.Escape != nil {
			p.write(" ESCAPE ", quoteSQL(*e.Escape))
		}
	case Quantified:
		p.pair(e.Left, e.word(), e.Array)
		p.write(")")
	}
}

func (p *sqlPrinter) pair(left Expr, between string, right Expr) {
	p.print(left)
	p.write(between)
	p.print(right)
}

// sql is the type so that a type of the same name elsewhere cannot take its place.
func (t Type) sql() string { return "pg_catalog." + t.suffixed(t.Name) }

// String is the type as people write it.
func (t Type) String() string {
	name := t.Name
	if d := dataTypes[t.Name].display; d != "" {
		name = d
	}
	return t.suffixed(name)
}

func (t Type) suffixed(name string) string {
	if t.Modifier != "" {
		name += "(" + t.Modifier + ")"
	}
	if t.Array {
		name += "[]"
	}
	return name
}
