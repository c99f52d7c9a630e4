package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/condition"
	"holdfast/engine/plan"
	"holdfast/retention"
)

// scopeCondition is the condition of a scope with the columns that it asks for. The zero
// value is none.
type scopeCondition struct {
	parsed *condition.Condition
	names  []string
	types  []uint32
}

// readScopeCondition reads a scope's condition against its table. The error is a
// *retention.Refusal.
func readScopeCondition(s retention.Scope, table *plan.Table) (c scopeCondition, err error) {
	c.names, c.types = []string{}, []uint32{}
	if s.Condition == "" {
		return c, nil
	}
	if c.parsed, err = condition.Parse(s.Condition); err != nil {
		return c, &retention.Refusal{Field: "condition", Reason: err.Error()}
	}
	for _, name := range c.parsed.Columns() {
		column, ok := table.Column(name)
		if !ok {
			return c, plan.NoColumn(table, c.parsed, name)
		}
		c.names, c.types = append(c.names, name), append(c.types, column.BaseOID)
	}
	return c, nil
}

// checkScopeCondition has the server judge a condition as a policy's is: its types, and that
// it hangs on nothing but the row.
func (t *Target) checkScopeCondition(ctx context.Context, bad *retention.Problems, scope int, s retention.Scope, table *plan.Table) error {
	c, err := readScopeCondition(s, table)
	if err == nil {
		err = t.tryCondition(ctx, table, c.parsed)
	}
	if err == nil {
		err = t.tryRows(ctx, s, table)
	}
	if refusal, ok := errors.AsType[*retention.Refusal](err); ok {
		bad.Add(retention.ScopeField(scope, "condition"), "%s", refusal.Error())
		return nil
	}
	return err
}

// tryCondition changes nothing: what it makes is rolled back.
func (t *Target) tryCondition(ctx context.Context, table *plan.Table, c *condition.Condition) error {
	tx, err := t.pool.Begin(ctx)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', $1, true)`, millis(tryPatience)); err != nil {
		return classify(err)
	}
	if err := useOwnPath(ctx, tx); err != nil {
		return classify(err)
	}
	err = checkCondition(ctx, tx, &planned{Plan: &plan.Plan{Table: table, Cond: c}})
	if errors.Is(err, retention.ErrBusy) {
		return retention.Conflictf("%s is locked by another session, so the condition cannot be checked against it; try again when that has ended, or hold the whole table, which waits for nobody", table.Name)
	}
	return err
}

const (
	// countPatience bounds the count of the rows that fit a hold's condition. The hold is in
	// force while they are counted.
	countPatience = 20 * time.Second
	// tryPatience bounds the look for rows for which a condition cannot be judged, before
	// the hold is placed.
	tryPatience = 5 * time.Second
)

// countFitting counts the rows that fit a scope's condition, or takes the planner's estimate
// where that takes long or cannot be done: the hold is in force either way.
func (t *Target) countFitting(ctx context.Context, s retention.Scope, table *plan.Table) (n int64, err error) {
	err = t.fitting(ctx, s, table, countPatience, func(tx pgx.Tx, from string) error {
		err := inSavepoint(ctx, tx, func(sp pgx.Tx) error { return sp.QueryRow(ctx, `SELECT pg_catalog.count(*)`+from).Scan(&n) })
		if _, isServer := errors.AsType[*pgconn.PgError](err); isServer {
			n, err = estimateRows(ctx, tx, `SELECT`+from)
		}
		return err
	})
	return n, err
}

// tryRows judges a condition for the rows that are there: one that fails for a row, by a
// division by zero perhaps, would fail every run on the table.
func (t *Target) tryRows(ctx context.Context, s retention.Scope, table *plan.Table) error {
	err := t.fitting(ctx, s, table, tryPatience, func(tx pgx.Tx, from string) error {
		_, err := tx.Exec(ctx, `SELECT pg_catalog.count(*)`+from)
		return err
	})
	pg, isServer := errors.AsType[*pgconn.PgError](err)
	switch {
	case isServer && pg.Code == "57014":
		return nil // a large table: what it has not come to is judged by the runs
	case isServer && kindOf(pg) == nil: // what has a kind is the database's trouble, not the condition's
		return &retention.Refusal{Field: "condition", Reason: "it fails for a row that is there: " + said(pg), Remedy: "write it so that it answers for every row"}
	}
	return classify(err)
}

// fitting runs do on the rows that fit a scope's condition, as a batch would see them.
func (t *Target) fitting(ctx context.Context, s retention.Scope, table *plan.Table, patience time.Duration, do func(tx pgx.Tx, from string) error) error {
	c, err := readScopeCondition(s, table)
	if err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true), set_config('row_security', 'off', true)`, millis(patience)); err != nil {
			return err
		}
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		return do(tx, fmt.Sprintf(` FROM %s AS t WHERE %s IS TRUE`, table.Name.SQL(), c.parsed.SQL("t")))
	})
}

// estimateRows is how many rows the planner expects of a query.
func estimateRows(ctx context.Context, tx pgx.Tx, sql string) (int64, error) {
	var text []byte
	if err := tx.QueryRow(ctx, `EXPLAIN (FORMAT JSON) `+sql).Scan(&text); err != nil {
		return 0, err
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) == 0 {
		return 0, fmt.Errorf("read the planner's estimate: %w", err)
	}
	return int64(plans[0].Plan.Rows), nil
}

// blameConditions adds to an error by a value (a division by zero, a number out of range)
// which holds' conditions were judged in the statement: the policy's own text does not show
// them.
func blameConditions(pl *planned, err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pl == nil || pl.Plan == nil || !strings.HasPrefix(pg.Code, "22") || len(pl.Holds.Conditions) == 0 {
		return err
	}
	const shown = 3
	var holds []string
	for i, c := range pl.Holds.Conditions {
		if i == shown {
			holds = append(holds, fmt.Sprintf("%d more", len(pl.Holds.Conditions)-shown))
			break
		}
		holds = append(holds, fmt.Sprintf("%s (%s)", c.HoldID, c.Cond))
	}
	return fmt.Errorf("%w; judged with it were the conditions of the holds %s", err, strings.Join(holds, ", "))
}
