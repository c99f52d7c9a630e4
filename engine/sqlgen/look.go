package sqlgen

import "fmt"

// Oldest prints the query for the oldest row of a part of the table that is due and
// not held: its timestamp as it is and as an instant, and its address. It locks
// nothing.
func (g *Printer) Oldest(r Range) Statement {
	b := &builder{}
	b.printf("SELECT %s, %s, %s.ctid::pg_catalog.text FROM %s\nWHERE ", g.ts(), g.moment(b), alias, g.from())
	b.printf("%s\nORDER BY %s LIMIT 1", g.where(b, r), g.ts())
	return b.done()
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
