package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
)

const (
	// guessedDensity is the number of rows per block where statistics are missing.
	guessedDensity = 50
	// leastDensity is the fewest rows per block that are reckoned with.
	leastDensity = 0.01
	// maxBlocksPerStep bounds a step over thinly filled blocks: 128 MB.
	maxBlocksPerStep = 16_384
)

// locate finds the next step's part of the table and where the walk stands after
// it. A nil range means that there is nothing to change in this step.
func (d *disposition) locate(ctx context.Context, filenode uint32, blocks int64) (outcome, *sqlgen.Range, error) {
	out := outcome{next: d.pos}
	if d.pos.Walk == plan.WalkSlice && d.pos.Tie == nil {
		return d.locateSlice(ctx, out, filenode)
	}
	if d.pos.Tie == nil && (!d.pos.Started || d.pos.Filenode != filenode) {
		out.restart = d.pos.Started
		out.next = position{Walk: plan.WalkBlock, Started: true, Filenode: filenode, End: blocks, Density: tableDensity(d.planned.Plan)}
		d.crowd.enter()
	}
	if d.pos.Tie != nil && d.pos.Filenode != filenode {
		if err := d.spanTie(ctx, &out, filenode); err != nil {
			return out, nil, err
		}
	}
	return d.locateBlock(ctx, out)
}

// tableDensity is the estimated number of due rows per block.
func tableDensity(p *plan.Plan) float64 {
	t := p.Table
	if t.EstimatedRows <= 0 || t.Pages <= 0 {
		return guessedDensity
	}
	share := 1.0
	if p.DueShare > 0 {
		// Not less than a quarter: a step also reads what is not due.
		share = max(p.DueShare, 0.25)
	}
	return max(0.1, share*float64(t.EstimatedRows)/float64(t.Pages))
}

// locateSlice follows the index: from Lo to the timestamp of the size-th entry.
func (d *disposition) locateSlice(ctx context.Context, out outcome, filenode uint32) (outcome, *sqlgen.Range, error) {
	if !d.pos.Started {
		first, err := d.readMark(ctx, d.planned.sql.First(d.planned.since.value()))
		if err != nil {
			return out, nil, err
		}
		out.next.Lo, out.next.Started, out.next.Since, out.next.Form = first, true, d.planned.since != nil, formOf(d.planned, filenode)
		out.done = first == nil
	}
	lo := out.next.Lo
	if out.done || lo == nil {
		out.done = true
		return out, nil, nil
	}
	hi, err := d.readMark(ctx, d.planned.sql.SliceEnd(lo.value(), d.size))
	if err != nil {
		return out, nil, err
	}
	switch {
	case hi == nil:
		out.done = true
		out.step = fmt.Sprintf("%s from %v to the cutoff", d.planned.Time.Column.Name, d.markText(lo))
		return out, &sqlgen.Range{Slice: &sqlgen.Slice{Lo: lo.value()}}, nil
	case hi.equal(lo):
		// More rows than a step share this timestamp: walk them by blocks.
		out.next.Tie, out.next.Tied = lo, true
		if err := d.spanTie(ctx, &out, filenode); err != nil {
			return out, nil, err
		}
		return d.locateBlock(ctx, out)
	}
	out.next.Lo = hi
	out.step = fmt.Sprintf("%s from %v to %v", d.planned.Time.Column.Name, d.markText(lo), d.markText(hi))
	return out, &sqlgen.Range{Slice: &sqlgen.Slice{Lo: lo.value(), Hi: hi.value()}}, nil
}

// spanTie finds the blocks between which all rows of one timestamp lie.
func (d *disposition) spanTie(ctx context.Context, out *outcome, filenode uint32) error {
	var rows int64
	var first, last string
	s := d.planned.sql.TieSpan(out.next.Tie.value())
	if err := d.queryRow(ctx, s).Scan(&rows, &first, &last); err != nil {
		return err
	}
	from, _, err := placeOf(first)
	if err != nil {
		return err
	}
	to, _, err := placeOf(last)
	if err != nil {
		return err
	}
	d.crowd.enter()
	out.next.Block, out.next.Row, out.next.End, out.next.Filenode = from, 0, to+1, filenode
	out.next.Density = max(float64(rows)/float64(to+1-from), leastDensity)
	return nil
}

// placeOf takes a row's address apart.
func placeOf(tid string) (block, row int64, err error) {
	if _, err := fmt.Sscanf(tid, "(%d,%d)", &block, &row); err != nil {
		return 0, 0, fmt.Errorf("row address %q: %w", tid, err)
	}
	return block, row, nil
}

// locateBlock takes the next blocks; at the end of a tie it goes back to slices.
func (d *disposition) locateBlock(ctx context.Context, out outcome) (outcome, *sqlgen.Range, error) {
	p := &out.next
	if p.Block >= p.End {
		return d.afterBlocks(ctx, out)
	}
	n, sure := d.crowd.blocks(d.size, p.Density)
	r := &sqlgen.Block{From: p.Block, FromRow: p.Row, To: min(p.Block+n, p.End)}
	if p.Tie != nil {
		r.Tie = p.Tie.value()
	}
	var barren bool
	if out.bounded = !sure; out.bounded {
		some, err := d.boundCarefully(ctx, r)
		if err != nil {
			return out, nil, err
		}
		barren = !some
	}
	out.step = r.String()
	if p.Tie != nil {
		out.step = fmt.Sprintf("%s = %v, %s", d.planned.Time.Column.Name, d.markText(p.Tie), out.step)
	}
	out.blocks, out.part = r.To-r.From, r.ToRow > 0
	p.Block, p.Row = r.To, r.ToRow
	if p.Block >= p.End && p.Tie == nil {
		out.done = true
	}
	if barren {
		// The next is looked at before too, so it may be believed to be as thin.
		p.Density = max(leastDensity, p.Density/4)
		return out, nil, nil
	}
	return out, &sqlgen.Range{Block: r}, nil
}

func (d *disposition) afterBlocks(ctx context.Context, out outcome) (outcome, *sqlgen.Range, error) {
	if out.next.Tie == nil {
		out.done = true
		return out, nil, nil
	}
	after, err := d.readMark(ctx, d.planned.sql.AfterTie(out.next.Tie.value()))
	if err != nil {
		return out, nil, err
	}
	out.next = position{Walk: plan.WalkSlice, Started: true, Lo: after, Since: out.next.Since, Form: out.next.Form, Tied: true}
	out.done = after == nil
	return out, nil, nil
}

// readMark runs a query for one value of the timestamp column; nil without a row.
func (d *disposition) readMark(ctx context.Context, s sqlgen.Statement) (*mark, error) {
	var v any
	err := d.queryRow(ctx, s).Scan(&v)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newMark(v)
}

// markText is a mark for people, with the zone in which it is read.
func (d *disposition) markText(m *mark) string {
	return m.text(d.planned.Time.Kind, d.spec.Policy.TimeZone)
}

// text is the mark as the column has it; zone is that of timestamps without one.
func (m *mark) text(kind plan.TimeKind, zone string) string {
	if m.Int != nil {
		return fmt.Sprintf("%d (%s)", *m.Int, kind)
	}
	switch kind {
	case plan.TimeDate:
		return m.Time.Format(time.DateOnly)
	case plan.TimeLocal:
		return m.Time.Format("2006-01-02 15:04:05.999999 ") + zone
	}
	return m.Time.UTC().Format("2006-01-02 15:04:05.999999 UTC")
}
