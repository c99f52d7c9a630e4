package target

import (
	"context"
	"math"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// slack is how much smaller a step is rather made than looked at before: the look costs a sixth
// of a step, and one by four fifths as many rows a twentieth.
const slack = 1.25

// crowd is how many due rows a block has been found to have. A step by blocks is cut by it:
// the planner's statistics may be old, or missing, and say nothing of where in the table the
// due rows are.
type crowd struct {
	// most is the most per block of a step in this walk; 0 before the first.
	most float64
	// over: the last try had more rows than a batch may have, and was rolled back; the next is cut
	// where its size is reached.
	over bool
}

// enter begins a walk, unless its first step is tried again.
func (c *crowd) enter() {
	if !c.over {
		c.most = 0
	}
}

// blocks is how many a step of the size takes where there are so many rows in each as are
// reckoned with, and whether that is sure to be no more rows than the size.
func (c *crowd) blocks(size int, density float64) (n int64, sure bool) {
	// As many blocks have not always as many rows: what comes to be more than the policy's batch
	// size is rolled back, which must be rare. Twice the square root is the spread of rows that
	// lie as chance will have it.
	room := float64(size) - 2*math.Sqrt(float64(size))
	if !c.over && c.most > 0 {
		n = within(room / density)
		if sparing := within(room / max(density, c.most)); float64(n) <= slack*float64(sparing) {
			n = sparing
		}
		if float64(n)*c.most <= room {
			return n, true
		}
	}
	// It is looked at before, and cut where the size is reached: as far as that may be.
	return within(4*float64(size)/density + 1), false
}

// within is so many blocks, one at least, and not too many for a step.
func within(n float64) int64 { return max(1, int64(min(n, maxBlocksPerStep))) }

// bound cuts a step before the block in which there are more due rows than it aims at, or in
// the midst of the first one. It reports whether there are any.
func (d *disposition) bound(ctx context.Context, r *sqlgen.Block) (some bool, err error) {
	var found int
	var last *string
	if err := d.queryRow(ctx, d.planned.sql.Beyond(*r, d.size)).Scan(&found, &last); err != nil || found <= d.size {
		return found > 0, err
	}
	block, row, err := placeOf(*last)
	switch {
	case err != nil || block >= r.To:
	case block > r.From:
		r.To = block
	case row > r.FromRow:
		r.To, r.ToRow = block, row // one block is too much
	}
	return true, err
}

// settleCrowd learns from a step by blocks, and has it made again, smaller, if it changed
// more rows than the policy allows a batch.
func (d *disposition) settleCrowd(out *outcome) error {
	c := out.counts
	found := float64(c.Processed+c.Held+c.Blocked+c.SkippedTotal()) / float64(max(out.blocks, 1))
	// Of blocks that others were taken from before, or are left in, nothing is learned but that
	// there are so many.
	d.crowd.most = max(d.crowd.most, found)
	if d.crowd.over = !out.bounded && c.Processed > int64(d.spec.Policy.BatchSize); d.crowd.over {
		return retention.ErrMoved
	}
	if out.part || d.pos.Row > 0 {
		found = max(found, out.next.Density)
	}
	// Thinner parts are believed step by step, denser ones at once.
	out.next.Density = max(leastDensity, found, 0.75*out.next.Density+0.25*found)
	return nil
}
