package sqlgen

import (
	"fmt"
	"strings"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Restorer prints the statements that bring archived rows back to their table. In all of
// them the archive is t.
type Restorer struct {
	plan *plan.Restoring
	pick Picked
	// archived are archives of which nobody knows whether rows that these refer to are in
	// them, by the table that those came from.
	archived map[retention.TableName][]ArchiveOf
	// holds judges the archive's rows.
	holds *Printer
}

// Picked says which rows of an archive are meant.
type Picked struct {
	// RunID and Policy are those that archived them; At, unless it is nil, when. Without a
	// run the rows are named by address.
	RunID, Policy string
	At            *time.Time
	// TIDs are the addresses of single copies.
	TIDs []string
}

// ArchiveOf is an archive of a table to which rows refer.
type ArchiveOf struct {
	Archive *plan.Table
	// Comes: those picked, but for the held ones, will be back before. Otherwise what is in it
	// is not.
	Comes bool
	Picked
	Holds plan.HeldRows
}

// NewRestorer makes a printer for a plan. archived are the archives of tables that rows refer
// to, by the table that they are archived from.
func NewRestorer(p *plan.Restoring, pick Picked, archived map[retention.TableName][]ArchiveOf) *Restorer {
	return &Restorer{plan: p, pick: pick, archived: archived, holds: New(&plan.Plan{Table: p.Archive, Key: p.Archive.KeyColumns(), Holds: p.Holds}, Keys{})}
}

// PickCopies says that single copies are meant: those that refer to each other come together.
func (g *Restorer) PickCopies(tids []string) {
	for _, list := range g.archived {
		for i := range list {
			if list[i].Archive.OID == g.plan.Archive.OID && list[i].Comes {
				list[i].TIDs = tids
			}
		}
	}
}

// picked prints which rows of an archive are meant.
func picked(b *builder, a Picked, as string) string {
	switch {
	case a.TIDs != nil:
		return inTIDs(b, as, a.TIDs)
	case a.RunID == "":
		return "true"
	}
	s := fmt.Sprintf(`%s."holdfast_run" %s %s::pg_catalog.uuid AND %s."holdfast_policy" %s %s%s`, as, opEqual, b.arg(a.RunID), as, opEqual, b.arg(a.Policy), asText)
	if a.At != nil {
		s += fmt.Sprintf(` AND %s."holdfast_archived_at" %s %s::pg_catalog.timestamptz`, as, opEqual, b.arg(*a.At))
	}
	return s
}

// part prints the part of the archive that a step is about; the whole of it for none.
func (g *Restorer) part(b *builder, r Range) string {
	s := picked(b, g.pick, alias)
	if r.Block != nil || r.TIDs != nil {
		s = g.holds.within(b, r) + "\n  AND " + s
	}
	return s
}

func (g *Restorer) from() string { return relation(g.plan.Archive, alias) }

// Candidates prints the statement that locks the rows of a step that no hold keeps; it
// answers their addresses as text.
func (g *Restorer) Candidates(r Range) Statement {
	b := &builder{}
	b.printf("SELECT %s.ctid%s FROM %s\nWHERE %s\n  AND NOT %s\nFOR UPDATE OF %s", alias, asText, g.from(), g.part(b, r), g.holds.held(b), alias)
	return b.done()
}

// sameKey prints, for the i-th of some ids as u, that a row has that key, and the ids as arrays.
func sameKey(b *builder, key []plan.Column, ids []retention.Key) (equal string, arrays, names []string) {
	var parts []string
	for i, c := range key {
		column := make([]string, len(ids))
		for j, id := range ids {
			column[j] = id[i]
		}
		arrays, names = append(arrays, "pg_catalog.unnest("+b.arg(column)+"::pg_catalog.text[])"), append(names, fmt.Sprintf("c%d", i+1))
		parts = append(parts, fmt.Sprintf("%s OPERATOR(%s.=) u.c%d::%s", col(c.Name), retention.QuoteIdent(c.EqSchema), i+1, c.BaseSQL))
	}
	return strings.Join(parts, " AND "), arrays, names
}

// Newest prints the query for the newest copies of records: the place of the id in the list
// from 1, the run and the moment.
func (g *Restorer) Newest(ids []retention.Key) Statement {
	b := &builder{}
	equal, arrays, names := sameKey(b, g.plan.Key, ids)
	b.printf("SELECT u.pos, n.run, n.at\nFROM ROWS FROM (%s) WITH ORDINALITY AS u(%s, pos)\nCROSS JOIN LATERAL (SELECT %s.\"holdfast_run\"%s AS run, %s.\"holdfast_archived_at\" AS at FROM %s WHERE %s ORDER BY 2 DESC, %s.ctid DESC LIMIT 1) AS n\nORDER BY u.pos",
		strings.Join(arrays, ", "), strings.Join(names, ", "), alias, asText, alias, g.from(), equal, alias)
	return b.done()
}

// Copies prints the query for the addresses of copies of records that are still there.
func (g *Restorer) Copies(copies []retention.RestoreCopy) Statement {
	b := &builder{}
	ids, runs, moments := make([]retention.Key, len(copies)), make([]string, len(copies)), make([]time.Time, len(copies))
	for i, c := range copies {
		ids[i], runs[i], moments[i] = c.Key, c.RunID, c.At
	}
	equal, arrays, names := sameKey(b, g.plan.Key, ids)
	arrays = append(arrays, "pg_catalog.unnest("+b.arg(runs)+"::pg_catalog.uuid[])", "pg_catalog.unnest("+b.arg(moments)+"::pg_catalog.timestamptz[])")
	b.printf("SELECT (SELECT %s.ctid%s FROM %s WHERE %s AND %s.\"holdfast_run\" %s u.run AND %s.\"holdfast_archived_at\" %s u.at LIMIT 1)\nFROM ROWS FROM (%s) WITH ORDINALITY AS u(%s, run, at, pos)\nORDER BY u.pos",
		alias, asText, g.from(), equal, alias, opEqual, alias, opEqual, strings.Join(arrays, ", "), strings.Join(names, ", "))
	return b.done()
}

// conflicts prints, one by one, what is true of a row that is in conflict; nothing for a
// foreign key to the table itself, unless own.
func (g *Restorer) conflicts(b *builder, own bool) []string {
	var out []string
	for _, u := range g.plan.Unique {
		equal := make([]string, len(u.Columns))
		for i, name := range u.Columns {
			equal[i] = fmt.Sprintf("s.%s OPERATOR(%s.=) %s", retention.QuoteIdent(name), retention.QuoteIdent(u.EqSchemas[i]), col(name))
		}
		out = append(out, fmt.Sprintf("EXISTS (SELECT FROM %s WHERE %s)", relation(g.plan.Source, "s"), strings.Join(equal, " AND ")))
	}
	for _, name := range g.plan.NotNull {
		// A composite value of NULLs is none, though IS NULL says so.
		out = append(out, col(name)+" IS NOT DISTINCT FROM NULL")
	}
	for _, fk := range g.plan.Parents {
		s := ""
		if own || fk.Parent != g.plan.Source.Name {
			s = "(" + g.noParent(b, fk) + ")"
		}
		out = append(out, s)
	}
	for _, c := range g.plan.Checks {
		out = append(out, g.checked(c.Expr, c.Columns)+" IS FALSE")
	}
	if len(g.plan.Partitions) > 0 {
		out = append(out, g.checked("("+strings.Join(g.plan.Partitions, ") OR (")+")", g.plan.Source.Partitions.KeyColumns)+" IS NOT TRUE")
	}
	return out
}

// checked prints an expression of the server's own print, which has bare names, over a row.
func (g *Restorer) checked(expr string, columns []string) string {
	values := make([]string, len(columns))
	for i, name := range columns {
		values[i] = col(name)
	}
	return fmt.Sprintf("(SELECT (%s) FROM (SELECT %s) AS checked)", expr, strings.Join(values, ", "))
}

// noParent prints that a row has nothing to refer to by a foreign key: there is no such row,
// or there is one of that key while the one that it referred to is archived, so that it would
// come to refer to another.
func (g *Restorer) noParent(b *builder, fk plan.ForeignKey) string {
	there := fmt.Sprintf("EXISTS (SELECT FROM %s AS p WHERE %s)", fk.Parent.SQL(), refers(fk, "p", alias))
	any, comes := "false", "false"
	for _, a := range g.archived[fk.Parent] {
		// What had been archived before this row was is another one's parent, of before.
		any += fmt.Sprintf(` OR EXISTS (SELECT FROM %s WHERE %s AND a."holdfast_archived_at" %s %s."holdfast_archived_at")`, relation(a.Archive, "a"), refers(fk, "a", alias), opFrom, alias)
		if a.Comes {
			judge := New(&plan.Plan{Table: a.Archive, Key: a.Archive.KeyColumns(), Holds: a.Holds}, Keys{})
			comes += fmt.Sprintf(" OR EXISTS (SELECT FROM %s WHERE %s AND %s AND NOT %s)", relation(a.Archive, "a"), refers(fk, "a", alias), picked(b, a.Picked, "a"), judge.heldAs(b, "a"))
		}
	}
	return fmt.Sprintf("%s AND CASE WHEN %s THEN %s ELSE NOT (%s) END", refersAtAll(fk), there, any, comes)
}

// refersAtAll prints that a row refers to some row by a foreign key.
func refersAtAll(fk plan.ForeignKey) string {
	set := make([]string, len(fk.ChildCols))
	for i, name := range fk.ChildCols {
		set[i] = col(name) + " IS DISTINCT FROM NULL"
	}
	return strings.Join(set, " AND ")
}

// judged prints the number, from 0, of the first conflict of a row; NULL for none.
func (g *Restorer) judged(b *builder, own bool) string {
	s := "CASE"
	for i, is := range g.conflicts(b, own) {
		if is != "" {
			s += fmt.Sprintf("\n  WHEN %s THEN %d", is, i)
		}
	}
	if s == "CASE" {
		return "NULL::integer"
	}
	return s + " END"
}

// Judge prints the query for the rows of a step that are in conflict: their addresses, and
// the number of the first conflict. Foreign keys to the table itself are left to Links.
func (g *Restorer) Judge(r Range) Statement {
	b := &builder{}
	b.printf("SELECT j.at, j.conflict FROM (SELECT %s.ctid%s AS at, %s AS conflict FROM %s\nWHERE %s OFFSET 0) AS j\nWHERE j.conflict IS NOT NULL",
		alias, asText, g.judged(b, false), g.from(), g.part(b, r))
	return b.done()
}

// Links prints the query for the rows of a step, by address, of which one foreign key
// refers to rows of the same table that are not there, or are archived still: with the
// address of that row in the step, or NULL where it is not in it either.
func (g *Restorer) Links(parent int, r Range) Statement {
	b := &builder{}
	fk := g.plan.Parents[parent]
	tids := b.arg(r.TIDs)
	among := func(as string) string {
		return fmt.Sprintf("%s.ctid %s ANY (%s::pg_catalog.text[]::pg_catalog.tid[])", as, opEqual, tids)
	}
	b.printf("SELECT %s.ctid%s, (SELECT p.ctid%s FROM %s WHERE %s AND %s LIMIT 1)\nFROM %s\nWHERE %s\n  AND %s",
		alias, asText, asText, relation(g.plan.Archive, "p"), among("p"), refers(fk, "p", alias), g.from(), among(alias), g.noParent(b, fk))
	return b.done()
}

// Census prints the query for what of the archive is meant: the number of rows, of those
// that are held, and by conflict those that are not and cannot go back, with some keys of
// each: conflict (-1 for the held, -2 for those that can), rows, samples as JSON.
func (g *Restorer) Census(r Range, samples int) Statement {
	b := &builder{}
	keys := "NULL::pg_catalog.text[]"
	if len(g.plan.Key) > 0 {
		parts := make([]string, len(g.plan.Key))
		for i, c := range g.plan.Key {
			parts[i] = col(c.Name) + asText
		}
		keys = "ARRAY[" + strings.Join(parts, ", ") + "]"
	}
	values, twice := g.twice()
	b.printf("WITH each AS MATERIALIZED (SELECT %s AS held, CASE WHEN %s THEN NULL ELSE %s END AS conflict, %s AS id, %s.ctid AS at%s FROM %s\nWHERE %s), meant AS MATERIALIZED (SELECT held, id, coalesce(conflict, %s) AS conflict FROM each)\n",
		g.holds.held(b), g.holds.held(b), g.judged(b, true), keys, alias, values, g.from(), g.part(b, r), twice)
	b.printf("SELECT -1 AS conflict, pg_catalog.count(*) FILTER (WHERE held) AS rows, '[]'::pg_catalog.jsonb AS samples FROM meant\nUNION ALL SELECT coalesce(m.conflict, -2), pg_catalog.count(*), (SELECT coalesce(pg_catalog.jsonb_agg(s.id), '[]') FROM (SELECT id FROM meant WHERE meant.conflict %s m.conflict AND id IS NOT NULL LIMIT %d) AS s)\nFROM meant AS m GROUP BY m.conflict ORDER BY 1", opEqual, samples)
	return b.done()
}

// twice prints the values that must be unique as columns, and the number of the conflict of a
// row that could go back but for another that goes back with it and has the same ones.
func (g *Restorer) twice() (values, conflict string) {
	conflict = "NULL::integer"
	for i := len(g.plan.Unique) - 1; i >= 0; i-- {
		columns := g.plan.Unique[i].Columns
		given, names := make([]string, len(columns)), make([]string, len(columns))
		for j, name := range columns {
			names[j] = fmt.Sprintf("u%d_%d", i+1, j+1)
			given[j] = names[j] + " IS DISTINCT FROM NULL"
			values += ", " + col(name) + " AS " + names[j]
		}
		conflict = fmt.Sprintf("CASE WHEN NOT held AND %s\n  AND pg_catalog.row_number() OVER (PARTITION BY held, conflict, %s ORDER BY at) %s 1 THEN %d ELSE %s END",
			strings.Join(given, " AND "), strings.Join(names, ", "), opAbove, i, conflict)
	}
	return values, conflict
}

// Restore prints the statement that moves rows, by their addresses, back. Its row has the
// number of those that left the archive, of those that arrived, of those that arrived as
// another row than they had been, and their keys, as [Printer.Change] has them, if digests
// are wanted.
func (g *Restorer) Restore(tids []string, digests bool) Statement {
	b := &builder{}
	n := len(g.plan.Columns)
	into, values, written, left, arrived := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, name := range g.plan.Columns {
		into[i], values[i] = retention.QuoteIdent(name), fmt.Sprintf("back.a%d", i+1)
		written[i] = fmt.Sprintf("%s AS r%d", col(name), i+1)
		left[i], arrived[i] = values[i], fmt.Sprintf("there.r%d", i+1)
	}
	b.printf("WITH back AS (\nDELETE FROM %s\nWHERE %s\n  AND NOT %s\nRETURNING %s\n), there AS (\n", g.from(), inTIDs(b, alias, tids), g.holds.held(b), strings.Join(archiveReturning(g.plan.Columns), ", "))
	// OVERRIDING SYSTEM VALUE: an identity column gets the number that it had.
	b.printf("INSERT INTO %s AS %s (%s) OVERRIDING SYSTEM VALUE\nSELECT %s FROM back\n", g.plan.Source.Name.SQL(), alias, strings.Join(into, ", "), strings.Join(values, ", "))
	keys := &Printer{plan: &plan.Plan{Table: g.plan.Source, Key: g.plan.Key, Digests: digests && g.plan.Key != nil}}
	count, rest := keys.digested()[0], keys.digested()[1:]
	b.printf("RETURNING %s\n)\nSELECT (SELECT pg_catalog.count(*) FROM back), %s,\n  (SELECT pg_catalog.count(*) FROM (SELECT ROW(%s)%s%s FROM back EXCEPT ALL SELECT ROW(%s)%s%s FROM there) AS other)",
		strings.Join(append(written, keys.digestColumns()...), ", "), count, strings.Join(left, ", "), asText, collateC, strings.Join(arrived, ", "), asText, collateC)
	for _, column := range rest {
		b.printf(", %s", column)
	}
	b.printf("\nFROM there")
	return b.done()
}
