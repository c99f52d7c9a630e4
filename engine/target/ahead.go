package target

import (
	"context"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
)

// Where rows of a table refer to each other and may not go before those that refer to them, as in
// a chain of versions or a thread of messages, a step may find all of its rows kept by others
// further on. Walked pass by pass such a table would free one step's rows a pass. So the step goes
// ahead to the end of what refers to its rows, and takes that instead; then it comes back.

const (
	// mostAhead bounds the rows that one step looks through to find an end.
	mostAhead = 200_000
	// aheadAtOnce is how many of them are read in one statement.
	aheadAtOnce = 20_000
	// mostIdle is how many steps in a row look at nothing ahead, where looks have been fruitless.
	mostIdle = 63
)

// aheadLooks spares looks that come to nothing, such as along a chain whose end is held: after each
// of those twice as many steps go by.
type aheadLooks struct{ idle, left int }

// due reports whether this step looks.
func (a *aheadLooks) due() bool {
	if a.left > 0 {
		a.left--
		return false
	}
	return true
}

// came notes whether anything came of a look.
func (a *aheadLooks) came(of bool) {
	if of {
		*a = aheadLooks{}
		return
	}
	a.idle = min(2*a.idle+1, mostIdle)
	a.left = a.idle
}

// looksAhead reports whether a step may: in a careful one, or one that leaves out what others have
// locked, rows are counted one by one, where they lie.
func (d *disposition) looksAhead() bool {
	return !d.careful && !d.skip && d.planned.leaf == 0 && d.planned.Table.Kind == plan.KindTable && d.planned.sql.RefersAhead() && d.ahead.due()
}

// free reports whether any of the step's own rows can go.
func (k *kin) free() bool {
	for _, r := range k.roots {
		if r.goes {
			return true
		}
	}
	return false
}

// judgeKin locks what refers to a step's rows and judges what may become of each.
func (d *disposition) judgeKin(ctx context.Context, tids []string, out *outcome) (*kin, error) {
	k := newKin(len(d.planned.Family), tids)
	if d.planned.Family != nil {
		if err := d.gather(ctx, k); err != nil {
			return nil, err
		}
		if err := d.judge(ctx, k, out); err != nil {
			return nil, err
		}
	}
	k.settle()
	return k, nil
}

// goAhead carries out what lies at the end of what refers to a step's rows, none of which can go,
// and stays where it is. It answers false where nothing there can go.
func (d *disposition) goAhead(ctx context.Context, tids []string, out *outcome) (bool, error) {
	last, err := d.lastAhead(ctx, tids)
	if err != nil || len(last) == 0 {
		return false, err
	}
	if last, err = d.lockRows(ctx, sqlgen.Range{TIDs: last}); err != nil {
		return false, err
	}
	if last, err = d.freeOf(ctx, last); err != nil || len(last) == 0 {
		return false, err
	}
	k, err := d.judgeKin(ctx, last, out)
	if err != nil || !k.free() {
		return false, err
	}
	if err := d.carry(ctx, k, out); err != nil {
		return false, err
	}
	// What a trigger has kept is met where it lies, or this would never end.
	if out.counts.Processed > 0 {
		out.ahead, out.counts.Held, out.next, out.done = true, 0, d.pos, false
		out.step = "what keeps the rows of " + out.step
	}
	return true, nil
}

// lastAhead finds the last of the due rows that refer to some, the nearest first: as many as a
// step may have. Unless rows refer to several, whatever refers to one of them is among them, or is
// none that could go.
func (d *disposition) lastAhead(ctx context.Context, tids []string) ([]string, error) {
	known := map[string]bool{}
	for _, tid := range tids {
		known[tid] = true
	}
	var all []string
	for from := tids; ; from = all[max(0, len(all)-d.size):] {
		found, err := d.addresses(ctx, d.planned.sql.Ahead(from, aheadAtOnce))
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, tid := range found {
			if !known[tid] {
				known[tid], all = true, append(all, tid)
			}
		}
		if len(found) < aheadAtOnce || len(all) == before {
			return all[max(0, len(all)-d.size):], nil
		}
		if len(all) > mostAhead {
			return nil, nil
		}
	}
}
