package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/plan"
)

// Oldest prints the query for the oldest row of a part of the table that is due, and that no
// hold keeps, its own or that of a row that refers to it: its timestamp as it is and as an
// instant, the last one of a day, and its address. It locks nothing.
func (g *Printer) Oldest(r Range) Statement {
	b := &builder{}
	b.printf("SELECT %s, %s, %s.ctid::pg_catalog.text FROM %s\nWHERE ", g.ts(), g.aged(b), alias, g.from())
	b.printf("%s", g.where(b, r))
	if kept := g.keptByHold(b, 0, alias, 0, nil); kept != "" {
		b.printf("\n  AND NOT (%s)", kept)
	}
	b.printf("\nORDER BY %s LIMIT 1", g.ts())
	return b.done()
}

// keptByHold prints that a row of a member stays since a held one refers to it, or one that stays
// for that; empty where no hold can do that.
func (g *Printer) keptByHold(b *builder, member int, as string, depth int, path []int) string {
	if len(g.plan.Family) == 0 {
		return ""
	}
	path = append(slices.Clone(path), member)
	var parts []string
	for _, r := range g.plan.Family[member].References {
		c := fmt.Sprintf("c%d", depth)
		var why []string
		if r.Held.Any() {
			child := &Printer{keys: g.keys, plan: &plan.Plan{Table: r.Children, Key: r.Children.KeyColumns(), Holds: r.Held}}
			why = append(why, child.heldAs(b, c))
		}
		if r.Effect == plan.EffectRemoves && !slices.Contains(path, r.Member) {
			if s := g.keptByHold(b, r.Member, c, depth+1, path); s != "" {
				why = append(why, s)
			}
		}
		if len(why) > 0 {
			parts = append(parts, fmt.Sprintf("EXISTS (SELECT FROM %s WHERE %s AND (%s))", relation(r.Children, c), refers(r.ForeignKey, as, c), strings.Join(why, " OR ")))
		}
	}
	return strings.Join(parts, " OR ")
}

// moment prints the timestamp column as the instant from which a period counts: local
// times and days are the policy's zone's.
func (g *Printer) moment(b *builder) string {
	switch g.plan.Time.Kind {
	case "timestamp", "date":
		return fmt.Sprintf("(%s::pg_catalog.timestamp AT TIME ZONE %s::pg_catalog.text)", g.ts(), b.arg(g.plan.Policy.TimeZone))
	}
	return g.instant(g.ts())
}

// aged prints the last instant that must be older than the cutoff: a day is due when all
// of it is, and a local time that never was, since the clocks were set forward over it, with
// the moment at which they were.
func (g *Printer) aged(b *builder) string {
	switch g.plan.Time.Kind {
	case plan.TimeLocal:
		zone := b.arg(g.plan.Policy.TimeZone) + asText
		local := func(at string) string { return "(" + at + " AT TIME ZONE " + zone + ")" }
		// The server reads it as if the clocks had not been set: that much later than it was.
		read := local(g.ts())
		back := "(" + read + " OPERATOR(pg_catalog.-) (" + local(read) + " OPERATOR(pg_catalog.-) " + g.ts() + "))"
		return fmt.Sprintf("CASE WHEN %s %s %s THEN (SELECT pg_catalog.min(s.at) OPERATOR(pg_catalog.-) '1 microsecond'::pg_catalog.interval FROM pg_catalog.generate_series(pg_catalog.date_trunc('second', %s), %s, '1 second'::pg_catalog.interval) AS s(at) WHERE %s %s %s) ELSE %s END",
			local(read), opAbove, g.ts(), back, read, local("s.at"), opAbove, g.ts(), read)
	case plan.TimeDate:
	default:
		return g.moment(b)
	}
	return fmt.Sprintf("((%s::pg_catalog.timestamp OPERATOR(pg_catalog.+) '1 day'::pg_catalog.interval) AT TIME ZONE %s::pg_catalog.text OPERATOR(pg_catalog.-) '1 microsecond'::pg_catalog.interval)",
		g.ts(), b.arg(g.plan.Policy.TimeZone))
}

// Beyond prints the query for how many due rows a part of the table has, and the address
// of the last: of no more than one beyond so many, as they lie.
func (g *Printer) Beyond(r Block, rows int) Statement {
	b := &builder{}
	b.printf("SELECT pg_catalog.count(*), pg_catalog.max(f.tid)::pg_catalog.text\nFROM (SELECT %s.ctid AS tid FROM %s\nWHERE %s\n  AND %s\nLIMIT %s) AS f", alias, g.from(), g.within(b, Range{Block: &r}), g.dueWithin(b), b.arg(rows+1))
	return b.done()
}
