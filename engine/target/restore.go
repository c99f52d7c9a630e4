package target

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// restoreRows is how many rows one batch of a restore aims at.
	restoreRows = 5_000
	// selfRows is that for a table that refers to itself: rows that refer to each other in a
	// circle must meet in one batch. Others come in their order, in as many passes as it takes.
	selfRows = 20_000
)

// restoration is one table's part of a restore in the hands of one worker.
type restoration struct {
	t    *Target
	conn *pgxpool.Conn
	spec retention.RestoreSpec
	plan *restorable
	// next and end are blocks of the archive, or places among single records: where the walk
	// stands, and where it ends. A table that was rewritten meanwhile has other blocks, and
	// the walk begins again.
	next, end int64
	filenode  uint32
	size      int
	// passed is how many rows went back in this pass over the archive, and again that another
	// pass may bring back what this one could not.
	passed      int64
	again       bool
	careful     bool
	lockTimeout time.Duration
}

// OpenRestore takes one table's part of a restore up; see engine.RestoreTarget. Where it was
// stopped, it goes through the archive again: what is back is not there any more.
func (t *Target) OpenRestore(ctx context.Context, spec retention.RestoreSpec) (retention.Restoration, error) {
	conn, err := t.pool.Acquire(ctx)
	if err != nil {
		return nil, classify(err)
	}
	d := &restoration{t: t, conn: conn, spec: spec, size: restoreRows}
	var deadlock int64
	err = conn.QueryRow(ctx, `SELECT setting::bigint FROM pg_settings WHERE name = 'deadlock_timeout'`).Scan(&deadlock)
	if err != nil {
		d.Close()
		return nil, classify(err)
	}
	d.lockTimeout = time.Duration(max(1, min(200, deadlock/2))) * time.Millisecond
	return d, nil
}

// Close gives the connection back.
func (d *restoration) Close() { release(&d.conn) }

// Step restores the rows of the next blocks of the archive in one transaction.
func (d *restoration) Step(ctx context.Context) (retention.RestoreStep, error) {
	if d.plan == nil {
		if err := d.replan(ctx); err != nil {
			return retention.RestoreStep{}, err
		}
	}
	began := time.Now()
	step, err := d.batch(ctx)
	step.Took = time.Since(began)
	if err != nil {
		return retention.RestoreStep{}, d.failed(ctx, err)
	}
	d.careful = false
	d.passed += step.Restored
	if d.next < d.end {
		return step, nil
	}
	step.Done = !d.again || d.passed == 0
	d.next, d.passed, d.again = 0, 0, false // a table that grew since has nothing more that is meant
	return step, nil
}

func (d *restoration) replan(ctx context.Context) error {
	return pgx.BeginTxFunc(ctx, d.conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		r, err := d.t.planRestore(ctx, tx, d.spec)
		if err != nil {
			return classify(err)
		}
		d.plan = r
		return nil
	})
}

// failed rolls back and prepares the next try, as a disposition's does.
func (d *restoration) failed(ctx context.Context, err error) error {
	rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if d.conn.Conn().PgConn().TxStatus() != 'I' {
		_, _ = d.conn.Exec(rctx, "ROLLBACK")
	}
	if d.conn.Conn().IsClosed() && !errors.Is(err, retention.ErrUnavailable) {
		err = fmt.Errorf("%w: %w", retention.ErrUnavailable, err)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && inFunction(pg) && errors.Is(kindOfState(pg.Code), retention.ErrMoved) {
		// The error of a trigger's own making, which no other plan mends.
		return fmt.Errorf("a trigger of %s, or of its archive, fails: %s", d.spec.Table, message(err))
	}
	err = classify(err)
	switch {
	case errors.Is(err, retention.ErrMoved):
		d.plan = nil
	case errors.Is(err, retention.ErrTooSlow):
		d.size = max(1, d.size/2)
	case rowAtFault(err) && d.spec.Refuse:
		err = fmt.Errorf("the database refuses a row, and nothing more is restored: %s", message(err))
	case rowAtFault(err) && !d.careful:
		d.careful = true
		err = fmt.Errorf("%w: %w", retention.ErrRowRefused, err)
	}
	return err
}

// batch is one transaction, by the protocol of a batch of a run.
func (d *restoration) batch(ctx context.Context) (retention.RestoreStep, error) {
	var step retention.RestoreStep
	part, err := d.enter(ctx)
	if err != nil {
		return step, err
	}
	done, err := d.work(ctx, part)
	if err != nil {
		return step, err
	}
	step.Restored, step.Errors = done.restored, done.errors
	return step, d.commit(ctx, done)
}

// enter does the steps begin, guard, fence and fresh, and finds the part of the archive
// that is next.
func (d *restoration) enter(ctx context.Context) (part sqlgen.Range, err error) {
	var attempt int
	var epoch, blocks int64
	var filenode uint32
	var fingerprint string
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	b.Queue(ourPath)
	queueSettings(b, d.lockTimeout, statementTimeout)
	b.Queue(`SELECT pg_advisory_xact_lock_shared($1, $2)`, guardLockClass, guardLockObject)
	b.Queue(`SELECT attempt FROM holdfast_guard.run WHERE run_id = $1 FOR UPDATE`, d.spec.RestoreID).
		QueryRow(func(row pgx.Row) error { return row.Scan(&attempt) })
	b.Queue("LOCK TABLE ONLY " + d.plan.Archive.Name.SQL() + " IN ROW EXCLUSIVE MODE")
	b.Queue("LOCK TABLE ONLY " + d.plan.Source.Name.SQL() + " IN ROW EXCLUSIVE MODE")
	for _, r := range d.plan.Holds.Reads() {
		b.Queue("LOCK TABLE ONLY " + r.Name.SQL() + " IN ACCESS SHARE MODE")
	}
	b.Queue(`SELECT epoch, `+fingerprintSQL("$1::oid[]")+`, pg_relation_filenode($2::oid)::oid, pg_relation_size($2::oid) / current_setting('block_size')::bigint FROM holdfast_guard.state`,
		d.plan.oids, d.plan.Archive.OID).
		QueryRow(func(row pgx.Row) error { return row.Scan(&epoch, &fingerprint, &filenode, &blocks) })
	b.Queue(setOwnPath, ownPath(d.conn.Conn()))
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return part, err
	}
	if attempt != d.spec.Attempt {
		return part, retention.ErrFenced
	}
	if epoch != d.plan.epoch || fingerprint != d.plan.fingerprint {
		return part, retention.ErrMoved
	}
	if copies := d.spec.Copies; len(copies) > 0 {
		d.end = int64(len(copies))
		part.TIDs, err = d.plan.copies(ctx, d.conn, copies[d.next:min(d.next+int64(d.size), d.end)])
		return part, err
	}
	if d.filenode != filenode {
		d.filenode, d.next, d.end = filenode, 0, blocks
	}
	part.Block = &sqlgen.Block{From: d.next, To: min(d.next+d.blocks(), d.end)}
	return part, nil
}

// blocks is how many of the archive's blocks hold a step's rows.
func (d *restoration) blocks() int64 {
	size := int64(d.size)
	if d.plan.SelfParents() != nil && d.size == restoreRows {
		size = selfRows
	}
	density := int64(guessedDensity)
	if a := d.plan.Archive; a.EstimatedRows > 0 && a.Pages > 0 {
		density = max(1, a.EstimatedRows/a.Pages)
	}
	return max(1, min(size/density, maxBlocksPerStep))
}

// restored is what one batch did, before it is committed.
type restored struct {
	part     sqlgen.Range
	restored int64
	left     map[string]int64
	digests  []byte
	errors   []string
}

// work moves the rows of one part back that can go.
func (d *restoration) work(ctx context.Context, part sqlgen.Range) (*restored, error) {
	out := &restored{part: part, left: map[string]int64{}}
	if part.TIDs != nil && len(part.TIDs) == 0 || part.Block != nil && part.Block.From >= part.Block.To {
		return out, nil
	}
	tids, err := d.addresses(ctx, d.plan.sql.Candidates(part))
	if err != nil || len(tids) == 0 {
		return out, err
	}
	groups, err := d.judge(ctx, tids, out)
	if err != nil || len(groups) == 0 {
		return out, err
	}
	if !d.careful {
		return out, d.move(ctx, slices.Concat(groups...), out)
	}
	return out, d.sift(ctx, groups, time.Now().Add(siftTime), out)
}

// errInConflict ends a restore that is to leave nothing behind.
var errInConflict = errors.New("rows came into conflict since they were looked at, and nothing more is restored")

func leftInWords(left map[string]int64) string {
	var words []string
	for _, kind := range slices.Sorted(maps.Keys(left)) {
		words = append(words, fmt.Sprintf("%s %d", kind, left[kind]))
	}
	return strings.Join(words, ", ")
}

func (d *restoration) addresses(ctx context.Context, s sqlgen.Statement) ([]string, error) {
	rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// judge leaves out the locked rows that are in conflict, in a statement after the locks. It
// answers the others, in groups of those that refer to each other.
func (d *restoration) judge(ctx context.Context, tids []string, out *restored) ([][]string, error) {
	kinds := d.plan.Conflicts()
	s := d.plan.sql.Judge(sqlgen.Range{TIDs: tids})
	rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, err
	}
	stays := map[string]bool{}
	var tid string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&tid, &n}, func() error {
		stays[tid] = true
		out.left[kinds[n].Kind]++
		return nil
	}); err != nil {
		return nil, err
	}
	if d.spec.Refuse && len(stays) > 0 {
		return nil, fmt.Errorf("%w: %d of %d rows of a batch: %s", errInConflict, len(stays), len(tids), leftInWords(out.left))
	}
	refersTo, err := d.judgeOwn(ctx, tids, stays, out)
	if err != nil {
		return nil, err
	}
	return grouped(slices.DeleteFunc(tids, func(tid string) bool { return stays[tid] }), refersTo), nil
}

// grouped puts rows that refer to each other into one group: they go back together or not
// at all.
func grouped(tids []string, refersTo map[string][]string) (groups [][]string) {
	next := map[string][]string{}
	for child, parents := range refersTo {
		for _, p := range parents {
			next[child], next[p] = append(next[child], p), append(next[p], child)
		}
	}
	seen := map[string]bool{}
	for _, tid := range tids {
		if seen[tid] {
			continue
		}
		seen[tid] = true
		group := []string{tid}
		for i := 0; i < len(group); i++ {
			for _, other := range next[group[i]] {
				if !seen[other] {
					seen[other] = true
					group = append(group, other)
				}
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// judgeOwn leaves rows out that refer to rows of their own table which are not there, and do
// not come back with them either. Once others are back they may.
func (d *restoration) judgeOwn(ctx context.Context, tids []string, stays map[string]bool, out *restored) (refersTo map[string][]string, err error) {
	refersTo = map[string][]string{}
	for _, parent := range d.plan.SelfParents() {
		s := d.plan.sql.Links(parent, sqlgen.Range{TIDs: tids})
		rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
		if err != nil {
			return nil, err
		}
		var child string
		var to *string
		if _, err := pgx.ForEachRow(rows, []any{&child, &to}, func() error {
			at := ""
			if to != nil {
				at = *to
			}
			refersTo[child] = append(refersTo[child], at)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	for changed := true; changed; {
		changed = false
		for child, parents := range refersTo {
			if !stays[child] && slices.ContainsFunc(parents, func(p string) bool { return p == "" || stays[p] }) {
				stays[child], changed = true, true
				out.left[retention.ConflictParentMissing]++
				d.again = true
			}
		}
	}
	for child := range stays {
		delete(refersTo, child)
	}
	return refersTo, nil
}

// move carries the statement out and looks whether a trigger did anything else.
func (d *restoration) move(ctx context.Context, tids []string, out *restored) error {
	before, err := readReach(ctx, d.conn, true, d.plan.Source.Name)
	if err != nil {
		return err
	}
	s := d.plan.sql.Restore(tids, d.spec.Digests)
	row, _, err := readRaw(ctx, d.conn, s, nil)
	if err != nil {
		return err
	}
	left, arrived, other := row.int(), row.int(), row.int()
	switch {
	case row.err != nil:
	case left != int64(len(tids)) || arrived != left:
		return errKept // a trigger kept one, here or there
	case other > 0:
		return fmt.Errorf("a trigger of %s changes rows as they are written (%d of %d): what they were would be lost; the batch was rolled back and nothing was changed; disable that trigger while rows are restored", d.plan.Source.Name, other, arrived)
	}
	if d.spec.Digests && d.plan.Key != nil {
		keys := row.keys(len(d.plan.Key))
		made, err := d.t.digests(d.spec.Table, keys, int(arrived), nil)
		if err := cmp.Or(row.err, err); err != nil {
			return err
		}
		out.digests = append(out.digests, made...)
	}
	if row.err != nil {
		return row.err
	}
	out.restored += arrived
	if _, err := d.conn.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return err
	}
	return d.checkReach(ctx, before, arrived)
}

// checkReach fails if triggers changed more than the rows that went back.
func (d *restoration) checkReach(ctx context.Context, before map[uint32]moves, arrived int64) error {
	if err := checkLocks(ctx, d.conn); err != nil {
		return err
	}
	after, err := readReach(ctx, d.conn, true, d.plan.Source.Name)
	if err != nil {
		return err
	}
	for oid, m := range after {
		b := before[oid]
		m.inserted, m.updated, m.deleted = m.inserted-b.inserted, m.updated-b.updated, m.deleted-b.deleted
		want := moves{name: m.name}
		switch oid {
		case d.plan.Source.OID:
			want.inserted = arrived
		case d.plan.Archive.OID:
			want.deleted = arrived
		}
		if m != want {
			return fmt.Errorf("a trigger reached further than the restore: in %s it made %d inserts, %d updates and %d deletes where %d, %d and %d belong to it; the batch was rolled back and nothing was changed; disable that trigger while rows are restored",
				m.name, m.inserted, m.updated, m.deleted, want.inserted, want.updated, want.deleted)
		}
	}
	return nil
}

// sift moves groups of rows, and halves of them, until those are found that the database
// refuses: they stay, and what it said of them is kept.
func (d *restoration) sift(ctx context.Context, groups [][]string, until time.Time, out *restored) error {
	if len(groups) == 0 {
		return nil
	}
	if time.Now().After(until) {
		return fmt.Errorf("%w: the database refuses many rows", retention.ErrTooSlow)
	}
	trial := &restored{left: map[string]int64{}}
	if _, err := d.conn.Exec(ctx, "SAVEPOINT holdfast_try"); err != nil {
		return err
	}
	err := d.move(ctx, slices.Concat(groups...), trial)
	if err != nil && !rowAtFault(err) {
		return err // the transaction ends
	}
	end := "RELEASE SAVEPOINT holdfast_try"
	if err != nil {
		end = "ROLLBACK TO SAVEPOINT holdfast_try; " + end
	}
	if _, err := d.conn.Exec(ctx, end); err != nil {
		return err
	}
	switch {
	case err == nil:
		out.restored += trial.restored
		out.digests = append(out.digests, trial.digests...)
		return nil
	case len(groups) == 1:
		out.left[whyRefused(err)] += int64(len(groups[0]))
		out.errors = addMessage(out.errors, message(err))
		return nil
	}
	half := len(groups) / 2
	if err := d.sift(ctx, groups[:half], until, out); err != nil {
		return err
	}
	return d.sift(ctx, groups[half:], until, out)
}

// commit accounts for the batch and ends the transaction: the journal's row stands exactly
// if the rows are back.
func (d *restoration) commit(ctx context.Context, done *restored) error {
	b := &pgx.Batch{}
	b.Queue("SET CONSTRAINTS ALL IMMEDIATE")
	b.Queue(ourPath)
	if done.restored > 0 {
		skipped, err := json.Marshal(done.left)
		if err != nil {
			return err
		}
		digests := done.digests
		if digests == nil {
			digests = []byte{}
		}
		s := d.spec
		b.Queue(`
			INSERT INTO holdfast_guard.journal (id, run_id, policy, policy_version, action, relid, schema_name, table_name, seq, guard_epoch, step,
			                                    processed, held, blocked, skipped, digests, effects)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, 1 + coalesce((SELECT max(j.seq) FROM holdfast_guard.journal AS j WHERE j.run_id = $2), 0), $9, $10, $11, 0, 0, $12, $13, $14`,
			newBatchID(), s.RestoreID, s.Policy, s.PolicyVersion, string(retention.ActionRestore), d.plan.Source.OID, s.Table.Schema, s.Table.Name, d.plan.epoch,
			fmt.Sprintf("from %s, %s", s.Archive, done.where()), done.restored, skipped, digests,
			map[string]retention.TableEffect{s.Archive.String(): {Deleted: done.restored}})
	}
	b.Queue(`UPDATE holdfast_guard.run SET heartbeat_at = clock_timestamp() WHERE run_id = $1`, d.spec.RestoreID)
	b.Queue("COMMIT")
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	d.next += int64(d.size)
	if done.part.Block != nil {
		d.next = done.part.Block.To
	}
	return nil
}

// where is the part of the archive in words.
func (r *restored) where() string {
	if r.part.Block == nil {
		return "by their keys"
	}
	return fmt.Sprintf("blocks %d to %d", r.part.Block.From, r.part.Block.To-1)
}

// Restored is how many rows a restore has brought back from each archive to each table, by
// what the journal says; see engine.RestoreTarget.
func (t *Target) Restored(ctx context.Context, restoreID string) ([]retention.RestoreTable, error) {
	rows, err := t.pool.Query(ctx, `
		SELECT j.schema_name, j.table_name, j.policy, e.archive, sum(j.processed)::bigint
		FROM holdfast_guard.journal AS j, jsonb_object_keys(j.effects) AS e(archive)
		WHERE j.run_id = $1 AND j.action = $2
		GROUP BY 1, 2, 3, 4`, restoreID, string(retention.ActionRestore))
	if err != nil {
		return nil, classify(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p retention.RestoreTable, err error) {
		var archive string
		if err := row.Scan(&p.Table.Schema, &p.Table.Name, &p.Policy, &archive, &p.Restored); err != nil {
			return p, err
		}
		p.Archive, err = retention.ParseTableName(archive)
		return p, err
	})
	return out, classify(err)
}
