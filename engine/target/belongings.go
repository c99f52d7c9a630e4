package target

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// previewFamily bounds what a preview takes for the tables of one family.
const previewFamily = 2 * previewTimeout

// previewDerived is in how many tables of a family rows that went are looked up.
const previewDerived = 10

// familyTables are the lineage of a table's records as it is now, and its tables by oid.
func familyTables(ctx context.Context, q querier, root *plan.Table, f retention.Family) (*plan.Lineage, map[uint32]*plan.Table, error) {
	all, err := readReferences(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	l := lineageOf(root, f.Depth, all)
	oids := make([]uint32, len(l.Nodes))
	for i, n := range l.Nodes {
		oids[i] = n.OID
	}
	tables, err := readTables(ctx, q, oids)
	return l, tables, err
}

// belongings look at each table of the scope's family.
func (v *previewer) belongings(ctx context.Context, set plan.HeldSet, now time.Time, policies []retention.Policy) error {
	if _, err := v.tx.Exec(ctx, ourPath); err != nil {
		return err
	}
	l, tables, err := familyTables(ctx, v.tx, v.table, *v.scope.Family)
	if err != nil {
		return err
	}
	if err := noteCopies(ctx, v.tx, l); err != nil {
		return err
	}
	began := time.Now()
	derived := derivedKeys(l, tables)
	for i, n := range l.Nodes {
		if !l.Leads(i) || tables[n.OID] == nil {
			continue
		}
		one := &previewer{t: v.t, tx: v.tx, scope: retention.Scope{Table: n.Table}, hold: v.hold, stays: v.stays, table: tables[n.OID], out: retention.ScopePreview{Table: n.Table}}
		if time.Since(began) > previewFamily {
			one.out.Problem = "not counted: the tables before it took too long. The hold covers it all the same"
		} else if err := one.belonging(ctx, plan.HeldFamily{Lineage: l, Node: i, Set: set}, now, policies); err != nil {
			return err
		}
		one.out.Gone.Logical, one.derived = one.table.Logical(), derived[i]
		v.out.Belongings, v.below = append(v.out.Belongings, one.out), append(v.below, one)
	}
	return nil
}

// belonging looks at what belongs to the records in one table.
func (v *previewer) belonging(ctx context.Context, f plan.HeldFamily, now time.Time, policies []retention.Policy) error {
	if _, err := v.tx.Exec(ctx, ourPath); err != nil {
		return err
	}
	planned := v.plans(ctx, now, policies)
	c := sqlgen.BelongingTo(v.table, f)
	if err := useOwnPath(ctx, v.tx); err != nil {
		return err
	}
	v.within(ctx, func(tx pgx.Tx) error { return v.count(ctx, tx, c) })
	v.within(ctx, func(tx pgx.Tx) error { return v.due(ctx, tx, c, planned) })
	if v.table.Key != nil {
		v.within(ctx, func(tx pgx.Tx) error { return v.samples(ctx, tx, c) })
	}
	s := plan.HoldScope{HoldID: "preview", RelID: v.table.OID, Table: v.table.Name, Attached: v.table.Partitions.Tree, Lineage: f.Lineage, Node: f.Node, Set: f.Set.ID, Columns: f.Lineage.Nodes[f.Node].Columns}
	if f.Set.Hash {
		s.Rows = 1
	} else {
		s.Rows = plan.HashLimit + 1
	}
	for _, name := range s.Columns {
		if c, ok := v.table.Column(name); ok {
			s.ColumnTypes = append(s.ColumnTypes, c.BaseOID)
		}
	}
	v.within(ctx, func(tx pgx.Tx) error { return v.archives(ctx, tx, s) })
	return nil
}

// noteCopies has a lineage know which tables have rows archived from its own: what refers to a
// copy belongs to the record as well.
func noteCopies(ctx context.Context, tx pgx.Tx, l *plan.Lineage) error {
	for i := range l.Nodes {
		n := &l.Nodes[i]
		copies, err := readCopies(ctx, tx, n.OID, n.Columns)
		if err != nil {
			return err
		}
		for _, c := range copies {
			n.Archives, n.Unfit = append(n.Archives, c.Relation), n.Unfit || c.swapped || c.otherForm
		}
	}
	return nil
}

// countFamily counts what belongs to the records of a scope in force, table by table. The
// hold's scopes by ids of one table have one list, and families of one depth.
func (t *Target) countFamily(ctx context.Context, hold string, s retention.Scope, root *plan.Table) (out []retention.FamilyTable, err error) {
	err = pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, ourPath); err != nil {
			return err
		}
		var no, set int32
		if err := tx.QueryRow(ctx, `
			SELECT h.no, s.held_set FROM holdfast_guard.hold_scope AS s JOIN holdfast_guard.hold AS h ON h.no = s.hold_no
			WHERE h.id = $1 AND s.relid = $2 AND s.member = 0 AND s.held_set IS NOT NULL AND s.ended_at IS NULL
			ORDER BY s.scope_index
			LIMIT 1`, hold, root.OID).Scan(&no, &set); err != nil {
			return err
		}
		scopes := []plan.HoldScope{{Set: set}}
		if err := countSets(ctx, tx, scopes); err != nil {
			return err
		}
		l, tables, err := familyTables(ctx, tx, root, *s.Family)
		if err != nil {
			return err
		}
		if err := noteCopies(ctx, tx, l); err != nil {
			return err
		}
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		for i, n := range l.Nodes {
			if !l.Leads(i) || tables[n.OID] == nil {
				continue
			}
			c := sqlgen.BelongingTo(tables[n.OID], plan.HeldFamily{Lineage: l, Node: i, Set: plan.HeldSet{ID: set, HoldNos: []int32{no}, Hash: scopes[0].Rows <= plan.HashLimit}}).Count()
			one := retention.FamilyTable{Table: n.Table}
			var unknown int64
			if err := tx.QueryRow(ctx, c.SQL, asPlanned(c)...).Scan(&one.RecordCount, &unknown); err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// derivedKeys tell, by node, how the key of a row is made of the parts of its record's key: a
// row that went is known by its key alone, so of others nobody can tell whose they were. nil
// where it is not.
func derivedKeys(l *plan.Lineage, tables map[uint32]*plan.Table) [][]int {
	out := make([][]int, len(l.Nodes))
	names, steps := make([][]string, len(l.Nodes)), make([]int, len(l.Nodes))
	root := tables[l.Nodes[0].OID]
	if root == nil || root.Key == nil {
		return out
	}
	for i, c := range root.KeyColumns() {
		names[0], out[0] = append(names[0], c.Name), append(out[0], i)
	}
	for i := 1; i < len(l.Nodes); i++ {
		table := tables[l.Nodes[i].OID]
		if table == nil || table.Key == nil {
			continue
		}
		for _, link := range l.Nodes[i].Links {
			parent := link.Parent
			if parent >= i || out[parent] == nil || l.Depth > 0 && steps[parent] >= l.Depth {
				continue
			}
			if at := partsOfKey(table.KeyColumns(), root.KeyColumns(), link, names[parent], out[parent]); at != nil {
				for _, c := range table.KeyColumns() {
					names[i] = append(names[i], c.Name)
				}
				out[i], steps[i] = at, steps[parent]+1
				break
			}
		}
	}
	return out
}

// partsOfKey are the places in the record's key of what a row's key is made of, by a foreign
// key to a parent whose own key is made so; nil if some column of it is not.
func partsOfKey(key, root []plan.Column, link plan.Link, names []string, at []int) []int {
	out := make([]int, len(key))
	for i, c := range key {
		column := slices.Index(link.ChildCols, c.Name)
		if column < 0 {
			return nil
		}
		place := slices.Index(names, link.ParentCols[column])
		// Another type may write the same value in another way.
		if place < 0 || root[at[place]].BaseOID != c.BaseOID {
			return nil
		}
		out[i] = at[place]
	}
	return out
}

// askBelongings has the rows of the family that the first of the records had looked up in the
// evidence, where their keys tell, and says where not.
func (v *previewer) askBelongings(ids []retention.EvidenceKey) {
	asked := 0
	for i, one := range v.below {
		g := &v.out.Belongings[i].Gone
		g.OneText = oneText(one.table.KeyColumns())
		switch {
		case one.table.Key == nil:
			g.Untellable = "the table has no key, so the evidence has counts of it alone"
			continue
		case one.derived == nil:
			g.Untellable = "the evidence knows rows that went by their key, and that of this table does not tell which record they belonged to"
			continue
		case asked == previewDerived:
			g.Untellable = "it was not looked up: other tables of the family were before it"
			continue
		}
		asked++
		for _, id := range ids {
			key := make(retention.Key, len(one.derived))
			for part, at := range one.derived {
				key[part] = id.Key[at]
			}
			g.Ask = append(g.Ask, retention.EvidenceKey{Key: key, Digest: v.t.Digest(g.Logical, key)})
		}
	}
}
