package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// disposition is one policy of one run in the hands of one worker, on one
// connection. It is used by one goroutine.
type disposition struct {
	t    *Target
	conn *pgxpool.Conn
	spec retention.Spec

	// planned is nil when it must be made anew.
	planned *planned
	// loaded tells whether the fields below are what is committed.
	loaded   bool
	pos      position
	progress retention.Progress
	// started is when the run began to carry the policy out.
	started time.Time

	// size is the number of rows a step aims at: the policy's batch size, halved
	// after a time-out, doubled again by success.
	size int
	// fixed is what steps take whatever their size.
	fixed fixedCost
	// ahead is whether looks along rows that keep each other have come to anything.
	ahead aheadLooks
	// crowd is how close together due rows have been found in a walk by blocks.
	crowd crowd
	// slow: the last try ran into a time-out.
	slow bool
	// skip: the next step leaves out rows that somebody else has locked.
	skip bool
	// careful: the database refused a row of the last step, or of the one before; the
	// next one looks for it.
	careful bool
	// waited counts the tries in a row for what a function of the application's waits for; once
	// there are more than maxWaited it stays so.
	waited int
	// returning is for how many batches the server is to return what it deleted.
	returning int
	// raw and digests are memory that batches use one after the other: the last
	// statement's answer, and the digests of its records until they are written.
	raw, digests []byte
	// lockTimeout in milliseconds, below the server's deadlock_timeout.
	lockTimeout int64
	// timeout bounds each statement.
	timeout time.Duration
	// marks are earlier readings of the server's log position, the oldest first.
	marks []walMark
	// unemptied is the partition that could not be emptied at once and is walked instead.
	unemptied uint32
	// kept is the partition that could not be dropped.
	kept notDropped
	// estimate is how many rows were due when the first plan was made; 0 if unknown.
	estimate int64
}

// planned is a plan with what it was made under.
type planned struct {
	*plan.Plan
	sql *sqlgen.Printer
	// whole prints the statements that look at the policy's table with all its partitions.
	whole *sqlgen.Printer
	// leaf is the partition that is walked; 0 for a plain table. over: none is left.
	leaf uint32
	over bool

	epoch       int64
	fingerprint string
	oids        []uint32
	// archived are the archive tables that were there already.
	archived map[retention.TableName]bool
	// due is the planner's estimate of the due rows; 0 if it cannot tell.
	due int64
	// since is where the walk begins; nil for at the start.
	since *mark
}

// Beat is the heartbeat and the fence of a run's worker; see engine.RunTarget.
func (t *Target) Beat(ctx context.Context, runID string, attempt int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// A batch of this attempt may have the row locked for longer than a worker may be silent.
	var ours bool
	err := t.pool.QueryRow(ctx, `
		WITH latest AS MATERIALIZED (SELECT attempt FROM holdfast_guard.run WHERE run_id = $1 AND attempt = $2),
		beat AS (
			INSERT INTO holdfast_guard.heartbeat (run_id, beat_at) SELECT $1, clock_timestamp() FROM latest
			ON CONFLICT (run_id) DO UPDATE SET beat_at = excluded.beat_at)
		SELECT EXISTS (SELECT FROM latest)`, runID, attempt).Scan(&ours)
	if err != nil || ours {
		return classify(err)
	}
	var latest int
	// The row lock waits for a batch of an earlier attempt that is under way; after it
	// that attempt finds itself fenced.
	err = t.pool.QueryRow(ctx, `
		INSERT INTO holdfast_guard.run AS r (run_id, attempt) VALUES ($1, $2)
		ON CONFLICT (run_id) DO UPDATE
		SET attempt = greatest(r.attempt, excluded.attempt),
		    heartbeat_at = CASE WHEN r.attempt <= excluded.attempt THEN clock_timestamp() ELSE r.heartbeat_at END
		RETURNING attempt`, runID, attempt).Scan(&latest)
	if err != nil {
		return classify(err)
	}
	if latest != attempt {
		return retention.ErrFenced
	}
	return nil
}

// Heartbeat is the age of a run's last sign of life.
func (t *Target) Heartbeat(ctx context.Context, runID string) (age time.Duration, ok bool, err error) {
	var seconds float64
	err = t.pool.QueryRow(ctx, `
		SELECT extract(epoch FROM clock_timestamp() - greatest(r.heartbeat_at, b.beat_at))::float8
		FROM holdfast_guard.run AS r LEFT JOIN holdfast_guard.heartbeat AS b USING (run_id) WHERE run_id = $1`, runID).Scan(&seconds)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return time.Duration(seconds * float64(time.Second)), err == nil, classify(err)
}

// Open takes a policy's progress up; see engine.RunTarget.
func (t *Target) Open(ctx context.Context, spec retention.Spec) (retention.Disposition, error) {
	conn, err := t.pool.Acquire(ctx)
	if err != nil {
		return nil, classify(err)
	}
	d := &disposition{t: t, conn: conn, spec: spec, size: firstStep(spec), timeout: statementTimeout}
	if err := d.open(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *disposition) open(ctx context.Context) error {
	var deadlock int64
	err := d.conn.QueryRow(ctx, `SELECT setting::bigint FROM pg_settings WHERE name = 'deadlock_timeout'`).Scan(&deadlock)
	if err != nil {
		return classify(err)
	}
	d.lockTimeout = max(1, min(200, deadlock/2))
	return d.load(ctx)
}

// Close gives the connection back; one in the middle of a transaction is ended.
func (d *disposition) Close() { release(&d.conn) }

// release gives a connection back to the pool.
func release(conn **pgxpool.Conn) {
	c := *conn
	if c == nil {
		return
	}
	if c.Conn().PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Conn().Close(ctx)
	}
	c.Release()
	*conn = nil
}

// Progress is what has been committed so far.
func (d *disposition) Progress() retention.Progress {
	p := d.progress
	p.DueEstimate = d.estimate
	return p
}

// progressColumns are what a policy's committed progress consists of, but for
// where its walk stands.
const progressColumns = `cutoff, done, seq, processed, held, blocked, skipped, blocked_by, effects, errors, null_timestamps, infinite_timestamps,
			coalesce(position -> 'refused', '[]')`

// load reads the committed progress, or makes the row for a policy that begins.
func (d *disposition) load(ctx context.Context) error {
	var pos []byte
	var p retention.Progress
	var skipped []byte
	err := d.conn.QueryRow(ctx, `
		SELECT started_at, position, `+progressColumns+`
		FROM holdfast_guard.progress WHERE run_id = $1 AND policy = $2`, d.spec.RunID, d.spec.Policy.Name).
		Scan(append([]any{&d.started, &pos}, progressFields(&p, &skipped)...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return d.begin(ctx)
	}
	if err != nil {
		return classify(err)
	}
	d.pos = position{}
	if err := errors.Join(json.Unmarshal(pos, &d.pos), json.Unmarshal(skipped, &p.Skipped)); err != nil {
		return fmt.Errorf("read progress: %w", err)
	}
	if d.pos.Most != nil {
		p.Most = *d.pos.Most
	}
	d.progress, d.loaded = p, true
	return nil
}

func progressFields(p *retention.Progress, skipped *[]byte) []any {
	return []any{&p.Cutoff, &p.Done, &p.Batches, &p.Processed, &p.Held, &p.Blocked, skipped, &p.BlockedBy, &p.Effects, &p.Errors, &p.NullTimestamps, &p.InfiniteTimestamps, &p.Refused}
}

// RunProgress is what has been committed under each policy of a run.
func (t *Target) RunProgress(ctx context.Context, runID string) (map[string]retention.Progress, error) {
	rows, err := t.pool.Query(ctx, `
		SELECT policy, `+progressColumns+`
		FROM holdfast_guard.progress WHERE run_id = $1`, runID)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	out := map[string]retention.Progress{}
	for rows.Next() {
		var name string
		var p retention.Progress
		var skipped []byte
		if err := rows.Scan(append([]any{&name}, progressFields(&p, &skipped)...)...); err != nil {
			return nil, classify(err)
		}
		if err := json.Unmarshal(skipped, &p.Skipped); err != nil {
			return nil, fmt.Errorf("read progress: %w", err)
		}
		out[name] = p
	}
	return out, classify(rows.Err())
}

// begin plans the policy for the first time and keeps where the walk starts.
func (d *disposition) begin(ctx context.Context) error {
	if d.spec.Policy.Action == retention.ActionArchive {
		if err := d.ensureArchives(ctx); err != nil {
			return err
		}
	}
	if err := d.noteArchive(ctx); err != nil {
		return err
	}
	if err := d.replan(ctx); err != nil {
		return err
	}
	nulls, infinite, err := d.countNeverDue(ctx)
	if err != nil {
		return err
	}
	pos, err := position{Walk: d.planned.Walk, Leaf: d.planned.leaf}.json()
	if err != nil {
		return err
	}
	_, err = d.conn.Exec(ctx, `
		INSERT INTO holdfast_guard.progress (run_id, policy, policy_version, as_of, cutoff, position, null_timestamps, infinite_timestamps)
		VALUES ($1, $2, $3, $4, `+cutoffSQL("$4", "$5", "$6")+`, $7, $8, $9)
		ON CONFLICT DO NOTHING`, d.spec.RunID, d.spec.Policy.Name, d.spec.Policy.Version, d.spec.AsOf,
		d.spec.Policy.TimeZone, d.spec.Policy.RetentionPeriod.String(), pos, nulls, infinite)
	if err != nil {
		return classify(err)
	}
	return d.load(ctx)
}

// cutoffSQL prints the cutoff: as_of less the period. Years, months and days are counted in
// the policy's time zone, so that a day of 23 hours is a day; hours, minutes and seconds are
// taken off afterwards, so that an hour is one whatever the clocks did.
func cutoffSQL(asOf, zone, period string) string {
	days, hours := periodParts(period)
	return fmt.Sprintf("(((%s::pg_catalog.timestamptz AT TIME ZONE %s::pg_catalog.text) OPERATOR(pg_catalog.-) %s) AT TIME ZONE %s::pg_catalog.text OPERATOR(pg_catalog.-) %s)", asOf, zone, days, zone, hours)
}

// periodParts prints the parts of a period that are counted by the calendar, and by the
// clock.
func periodParts(period string) (days, hours string) {
	i := period + "::pg_catalog.text::pg_catalog.interval"
	hours = fmt.Sprintf("pg_catalog.make_interval(hours => pg_catalog.date_part('hour', %s)::integer, mins => pg_catalog.date_part('minute', %s)::integer, secs => pg_catalog.date_part('second', %s))", i, i, i)
	return fmt.Sprintf("(%s OPERATOR(pg_catalog.-) %s)", i, hours), hours
}

// replan reads holds and catalog in one snapshot and plans again.
func (d *disposition) replan(ctx context.Context) error {
	tx, err := d.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	p, err := d.t.planFrom(ctx, tx, d.spec.Policy, d.spec.AsOf, d.pos.Leaf)
	if errors.Is(err, retention.ErrNotFound) {
		return &retention.Refusal{Field: "table", Reason: err.Error(), Remedy: "retire the policy, or give it the table's new name"}
	}
	if err != nil {
		return classify(err)
	}
	if p.since, err = d.readSince(ctx, tx, p); err != nil {
		return classify(err)
	}
	if d.spec.SinceLast && !p.over && marked(p) {
		// From a mark on there is little, however much is due; and only so a mark is made.
		p.Walk = plan.WalkSlice
	}
	d.planned = p
	d.enterLeaf()
	if d.estimate == 0 && p.due > 0 {
		d.estimate = d.progress.Passed() + p.due
	}
	return nil
}

// ensureArchives makes the archive tables of an archive policy that are missing: the
// source's columns without their constraints, and what the archive adds. Its key is the
// source's key and the run.
func (d *disposition) ensureArchives(ctx context.Context) error {
	var in plan.Inputs
	err := d.t.reading(ctx, func(tx pgx.Tx) (err error) {
		in, err = readInputs(ctx, tx, d.spec.Policy)
		return err
	})
	if err != nil {
		return err
	}
	// A plan with no archive table refuses whatever could not be archived at all.
	p, err := plan.Build(in)
	if err != nil {
		return err
	}
	if in.Archive == nil {
		if err := d.makeArchive(ctx, in.Table, p.ArchiveTo, "archive.table"); err != nil {
			return err
		}
	}
	made := map[retention.TableName]bool{p.ArchiveTo: true}
	for _, m := range p.Family {
		if !m.Removed || made[m.ArchiveTo] || in.Archives[m.Table.Logical()] != nil {
			continue
		}
		made[m.ArchiveTo] = true
		if err := d.makeArchive(ctx, m.Table, m.ArchiveTo, "cascade"); err != nil {
			return err
		}
	}
	return nil
}

func (d *disposition) makeArchive(ctx context.Context, source *plan.Table, to retention.TableName, field string) error {
	// The schema or the right may have gone since the policy was saved.
	if err := d.mayMakeArchive(ctx, to, field); err != nil {
		return err
	}
	return classify(pgx.BeginFunc(ctx, d.conn, func(tx pgx.Tx) error {
		// An event trigger of the application's may need it.
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		before, err := readReach(ctx, d.conn, true, source.Name)
		if err != nil {
			return err
		}
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlgen.CreateArchive(source, to)); err != nil {
			return err
		}
		after, err := readReach(ctx, d.conn, true, source.Name)
		if err != nil {
			return err
		}
		for oid, m := range after {
			if m != before[oid] {
				return &retention.Refusal{Field: field, Reason: eventTriggerReached(m.name).Error()}
			}
		}
		return nil
	}))
}

// noteArchive keeps that the archive table has rows of the policy's, before it has any.
func (d *disposition) noteArchive(ctx context.Context) error {
	if d.spec.Policy.Action != retention.ActionArchive {
		return nil
	}
	return d.t.NoteArchives(ctx, []retention.Policy{d.spec.Policy})
}
