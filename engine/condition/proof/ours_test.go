package proof

import (
	"fmt"
	"strconv"
	"strings"

	"holdfast/engine/condition"
)

// ours is the form of our tree.
func ours(e condition.Expr) string {
	switch e := e.(type) {
	case condition.Column:
		return form("column", atom(e.Name))
	case condition.Number:
		return form("number", number(e.Text))
	case condition.String:
		return text(e.Value)
	case condition.Bool:
		return form("bool", strconv.FormatBool(e.Value))
	case condition.Null:
		return form("null")
	case condition.Logic:
		return form(string(e.Op)+"_EXPR", all(e.Args)...)
	case condition.Not:
		return form("not", ours(e.Arg))
	case condition.Negate:
		return negate(e)
	case condition.Binary:
		return form("AEXPR_OP", atom(e.Op), ours(e.Left), ours(e.Right))
	case condition.Cast:
		return form("cast", ours(e.Arg), typeName(e.Type), form("size", sizes(e.Type)...))
	case condition.AtZone:
		return form("call", "timezone", text(e.Zone), ours(e.Arg))
	case condition.Call:
		return call(e)
	case condition.Extract:
		return form("call", "extract", text(e.Field), ours(e.Arg))
	case condition.Array:
		return form("array", all(e.Elems)...)
	}
	return predicate(e)
}

// predicate is the form of what is spelled in words.
func predicate(e condition.Expr) string {
	switch e := e.(type) {
	case condition.Is:
		if e.Test == "NULL" {
			return form(either(e.Not, "IS_NOT_NULL", "IS_NULL"), ours(e.Arg))
		}
		return form(either(e.Not, "IS_NOT_", "IS_")+e.Test, ours(e.Arg))
	case condition.Distinct:
		return form(either(e.Not, "AEXPR_NOT_DISTINCT", "AEXPR_DISTINCT"), atom("="), ours(e.Left), ours(e.Right))
	case condition.Between:
		kind, op := either(e.Not, "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN"), either(e.Not, "NOT BETWEEN", "BETWEEN")
		kind, op = kind+either(e.Symmetric, "_SYM", ""), op+either(e.Symmetric, " SYMMETRIC", "")
		return form(kind, atom(op), ours(e.Arg), ours(e.Low), ours(e.High))
	case condition.In:
		return form("AEXPR_IN", append([]string{atom(either(e.Not, "<>", "=")), ours(e.Arg)}, all(e.List)...)...)
	case condition.Like:
		pattern := ours(e.Pattern)
		if e.Escape != nil {
			pattern = form("like_escape", pattern, text(*e.Escape))
		}
		op := either(e.Not, "!~~", "~~") + either(e.IgnoreCase, "*", "")
		return form(either(e.IgnoreCase, "AEXPR_ILIKE", "AEXPR_LIKE"), atom(op), ours(e.Arg), pattern)
	case condition.Quantified:
		return form(either(e.All, "AEXPR_OP_ALL", "AEXPR_OP_ANY"), atom(e.Op), ours(e.Left), ours(e.Array))
	}
	panic(fmt.Sprintf("the proof does not know the node %T", e))
}

func all(list []condition.Expr) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = ours(e)
	}
	return out
}

func either(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

func text(s string) string { return form("string", atom(s)) }

// number is an integer where four bytes hold it, else what was written.
func number(s string) string {
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return s
}

// negate folds the sign into a number as the grammar does (doNegate in gram.y): in
// -1 PostgreSQL sees a constant and no operator.
func negate(e condition.Negate) string {
	arg := ours(e.Arg)
	digits, isNumber := strings.CutPrefix(arg, "(number ")
	if !isNumber {
		return form("negate", arg)
	}
	digits = strings.TrimSuffix(digits, ")")
	switch positive, negative := strings.CutPrefix(digits, "-"); {
	case negative:
		return form("number", positive)
	case digits == "0":
		return arg
	}
	return form("number", "-"+digits)
}

func typeName(t condition.Type) string { return t.Name + either(t.Array, "[]", "") }

func sizes(t condition.Type) []string {
	var out []string
	for part := range strings.SplitSeq(t.Modifier, ",") {
		if part != "" {
			out = append(out, form("number", part))
		}
	}
	return out
}

// call is a function, but for what PostgreSQL's grammar has of its own.
func call(e condition.Call) string {
	args := all(e.Args)
	switch e.Func {
	case "coalesce":
		return form("coalesce", args...)
	case "greatest", "least":
		return form("IS_"+strings.ToUpper(e.Func), args...)
	case "nullif":
		return form("AEXPR_NULLIF", append([]string{atom("=")}, args...)...)
	}
	return form("call", append([]string{e.Func}, args...)...)
}
