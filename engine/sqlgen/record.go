package sqlgen

import (
	"fmt"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// keyIs prints that a row has a key, by the equality of the key's own types.
func keyIs(b *builder, key []plan.Column, id retention.Key) string {
	parts := make([]string, len(key))
	for i, c := range key {
		parts[i] = fmt.Sprintf("%s OPERATOR(%s.=) %s", col(c.Name), retention.QuoteIdent(c.EqSchema), keyPart(b, c, id[i]))
	}
	return strings.Join(parts, " AND ")
}

// keyPart is one part of an id in the key's base type. Without the column's modifier: an
// explicit cast to varchar(3) would cut 'abcd' to another id.
func keyPart(b *builder, c plan.Column, text string) string {
	return b.arg(text) + asText + "::" + c.BaseSQL
}

// KeyText prints the query for an id as the server writes it in a row: each part in the
// column's own type where that is the same value (1 in a numeric(9,2) is 1.00).
func KeyText(key []plan.Column, id retention.Key) Statement {
	b := &builder{}
	parts := make([]string, len(key))
	for i, c := range key {
		base := keyPart(b, c, id[i])
		own := base
		if !c.Domain {
			own = base + "::" + c.TypeSQL
		}
		parts[i] = fmt.Sprintf("CASE WHEN %s OPERATOR(%s.=) %s THEN (%s)%s ELSE (%s)%s END", own, retention.QuoteIdent(c.EqSchema), base, own, asText, base, asText)
	}
	b.printf("SELECT ARRAY[%s]", strings.Join(parts, ", "))
	return b.done()
}

// StoredKey prints the query for the key of the row that has one, as it is stored: equal
// is not always the same (citext). No row where there is none.
func StoredKey(t *plan.Table, id retention.Key) Statement {
	b := &builder{}
	key := t.KeyColumns()
	parts := make([]string, len(key))
	for i, c := range key {
		parts[i] = col(c.Name) + asText
	}
	b.printf("SELECT ARRAY[%s] FROM %s WHERE %s LIMIT 1", strings.Join(parts, ", "), relation(t, alias), keyIs(b, key, id))
	return b.done()
}

// Covering prints the query for the holds, by their place in the list from 1, that cover
// the record with a key. Where there is no such row, only ids and whole tables can.
func Covering(t *plan.Table, id retention.Key, held []plan.HeldRows, stored bool) Statement {
	b := &builder{}
	key := t.KeyColumns()
	parts := make([]string, len(held))
	for i, h := range held {
		if !stored {
			h.Parts, h.Conditions, h.Families = nil, nil, nil
		}
		one := &Printer{plan: &plan.Plan{Table: t, Key: key, Holds: h}}
		parts[i] = one.held(b)
	}
	var from string
	if stored {
		from = relation(t, alias) + " WHERE " + keyIs(b, key, id)
	} else {
		values := make([]string, len(key))
		for i, c := range key {
			values[i] = keyPart(b, c, id[i]) + " AS " + retention.QuoteIdent(c.Name)
		}
		from = fmt.Sprintf("(SELECT %s) AS %s", strings.Join(values, ", "), alias)
	}
	b.printf("SELECT u.place FROM (SELECT ARRAY[%s]::pg_catalog.bool[] AS held FROM %s) AS s, pg_catalog.unnest(s.held) WITH ORDINALITY AS u(held, place)\nWHERE u.held ORDER BY u.place",
		strings.Join(parts, ", "), from)
	return b.done()
}

// Record prints the query for how the record with a key stands under the plan: the
// timestamp as an instant and the last instant of it, whether it is old enough, matches and is treated,
// and by which of the foreign keys that refer to its table it is kept.
func (g *Printer) Record(id retention.Key) Statement {
	b := &builder{}
	matches, treated := "true", "false"
	if g.plan.Cond != nil {
		matches = "(" + g.plan.Cond.SQL("t") + ") IS TRUE"
	}
	if len(g.plan.Changes) > 0 {
		treated = "(" + g.dirty(b) + ") IS NOT TRUE"
	}
	old := g.compare(b, opBelow, g.plan.Cutoff)
	if !g.plan.Time.Integer() {
		old += " AND " + g.finite()
	}
	kept := g.staying(b, 0, alias, 0, nil)
	for i, s := range kept {
		kept[i] = "false"
		if s != "" {
			kept[i] = "(" + s + ") IS TRUE"
		}
	}
	is := keyIs(b, g.plan.Table.KeyColumns(), id)
	own := "false"
	if with := g.below(b, is); with != "" {
		own = with
	}
	b.printf("SELECT %s, %s, (%s) IS TRUE, %s, %s, ARRAY[%s]::pg_catalog.bool[], %s FROM %s\nWHERE %s",
		g.sane(g.moment(b)), g.sane(g.aged(b)), old, matches, treated, strings.Join(kept, ", "), own, g.from(), is)
	return b.done()
}

// sane is the instant of an integer timestamp where it is one that can be written: what
// is outside is due or not all the same.
func (g *Printer) sane(instant string) string {
	thousand := ""
	switch g.plan.Time.Kind {
	case plan.TimeSeconds:
	case plan.TimeMilliseconds:
		thousand = "000"
	default:
		return instant
	}
	// The years 1 to 9999.
	return fmt.Sprintf("CASE WHEN %s %s -62135596800%s AND %s %s 253402300800%s THEN %s END", g.ts(), opFrom, thousand, g.ts(), opBelow, thousand, instant)
}

// below prints that the record with a key is kept by rows of its own table: one that
// refers to it, itself or by others that do, stays for a reason of its own. Empty where the
// table does not refer to itself such that it matters.
func (g *Printer) below(b *builder, is string) string {
	var down []string
	blocks := false
	for _, m := range g.plan.Family {
		for _, r := range m.References {
			if m.Table.OID == g.plan.Table.OID && r.ChildOID == g.plan.Table.OID && r.Effect != plan.EffectClears {
				down = append(down, "("+refers(r.ForeignKey, "p", "c")+")")
				blocks = blocks || r.Effect == plan.EffectBlocks
			}
		}
	}
	if len(down) == 0 {
		return ""
	}
	stays := g.held(b) + " OR " + g.stays(b, 0, alias, 0, nil)
	if blocks {
		stays = "(" + g.due(b) + ") IS NOT TRUE OR " + stays
	}
	return fmt.Sprintf(`EXISTS (WITH RECURSIVE below(tableoid, ctid) AS (
SELECT %[1]s.tableoid, %[1]s.ctid FROM %[2]s WHERE %[3]s
UNION
SELECT c.tableoid, c.ctid FROM below JOIN %[4]s ON %[5]s JOIN %[6]s ON %[7]s
)
SELECT FROM below JOIN %[2]s ON %[8]s WHERE NOT (%[3]s) AND (%[9]s))`,
		alias, g.from(), is, relation(g.plan.Table, "p"), sameRow(g.plan.Table, "p", "below"), relation(g.plan.Table, "c"), strings.Join(down, " OR "),
		sameRow(g.plan.Table, alias, "below"), stays)
}

// Archived prints the query for the copies of the record with a key in an archive table:
// when, by which run, under which policy and version.
func Archived(t *plan.Table, archive *plan.Table, id retention.Key) Statement {
	b := &builder{}
	var meta []string
	for _, m := range plan.ArchiveMeta() {
		meta = append(meta, col(m.Name))
	}
	b.printf("SELECT %s FROM %s\nWHERE %s\nORDER BY %s DESC LIMIT 100", strings.Join(meta, ", "), relation(archive, alias), keyIs(b, t.KeyColumns(), id), meta[0])
	return b.done()
}
