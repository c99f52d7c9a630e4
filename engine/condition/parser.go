package condition

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads a condition. Its error is a [*SyntaxError], also for a text that
// is empty or blank: callers treat "no condition" themselves.
func Parse(text string) (*Condition, error) {
	return parse(text, "condition", allowedAll, (*parser).or)
}

// ParseTerm reads an expression of any type in the same language, such as a column or what
// is computed from it; its limits and errors are Parse's.
func ParseTerm(text string) (*Condition, error) {
	return parse(text, "expression", allowedTerm, (*parser).operators)
}

func parse(text, what, allowed string, level func(*parser) operand) (*Condition, error) {
	src, bad := checkText(text)
	if bad != nil {
		return nil, bad
	}
	p := &parser{src: src, toks: lex(src), places: map[string]int{}}
	p.moveTo(0)
	if p.err == nil && p.tok.kind == kindEnd {
		p.fail(p.tok, "the "+what+" is empty", allowed)
	}
	root := level(p)
	if p.tok.kind != kindEnd {
		p.unexpected()
	}
	if p.err != nil {
		return nil, p.err
	}
	c := &Condition{root: root.Expr, places: p.places}
	// String must parse again, and it can be longer than what was typed.
	if n := utf8.RuneCountInString(c.String()); n > MaxLength {
		return nil, &SyntaxError{Offset: 0, Near: string(src[:min(len(src), nearLimit)]) + "…",
			Problem: fmt.Sprintf("the %s has %d characters when it is written out", what, n),
			Allowed: fmt.Sprintf("at most %d", MaxLength)}
	}
	return c, nil
}

// parser descends one function per level of PostgreSQL's operator precedence:
// or, and, not, is, comparison, membership (BETWEEN, IN, LIKE), other operators,
// additive, multiplicative, AT TIME ZONE, sign, cast, term. Where PostgreSQL
// gives a chain a meaning that people do not expect (a IS NULL IS NULL,
// a IN (b) = c), it is stricter and asks for parentheses; what it accepts, it
// reads as PostgreSQL does.
//
// The first error sticks: it moves the parser to the end of the text, where
// every loop stops, so that only the entry looks at err.
type parser struct {
	src   []rune
	toks  []token
	i     int
	tok   token // toks[i]
	depth int   // open parentheses, calls and lists
	// firstBound is one more than the depth at which a first bound of BETWEEN is being
	// read: PostgreSQL's grammar (b_expr) has no AT TIME ZONE there without parentheses.
	firstBound int
	err        *SyntaxError
	places     map[string]int // of columns, the first of each
}

// operand is a subtree while it is being built.
type operand struct {
	Expr
	at       token // where it starts
	height   int   // of the tree
	expanded int   // nodes, as PostgreSQL expands them
}

func (p *parser) moveTo(i int) {
	p.i, p.tok = i, p.toks[i]
	if p.tok.kind == kindBad && p.err == nil {
		p.err = p.tok.err
		p.stop()
	}
}

// stop leaves the parser at an end of the text, for good.
func (p *parser) stop() {
	p.toks = []token{{kind: kindEnd, start: len(p.src), end: len(p.src)}}
	p.i, p.tok = 0, p.toks[0]
}

func (p *parser) fail(at token, problem, allowed string) {
	if p.err == nil {
		p.err = errorAt(p.src, at.start, at.end, problem, allowed)
	}
	p.stop()
}

func (p *parser) next() {
	if p.tok.kind != kindEnd {
		p.moveTo(p.i + 1)
	}
}

// peek is the token after the present one.
func (p *parser) peek() token {
	if p.i+1 < len(p.toks) {
		return p.toks[p.i+1]
	}
	return p.tok
}

// accept moves over the word if it is there.
func (p *parser) accept(word string) bool {
	if !p.tok.is(word) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(word, after string) {
	if !p.accept(word) {
		p.fail(p.tok, fmt.Sprintf("%s is missing after %s", strings.ToUpper(word), after), strings.ToUpper(word))
	}
}

func (p *parser) expectPunct(s string) {
	if !p.tok.punct(s) {
		p.unexpected(s)
		return
	}
	p.next()
}

// enter opens a level of nesting at the present token, leave closes it.
func (p *parser) enter() {
	if p.depth++; p.depth > MaxDepth {
		p.tooDeep(p.tok)
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) tooDeep(at token) {
	p.fail(at, fmt.Sprintf("the condition is nested more than %d levels deep", MaxDepth),
		"chains of AND and OR of any length, IN (list), fewer parentheses")
}

// node makes an operand of its parts, within the limits.
func (p *parser) node(at token, e Expr, parts ...operand) operand {
	o := operand{Expr: e, at: at, expanded: 1}
	for _, part := range parts {
		o.height = max(o.height, part.height)
		o.expanded += part.expanded
	}
	if o.height++; o.height > MaxDepth {
		p.tooDeep(at)
	}
	return o
}

func (p *parser) or() operand  { return p.logic(Or, "or", p.and) }
func (p *parser) and() operand { return p.logic(And, "and", p.not) }

// logic reads a chain into one node, also through parentheses: AND and OR are
// associative, with NULL too.
func (p *parser) logic(op LogicOp, word string, operandOf func() operand) operand {
	first := operandOf()
	if !p.tok.is(word) {
		return first
	}
	out := operand{at: first.at, expanded: 1}
	var args []Expr
	add := func(o operand) {
		if inner, ok := o.Expr.(Logic); ok && inner.Op == op {
			args = append(args, inner.Args...)
			out.height = max(out.height, o.height)
		} else {
			args = append(args, o.Expr)
			out.height = max(out.height, o.height+1)
		}
		out.expanded += o.expanded
	}
	add(first)
	for p.accept(word) {
		add(operandOf())
	}
	if out.height > MaxDepth {
		p.tooDeep(first.at)
	}
	out.Expr = Logic{Op: op, Args: args}
	return out
}

// not counts in a loop: recursion is for what enter guards.
func (p *parser) not() operand {
	at, n := p.tok, 0
	for p.accept("not") {
		n++
	}
	o := p.is()
	for ; n > 0 && p.err == nil; n-- {
		o = p.node(at, Not{o.Expr}, o)
	}
	return o
}

func (p *parser) is() operand {
	left := p.comparison()
	if !p.accept("is") {
		return left
	}
	not := p.accept("not")
	word := p.tok
	switch {
	case p.accept("distinct"):
		p.expect("from", "IS DISTINCT")
		right := p.comparison()
		p.refuseNow(left, right)
		left = p.node(left.at, Distinct{left.Expr, right.Expr, not}, left, right)
	case p.accept("null"), p.accept("true"), p.accept("false"), p.accept("unknown"):
		left = p.node(left.at, Is{left.Expr, strings.ToUpper(word.text), not}, left)
	default:
		p.fail(word, "IS is followed by something else than it can test",
			"IS [NOT] NULL, TRUE, FALSE, UNKNOWN and DISTINCT FROM")
	}
	if p.tok.is("is") {
		p.fail(p.tok, "IS after IS reads two ways", "parentheses around the first")
	}
	return left
}

func (p *parser) comparison() operand {
	left := p.membership()
	op := p.tok
	if op.kind != kindOp || !comparisonOps[op.text] {
		return left
	}
	p.next()
	if op.text == "!=" {
		op.text = "<>"
	}
	if p.tok.is("any") || p.tok.is("all") {
		left = p.quantified(left, op.text)
	} else {
		right := p.membership()
		p.refuseNull(left, right)
		p.refuseNow(left, right)
		left = p.node(left.at, Binary{op.text, left.Expr, right.Expr}, left, right)
	}
	if p.tok.kind == kindOp && comparisonOps[p.tok.text] {
		p.fail(p.tok, "comparisons cannot be chained", "a < b AND b < c, or parentheses")
	}
	return left
}

func (p *parser) quantified(left operand, op string) operand {
	all := p.tok.is("all")
	p.next()
	p.enter()
	p.expectPunct("(")
	array := p.or()
	p.expectPunct(")")
	p.leave()
	p.refuseNull(left, array)
	p.refuseNow(left, array)
	return p.node(left.at, Quantified{op, left.Expr, array.Expr, all}, left, array)
}

var membershipWords = set("between", "in", "like", "ilike")

// membership reads at most one of BETWEEN, IN and LIKE.
func (p *parser) membership() operand {
	left := p.operators()
	not := p.tok.is("not") && p.peek().kind == kindWord && membershipWords[p.peek().text]
	if not {
		p.next()
	}
	switch word := p.tok; {
	case p.accept("between"):
		left = p.between(left, not, word)
	case p.accept("in"):
		left = p.in(left, not, word)
	case p.accept("like"), p.accept("ilike"):
		left = p.like(left, not, word.text == "ilike")
	default:
		return left
	}
	after := p.tok
	if after.is("not") {
		after = p.peek()
	}
	if after.kind == kindWord && membershipWords[after.text] {
		p.fail(p.tok, "BETWEEN, IN and LIKE cannot be chained", "AND between them, or parentheses")
	}
	return left
}

func (p *parser) between(left operand, not bool, word token) operand {
	symmetric := p.accept("symmetric")
	outer := p.firstBound
	p.firstBound = p.depth + 1
	low := p.operators()
	p.firstBound = outer
	p.expect("and", "the first bound of BETWEEN")
	high := p.operators()
	p.refuseNull(left, low, high)
	p.refuseNow(left, low, high)
	o := p.node(left.at, Between{left.Expr, low.Expr, high.Expr, symmetric, not}, left, low, high)
	// The server writes x BETWEEN a AND b as two comparisons, SYMMETRIC as four.
	o.expanded += left.expanded
	if symmetric {
		o.expanded *= 2
	}
	return p.bounded(o, word)
}

func (p *parser) in(left operand, not bool, word token) operand {
	p.enter()
	p.expectPunct("(")
	list := p.list()
	p.expectPunct(")")
	p.leave()
	elems, parts := exprs(list), append([]operand{left}, list...)
	p.refuseNull(parts...)
	p.refuseNow(parts...)
	o := p.node(left.at, In{left.Expr, elems, not}, parts...)
	// The server writes x IN (a, b) as x = a OR x = b, unless a and b are constants.
	o.expanded += (len(list) - 1) * left.expanded
	return p.bounded(o, word)
}

func (p *parser) bounded(o operand, word token) operand {
	if o.expanded > maxExpanded {
		p.fail(word, "the condition repeats too much: the server compares the left side once for each value",
			"a column on the left of BETWEEN and IN")
	}
	return o
}

// list reads one or more expressions.
func (p *parser) list() []operand {
	list := []operand{p.or()}
	for p.tok.punct(",") {
		p.next()
		list = append(list, p.or())
	}
	return list
}

func exprs(list []operand) []Expr {
	out := make([]Expr, len(list))
	for i, o := range list {
		out[i] = o.Expr
	}
	return out
}

func (p *parser) like(left operand, not, ignoreCase bool) operand {
	if w := p.tok; w.is("any") || w.is("all") || w.is("some") {
		p.fail(w, "LIKE ANY and LIKE ALL are not allowed", "one LIKE for each pattern, joined by OR or AND")
	}
	pattern := p.operators()
	p.refuseNull(left, pattern)
	var escape *string
	if p.accept("escape") {
		s := p.tok
		if s.kind != kindString || utf8.RuneCountInString(s.text) > 1 {
			p.fail(s, "ESCAPE takes one character", "ESCAPE '!', or ESCAPE '' for none")
			return left
		}
		escape = &s.text
		p.next()
	}
	return p.node(left.at, Like{left.Expr, pattern.Expr, escape, ignoreCase, not}, left, pattern)
}

func (p *parser) operators() operand { return p.binary(otherOps, p.additive) }
func (p *parser) additive() operand  { return p.binary(additiveOps, p.multiplicative) }
func (p *parser) multiplicative() operand {
	return p.binary(multiplicativeOps, p.atZone)
}

// binary reads a chain of operators that bind alike, from the left.
func (p *parser) binary(ops map[string]bool, operandOf func() operand) operand {
	left := operandOf()
	for p.tok.kind == kindOp && ops[p.tok.text] {
		op := p.tok
		p.next()
		right := operandOf()
		if timeOps[op.text] {
			p.refuseNow(left, right)
		}
		left = p.node(left.at, Binary{op.text, left.Expr, right.Expr}, left, right)
	}
	return left
}

func (p *parser) atZone() operand {
	o := p.sign()
	for p.tok.is("at") {
		if p.firstBound == p.depth+1 {
			p.fail(p.tok, "AT TIME ZONE cannot stand in the first bound of BETWEEN as it is", "the same in parentheses")
			return o
		}
		p.next()
		p.expect("time", "AT")
		p.expect("zone", "AT TIME")
		zone := p.tok
		if zone.kind != kindString {
			p.fail(zone, "AT TIME ZONE takes a constant", "AT TIME ZONE 'UTC', or another name in quotes")
			return o
		}
		p.next()
		p.refuseNow(o)
		o = p.node(o.at, AtZone{o.Expr, zone.text}, o)
	}
	return o
}

func (p *parser) sign() operand {
	at, n := p.tok, 0
	for p.tok.kind == kindOp && p.tok.text == "-" {
		n++
		p.next()
	}
	o := p.cast()
	for ; n > 0 && p.err == nil; n-- {
		o = p.node(at, Negate{o.Expr}, o)
	}
	return o
}

func (p *parser) cast() operand {
	o := p.term()
	for p.tok.punct("::") {
		p.next()
		o = p.castTo(o.at, o, p.typeName())
	}
	return o
}

func (p *parser) castTo(at token, o operand, t Type) operand {
	if dataTypes[t.Name].temporal {
		inner := o // also behind other casts: 'now'::text::date
		for c, ok := inner.Expr.(Cast); ok; c, ok = inner.Expr.(Cast) {
			inner.Expr = c.Arg
		}
		p.refuseNow(inner)
	}
	return p.node(at, Cast{o.Expr, t}, o)
}

// refuseNull refuses a bare NULL where it makes the result NULL whatever the
// row says. It is never meant, and `= NULL` has another meaning under the
// setting transform_null_equals.
func (p *parser) refuseNull(operands ...operand) {
	for _, o := range operands {
		if _, ok := o.Expr.(Null); ok {
			p.fail(o.at, "a comparison with NULL is never true", "IS NULL, IS NOT NULL, IS DISTINCT FROM")
		}
	}
}

// refuseNow refuses a bare string that the server could read as the present.
func (p *parser) refuseNow(operands ...operand) {
	for _, o := range operands {
		if s, ok := o.Expr.(String); ok && saysNow(s.Value) {
			p.fail(o.at, "as a date or time this string means the present: "+whyClock,
				"dates such as DATE '2020-01-31'; for text, the string with ::text")
		}
	}
}
