package target

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// surveyRows is how many rows of a table are looked at, surveyTimeout how long that may
	// take, and surveyLock how long it may wait for the table.
	surveyRows    = 500
	surveyTimeout = time.Second
	surveyLock    = 200 * time.Millisecond
)

// Sample says of columns of a table what kind of personal data their values look like; see
// engine.Target. The values go no further than this.
func (t *Target) Sample(ctx context.Context, table plan.Table) (map[string]retention.PersonalKind, error) {
	var columns []plan.Column
	for _, c := range table.Columns {
		if plan.Sampled(c) {
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 {
		return nil, nil
	}
	var values [][]string
	err := t.reading(ctx, func(tx pgx.Tx) (err error) {
		_, err = tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true), set_config('row_security', 'off', true), set_config('jit', 'off', true)`,
			millis(surveyTimeout), millis(surveyLock))
		if err != nil {
			return err
		}
		values, err = sampled(ctx, tx, &table, columns)
		return err
	})
	if err != nil {
		if errors.Is(err, retention.ErrUnavailable) || ctx.Err() != nil {
			return nil, err
		}
		return nil, nil // locked, slow, not ours to read: another day
	}
	out := map[string]retention.PersonalKind{}
	for i, c := range columns {
		if kind := plan.KindOfValues(values[i]); kind != "" {
			out[c.Name] = kind
		}
	}
	return out, nil
}

// sampled are the values of each column.
func sampled(ctx context.Context, tx pgx.Tx, table *plan.Table, columns []plan.Column) ([][]string, error) {
	s := sqlgen.Sample(table, columns, surveyRows)
	rows, err := tx.Query(ctx, s.SQL, s.Args...)
	if err != nil {
		return nil, err
	}
	out := make([][]string, len(columns))
	row := make([]string, len(columns))
	into := make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		for i, v := range row {
			out[i] = append(out[i], v)
		}
		return nil
	})
	return out, err
}
