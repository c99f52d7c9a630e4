package condition

import (
	"strings"

	"holdfast/retention"
)

// String is the canonical form for people: as few parentheses as possible,
// keywords in capitals. It parses to the same tree.
func (c *Condition) String() string {
	p := &textPrinter{}
	p.print(c.root, bindOr)
	return p.String()
}

// How tightly the constructs bind, loosest first: the levels of the parser.
const (
	bindOr = iota
	bindAnd
	bindNot
	bindIs
	bindComparison
	bindMembership
	bindOperator
	bindAdditive
	bindMultiplicative
	bindZone
	bindSign
	bindCast
	bindTerm
)

func binding(e Expr) int {
	switch e := e.(type) {
	case Logic:
		if e.Op == Or {
			return bindOr
		}
		return bindAnd
	case Not:
		return bindNot
	case Is, Distinct:
		return bindIs
	case Quantified:
		return bindComparison
	case Between, In, Like:
		return bindMembership
	case Binary:
		return operatorBinding(e.Op)
	case AtZone:
		return bindZone
	case Negate:
		return bindSign
	case Cast:
		if _, ok := e.typed(); !ok {
			return bindCast
		}
	}
	return bindTerm
}

func operatorBinding(op string) int {
	switch {
	case comparisonOps[op]:
		return bindComparison
	case additiveOps[op]:
		return bindAdditive
	case multiplicativeOps[op]:
		return bindMultiplicative
	}
	return bindOperator
}

// typed reports whether the cast is printed as a constant of its type, such as
// DATE '2020-01-31'.
func (e Cast) typed() (value string, ok bool) {
	s, isString := e.Arg.(String)
	simple := e.Type.Modifier == "" && !e.Type.Array
	name := e.Type.Name
	return s.Value, isString && simple && (dataTypes[name].temporal || name == "interval" || name == "bpchar")
}

// bareZone reports whether AT TIME ZONE may be printed outside all parentheses of the
// operand, where the first bound of BETWEEN has no place for it.
func bareZone(e Expr) bool {
	switch e := e.(type) {
	case AtZone:
		return true
	case Binary:
		return bareZone(e.Left) || bareZone(e.Right)
	case Negate:
		return bareZone(e.Arg)
	case Cast:
		return bareZone(e.Arg)
	}
	return false
}

type textPrinter struct{ printer }

// print writes the node where only what binds at least as tightly as min can
// stand without parentheses.
func (p *textPrinter) print(e Expr, min int) {
	own := binding(e)
	if own < min {
		p.write("(")
		p.node(e, own)
		p.write(")")
		return
	}
	p.node(e, own)
}

func (p *textPrinter) list(list []Expr) {
	p.each(list, ", ", func(e Expr) { p.print(e, bindOr) })
}

func (p *textPrinter) node(e Expr, own int) {
	switch e := e.(type) {
	case Logic:
		p.each(e.Args, " "+string(e.Op)+" ", func(arg Expr) { p.print(arg, own+1) })
	case Not:
		p.write("NOT ")
		p.print(e.Arg, bindNot)
	case Is:
		p.print(e.Arg, bindComparison)
		p.write(isTest(e.Not, e.Test))
	case Distinct:
		p.pair(e.Left, isTest(e.Not, "DISTINCT FROM "), e.Right, bindComparison)
	case Quantified:
		p.print(e.Left, bindMembership)
		p.write(e.word())
		p.print(e.Array, bindOr)
		p.write(")")
	case Between:
		low := bindOperator
		if bareZone(e.Low) {
			low = bindTerm + 1
		}
		p.print(e.Arg, bindOperator)
		p.write(e.word())
		p.print(e.Low, low)
		p.write(" AND ")
		p.print(e.High, bindOperator)
	case In:
		p.print(e.Arg, bindOperator)
		p.write(notIf(e.Not, "IN ("))
		p.list(e.List)
		p.write(")")
	case Like:
		p.pair(e.Arg, e.word(), e.Pattern, bindOperator)
		if e.Escape != nil {
			p.write(" ESCAPE ", quoteText(*e.Escape))
		}
	case Binary:
		p.binary(e, own)
	default:
		p.tight(e)
	}
}

// binary leans to the left, but for comparisons, which do not chain.
func (p *textPrinter) binary(e Binary, own int) {
	left := own
	if own == bindComparison {
		left = own + 1
	}
	p.print(e.Left, left)
	p.write(" ", e.Op, " ")
	p.print(e.Right, own+1)
}

func (p *textPrinter) pair(left Expr, between string, right Expr, min int) {
	p.print(left, min)
	p.write(between)
	p.print(right, min)
}

// tight prints what binds more tightly than the binary operators.
func (p *textPrinter) tight(e Expr) {
	switch e := e.(type) {
	case AtZone:
		p.print(e.Arg, bindZone)
		p.write(" AT TIME ZONE ", quoteText(e.Zone))
	case Negate:
		p.write("-")
		if _, twice := e.Arg.(Negate); twice {
			p.write(" ") // -- would begin a comment
		}
		p.print(e.Arg, bindSign)
	case Cast:
		if value, ok := e.typed(); ok {
			p.write(strings.ToUpper(e.Type.String()), " ", quoteText(value))
			return
		}
		p.print(e.Arg, bindCast)
		p.write("::", e.Type.String())
	case Column:
		p.write(displayColumn(e.Name))
	case Number:
		p.write(e.Text)
	case String:
		p.write(quoteText(e.Value))
	case Bool:
		p.write(boolWord(e.Value))
	case Null:
		p.write("NULL")
	case Call:
		p.write(e.Func, "(")
		p.list(e.Args)
		p.write(")")
	case Extract:
		p.write("EXTRACT(", e.Field, " FROM ")
		p.print(e.Arg, bindOr)
		p.write(")")
	case Array:
		p.write("ARRAY[")
		p.list(e.Elems)
		p.write("]")
	}
}

// displayColumn quotes only what this grammar would not read back unquoted.
func displayColumn(name string) string {
	for i, r := range name {
		if !(r == '_' || r >= 'a' && r <= 'z' || i > 0 && (isDigit(r) || r == '$')) {
			return retention.QuoteIdent(name)
		}
	}
	if reserved[name] {
		return retention.QuoteIdent(name)
	}
	return name
}
