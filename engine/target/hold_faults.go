package target

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// HoldFaults finds the scopes in force whose table is not what it was; see
// engine.GuardTarget.
func (t *Target) HoldFaults(ctx context.Context) (faults map[string][]retention.HoldFault, err error) {
	faults = map[string][]retention.HoldFault{}
	err = pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := faultsOfTables(ctx, tx, faults); err != nil {
			return err
		}
		if err := goneScopes(ctx, tx, faults); err != nil {
			return err
		}
		if err := hiddenRows(ctx, tx, faults); err != nil {
			return err
		}
		return t.enforcementFaults(ctx, tx, faults)
	})
	for _, of := range faults {
		slices.SortFunc(of, func(a, b retention.HoldFault) int { return a.Compare(b) })
	}
	return faults, classify(err)
}

// faultsOfTables adds those of the tables that are there.
func faultsOfTables(ctx context.Context, tx pgx.Tx, faults map[string][]retention.HoldFault) error {
	oids, err := heldRelations(ctx, tx)
	if err != nil || len(oids) == 0 {
		return err
	}
	tables, err := readTables(ctx, tx, oids)
	if err != nil {
		return err
	}
	all := slices.Collect(maps.Values(tables))
	_, scopes, err := readHolds(ctx, tx, all...)
	if err != nil {
		return err
	}
	for _, table := range all {
		for _, f := range plan.FaultsOf(table, scopes) {
			faults[f.HoldID] = append(faults[f.HoldID], f.HoldFault)
		}
	}
	return nil
}

// heldRelations are the tables that holds in force are about, that bear the name of one of
// those, or that rows of one were archived into.
func heldRelations(ctx context.Context, tx pgx.Tx) ([]uint32, error) {
	rows, err := tx.Query(ctx, `
		WITH scope AS (
			SELECT s.relid, s.schema_name, s.table_name, s.parts
			FROM holdfast_guard.hold_scope AS s JOIN holdfast_guard.hold AS h ON h.no = s.hold_no AND h.state = 'active'
			WHERE s.ended_at IS NULL)
		SELECT DISTINCT c.oid
		FROM pg_catalog.pg_class AS c
		JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p')
		  AND (c.oid IN (SELECT relid FROM scope) OR (n.nspname, c.relname) IN (SELECT schema_name, table_name FROM scope)
		       OR c.oid IN (SELECT a.oid FROM `+archives+` AS a JOIN scope AS s ON `+archivedFrom("a", "s.relid", "s.parts", "s.schema_name", "s.table_name")+`))
		ORDER BY c.oid`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uint32])
}

// goneScopes adds those whose table is gone, with no other one of its name.
func goneScopes(ctx context.Context, tx pgx.Tx, faults map[string][]retention.HoldFault) error {
	rows, err := tx.Query(ctx, `
		SELECT h.id::text, s.scope_index, s.schema_name, s.table_name
		FROM holdfast_guard.hold_scope AS s
		JOIN holdfast_guard.hold AS h ON h.no = s.hold_no AND h.state = 'active'
		WHERE s.ended_at IS NULL
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = s.relid)
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		                  WHERE (n.nspname, c.relname) = (s.schema_name, s.table_name))
		-- The table of a family's records is a member of it too.
		GROUP BY h.id, h.no, s.scope_index, s.schema_name, s.table_name
		ORDER BY h.no, s.scope_index`)
	if err != nil {
		return err
	}
	var id string
	var f retention.HoldFault
	_, err = pgx.ForEachRow(rows, []any{&id, &f.Scope, &f.Table.Schema, &f.Table.Name}, func() error {
		f.On, f.Effect = f.Table, retention.FaultNothingLeft
		f.Reason = "the table was dropped by somebody else than Holdfast, and there is none of its name"
		f.Remedy = "restore it, and place the hold anew on what came back; find out who dropped it"
		faults[id] = append(faults[id], f)
		return nil
	})
	return err
}

// bypass is what lets Holdfast's role see all rows.
func bypass(role string) string {
	return fmt.Sprintf("ALTER ROLE %s BYPASSRLS, or let Holdfast connect as the table's owner (of one that does not FORCE ROW LEVEL SECURITY)", retention.QuoteIdent(role))
}

// hiddenRows adds the families in force of which row-level security hides rows from Holdfast's
// role: what belongs to the records by way of those cannot be told, and who asks is refused.
func hiddenRows(ctx context.Context, tx pgx.Tx, faults map[string][]retention.HoldFault) error {
	rows, err := tx.Query(ctx, `
		SELECT h.id::text, s.scope_index, r.schema_name, r.table_name, s.schema_name, s.table_name, current_user::text
		FROM holdfast_guard.hold_scope AS s
		JOIN holdfast_guard.hold AS h ON h.no = s.hold_no AND h.state = 'active'
		JOIN holdfast_guard.hold_scope AS r ON r.hold_no = s.hold_no AND r.scope_index = s.scope_index AND r.member = 0
		JOIN pg_catalog.pg_class AS c ON c.oid = s.relid
		WHERE s.ended_at IS NULL AND s.member > 0 AND row_security_active(c.oid)
		ORDER BY h.no, s.scope_index, s.member`)
	if err != nil {
		return err
	}
	var id, role string
	var f retention.HoldFault
	_, err = pgx.ForEachRow(rows, []any{&id, &f.Scope, &f.Table.Schema, &f.Table.Name, &f.On.Schema, &f.On.Name, &role}, func() error {
		f.Effect = retention.FaultRefused
		f.Reason = fmt.Sprintf("row-level security hides rows of it from the role %q, so what belongs to held records by way of it cannot be told: policies on the tables below it are refused, and changes of those by anybody where the hold is enforced", role)
		f.Remedy = bypass(role)
		faults[id] = append(faults[id], f)
		return nil
	})
	return err
}
