// Package sqlgen prints the statements of a plan: SQL text and arguments, nothing
// else. It is pure, so that every statement that reaches production can be read
// in a golden file.
//
// Identifiers pass retention.QuoteIdent, values are arguments; a condition is
// printed from its syntax tree. Only engine/target runs what is printed here.
package sqlgen

import (
	"fmt"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Statement is SQL text with its arguments, $1 first.
type Statement struct {
	SQL  string
	Args []any
}

// Keys are the secrets that statements need, each derived for its purpose alone.
type Keys struct {
	// Hash makes the value of the method hash, Check its check part.
	Hash, Check [32]byte
}

// Range is the part of the table that one step works on; exactly one member is set.
type Range struct {
	Slice *Slice
	Block *Block
	// TIDs are row addresses locked by an earlier statement of the transaction.
	TIDs []string
}

// Slice is the rows with Lo <= timestamp < Hi; without Hi the cutoff is the end.
type Slice struct {
	Lo, Hi any
}

// Block is the rows in blocks From <= b < To; with Tie only those whose timestamp
// is exactly that.
type Block struct {
	From, To int64
	// FromRow and ToRow are places in the blocks From and To, where not at their beginning: To
	// is then a part of the range up to that row.
	FromRow, ToRow int64
	Tie            any
}

// String names the blocks, and the rows at which it begins and ends within one.
func (r Block) String() string {
	last := r.To
	if r.ToRow == 0 {
		last--
	}
	s := fmt.Sprintf("blocks %d to %d", r.From, last)
	if r.FromRow > 0 {
		s += fmt.Sprintf(", from row %d", r.FromRow)
	}
	if r.ToRow > 0 {
		s += fmt.Sprintf(", before row %d", r.ToRow)
	}
	return s
}

// Printer prints the statements of one plan.
type Printer struct {
	plan *plan.Plan
	keys Keys
	// before are those of plans that are carried out first; see After.
	before []*Printer
}

// New makes a printer. The plan's Cutoff must be set before a statement that
// judges what is due is printed.
func New(p *plan.Plan, keys Keys) *Printer { return &Printer{plan: p, keys: keys} }

// builder collects text and arguments of one statement.
type builder struct {
	strings.Builder
	args []any
	// literal: there is no place for arguments, as in the text of a function. Only lists of
	// numbers are printed then.
	literal bool
}

// arg adds a value and answers its placeholder.
func (b *builder) arg(v any) string {
	if b.literal {
		return numbers(v)
	}
	b.args = append(b.args, v)
	return fmt.Sprintf("$%d", len(b.args))
}

func (b *builder) printf(format string, args ...any) { fmt.Fprintf(&b.Builder, format, args...) }

func (b *builder) done() Statement { return Statement{SQL: b.String(), Args: b.args} }

// Functions, types and operators are named with their schema: the statements run under
// the database's own search_path, in which a schema may come before pg_catalog and
// have a sha256 or an = of its own. Operators of types that are not built in are the
// application's, and so are those that a condition names (see engine/condition).
const (
	asText   = "::pg_catalog.text"
	collateC = ` COLLATE pg_catalog."C"`

	opEqual  = "OPERATOR(pg_catalog.=)"
	opBelow  = "OPERATOR(pg_catalog.<)"
	opAbove  = "OPERATOR(pg_catalog.>)"
	opOther  = "OPERATOR(pg_catalog.<>)"
	opFrom   = "OPERATOR(pg_catalog.>=)"
	opUpTo   = "OPERATOR(pg_catalog.<=)"
	opPlus   = "OPERATOR(pg_catalog.+)"
	opMinus  = "OPERATOR(pg_catalog.-)"
	opConcat = "OPERATOR(pg_catalog.||)"
	opDivide = "OPERATOR(pg_catalog./)"
)

// alias is the name of the policy's table in every statement, already quoted.
const alias = `"t"`

func col(name string) string { return alias + "." + retention.QuoteIdent(name) }

// from is the policy's table as a FROM item: ONLY, since a walk covers exactly one
// physical relation. A partitioned one as a whole is only looked at.
func (g *Printer) from() string { return relation(g.plan.Table, alias) }

func (g *Printer) ts() string { return col(g.plan.Time.Column.Name) }

// mark is a value of the timestamp column as an argument.
func (g *Printer) mark(b *builder, v any) string {
	return b.arg(v) + "::" + g.plan.Time.SQLType()
}

// compare prints a comparison of the timestamp column with a value.
func (g *Printer) compare(b *builder, operator string, v any) string {
	return g.ts() + " " + operator + " " + g.mark(b, v)
}

// finite leaves out what lies at the beginning of time; the cutoff leaves out its end.
func (g *Printer) finite() string {
	return g.ts() + " " + opAbove + " '-infinity'::" + g.plan.Time.SQLType()
}

// finiteWithin is finite in a step, whose rows are bounded without it. As an inequality it
// would lie below the statistics' lowest value, and then the planner looks for the true one in
// an index whose lowest entries are all dead by now: 2 ms in every batch.
func (g *Printer) finiteWithin() string {
	return g.ts() + " " + opOther + " '-infinity'::" + g.plan.Time.SQLType()
}

// due prints what makes a row due: strictly older than the cutoff, finite,
// matching the condition, and for anonymize not yet treated.
func (g *Printer) due(b *builder) string { return g.dueAnd(b, g.finite()) }

// dueWithin is due for the rows of a step.
func (g *Printer) dueWithin(b *builder) string { return g.dueAnd(b, g.finiteWithin()) }

func (g *Printer) dueAnd(b *builder, finite string) string {
	parts := []string{g.compare(b, opBelow, g.plan.Cutoff)}
	if !g.plan.Time.Integer() {
		parts = append(parts, finite)
	}
	if g.plan.Cond != nil {
		parts = append(parts, g.plan.Cond.SQL("t"))
	}
	if len(g.plan.Changes) > 0 {
		parts = append(parts, g.dirty(b))
	}
	return strings.Join(parts, "\n  AND ")
}

// held prints the judgement of holds, true for a held row. Un-flattened
// sub-selects: when a row was changed under way PostgreSQL evaluates the quals of
// the scan again, not a join, so an anti-join here would let a row go that became
// held meanwhile. OFFSET 0 keeps the planner from making it one.
func (g *Printer) held(b *builder) string { return g.heldAs(b, alias) }

// heldAs is held for a row under another alias.
func (g *Printer) heldAs(b *builder, as string) string {
	return g.heldIn(b, as, func(set int) string { return g.inSet(b, g.plan.Holds.Sets[set], as) })
}

// heldIn is held with a way of looking a row up in the list of ids of that place.
func (g *Printer) heldIn(b *builder, as string, in func(set int) string) string {
	h := g.plan.Holds
	if h.All {
		return "true"
	}
	parts := make([]string, len(h.Sets))
	for i := range h.Sets {
		parts[i] = in(i)
	}
	if len(h.Parts) > 0 {
		parts = append(parts, fmt.Sprintf("%s.tableoid %s ANY (%s::pg_catalog.oid[])", as, opEqual, b.arg(h.Parts)))
	}
	if len(h.Conditions) > 0 {
		parts = append(parts, fitting(b, h.Conditions, as))
	}
	for _, f := range h.Families {
		parts = append(parts, inFamily(b, f, as))
	}
	if len(parts) == 0 {
		return "false"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// HeldTable is the name of a typed copy of held ids; one below zero is a session's own, of a
// hold that is only looked at.
func HeldTable(set int32) retention.TableName {
	if set < 0 {
		return retention.TableName{Schema: "pg_temp", Name: fmt.Sprintf("holdfast_preview_%d", -set)}
	}
	return retention.TableName{Schema: "holdfast_guard", Name: fmt.Sprintf("held_%d", set)}
}

// HeldColumn is the name of the i-th key column in a typed copy, from 0.
func HeldColumn(i int) string { return fmt.Sprintf("k%d", i+1) }

func (g *Printer) inSet(b *builder, set plan.HeldSet, as string) string {
	key := g.keyOf(set)
	if schema, ok := oneEqSchema(key); ok && set.Hash {
		return fmt.Sprintf("(%s) OPERATOR(%s.=) ANY (SELECT %s FROM %s AS h WHERE h.hold_no OPERATOR(pg_catalog.=) ANY (%s::integer[]) OFFSET 0)",
			strings.Join(columnsOf(key, as), ", "), retention.QuoteIdent(schema), strings.Join(heldColumns(key), ", "), HeldTable(set.ID).SQL(), b.arg(set.HoldNos))
	}
	equal := make([]string, len(key))
	for i, c := range key {
		equal[i] = fmt.Sprintf("h.%s OPERATOR(%s.=) %s", HeldColumn(i), retention.QuoteIdent(c.EqSchema), as+"."+retention.QuoteIdent(c.Name))
	}
	return fmt.Sprintf("EXISTS (SELECT FROM %s AS h WHERE %s AND h.hold_no OPERATOR(pg_catalog.=) ANY (%s::integer[]) OFFSET 0)",
		HeldTable(set.ID).SQL(), strings.Join(equal, " AND "), b.arg(set.HoldNos))
}

// oneEqSchema is the schema of the equality operators if they share one, which a
// comparison of whole rows needs.
func oneEqSchema(key []plan.Column) (string, bool) {
	for _, c := range key {
		if c.EqSchema != key[0].EqSchema {
			return "", false
		}
	}
	return key[0].EqSchema, true
}

func columnsOf(key []plan.Column, of string) []string {
	out := make([]string, len(key))
	for i, c := range key {
		out[i] = of + "." + retention.QuoteIdent(c.Name)
	}
	return out
}

func heldColumns(key []plan.Column) []string {
	out := make([]string, len(key))
	for i := range key {
		out[i] = "h." + HeldColumn(i)
	}
	return out
}

// within prints the step's part of the table.
func (g *Printer) within(b *builder, r Range) string {
	switch {
	case r.Slice != nil && r.Slice.Hi != nil:
		return g.compare(b, opFrom, r.Slice.Lo) + " AND " + g.compare(b, opBelow, r.Slice.Hi)
	case r.Slice != nil:
		return g.compare(b, opFrom, r.Slice.Lo)
	case r.Block != nil:
		s := fmt.Sprintf("%s.ctid %s %s::pg_catalog.text::pg_catalog.tid AND %s.ctid %s %s::pg_catalog.text::pg_catalog.tid",
			alias, opFrom, b.arg(fmt.Sprintf("(%d,%d)", r.Block.From, r.Block.FromRow)), alias, opBelow, b.arg(fmt.Sprintf("(%d,%d)", r.Block.To, r.Block.ToRow)))
		if r.Block.Tie != nil {
			s += " AND " + g.compare(b, opEqual, r.Block.Tie)
		}
		return s
	default:
		return fmt.Sprintf("%s.ctid %s ANY (%s::pg_catalog.text[]::pg_catalog.tid[])", alias, opEqual, b.arg(r.TIDs))
	}
}

// where is the step's part, what is due in it, and not held.
func (g *Printer) where(b *builder, r Range) string {
	s := g.within(b, r) + "\n  AND " + g.dueWithin(b)
	if g.plan.Holds.Any() {
		s += "\n  AND NOT " + g.held(b)
	}
	return s
}
