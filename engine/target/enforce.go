package target

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// enforceLock is how long a hold waits for the writers of a table before it gives up and tries
// again: whoever comes to write meanwhile waits behind it. It is below the server's
// deadlock_timeout, so that of two in each other's way it is never the application that loses.
const enforceLock = 500 * time.Millisecond

// relationsOf is the table that each of some relations is, or is a part of, and that is there;
// what bears the name of one that was replaced, as by a restore of a dump, is held as a whole.
var relationsOf = `
	SELECT DISTINCT coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid)
	FROM pg_catalog.pg_class AS c
	JOIN (SELECT s.relid AS oid FROM scope AS s
	      UNION SELECT pg_catalog.to_regclass(pg_catalog.format('%I.%I', s.schema_name, s.table_name))::oid FROM scope AS s
	      UNION SELECT unnest(s.parts) FROM scope AS s
	      UNION SELECT a.oid FROM ` + archives + ` AS a JOIN scope AS s ON ` + archivedFrom("a", "s.relid", "s.parts", "s.schema_name", "s.table_name") + `) AS r USING (oid)
	WHERE c.relkind IN ('r', 'p')
	ORDER BY 1`

// enforcedBy are the tables that a hold covers rows of, by oid, if it is one that is enforced.
func (t *Target) enforcedBy(ctx context.Context, id string) ([]uint32, error) {
	return collect[uint32](ctx, t.pool, `
		WITH scope AS (SELECT s.relid, s.schema_name, s.table_name, s.parts FROM holdfast_guard.hold_scope AS s
		               JOIN holdfast_guard.hold AS h ON h.no = s.hold_no
		               WHERE h.id = $1 AND h.enforcement <> 'none' AND s.ended_at IS NULL)`+relationsOf, id)
}

// enforcedNow are those of all holds in force that are enforced.
func enforcedNow(ctx context.Context, q querier) ([]uint32, error) {
	return collect[uint32](ctx, q, `
		WITH scope AS (SELECT s.relid, s.schema_name, s.table_name, s.parts FROM holdfast_guard.hold_scope AS s
		               JOIN holdfast_guard.hold AS h ON h.no = s.hold_no
		               WHERE h.state = 'active' AND h.enforcement <> 'none' AND NOT h.unenforced AND s.ended_at IS NULL)`+relationsOf)
}

// installTriggers locks tables against writers and puts the triggers on them that are missing.
// The lock is what makes the hold complete: whoever wrote before it has ended, and whoever
// writes after it meets the triggers.
func installTriggers(ctx context.Context, tx pgx.Tx, relations []uint32) error {
	if len(relations) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', '60s', true)`, millis(enforceLock)); err != nil {
		return err
	}
	for _, relid := range relations {
		name, err := relationName(ctx, tx, relid)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `LOCK TABLE `+name.SQL()+` IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
	}
	for _, relid := range relations {
		if err := installOn(ctx, tx, relid); err != nil {
			return err
		}
	}
	return nil
}

func relationName(ctx context.Context, q querier, relid uint32) (name retention.TableName, err error) {
	err = q.QueryRow(ctx, `SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = $1`, relid).Scan(&name.Schema, &name.Name)
	return name, err
}

// installOn makes the triggers of one table that are missing, and has all of them fire always.
func installOn(ctx context.Context, tx pgx.Tx, relid uint32) error {
	if err := makeFunctions(ctx, tx, relid); err != nil {
		return err
	}
	places, err := triggerPlaces(ctx, tx, relid)
	if err != nil {
		return err
	}
	for i, p := range places {
		// Partitions have those of their rows from the table, which comes first.
		if !p.there && (p.truncate || i == 0) || i == 0 && slices.ContainsFunc(places, func(p triggerPlace) bool { return !p.truncate && !p.there }) {
			if _, err := tx.Exec(ctx, sqlgen.CreateEnforceTrigger(p.on, p.function, p.truncate)); err != nil {
				return err
			}
		}
	}
	if places, err = triggerPlaces(ctx, tx, relid); err != nil {
		return err
	}
	for _, p := range places {
		if p.state != "A" {
			if _, err := tx.Exec(ctx, sqlgen.EnableEnforceTrigger(p.on, p.function)); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeFunctions makes the functions of one table that are missing. They let everything
// through until the caller writes them.
func makeFunctions(ctx context.Context, tx pgx.Tx, relid uint32) error {
	for _, f := range []retention.TableName{sqlgen.EnforceFunction(relid), sqlgen.EnforceTruncate(relid)} {
		var there bool
		if err := tx.QueryRow(ctx, `SELECT to_regprocedure($1) IS NOT NULL`, f.SQL()+"()").Scan(&there); err != nil {
			return err
		}
		if there {
			continue
		}
		if _, err := tx.Exec(ctx, sqlgen.IdleFunction(f)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `REVOKE ALL ON FUNCTION `+f.SQL()+`() FROM PUBLIC`); err != nil {
			return err
		}
	}
	return nil
}

// triggerPlace is a relation where a trigger has to be.
type triggerPlace struct {
	on       retention.TableName
	function retention.TableName
	truncate bool
	// there: the trigger is, for the right function and events; state is its tgenabled.
	there bool
	state string
}

// triggerPlaces lists where the triggers of a table have to be, and how they are: those of the
// rows on the table, whose partitions have them from there, and those of TRUNCATE on each
// relation that has rows, and on what is above. The table comes before its partitions.
func triggerPlaces(ctx context.Context, q querier, relid uint32) ([]triggerPlace, error) {
	rows, err := q.Query(ctx, `
		SELECT n.nspname, c.relname, f.truncate, coalesce(g.tgenabled::text, ''),
		       coalesce(g.tgtype = CASE WHEN f.truncate THEN 34 ELSE 27 END AND g.tgfoid = to_regprocedure(f.function) AND g.tgqual IS NULL AND g.tgattr::text = '', false)
		FROM (SELECT $1::oid AS oid, 0 AS level UNION SELECT p.relid, p.level FROM pg_catalog.pg_partition_tree($1::oid) AS p) AS r
		JOIN pg_catalog.pg_class AS c ON c.oid = r.oid AND c.relkind IN ('r', 'p')
		JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		CROSS JOIN (VALUES (false, $2::text, $3::text), (true, $4, $5)) AS f(truncate, function, name)
		LEFT JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = c.oid AND g.tgname = f.name
		ORDER BY r.level, c.oid, f.truncate`,
		relid, sqlgen.EnforceFunction(relid).SQL()+"()", sqlgen.EnforceTrigger(sqlgen.EnforceFunction(relid)),
		sqlgen.EnforceTruncate(relid).SQL()+"()", sqlgen.EnforceTrigger(sqlgen.EnforceTruncate(relid)))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p triggerPlace, err error) {
		err = row.Scan(&p.on.Schema, &p.on.Name, &p.truncate, &p.state, &p.there)
		p.function = sqlgen.EnforceFunction(relid)
		if p.truncate {
			p.function = sqlgen.EnforceTruncate(relid)
		}
		return p, err
	})
}

// enforce writes the functions of tables anew, by the holds as the transaction sees them, and
// takes the next number: from its commit on, snapshots of before are too old. Under the
// exclusive guard lock.
func (t *Target) enforce(ctx context.Context, tx pgx.Tx, relations []uint32) error {
	for _, relid := range relations {
		if err := t.rewrite(ctx, tx, relid); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE holdfast_guard.state SET enforced = nextval('holdfast_guard.enforced')`)
	return err
}

// stopEnforcing writes them anew without a hold that ends. The hold ends all the same if that
// fails: what is refused too long is found, and mended, every minute.
func (t *Target) stopEnforcing(ctx context.Context, tx pgx.Tx, relations []uint32) {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		for _, relid := range relations {
			if err := t.rewrite(ctx, tx, relid); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.log.WarnContext(ctx, "a hold ends and its triggers could not be changed yet", "error", err)
	}
}

// rewrite brings the functions of one table to the holds in force. They must be there.
func (t *Target) rewrite(ctx context.Context, tx pgx.Tx, relid uint32) error {
	e, err := t.enforcing(ctx, tx, relid)
	if err != nil || !e.readable {
		return err
	}
	var there bool
	if err := tx.QueryRow(ctx, `SELECT to_regprocedure($1) IS NOT NULL`, sqlgen.EnforceFunction(relid).SQL()+"()").Scan(&there); err != nil || !there {
		return err
	}
	if err := forgetCompiled(ctx, tx, relid, e.definitions); err != nil {
		return err
	}
	for _, definition := range e.definitions {
		if _, err := tx.Exec(ctx, definition); err != nil {
			return err
		}
	}
	fingerprint, err := functionFingerprint(ctx, tx, relid)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO holdfast_guard.enforcement (relid, definitions, fingerprint) VALUES ($1, $2, $3)
		ON CONFLICT (relid) DO UPDATE SET definitions = excluded.definitions, fingerprint = excluded.fingerprint`, relid, e.definitions, fingerprint)
	return err
}

// forgetCompiled drops the functions of conditions that neither the new definitions nor those
// of before call. Those of before stay for a while: a session may be in the midst of one.
func forgetCompiled(ctx context.Context, tx pgx.Tx, relid uint32, keep []string) error {
	var before []string
	if err := tx.QueryRow(ctx, `SELECT coalesce((SELECT definitions FROM holdfast_guard.enforcement WHERE relid = $1), '{}')`, relid).Scan(&before); err != nil {
		return err
	}
	names, err := collect[string](ctx, tx, compiledFunctions, relid)
	if err != nil {
		return err
	}
	for _, name := range names {
		f := retention.TableName{Schema: "holdfast_guard", Name: name}.SQL()
		if slices.ContainsFunc(append(before, keep...), func(definition string) bool { return strings.Contains(definition, f+"(") }) {
			continue
		}
		if _, err := tx.Exec(ctx, `DROP FUNCTION `+f); err != nil {
			return err
		}
	}
	return nil
}

// compiledFunctions are the functions of conditions on a table, by name.
const compiledFunctions = `
	SELECT p.proname::text
	FROM pg_catalog.pg_proc AS p
	JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
	WHERE n.nspname = 'holdfast_guard' AND p.proname ~ ('^enforce_(fits|which)_' || $1::oid || '_')
	ORDER BY p.proname`

// enforced is one table with what its functions have to say.
type enforced struct {
	table  *plan.Table
	scopes []plan.HoldScope
	// readable is false where nobody can tell what to say, since the table was renamed: what is
	// there stays.
	readable    bool
	definitions []string
}

// enforcing reads the holds in force that are enforced on a table, and prints its functions.
func (t *Target) enforcing(ctx context.Context, tx pgx.Tx, relid uint32) (e enforced, err error) {
	tables, err := readTables(ctx, tx, []uint32{relid})
	if err != nil {
		return e, err
	}
	if e.table = tables[relid]; e.table == nil {
		return e, retention.NotFoundf("there is no relation %d in the governed database", relid)
	}
	modes, err := enforcements(ctx, tx)
	if err != nil {
		return e, err
	}
	if _, e.scopes, err = readHolds(ctx, tx, e.table); err != nil {
		return e, err
	}
	e.scopes = slices.DeleteFunc(e.scopes, func(s plan.HoldScope) bool {
		_, enforced := modes[s.HoldID]
		return !enforced || !related(e.table, s) && s.Table != e.table.Name
	})
	printed := sqlgen.Enforcing{Table: e.table}
	if printed.Held, err = plan.HeldBy(e.table, e.scopes); err != nil {
		return e, nil //nolint:nilerr // a refusal: the table was renamed, and policies on it are refused
	}
	byHold := map[string][]plan.HoldScope{}
	var order []string
	for _, s := range e.scopes {
		if byHold[s.HoldID] == nil {
			order = append(order, s.HoldID)
		}
		byHold[s.HoldID] = append(byHold[s.HoldID], s)
	}
	for _, id := range order {
		held, err := plan.HeldBy(e.table, byHold[id])
		if err != nil {
			return e, nil //nolint:nilerr // as above
		}
		printed.Holds = append(printed.Holds, sqlgen.EnforcingHold{ID: id, Refuse: modes[id] == retention.EnforceRefuse, Held: held, Lines: linesOf(e.table, byHold[id])})
	}
	if printed.Path, err = conditionPath(ctx, tx, e.table, printed.Held); err != nil {
		return e, err
	}
	e.readable, e.definitions = true, printed.Functions()
	return e, nil
}

// linesOf are the families of a hold that lead through a table, or down from it.
func linesOf(t *plan.Table, scopes []plan.HoldScope) (lines []plan.HeldFamily) {
	for _, s := range scopes {
		if s.Lineage == nil || !related(t, s) {
			continue
		}
		lines = append(lines, plan.HeldFamily{Lineage: s.Lineage, Node: s.Node, Archived: slices.Contains(s.ArchivedIn, t.OID), Set: plan.HeldSet{ID: s.Set, HoldNos: []int32{s.HoldNo}}})
	}
	return lines
}

// related reports whether a scope is of the table itself, of a part of it, or of one whose rows
// were archived into it.
func related(t *plan.Table, s plan.HoldScope) bool {
	return s.RelID == t.OID || slices.Contains(t.Partitions.Tree, s.RelID) || slices.Contains(t.Partitions.Above, s.RelID) ||
		slices.Contains(s.Parts, t.OID) || slices.ContainsFunc(s.Parts, func(p uint32) bool { return slices.Contains(t.Partitions.Tree, p) }) || slices.Contains(s.ArchivedIn, t.OID)
}

// enforcements are the holds in force that are enforced.
func enforcements(ctx context.Context, q querier) (map[string]retention.Enforcement, error) {
	rows, err := q.Query(ctx, `SELECT id::text, enforcement FROM holdfast_guard.hold WHERE state = 'active' AND enforcement <> 'none' AND NOT unenforced`)
	if err != nil {
		return nil, err
	}
	out := map[string]retention.Enforcement{}
	var id string
	var mode retention.Enforcement
	_, err = pgx.ForEachRow(rows, []any{&id, &mode}, func() error {
		out[id] = mode
		return nil
	})
	return out, err
}

// conditionPath are the schemas in which the batches look up what a condition compares a
// column with, where that is of a type that is not built in. Everything else is named with its
// schema, or in pg_catalog; a path without need would let others put operators of theirs into
// functions that run with our rights.
func conditionPath(ctx context.Context, tx pgx.Tx, table *plan.Table, held plan.HeldRows) (path []string, err error) {
	foreign := false
	for _, c := range held.Conditions {
		for _, name := range c.Cond.Columns() {
			column, ok := table.Column(name)
			foreign = foreign || ok && !column.BuiltIn
		}
	}
	if !foreign {
		return nil, nil
	}
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT ARRAY(SELECT s::text FROM unnest(pg_catalog.current_schemas(false)) AS s WHERE s <> 'pg_catalog' AND s !~ '^pg_temp')`).Scan(&path)
	})
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, ourPath)
	return path, err
}

// functionFingerprint tells what the functions of a table are, as the server has them; "" if
// one is missing.
func functionFingerprint(ctx context.Context, q querier, relid uint32) (f string, err error) {
	err = q.QueryRow(ctx, `
		SELECT coalesce(CASE WHEN count(*) FILTER (WHERE p.proname IN ($1, $2)) = 2 THEN md5(string_agg(concat_ws(' ', p.proowner, pg_catalog.pg_get_functiondef(p.oid)), ';' ORDER BY p.proname)) END, '')
		FROM pg_catalog.pg_proc AS p
		JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
		WHERE n.nspname = 'holdfast_guard' AND (p.proname IN ($1, $2) OR p.proname ~ ('^enforce_(fits|which)_' || $3::oid || '_'))`, sqlgen.EnforceFunction(relid).Name, sqlgen.EnforceTruncate(relid).Name, relid).Scan(&f)
	return f, err
}

// dropIdle takes the triggers and functions away that no hold needs any more. What cannot be
// had at once is tried again every minute: until then they let everything through.
func (t *Target) dropIdle(ctx context.Context) {
	idle, err := collect[uint32](ctx, t.pool, `SELECT relid FROM holdfast_guard.enforcement ORDER BY relid`)
	if err == nil {
		var needed []uint32
		needed, err = enforcedNow(ctx, t.pool)
		idle = slices.DeleteFunc(idle, func(relid uint32) bool { return slices.Contains(needed, relid) })
	}
	for _, relid := range idle {
		if err == nil {
			err = t.dropOne(ctx, relid)
		}
	}
	if err != nil {
		t.log.WarnContext(ctx, "triggers that no hold needs any more stay for now", "error", err)
	}
}

func (t *Target) dropOne(ctx context.Context, relid uint32) error {
	return pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', $1, true)`, millis(enforceLock)); err != nil {
			return err
		}
		// Those of a partition that it has from its table go with that one's.
		rows, err := tx.Query(ctx, `
			SELECT n.nspname, c.relname, p.proname
			FROM pg_catalog.pg_trigger AS g
			JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid
			JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid
			JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			WHERE g.tgfoid IN (to_regprocedure($1), to_regprocedure($2)) AND g.tgparentid = 0
			ORDER BY c.oid, p.proname`, sqlgen.EnforceFunction(relid).SQL()+"()", sqlgen.EnforceTruncate(relid).SQL()+"()")
		if err != nil {
			return err
		}
		type place struct{ on, function retention.TableName }
		places, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p place, err error) {
			p.function.Schema = "holdfast_guard"
			return p, row.Scan(&p.on.Schema, &p.on.Name, &p.function.Name)
		})
		if err != nil {
			return err
		}
		for _, p := range places {
			if _, err := tx.Exec(ctx, sqlgen.DropEnforceTrigger(p.on, p.function)); err != nil {
				return err
			}
		}
		// A hold that came meanwhile has put its own back, or waits for this lock.
		needed, err := enforcedNow(ctx, tx)
		if err != nil {
			return err
		}
		if slices.Contains(needed, relid) {
			return fmt.Errorf("%w: a hold was placed on the table meanwhile", retention.ErrBusy)
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(`DROP FUNCTION IF EXISTS %s(), %s()`, sqlgen.EnforceFunction(relid).SQL(), sqlgen.EnforceTruncate(relid).SQL())); err != nil {
			return err
		}
		compiled, err := collect[string](ctx, tx, compiledFunctions, relid)
		if err != nil {
			return err
		}
		for _, name := range compiled {
			if _, err := tx.Exec(ctx, `DROP FUNCTION `+retention.TableName{Schema: "holdfast_guard", Name: name}.SQL()); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `DELETE FROM holdfast_guard.enforcement WHERE relid = $1`, relid)
		return err
	})
}
