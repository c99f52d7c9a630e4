package sqlgen

import "fmt"

// BelowCutoff prints the query for rows that are older than the cutoff, which the server
// is asked to explain: it knows of which partitions none can be.
func (g *Printer) BelowCutoff() Statement {
	b := &builder{}
	b.printf("SELECT FROM %s\nWHERE %s", g.from(), g.compare(b, opBelow, g.plan.Cutoff))
	return b.done()
}

// MayArrive prints the query for rows that are not due by their timestamp, likewise: not
// older than the cutoff, without one, or at the beginning of time.
func (g *Printer) MayArrive() Statement {
	b := &builder{}
	b.printf("SELECT FROM %s\nWHERE %s OR %s IS NULL", g.from(), g.compare(b, opFrom, g.plan.Cutoff), g.ts())
	if !g.plan.Time.Integer() {
		b.printf(" OR %s %s '-infinity'::%s", g.ts(), opEqual, g.plan.Time.SQLType())
	}
	return b.done()
}

// Empty prints the query that tells whether a relation has no row.
func (g *Printer) Empty() Statement {
	b := &builder{}
	b.printf("SELECT NOT EXISTS (SELECT FROM %s)", g.from())
	return b.done()
}

// Drop prints the statement that drops a partition. RESTRICT is PostgreSQL's default: it
// refuses if a view or anything else depends on it.
func (g *Printer) Drop() Statement {
	b := &builder{}
	b.printf("DROP TABLE %s", g.plan.Table.Name.SQL())
	return b.done()
}

// AllDue prints the query that tells whether a relation has no row that is not due.
func (g *Printer) AllDue() Statement {
	b := &builder{}
	b.printf("SELECT NOT EXISTS (SELECT FROM %s\nWHERE (%s) IS NOT TRUE)", g.from(), g.due(b))
	return b.done()
}

// Census prints the query for the number of a relation's rows, of those that are due, and
// of those that are held.
func (g *Printer) Census() Statement {
	b := &builder{}
	held := "0::bigint"
	if g.plan.Holds.Any() {
		held = fmt.Sprintf("pg_catalog.count(*) FILTER (WHERE %s)", g.held(b))
	}
	b.printf("SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE %s), %s\nFROM %s", g.due(b), held, g.from())
	return b.done()
}

// Truncate prints the statement that empties a partition. RESTRICT is PostgreSQL's
// default: it refuses if a foreign key refers to it.
func (g *Printer) Truncate() Statement {
	b := &builder{}
	b.printf("TRUNCATE ONLY %s", g.plan.Table.Name.SQL())
	return b.done()
}
