package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pganalyze/pg_query_go/v6/parser"
)

// form is a tree written out as (kind part part …), the same for both grammars, so
// that comparing trees is comparing texts and a difference can be read.
func form(kind string, parts ...string) string {
	return "(" + strings.Join(append([]string{kind}, parts...), " ") + ")"
}

func atom(s string) string { return strconv.Quote(s) }

// The lists of what a condition may consist of, written down a second time: who
// lets something new in says so here too, and sees what it is to PostgreSQL.
var (
	allowedFunctions = words(`abs array_length btrim cardinality ceil char_length date_part date_trunc div floor
		initcap isfinite json_array_length json_typeof jsonb_array_length jsonb_typeof left length lower ltrim make_date
		md5 mod octet_length power replace reverse right round rtrim sign split_part sqrt starts_with strpos substr
		substring to_timestamp translate trunc upper`)
	allowedTypes = words(`bool bpchar bytea cidr date float4 float8 inet int2 int4 int8 interval json jsonb numeric text
		time timestamp timestamptz timetz uuid varchar`)
	allowedOperators = words(`= <> < <= > >= || -> ->> #> #>> @> <@ ? ~ ~* !~ !~* + - * / %`)
	comparisons      = words(`= <> < <= > >=`)
	allowedFields    = words(`century day decade dow doy epoch hour isodow isoyear julian microseconds millennium
		milliseconds minute month quarter second week year`)
)

// synonyms are what people may type and our printer does not print.
var synonyms = map[string]string{"trim": "btrim", "ceiling": "ceil", "character_length": "char_length"}

func words(s string) []string { return strings.Fields(s) }

// reader turns PostgreSQL's tree, as libpg_query writes it into JSON, into a form.
// It names every kind of node that may be there and every member that such a node
// may have: whatever else PostgreSQL read is an error.
type reader struct {
	// alias is what columns must be qualified by; empty for none.
	alias string
	// typed accepts what a person may type and our printer does not print:
	// functions and types without pg_catalog, and synonyms.
	typed bool
}

// refusal carries an error up through the recursion.
type refusal struct{ error }

func refuse(format string, args ...any) { panic(refusal{fmt.Errorf(format, args...)}) }

// node is an object of the JSON. Members are taken out of it as they are read.
type node map[string]json.RawMessage

// read has PostgreSQL's grammar read the condition where the statement of a batch
// has it, and gives its form.
func (r reader) read(cond string) (s string, err error) {
	defer refused(&err)
	from, where := selected("SELECT FROM t WHERE (" + cond + ")")
	if from != (table{name: "t"}) || where == nil {
		refuse("the statement is another one around the condition")
	}
	return r.expr(where), nil
}

// refused makes a refusal the error.
func refused(err *error) {
	switch p := recover().(type) {
	case nil:
	case refusal:
		*err = p.error
	default:
		panic(p)
	}
}

// selected are the FROM and the WHERE of a statement that is a SELECT and has
// nothing else.
func selected(sql string) (table, json.RawMessage) {
	n := statement(sql)
	from, where := n.list("fromClause"), n["whereClause"]
	delete(n, "whereClause")
	if len(from) != 1 || n.word("limitOption") != "LIMIT_OPTION_DEFAULT" || n.word("op") != "SETOP_NONE" {
		refuse("the statement is another one around the condition")
	}
	n.done("the SELECT")
	return tableOf(from[0]), where
}

// statement is the one SELECT that the text consists of.
func statement(sql string) node {
	if strings.ContainsRune(sql, 0) {
		refuse("a NUL, where C would stop to read: %q", sql)
	}
	text, err := parser.ParseToJSON(sql)
	if err != nil {
		refuse("PostgreSQL refuses it: %w", err)
	}
	result := object(json.RawMessage(text))
	result.number("version")
	stmts := result.list("stmts")
	result.done("the result")
	if len(stmts) != 1 {
		refuse("there are %d statements", len(stmts))
	}
	raw := object(stmts[0])
	kind, n := one(raw.take("stmt"))
	raw.done("the statement")
	if kind != "SelectStmt" {
		refuse("the statement is a %s", kind)
	}
	return n
}

// table is a table's name; schema is empty where there is none.
type table struct{ schema, name string }

// tableOf reads the name of a table without an alias.
func tableOf(raw json.RawMessage) table {
	kind, n := one(raw)
	if kind != "RangeVar" || n.word("relpersistence") != "p" || !n.flag("inh") {
		refuse("the FROM is no name of a table: %s", raw)
	}
	t := table{n.word("schemaname"), n.word("relname")}
	n.done("the FROM")
	return t
}

func (r reader) expr(raw json.RawMessage) string {
	kind, n := one(raw)
	read, known := map[string]func(node) string{
		"ColumnRef": r.column, "A_Const": constant, "TypeCast": r.cast, "BoolExpr": r.boolExpr, "A_Expr": r.operator,
		"NullTest": r.nullTest, "BooleanTest": r.booleanTest, "FuncCall": r.call, "CoalesceExpr": r.coalesce,
		"MinMaxExpr": r.minMax, "A_ArrayExpr": r.array,
	}[kind]
	if !known {
		refuse("a %s is not on the list of nodes", kind)
	}
	out := read(n)
	n.done(kind)
	return out
}

func (r reader) exprs(raws []json.RawMessage) []string {
	out := make([]string, len(raws))
	for i, raw := range raws {
		out[i] = r.expr(raw)
	}
	return out
}

func (r reader) column(n node) string {
	name := names(n.list("fields"))
	if r.alias != "" && (len(name) != 2 || name[0] != r.alias) || r.alias == "" && len(name) != 1 {
		refuse("the column is %q, not one of %q", name, r.alias)
	}
	return form("column", atom(name[len(name)-1]))
}

// constant leaves members out that have the zero value, as the JSON does.
func constant(n node) string {
	inner := func(key string) (node, bool) {
		raw, ok := n[key]
		delete(n, key)
		if !ok {
			return nil, false
		}
		return object(raw), true
	}
	if n.flag("isnull") {
		return form("null")
	}
	if v, ok := inner("ival"); ok {
		defer v.done("ival")
		return form("number", strconv.FormatInt(v.number("ival"), 10))
	}
	if v, ok := inner("fval"); ok {
		defer v.done("fval")
		return form("number", strings.ToLower(v.word("fval"))) // 1E6 is 1e6
	}
	if v, ok := inner("sval"); ok {
		defer v.done("sval")
		return form("string", atom(v.word("sval")))
	}
	if v, ok := inner("boolval"); ok {
		defer v.done("boolval")
		return form("bool", strconv.FormatBool(v.flag("boolval")))
	}
	refuse("a constant of another kind: %v", n)
	return ""
}

func (r reader) cast(n node) string {
	arg := r.expr(n.take("arg"))
	t := object(n.take("typeName"))
	name := r.catalogName(names(t.list("names")), allowedTypes)
	// A modifier in the grammar is a list of expressions; -1 is "none said".
	if mod := t.number("typemod"); mod != -1 {
		refuse("the type %s has the modifier %d", name, mod)
	}
	mods := []string{}
	for _, m := range t.list("typmods") {
		mods = append(mods, r.expr(m))
	}
	bounds := ""
	for _, b := range t.list("arrayBounds") {
		kind, v := one(b)
		if kind != "Integer" || v.number("ival") != -1 {
			refuse("an array has bounds: %s", b)
		}
		bounds += "[]"
	}
	t.done("TypeName")
	return form("cast", arg, name+bounds, form("size", mods...))
}

func (r reader) boolExpr(n node) string {
	op, args := n.word("boolop"), n.list("args")
	switch op {
	case "NOT_EXPR":
		return form("not", r.exprs(args)...)
	case "AND_EXPR", "OR_EXPR":
		return form(op, r.chain(op, args)...)
	}
	refuse("a BoolExpr of the kind %s", op)
	return ""
}

// chain flattens AND and OR, which are associative: PostgreSQL flattens what leans to
// the left, we do it in parentheses on the right too.
func (r reader) chain(op string, args []json.RawMessage) []string {
	var flat []string
	for _, raw := range args {
		kind, inner := one(raw)
		if kind != "BoolExpr" || inner.word("boolop") != op {
			flat = append(flat, r.expr(raw))
			continue
		}
		flat = append(flat, r.chain(op, inner.list("args"))...)
		inner.done(kind)
	}
	return flat
}

// operator reads all that the grammar calls an A_Expr.
func (r reader) operator(n node) string {
	kind, name := n.word("kind"), names(n.list("name"))
	if len(name) != 1 {
		refuse("an operator with a schema: %q", name)
	}
	op := name[0]
	if kind == "AEXPR_OP" && n["lexpr"] == nil {
		return negated(op, r.expr(n.take("rexpr")))
	}
	left := r.expr(n.take("lexpr"))
	right := []string{}
	switch {
	case kind == "AEXPR_IN" || strings.Contains(kind, "BETWEEN"):
		k, list := one(n.take("rexpr"))
		if k != "List" {
			refuse("the right side of %s is a %s", kind, k)
		}
		right = r.exprs(list.list("items"))
		list.done("List")
	default:
		right = append(right, r.expr(n.take("rexpr")))
	}
	ops, known := operatorsOf[kind]
	if !known || !slices.Contains(ops, op) {
		refuse("%s of the operator %s is not on the list", kind, op)
	}
	return form(kind, append([]string{atom(op), left}, right...)...)
}

// operatorsOf says which operators each kind of A_Expr may name.
var operatorsOf = map[string][]string{
	"AEXPR_OP": allowedOperators, "AEXPR_OP_ANY": comparisons, "AEXPR_OP_ALL": comparisons,
	"AEXPR_DISTINCT": {"="}, "AEXPR_NOT_DISTINCT": {"="}, "AEXPR_NULLIF": {"="}, "AEXPR_IN": {"=", "<>"},
	"AEXPR_LIKE": {"~~", "!~~"}, "AEXPR_ILIKE": {"~~*", "!~~*"},
	"AEXPR_BETWEEN": {"BETWEEN"}, "AEXPR_NOT_BETWEEN": {"NOT BETWEEN"},
	"AEXPR_BETWEEN_SYM": {"BETWEEN SYMMETRIC"}, "AEXPR_NOT_BETWEEN_SYM": {"NOT BETWEEN SYMMETRIC"},
}

func negated(op, arg string) string {
	if op != "-" {
		refuse("the prefix operator %s is not on the list", op)
	}
	return form("negate", arg)
}

func (r reader) nullTest(n node) string {
	arg, test := r.expr(n.take("arg")), n.word("nulltesttype")
	return form(test, arg)
}

func (r reader) booleanTest(n node) string {
	arg, test := r.expr(n.take("arg")), n.word("booltesttype")
	return form(test, arg)
}

// call takes nothing but the name and the arguments: what makes an aggregate or
// a window function of a call is a member too many.
func (r reader) call(n node) string {
	name, args := names(n.list("funcname")), r.exprs(n.list("args"))
	format := n.word("funcformat")
	syntax := format == "COERCE_SQL_SYNTAX"
	switch {
	case syntax && slices.Equal(name, []string{"pg_catalog", "extract"}):
		field, ok := strings.CutPrefix(args[0], `(string "`)
		if field = strings.TrimSuffix(field, `")`); !ok || !slices.Contains(allowedFields, field) {
			refuse("EXTRACT takes %s", args[0])
		}
		return form("call", append([]string{"extract"}, args...)...)
	case syntax && slices.Equal(name, []string{"pg_catalog", "timezone"}):
		return form("call", append([]string{"timezone"}, args...)...)
	case syntax && !(r.typed && slices.Equal(name, []string{"pg_catalog", "btrim"})):
		refuse("the syntax for %q is not on the list", name)
	case slices.Equal(name, []string{"pg_catalog", "like_escape"}):
		return form("like_escape", args...)
	}
	return form("call", append([]string{r.catalogName(name, allowedFunctions)}, args...)...)
}

// catalogName is the name of a function or a type of pg_catalog that is listed.
func (r reader) catalogName(name, list []string) string {
	bare := name[len(name)-1]
	if s := synonyms[bare]; r.typed && s != "" {
		bare = s
	}
	if !r.typed && len(name) == 1 || len(name) > 2 || len(name) == 2 && name[0] != "pg_catalog" {
		refuse("%q is not in pg_catalog", name)
	}
	if !slices.Contains(list, bare) {
		refuse("%s is not on the list", bare)
	}
	return bare
}

func (r reader) coalesce(n node) string {
	return form("coalesce", r.exprs(n.list("args"))...)
}

func (r reader) minMax(n node) string {
	op, args := n.word("op"), n.list("args")
	return form(op, r.exprs(args)...)
}

func (r reader) array(n node) string {
	return form("array", r.exprs(n.list("elements"))...)
}

// object is a JSON object without where in the text it comes from.
func object(raw json.RawMessage) node {
	n := node{}
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&n); err != nil {
		refuse("no object: %w: %s", err, raw)
	}
	delete(n, "location")
	return n
}

// one is the object {kind: members}.
func one(raw json.RawMessage) (string, node) {
	outer := object(raw)
	if len(outer) != 1 {
		refuse("no node of one kind: %s", raw)
	}
	kind := slices.Collect(maps.Keys(outer))[0]
	return kind, object(outer[kind])
}

// take is a member that must be there.
func (n node) take(key string) json.RawMessage {
	raw, ok := n[key]
	if !ok {
		refuse("%s is missing in %v", key, n)
	}
	delete(n, key)
	return raw
}

// member decodes a member into the zero value, which the JSON leaves out.
func member[T any](n node, key string) (v T) {
	raw, ok := n[key]
	if !ok {
		return v
	}
	delete(n, key)
	if err := json.Unmarshal(raw, &v); err != nil {
		refuse("%s: %w", key, err)
	}
	return v
}

func (n node) word(key string) string            { return member[string](n, key) }
func (n node) flag(key string) bool              { return member[bool](n, key) }
func (n node) number(key string) int64           { return member[int64](n, key) }
func (n node) list(key string) []json.RawMessage { return member[[]json.RawMessage](n, key) }

// done fails where a member was not read.
func (n node) done(what string) {
	for _, key := range slices.Sorted(maps.Keys(n)) {
		refuse("%s has the member %s: %.200s", what, key, n[key])
	}
}

// names are the parts of a qualified name.
func names(raws []json.RawMessage) []string {
	var out []string
	for _, raw := range raws {
		kind, n := one(raw)
		if kind != "String" {
			refuse("a name with a %s in it", kind)
		}
		out = append(out, n.word("sval"))
		n.done("String")
	}
	if len(out) == 0 {
		refuse("no name")
	}
	return out
}
