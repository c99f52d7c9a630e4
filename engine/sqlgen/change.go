package sqlgen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Change prints the destructive statement of one step. Its single row has the
// rows changed, those of them that a trigger undid, for archive the rows that arrived there, if the
// plan tells others the bytes of the outbox row, then one array per key column if
// the plan keeps digests, of bigint for integers and of text for all others, the rows made
// and changed by a rollup if there is one, and at last for each of with the number of its rows and such arrays.
func (g *Printer) Change(r Range, run RunMeta, with ...Gone) Statement {
	b := &builder{}
	b.printf("WITH ")
	g.deleteGone(b, with, run)
	b.printf("gone AS (\n")
	switch g.plan.Policy.Action {
	case retention.ActionAnonymize:
		g.update(b, r)
	case retention.ActionArchive:
		g.deleteReturning(b, r, append(archiveReturning(g.plan.ArchiveColumns), g.returned()...))
	default:
		g.deleteReturning(b, r, g.returned())
	}
	b.printf("\n)")
	if g.plan.Policy.Action == retention.ActionArchive {
		b.printf(", ")
		g.insertArchive(b, run, moved{from: "gone", into: "kept", to: g.plan.ArchiveTo, columns: g.plan.ArchiveColumns})
	}
	g.tell(b, run)
	g.summary(b, with)
	return b.done()
}

// tell writes elsewhere what is kept of the rows that are gone.
func (g *Printer) tell(b *builder, run RunMeta) {
	if g.plan.Events != nil {
		g.insertOutbox(b, run)
	}
	if g.plan.Rollup != nil {
		b.printf(", rolled AS (\n")
		g.addRollup(b)
		b.printf("\n)")
	}
}

// RunMeta is what an archived row and an outbox row keep of the run and the batch
// that made them.
type RunMeta struct {
	RunID string
	// BatchID is the id of the batch's journal row.
	BatchID string
	// StartedAt is when the run began to carry the policy out.
	StartedAt time.Time
}

func (g *Printer) deleteReturning(b *builder, r Range, returning []string) {
	b.printf("DELETE FROM %s\nWHERE %s", g.from(), g.where(b, r))
	if len(returning) == 0 {
		returning = []string{"1"}
	}
	b.printf("\nRETURNING %s", strings.Join(returning, ", "))
}

// Plain reports whether PlainDelete can stand for Change: a delete of which nothing
// but the number of rows is wanted.
func (g *Printer) Plain() bool {
	return g.plan.Policy.Action == retention.ActionDelete && !g.plan.Digests && g.plan.Events == nil && g.plan.Rollup == nil
}

// PlainDelete prints the destructive statement without RETURNING; its command tag
// has the number of rows.
func (g *Printer) PlainDelete(r Range) Statement {
	b := &builder{}
	b.printf("DELETE FROM %s\nWHERE %s", g.from(), g.where(b, r))
	return b.done()
}

// returned is what is wanted of each changed row, for evidence, for others and for a rollup.
func (g *Printer) returned() []string {
	return append(append(g.digestColumns(), g.toldColumns()...), g.rolledReturning()...)
}

// digestColumns are the key's columns, named d1, d2 … in RETURNING: integers as
// bigint, all others as text.
func (g *Printer) digestColumns() []string {
	if !g.plan.Digests {
		return nil
	}
	out := make([]string, len(g.plan.Key))
	for i, c := range g.plan.Key {
		kind := "pg_catalog.text"
		if g.plan.IntegerKey(i) {
			kind = "pg_catalog.int8"
		}
		out[i] = fmt.Sprintf("%s::%s AS d%d", col(c.Name), kind, i+1)
	}
	return out
}

func archiveReturning(columns []string) []string {
	out := make([]string, len(columns))
	for i, name := range columns {
		out[i] = col(name) + fmt.Sprintf(" AS a%d", i+1)
	}
	return out
}

// moved are deleted rows on their way into an archive table.
type moved struct {
	// from is the common table expression that has them, into the one that counts what
	// arrived.
	from, into string
	to         retention.TableName
	columns    []string
}

// insertArchive moves what was deleted into an archive table by named columns.
func (g *Printer) insertArchive(b *builder, run RunMeta, m moved) {
	var into, values []string
	for i, name := range m.columns {
		into = append(into, retention.QuoteIdent(name))
		values = append(values, fmt.Sprintf("%s.a%d", m.from, i+1))
	}
	for _, meta := range plan.ArchiveMeta() {
		into = append(into, retention.QuoteIdent(meta.Name))
	}
	p := g.plan.Policy
	values = append(values, "pg_catalog.transaction_timestamp()", b.arg(run.RunID)+"::pg_catalog.uuid", b.arg(p.Name)+asText, b.arg(p.Version)+"::integer")
	// OVERRIDING SYSTEM VALUE: an archive made by CREATE TABLE … LIKE INCLUDING
	// IDENTITY keeps the source's numbers.
	b.printf("%s AS (\nINSERT INTO %s (%s) OVERRIDING SYSTEM VALUE\nSELECT %s FROM %s\nRETURNING 1\n)",
		m.into, m.to.SQL(), strings.Join(into, ", "), strings.Join(values, ", "), m.from)
}

// update prints the anonymizing UPDATE. Its RETURNING looks at the row as it was
// stored: what is still due there was undone by a trigger.
func (g *Printer) update(b *builder, r Range) {
	sets := make([]string, len(g.plan.Changes))
	for i, c := range g.plan.Changes {
		sets[i] = retention.QuoteIdent(c.Column.Name) + " = " + g.treated(b, c)
	}
	b.printf("UPDATE %s\nSET %s\nWHERE %s\nRETURNING %s AS undone", g.from(), strings.Join(sets, ",\n    "), g.where(b, r), g.dirty(b))
	if columns := g.returned(); len(columns) > 0 {
		b.printf(", %s", strings.Join(columns, ", "))
	}
}

func (g *Printer) summary(b *builder, with []Gone) {
	undone := "0::bigint"
	if g.plan.Policy.Action == retention.ActionAnonymize {
		undone = "pg_catalog.count(*) FILTER (WHERE undone)"
	}
	cols := []string{"pg_catalog.count(*)", undone}
	if g.plan.Policy.Action == retention.ActionArchive {
		// Inserted must equal deleted; a trigger of the archive could swallow rows.
		cols = append(cols, "(SELECT pg_catalog.count(*) FROM kept)")
	}
	cols = append(append(cols, g.collected("")...), g.countGone(with)...)
	b.printf("\nSELECT %s\nFROM gone", strings.Join(cols, ", "))
}

// collected is what a summary says of what was written and kept of the rows, or of those
// that a filter leaves.
func (g *Printer) collected(filter string) []string {
	var cols []string
	if g.plan.Events != nil {
		cols = append(cols, "coalesce((SELECT bytes FROM told), 0)::bigint")
	}
	if g.plan.Digests {
		for i := range g.plan.Key {
			cols = append(cols, fmt.Sprintf("coalesce(pg_catalog.array_agg(d%d)%s, '{}')", i+1, filter))
		}
	}
	if g.plan.Rollup != nil {
		cols = append(cols, countRolled()...)
	}
	return cols
}

// HeldCount counts the due and held rows of a step.
func (g *Printer) HeldCount(r Range) Statement {
	b := &builder{}
	b.printf("SELECT pg_catalog.count(*) FROM %s\nWHERE %s\n  AND %s\n  AND %s", g.from(), g.within(b, r), g.dueWithin(b), g.held(b))
	return b.done()
}

// HeldOf prints the query for those of a step's rows, by their addresses, that are held.
func (g *Printer) HeldOf(tids []string) Statement {
	b := &builder{}
	b.printf("SELECT %s.ctid%s FROM %s\nWHERE %s\n  AND %s", alias, asText, g.from(), inTIDs(b, alias, tids), g.held(b))
	return b.done()
}

// HeldLeft counts them once the step's other rows are gone or treated: hardly any others
// are left, so each is looked up, and no list of all held ids is made for it.
func (g *Printer) HeldLeft(r Range) Statement {
	p := *g.plan
	p.Holds.Sets = slices.Clone(p.Holds.Sets)
	for i := range p.Holds.Sets {
		p.Holds.Sets[i].Hash = false
	}
	p.Holds.Families = slices.Clone(p.Holds.Families)
	for i := range p.Holds.Families {
		p.Holds.Families[i].Set.Hash = false
	}
	return (&Printer{plan: &p, keys: g.keys, before: g.before}).HeldCount(r)
}

// Lock prints the statement that locks a step's rows before they are judged again
// and changed; it answers their addresses as text. skip leaves rows out that
// somebody else has locked.
func (g *Printer) Lock(r Range, skip bool) Statement {
	b := &builder{}
	strength := "FOR UPDATE"
	if g.plan.Policy.Action == retention.ActionAnonymize {
		strength = "FOR NO KEY UPDATE"
	}
	b.printf("SELECT %s.ctid%s FROM %s\nWHERE %s\n%s OF %s", alias, asText, g.from(), g.where(b, r), strength, alias)
	if skip {
		b.printf(" SKIP LOCKED")
	}
	return b.done()
}

// Within prints the query for the rows of a step that are older than the cutoff, by their
// addresses, whatever conditions say of them.
func (g *Printer) Within(r Range) Statement {
	b := &builder{}
	b.printf("SELECT %s.ctid%s FROM %s\nWHERE %s\n  AND %s\nORDER BY %s.ctid", alias, asText, g.from(), g.within(b, r), g.compare(b, opBelow, g.plan.Cutoff), alias)
	return b.done()
}

// Remaining counts the rows of a step that are due, not held and still there.
func (g *Printer) Remaining(r Range) Statement {
	b := &builder{}
	b.printf("SELECT pg_catalog.count(*) FROM %s\nWHERE %s", g.from(), g.where(b, r))
	return b.done()
}
