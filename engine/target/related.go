package target

import (
	"context"
	"maps"
	"slices"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// maxRelated bounds the tables that are looked at for what refers to one.
const maxRelated = 500

// readRelated reads the tables that refer to those of some from which a policy removes
// rows, and those that refer to tables from which foreign keys would remove rows with
// it. Of partitioned ones that the policy names it reads the partitions too.
func readRelated(ctx context.Context, q querier, p retention.Policy, from ...*plan.Table) (map[uint32]*plan.Table, error) {
	related, followed := map[uint32]*plan.Table{}, map[uint32]bool{}
	if !p.Action.Removes() {
		return related, nil
	}
	own := func(oid uint32) bool {
		return slices.ContainsFunc(from, func(t *plan.Table) bool { return t.OID == oid })
	}
	for level := from; len(level) > 0 && len(related) < maxRelated; {
		var want []uint32
		for _, parent := range level {
			for _, fk := range parent.Incoming {
				if own(fk.ChildOID) || followed[fk.ChildOID] {
					continue
				}
				if related[fk.ChildOID] == nil || fk.OnDelete == plan.FKCascade {
					want = append(want, fk.ChildOID)
				}
				followed[fk.ChildOID] = fk.OnDelete == plan.FKCascade
			}
		}
		if len(want) == 0 {
			break
		}
		tables, err := readTables(ctx, q, want)
		if err != nil {
			return nil, err
		}
		level = nil
		for oid, child := range tables {
			related[oid] = child
			if followed[oid] {
				level = append(level, child)
			}
		}
	}
	return related, readParts(ctx, q, p, related, from)
}

// refersTo reports whether a foreign key of the child refers to the parent.
func refersTo(child, parent *plan.Table) bool {
	return slices.ContainsFunc(parent.Incoming, func(fk plan.ForeignKey) bool { return fk.ChildOID == child.OID })
}

// readParts adds the partitions of related tables that the policy reaches into, and of
// its own table where that refers to itself or, in a circle, to one of those.
func readParts(ctx context.Context, q querier, p retention.Policy, related map[uint32]*plan.Table, from []*plan.Table) error {
	var want []uint32
	whole := map[uint32]*plan.Table{}
	add := func(t *plan.Table) {
		for _, leaf := range t.Partitions.Leaves {
			if leaf.OID != t.OID && related[leaf.OID] == nil {
				want, whole[leaf.OID] = append(want, leaf.OID), t
			}
		}
	}
	for _, t := range related {
		if t.Kind == plan.KindPartitioned && slices.Contains(p.Cascade, t.Name) {
			add(t)
		}
	}
	for _, t := range from {
		if t.Kind == plan.KindPartitioned && (refersTo(t, t) || slices.ContainsFunc(slices.Collect(maps.Values(related)), func(r *plan.Table) bool { return refersTo(t, r) })) {
			add(t)
		}
	}
	if len(want) == 0 {
		return nil
	}
	tables, err := readTables(ctx, q, want)
	for oid, t := range tables {
		// What refers to the partitioned table refers to its partitions.
		related[oid] = t.AsPartOf(whole[oid])
	}
	return err
}
