package proof

import (
	"strings"

	"pgregory.net/rapid"
)

// texts draws texts over the grammar, more than it allows: with and without the
// parentheses that precedence asks for, so that both grammars have to decide. Which
// are conditions, Parse says.
type texts struct{ *rapid.T }

func (d texts) pick(from ...string) string { return rapid.SampledFrom(from).Draw(d.T, "pick") }

func (d texts) number(to int) int { return rapid.IntRange(0, to).Draw(d.T, "number") }

// maybe is the text or nothing.
func (d texts) maybe(s string) string { return d.pick("", s) }

func (d texts) quoted(quote string) string {
	s := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune(`'"\;-/*$%_aZ ü?:`)), rapid.Rune())).Draw(d.T, "text")
	return quote + strings.ReplaceAll(s, quote, quote+quote) + quote
}

func (d texts) column() string {
	switch d.number(5) {
	case 0:
		return d.quoted(`"`)
	case 1:
		return d.pick("date", "time", "timestamp", "at", "now", "zone", "escape", "status", "Status", "größe", "a$1", "e", "u", "x",
			`"user"`, `"select"`, "unknown", "interval", "char", "text", "extract", "coalesce", "value", "key", "type", "name")
	}
	return d.pick("a", "b", "c")
}

func (d texts) leaf() string {
	switch d.number(6) {
	case 0, 1:
		return d.pick("0", "1", "42", "007", "1.50", ".5", "5.", "1e6", "2.5E-3", "2147483647", "2147483648", "9223372036854775808")
	case 2:
		return d.quoted("'")
	case 3:
		return d.pick("TRUE", "false", "NULL", "'x'", "DATE '2020-01-31'", "interval '1 day'", "TIMESTAMP WITH TIME ZONE '2020-01-01'",
			"timestamp '2020-01-01'", "double precision '1'", "bool 't'")
	}
	return d.column()
}

// operand is an expression, mostly in parentheses: without them most are refused.
func (d texts) operand(depth int) string {
	s := d.expr(depth)
	if d.number(3) == 0 {
		return s
	}
	return "(" + s + ")"
}

func (d texts) list(depth int) string {
	var out []string
	for range 1 + d.number(2) {
		out = append(out, d.expr(depth))
	}
	return strings.Join(out, ", ")
}

func (d texts) expr(depth int) string {
	if depth <= 0 {
		return d.leaf()
	}
	depth--
	switch d.number(11) {
	case 0, 1, 2:
		return d.operand(depth) + " " + d.pick("AND", "OR", "and") + " " + d.operand(depth)
	case 3:
		return d.pick("NOT ", "-", "- ") + d.operand(depth)
	case 4:
		return d.operand(depth) + " IS " + d.maybe("NOT ") + d.pick("NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT FROM "+d.operand(depth))
	case 5:
		return d.cast(depth)
	case 6:
		return d.call(depth)
	case 7, 8:
		return d.predicate(depth)
	}
	space := d.maybe(" ")
	return d.operand(depth) + space + d.operator() + d.pick("", " ", " ") + d.operand(depth)
}

func (d texts) operator() string {
	return d.pick("=", "<>", "!=", "<", "<=", ">", ">=", "||", "->", "->>", "#>", "#>>", "@>", "<@", "?", "~", "~*", "!~", "!~*",
		"+", "-", "*", "/", "%")
}

func (d texts) cast(depth int) string {
	name := d.pick("int", "integer", "bigint", "text", "boolean", "real", "double precision", "numeric", "numeric(10,2)", "decimal(3)",
		"varchar", "character varying(5)", "char", "char(3)", "character", "date", "time", "time(3) with time zone", "timetz(0)",
		"timestamp without time zone", "timestamptz(6)", "interval", "uuid", "json", "jsonb", "inet", "cidr", "bytea", "int2", "float8") +
		d.pick("", "", "[]")
	if d.number(2) == 0 {
		return "CAST(" + d.expr(depth) + " AS " + name + ")"
	}
	return d.operand(depth) + "::" + name
}

func (d texts) call(depth int) string {
	switch d.number(3) {
	case 0:
		return "EXTRACT(" + d.pick("year", "EPOCH", "'dow'", "Second") + " FROM " + d.expr(depth) + ")"
	case 1:
		return d.operand(depth) + " AT TIME ZONE " + d.pick("'UTC'", "'Europe/Berlin'", `'a\b'`)
	case 2:
		return "ARRAY[" + d.list(depth) + "]"
	}
	return d.pick("lower", "UPPER", "length", "trim", "btrim", "ltrim", "substr", "substring", "left", "right", "replace", "abs", "ceiling",
		"round", "mod", "power", "coalesce", "nullif", "greatest", "least", "date_trunc", "date_part", "jsonb_typeof", "cardinality",
		"character_length", "make_date", "split_part", "array_length", "to_timestamp") + "(" + d.list(depth) + ")"
}

func (d texts) predicate(depth int) string {
	not := d.maybe("NOT ")
	switch d.number(3) {
	case 0:
		return d.operand(depth) + " " + not + "BETWEEN " + d.maybe("SYMMETRIC ") + d.operand(depth) + " AND " + d.operand(depth)
	case 1:
		return d.operand(depth) + " " + not + "IN (" + d.list(depth) + ")"
	case 2:
		return d.operand(depth) + " " + not + d.pick("LIKE ", "ILIKE ") + d.operand(depth) +
			d.pick("", " ESCAPE '!'", " ESCAPE ''", ` ESCAPE '\'`, " ESCAPE ''''")
	}
	return d.operand(depth) + d.pick(" = ", " <> ", " < ", " >= ") + d.pick("ANY", "ALL") + " (" + d.operand(depth) + ")"
}
