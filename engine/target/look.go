package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// lookTime is what a round of looking for the oldest due row may take before it
	// leaves off; lookTimeout bounds each of its statements.
	lookTime    = 2 * time.Second
	lookTimeout = 10 * time.Second
	// lookAnew: what was passed over is judged again after a day at the latest, since a
	// row may have come to match the condition, or been given an older timestamp.
	lookAnew = 24 * time.Hour
	// lookCheap is the number of rows to pass over up to which every look begins at the
	// front: that takes milliseconds.
	lookCheap = 10_000
	// lookStep is the time that a step aims at; firstSlice and firstBlocks (8 kB each)
	// are the size of the first step, mostSlice and mostBlocks bound the others.
	lookStep    = 100 * time.Millisecond
	firstSlice  = 2_000
	mostSlice   = 100_000
	firstBlocks = 1_024
	mostBlocks  = 65_536
)

// lookLimits are what one round of Look may take, and the size of its first step.
type lookLimits struct {
	time          time.Duration
	slice, blocks int64
}

// lookout is where looking for a policy's oldest due row stands, kept by the store
// between rounds. It holds as long as policy, holds and catalog are those it was made
// under.
type lookout struct {
	Version     int    `json:"version"`
	Epoch       int64  `json:"epoch"`
	Fingerprint string `json:"fingerprint"`
	// Yields names the policies that rows are left to, with their versions.
	Yields string `json:"yields,omitempty"`
	// Index: the look follows a btree, else the table's blocks.
	Index bool `json:"index"`
	// Open: the look has not come to its end.
	Open bool `json:"open,omitempty"`
	// Began is when the look began at the front of the table.
	Began time.Time `json:"began"`

	// From: what has an older timestamp was judged and is held, does not match, or was
	// treated. nil at the front. Passed counts such rows, roughly.
	From   *mark `json:"from,omitempty"`
	Passed int64 `json:"passed,omitempty"`

	// Block and End bound what is left of a look by blocks, Filenode is the storage that
	// they are of, Best the oldest row so far.
	Block    int64     `json:"block,omitempty"`
	End      int64     `json:"end,omitempty"`
	Filenode uint32    `json:"filenode,omitempty"`
	Best     *sighting `json:"best,omitempty"`
	// Rounds counts the transactions that the look has taken.
	Rounds int `json:"rounds,omitempty"`
}

// sighting is a row that is due and not held.
type sighting struct {
	At  time.Time `json:"at"`
	TID string    `json:"tid"`
	own *mark
}

// looker is one round.
type looker struct {
	tx   pgx.Tx
	pl   *planned
	now  time.Time
	st   lookout
	size int64
	// enough is when the round leaves off.
	enough time.Time
	limits lookLimits
}

// Look looks for the oldest row that is due and not held; see engine.Target.
func (t *Target) Look(ctx context.Context, p retention.Policy, position []byte) (retention.Look, error) {
	var out retention.Look
	err := t.simulating(ctx, p, nil, lookTimeout, func(tx pgx.Tx, pl *planned, now time.Time) error {
		l := &looker{tx: tx, pl: pl, now: now, limits: t.looks, enough: time.Now().Add(t.looks.time)}
		err := tx.QueryRow(ctx, "SELECT "+cutoffSQL("$1", "$2", "$3"), now, p.TimeZone, p.RetentionPeriod.String()).Scan(&out.Cutoff)
		if err != nil {
			return err
		}
		if pl.Idle {
			out.Done = true
			return nil
		}
		if err := l.resume(position, p.Version); err != nil {
			return err
		}
		if l.st.Index {
			err = l.follow(ctx)
		} else {
			err = l.sweep(ctx)
		}
		if err != nil {
			return err
		}
		return l.report(&out)
	})
	return out, err
}

// resume takes up what an earlier round has left, if it still holds.
func (l *looker) resume(position []byte, version int) error {
	fresh := lookout{
		Version: version, Epoch: l.pl.epoch, Fingerprint: l.pl.fingerprint, Began: l.now,
		Yields: yieldsTo(l.pl.Policy),
		Index:  l.pl.Table.LeadingIndex(l.pl.Time.Column.Name) != nil,
	}
	var st lookout
	if len(position) > 0 {
		if err := json.Unmarshal(position, &st); err != nil {
			return fmt.Errorf("read where the look stands: %w", err)
		}
	}
	same := st.Version == fresh.Version && st.Epoch == fresh.Epoch && st.Fingerprint == fresh.Fingerprint && st.Yields == fresh.Yields && st.Index == fresh.Index
	worth := st.Open || (st.Index && st.Passed > lookCheap && l.now.Sub(st.Began) < lookAnew)
	l.st = fresh
	if same && worth {
		l.st = st
	}
	return nil
}

func yieldsTo(p retention.Policy) string {
	var names []string
	for _, o := range p.YieldsTo {
		names = append(names, fmt.Sprintf("%s@%d", o.Name, o.Version))
	}
	return strings.Join(names, " ")
}

// step runs one step and makes the next one such that it takes about lookStep.
func (l *looker) step(most int64, do func() error) error {
	began := time.Now()
	err := do()
	switch took := time.Since(began); {
	case took < lookStep/2:
		l.size = min(2*l.size, most)
	case took > 2*lookStep:
		l.size = max(1, l.size/2)
	}
	return err
}

// follow goes along the index, slice by slice, to the first row that is due and not
// held. Rows that were passed over in an earlier look are not visited again.
func (l *looker) follow(ctx context.Context) error {
	cutoff, err := newMark(l.pl.Cutoff)
	if err != nil {
		return err
	}
	lo := l.st.From
	if lo == nil {
		if lo, err = l.mark(ctx, l.pl.sql.First(nil)); err != nil {
			return err
		}
	}
	l.size, l.st.Best, l.st.Open = l.limits.slice, nil, true
	for lo != nil {
		l.st.From = lo
		if err := l.step(mostSlice, func() (err error) { lo, err = l.slice(ctx, lo); return err }); err != nil {
			return err
		}
		if l.st.Best != nil {
			l.st.From, l.st.Open = l.st.Best.own, false
			return nil
		}
		if lo != nil && !time.Now().Before(l.enough) {
			l.st.From = lo
			return nil
		}
	}
	// Everything before the cutoff was passed over; what became due since is next.
	l.st.From, l.st.Open = cutoff, false
	return nil
}

// slice judges the rows from lo to the n-th entry after it, and answers where the next
// slice begins; nil at the cutoff.
func (l *looker) slice(ctx context.Context, lo *mark) (next *mark, err error) {
	next, err = l.mark(ctx, l.pl.sql.SliceEnd(lo.value(), int(l.size)))
	if err == nil && next != nil && next.equal(lo) {
		// More rows than a step share this timestamp: all of them at once.
		next, err = l.mark(ctx, l.pl.sql.AfterTie(lo.value()))
	}
	if err != nil {
		return nil, err
	}
	l.st.Passed += l.size
	return next, l.judge(ctx, sqlgen.Range{Slice: &sqlgen.Slice{Lo: lo.value(), Hi: next.value()}})
}

// sweep goes through the table's blocks. It has an answer at their end alone.
func (l *looker) sweep(ctx context.Context) error {
	var filenode uint32
	var blocks int64
	err := l.tx.QueryRow(ctx, `
		SELECT coalesce(pg_catalog.hashtext(pg_catalog.string_agg(pg_catalog.pg_relation_filenode(r.oid)::pg_catalog.text, ' ' ORDER BY r.oid)), 0)::pg_catalog.int8 OPERATOR(pg_catalog.&) 4294967295,
		       coalesce(pg_catalog.max(pg_catalog.pg_relation_size(r.oid)), 0) OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::pg_catalog.int8
		FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS r(oid)`,
		l.pl.storage()).Scan(&filenode, &blocks)
	if err != nil {
		return err
	}
	if !l.st.Open || l.st.Filenode != filenode {
		// A rewritten table has other blocks.
		l.st = lookout{Version: l.st.Version, Epoch: l.st.Epoch, Fingerprint: l.st.Fingerprint, Yields: l.st.Yields, Began: l.now, Open: true, Filenode: filenode, End: blocks}
	}
	l.st.Rounds++
	l.size = l.limits.blocks
	for l.st.Block < l.st.End {
		b := sqlgen.Block{From: l.st.Block, To: min(l.st.Block+l.size, l.st.End)}
		if err := l.step(mostBlocks, func() error { return l.judge(ctx, sqlgen.Range{Block: &b}) }); err != nil {
			return err
		}
		l.st.Block = b.To
		if l.st.Block < l.st.End && !time.Now().Before(l.enough) {
			return nil
		}
	}
	return l.confirm(ctx)
}

// storage are the relations that the rows are in: a partitioned table's blocks of one
// number are looked at together.
func (pl *planned) storage() []uint32 {
	oids := []uint32{pl.Table.OID}
	for _, leaf := range pl.Table.Partitions.Leaves {
		if leaf.OID != pl.Table.OID {
			oids = append(oids, leaf.OID)
		}
	}
	return oids
}

// confirm ends a sweep. Where it took several transactions, the row that it found may
// have gone meanwhile; then it begins again.
func (l *looker) confirm(ctx context.Context) error {
	best := l.st.Best
	if best != nil && l.st.Rounds > 1 {
		l.st.Best = nil
		if err := l.judge(ctx, sqlgen.Range{TIDs: []string{best.TID}}); err != nil {
			return err
		}
		if l.st.Best == nil || !l.st.Best.At.Equal(best.At) {
			l.st.Block, l.st.Best, l.st.Rounds = 0, nil, 0
			return nil
		}
	}
	l.st.Open = false
	return nil
}

// judge keeps the oldest row of the range that is due and not held, if it is older
// than the best so far.
func (l *looker) judge(ctx context.Context, r sqlgen.Range) error {
	var own any
	var found sighting
	s := l.pl.sql.Oldest(r)
	err := l.tx.QueryRow(ctx, s.SQL, asPlanned(s)...).Scan(&own, &found.At, &found.TID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if found.own, err = newMark(own); err != nil {
		return err
	}
	found.At = writable(found.At)
	if l.st.Best == nil || found.At.Before(l.st.Best.At) {
		l.st.Best = &found
	}
	return nil
}

// mark runs a query for one value of the timestamp column; nil without a row.
func (l *looker) mark(ctx context.Context, s sqlgen.Statement) (*mark, error) {
	var v any
	err := l.tx.QueryRow(ctx, s.SQL, asPlanned(s)...).Scan(&v)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newMark(v)
}

// report is the round's outcome.
func (l *looker) report(out *retention.Look) error {
	out.Done = !l.st.Open
	switch {
	case !out.Done && l.st.Index:
		out.Note = fmt.Sprintf("being measured: everything up to %s is held or does not match", l.st.From.text(l.pl.Time.Kind, l.pl.Policy.TimeZone))
	case !out.Done:
		out.Note = fmt.Sprintf("being measured: %d %% of the table is read", 100*l.st.Block/max(1, l.st.End))
	case l.st.Best != nil:
		out.OldestDue = &l.st.Best.At
	}
	var err error
	out.Position, err = json.Marshal(l.st)
	return err
}

// writable is a moment that JSON can write: what is before the common era is shown as its
// beginning.
func writable(at time.Time) time.Time {
	if first := (time.Time{}); at.Before(first) {
		return first
	}
	return at
}
