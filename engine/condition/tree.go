package condition

import (
	"slices"

	"holdfast/retention"
)

// Expr is a node of the syntax tree. The node types of this package are all
// there are. A tree is shared by whoever holds its [Condition]: treat it, and
// the slices in it, as read-only.
type Expr interface{ children() []Expr }

// Column is a column of the condition's own table, its name as in the catalog.
type Column struct{ Name string }

// Number is a numeric constant without a sign. Text is what was written, in
// digits, with at most one point and one exponent; it decides between integer,
// bigint and numeric as PostgreSQL does.
type Number struct{ Text string }

// String is a string constant. Its type is open until the server resolves it.
type String struct{ Value string }

// Bool is TRUE or FALSE.
type Bool struct{ Value bool }

// Null is the constant NULL.
type Null struct{}

// LogicOp joins the arguments of a [Logic].
type LogicOp string

// The two ways to join.
const (
	And LogicOp = "AND"
	Or  LogicOp = "OR"
)

// Logic joins two or more arguments. It is n-ary, and no argument is a Logic of
// the same Op, so that a long chain is wide and not deep.
type Logic struct {
	Op   LogicOp
	Args []Expr
}

// Not is NOT Arg.
type Not struct{ Arg Expr }

// Negate is -Arg.
type Negate struct{ Arg Expr }

// Binary is an operator between two operands: comparison, arithmetic, regular
// expression, concatenation, JSON access or containment. Unequal is always <>.
type Binary struct {
	Op          string
	Left, Right Expr
}

// Is is Arg IS [NOT] Test, where Test is NULL, TRUE, FALSE or UNKNOWN.
type Is struct {
	Arg  Expr
	Test string
	Not  bool
}

// Distinct is Left IS [NOT] DISTINCT FROM Right.
type Distinct struct {
	Left, Right Expr
	Not         bool
}

// Between is Arg [NOT] BETWEEN [SYMMETRIC] Low AND High.
type Between struct {
	Arg, Low, High Expr
	Symmetric, Not bool
}

// In is Arg [NOT] IN (List), with at least one element.
type In struct {
	Arg  Expr
	List []Expr
	Not  bool
}

// Like is Arg [NOT] LIKE or ILIKE Pattern. Escape is nil without ESCAPE, else
// one character, or empty for none.
type Like struct {
	Arg, Pattern Expr
	Escape       *string
	IgnoreCase   bool
	Not          bool
}

// Quantified is Left Op ANY (Array), or ALL.
type Quantified struct {
	Op          string
	Left, Array Expr
	All         bool
}

// Cast is Arg::Type. A typed constant such as DATE '2020-01-01' is the cast of
// a [String].
type Cast struct {
	Arg  Expr
	Type Type
}

// Type is a built-in type of the allow-list.
type Type struct {
	// Name is the type's name in pg_catalog, such as int4.
	Name string
	// Modifier is what stands in parentheses, such as "10,2"; empty for none. Only
	// a constant of bpchar (CHAR 'abc') has none of it: as written, char is char(1).
	Modifier string
	// Array makes it the one-dimensional array of that type.
	Array bool
}

// AtZone is Arg AT TIME ZONE 'Zone'.
type AtZone struct {
	Arg  Expr
	Zone string
}

// Call is a function of the allow-list, under its name in pg_catalog, or one of
// coalesce, nullif, greatest, least, which are syntax.
type Call struct {
	Func string
	Args []Expr
}

// Extract is EXTRACT(Field FROM Arg).
type Extract struct {
	Field string
	Arg   Expr
}

// Array is ARRAY[Elems], with at least one element.
type Array struct{ Elems []Expr }

func (Column) children() []Expr       { return nil }
func (Number) children() []Expr       { return nil }
func (String) children() []Expr       { return nil }
func (Bool) children() []Expr         { return nil }
func (Null) children() []Expr         { return nil }
func (e Logic) children() []Expr      { return e.Args }
func (e Not) children() []Expr        { return []Expr{e.Arg} }
func (e Negate) children() []Expr     { return []Expr{e.Arg} }
func (e Binary) children() []Expr     { return []Expr{e.Left, e.Right} }
func (e Is) children() []Expr         { return []Expr{e.Arg} }
func (e Distinct) children() []Expr   { return []Expr{e.Left, e.Right} }
func (e Between) children() []Expr    { return []Expr{e.Arg, e.Low, e.High} }
func (e In) children() []Expr         { return append([]Expr{e.Arg}, e.List...) }
func (e Like) children() []Expr       { return []Expr{e.Arg, e.Pattern} }
func (e Quantified) children() []Expr { return []Expr{e.Left, e.Array} }
func (e Cast) children() []Expr       { return []Expr{e.Arg} }
func (e AtZone) children() []Expr     { return []Expr{e.Arg} }
func (e Call) children() []Expr       { return e.Args }
func (e Extract) children() []Expr    { return []Expr{e.Arg} }
func (e Array) children() []Expr      { return e.Elems }

// walk visits e and all below it. Its recursion is at most MaxDepth deep.
func walk(e Expr, visit func(Expr)) {
	visit(e)
	for _, c := range e.children() {
		walk(c, visit)
	}
}

// Condition is a parsed condition. Only [Parse] makes one; it is immutable and
// safe for concurrent use. Where a policy or a hold has no condition, callers
// keep no Condition: there is no empty one, since an empty one that prints as
// "every row" would be a purge of everything.
type Condition struct {
	root Expr
	// places are where in the text each column stands first, in characters from 1.
	places map[string]int
}

// Root is the syntax tree.
func (c *Condition) Root() Expr { return c.root }

// Columns are the distinct names of the columns it asks for, sorted.
func (c *Condition) Columns() []string {
	return c.collect(func(e Expr) (string, bool) {
		col, ok := e.(Column)
		return col.Name, ok
	})
}

// Place is where in the text a column stands first, in characters from 1; 0 of one that was not
// parsed from a text.
func (c *Condition) Place(column string) int { return c.places[column] }

// Functions are the distinct functions of pg_catalog it calls, sorted, for the
// server-side check of volatility. Syntax that is no function there (COALESCE,
// NULLIF, GREATEST, LEAST) is left out; EXTRACT is extract and AT TIME ZONE is
// timezone.
func (c *Condition) Functions() []string {
	return c.collect(func(e Expr) (string, bool) {
		switch e := e.(type) {
		case Call:
			return e.Func, !functions[e.Func].syntax
		case Extract:
			return "extract", true
		case AtZone:
			return "timezone", true
		}
		return "", false
	})
}

func (c *Condition) collect(pick func(Expr) (string, bool)) []string {
	names := []string{}
	walk(c.root, func(e Expr) {
		if name, ok := pick(e); ok {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// Equality recognises a condition that is nothing but column = constant (or
// the reverse), so that many holds of that form can become one list. The
// constant is SQL, as in [Condition.SQL]; its type is still the column's to
// settle. NULL is no such constant: nothing equals it.
func (c *Condition) Equality() (column, constantSQL string, ok bool) {
	eq, isBinary := c.root.(Binary)
	if !isBinary || eq.Op != "=" {
		return "", "", false
	}
	col, isCol := eq.Left.(Column)
	val := eq.Right
	if !isCol {
		col, isCol = eq.Right.(Column)
		val = eq.Left
	}
	if !isCol || !isConstant(val) {
		return "", "", false
	}
	p := sqlPrinter{}
	p.print(val)
	return col.Name, p.String(), true
}

func isConstant(e Expr) bool {
	switch e := e.(type) {
	case Number, String, Bool:
		return true
	case Negate:
		_, ok := e.Arg.(Number)
		return ok
	case Cast:
		return isConstant(e.Arg)
	}
	return false
}

// systemColumns belong to the row's storage, not to the record: they change
// with every update, so a condition over them would mean another row tomorrow.
var systemColumns = map[string]bool{
	"tableoid": true, "ctid": true, "xmin": true, "xmax": true, "cmin": true, "cmax": true,
}

// maxIdentifier repeats the noun's limit where messages need it.
const maxIdentifier = retention.MaxIdentifier
