package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// statementTimeout bounds each statement of a batch; a step that runs into it is
	// halved.
	statementTimeout = 10 * time.Second
	// idleTimeout frees the locks of a worker that was stopped in mid-batch.
	idleTimeout = 5 * time.Second
	// workMem lets the list of held ids fit its hash.
	workMem = "64MB"
	// maxTold is the size of an outbox row, in bytes, from which steps become smaller:
	// included columns may be as wide as they like.
	maxTold = 8 << 20
)

// outcome is what one batch did, before it is committed.
type outcome struct {
	counts retention.Counts
	// digests are those of the policy's own rows, kinDigests those of the rows that went
	// or changed with them.
	digests, kinDigests []byte
	// errors are what the database said of rows that it refused.
	errors []string
	// refused are some of those rows.
	refused []retention.RefusedRow
	step    string
	// id is the batch's, in the journal and in the outbox; told is the size of the
	// outbox row in bytes.
	id   string
	told int64
	// next is where the walk stands after the batch; done that it has ended.
	next position
	done bool
	// waiters is how many sessions wait for a lock of ours.
	waiters int
	// restart: the walk began again, so rows that were left are met once more.
	restart bool
	// filenode is the storage of what is walked, and blocks how many of its blocks the batch
	// went through, part that it ended within one; neither if it followed an index. bounded:
	// its end is where the size of the step was reached.
	filenode      uint32
	blocks        int64
	part, bounded bool
	// dropped: an empty partition was dropped.
	dropped bool
	// ahead: rows went that lie further on, and the step's own are met again.
	ahead bool
}

// Step carries out one batch; see retention.Disposition.
func (d *disposition) Step(ctx context.Context) (retention.StepResult, error) {
	if !d.loaded {
		if err := d.load(ctx); err != nil {
			return retention.StepResult{}, err
		}
	}
	if d.progress.Done {
		return retention.StepResult{Done: true}, nil
	}
	if d.planned == nil {
		if err := d.replan(ctx); err != nil {
			return retention.StepResult{}, err
		}
	}
	d.enterLeaf()
	if most := d.planned.MostRows(); most > 0 {
		d.size = min(d.size, most)
	}
	started := time.Now()
	out, err := d.batch(ctx)
	if err != nil {
		return retention.StepResult{}, d.failed(ctx, err)
	}
	d.skip, d.careful, d.slow = false, len(out.errors) > 0, false
	if d.waited <= maxWaited {
		d.waited = 0
	}
	took := time.Since(started)
	d.size = d.nextSize(out, took)
	if d.planned.over || d.planned.leaf != d.pos.Leaf {
		d.planned = nil
	}
	return retention.StepResult{Done: out.done, Counts: out.counts, Took: took, Waiters: out.waiters}, nil
}

// nextSize is the number of rows that the next step aims at, by the time that this one
// took (at the pace max twice as many after a success), up to the policy's batch size,
// but no more than make an outbox row of a size that everybody who reads it can bear.
func (d *disposition) nextSize(out outcome, took time.Duration) int {
	switch {
	case out.told > maxTold:
		return max(1, int(int64(d.size)*maxTold/2/out.told))
	case 2*out.told > maxTold:
		return d.size
	}
	if out.waiters > 0 && d.spec.Pace != retention.PaceMax {
		return max(1, d.size/2)
	}
	return d.paced(took)
}

// failed rolls back and prepares the next try. Whether a COMMIT that was cut off
// took effect only the progress row knows, so it is read again.
func (d *disposition) failed(ctx context.Context, err error) error {
	rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if d.conn.Conn().PgConn().TxStatus() != 'I' {
		_, _ = d.conn.Exec(rctx, "ROLLBACK")
	}
	d.loaded = false
	if d.conn.Conn().IsClosed() && !errors.Is(err, retention.ErrUnavailable) {
		err = fmt.Errorf("%w: %w", retention.ErrUnavailable, err)
	}
	err = blameConditions(d.planned, classify(err))
	if waitedIn(err) {
		d.waited++
	}
	switch {
	case d.refusesRow(err) && (!d.careful || d.size > 1):
		// Once more, row by row where it must be.
		if d.careful {
			d.size = max(1, d.size/2)
		}
		d.careful = true
		err = fmt.Errorf("%w: %w", retention.ErrRowRefused, err)
	case errors.Is(err, retention.ErrMoved):
		d.planned = nil
	case errors.Is(err, retention.ErrTooSlow):
		// Halved; to an eighth where that was not enough, since the step may have had far fewer
		// rows than it aimed at, and each try takes until the time-out.
		if d.size = max(1, d.size/2); d.slow {
			d.size = max(1, d.size/4)
		}
		d.slow = true
	case errors.Is(err, retention.ErrBusy):
		d.skip = true
		err = d.nameHolders(rctx, err)
	}
	return err
}

// batch is one transaction, in the six steps of the protocol.
func (d *disposition) batch(ctx context.Context) (outcome, error) {
	in, err := d.enter(ctx)
	if err != nil {
		return outcome{}, err
	}
	out := outcome{next: d.pos, done: d.planned.over}
	if !out.done {
		if out, err = d.work(ctx, in); err != nil {
			return out, err
		}
	}
	out.filenode = in.filenode
	err = d.commit(ctx, &out)
	return out, err
}

// work is the steps locate and change, or a partition that goes as a whole.
func (d *disposition) work(ctx context.Context, in entry) (outcome, error) {
	id := newBatchID()
	out := outcome{id: id, next: d.pos}
	if d.pos.Drop {
		if out.done = true; !d.planned.Drops() {
			return out, nil // a hold was placed since it was walked
		}
		return out, d.drop(ctx, &out)
	}
	if emptied, err := d.empty(ctx, &out); emptied || err != nil {
		return out, err
	}
	out, r, err := d.locate(ctx, in.filenode, in.blocks)
	out.id = id
	if d.planned.leaf != 0 {
		out.step = fmt.Sprintf("partition %s, %s", d.planned.Table.Name, out.step)
	}
	if err != nil || r == nil {
		return out, err
	}
	if err := d.change(ctx, *r, in, &out); err != nil || out.ahead || out.blocks == 0 && !out.part {
		return out, err
	}
	return out, d.settleCrowd(&out)
}

// entry is what a batch found at its beginning.
type entry struct {
	// filenode and blocks are the storage of what is walked, and its size.
	filenode uint32
	blocks   int64
	// oldest is the oldest transaction that had not ended; see sqlgen's DeleteSeen.
	oldest uint32
}

// enter does the steps begin, guard, fence and fresh, in one round trip; each is a
// statement of its own, and each waits before the next takes its snapshot.
func (d *disposition) enter(ctx context.Context) (in entry, err error) {
	var attempt int
	var epoch int64
	var fingerprint string
	b := &pgx.Batch{}
	// Explicitly READ COMMITTED: a database may default to REPEATABLE READ, whose
	// snapshot would precede the lock.
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	// Said again, since a trigger may have changed the session's.
	b.Queue(ourPath)
	queueSettings(b, time.Duration(d.lockTimeout)*time.Millisecond, d.timeout)
	b.Queue(`SELECT pg_advisory_xact_lock_shared($1, $2)`, guardLockClass, guardLockObject)
	b.Queue(`SELECT attempt FROM holdfast_guard.run WHERE run_id = $1 FOR UPDATE`, d.spec.RunID).
		QueryRow(func(row pgx.Row) error { return row.Scan(&attempt) })
	for _, name := range d.lockNames() {
		b.Queue("LOCK TABLE ONLY " + name + " IN ROW EXCLUSIVE MODE")
	}
	for _, t := range d.planned.Triggered {
		if t.Touches() && t.Holds.Any() {
			b.Queue("LOCK TABLE " + t.Table.Name.SQL() + " IN ACCESS SHARE MODE")
		}
	}
	for _, r := range d.planned.Reads() {
		b.Queue("LOCK TABLE ONLY " + r.Name.SQL() + " IN ACCESS SHARE MODE")
	}
	b.Queue(planOnce)
	b.Queue(`SELECT epoch, `+fingerprintSQL("$1::oid[]")+`, coalesce(pg_relation_filenode($2::oid), 0)::oid,
		pg_relation_size($2::oid) / current_setting('block_size')::bigint, pg_snapshot_xmin(pg_current_snapshot())::xid
		FROM holdfast_guard.state`, d.planned.oids, d.planned.Table.OID).
		QueryRow(func(row pgx.Row) error { return row.Scan(&epoch, &fingerprint, &in.filenode, &in.blocks, &in.oldest) })
	b.Queue(planAsEver)
	b.Queue(setOwnPath, ownPath(d.conn.Conn()))
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return entry{}, err
	}
	if attempt != d.spec.Attempt {
		return entry{}, retention.ErrFenced
	}
	if epoch != d.planned.epoch || fingerprint != d.planned.fingerprint {
		return entry{}, retention.ErrMoved
	}
	return in, nil
}

// queueSettings has the transaction of a batch wait, and work, for no longer than it may.
func queueSettings(b *pgx.Batch, lockTimeout, timeout time.Duration) {
	b.Queue(`SELECT set_config('synchronous_commit', 'on', true), set_config('lock_timeout', $1, true),
		set_config('statement_timeout', $2, true), set_config('idle_in_transaction_session_timeout', $3, true),
		set_config('row_security', 'off', true), set_config('jit', 'off', true),
		set_config('work_mem', $4, true)`,
		millis(lockTimeout), millis(timeout), millis(idleTimeout), workMem)
}

func millis(v time.Duration) string { return fmt.Sprintf("%dms", v.Milliseconds()) }

func (d *disposition) lockNames() []string {
	names := []string{d.planned.Root.Name.SQL()}
	if d.planned.leaf != 0 {
		names = append(names, d.planned.Table.Name.SQL())
	}
	for _, m := range d.planned.Family {
		if m.Table.OID != d.planned.Table.OID {
			names = append(names, m.Table.Name.SQL())
		}
	}
	if d.planned.Rollup != nil {
		names = append(names, d.planned.Rollup.Table.Name.SQL())
	}
	if d.spec.Policy.Action == retention.ActionArchive {
		names = append(names, d.planned.ArchiveTo.SQL())
		for _, m := range d.planned.Family {
			if !m.ArchiveTo.IsZero() && m.ArchiveTo != d.planned.ArchiveTo {
				names = append(names, m.ArchiveTo.SQL())
			}
		}
	}
	return names
}

// change is the step of that name: judge and change the rows of the range, and
// count what was left and why.
func (d *disposition) change(ctx context.Context, r sqlgen.Range, in entry, out *outcome) error {
	if d.skip || d.careful || d.planned.LockFirst || d.planned.Family != nil {
		return d.changeLocked(ctx, r, out)
	}
	switch quiet := !d.planned.Watch; {
	case quiet && d.planned.sql.Plain():
		return d.changePlain(ctx, r, out)
	case quiet && d.planned.sql.SeenFirst() && d.returning == 0:
		return d.changeSeen(ctx, r, in.oldest, out)
	}
	d.returning = max(0, d.returning-1)
	before, err := d.reach(ctx)
	if err != nil {
		return err
	}
	if err := d.noteHeld(ctx); err != nil {
		return err
	}
	if err := d.execute(ctx, r, nil, out); err != nil {
		return err
	}
	if d.planned.Holds.Any() {
		// What was held when the statement judged it still is: no hold changes while we have
		// the guard. Before the change this look met every row, and made the list of held ids
		// once more.
		if err := d.queryRow(ctx, d.planned.sql.HeldLeft(r)).Scan(&out.counts.Held); err != nil {
			return err
		}
	}
	return d.checkReach(ctx, before, out)
}

func (d *disposition) runMeta(out *outcome) sqlgen.RunMeta {
	return sqlgen.RunMeta{RunID: d.spec.RunID, BatchID: out.id, StartedAt: d.started}
}

// rolled takes what a statement says of the rollup.
func (d *disposition) rolled(row *rawRow, out *outcome) {
	if r := d.planned.Rollup; r != nil {
		out.counts.Affect(r.Table.Name.String(), retention.TableEffect{Inserted: row.int(), Updated: row.int()})
	}
}

// changeLocked locks the rows first, and those that refer to them, and judges what it
// may do with each in statements that come after the locks.
func (d *disposition) changeLocked(ctx context.Context, r sqlgen.Range, out *outcome) error {
	tids, r, err := d.lockJudgeable(ctx, r, out)
	if err != nil {
		return err
	}
	if tids, err = d.freeOf(ctx, tids); err != nil {
		return err
	}
	if d.planned.Holds.Any() {
		if err := d.queryRow(ctx, d.planned.sql.HeldCount(r)).Scan(&out.counts.Held); err != nil {
			return err
		}
	}
	k, err := d.judgeKin(ctx, tids, out)
	if err != nil {
		return err
	}
	if len(tids) > 0 && !k.free() && d.looksAhead() {
		carried, err := d.goAhead(ctx, tids, out)
		if d.ahead.came(out.ahead); err != nil || out.ahead {
			return err
		}
		if carried { // and kept by a trigger, all of it
			k.blocked(d.planned.Root.Name.String(), &out.counts)
			return nil
		}
	}
	if err := d.carry(ctx, k, out); err != nil {
		return err
	}
	k.blocked(d.planned.Root.Name.String(), &out.counts)
	return d.countLocked(ctx, r, int64(len(tids))-out.counts.Processed, out)
}

// countLocked counts the due rows of the step that are not held and were not even
// looked at, since somebody else had them locked: what is there but for the known.
func (d *disposition) countLocked(ctx context.Context, r sqlgen.Range, known int64, out *outcome) error {
	if !d.skip {
		return nil
	}
	var remaining int64
	if err := d.queryRow(ctx, d.planned.sql.Remaining(r)).Scan(&remaining); err != nil {
		return err
	}
	out.counts.Skip(retention.SkippedLocked, max(0, remaining-known))
	return nil
}

// freeOf leaves out rows that came to belong to a held record while the step waited for its
// locks. Whether another hold covers a row only the row itself tells, which was judged when it
// was locked.
func (d *disposition) freeOf(ctx context.Context, tids []string) ([]string, error) {
	if len(d.planned.Holds.Families) == 0 || len(tids) == 0 {
		return tids, nil
	}
	held, err := d.addresses(ctx, d.planned.sql.HeldOf(tids))
	if err != nil || len(held) == 0 {
		return tids, err
	}
	is := map[string]bool{}
	for _, tid := range held {
		is[tid] = true
	}
	return slices.DeleteFunc(tids, func(tid string) bool { return is[tid] }), nil
}

func (d *disposition) lockRows(ctx context.Context, r sqlgen.Range) ([]string, error) {
	s := d.planned.sql.Lock(r, d.skip)
	rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// execute runs the destructive statement and takes its counts and digests, those of the
// rows that go with the policy's own too.
func (d *disposition) execute(ctx context.Context, r sqlgen.Range, with []sqlgen.Gone, out *outcome) error {
	if d.planned.sql.Plain() && len(with) == 0 {
		return d.executePlain(ctx, r, out)
	}
	s := d.planned.sql.Change(r, d.runMeta(out), with...)
	row, err := d.rawRow(ctx, s)
	if err != nil {
		return err
	}
	changed, undone := row.int(), row.int()
	kept := changed
	archive := d.spec.Policy.Action == retention.ActionArchive
	if archive {
		kept = row.int()
	}
	if archive && kept != changed {
		return notArrived(changed, d.planned.Root.Name, kept, d.planned.ArchiveTo)
	}
	out.counts.Processed = changed - undone
	out.counts.Skip(retention.SkippedStillDue, undone)
	if d.planned.Events != nil {
		out.told = row.int()
	}
	if d.planned.Digests {
		keys := row.keys(len(d.planned.Key))
		if out.digests, err = d.t.digests(d.planned.Root.Name, keys, int(changed), d.digests); err != nil {
			return cmp.Or(row.err, err)
		}
		d.digests = out.digests
	}
	d.rolled(row, out)
	for _, x := range with {
		n := row.int()
		member := d.planned.Family[x.Member]
		if row.err == nil && n != int64(len(x.TIDs)) {
			return keptOf(member.Table.Logical())
		}
		out.counts.Affect(member.Table.Logical().String(), retention.TableEffect{Deleted: n})
		if !member.ArchiveTo.IsZero() {
			if kept := row.int(); row.err == nil && kept != n {
				return notArrived(n, member.Table.Name, kept, member.ArchiveTo)
			}
			out.counts.Affect(member.ArchiveTo.String(), retention.TableEffect{Inserted: n})
		}
		if err := d.digestMember(x.Member, n, row, out); err != nil {
			return err
		}
	}
	return row.err
}

func notArrived(left int64, source retention.TableName, arrived int64, archive retention.TableName) error {
	return fmt.Errorf("%d rows left %s but %d arrived in %s; the batch was rolled back and nothing is lost; look for a trigger on the archive table", left, source, arrived, archive)
}

// executePlain runs a delete that needs nothing back but its number of rows: a
// RETURNING costs a fifth of the statement.
func (d *disposition) executePlain(ctx context.Context, r sqlgen.Range, out *outcome) error {
	s := d.planned.sql.PlainDelete(r)
	tag, err := d.conn.Exec(ctx, s.SQL, asPlanned(s)...)
	out.counts.Processed = tag.RowsAffected()
	return err
}

// How the server plans prepared statements. The fingerprint looks dearer without its
// arguments than it is, so it would be planned in every batch, for half a millisecond; a
// step's statements must be (see asPlanned). What the application's triggers do is planned
// as it wants it.
const (
	planOnce   = "SET LOCAL plan_cache_mode TO force_generic_plan"
	planEach   = "SET LOCAL plan_cache_mode TO force_custom_plan"
	planAsEver = "SET LOCAL plan_cache_mode TO DEFAULT"
)

// asPlanned makes the server plan the statement for these very arguments: a generic
// plan would not know how large the step or the list of held ids is. The
// statements that are the same in every batch keep their prepared plans.
func asPlanned(s sqlgen.Statement) []any {
	return append([]any{pgx.QueryExecModeCacheDescribe}, s.Args...)
}

func (d *disposition) queryRow(ctx context.Context, s sqlgen.Statement) pgx.Row {
	return d.conn.QueryRow(ctx, s.SQL, asPlanned(s)...)
}
