package target

import (
	"context"

	"holdfast/engine/plan"
)

// keptCopy is where the ids of a table are that stay held whatever becomes of their way up. A
// table without a key cannot have such ids, and is held as a whole: set is 0.
type keptCopy struct {
	set int32
	key linksJSON
}

// keptCopies are those of a hold under which the application may change held rows, by table; nil
// of another.
func (t *Target) keptCopies(ctx context.Context, hold int32, l *plan.Lineage) (map[uint32]keptCopy, error) {
	var preserves bool
	if err := t.pool.QueryRow(ctx, `SELECT enforcement = 'preserve' FROM holdfast_guard.hold WHERE no = $1`, hold).Scan(&preserves); err != nil || !preserves {
		return nil, err
	}
	oids := make([]uint32, len(l.Nodes))
	for i, n := range l.Nodes {
		oids[i] = n.OID
	}
	tables, err := readTables(ctx, t.pool, oids)
	if err != nil {
		return nil, err
	}
	copies := map[uint32]keptCopy{}
	for i, n := range l.Nodes {
		table := tables[n.OID]
		if !l.Leads(i) || table == nil {
			continue
		}
		var c keptCopy
		if table.Key != nil {
			if c.set, err = t.heldSet(ctx, table); err != nil {
				return nil, err
			}
			for _, column := range table.KeyColumns() {
				c.key.Key, c.key.Equal = append(c.key.Key, column.Name), append(c.key.Equal, column.EqSchema)
			}
		}
		copies[n.OID] = c
	}
	return copies, nil
}

// keep gives a member its ids that stay held once the application has changed what leads to
// them: a scope of the same table, with the member's number below 0.
func (g *grower) keep(ctx context.Context, n plan.LineageNode, member int) error {
	c, ok := g.kept[n.OID]
	if !ok || g.look {
		return nil
	}
	_, err := g.tx.Exec(ctx, `
		INSERT INTO holdfast_guard.hold_scope (hold_no, scope_index, member, relid, schema_name, table_name, held_set, links, parts)
		VALUES ($1, $2, -$3::integer, $4, $5, $6, nullif($7, 0), $8, ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree($4::oid) AS p WHERE p.relid <> $4::oid))
		ON CONFLICT DO NOTHING`, g.hold, g.index, member, n.OID, n.Table.Schema, n.Table.Name, c.set, c.key)
	return err
}
