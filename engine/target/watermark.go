package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// fullPass is how long ago, at most, a run has looked at all due rows of an anonymizing
// policy: those too that were edited, or came with an old timestamp, since they were found
// treated. They are treated again before they are overdue, if runs come at least twice as
// often as the policy's grace says.
const fullPass = "least(interval '7 days', $6::text::interval * 0.6)"

// keysMark tells one secret from another.
func (t *Target) keysMark() string {
	sum := sha256.Sum256(append(append([]byte("holdfast watermark"), t.keys.Hash[:]...), t.keys.Check[:]...))
	return hex.EncodeToString(sum[:16])
}

// marked tells whether a mark can say what was treated: rows become due by their age alone.
// With a condition they may at any time.
func marked(p *planned) bool {
	return p.Policy.Action == retention.ActionAnonymize && p.Cond == nil && p.Table.Kind == plan.KindTable
}

// readSince finds where a scheduled run of an anonymizing policy may begin in the planned
// table or partition: before it, all that was due was found treated. Nil for at the start.
func (d *disposition) readSince(ctx context.Context, tx pgx.Tx, p *planned) (*mark, error) {
	if !d.spec.SinceLast || p.over || !marked(p) || p.Table.LeadingIndex(p.Time.Column.Name) == nil {
		return nil, nil
	}
	var at []byte
	err := tx.QueryRow(ctx, `
		SELECT mark
		FROM holdfast_guard.watermark
		WHERE policy = $1 AND relid = $2 AND policy_version = $3 AND table_form = $4 AND filenode = coalesce(pg_relation_filenode($2::oid), 0)::oid AND keys = $5
		  AND full_at > clock_timestamp() - `+fullPass,
		p.Policy.Name, p.Table.OID, p.Policy.Version, p.Table.Fingerprint, d.t.keysMark(), p.Policy.GracePeriod().String()).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := &mark{}
	return m, json.Unmarshal(at, m)
}

// queueSince keeps how far the policy has come, where the walk of a table or partition is
// done and has left no due row behind, held or refused.
func (d *disposition) queueSince(b *pgx.Batch, out *outcome, p retention.Progress) error {
	if !out.done || d.planned.over || !marked(d.planned) {
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
		INSERT INTO holdfast_guard.watermark AS w (policy, relid, policy_version, table_form, filenode, keys, mark, full_at)
		VALUES ($1, $2, $3, $4, coalesce(pg_relation_filenode($2::oid), 0)::oid, $5, $6, clock_timestamp())
		ON CONFLICT (policy, relid) DO UPDATE
		SET policy_version = excluded.policy_version, table_form = excluded.table_form, filenode = excluded.filenode, keys = excluded.keys, mark = excluded.mark,
		    full_at = CASE WHEN $7 THEN w.full_at ELSE excluded.full_at END`,
		d.planned.Policy.Name, d.planned.Table.OID, d.planned.Policy.Version, d.planned.Table.Fingerprint, d.t.keysMark(), at, d.pos.Since || out.next.Since)
	return nil
}
