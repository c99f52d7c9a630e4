package target

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// moves is what a transaction did to one table.
type moves struct {
	name                       retention.TableName
	inserted, updated, deleted int64
}

// reach reads the session's own counters of changed rows by table, if triggers
// could reach further than the statement says.
func (d *disposition) reach(ctx context.Context) (map[uint32]moves, error) {
	return readReach(ctx, d.conn, d.planned.Watch, d.planned.Root.Name)
}

// readReach does so for a statement on a table.
func readReach(ctx context.Context, conn *pgxpool.Conn, watch bool, table retention.TableName) (map[uint32]moves, error) {
	if !watch {
		return nil, nil
	}
	out := map[uint32]moves{}
	var counting bool
	b := &pgx.Batch{}
	b.Queue(ourPath)
	b.Queue(`SELECT current_setting('track_counts')::boolean`).QueryRow(func(row pgx.Row) error { return row.Scan(&counting) })
	b.Queue(`
		SELECT top.oid, n.nspname, top.relname, sum(pg_stat_get_xact_tuples_inserted(c.oid))::bigint, sum(pg_stat_get_xact_tuples_updated(c.oid))::bigint, sum(pg_stat_get_xact_tuples_deleted(c.oid))::bigint
		FROM pg_catalog.pg_class c
		-- Rows of a partition are the partitioned table's.
		JOIN pg_catalog.pg_class top ON top.oid = CASE WHEN c.relispartition THEN pg_partition_root(c.oid) ELSE c.oid END
		JOIN pg_catalog.pg_namespace n ON n.oid = top.relnamespace
		WHERE c.relkind = 'r' AND n.nspname <> 'holdfast_guard' AND n.nspname <> 'pg_catalog'
		  AND pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid) > 0
		GROUP BY top.oid, n.nspname, top.relname`).
		Query(func(rows pgx.Rows) error {
			var oid uint32
			var m moves
			_, err := pgx.ForEachRow(rows, []any{&oid, &m.name.Schema, &m.name.Name, &m.inserted, &m.updated, &m.deleted}, func() error {
				out[oid] = m
				return nil
			})
			return err
		})
	b.Queue(setOwnPath, ownPath(conn.Conn()))
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	if !counting {
		return nil, notCounting(table)
	}
	return out, nil
}

// notCounting refuses what could change other tables where the server does not count
// changes: nobody could tell what was done.
func notCounting(table retention.TableName) error {
	return &retention.Refusal{Field: "table", Reason: fmt.Sprintf("what triggers and foreign keys of %s change cannot be seen, since the setting track_counts is off", table),
		Remedy: "switch track_counts on, which is PostgreSQL's default"}
}

// checkLocks fails if something in the transaction has locked a table as a whole, which
// we never do: TRUNCATE and DDL change tables and are in no counter.
func checkLocks(ctx context.Context, conn *pgxpool.Conn) error {
	var name string
	b := &pgx.Batch{}
	b.Queue(ourPath)
	b.Queue(`
		SELECT coalesce(min(coalesce(n.nspname || '.' || c.relname, 'a table that it dropped')), '')
		FROM pg_catalog.pg_locks l
		LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
		LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted
		  AND l.database = (SELECT db.oid FROM pg_catalog.pg_database db WHERE db.datname = pg_catalog.current_database())
		  AND (c.oid IS NULL OR c.relkind IN ('r', 'p', 'm', 'f') AND c.relpersistence <> 't')`).
		QueryRow(func(row pgx.Row) error { return row.Scan(&name) })
	b.Queue(setOwnPath, ownPath(conn.Conn()))
	if err := conn.SendBatch(ctx, b).Close(); err != nil || name == "" {
		return err
	}
	return fmt.Errorf("a trigger reached further than the policy says: it emptied or altered %s (TRUNCATE or DDL), which no record of changes shows; the batch was rolled back and nothing was changed; disable that trigger for this policy's rows or take the table out of the policy", name)
}

// checkReach fires what is deferred and compares what the transaction changed with
// what the plan accounts for. An application trigger that reached further makes the
// batch fail: nothing happens without evidence.
func (d *disposition) checkReach(ctx context.Context, before map[uint32]moves, out *outcome) error {
	if !d.planned.Watch {
		return nil
	}
	if _, err := d.conn.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return err
	}
	if err := checkLocks(ctx, d.conn); err != nil {
		return err
	}
	after, err := d.reach(ctx)
	if err != nil {
		return err
	}
	changed := out.counts.Processed + out.counts.Skipped[retention.SkippedStillDue]
	did := map[retention.TableName]moves{}
	for oid, m := range after {
		b := before[oid]
		m.inserted, m.updated, m.deleted = m.inserted-b.inserted, m.updated-b.updated, m.deleted-b.deleted
		did[m.name] = m
		with := out.counts.Effects[m.name.String()]
		want := moves{name: m.name, inserted: with.Inserted, updated: with.Updated, deleted: with.Deleted}
		switch {
		case oid == d.planned.Root.OID && d.spec.Policy.Action.Removes():
			want.deleted += changed
		case oid == d.planned.Root.OID:
			want.updated += changed
		case d.spec.Policy.Action == retention.ActionArchive && m.name == d.planned.ArchiveTo:
			want.inserted += changed
		}
		want = d.wanted(m, want, out)
		if m != want {
			return fmt.Errorf("a trigger reached further than the policy says: in %s it made %d inserts, %d updates and %d deletes where %d, %d and %d were planned; the batch was rolled back and nothing was changed; %s",
				m.name, m.inserted, m.updated, m.deleted, want.inserted, want.updated, want.deleted, d.reachedRemedy(m, want))
		}
	}
	return d.checkHeld(ctx, func(t plan.Triggered) bool { return did[t.Table.Name].updated+did[t.Table.Name].deleted > 0 })
}

// reachedRemedy is what can be done about a trigger that changed what the policy does not name.
func (d *disposition) reachedRemedy(did, want moves) string {
	const disable = "disable that trigger for this policy's rows"
	if did.name == d.planned.Root.Name {
		return disable + ", or have it leave the policy's own table alone: what it changes there cannot be told from what the policy does"
	}
	e := retention.TriggerEffects{Inserted: did.inserted != want.inserted, Updated: did.updated != want.updated, Deleted: did.deleted != want.deleted}
	return fmt.Sprintf("name it in the policy's triggers if that is wanted (triggers: {%s: %q}), or %s", did.name, e.String(), disable)
}

// commit accounts for the batch and ends the transaction, in one round trip: the
// journal row, the progress and the heartbeat stand exactly if the change does.
func (d *disposition) commit(ctx context.Context, out *outcome) error {
	p := d.progress
	out.next.Leaf, out.next.Base = d.pos.Leaf, d.pos.Base
	out.next.Before, out.next.Again = d.pos.Before, false
	out.next.Rewrote, out.next.Left, out.next.Passes = d.pos.Rewrote, d.pos.Left, d.pos.Passes
	if out.restart || d.pos.Again {
		// The walk meets again what it left; what it changed is gone.
		p.Most = p.HighWater().Counts
		left := retention.Counts{}
		if d.pos.Base != nil && !d.pos.Again {
			left = *d.pos.Base // in other partitions, which are not met again
		} else {
			p.Refused = nil
		}
		left.Processed, left.Effects = p.Processed, p.Effects
		p.Counts = left
	}
	if !p.Most.IsZero() {
		out.next.Most = &p.Most
	}
	p.Skipped, p.BlockedBy, p.Effects = cloneCounts(p.Skipped), cloneCounts(p.BlockedBy), maps.Clone(p.Effects)
	p.Counts.Add(out.counts)
	if l := d.spec.Limit; l != nil && p.Processed > *l {
		return fmt.Errorf("stopped at %d of %d rows that are allowed, before a batch of %d: more could be disposed of than was counted before the run, since rows became due, or were released or no longer referred to; the next run counts anew",
			d.progress.Processed, *l, out.counts.Processed)
	}
	p.Errors = slices.Clone(p.Errors)
	for _, m := range out.errors {
		p.Errors = addMessage(p.Errors, m)
	}
	p.Refused = addRefused(p.Refused, out.refused)
	b := &pgx.Batch{}
	if err := d.queueSince(b, out, p); err != nil {
		return err
	}
	d.leaveLeaf(out)
	d.again(out, p)
	p.Done = out.done
	b.Queue("SET CONSTRAINTS ALL IMMEDIATE")
	b.Queue(ourPath)
	if d.spec.Pace != retention.PaceMax {
		b.Queue(`SELECT count(DISTINCT w.pid) FROM pg_catalog.pg_locks AS w WHERE NOT w.granted AND pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(w.pid))`).
			QueryRow(func(row pgx.Row) error { return row.Scan(&out.waiters) })
	}
	if worthARow(*out) {
		p.Batches++
		if err := d.queueJournal(b, *out, p.Batches); err != nil {
			return err
		}
	}
	if err := d.queueProgress(b, *out, p); err != nil {
		return err
	}
	b.Queue("COMMIT")
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	d.pos, d.progress = out.next, p
	return nil
}

// maxPasses bounds the passes over a table whose rows are written anew: what is left then, the
// next run takes. Of a chain each pass leaves a row a batch, so that a few are enough.
const maxPasses = 20

// again starts the walk once more where rows that were blocked may be free now that others of
// their own table are gone, and where rows of the table were written anew, so perhaps behind
// the end of the walk: they lost a reference to one that went. It ends, also beside somebody
// who makes rows due all the time: what is blocked must become less from pass to pass.
func (d *disposition) again(out *outcome, p retention.Progress) {
	if !out.done || p.Processed == out.next.Before {
		return
	}
	first := out.next.Passes == 0
	rewrote := p.Effects[d.planned.Root.Name.String()].Updated
	moved := rewrote > out.next.Rewrote && out.next.Passes < maxPasses
	freeing := p.Blocked > 0 && d.planned.InPasses() && (first || p.Blocked < out.next.Left)
	if !moved && !freeing {
		return
	}
	out.done = false
	out.next = position{Before: p.Processed, Again: true, Most: out.next.Most, Rewrote: rewrote, Left: p.Blocked, Passes: out.next.Passes + 1}
	if !d.planned.over {
		out.next.Walk = d.planned.Walk
	}
}

// worthARow tells whether the batch met any due row, or dropped a partition. Steps over a part of the
// table in which nothing is due leave no row; the run's result, zeros and all,
// proves that they were walked.
func worthARow(out outcome) bool {
	return out.counts.Processed+out.counts.Held+out.counts.Blocked+out.counts.SkippedTotal() > 0 || out.dropped
}

// effectsOf are the effects as they are kept: never null.
func effectsOf(c retention.Counts) map[string]retention.TableEffect {
	if c.Effects == nil {
		return map[string]retention.TableEffect{}
	}
	return c.Effects
}

func cloneCounts(m map[string]int64) map[string]int64 {
	out := map[string]int64{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (d *disposition) queueJournal(b *pgx.Batch, out outcome, seq int64) error {
	skipped, err := json.Marshal(cloneCounts(out.counts.Skipped))
	if err != nil {
		return err
	}
	digests := append(out.digests, out.kinDigests...)
	if digests == nil {
		digests = []byte{}
	}
	p, t := d.spec.Policy, d.planned.Root
	b.Queue(`
		INSERT INTO holdfast_guard.journal (id, run_id, policy, policy_version, action, relid, schema_name, table_name, seq, guard_epoch, step,
		                                    processed, held, blocked, skipped, digests, blocked_by, effects)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		out.id, d.spec.RunID, p.Name, p.Version, string(p.Action), t.OID, t.Name.Schema, t.Name.Name, seq, d.planned.epoch, out.step,
		out.counts.Processed, out.counts.Held, out.counts.Blocked, skipped, digests,
		cloneCounts(out.counts.BlockedBy), effectsOf(out.counts))
	return nil
}

func (d *disposition) queueProgress(b *pgx.Batch, out outcome, p retention.Progress) error {
	at := out.next
	at.Refused = p.Refused
	pos, err := at.json()
	if err != nil {
		return err
	}
	skipped, err := json.Marshal(p.Skipped)
	if err != nil {
		return err
	}
	b.Queue(`
		UPDATE holdfast_guard.progress
		SET position = $3, done = $4, seq = $5, processed = $6, held = $7, blocked = $8, skipped = $9, blocked_by = $10, effects = $11,
		    errors = $12, updated_at = clock_timestamp()
		WHERE run_id = $1 AND policy = $2`,
		d.spec.RunID, d.spec.Policy.Name, pos, p.Done, p.Batches, p.Processed, p.Held, p.Blocked, skipped,
		cloneCounts(p.BlockedBy), effectsOf(p.Counts), append([]string{}, p.Errors...))
	b.Queue(`UPDATE holdfast_guard.run SET heartbeat_at = clock_timestamp() WHERE run_id = $1`, d.spec.RunID)
	return nil
}

// Uncarried reads journal rows that are not yet in the store.
func (t *Target) Uncarried(ctx context.Context, limit int) ([]retention.JournalRow, error) {
	rows, err := t.pool.Query(ctx, `
		SELECT id::text, run_id::text, policy, policy_version, action, schema_name, table_name, seq, guard_epoch, step,
		       processed, held, blocked, skipped, digests, committed_at, blocked_by, effects, begun_at
		FROM holdfast_guard.journal
		WHERE carried_at IS NULL
		ORDER BY committed_at
		LIMIT $1`, limit)
	if err != nil {
		return nil, classify(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (j retention.JournalRow, err error) {
		err = row.Scan(&j.ID, &j.RunID, &j.Policy, &j.PolicyVersion, &j.Action, &j.Table.Schema, &j.Table.Name, &j.Seq, &j.GuardEpoch, &j.Step,
			&j.Processed, &j.Held, &j.Blocked, &j.Skipped, &j.DigestBytes, &j.CommittedAt, &j.BlockedBy, &j.Effects, &j.BegunAt)
		j.Digests = int64(len(j.DigestBytes) / digestSize)
		return j, err
	})
	return out, classify(err)
}

// UncarriedFor is how long the oldest row of journal or outbox has waited; see
// engine.RunTarget.
func (t *Target) UncarriedFor(ctx context.Context) (time.Duration, error) {
	var seconds float64
	err := t.pool.QueryRow(ctx, `
		SELECT coalesce(greatest(0, extract(epoch FROM clock_timestamp() - least(
			(SELECT min(committed_at) FROM holdfast_guard.journal WHERE carried_at IS NULL),
			(SELECT occurred_at FROM holdfast_guard.outbox ORDER BY no LIMIT 1))))::float8, 0)`).Scan(&seconds)
	return time.Duration(seconds * float64(time.Second)), classify(err)
}

// Carried marks journal rows as being in the store. Another process may have done
// so meanwhile; a mark is set once.
func (t *Target) Carried(ctx context.Context, ids []string) error {
	_, err := t.pool.Exec(ctx, `UPDATE holdfast_guard.journal SET carried_at = clock_timestamp() WHERE id = ANY ($1::uuid[]) AND carried_at IS NULL`, ids)
	return classify(err)
}
