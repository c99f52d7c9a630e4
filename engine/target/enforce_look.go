package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// CheckEnforcement names the rights without which a hold could not be enforced; see
// engine.GuardTarget.
func (t *Target) CheckEnforcement(ctx context.Context, h retention.Hold) error {
	var bad retention.Problems
	tables, err := t.toEnforce(ctx, &bad, h)
	if err != nil {
		return classify(err)
	}
	err = pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var role string
		var create, language bool
		err := tx.QueryRow(ctx, `SELECT current_user, has_schema_privilege('holdfast_guard', 'CREATE'), has_language_privilege('plpgsql', 'USAGE')`).Scan(&role, &create, &language)
		if err != nil {
			return err
		}
		if !create {
			bad.Add("enforcement", "needs functions in the schema holdfast_guard, and the role %q may not create them: run GRANT CREATE ON SCHEMA holdfast_guard TO %s", role, retention.QuoteIdent(role))
		}
		if !language {
			bad.Add("enforcement", "needs functions in PL/pgSQL, and the role %q may not use it: run GRANT USAGE ON LANGUAGE plpgsql TO %s", role, retention.QuoteIdent(role))
		}
		for _, table := range tables {
			if err := ownsTree(ctx, tx, &bad, role, table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return classify(err)
	}
	return bad.Err()
}

// toEnforce are the tables of a hold's scopes, and of what belongs to their records.
func (t *Target) toEnforce(ctx context.Context, bad *retention.Problems, h retention.Hold) (tables []retention.TableName, err error) {
	for i, s := range h.Scope {
		tables = append(tables, s.Table)
		if s.Family == nil {
			continue
		}
		root, err := t.Table(ctx, s.Table)
		if err != nil {
			return nil, err
		}
		all, err := readReferences(ctx, t.pool)
		if err != nil {
			return nil, err
		}
		l := lineageOf(root, s.Family.Depth, all)
		if h.Enforcement == retention.EnforcePreserve {
			if err := t.keyless(ctx, bad, i, l); err != nil {
				return nil, err
			}
		}
		for _, n := range l.Nodes {
			tables = append(tables, n.Table)
		}
	}
	slices.SortFunc(tables, func(a, b retention.TableName) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(tables), nil
}

// keyless names the tables of a family whose rows could not be kept in the hold once the
// application has changed what leads to them.
func (t *Target) keyless(ctx context.Context, bad *retention.Problems, scope int, l *plan.Lineage) error {
	oids := make([]uint32, len(l.Nodes))
	for i, n := range l.Nodes {
		oids[i] = n.OID
	}
	tables, err := readTables(ctx, t.pool, oids)
	if err != nil {
		return err
	}
	for i, n := range l.Nodes {
		if table := tables[n.OID]; l.Leads(i) && table != nil && table.Key == nil {
			bad.Add(retention.ScopeField(scope, "family"), "does not go with enforcement %q here: %s has no primary key, and no unique key over NOT NULL columns, so which of its rows belong to a record could not be told any more once the record is removed; use %q, or give the table a key",
				retention.EnforcePreserve, n.Table, retention.EnforceRefuse)
		}
	}
	return nil
}

// ownsTree names the relations of a table on which the role can put no trigger that always
// fires, and that it could take away again: TRIGGER is not enough for that.
func ownsTree(ctx context.Context, tx pgx.Tx, bad *retention.Problems, role string, table retention.TableName) error {
	rows, err := tx.Query(ctx, `
		WITH given AS (
			SELECT coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) AS root
			FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND c.relname = $2)
		SELECT n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner)
		FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.oid IN (SELECT root FROM given UNION SELECT p.relid FROM given, pg_catalog.pg_partition_tree(given.root) AS p)
		  AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
		ORDER BY c.oid
		LIMIT 10`, table.Schema, table.Name)
	if err != nil {
		return err
	}
	var name retention.TableName
	var owner string
	_, err = pgx.ForEachRow(rows, []any{&name.Schema, &name.Name, &owner}, func() error {
		bad.Add("enforcement", "needs triggers on %s that always fire, which only its owner can put there and take away, and the role %q is no member of its owner %q: run GRANT %s TO %s",
			name, role, owner, retention.QuoteIdent(owner), retention.QuoteIdent(role))
		return nil
	})
	return err
}

// enforcementFaults adds, for each hold that is enforced, the tables on which it is not: where
// a trigger is missing, disabled or another one, or the function is.
func (t *Target) enforcementFaults(ctx context.Context, tx pgx.Tx, faults map[string][]retention.HoldFault) error {
	relations, err := enforcedNow(ctx, tx)
	if err != nil {
		return err
	}
	for _, relid := range relations {
		e, err := t.enforcing(ctx, tx, relid)
		if err != nil {
			return err
		}
		reason, err := brokenEnforcement(ctx, tx, relid)
		if err != nil {
			return err
		}
		if reason == "" {
			continue
		}
		for _, s := range e.scopes {
			faults[s.HoldID] = append(faults[s.HoldID], retention.HoldFault{
				Scope: s.Index, Table: s.Table, On: e.table.Name, Effect: retention.FaultNotEnforced, Reason: reason,
				Remedy: "Holdfast puts it back by itself, every minute, as far as it may; find out who took it away",
			})
		}
	}
	return nil
}

// brokenEnforcement is what of the triggers of a table is not as it has to be; "" if nothing.
func brokenEnforcement(ctx context.Context, q querier, relid uint32) (string, error) {
	places, err := triggerPlaces(ctx, q, relid)
	if err != nil {
		return "", err
	}
	var broken []string
	for _, p := range places {
		against := pickText(p.truncate, "TRUNCATE", "UPDATE and DELETE")
		switch {
		case p.state == "":
			broken = append(broken, fmt.Sprintf("%s has no trigger against %s", p.on, against))
		case !p.there:
			broken = append(broken, fmt.Sprintf("the trigger against %s on %s is another one", against, p.on))
		case p.state != "A":
			broken = append(broken, fmt.Sprintf("the trigger against %s on %s is disabled, or does not always fire", against, p.on))
		}
	}
	fingerprint, err := functionFingerprint(ctx, q, relid)
	if err != nil {
		return "", err
	}
	var noted string
	if err := q.QueryRow(ctx, `SELECT coalesce((SELECT fingerprint FROM holdfast_guard.enforcement WHERE relid = $1), '')`, relid).Scan(&noted); err != nil {
		return "", err
	}
	if noted == "" || noted != fingerprint {
		broken = append(broken, "the function of its triggers was altered or is missing")
	}
	const most = 5
	if more := len(broken) - most; more > 0 {
		broken = append(broken[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(broken, "; "), nil
}

func pickText(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// MendEnforcement brings the triggers to what the holds in force need; see engine.GuardTarget.
func (t *Target) MendEnforcement(ctx context.Context) error {
	relations, err := enforcedNow(ctx, t.pool)
	if err != nil {
		return classify(err)
	}
	var errs []error
	for _, relid := range relations {
		broken, stale, err := t.lookAt(ctx, relid)
		switch {
		case err != nil:
			err = classify(err)
		case broken:
			err = t.changeAfter(ctx, func(tx pgx.Tx) error { return installTriggers(ctx, tx, []uint32{relid}) }, func(tx pgx.Tx) error { return t.rewrite(ctx, tx, relid) })
		case stale:
			err = t.change(ctx, func(tx pgx.Tx) error { return t.rewrite(ctx, tx, relid) })
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("put the triggers of legal holds back: %w", err))
		}
	}
	t.dropIdle(ctx)
	return errors.Join(errs...)
}

// lookAt tells whether the triggers of a table are not what they were made, and whether they
// have to say something else by now: partitions come, and columns change.
func (t *Target) lookAt(ctx context.Context, relid uint32) (broken, stale bool, err error) {
	err = pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		reason, err := brokenEnforcement(ctx, tx, relid)
		if err != nil {
			return err
		}
		e, err := t.enforcing(ctx, tx, relid)
		if err != nil {
			return err
		}
		var noted []string
		err = tx.QueryRow(ctx, `SELECT coalesce((SELECT definitions FROM holdfast_guard.enforcement WHERE relid = $1), '{}')`, relid).Scan(&noted)
		broken, stale = reason != "", e.readable && !slices.Equal(noted, e.definitions)
		return err
	})
	return broken, stale, err
}

// CatchUpEnforcement takes back that snapshots seem too old; see engine.GuardTarget.
func (t *Target) CatchUpEnforcement(ctx context.Context) error {
	const ahead = `SELECT q.last_value > s.enforced FROM holdfast_guard.enforced AS q, holdfast_guard.state AS s`
	var behind bool
	if err := t.pool.QueryRow(ctx, ahead).Scan(&behind); err != nil || !behind {
		return classify(err)
	}
	return t.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE holdfast_guard.state SET enforced = greatest(enforced, (SELECT last_value FROM holdfast_guard.enforced))`)
		return err
	})
}

// Preserved lists the old versions of rows that a hold covered, newest first; see
// engine.GuardTarget.
func (t *Target) Preserved(ctx context.Context, hold string, before int64, limit int) ([]retention.PreservedRow, error) {
	rows, err := t.pool.Query(ctx, `
		SELECT id, kept_at, hold_ids::text[], schema_name, table_name, key, operation, row::text, database_user, application_name
		FROM holdfast_guard.preserved
		WHERE hold_ids @> ARRAY[$1::text::uuid] AND ($2 = 0 OR id < $2)
		ORDER BY id DESC
		LIMIT $3`, hold, before, limit)
	if err != nil {
		return nil, classify(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p retention.PreservedRow, err error) {
		var text string
		err = row.Scan(&p.ID, &p.At, &p.HoldIDs, &p.Table.Schema, &p.Table.Name, (*[]string)(&p.Key), &p.Operation, &text, &p.User, &p.Application)
		p.Row = []byte(text)
		return p, err
	})
	return out, classify(err)
}

// CountPreserved counts them.
func (t *Target) CountPreserved(ctx context.Context, hold string) (n int64, err error) {
	err = t.pool.QueryRow(ctx, `SELECT count(*) FROM holdfast_guard.preserved WHERE hold_ids @> ARRAY[$1::text::uuid]`, hold).Scan(&n)
	return n, classify(err)
}
