package target

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// explained is what of EXPLAIN's answer tells which relations a query reads.
type explained struct {
	Schema   string      `json:"Schema"`
	Relation string      `json:"Relation Name"`
	Plans    []explained `json:"Plans"`
}

func (e explained) reads(name retention.TableName) bool {
	return e.Schema == name.Schema && e.Relation == name.Name ||
		slices.ContainsFunc(e.Plans, func(sub explained) bool { return sub.reads(name) })
}

// nextLeaf is the first partition, by oid, from the given one on that may have due rows:
// by the bounds of the others the server itself knows that they have none. 0 if there is
// none left.
func nextLeaf(ctx context.Context, tx pgx.Tx, whole *planned, from uint32) (uint32, error) {
	e, err := explain(ctx, tx, whole.sql.BelowCutoff())
	if err != nil {
		return 0, err
	}
	for _, leaf := range whole.Table.Partitions.Leaves {
		if leaf.OID >= from && e.reads(leaf.Name) {
			return leaf.OID, nil
		}
	}
	return 0, nil
}

// explain asks the server how it would carry out a query.
func explain(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, s sqlgen.Statement) (explained, error) {
	var answer []byte
	if err := q.QueryRow(ctx, "EXPLAIN (VERBOSE, FORMAT JSON) "+s.SQL, asPlanned(s)...).Scan(&answer); err != nil {
		return explained{}, err
	}
	var plans []struct{ Plan explained }
	if err := json.Unmarshal(answer, &plans); err != nil {
		return explained{}, fmt.Errorf("read EXPLAIN: %w", err)
	}
	var all explained
	for _, p := range plans {
		all.Plans = append(all.Plans, p.Plan)
	}
	return all, nil
}

// enterLeaf puts the walk at the beginning of the planned partition, unless it is in it.
func (d *disposition) enterLeaf() {
	if d.planned.leaf == d.pos.Leaf && d.pos.Walk != "" || !d.loaded {
		return
	}
	pos := position{Walk: d.planned.Walk, Leaf: d.planned.leaf, Before: d.pos.Before, Again: d.pos.Again, Most: d.pos.Most,
		Rewrote: d.pos.Rewrote, Left: d.pos.Left, Passes: d.pos.Passes}
	if d.planned.leaf != 0 && !pos.Again {
		base := d.progress.Counts
		pos.Base = &base
	}
	d.pos = pos
}

// leaveLeaf goes on to the next partition when one is done.
func (d *disposition) leaveLeaf(out *outcome) {
	if !out.done || d.planned.leaf == 0 {
		return
	}
	out.done = false
	if d.planned.Drops() && !d.pos.Drop {
		out.next.Drop = true
		return
	}
	out.next = position{Leaf: d.planned.leaf + 1, Before: out.next.Before, Most: out.next.Most}
}

// empty empties a partition of which every row is due, none is held, and nobody needs to
// see the rows go one by one. It reports whether it has; otherwise the partition is
// walked as any table.
func (d *disposition) empty(ctx context.Context, out *outcome) (emptied bool, err error) {
	if d.pos.Started || d.unemptied == d.planned.leaf || !d.planned.Emptied() {
		return false, nil
	}
	var all bool
	if err := d.queryRow(ctx, d.planned.sql.AllDue()).Scan(&all); err != nil || !all {
		return false, d.walkInstead(err)
	}
	// Nobody changes a row from here on; readers are let through until the very end.
	if err := d.lockLeaf(ctx, "SHARE"); err != nil {
		return false, d.walkInstead(err)
	}
	var total, due, held int64
	if err := d.queryRow(ctx, d.planned.sql.Census()).Scan(&total, &due, &held); err != nil || due < total || held > 0 || total == 0 {
		return false, d.walkInstead(err)
	}
	if err := d.lockLeaf(ctx, "ACCESS EXCLUSIVE"); err != nil {
		return false, d.walkInstead(err)
	}
	s := d.planned.sql.Truncate()
	if _, err := d.conn.Exec(ctx, s.SQL); err != nil {
		return false, d.walkInstead(err)
	}
	out.counts.Processed, out.done = total, true
	out.step = fmt.Sprintf("emptied partition %s", d.planned.Table.Name)
	return true, nil
}

func (d *disposition) lockLeaf(ctx context.Context, mode string) error {
	_, err := d.conn.Exec(ctx, "LOCK TABLE ONLY "+d.planned.Table.Name.SQL()+" IN "+mode+" MODE")
	return err
}

// walkInstead remembers that the partition is walked. An error ends the batch, and the
// next one walks.
func (d *disposition) walkInstead(err error) error {
	d.unemptied = d.planned.leaf
	return err
}

// checkLeaves plans every partition of a policy's table, which may have indexes,
// constraints, rules and foreign keys of its own, and names the rights that it lacks:
// a walk works on the partitions themselves.
func (t *Target) checkLeaves(ctx context.Context, tx pgx.Tx, pl *planned) error {
	if pl.Table.Kind != plan.KindPartitioned {
		return nil
	}
	in, err := readInputs(ctx, tx, pl.Policy)
	if err != nil {
		return classify(err)
	}
	oids := make([]uint32, len(in.Table.Partitions.Leaves))
	for i, leaf := range in.Table.Partitions.Leaves {
		oids[i] = leaf.OID
	}
	leaves, err := readTables(ctx, tx, oids)
	if err != nil {
		return classify(err)
	}
	for _, oid := range oids {
		in.Leaf = leaves[oid]
		if in.Related, err = readRelated(ctx, tx, in.Policy, in.Table, in.Leaf); err != nil {
			return classify(err)
		}
		if _, err := plan.Build(in); err != nil {
			return err
		}
	}
	return checkLeafRights(ctx, tx, pl, oids)
}

// readPartitions reads how partitioned tables are cut, and where partitions belong. The
// estimates of a partitioned table are those of its partitions together.
func readPartitions(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	var want []uint32
	for _, oid := range oids {
		if t := tables[oid]; t != nil && (t.Kind == plan.KindPartitioned || t.IsPartition) {
			want = append(want, oid)
		}
	}
	if len(want) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, `
		SELECT w.oid, coalesce(rn.nspname, ''), coalesce(rc.relname, ''),
		       ARRAY(SELECT a.relid::oid FROM pg_catalog.pg_partition_ancestors(w.oid) WITH ORDINALITY AS a(relid, pos) WHERE a.relid <> w.oid ORDER BY a.pos),
		       ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree(root.oid) AS p),
		       ARRAY(SELECT DISTINCT a.attname::text
		             FROM pg_catalog.pg_partition_tree(root.oid) AS p
		             JOIN pg_catalog.pg_partitioned_table pt ON pt.partrelid = p.relid
		             JOIN pg_catalog.pg_attribute a ON a.attrelid = p.relid AND a.attnum > 0 AND NOT a.attisdropped
		             WHERE a.attnum = ANY (pt.partattrs::smallint[]) OR a.attname = ANY (`+columnsIn("pt.partexprs", "pt.partrelid")+`)),
		       ARRAY(SELECT DISTINCT a.attname::text
		             FROM pg_catalog.pg_partition_tree(root.oid) AS p
		             JOIN pg_catalog.pg_partitioned_table pt ON pt.partrelid = p.relid AND pt.partstrat IN ('r', 'l')
		             JOIN pg_catalog.pg_attribute a ON a.attrelid = p.relid AND a.attnum = ANY (pt.partattrs::smallint[]) AND NOT a.attisdropped),
		       EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(w.oid) AS a JOIN pg_catalog.pg_partitioned_table pt ON pt.partdefid = a.relid),
		       coalesce((SELECT sum(greatest(l.reltuples, 0)) FROM pg_catalog.pg_partition_tree(w.oid) AS p JOIN pg_catalog.pg_class l ON l.oid = p.relid WHERE p.isleaf), 0)::bigint,
		       coalesce((SELECT sum(l.relpages) FROM pg_catalog.pg_partition_tree(w.oid) AS p JOIN pg_catalog.pg_class l ON l.oid = p.relid WHERE p.isleaf), 0)::bigint
		FROM unnest($1::oid[]) AS w(oid)
		JOIN LATERAL (SELECT coalesce(pg_catalog.pg_partition_root(w.oid), w.oid)::oid AS oid) AS root ON true
		LEFT JOIN pg_catalog.pg_class rc ON rc.oid = root.oid AND root.oid <> w.oid
		LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace`, want)
	if err != nil {
		return err
	}
	var oid uint32
	var parts plan.Partitions
	var estimate, pages int64
	_, err = pgx.ForEachRow(rows, []any{&oid, &parts.Root.Schema, &parts.Root.Name, &parts.Above, &parts.Tree, &parts.KeyColumns, &parts.BoundColumns, &parts.Default, &estimate, &pages}, func() error {
		t := tables[oid]
		t.Partitions = parts
		parts.Above, parts.Tree, parts.KeyColumns, parts.BoundColumns = nil, nil, nil, nil
		if t.Kind == plan.KindPartitioned {
			t.EstimatedRows, t.Pages = estimate, pages
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := readLeaves(ctx, q, want, tables); err != nil {
		return err
	}
	return readInnerTriggers(ctx, q, want, tables)
}

func readLeaves(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	rows, err := q.Query(ctx, `
		SELECT w.oid, c.oid, n.nspname, c.relname, c.relkind::text
		FROM unnest($1::oid[]) AS w(oid)
		CROSS JOIN LATERAL pg_catalog.pg_partition_tree(w.oid) AS p
		JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind <> 'p'
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		ORDER BY w.oid, c.oid`, oids)
	if err != nil {
		return err
	}
	var oid uint32
	var leaf plan.Leaf
	_, err = pgx.ForEachRow(rows, []any{&oid, &leaf.OID, &leaf.Name.Schema, &leaf.Name.Name, &leaf.Kind}, func() error {
		tables[oid].Partitions.Leaves = append(tables[oid].Partitions.Leaves, leaf)
		return nil
	})
	return err
}

// readInnerTriggers reads the statement triggers of partitioned tables at any level:
// a statement on a partition does not fire them.
func readInnerTriggers(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	rows, err := q.Query(ctx, `
		SELECT w.oid, g.tgname, g.tgtype & 4 <> 0, g.tgtype & 16 <> 0, g.tgtype & 8 <> 0
		FROM unnest($1::oid[]) AS w(oid)
		CROSS JOIN LATERAL pg_catalog.pg_partition_tree(w.oid) AS p
		JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind = 'p'
		JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 1 = 0 AND NOT `+ourTrigger("g.tgname", "g.tgfoid")+`
		ORDER BY w.oid, g.tgname`, oids)
	if err != nil {
		return err
	}
	var oid uint32
	var tr plan.Trigger
	_, err = pgx.ForEachRow(rows, []any{&oid, &tr.Name, &tr.OnInsert, &tr.OnUpdate, &tr.OnDelete}, func() error {
		tables[oid].Partitions.StatementTriggers = append(tables[oid].Partitions.StatementTriggers, tr)
		return nil
	})
	return err
}
