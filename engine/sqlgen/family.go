package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Gone are the rows of one member of the family that go with the policy's own.
type Gone struct {
	// Member is its place in the plan's family.
	Member int
	// TIDs are the addresses of the rows, which are locked.
	TIDs []string
}

// member is a printer for the rows of another table of the family: of a plan's parts
// it has those that judge holds and name records.
func (g *Printer) member(i int) *Printer {
	m := g.plan.Family[i]
	return &Printer{keys: g.keys, plan: &plan.Plan{Table: m.Table, Key: m.Key, Holds: m.Holds, Digests: g.plan.Policy.Evidence == retention.EvidenceRecords && m.Key != nil}}
}

// MemberKey are the key's columns of a member whose records are digested; nil if they
// are not.
func (g *Printer) MemberKey(i int) []plan.Column {
	if m := g.member(i); m.plan.Digests {
		return m.plan.Key
	}
	return nil
}

// relation is a table as a FROM item under an alias: alone where it is a plain table,
// with its partitions where it is cut into them.
func relation(t *plan.Table, alias string) string {
	if t.Kind == plan.KindPartitioned {
		return t.Name.SQL() + " AS " + alias
	}
	return "ONLY " + t.Name.SQL() + " AS " + alias
}

// sameRow prints that two aliases are one row of a table.
func sameRow(t *plan.Table, x, y string) string {
	s := fmt.Sprintf("%s.ctid %s %s.ctid", x, opEqual, y)
	if t.Kind == plan.KindPartitioned {
		s += fmt.Sprintf(" AND %s.tableoid %s %s.tableoid", x, opEqual, y)
	}
	return s
}

// refers prints that the row c refers to the row p, by the foreign key's own operators.
func refers(fk plan.ForeignKey, p, c string) string {
	parts := make([]string, len(fk.ParentCols))
	for i := range fk.ParentCols {
		parts[i] = fmt.Sprintf("%s.%s %s %s.%s", p, retention.QuoteIdent(fk.ParentCols[i]), fk.Equal[i], c, retention.QuoteIdent(fk.ChildCols[i]))
	}
	return strings.Join(parts, " AND ")
}

func inTIDs(b *builder, alias string, tids []string) string {
	return fmt.Sprintf("%s.ctid %s ANY (%s::pg_catalog.text[]::pg_catalog.tid[])", alias, opEqual, b.arg(tids))
}

// KeysAt prints the query for the keys, as text, of some of the policy's own rows at these
// addresses, so far as they are still there.
func (g *Printer) KeysAt(tids []string, n int) Statement {
	b := &builder{}
	parts := make([]string, len(g.plan.Key))
	for i, c := range g.plan.Key {
		parts[i] = col(c.Name) + asText
	}
	b.printf("SELECT ARRAY[%s] FROM %s\nWHERE %s\nORDER BY %s.ctid LIMIT %d", strings.Join(parts, ", "), g.from(), inTIDs(b, alias, tids), alias, n)
	return b.done()
}

// Undone prints the query for the keys of at most n of some rows of the table that were
// anonymized and are not: something put back what was there.
func (g *Printer) Undone(ids []retention.Key, n int) Statement {
	b := &builder{}
	parts := make([]string, len(g.plan.Key))
	for i, c := range g.plan.Key {
		parts[i] = col(c.Name) + asText
	}
	equal, arrays, names := sameKey(b, g.plan.Key, ids)
	b.printf("SELECT d.key FROM ROWS FROM (%s) AS u(%s)\nCROSS JOIN LATERAL (SELECT ARRAY[%s] AS key FROM %s WHERE %s AND %s OFFSET 0) AS d\nLIMIT %d",
		strings.Join(arrays, ", "), strings.Join(names, ", "), strings.Join(parts, ", "), g.from(), equal, g.dirty(b), n)
	return b.done()
}

// Referring prints the query for the rows that refer, by one foreign key, to rows of a
// member: pairs of addresses, parent first. lock locks the referring ones for what is
// to happen to them; skip leaves out what somebody else has locked.
func (g *Printer) Referring(member, ref int, tids []string, lock, skip bool) Statement {
	b := &builder{}
	m, r := g.plan.Family[member], g.plan.Family[member].References[ref]
	b.printf("SELECT p.ctid%s, c.ctid%s FROM %s JOIN %s ON %s\nWHERE %s", asText, asText,
		relation(m.Table, "p"), relation(r.Children, "c"), refers(r.ForeignKey, "p", "c"), inTIDs(b, "p", tids))
	if lock {
		strength := "\nFOR UPDATE OF c"
		if r.Effect == plan.EffectClears {
			strength = "\nFOR NO KEY UPDATE OF c"
		}
		b.printf("%s", strength)
		if skip {
			b.printf(" SKIP LOCKED")
		}
	}
	return b.done()
}

// Among prints the query for those pairs of which both addresses are among the given
// ones.
func (g *Printer) Among(member, ref int, parents, children []string) Statement {
	b := &builder{}
	m, r := g.plan.Family[member], g.plan.Family[member].References[ref]
	b.printf("SELECT p.ctid%s, c.ctid%s FROM %s JOIN %s ON %s\nWHERE %s\n  AND %s", asText, asText,
		relation(m.Table, "p"), relation(r.Children, "c"), refers(r.ForeignKey, "p", "c"), inTIDs(b, "p", parents), inTIDs(b, "c", children))
	return b.done()
}

// ahead are the foreign keys by which rows of the policy's table keep others of it.
func (g *Printer) ahead() []plan.Reference {
	return slices.DeleteFunc(g.ownReferences(), func(r plan.Reference) bool { return r.Effect != plan.EffectBlocks })
}

// RefersAhead reports whether rows of the policy's table keep others of it, and are found by an
// index.
func (g *Printer) RefersAhead() bool {
	ahead := g.ahead()
	return len(ahead) > 0 && !slices.ContainsFunc(ahead, func(r plan.Reference) bool { return !r.Indexed() })
}

// Ahead prints the query for the due rows that refer to some, and those that refer to those, the
// nearest first: at most n, with those that it begins with.
func (g *Printer) Ahead(tids []string, n int) Statement {
	b := &builder{}
	b.printf("WITH RECURSIVE up(at) AS (\nSELECT %s.ctid FROM %s WHERE %s\nUNION\nSELECT x.at FROM up CROSS JOIN LATERAL (", alias, g.from(), inTIDs(b, alias, tids))
	for i, r := range g.ahead() {
		if i > 0 {
			b.printf(" UNION ALL ")
		}
		b.printf("SELECT %s.ctid AS at FROM (SELECT p.* FROM %s WHERE p.ctid %s up.at OFFSET 0) AS p JOIN %s ON %s WHERE %s", alias, relation(g.plan.Table, "p"), opEqual, g.from(), refers(r.ForeignKey, "p", alias), g.due(b))
	}
	b.printf(") AS x\n)\nSELECT up.at%s FROM up LIMIT %d", asText, n)
	return b.done()
}

// Blocked prints the query for the rows of a member, among the given ones, to which
// one foreign key has a row refer that is none of going.
func (g *Printer) Blocked(member, ref int, tids, going []string) Statement {
	b := &builder{}
	m, r := g.plan.Family[member], g.plan.Family[member].References[ref]
	b.printf("SELECT p.ctid%s FROM %s\nWHERE %s\n  AND EXISTS (SELECT FROM %s WHERE %s", asText,
		relation(m.Table, "p"), inTIDs(b, "p", tids), relation(r.Children, "c"), refers(r.ForeignKey, "p", "c"))
	if len(going) > 0 {
		b.printf(" AND NOT (%s)", inTIDs(b, "c", going))
	}
	b.printf(")")
	return b.done()
}

// HeldAmong prints the query for the held rows of a member among the given ones.
func (g *Printer) HeldAmong(member int, tids []string) Statement {
	b := &builder{}
	m := g.member(member)
	b.printf("SELECT %s.ctid%s FROM %s\nWHERE %s\n  AND %s", alias, asText, m.from(), inTIDs(b, alias, tids), m.held(b))
	return b.done()
}

// Clear prints the statement that takes from the rows which refer, by one foreign key,
// to going rows of a member what the database would take from them. Rows that go
// themselves are left out, and held ones once more. Its row has the number of rows and
// then their keys, as Change has them.
func (g *Printer) Clear(member, ref int, parents, going []string) Statement {
	b := &builder{}
	m, r := g.plan.Family[member], g.plan.Family[member].References[ref]
	child := g.member(r.Member)
	sets := make([]string, len(r.Sets))
	for i, name := range r.Sets {
		to := "NULL"
		if r.OnDelete == plan.FKSetDefault {
			to = "DEFAULT"
		}
		sets[i] = retention.QuoteIdent(name) + " = " + to
	}
	returning := child.digestColumns()
	if len(returning) == 0 {
		returning = []string{"1"}
	}
	b.printf("WITH cleared AS (\nUPDATE %s\nSET %s\nFROM %s\nWHERE %s\n  AND %s", child.from(), strings.Join(sets, ", "),
		relation(m.Table, "p"), inTIDs(b, "p", parents), refers(r.ForeignKey, "p", alias))
	if len(going) > 0 {
		b.printf("\n  AND NOT (%s)", inTIDs(b, alias, going))
	}
	if child.plan.Holds.Any() {
		// Not before the join: a condition may fail for a row that refers to none of the parents.
		b.printf("\n  AND NOT CASE WHEN p.ctid IS NOT NULL THEN %s END", child.held(b))
	}
	b.printf("\nRETURNING %s\n)\nSELECT %s\nFROM cleared", strings.Join(returning, ", "), strings.Join(child.digested(), ", "))
	return b.done()
}

// digested are the number of rows of a common table expression and their keys.
func (g *Printer) digested() []string {
	cols := []string{"pg_catalog.count(*)"}
	if g.plan.Digests {
		for i := range g.plan.Key {
			cols = append(cols, fmt.Sprintf("coalesce(pg_catalog.array_agg(d%d), '{}')", i+1))
		}
	}
	return cols
}

// deleteGone prints the deletes of the rows that go with the policy's own, one common
// table expression a member, and where rows are archived another that moves them. They are
// one statement with the policy's own delete: a foreign key is checked at the statement's
// end, and finds nothing left to do however the tables refer to each other.
func (g *Printer) deleteGone(b *builder, gone []Gone, run RunMeta) {
	for _, x := range gone {
		m := g.member(x.Member)
		to := g.plan.Family[x.Member]
		var returning []string
		if !to.ArchiveTo.IsZero() {
			returning = archiveReturning(to.ArchiveColumns)
		}
		returning = append(returning, m.digestColumns()...)
		if len(returning) == 0 {
			returning = []string{"1"}
		}
		b.printf("gone%d AS (\nDELETE FROM %s\nWHERE %s", x.Member, m.from(), inTIDs(b, alias, x.TIDs))
		if m.plan.Holds.Any() {
			b.printf("\n  AND NOT %s", m.held(b))
		}
		b.printf("\nRETURNING %s\n),\n", strings.Join(returning, ", "))
		if !to.ArchiveTo.IsZero() {
			g.insertArchive(b, run, moved{from: fmt.Sprintf("gone%d", x.Member), into: fmt.Sprintf("kept%d", x.Member), to: to.ArchiveTo, columns: to.ArchiveColumns})
			b.printf(",\n")
		}
	}
}

// countGone is what the summary says of them: the number of each, of those that arrived in
// their archive, and their keys.
func (g *Printer) countGone(gone []Gone) []string {
	var cols []string
	for _, x := range gone {
		for i, c := range g.member(x.Member).digested() {
			cols = append(cols, fmt.Sprintf("(SELECT %s FROM gone%d)", c, x.Member))
			if i == 0 && !g.plan.Family[x.Member].ArchiveTo.IsZero() {
				cols = append(cols, fmt.Sprintf("(SELECT pg_catalog.count(*) FROM kept%d)", x.Member))
			}
		}
	}
	return cols
}

// After tells a simulation which plans are carried out first: what they remove does not
// block, and is not due any more.
func (g *Printer) After(before []*Printer) { g.before = before }

// notGone prints, for a row of a table under an alias, that no plan before removes it.
func (g *Printer) notGone(b *builder, t *plan.Table, as string) string {
	var s string
	for _, before := range g.before {
		if before.plan.Table.OID == t.OID || slices.Contains(before.plan.Table.Partitions.Tree, t.OID) {
			s += fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s WHERE %s AND %s AND NOT %s AND NOT %s)",
				before.from(), sameRow(before.plan.Table, alias, as), before.due(b), before.held(b), before.stays(b, 0, alias, 0, nil))
		}
	}
	return s
}

// notGoneOwn prints, for a due row of the policy's table, that no plan before on the same
// table removes it. Their rows have the same alias, so they are compared by address.
func (g *Printer) notGoneOwn(b *builder) string {
	var s string
	for _, before := range g.before {
		if before.plan.Table.OID == g.plan.Table.OID {
			s += fmt.Sprintf(" AND NOT ((%s.tableoid, %s.ctid) %s ANY (SELECT %s.tableoid, %s.ctid FROM %s WHERE %s AND NOT %s AND NOT %s))",
				alias, alias, opEqual, alias, alias, before.from(), before.due(b), before.held(b), before.stays(b, 0, alias, 0, nil))
		}
	}
	return s
}

// keptByOwn prints the rows of the policy's table that stay since others of it do: a
// common table expression by the name kept, if the table refers to itself so that it
// matters. It begins with rows that stay for another reason, and follows the foreign
// key to those they refer to.
func (g *Printer) keptByOwn(b *builder) bool {
	var up []string
	seeds := ""
	for _, r := range g.ownReferences() {
		up = append(up, "("+refers(r.ForeignKey, "p", "c")+")")
		if r.Effect == plan.EffectBlocks {
			seeds = "due"
		}
	}
	if len(up) == 0 {
		return false
	}
	stays := g.held(b) + " OR " + g.stays(b, 0, alias, 0, nil)
	if seeds == "due" {
		// What is not due stays too.
		stays = "(" + g.due(b) + ") IS NOT TRUE OR " + stays
	}
	// An address is one relation's own, and a partitioned table has many.
	b.printf("WITH RECURSIVE kept(tableoid, ctid) AS (\nSELECT %s.tableoid, %s.ctid FROM %s WHERE %s\nUNION\nSELECT p.tableoid, p.ctid FROM kept JOIN %s ON %s JOIN %s ON %s\n)\n",
		alias, alias, g.from(), stays, relation(g.plan.Table, "c"), sameRow(g.plan.Table, "c", "kept"), relation(g.plan.Table, "p"), strings.Join(up, " OR "))
	return true
}

// ownReferences are the foreign keys of the policy's table that refer to it, and keep rows.
func (g *Printer) ownReferences() (out []plan.Reference) {
	for _, m := range g.plan.Family {
		for _, r := range m.References {
			if m.Table.OID == g.plan.Table.OID && r.ChildOID == g.plan.Table.OID && r.Effect != plan.EffectClears {
				out = append(out, r)
			}
		}
	}
	return out
}

// blocker prints what keeps a due row of the policy's table that is not held; see Simulate.
func (g *Printer) blocker(b *builder, own bool) string {
	s := "CASE"
	if g.plan.Holds.Any() {
		s += " WHEN " + g.held(b) + " THEN NULL"
	}
	for i, stays := range g.staying(b, 0, alias, 0, nil) {
		if stays != "" {
			s += fmt.Sprintf(" WHEN %s THEN %d", stays, i)
		}
	}
	if own {
		s += fmt.Sprintf(" WHEN (%s.tableoid, %s.ctid) %s ANY (SELECT kept.tableoid, kept.ctid FROM kept) THEN -1", alias, alias, opEqual)
	}
	if s == "CASE" {
		return "NULL::integer"
	}
	return s + " END"
}

// stays prints that a row of a member, under an alias, cannot go: something that stays
// refers to it, or a row that would go or change with it is held. It sees what is
// there, and follows no foreign key around in a circle: those are Cyclic.
func (g *Printer) stays(b *builder, member int, as string, depth int, path []int) string {
	var parts []string
	for _, s := range g.staying(b, member, as, depth, path) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "false"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// referredAtAll prints that some row c refers to the row under an alias, by a list of all that
// is referred to, which is made once: without an index on the foreign key the server may look
// through the whole of the table for each row otherwise.
func referredAtAll(r plan.Reference, as, c, what string) string {
	parent, child, known := make([]string, len(r.ParentCols)), make([]string, len(r.ChildCols)), make([]string, len(r.ChildCols))
	for i := range r.ParentCols {
		parent[i] = as + "." + retention.QuoteIdent(r.ParentCols[i])
		child[i] = c + "." + retention.QuoteIdent(r.ChildCols[i])
		known[i] = child[i] + " IS NOT NULL"
	}
	return fmt.Sprintf("((%s) %s ANY (SELECT DISTINCT %s FROM %s WHERE %s%s)) IS TRUE", strings.Join(parent, ", "), r.Equal[0], strings.Join(child, ", "), relation(r.Children, c), strings.Join(known, " AND "), what)
}

// staying prints stays by each of the foreign keys that refer to a member, in their order;
// empty for one that keeps no row.
func (g *Printer) staying(b *builder, member int, as string, depth int, path []int) []string {
	if g.plan.Family == nil {
		return nil
	}
	path = append(slices.Clone(path), member)
	parts := make([]string, len(g.plan.Family[member].References))
	for i, r := range g.plan.Family[member].References {
		c := fmt.Sprintf("c%d", depth)
		exists := func(what string) string {
			what += g.notGone(b, r.Children, c)
			if !r.Indexed() && len(slices.Compact(slices.Clone(r.Equal))) == 1 {
				return referredAtAll(r, as, c, what)
			}
			return fmt.Sprintf("EXISTS (SELECT FROM %s WHERE %s%s)", relation(r.Children, c), refers(r.ForeignKey, as, c), what)
		}
		switch {
		case r.Effect == plan.EffectBlocks && r.Member >= 0 && slices.Contains(path, r.Member):
			// The row that refers may go itself.
		case r.Effect == plan.EffectBlocks:
			parts[i] = exists("")
		default:
			var why []string
			if held := g.plan.Family[r.Member].Holds; held.Any() {
				why = append(why, g.member(r.Member).heldAs(b, c))
			}
			if r.Effect == plan.EffectRemoves && !slices.Contains(path, r.Member) {
				if s := g.stays(b, r.Member, c, depth+1, path); s != "false" {
					why = append(why, s)
				}
			}
			if len(why) > 0 {
				parts[i] = exists(" AND (" + strings.Join(why, " OR ") + ")")
			}
		}
	}
	return parts
}
