package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// previewTimeout bounds each statement of a preview: a person waits for it.
	previewTimeout = 10 * time.Second
	// previewKeys is of how many covered rows the keys are told, previewMissing how many ids are
	// looked up in the evidence, those without a row first.
	previewKeys    = 20
	previewMissing = 100
)

// PreviewHold counts what a hold would cover; see engine.GuardTarget. Nothing of it stays: the
// ids are in tables of the session's own, which are rolled back.
func (t *Target) PreviewHold(ctx context.Context, h retention.Hold, policies []retention.Policy, after retention.Period, stays ...int) (p retention.HoldPreview, missing [][]retention.EvidenceKey, err error) {
	select {
	case t.counting <- struct{}{}:
		defer func() { <-t.counting }()
	case <-ctx.Done():
		return p, nil, classify(ctx.Err())
	}
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return p, nil, classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	err = tx.QueryRow(ctx, `SELECT clock_timestamp() FROM (SELECT set_config('statement_timeout', $1, true), set_config('row_security', 'off', true), set_config('jit', 'off', true), set_config('work_mem', $2, true), set_config('lock_timeout', $3, true)) AS s`,
		millis(previewTimeout), workMem, millis(previewTimeout)).Scan(&p.AsOf)
	if err != nil {
		return p, nil, classify(err)
	}
	p.AsOf = after.After(p.AsOf)
	for i, s := range h.Scope {
		v := &previewer{t: t, tx: tx, scope: s, hold: h.ID, stays: stays, out: retention.ScopePreview{Table: s.Table, All: s.All, Condition: s.Condition, Family: s.Family}}
		gone, err := v.look(ctx, int32(i+1), p.AsOf, policies)
		if err != nil {
			return p, nil, classify(err)
		}
		p.Scopes, missing = append(p.Scopes, v.out), append(missing, gone)
	}
	return p, missing, nil
}

// previewer looks at one scope.
type previewer struct {
	t     *Target
	tx    pgx.Tx
	scope retention.Scope
	// hold is the id of one that is in force, which is left out of those that keep rows, but for
	// those of its scopes that stays has.
	hold  string
	stays []int
	table *plan.Table
	out   retention.ScopePreview
	// below look at the tables of the family; derived is how the key of a row of one is made of
	// its record's, nil if it is not.
	below   []*previewer
	derived []int
}

func (v *previewer) look(ctx context.Context, number int32, now time.Time, policies []retention.Policy) (missing []retention.EvidenceKey, err error) {
	if _, err := v.tx.Exec(ctx, ourPath); err != nil {
		return nil, err
	}
	if v.table, err = readTable(ctx, v.tx, v.scope.Table); err != nil {
		return nil, err
	}
	s, err := v.asScope(ctx, number)
	if err != nil {
		return nil, err
	}
	held, err := plan.HeldBy(v.table, []plan.HoldScope{s})
	if err != nil {
		return nil, err
	}
	by, err := v.keepers(ctx)
	if err != nil {
		return nil, err
	}
	planned := v.plans(ctx, now, policies)
	c := sqlgen.CoveredBy(v.table, held)
	if err := useOwnPath(ctx, v.tx); err != nil {
		return nil, err
	}
	v.within(ctx, func(tx pgx.Tx) error { return v.count(ctx, tx, c) })
	v.within(ctx, func(tx pgx.Tx) error { return v.due(ctx, tx, c, planned) })
	v.within(ctx, func(tx pgx.Tx) error { return v.stillHeld(ctx, tx, c, by) })
	if v.table.Key != nil {
		v.within(ctx, func(tx pgx.Tx) error { return v.samples(ctx, tx, c) })
	}
	v.within(ctx, func(tx pgx.Tx) error { return v.archives(ctx, tx, s) })
	if v.scope.Family != nil && len(held.Sets) == 1 {
		if err := v.belongings(ctx, held.Sets[0], now, policies); err != nil {
			return nil, err
		}
	}
	missing = v.lookedUp(ctx)
	v.askBelongings(missing)
	return missing, nil
}

// within counts something; if that takes too long, or fails for a row, the rest goes on and
// the preview says so.
func (v *previewer) within(ctx context.Context, do func(tx pgx.Tx) error) {
	err := pgx.BeginFunc(ctx, v.tx, do)
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
	case ok && pg.Code == "57014":
		v.out.Problem = fmt.Sprintf("not everything was counted: it takes longer than %d seconds. The hold covers it all the same", int(previewTimeout.Seconds()))
	case ok:
		v.out.Problem = "not everything was counted: " + said(pg)
	default:
		v.out.Problem = "not everything was counted: " + err.Error()
	}
}

// asScope is the scope as a batch would read it.
func (v *previewer) asScope(ctx context.Context, number int32) (plan.HoldScope, error) {
	s := plan.HoldScope{HoldID: "preview", RelID: v.table.OID, Table: v.table.Name, Condition: v.scope.Condition}
	cond, err := readScopeCondition(v.scope, v.table)
	if err != nil {
		return s, err
	}
	s.Columns, s.ColumnTypes = cond.names, cond.types
	s.Attached = v.table.Partitions.Tree
	if len(v.scope.RecordIDs) > 0 {
		key, err := scopeKey(v.scope, v.table)
		if err != nil {
			return s, err
		}
		for _, c := range key {
			s.KeyAttnums, s.KeyTypes, s.KeyNames = append(s.KeyAttnums, c.Num), append(s.KeyTypes, c.BaseOID), append(s.KeyNames, c.Name)
		}
		s.Set, s.Rows = -number, int64(len(v.scope.RecordIDs))
		if err := v.copyIDs(ctx, s.Set, key); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (v *previewer) copyIDs(ctx context.Context, set int32, key []plan.Column) error {
	if _, err := v.tx.Exec(ctx, createHeldTable(set, key)); err != nil {
		return err
	}
	into := make([]string, len(key))
	for i := range key {
		into[i] = sqlgen.HeldColumn(i)
	}
	for chunk := range slices.Chunk(v.scope.RecordIDs, stageChunk) {
		args := columnArrays(chunk, len(key))
		_, err := v.tx.Exec(ctx, fmt.Sprintf(`INSERT INTO %s (%s, hold_no) SELECT %s, 0 FROM %s ON CONFLICT DO NOTHING`,
			heldTable(set), strings.Join(into, ", "), castColumns(key), unnestKeys(args)), args...)
		if err != nil {
			return err
		}
	}
	_, err := v.tx.Exec(ctx, "ANALYZE "+heldTable(set))
	return err
}

// plans are those of the active policies of the table that can be carried out.
func (v *previewer) plans(ctx context.Context, now time.Time, policies []retention.Policy) (out []*planned) {
	for _, p := range policies {
		if slices.Contains(p.Cascade, v.table.Logical()) {
			v.out.ReachedBy = append(v.out.ReachedBy, p.Name)
		}
		if p.Table != v.table.Logical() {
			continue
		}
		err := pgx.BeginFunc(ctx, v.tx, func(sp pgx.Tx) error {
			pl, err := v.t.plan(ctx, sp, p, now)
			if err == nil && v.hold != "" {
				err = v.others(ctx, sp, pl)
			}
			if err == nil && !pl.Idle {
				out = append(out, pl)
			}
			return err
		})
		if err != nil {
			v.out.Problem = fmt.Sprintf("what is due under the policy %s was not counted, since it cannot be carried out: %v", p.Name, err)
		}
	}
	return out
}

// others leaves the hold itself out of a plan.
func (v *previewer) others(ctx context.Context, tx pgx.Tx, pl *planned) error {
	_, scopes, err := readHolds(ctx, tx, v.table)
	if err != nil {
		return err
	}
	pl.Holds, err = plan.HeldBy(v.table, v.keeping(scopes))
	return err
}

// keeping are the scopes that keep rows when the hold, or what falls out of it, has ended.
func (v *previewer) keeping(scopes []plan.HoldScope) []plan.HoldScope {
	return slices.DeleteFunc(scopes, func(s plan.HoldScope) bool { return s.HoldID == v.hold && !slices.Contains(v.stays, s.Index) })
}

// stillHeld counts the covered rows that stay held all the same, of a hold in force.
func (v *previewer) stillHeld(ctx context.Context, tx pgx.Tx, c sqlgen.Covered, by plan.HeldRows) error {
	if !by.Any() {
		return nil
	}
	s := c.Also(by)
	return tx.QueryRow(ctx, s.SQL, asPlanned(s)...).Scan(&v.out.StillHeldCount)
}

// keepers are the rows that stay held when the hold, or what falls out of it, has ended. Where
// nobody can tell, all do.
func (v *previewer) keepers(ctx context.Context) (plan.HeldRows, error) {
	if v.hold == "" {
		return plan.HeldRows{}, nil
	}
	_, scopes, err := readHolds(ctx, v.tx, v.table)
	if err != nil {
		return plan.HeldRows{}, err
	}
	by, err := plan.HeldBy(v.table, v.keeping(scopes))
	if err != nil {
		return plan.HeldRows{All: true}, nil //nolint:nilerr // a refusal: no policy touches the table
	}
	return by, nil
}

func (v *previewer) count(ctx context.Context, tx pgx.Tx, c sqlgen.Covered) error {
	if v.scope.All && v.table.EstimatedRows > 1_000_000 {
		v.out.RecordCount, v.out.Estimated = v.table.EstimatedRows, true
		return nil
	}
	s := c.Count()
	return tx.QueryRow(ctx, s.SQL, asPlanned(s)...).Scan(&v.out.RecordCount, &v.out.UnknownCount)
}

func (v *previewer) due(ctx context.Context, tx pgx.Tx, c sqlgen.Covered, policies []*planned) error {
	if len(policies) == 0 {
		return nil
	}
	printers := make([]*sqlgen.Printer, len(policies))
	each := make([]retention.PolicyDue, len(policies))
	into := []any{&v.out.DueCount, &v.out.DueHeldCount}
	for i, p := range policies {
		printers[i] = p.sql
		each[i].Policy, each[i].Action = p.Policy.Name, p.Policy.Action
		into = append(into, &each[i].Due)
	}
	s := c.Due(printers)
	if err := tx.QueryRow(ctx, s.SQL, asPlanned(s)...).Scan(into...); err != nil {
		return err
	}
	v.out.Policies = each
	return nil
}

func (v *previewer) samples(ctx context.Context, tx pgx.Tx, c sqlgen.Covered) error {
	s := c.Keys(previewKeys)
	rows, err := tx.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return err
	}
	v.out.Samples, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k retention.Key, err error) {
		err = row.Scan((*[]string)(&k))
		return k, err
	})
	return err
}

// lookedUp are the first of the ids, those without a row before the others, as they are in the
// evidence.
func (v *previewer) lookedUp(ctx context.Context) (out []retention.EvidenceKey) {
	var positions []int
	v.within(ctx, func(tx pgx.Tx) (err error) {
		positions, err = missing(ctx, tx, v.scope, v.table)
		return err
	})
	v.out.NotFoundCount, v.out.IDCount = int64(len(positions)), int64(len(v.scope.RecordIDs))
	v.out.Gone.Logical, v.out.Gone.OneText = v.table.Logical(), oneText(v.table.KeyColumns())
	// Those with a row may have been anonymized.
	others := make([]int, 0, previewMissing)
	for pos := 0; pos < len(v.scope.RecordIDs) && len(others) < previewMissing; pos++ {
		if _, missing := slices.BinarySearch(positions, pos); !missing {
			others = append(others, pos)
		}
	}
	for _, pos := range append(positions[:min(len(positions), previewMissing):min(len(positions), previewMissing)], others...) {
		if len(out) == previewMissing {
			break
		}
		key := v.scope.RecordIDs[pos]
		out = append(out, retention.EvidenceKey{Key: key, Digest: v.t.Digest(v.table.Logical(), key)})
	}
	return out
}
