package target

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/condition"
	"holdfast/engine/plan"
	"holdfast/retention"
)

// checkRollup lets the server judge a rollup: that each expression hangs on nothing but the
// row, that it fits its column, and that a group's row is found.
func checkRollup(ctx context.Context, tx pgx.Tx, pl *planned) error {
	if pl.Rollup == nil {
		return nil
	}
	type part struct {
		field, typ string
		expr       *condition.Condition
	}
	var parts []part
	for _, g := range pl.Rollup.Groups {
		parts = append(parts, part{"rollup.group_by." + g.Column.Name, g.Column.BaseSQL, g.Expr})
	}
	for _, m := range pl.Rollup.Measures {
		if m.Expr != nil {
			parts = append(parts, part{"rollup.measures." + m.Column.Name, m.Column.BaseSQL, m.Expr})
		}
	}
	for _, p := range parts {
		if err := checkComputed(ctx, tx, pl, p.field, p.typ, p.expr.SQL("")); err != nil {
			return err
		}
	}
	for _, m := range pl.Rollup.Measures {
		if err := checkMeasure(ctx, tx, pl, m); err != nil {
			return err
		}
	}
	s := pl.sql.ExplainRollup()
	err := inSavepoint(ctx, tx, func(sp pgx.Tx) error { _, err := sp.Exec(ctx, s.SQL, s.Args...); return err })
	if pg, isServer := errors.AsType[*pgconn.PgError](err); isServer && (kindOf(pg) == nil || pg.Code == "42703") {
		return &retention.Refusal{Field: "rollup", Reason: "the database does not accept it: " + said(pg), Remedy: "give each group and measure a column of its own type, and the groups a unique index"}
	}
	return classify(err)
}

// checkMeasure asks that a figure is of its column's type, so that nothing is rounded when
// batch is added to batch; a sum of whole numbers may go into any exact type.
func checkMeasure(ctx context.Context, tx pgx.Tx, pl *planned, m plan.RolledMeasure) error {
	if m.Expr == nil {
		return nil
	}
	var of, figure, column string
	err := inSavepoint(ctx, tx, func(sp pgx.Tx) error {
		s := pl.sql.MeasureTypes(m)
		return sp.QueryRow(ctx, s.SQL, s.Args...).Scan(&of, &figure, &column)
	})
	if pg, isServer := errors.AsType[*pgconn.PgError](err); isServer && kindOf(pg) == nil {
		return nil // what is wrong with it is said below
	}
	if err != nil {
		return classify(err)
	}
	whole := []string{"smallint", "integer", "bigint"}
	if figure == column || m.Func == "sum" && slices.Contains(whole, of) && (column == "bigint" || column == "numeric") {
		return nil
	}
	return &retention.Refusal{Field: "rollup.measures." + m.Column.Name, Reason: fmt.Sprintf("%s of %s is %s, and column %q is %s: each batch's figure would be converted, and could be rounded", m.Func, of, figure, m.Column.Name, column),
		Remedy: "give the column the type " + figure}
}

// checkComputed refuses an expression that hangs on more than the row, or does not fit its
// column.
func checkComputed(ctx context.Context, tx pgx.Tx, pl *planned, field, typ, expr string) error {
	err := tryComputed(ctx, tx, pl, field, typ, expr)
	pg, isServer := errors.AsType[*pgconn.PgError](err)
	switch {
	case isServer && pg.Code == "42P17":
		return &retention.Refusal{Field: field, Reason: "its result depends on the session's time zone or other settings, not on the row alone",
			Remedy: "say in which zone a day begins, such as (created_at AT TIME ZONE 'Europe/Berlin')::date"}
	case isServer && (kindOf(pg) == nil || pg.Code == "42703"):
		return &retention.Refusal{Field: field, Reason: "the database does not accept it: " + said(pg), Remedy: "give it a column of its type, or cast it"}
	}
	return classify(err)
}
