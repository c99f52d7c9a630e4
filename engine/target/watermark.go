package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// fullPassEvery is how often, at least, a scheduled run looks at all due rows of an
// anonymizing policy. It does so as well when the last measurement found one that is overdue.
const fullPassEvery = 7 * 24 * time.Hour

// markedFor is what a mark is true for: what the policy does to which rows of the table, by
// the statement that does it, secret and all.
func (d *disposition) markedFor(p *planned) string {
	h := sha256.New()
	s := p.sql.Treat("true", 1)
	_, _ = fmt.Fprintln(h, p.Policy.Version, p.Policy.TimestampColumn, p.Policy.Unit, p.Policy.TimeZone, p.Policy.RetentionPeriod, s.SQL, s.Args, d.t.keys)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// formOf is the definition and the storage of what is walked.
func formOf(p *planned, filenode uint32) string {
	return fmt.Sprintf("%s %d", p.Table.Fingerprint, filenode)
}

// marked tells whether a mark can say what was treated: rows become due by their age alone.
// With a condition they may at any time; and where anything but the timestamp says in which
// partition a row is, it may move from one that is still to be walked into one that was.
func marked(p *planned) bool {
	moves := slices.ContainsFunc(p.Root.Partitions.KeyColumns, func(name string) bool { return name != p.Time.Column.Name })
	return p.Policy.Action == retention.ActionAnonymize && p.Cond == nil && p.Table.Kind == plan.KindTable && !moves && p.Table.LeadingIndex(p.Time.Column.Name) != nil
}

// readSince finds where a scheduled run of an anonymizing policy may begin in the planned
// table or partition: before it, all that was due was found treated. Nil for at the start.
func (d *disposition) readSince(ctx context.Context, tx pgx.Tx, p *planned) (*mark, error) {
	if !d.spec.SinceLast || p.over || !marked(p) {
		return nil, nil
	}
	var at []byte
	var form string
	var filenode uint32
	err := tx.QueryRow(ctx, `
		SELECT mark, form, coalesce(pg_relation_filenode($2::oid), 0)::oid
		FROM holdfast_guard.watermark
		WHERE policy = $1 AND relid = $2 AND marked_for = $3 AND full_at > clock_timestamp() - make_interval(secs => $4)`,
		p.Policy.Name, p.Table.OID, d.markedFor(p), fullPassEvery.Seconds()).Scan(&at, &form, &filenode)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && form != formOf(p, filenode) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := &mark{}
	return m, json.Unmarshal(at, m)
}

// queueSince keeps how far the policy has come, where a scheduled run's walk of a table or
// partition is done and has left no due row behind, held or refused. Only of a walk by the
// index can that be told: one by blocks misses rows that others move meanwhile, to be met by
// the next run. What was altered since the walk began is not what it looked at.
func (d *disposition) queueSince(b *pgx.Batch, out *outcome, p retention.Progress) error {
	if !out.done || !d.spec.SinceLast || d.planned.over || !marked(d.planned) || out.next.Walk != plan.WalkSlice || out.next.Tied || out.next.Form != formOf(d.planned, out.filenode) {
		return nil
	}
	var before retention.Counts
	if d.pos.Base != nil {
		before = *d.pos.Base
	}
	if p.Held+p.Blocked+p.SkippedTotal() > before.Held+before.Blocked+before.SkippedTotal() {
		return nil
	}
	m, err := newMark(d.planned.Cutoff)
	if err != nil {
		return err
	}
	at, err := json.Marshal(m)
	if err != nil {
		return err
	}
	b.Queue(`
		INSERT INTO holdfast_guard.watermark AS w (policy, relid, marked_for, form, mark, full_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (policy, relid) DO UPDATE
		SET marked_for = excluded.marked_for, form = excluded.form, mark = excluded.mark,
		    full_at = CASE WHEN $7 THEN w.full_at ELSE excluded.full_at END`,
		d.planned.Policy.Name, d.planned.Table.OID, d.markedFor(d.planned), out.next.Form, at, d.started, out.next.Since)
	return nil
}
