package sqlgen

import (
	"fmt"
	"strings"

	"holdfast/retention"
)

// A delete from which something is wanted of each row that goes can have it by RETURNING,
// for which the server fetches each row once more after it has deleted it: half of the time
// of the whole statement. It is quicker to read and to judge the rows, and then to delete
// exactly those.
//
// That the two statements, of one transaction, are about the same rows is made sure by three
// things. Both leave out versions of rows that were written by a transaction that was under
// way before the first began, or began later: what the second deletes the first has seen as
// it was, and has judged, while no hold could come into force. The second leaves out the
// addresses of the rows that were held. And the number of rows that went must be that of
// the rows that were free; else nothing is committed.
//
// That a version is old enough is told by its xmin, which is what was written, whether it is
// frozen or not, and by age, which compares as the server does. (Whether a transaction is
// among those of a snapshot cannot be asked: a snapshot does not tell subtransactions.)

// Seen prints the first of these statements; it writes what is told to others too. oldest is
// the oldest transaction that had not ended when a snapshot was taken before. The single row
// has the number of rows that are due, not held and old enough; of those that are due, not
// held and too fresh, which are left; of those that are held, and their addresses, if there
// can be any; and what Change answers of events, digests and a rollup.
func (g *Printer) Seen(r Range, oldest uint32, run RunMeta) Statement {
	b := &builder{}
	const free, fresh = "NOT fresh AND held IS FALSE", "fresh AND held IS FALSE"
	// Unless others read the rows, nothing need keep them.
	once := g.plan.Events == nil && g.plan.Rollup == nil
	ask := func(what, of string) string {
		if once {
			return what + " FILTER (WHERE " + of + ")"
		}
		return "(SELECT " + what + " FROM judged WHERE " + of + ")"
	}
	near, in := g.near(b, r)
	b.printf("WITH %s", near)
	var cols []string
	if once {
		b.printf("judged AS NOT MATERIALIZED (\n%s\n)", g.judged(b, r, oldest, in))
		cols = []string{ask("pg_catalog.count(*)", free)}
	} else {
		b.printf("judged AS MATERIALIZED (\n%s\n), gone AS NOT MATERIALIZED (\nSELECT * FROM judged WHERE %s\n)", g.judged(b, r, oldest, in), free)
		g.tell(b, run)
		cols = []string{"pg_catalog.count(*)"}
	}
	cols = append(cols, ask("pg_catalog.count(*)", fresh))
	if g.plan.Holds.Any() {
		cols = append(cols, ask("pg_catalog.count(*)", "held"), "coalesce("+ask("pg_catalog.array_agg(at)", "held IS NOT FALSE")+", '{}')")
	}
	if once {
		cols = append(cols, g.collected(" FILTER (WHERE "+free+")")...)
		b.printf("\nSELECT %s\nFROM judged", strings.Join(cols, ", "))
	} else {
		b.printf("\nSELECT %s\nFROM gone", strings.Join(append(cols, g.collected("")...), ", "))
	}
	return b.done()
}

// judged prints the due rows of a step with what is wanted of each, and how it stands.
func (g *Printer) judged(b *builder, r Range, oldest uint32, in func(set int) string) string {
	held := "false"
	if g.plan.Holds.Any() {
		held = g.heldIn(b, alias, in)
	}
	cols := append(g.returned(), held+" AS held", "NOT "+g.old(b, oldest)+" AS fresh", alias+".ctid AS at")
	// OFFSET 0, since how a row stands is asked for more than once.
	return fmt.Sprintf("SELECT %s FROM %s\nWHERE %s\n  AND %s\nOFFSET 0", strings.Join(cols, ", "), g.from(), g.within(b, r), g.dueWithin(b))
}

// old prints the test that a version of a row was written before.
func (g *Printer) old(b *builder, oldest uint32) string {
	return fmt.Sprintf("(pg_catalog.age(%s.xmin) %s (SELECT pg_catalog.age(%s::pg_catalog.xid)))", alias, opAbove, b.arg(oldest))
}

// DeleteSeen prints the second. held is the array of addresses that Seen answered, nil for
// none.
func (g *Printer) DeleteSeen(r Range, oldest uint32, held any) Statement {
	b := &builder{}
	b.printf("DELETE FROM %s\nWHERE %s\n  AND %s\n  AND %s", g.from(), g.within(b, r), g.dueWithin(b), g.old(b, oldest))
	if held != nil {
		// Not as NOT, which PostgreSQL 14 makes an inequality with each of them and cannot hash.
		b.printf("\n  AND (%s.ctid %s ANY (%s::pg_catalog.tid[])) IS NOT TRUE", alias, opEqual, b.arg(held))
	}
	return b.done()
}

// SeenFirst reports whether the two can stand for Change: a delete from which something is
// wanted of each row. Where triggers may keep a row or reach others they cannot.
func (g *Printer) SeenFirst() bool {
	return g.plan.Policy.Action == retention.ActionDelete && len(g.returned()) > 0
}
