package sqlgen

import (
	"fmt"
	"strings"
)

// First prints the query for the smallest finite timestamp that is older than the
// cutoff, and not before since unless that is nil: where the slice walk begins.
func (g *Printer) First(since any) Statement {
	b := &builder{}
	b.printf("SELECT %s FROM %s\nWHERE %s", g.ts(), g.from(), g.compare(b, opBelow, g.plan.Cutoff))
	if since != nil {
		b.printf(" AND %s", g.compare(b, opFrom, since))
	}
	if !g.plan.Time.Integer() {
		b.printf(" AND %s", g.finite())
	}
	b.printf("\nORDER BY %s LIMIT 1", g.ts())
	return b.done()
}

// SliceEnd prints the query for the timestamp of the n-th entry from lo on, which
// ends a slice of n rows; no row if fewer are left before the cutoff.
func (g *Printer) SliceEnd(lo any, n int) Statement {
	b := &builder{}
	b.printf("SELECT %s FROM %s\nWHERE %s AND %s\nORDER BY %s OFFSET %s LIMIT 1",
		g.ts(), g.from(), g.compare(b, opFrom, lo), g.compare(b, opBelow, g.plan.Cutoff), g.ts(), b.arg(n)+"::bigint")
	return b.done()
}

// AfterTie prints the query for the next timestamp after one.
func (g *Printer) AfterTie(x any) Statement {
	b := &builder{}
	b.printf("SELECT %s FROM %s\nWHERE %s AND %s\nORDER BY %s LIMIT 1",
		g.ts(), g.from(), g.compare(b, opAbove, x), g.compare(b, opBelow, g.plan.Cutoff), g.ts())
	return b.done()
}

// TieSpan prints the query for the number of rows with exactly one timestamp and
// the first and last address among them.
func (g *Printer) TieSpan(x any) Statement {
	b := &builder{}
	b.printf("SELECT pg_catalog.count(*), coalesce(pg_catalog.min(%s.ctid)%s, '(0,0)'), coalesce(pg_catalog.max(%s.ctid)%s, '(0,0)') FROM %s\nWHERE %s",
		alias, asText, alias, asText, g.from(), g.compare(b, opEqual, x))
	return b.done()
}

// NeverDue prints the query that counts the rows which match the condition and
// whose timestamp is NULL, or infinite.
func (g *Printer) NeverDue() Statement {
	b := &builder{}
	cond := "true"
	if g.plan.Cond != nil {
		cond = g.plan.Cond.SQL("t")
	}
	infinite := "0::bigint"
	if !g.plan.Time.Integer() {
		infinite = fmt.Sprintf("(SELECT pg_catalog.count(*) FROM %s WHERE %s %s ANY (ARRAY['infinity', '-infinity']::%s[]) AND %s)", g.from(), g.ts(), opEqual, g.plan.Time.SQLType(), cond)
	}
	b.printf("SELECT (SELECT pg_catalog.count(*) FROM %s WHERE %s IS NULL AND %s),\n  %s", g.from(), g.ts(), cond, infinite)
	return b.done()
}

// CountTable prints the query for the number of rows of the policy's table, whatever
// becomes of them.
func (g *Printer) CountTable() Statement {
	b := &builder{}
	b.printf("SELECT pg_catalog.count(*) FROM %s", g.from())
	return b.done()
}

// Simulate prints the query of a simulation: due and held rows by month and by what blocks
// them, with the oldest of each. A blocker is the place of a foreign key in the list of
// those that refer to the policy's table, -1 where rows of the table itself stay, NULL for
// rows that nothing blocks.
func (g *Printer) Simulate() Statement {
	b := &builder{}
	if g.plan.Family != nil {
		return g.simulateBlocked(b)
	}
	held := "0::bigint"
	if g.plan.Holds.Any() {
		held = fmt.Sprintf("pg_catalog.count(*) FILTER (WHERE %s)", g.held(b))
	}
	b.printf("SELECT pg_catalog.to_char(pg_catalog.date_trunc('month', %s), 'YYYY-MM'), NULL::integer, pg_catalog.count(*), %s, %s\nFROM %s\nWHERE %s%s\nGROUP BY pg_catalog.date_trunc('month', %s)\nORDER BY pg_catalog.date_trunc('month', %s)",
		g.monthOf(), held, g.instant("pg_catalog.min("+g.ts()+")"), g.from(), g.due(b), g.notGoneOwn(b), g.monthOf(), g.monthOf())
	return b.done()
}

// MonthSpan prints the query for the number of months from the oldest due row's to the
// cutoff's; NULL if there is no such row. An index has to lead with the timestamp column.
func (g *Printer) MonthSpan() Statement {
	b := &builder{}
	b.printf("SELECT (pg_catalog.date_part('year', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('year', m.lo)) OPERATOR(pg_catalog.*) 12 OPERATOR(pg_catalog.+) pg_catalog.date_part('month', m.hi) OPERATOR(pg_catalog.-) pg_catalog.date_part('month', m.lo) OPERATOR(pg_catalog.+) 1\nFROM (SELECT %s AS lo, %s AS hi FROM (SELECT (%s) AS lo, %s AS hi) AS t) AS m",
		g.localOf("t.lo"), g.localOf("t.hi"), g.oldest(b), g.mark(b, g.plan.Cutoff))
	return b.done()
}

// oldest prints the smallest timestamp that is finite and older than the cutoff.
func (g *Printer) oldest(b *builder) string {
	s := fmt.Sprintf("SELECT pg_catalog.min(%s) FROM %s WHERE %s", g.ts(), g.from(), g.compare(b, opBelow, g.plan.Cutoff))
	if !g.plan.Time.Integer() {
		s += " AND " + g.finite()
	}
	return s
}

// SimulateMonths prints Simulate for a table to which nothing refers and in which an index
// leads with the timestamp column: it counts one month after the other. Grouped by month,
// a million rows took five times as long as counted. Where every row that is old enough is
// due, the oldest is known already, and is not looked for in each month again.
func (g *Printer) SimulateMonths() Statement {
	b := &builder{}
	oldest, cutoff := g.oldest(b), g.mark(b, g.plan.Cutoff)
	held := "0::bigint"
	if g.plan.Holds.Any() {
		held = fmt.Sprintf("pg_catalog.count(*) FILTER (WHERE %s)", g.held(b))
	}
	due, gone := g.due(b), g.notGoneOwn(b)
	first := "pg_catalog.min(" + g.ts() + ")"
	if g.plan.Cond == nil && len(g.plan.Changes) == 0 && gone == "" {
		first = "m.first"
	}
	b.printf("SELECT pg_catalog.to_char(m.month, 'YYYY-MM'), NULL::integer, c.due, c.held, c.oldest\nFROM (\nSELECT s.month, e.first, %s AS lo, %s AS hi\nFROM (SELECT t.lo AS first, %s AS lo, %s AS hi FROM (SELECT (%s) AS lo, %s AS hi) AS t) AS e\nCROSS JOIN LATERAL pg_catalog.generate_series(pg_catalog.date_trunc('month', e.lo), pg_catalog.date_trunc('month', e.hi), '1 month'::pg_catalog.interval) AS s(month)\n) AS m\nCROSS JOIN LATERAL (\nSELECT pg_catalog.count(*) AS due, %s AS held, %s AS oldest\nFROM %s\nWHERE %s\n  AND %s %s m.lo AND %s %s m.hi%s\n) AS c\nWHERE c.due %s 0\nORDER BY m.month",
		g.ownOf("s.month"), g.ownOf("(s.month OPERATOR(pg_catalog.+) '1 month'::pg_catalog.interval)"), g.localOf("t.lo"), g.localOf("t.hi"), oldest, cutoff,
		held, g.instant(first), g.from(), due, g.ts(), opFrom, g.ts(), opBelow, gone, opAbove)
	return b.done()
}

// ownOf is a local time, in UTC, in the timestamp column's own type: what localOf undoes.
func (g *Printer) ownOf(local string) string {
	switch g.plan.Time.Kind {
	case "timestamptz":
		return "(" + local + " AT TIME ZONE 'UTC')"
	case "date":
		return local + "::pg_catalog.date"
	case "seconds":
		return "pg_catalog.date_part('epoch', " + local + " AT TIME ZONE 'UTC')::pg_catalog.int8"
	case "milliseconds":
		return "(pg_catalog.date_part('epoch', " + local + " AT TIME ZONE 'UTC') OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8"
	}
	return local
}

// simulateBlocked judges each row once, in a sub-select that is not flattened.
func (g *Printer) simulateBlocked(b *builder) Statement {
	own := g.keptByOwn(b)
	held := "false"
	if g.plan.Holds.Any() {
		held = g.held(b)
	}
	b.printf("SELECT pg_catalog.to_char(d.month, 'YYYY-MM'), d.blocker, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE d.held), %s\nFROM (\nSELECT pg_catalog.date_trunc('month', %s) AS month, %s AS held, %s AS blocker, %s AS ts\nFROM %s\nWHERE %s%s\nOFFSET 0\n) AS d\nGROUP BY d.month, d.blocker\nORDER BY d.month, d.blocker",
		g.instant("pg_catalog.min(d.ts)"), g.monthOf(), held, g.blocker(b, own), g.ts(), g.from(), g.due(b), g.notGoneOwn(b))
	return b.done()
}

// SampleKeys prints the query for the keys, as text, of some rows that a run would change,
// the oldest first where an index has them in that order.
func (g *Printer) SampleKeys(n int) Statement {
	b := &builder{}
	var own bool
	if g.plan.Family != nil {
		own = g.keptByOwn(b)
	}
	parts := make([]string, len(g.plan.Key))
	for i, c := range g.plan.Key {
		parts[i] = col(c.Name) + asText
	}
	b.printf("SELECT ARRAY[%s]\nFROM %s\nWHERE %s%s", strings.Join(parts, ", "), g.from(), g.due(b), g.notGoneOwn(b))
	if g.plan.Holds.Any() {
		b.printf("\n  AND NOT %s", g.held(b))
	}
	if g.plan.Family != nil {
		b.printf("\n  AND %s IS NULL", g.blocker(b, own))
	}
	if g.plan.Table.LeadingIndex(g.plan.Time.Column.Name) != nil {
		b.printf("\nORDER BY %s", g.ts())
	}
	b.printf("\nLIMIT %d", n)
	return b.done()
}

// EstimateDue prints the statement by which the planner says how many rows are due.
func (g *Printer) EstimateDue() Statement {
	b := &builder{}
	b.printf("EXPLAIN (FORMAT JSON) SELECT FROM %s WHERE %s", g.from(), g.due(b))
	return b.done()
}

// monthOf is the timestamp column as a local time of which the month is shown.
func (g *Printer) monthOf() string { return g.localOf(g.ts()) }

// localOf is a value of the timestamp column as a local time in UTC.
func (g *Printer) localOf(x string) string {
	switch g.plan.Time.Kind {
	case "timestamptz":
		return "(" + x + " AT TIME ZONE 'UTC')"
	case "date":
		return x + "::pg_catalog.timestamp"
	case "seconds":
		return "(" + epoch(x, "") + " AT TIME ZONE 'UTC')"
	case "milliseconds":
		return "(" + epoch(x, "000") + " AT TIME ZONE 'UTC')"
	}
	return x
}

// instant prints a value of the timestamp column as an instant; local times are
// read in UTC here, which is for display alone.
func (g *Printer) instant(x string) string {
	switch g.plan.Time.Kind {
	case "timestamptz":
		return x
	case "seconds":
		return epoch(x, "")
	case "milliseconds":
		return epoch(x, "000")
	}
	return "(" + x + "::pg_catalog.timestamp AT TIME ZONE 'UTC')"
}

// epoch prints an integer timestamp as the instant that is shown. What is before the year 1 or
// after 9999 is shown as the first or the last of those: an integer may be any.
func epoch(x, thousand string) string {
	shown := fmt.Sprintf("GREATEST(-62135596800%s, LEAST(253402300799%s, %s))", thousand, thousand, x)
	if thousand != "" {
		shown += " " + opDivide + " 1000.0"
	}
	return "pg_catalog.to_timestamp(" + shown + ")"
}
