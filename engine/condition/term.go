package condition

import (
	"fmt"
	"strconv"
	"strings"
)

// term reads what has no operator outside it: a constant, a column, a call, a
// cast in words, an array, or anything in parentheses.
func (p *parser) term() operand {
	t := p.tok
	switch {
	case t.kind == kindNumber:
		p.next()
		return p.node(t, Number{t.text})
	case t.kind == kindString:
		p.next()
		return p.node(t, String{t.text})
	case t.kind == kindQuoted:
		return p.column()
	case t.kind == kindWord:
		return p.word()
	case t.punct("("):
		return p.parentheses()
	case t.kind == kindEnd:
		p.fail(t, "the condition stops where a value is expected", allowedTerm)
	case t.kind == kindOp:
		p.fail(t, fmt.Sprintf("the operator %s stands where a value is expected", t.text), allowedTerm)
	default:
		p.fail(t, fmt.Sprintf("%q stands where a value is expected", t.text), allowedTerm)
	}
	return operand{at: t}
}

func (p *parser) parentheses() operand {
	open := p.tok
	p.enter()
	p.next()
	o := p.or()
	if p.tok.punct(",") {
		p.fail(p.tok, "lists in parentheses are not allowed here", "IN (list), ARRAY[list]")
	}
	p.expectPunct(")")
	p.leave()
	o.at = open
	return o
}

func (p *parser) column() operand {
	t := p.tok
	p.next()
	switch {
	case systemColumns[t.text]:
		p.fail(t, fmt.Sprintf("%s is a system column, which says nothing about the record", t.text), "the table's own columns")
	case p.tok.punct("("):
		p.fail(t, "functions are written without quotes", allowedFunctions())
	case p.tok.punct("."):
		p.fail(p.tok, "names with a dot are not allowed", "columns of the table and functions of the list, by their names alone")
	case p.tok.kind == kindString:
		p.fail(t, fmt.Sprintf("%q is no type for a constant", t.text), allowedTypes())
	}
	if _, there := p.places[t.text]; !there {
		p.places[t.text] = t.start + 1
	}
	return p.node(t, Column{t.text})
}

// word reads a term that starts with an unquoted word.
func (p *parser) word() operand {
	t, after := p.tok, p.peek()
	switch {
	case t.text == "true", t.text == "false":
		p.next()
		return p.node(t, Bool{t.text == "true"})
	case t.text == "null":
		p.next()
		return p.node(t, Null{})
	case t.text == "array":
		return p.array()
	case t.text == "cast" && after.punct("("):
		return p.castWords()
	case t.text == "extract" && after.punct("("):
		return p.extract()
	case p.refusedWord(t, after):
		return operand{at: t}
	case after.punct("("):
		return p.call()
	case typeNames[t.text] != "" && startsConstant(t, after):
		return p.typedConstant()
	}
	return p.column()
}

// refusedWord refuses the words that can be no column, with their reasons.
func (p *parser) refusedWord(t, after token) bool {
	call := after.punct("(")
	why, known := refusedFunctions[t.text]
	switch {
	case subqueryWords[t.text] && (reserved[t.text] || call):
		p.fail(t, "subqueries are not allowed", allowedAll)
	case known && call:
		p.fail(t, t.text+"() is not allowed: "+why, allowedFunctions())
	case known && reserved[t.text]:
		p.fail(t, t.text+" is not allowed: "+why, allowedTerm+"; for a column of that name, the name in double quotes")
	case t.text == "case":
		p.fail(t, "CASE is not allowed", "AND, OR, coalesce, nullif")
	case t.text == "not":
		p.fail(t, "NOT is not allowed after an operator", "NOT in parentheses")
	case t.text == "operator" && call:
		p.fail(t, "OPERATOR() is not allowed", "operators by their plain names")
	case t.text == "row" && call:
		p.fail(t, "rows are not allowed", "IN (list), ARRAY[list]")
	case reserved[t.text] && !(call && functions[t.text].max != 0):
		p.fail(t, strings.ToUpper(t.text)+" stands where a value is expected",
			allowedTerm+"; for a column of that name, the name in double quotes")
	default:
		return false
	}
	return true
}

// startsConstant tells DATE '2020-01-31' from a column named date.
func startsConstant(t, after token) bool {
	switch t.text {
	case "timestamp", "time":
		return after.kind == kindString || after.is("with") || after.is("without")
	case "double":
		return after.is("precision")
	}
	return after.kind == kindString
}

func (p *parser) typedConstant() operand {
	at := p.tok
	t := p.typeName()
	s := p.tok
	if s.kind != kindString {
		p.fail(s, "a string is missing after the type", "constants such as DATE '2020-01-31'")
		return operand{at: at}
	}
	p.next()
	if t.Name == "bpchar" {
		t.Modifier = "" // a constant of char, other than a cast to it, is as long as it is
	}
	return p.castTo(at, p.node(s, String{s.text}), t)
}

func (p *parser) array() operand {
	at := p.tok
	p.next()
	if p.tok.punct("(") && p.peek().kind == kindWord && subqueryWords[p.peek().text] {
		p.next()
		p.fail(p.tok, "subqueries are not allowed", "ARRAY[list]")
	}
	p.enter()
	p.expectPunct("[")
	if p.tok.punct("]") {
		p.fail(p.tok, "the array is empty, so that it has no type", "'{}'::text[], or another type")
	}
	list := p.list()
	p.expectPunct("]")
	p.leave()
	p.refuseNow(list...)
	return p.node(at, Array{exprs(list)}, list...)
}

// castWords reads CAST(x AS type), which is x::type.
func (p *parser) castWords() operand {
	at := p.tok
	p.next()
	p.enter()
	p.expectPunct("(")
	o := p.or()
	p.expect("as", "the value in CAST")
	t := p.typeName()
	p.expectPunct(")")
	p.leave()
	return p.castTo(at, o, t)
}

func (p *parser) extract() operand {
	at := p.tok
	p.next()
	p.enter()
	p.expectPunct("(")
	field := p.tok
	name := foldASCII(field.text)
	if field.kind != kindWord && field.kind != kindString || !extractFields[name] {
		p.fail(field, "this is no field to extract", "the fields "+sorted(extractFields))
		return operand{at: at}
	}
	p.next()
	p.expect("from", "the field")
	o := p.or()
	p.expectPunct(")")
	p.leave()
	p.refuseNow(o)
	return p.node(at, Extract{name, o.Expr}, o)
}

func (p *parser) call() operand {
	at := p.tok
	f, known := functions[at.text]
	if !known {
		allowed := allowedFunctions()
		if typeNames[at.text] != "" {
			allowed = fmt.Sprintf("a cast, value::%s; %s", at.text, allowed)
		}
		p.fail(at, at.text+"() is not on the list of functions", allowed)
		return operand{at: at}
	}
	p.next()
	p.enter()
	p.next()
	var args []operand
	if !p.tok.punct(")") {
		args = p.list()
	}
	p.expectPunct(")")
	p.leave()
	if f.times {
		p.refuseNow(args...)
	}
	if len(args) < f.min || f.max >= 0 && len(args) > f.max {
		p.fail(at, fmt.Sprintf("the number of arguments of %s() is %d", at.text, len(args)), f.counts())
	}
	name := f.name
	if name == "" {
		name = at.text
	}
	return p.node(at, Call{name, exprs(args)}, args...)
}

// counts is how many arguments the function takes, for messages.
func (f function) counts() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("%d or more", f.min)
	case f.min == f.max:
		return strconv.Itoa(f.min)
	}
	return fmt.Sprintf("%d to %d", f.min, f.max)
}

// typeName reads a type of the list, in any of its spellings.
func (p *parser) typeName() Type {
	at := p.tok
	name := typeNames[at.text]
	if at.kind != kindWord || name == "" {
		p.fail(at, "this is no type of the list", allowedTypes())
		return Type{}
	}
	p.next()
	switch at.text {
	case "double":
		p.expect("precision", "DOUBLE")
	case "char", "character":
		if p.accept("varying") {
			name = "varchar"
		}
	}
	t := Type{Name: name, Modifier: p.modifier(name)}
	if name == "time" || name == "timestamp" {
		t.Name = p.withZone(name)
	}
	if name == "bpchar" && t.Modifier == "" {
		t.Modifier = "1" // char is char(1); pg_catalog.bpchar alone would have no limit
	}
	if p.tok.punct("[") {
		p.next()
		p.expectPunct("]")
		t.Array = true
	}
	switch {
	case p.tok.punct("["):
		p.fail(p.tok, "arrays of arrays are not allowed", "one-dimensional arrays, as in text[]")
	case p.tok.punct("."):
		p.fail(p.tok, "names with a dot are not allowed", allowedTypes())
	}
	return t
}

// withZone reads the rest of TIMESTAMP WITH TIME ZONE.
func (p *parser) withZone(name string) string {
	switch {
	case p.accept("with"):
		name += "tz"
	case p.accept("without"):
	default:
		return name
	}
	p.expect("time", "WITH or WITHOUT")
	p.expect("zone", "TIME")
	return name
}

// modifier reads the numbers in parentheses after a type that takes them.
func (p *parser) modifier(name string) string {
	ranges := dataTypes[name].mods
	if !p.tok.punct("(") {
		return ""
	}
	if len(ranges) == 0 {
		p.fail(p.tok, "this type takes no numbers in parentheses", "the type alone")
		return ""
	}
	p.next()
	var parts []string
	for i, r := range ranges {
		if i > 0 {
			if !p.tok.punct(",") {
				break
			}
			p.next()
		}
		n, err := strconv.Atoi(p.tok.text)
		if p.tok.kind != kindNumber || err != nil || n < r.min || n > r.max {
			p.fail(p.tok, "this is no size for the type", fmt.Sprintf("%d to %d", r.min, r.max))
			return ""
		}
		parts = append(parts, strconv.Itoa(n))
		p.next()
	}
	p.expectPunct(")")
	return strings.Join(parts, ",")
}

// unexpected explains a token that cannot stand where it does; wanted is what
// would close the construct.
func (p *parser) unexpected(wanted ...string) {
	t := p.tok
	allowed := "operators, AND, OR, or the end"
	if len(wanted) > 0 {
		allowed = "operators, AND, OR, or " + wanted[0]
	}
	if problem, instead := trailingProblem(t); problem != "" {
		p.fail(t, problem, instead)
		return
	}
	switch {
	case t.kind == kindEnd && len(wanted) > 0:
		p.fail(t, fmt.Sprintf("%s is missing", wanted[0]), allowed)
	case t.punct("["):
		p.fail(t, "subscripts are not allowed", "-> and ->> for JSON, = ANY (column) for arrays")
	case t.punct("."):
		p.fail(t, "a dot is not allowed here", "operators, AND, OR, or the end")
	default:
		p.fail(t, "this does not continue the expression", allowed)
	}
}

// trailingProblem names the words that people put after an expression.
func trailingProblem(t token) (problem, allowed string) {
	if t.kind != kindWord {
		return "", ""
	}
	switch w := t.text; {
	case subqueryWords[w], clauseWords[w]:
		return "subqueries and clauses are not allowed", allowedAll
	case w == "collate":
		return "COLLATE is not allowed", "lower(column) to ignore case"
	case w == "isnull", w == "notnull":
		return strings.ToUpper(w) + " is not allowed", "IS NULL, IS NOT NULL"
	case w == "similar":
		return "SIMILAR TO is not allowed", "LIKE, ILIKE, ~"
	case w == "operator":
		return "OPERATOR() is not allowed", "operators by their plain names"
	case w == "over", w == "filter", w == "within":
		return "aggregates and window functions are not allowed: " + whyAggregate, allowedFunctions()
	case w == "escape":
		return "ESCAPE belongs after the pattern of LIKE", "LIKE 'x!%' ESCAPE '!'"
	}
	return "", ""
}
