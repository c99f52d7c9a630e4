package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// maxKin is how many rows may go or change with one row of a step, on average, before
// the step is made smaller: a transaction is short also where each row has thousands.
const maxKin = 20

// kin are the rows of one step and those that refer to them, locked, with what is to
// become of each.
type kin struct {
	roots []*kinRow
	// rows are all of them by member of the family and address.
	rows  []map[string]*kinRow
	links []kinLink
	n     int
}

// kinRow is one row.
type kinRow struct {
	member int
	tid    string
	// root: it is one of the step's own.
	root bool
	// removable: it is one of those, or would go with one.
	removable bool
	// stays: it is held, or something outside keeps it. Only one that is held must not even
	// lose a reference. out: a trial leaves it out.
	stays, held, out bool
	// cannot: it stays for that, or for what follows from it; keeper is the table whose
	// row keeps it, and locked that somebody else has that row locked.
	cannot, locked bool
	keeper         string
	// goes: it is to be removed.
	goes bool
	// refused: the database refuses it, and it is counted as such.
	refused bool
}

// kinLink says that the child refers to the parent.
type kinLink struct {
	ref           *plan.Reference
	member, index int
	parent, child *kinRow
}

func newKin(members int, roots []string) *kin {
	k := &kin{rows: make([]map[string]*kinRow, max(members, 1))}
	for i := range k.rows {
		k.rows[i] = map[string]*kinRow{}
	}
	for _, tid := range roots {
		r := k.row(0, tid)
		r.root, r.removable, r.goes = true, true, true
		k.roots = append(k.roots, r)
	}
	return k
}

func (k *kin) row(member int, tid string) *kinRow {
	r := k.rows[member][tid]
	if r == nil {
		r = &kinRow{member: member, tid: tid}
		k.rows[member][tid] = r
		k.n++
	}
	return r
}

// tids are the addresses of a member's rows that are wanted.
func (k *kin) tids(member int, want func(*kinRow) bool) []string {
	var out []string
	for tid, r := range k.rows[member] {
		if want(r) {
			out = append(out, tid)
		}
	}
	return out
}

func going(r *kinRow) bool { return r.goes }

// gather locks, level by level, the rows that would go or change with the step's own.
// Each level is a statement after the locks of the one before: who refers to a locked
// row can then only have been there before.
func (d *disposition) gather(ctx context.Context, k *kin) error {
	level := map[int][]string{0: k.tids(0, going)}
	for len(level) > 0 {
		next := map[int][]string{}
		for member, tids := range level {
			refs := d.planned.Family[member].References
			for i := range refs {
				if refs[i].Effect == plan.EffectBlocks {
					continue
				}
				if err := d.gatherReferring(ctx, k, member, i, tids, next); err != nil {
					return err
				}
			}
		}
		level = next
	}
	return nil
}

func (d *disposition) gatherReferring(ctx context.Context, k *kin, member, index int, tids []string, next map[int][]string) error {
	ref := &d.planned.Family[member].References[index]
	all, err := d.pairs(ctx, d.planned.sql.Referring(member, index, tids, !d.skip, false))
	if err != nil {
		return err
	}
	free := map[[2]string]bool{}
	if d.skip {
		locked, err := d.pairs(ctx, d.planned.sql.Referring(member, index, tids, true, true))
		if err != nil {
			return err
		}
		for _, p := range locked {
			free[p] = true
		}
	}
	for _, p := range all {
		parent := k.row(member, p[0])
		if d.skip && !free[p] {
			parent.stays, parent.keeper, parent.locked = true, ref.Children.Logical().String(), true
			continue
		}
		child := k.row(ref.Member, p[1])
		k.links = append(k.links, kinLink{ref: ref, member: member, index: index, parent: parent, child: child})
		if ref.Effect == plan.EffectRemoves && !child.removable {
			child.removable, child.goes = true, true
			next[ref.Member] = append(next[ref.Member], child.tid)
		}
	}
	if k.n > maxKin*max(d.size, 500) && len(k.roots) > 1 {
		return fmt.Errorf("%w: %d rows would go with %d", retention.ErrTooSlow, k.n-len(k.roots), len(k.roots))
	}
	return nil
}

func (d *disposition) pairs(ctx context.Context, s sqlgen.Statement) ([][2]string, error) {
	rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p [2]string, err error) {
		err = row.Scan(&p[0], &p[1])
		return p, err
	})
}

func (d *disposition) addresses(ctx context.Context, s sqlgen.Statement) ([]string, error) {
	rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// judge asks, in new statements after all locks, which rows are held, and which have
// rows refer to them that stay.
func (d *disposition) judge(ctx context.Context, k *kin, out *outcome) error {
	for member := range d.planned.Family {
		if err := d.judgeHeld(ctx, k, member, out); err != nil {
			return err
		}
		tids := k.tids(member, going)
		if len(tids) == 0 {
			continue
		}
		refs := d.planned.Family[member].References
		for i := range refs {
			if refs[i].Effect != plan.EffectBlocks {
				continue
			}
			if err := d.judgeBlocked(ctx, k, member, i, tids); err != nil {
				return err
			}
		}
	}
	return nil
}

// judgeHeld judges what is not the step's own: that was judged when it was locked. In a careful
// step a row for which it cannot be told stays as if it were held.
func (d *disposition) judgeHeld(ctx context.Context, k *kin, member int, out *outcome) error {
	m := d.planned.Family[member]
	tids := k.tids(member, func(r *kinRow) bool { return !r.root })
	if !m.Holds.Any() || len(tids) == 0 {
		return nil
	}
	judge := func(tids []string) (held []string, err error) {
		return d.addresses(ctx, d.planned.sql.HeldAmong(member, tids))
	}
	if d.careful {
		slices.Sort(tids)
		plainly := judge
		judge = func(tids []string) ([]string, error) { return d.heldOrUntold(ctx, tids, plainly, m.Table, out) }
	}
	held, err := judge(tids)
	if err != nil {
		return err
	}
	for _, tid := range held {
		r := k.rows[member][tid]
		r.stays, r.held, r.keeper = true, true, m.Table.Logical().String()
	}
	return nil
}

func (d *disposition) judgeBlocked(ctx context.Context, k *kin, member, index int, tids []string) error {
	ref := &d.planned.Family[member].References[index]
	var others []string
	if ref.Member >= 0 {
		others = k.tids(ref.Member, going)
	}
	blocked, err := d.addresses(ctx, d.planned.sql.Blocked(member, index, tids, others))
	if err != nil {
		return err
	}
	for _, tid := range blocked {
		r := k.rows[member][tid]
		if !r.stays {
			r.stays, r.keeper = true, ref.Children.Logical().String()
		}
	}
	if len(others) == 0 {
		return nil
	}
	among, err := d.pairs(ctx, d.planned.sql.Among(member, index, tids, others))
	if err != nil {
		return err
	}
	for _, p := range among {
		k.links = append(k.links, kinLink{ref: ref, member: member, index: index, parent: k.rows[member][p[0]], child: k.rows[ref.Member][p[1]]})
	}
	return nil
}

// settle decides what goes: the most rows such that nothing which stays refers to one
// that goes, and nothing held goes or changes. A row that is not the step's own goes
// only with one that it refers to.
func (k *kin) settle() {
	for _, rows := range k.rows {
		for _, r := range rows {
			r.cannot = r.stays || r.out
			r.goes = r.removable && !r.cannot
		}
	}
	for k.settleLinks() || k.settleOrphans() {
	}
}

// settleLinks takes out what something keeps, and reports whether there was any.
func (k *kin) settleLinks() (changed bool) {
	for _, l := range k.links {
		var kept bool
		switch l.ref.Effect {
		case plan.EffectBlocks:
			kept = !l.child.goes
		case plan.EffectRemoves:
			kept = l.child.cannot
		case plan.EffectClears:
			kept = l.child.held
		}
		if !kept || l.parent.cannot {
			continue
		}
		l.parent.cannot, l.parent.goes, changed = true, false, true
		l.parent.keeper, l.parent.locked = l.ref.Children.Logical().String(), l.child.locked
	}
	return changed
}

// settleOrphans takes out what would go with nothing.
func (k *kin) settleOrphans() (changed bool) {
	taken := map[*kinRow]bool{}
	for _, l := range k.links {
		if l.ref.Effect == plan.EffectRemoves && l.parent.goes {
			taken[l.child] = true
		}
	}
	for _, rows := range k.rows {
		for _, r := range rows {
			if r.goes && !r.root && !taken[r] {
				r.goes, changed = false, true
			}
		}
	}
	return changed
}

// blocked counts the step's own rows that stay for what refers to them.
func (k *kin) blocked(own string, c *retention.Counts) {
	for _, r := range k.roots {
		switch {
		case r.goes || r.refused:
		case r.locked:
			c.Skip(retention.SkippedLocked, 1)
		default:
			c.Block(cmp.Or(r.keeper, own), 1)
		}
	}
}

// gone are the rows that go with the step's own, by member.
func (k *kin) gone() []sqlgen.Gone {
	var out []sqlgen.Gone
	for member := range k.rows {
		if tids := k.tids(member, func(r *kinRow) bool { return r.goes && !r.root }); len(tids) > 0 {
			out = append(out, sqlgen.Gone{Member: member, TIDs: tids})
		}
	}
	return out
}

func (k *kin) goingRoots() []string {
	return k.tids(0, func(r *kinRow) bool { return r.goes && r.root })
}

// errKept: a trigger kept a row that others rely on to go.
var errKept = errors.New("a trigger of the database kept a row")

// keptOf is errKept with the table whose row it was.
func keptOf(t retention.TableName) error { return fmt.Errorf("%w of %s", errKept, t) }

// clear takes from the rows that stay what the database would take from them, one
// foreign key after the other.
func (d *disposition) clear(ctx context.Context, k *kin, out *outcome) error {
	type key struct{ member, index int }
	expect := map[key]map[*kinRow]bool{}
	for _, l := range k.links {
		if l.ref.Effect != plan.EffectClears || !l.parent.goes || l.child.goes {
			continue
		}
		at := key{l.member, l.index}
		if expect[at] == nil {
			expect[at] = map[*kinRow]bool{}
		}
		expect[at][l.child] = true
	}
	for at, rows := range expect {
		ref := d.planned.Family[at.member].References[at.index]
		s := d.planned.sql.Clear(at.member, at.index, k.tids(at.member, going), k.tids(ref.Member, going))
		row, err := d.rawRow(ctx, s)
		if err != nil {
			return err
		}
		n := row.int()
		if row.err == nil && n != int64(len(rows)) {
			return keptOf(ref.Children.Logical())
		}
		out.counts.Affect(ref.Children.Logical().String(), retention.TableEffect{Updated: n})
		if err := d.digestMember(ref.Member, n, row, out); err != nil {
			return err
		}
	}
	return nil
}

// digestMember adds the digests of n rows of a member.
func (d *disposition) digestMember(member int, n int64, row *rawRow, out *outcome) error {
	key := d.planned.sql.MemberKey(member)
	if key == nil {
		return row.err
	}
	keys := row.keys(len(key))
	made, err := d.t.digests(d.planned.Family[member].Table.Logical(), keys, int(n), nil)
	out.kinDigests = append(out.kinDigests, made...)
	return cmp.Or(row.err, err)
}
