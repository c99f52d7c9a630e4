package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	parsed  *condition.Condition
	names   []string
	attnums []int16
	types   []uint32
}

// readScopeCondition reads a scope's condition against its table. The error is a
// *retention.Refusal.
func readScopeCondition(s retention.Scope, table *plan.Table) (c scopeCondition, err error) {
	c.names, c.attnums, c.types = []string{}, []int16{}, []uint32{}
	if s.Condition == "" {
		return c, nil
	}
	if c.parsed, err = condition.Parse(s.Condition); err != nil {
		return c, &retention.Refusal{Field: "condition", Reason: err.Error()}
	}
	for _, name := range c.parsed.Columns() {
		column, ok := table.Column(name)
		if !ok {
			return c, plan.NoColumn(table, name)
		}
		c.names, c.attnums, c.types = append(c.names, name), append(c.attnums, column.Num), append(c.types, column.BaseOID)
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
	if err := useOwnPath(ctx, tx); err != nil {
		return classify(err)
	}
	return checkCondition(ctx, tx, &planned{Plan: &plan.Plan{Table: table, Cond: c}})
}

// countPatience bounds the count of the rows that fit a hold's condition. The hold is in
// force while they are counted.
const countPatience = 20 * time.Second

// countFitting counts the rows that fit a scope's condition, or takes the planner's estimate
// where that takes long.
func (t *Target) countFitting(ctx context.Context, s retention.Scope, table *plan.Table) (n int64, err error) {
	c, err := readScopeCondition(s, table)
	if err != nil {
		return 0, err
	}
	from := fmt.Sprintf(` FROM %s AS t WHERE %s IS TRUE`, table.Name.SQL(), c.parsed.SQL("t"))
	err = pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true), set_config('row_security', 'off', true)`, millis(countPatience)); err != nil {
			return err
		}
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		err := inSavepoint(ctx, tx, func(sp pgx.Tx) error { return sp.QueryRow(ctx, `SELECT pg_catalog.count(*)`+from).Scan(&n) })
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "57014" {
			n, err = estimateRows(ctx, tx, `SELECT`+from)
		}
		return err
	})
	return n, err
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
