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
	"holdfast/retention"
)

// sampleRows is how many rows are tried against a CHECK constraint at save.
const sampleRows = 1000

// CheckPolicy plans a policy against the live table and lets the server judge what
// only it can: types, constants, constraints, rights. Nothing is changed.
func (t *Target) CheckPolicy(ctx context.Context, p retention.Policy) error {
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	pl, err := t.plan(ctx, tx, p, time.Now())
	if errors.Is(err, retention.ErrNotFound) {
		return &retention.Refusal{Field: "table", Reason: strings.TrimPrefix(err.Error(), retention.ErrNotFound.Error()+": "), Remedy: "name a table that exists, as schema.table"}
	}
	if err != nil {
		return classify(err)
	}
	if err := pl.Unindexed(); err != nil {
		return err
	}
	if err := checkRights(ctx, tx, pl); err != nil {
		return err
	}
	if err := t.checkLeaves(ctx, tx, pl); err != nil {
		return err
	}
	// What follows runs as it would in a batch.
	if err := useOwnPath(ctx, tx); err != nil {
		return classify(err)
	}
	if err := checkValues(ctx, tx, pl); err != nil {
		return err
	}
	if err := checkDomains(ctx, tx, pl); err != nil {
		return err
	}
	if err := checkConstraints(ctx, tx, pl); err != nil {
		return err
	}
	if err := checkRollup(ctx, tx, pl); err != nil {
		return err
	}
	return checkCondition(ctx, tx, pl)
}

// checkValues casts every constant to its column's type, as the run would.
func checkValues(ctx context.Context, tx pgx.Tx, pl *planned) error {
	for _, c := range pl.Changes {
		var value string
		switch c.How.Method {
		case retention.MethodConstant:
			value = *c.How.Value
		case retention.MethodRedact:
			value = redactValue(c.How)
		default:
			continue
		}
		field := "columns." + c.Column.Name
		// An explicit cast to a type with a modifier would cut or round silently, so the
		// value is compared with its cast to the type without one.
		var same bool
		sql := fmt.Sprintf(`SELECT CAST($1::pg_catalog.text AS %s)::pg_catalog.text OPERATOR(pg_catalog.=) CAST($1::pg_catalog.text AS %s)::pg_catalog.text`, c.Column.TypeSQL, c.Column.BaseSQL)
		err := inSavepoint(ctx, tx, func(sp pgx.Tx) error { return sp.QueryRow(ctx, sql, value).Scan(&same) })
		pg, isServer := errors.AsType[*pgconn.PgError](err)
		switch {
		case isServer:
			return &retention.Refusal{Field: field, Reason: fmt.Sprintf("%q does not fit column %q (%s)%s", value, c.Column.Name, c.Column.Type, because(pg)), Remedy: "give a value of that type"}
		case err != nil:
			return classify(err)
		case !same && c.Column.BaseType != "bpchar":
			return &retention.Refusal{Field: field, Reason: fmt.Sprintf("%q would be cut or rounded in column %q (%s)", value, c.Column.Name, c.Column.Type), Remedy: "give a value that fits exactly"}
		}
	}
	return nil
}

func redactValue(a retention.Anonymizer) string {
	if a.Text != "" {
		return a.Text
	}
	return retention.DefaultRedaction
}

// checkDomains has the server judge, on a sample of the table's rows, what would be
// written into columns of a domain: its CHECKs and NOT NULL, and those of the domains
// that it is made of. Values that are the same for every row were cast before.
func checkDomains(ctx context.Context, tx pgx.Tx, pl *planned) error {
	for _, c := range pl.Changes {
		if !c.Column.Domain {
			continue
		}
		s := pl.sql.TreatColumn(c, sampleRows)
		var n int64
		err := inSavepoint(ctx, tx, func(sp pgx.Tx) error { return sp.QueryRow(ctx, s.SQL, s.Args...).Scan(&n) })
		if pg, isServer := errors.AsType[*pgconn.PgError](err); isServer && kindOf(pg) == nil {
			return &retention.Refusal{Field: "columns." + c.Column.Name, Reason: fmt.Sprintf("the domain %s of column %q refuses what %s writes: %s", c.Column.Type, c.Column.Name, c.How.Method, said(pg)),
				Remedy: "use a method or value that the domain accepts"}
		}
		if err != nil {
			return classify(err)
		}
	}
	return nil
}

// checkConstraints tries what anonymizing would write against the table's CHECK
// constraints, on a sample of its rows.
func checkConstraints(ctx context.Context, tx pgx.Tx, pl *planned) error {
	for _, check := range pl.Table.Checks {
		var field string
		for _, c := range pl.Changes {
			if slices.Contains(check.Columns, c.Column.Name) {
				field = "columns." + c.Column.Name
			}
		}
		if field == "" {
			continue
		}
		var broken int64
		s := pl.sql.Treat(check.Expr, sampleRows)
		err := inSavepoint(ctx, tx, func(sp pgx.Tx) error { return sp.QueryRow(ctx, s.SQL, s.Args...).Scan(&broken) })
		pg, isServer := errors.AsType[*pgconn.PgError](err)
		switch {
		case isServer && kindOf(pg) == nil:
			return &retention.Refusal{Field: field, Reason: fmt.Sprintf("the constraint %q could not be tried: %s", check.Name, said(pg)), Remedy: "use another method"}
		case err != nil:
			return classify(err)
		case broken > 0:
			return &retention.Refusal{Field: field, Reason: fmt.Sprintf("the constraint %q (%s) would refuse %d of the first %d rows", check.Name, check.Expr, broken, sampleRows), Remedy: "use a method or value that the constraint accepts"}
		}
	}
	return nil
}

// tryComputed has the server judge the types of an expression over a row, and that its
// result depends on nothing but the row. Only a generated column demands the latter, so one
// is tried on an empty copy of the table's columns that is rolled back.
func tryComputed(ctx context.Context, tx pgx.Tx, pl *planned, field, typ, expr string) error {
	if n := len(pl.Table.Columns); n >= plan.MaxColumns {
		return &retention.Refusal{Field: field, Reason: fmt.Sprintf("%s has %d columns, as many as PostgreSQL allows, and it is tried as one column more", pl.Table.Name, n), Remedy: "drop a column that nobody needs, or leave it out"}
	}
	return inSavepoint(ctx, tx, func(sp pgx.Tx) error {
		if _, err := sp.Exec(ctx, fmt.Sprintf(`CREATE TEMPORARY TABLE holdfast_check (LIKE %s) ON COMMIT DROP`, pl.Table.Name.SQL())); err != nil {
			return err
		}
		_, err := sp.Exec(ctx, fmt.Sprintf(`ALTER TABLE pg_temp.holdfast_check ADD COLUMN holdfast_computed %s GENERATED ALWAYS AS (%s) STORED`, typ, expr))
		if err != nil {
			return err
		}
		return checkOperators(ctx, sp, field)
	})
}

// checkCondition lets the server judge the condition.
func checkCondition(ctx context.Context, tx pgx.Tx, pl *planned) error {
	if pl.Cond == nil {
		return nil
	}
	err := tryComputed(ctx, tx, pl, "condition", "boolean", pl.Cond.SQL(""))
	pg, isServer := errors.AsType[*pgconn.PgError](err)
	switch {
	case isServer && pg.Code == "42P17":
		return &retention.Refusal{Field: "condition", Reason: "its result depends on the session's time zone or other settings, not on the row alone",
			Remedy: "compare timestamps as they are, such as created_at < TIMESTAMPTZ '2020-01-01 00:00:00Z', instead of casting or truncating them"}
	case isServer && notBoolean.MatchString(pg.Message):
		return &retention.Refusal{Field: "condition", Reason: said(pg), Remedy: "write a comparison, such as status = 'closed'"}
	case isServer && kindOf(pg) == nil || isServer && pg.Code == "42703":
		return &retention.Refusal{Field: "condition", Reason: "the database does not accept it: " + said(pg), Remedy: "compare each column with values of its own type"}
	}
	return classify(err)
}

// checkOperators refuses an expression whose plain operators are not PostgreSQL's
// between PostgreSQL's own types: a schema that comes before pg_catalog in the
// search_path has replaced them. Operators of the application's types, such as
// citext's =, are what its author means. What is built in leaves no row in pg_depend.
func checkOperators(ctx context.Context, tx pgx.Tx, field string) error {
	if _, err := tx.Exec(ctx, ourPath); err != nil {
		return err
	}
	var operator, schema string
	err := tx.QueryRow(ctx, `
		SELECT o.oprname, n.nspname
		FROM pg_catalog.pg_attrdef d
		JOIN pg_catalog.pg_depend dep ON dep.classid = 'pg_catalog.pg_attrdef'::regclass AND dep.objid = d.oid AND dep.refclassid = 'pg_catalog.pg_operator'::regclass
		JOIN pg_catalog.pg_operator o ON o.oid = dep.refobjid
		JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
		WHERE d.adrelid = 'pg_temp.holdfast_check'::regclass AND n.nspname <> 'pg_catalog'
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid IN (o.oprleft, o.oprright) AND t.typnamespace <> 'pg_catalog'::regnamespace)
		LIMIT 1`).Scan(&operator, &schema)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &retention.Refusal{Field: field, Reason: fmt.Sprintf("its operator %s would be the one of the schema %s, which stands in for PostgreSQL's own", operator, retention.QuoteIdent(schema)),
		Remedy: "put pg_catalog first in the search_path of the database or of Holdfast's role, or drop that operator"}
}

// inSavepoint runs do so that its failure leaves the transaction usable, and its
// effects are undone.
func inSavepoint(ctx context.Context, tx pgx.Tx, do func(pgx.Tx) error) error {
	sp, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	err = do(sp)
	if rerr := sp.Rollback(ctx); err == nil {
		err = rerr
	}
	return err
}
