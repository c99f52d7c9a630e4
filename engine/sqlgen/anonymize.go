package sqlgen

import (
	"fmt"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// dirty is true for a row that some treatment would still change, so that what was
// treated before is not due again and no marker column is needed.
func (g *Printer) dirty(b *builder) string {
	parts := make([]string, len(g.plan.Changes))
	for i, c := range g.plan.Changes {
		parts[i] = g.dirtyColumn(b, c)
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

func (g *Printer) dirtyColumn(b *builder, c plan.Change) string {
	x := col(c.Column.Name)
	switch {
	case c.How.Method == retention.MethodNull:
		return x + " IS NOT NULL"
	case c.How.Method == retention.MethodHash:
		return fmt.Sprintf("(%s IS NOT NULL AND NOT %s)", x, g.isHashed(b, x+asText))
	case c.How.Method == retention.MethodEmail:
		return fmt.Sprintf("(%s IS NOT NULL AND NOT %s)", x, g.isEmail(b, x+asText))
	case c.Column.TypeCategory == "S" || !c.Column.HasEquality:
		// Text under the C collation: a nondeterministic one could call two different
		// texts equal. Types without an equality are compared as text as well.
		return differs(x+asText+collateC, g.treated(b, c)+asText+collateC)
	case c.Column.BuiltIn:
		return differs(x, g.treated(b, c))
	}
	// The type's own equality, which may live anywhere.
	return fmt.Sprintf("%s IS DISTINCT FROM %s", x, g.treated(b, c))
}

// differs is true for two values that are not equal, and false for two NULLs: a
// treatment leaves NULL as it is and makes none. IS DISTINCT FROM would take whatever
// = comes first in the search_path.
func differs(x, y string) string {
	return fmt.Sprintf("NOT coalesce(%s %s %s, true)", x, opEqual, y)
}

// treated is the treated value in the column's exact type and modifier. NULL stays
// NULL under every method.
func (g *Printer) treated(b *builder, c plan.Change) string {
	x := col(c.Column.Name)
	if c.How.Method == retention.MethodNull {
		return "NULL"
	}
	value := ""
	switch c.How.Method {
	case retention.MethodRedact:
		value = b.arg(plan.RedactText(c.How)) + asText
	case retention.MethodConstant:
		value = b.arg(*c.How.Value) + asText
	case retention.MethodMask:
		value = g.masked(b, x+asText, *c.How.KeepLast)
	case retention.MethodTruncateText:
		value = fmt.Sprintf("pg_catalog.left(%s, %s::integer)", x+asText, b.arg(*c.How.KeepFirst))
	case retention.MethodTruncateIP:
		value = truncatedIP(x)
	case retention.MethodGeneralizeNumber:
		value = generalized(b, c, x)
	case retention.MethodTruncateDate:
		value = g.truncated(b, c, x)
	case retention.MethodJSON:
		value = documented(b, c, x)
	case retention.MethodHash:
		value = g.hashed(b, x+asText)
	case retention.MethodEmail:
		value = fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s %s %s END", g.isEmail(b, x+asText), x+asText, g.hashed(b, x+asText), opConcat, b.arg(plan.EmailDomain)+asText)
	}
	return fmt.Sprintf("CAST(CASE WHEN %s IS NOT NULL THEN %s END AS %s)", x, value, c.Column.TypeSQL)
}

func (g *Printer) masked(b *builder, x string, keep int) string {
	n := b.arg(keep) + "::integer"
	return fmt.Sprintf("pg_catalog.repeat('*', pg_catalog.length(%s) %s %s) %s pg_catalog.right(%s, %s)", x, opMinus, n, opConcat, x, n)
}

func (g *Printer) truncated(b *builder, c plan.Change, x string) string {
	unit := b.arg(c.How.To) + asText
	switch c.Column.BaseType {
	case "timestamptz":
		return fmt.Sprintf("pg_catalog.date_trunc(%s, %s, %s)", unit, x, b.arg(g.plan.Policy.TimeZone)+asText)
	case "date":
		return fmt.Sprintf("pg_catalog.date_trunc(%s, %s::pg_catalog.timestamp)", unit, x)
	}
	return fmt.Sprintf("pg_catalog.date_trunc(%s, %s)", unit, x)
}

// truncatedIP leaves the network that a provider gives to a customer or a site: 24 bits of an
// IPv4 address, 48 of an IPv6 one. A network that is wider already stays as it is.
func truncatedIP(x string) string {
	ip := x + "::pg_catalog.inet"
	most := "CASE WHEN pg_catalog.family(" + ip + ") " + opEqual + " 4 THEN 24 ELSE 48 END"
	return "pg_catalog.network(pg_catalog.set_masklen(" + ip + ", least(pg_catalog.masklen(" + ip + "), " + most + ")))"
}

// generalized cuts a number to a multiple of the step, toward zero, where no result is
// beyond the type's range. NaN and infinity stay: they have no multiple.
func generalized(b *builder, c plan.Change, x string) string {
	number := x + "::pg_catalog." + c.Column.BaseType
	step := b.arg(*c.How.Step) + "::pg_catalog." + c.Column.BaseType
	cut := number + " " + opMinus + " pg_catalog.mod(" + number + ", " + step + ")"
	if c.Column.BaseType != "numeric" {
		return cut
	}
	return "CASE WHEN " + number + " " + opEqual + " ANY ('{NaN,Infinity,-Infinity}'::pg_catalog.numeric[]) THEN " + number + " ELSE " + cut + " END"
}

// documented takes members out of a document and writes over others. What is no object and
// no array has no members and stays as it is. A json column is written as jsonb prints it:
// as it was written it may have a member twice, of which jsonb sees the last.
func documented(b *builder, c plan.Change, x string) string {
	const (
		path   = "::pg_catalog.text[]"
		steps  = "OPERATOR(pg_catalog.#>)"
		remove = "OPERATOR(pg_catalog.#-)"
	)
	doc := x + "::pg_catalog.jsonb"
	out := doc
	// A path that leads nowhere is left empty, which changes nothing: with a name where an
	// array has a number it would be an error.
	only := func(p, when string) string { return "CASE WHEN " + when + " THEN " + p + " ELSE '{}'" + path + " END" }
	for _, pointer := range c.How.Redact {
		p := b.arg(mustPath(pointer)) + path
		// A null is nothing to hide, as a NULL is.
		there := fmt.Sprintf("pg_catalog.jsonb_typeof(%s %s %s) OPERATOR(pg_catalog.<>) 'null'", doc, steps, p)
		out = fmt.Sprintf("pg_catalog.jsonb_set(%s, %s, pg_catalog.to_jsonb(%s), false)", out, only(p, there), b.arg(plan.RedactText(c.How))+asText)
	}
	for _, pointer := range c.How.Drop {
		p := b.arg(mustPath(pointer)) + path
		out = fmt.Sprintf("(%s) %s %s", out, remove, only(p, fmt.Sprintf("%s %s %s IS NOT NULL", doc, steps, p)))
	}
	out = fmt.Sprintf("CASE WHEN pg_catalog.jsonb_typeof(%s) %s ANY ('{object,array}'::pg_catalog.text[]) THEN %s ELSE %s END", doc, opEqual, out, doc)
	if c.Column.BaseType == "json" {
		return "(" + out + ")::pg_catalog.json"
	}
	return out
}

// mustPath is a path that was read when the policy was validated.
func mustPath(pointer string) []string {
	steps, err := retention.JSONPath(pointer)
	if err != nil {
		return []string{pointer}
	}
	return steps
}

const (
	hashValue = 32
	hashCheck = plan.HashLength - hashValue
)

// hashed leaves a value that carries its check part as it is, and else writes the
// keyed hash of the text with a check part that only the key can make.
func (g *Printer) hashed(b *builder, x string) string {
	value := fmt.Sprintf("pg_catalog.left(%s, %d)", g.hmac(b, g.keys.Hash, x), hashValue)
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE (SELECT v.v %s pg_catalog.left(%s, %d) FROM (SELECT %s AS v OFFSET 0) AS v) END",
		g.isHashed(b, x), x, opConcat, g.hmac(b, g.keys.Check, "v.v"), hashCheck, value)
}

// isHashed recognises what hashed wrote. The length is looked at first: it is
// cheap, and most texts have another one.
func (g *Printer) isHashed(b *builder, x string) string {
	return fmt.Sprintf("CASE WHEN pg_catalog.length(%s) %s %d THEN pg_catalog.right(%s, %d) %s pg_catalog.left(%s, %d) ELSE false END",
		x, opEqual, plan.HashLength, x, hashCheck, opEqual, g.hmac(b, g.keys.Check, fmt.Sprintf("pg_catalog.left(%s, %d)", x, hashValue)), hashCheck)
}

// isEmail recognises an address that the method email wrote: what hashed wrote, and the
// domain, to the letter whatever the column's collation.
func (g *Printer) isEmail(b *builder, x string) string {
	x += collateC
	return fmt.Sprintf("(pg_catalog.right(%s, %d) %s %s AND %s)", x, len(plan.EmailDomain), opEqual, b.arg(plan.EmailDomain)+asText,
		g.isHashed(b, fmt.Sprintf("pg_catalog.left(%s, %d)", x, -len(plan.EmailDomain))))
}

// hmac prints HMAC-SHA-256 (RFC 2104) of a text, in hexadecimal, by PostgreSQL's
// own sha256: pgcrypto may not be installed.
func (g *Printer) hmac(b *builder, key [32]byte, x string) string {
	inner, outer := make([]byte, 64), make([]byte, 64)
	for i := range inner {
		var k byte
		if i < len(key) {
			k = key[i]
		}
		inner[i], outer[i] = k^0x36, k^0x5c
	}
	return fmt.Sprintf("pg_catalog.encode(pg_catalog.sha256(%s::pg_catalog.bytea %s pg_catalog.sha256(%s::pg_catalog.bytea %s pg_catalog.convert_to(%s, 'UTF8'))), 'hex')",
		b.arg(outer), opConcat, b.arg(inner), opConcat, x)
}

// TreatColumn prints a query that makes one column's treated value of at most limit
// rows, so that the server can judge it by the column's type.
func (g *Printer) TreatColumn(c plan.Change, limit int) Statement {
	b := &builder{}
	value := g.treated(b, c)
	if c.How.Method == retention.MethodNull {
		value = "CAST(NULL AS " + c.Column.TypeSQL + ")"
	}
	// A row is made of it, so that the planner cannot leave the value out.
	b.printf("SELECT pg_catalog.count(ROW(%s)) FROM (SELECT * FROM %s LIMIT %s) AS %s", value, g.from(), b.arg(limit)+"::integer", alias)
	return b.done()
}

// Treat prints a query over a sample of at most limit rows with every treated
// column replaced, under the name of the table's alias, so that a CHECK constraint
// can be tried on what anonymizing would write.
func (g *Printer) Treat(check string, limit int) Statement {
	b := &builder{}
	changed := map[string]string{}
	for _, c := range g.plan.Changes {
		changed[c.Column.Name] = g.treated(b, c)
		if c.How.Method == retention.MethodNull {
			// A NULL without a type would be text in the sub-select, and a check that
			// compares dates could not be tried.
			changed[c.Column.Name] = "CAST(NULL AS " + c.Column.TypeSQL + ")"
		}
	}
	cols := make([]string, len(g.plan.Table.Columns))
	for i, c := range g.plan.Table.Columns {
		expr, ok := changed[c.Name]
		if !ok {
			expr = col(c.Name)
		}
		cols[i] = expr + " AS " + retention.QuoteIdent(c.Name)
	}
	// check is the server's own print of the constraint.
	b.printf("SELECT pg_catalog.count(*) FROM (SELECT %s FROM %s LIMIT %s) AS s WHERE NOT (%s)", strings.Join(cols, ", "), g.from(), b.arg(limit)+"::integer", check)
	return b.done()
}
