package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// The guard lock: every batch takes it shared, whoever changes the holds in force
// takes it exclusively. Two integers, so that it cannot meet an application's
// advisory lock by a single bigint.
const (
	guardLockClass  = 0x484F4C44 // "HOLD"
	guardLockObject = 1
	// setLockObject serialises the making of typed copies.
	setLockObject = 2
)

const (
	// patience is how long a hold waits for batches in flight before it cancels them,
	// and again before it terminates their connections.
	patience = 250 * time.Millisecond
)

// readHolds reads the epoch and the scopes in force on a relation, by oid or by
// name, in the caller's snapshot. Those of ids that stay held (member below 0) have the hold's
// number as plan.KeptNo.
func readHolds(ctx context.Context, tx pgx.Tx, tables ...*plan.Table) (epoch int64, scopes []plan.HoldScope, err error) {
	if err = tx.QueryRow(ctx, `SELECT epoch FROM holdfast_guard.state`).Scan(&epoch); err != nil {
		return 0, nil, err
	}
	rows, err := tx.Query(ctx, `
		WITH copies AS MATERIALIZED (
			SELECT DISTINCT t.relid, a.source_relid, a.source_schema, a.source_name, a.sources, a.swapped
			FROM unnest($4::oid[], $5::oid[]) AS t(relid, member)
			JOIN `+archives+` AS a ON a.oid = t.member)
		SELECT h.id::text, CASE WHEN s.member < 0 THEN -h.no ELSE h.no END, s.scope_index, s.member, s.relid, s.schema_name, s.table_name, coalesce(named.nspname, ''), coalesce(named.relname, ''), coalesce(s.held_set, s.family_set, 0),
		       coalesce(k.key_attnums, '{}'), coalesce(k.key_types, '{}'),
		       ARRAY(SELECT coalesce(a.attname::text, u.name)
		             FROM unnest(k.key_attnums, k.key_columns) WITH ORDINALITY AS u(num, name, pos)
		             LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = k.relid AND a.attnum = u.num AND NOT a.attisdropped
		             ORDER BY u.pos),
		       s.parts, ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree(s.relid) AS p WHERE p.relid <> s.relid),
		       coalesce(s.condition, ''), s.condition_columns, s.condition_types,
		       EXISTS (SELECT FROM unnest(s.condition_columns, s.condition_forms) AS c(name, form)
		               WHERE c.form IS DISTINCT FROM holdfast_guard.column_form(s.relid, c.name))
		       OR NOT s.condition_labels <@ holdfast_guard.column_labels(s.relid, s.condition_columns),
		       c.archives, c.swapped,
		       c.archives <> '{}' AND EXISTS (
			SELECT FROM unnest(c.archives) AS o(relid), unnest(s.condition_columns, s.condition_forms) AS f(name, form)
			WHERE regexp_replace(f.form, '^[0-9]+ ', '') IS DISTINCT FROM regexp_replace(holdfast_guard.column_form(o.relid, f.name), '^[0-9]+ ', ''))
		FROM holdfast_guard.hold_scope s
		JOIN holdfast_guard.hold h ON h.no = s.hold_no AND h.state = 'active'
		LEFT JOIN holdfast_guard.held_set k ON k.id = coalesce(s.held_set, s.family_set)
		LEFT JOIN LATERAL (SELECT n.nspname, c.relname
		                   FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		                   WHERE c.oid = s.relid) AS named ON true
		CROSS JOIN LATERAL (SELECT coalesce(array_agg(DISTINCT copies.relid), '{}') AS archives, coalesce(bool_or(copies.swapped), false) AS swapped
		                    FROM copies
		                    WHERE `+archivedFrom("copies", "s.relid", "s.parts", "s.schema_name", "s.table_name")+`) AS c
		WHERE s.ended_at IS NULL
		  AND (s.relid = ANY ($1) OR s.parts && $1 OR (s.schema_name, s.table_name) IN (SELECT * FROM unnest($2::text[], $3::text[])) OR c.archives <> '{}')
		ORDER BY h.no, s.scope_index, s.member`, scopesOn(tables)...)
	if err != nil {
		return 0, nil, err
	}
	var members []int
	scopes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s plan.HoldScope, err error) {
		var of int
		err = row.Scan(&s.HoldID, &s.HoldNo, &s.Index, &of, &s.RelID, &s.Table.Schema, &s.Table.Name, &s.Named.Schema, &s.Named.Name, &s.Set, &s.KeyAttnums, &s.KeyTypes, &s.KeyNames, &s.Parts, &s.Attached,
			&s.Condition, &s.Columns, &s.ColumnTypes, &s.Changed, &s.ArchivedIn, &s.Swapped, &s.OtherForm)
		s.Parts, members = append(s.Parts, s.Attached...), append(members, of)
		return s, err
	})
	if err != nil {
		return 0, nil, err
	}
	if err := readLineages(ctx, tx, scopes, members); err != nil {
		return 0, nil, err
	}
	return epoch, scopes, countSets(ctx, tx, scopes)
}

// scopesOn are the arguments of readHolds: relations of the tables, their names, and which
// table each of the relations is of.
func scopesOn(tables []*plan.Table) []any {
	var oids []uint32
	schemas, names := make([]string, len(tables)), make([]string, len(tables))
	// Rows of a table are those of its partitions, and of what it is a part of: any of them
	// may be an archive.
	var own, member []uint32
	for i, t := range tables {
		all := append(append([]uint32{t.OID}, t.Partitions.Tree...), t.Partitions.Above...)
		oids, member = append(oids, all...), append(member, all...)
		own = append(own, slices.Repeat([]uint32{t.OID}, len(all))...)
		schemas[i], names[i] = t.Name.Schema, t.Name.Name
	}
	return []any{oids, schemas, names, own, member}
}

// countSets fills in how many ids each typed copy has, up to the limit that
// decides how they are judged.
func countSets(ctx context.Context, tx pgx.Tx, scopes []plan.HoldScope) error {
	counted := map[int32]int64{0: 0}
	for i := range scopes {
		s := &scopes[i]
		n, ok := counted[s.Set]
		if !ok {
			sql := fmt.Sprintf(`SELECT count(*) FROM (SELECT FROM %s LIMIT %d) AS counted`, heldTable(s.Set), plan.HashLimit+1)
			if err := tx.QueryRow(ctx, sql).Scan(&n); err != nil {
				return err
			}
			counted[s.Set] = n
		}
		s.Rows = n
	}
	return nil
}

// ActivateHold puts a staged hold in force; see engine.GuardTarget.
func (t *Target) ActivateHold(ctx context.Context, id string, ended *int64) (effectiveAt time.Time, mark retention.GuardMark, err error) {
	relations, err := t.enforcedBy(ctx, id)
	if err != nil {
		return time.Time{}, mark, classify(err)
	}
	if len(relations) > 0 {
		if err := t.holdUnenforced(ctx, id); err != nil {
			return time.Time{}, mark, err
		}
	}
	err = t.changeAfter(ctx, func(tx pgx.Tx) error { return installTriggers(ctx, tx, relations) }, func(tx pgx.Tx) error {
		// clock_timestamp() is taken after the lock: every batch that committed before it
		// has committed, every later one sees the hold.
		err := tx.QueryRow(ctx, `
			UPDATE holdfast_guard.hold
			SET state = 'active', effective_at = CASE WHEN state = 'active' AND NOT unenforced THEN effective_at ELSE clock_timestamp() END, ended_at = NULL, ended_epoch = NULL,
			    -- of the list that this transaction makes
			    effective_epoch = CASE WHEN state = 'active' AND NOT unenforced THEN effective_epoch ELSE (SELECT epoch + 1 FROM holdfast_guard.state) END,
			    unenforced = false
			WHERE id = $1 AND (state <> 'ended' OR ended_epoch IS NOT DISTINCT FROM $2)
			RETURNING effective_at`, id, ended).Scan(&effectiveAt)
		if errors.Is(err, pgx.ErrNoRows) {
			return notActivated(ctx, tx, id)
		}
		if err != nil || len(relations) == 0 {
			return err
		}
		return t.enforce(ctx, tx, relations)
	})
	if err != nil {
		return time.Time{}, mark, err
	}
	mark, _, err = t.GuardState(ctx)
	return effectiveAt, mark, err
}

// holdUnenforced has batches respect a staged hold whose tables somebody may be writing to for
// long. Its moment is when it is enforced as well.
func (t *Target) holdUnenforced(ctx context.Context, id string) error {
	staged, err := collect[int32](ctx, t.pool, `SELECT no FROM holdfast_guard.hold WHERE id = $1 AND state = 'staged'`, id)
	if err != nil || len(staged) == 0 {
		return classify(err)
	}
	return t.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE holdfast_guard.hold
			SET state = 'active', unenforced = true, effective_at = clock_timestamp(), effective_epoch = (SELECT epoch + 1 FROM holdfast_guard.state)
			WHERE no = $1 AND state = 'staged'`, staged[0])
		return err
	})
}

// notActivated says why a hold cannot be put in force.
func notActivated(ctx context.Context, tx pgx.Tx, id string) error {
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM holdfast_guard.hold WHERE id = $1)`, id).Scan(&there)
	switch {
	case err != nil:
		return err
	case there:
		return retention.Conflictf("hold %s has ended meanwhile", id)
	}
	return retention.NotFoundf("hold %s was not staged in the governed database", id)
}

// EndHold takes a hold out of force; see engine.GuardTarget.
func (t *Target) EndHold(ctx context.Context, id string) (endedAt time.Time, mark retention.GuardMark, err error) {
	relations, err := t.enforcedBy(ctx, id)
	if err != nil {
		return time.Time{}, mark, classify(err)
	}
	err = t.change(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			UPDATE holdfast_guard.hold
			SET state = 'ended', unenforced = false, ended_at = CASE state WHEN 'ended' THEN ended_at ELSE clock_timestamp() END,
			    ended_epoch = CASE state WHEN 'ended' THEN ended_epoch ELSE (SELECT epoch + 1 FROM holdfast_guard.state) END
			WHERE id = $1
			RETURNING ended_at`, id).Scan(&endedAt)
		if errors.Is(err, pgx.ErrNoRows) {
			// Lost with a restore, or never staged: it restrains nothing either way.
			return tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&endedAt)
		}
		if err == nil && len(relations) > 0 {
			t.stopEnforcing(ctx, tx, relations)
		}
		return err
	})
	if err != nil {
		return time.Time{}, mark, err
	}
	if len(relations) > 0 {
		t.dropIdle(ctx)
	}
	mark, _, err = t.GuardState(ctx)
	return endedAt, mark, err
}

// HoldForce is since when the guard has a hold; see engine.GuardTarget.
func (t *Target) HoldForce(ctx context.Context, id string) (f retention.HoldForce, err error) {
	err = t.pool.QueryRow(ctx, `
		SELECT current_database(), s.system_identifier::text, h.effective_at, h.effective_epoch, h.ended_epoch
		FROM pg_control_system() AS s LEFT JOIN holdfast_guard.hold AS h ON h.id = $1`, id).Scan(&f.Database, &f.SystemIdentifier, &f.EffectiveAt, &f.EffectiveEpoch, &f.EndedEpoch)
	return f, classify(err)
}

// change runs do under the exclusive guard lock and bumps the epoch. A stopped
// worker must not keep a lawyer waiting: batches in the way are cancelled after
// patience and terminated after twice that.
func (t *Target) change(ctx context.Context, do func(pgx.Tx) error) error {
	return t.changeAfter(ctx, func(pgx.Tx) error { return nil }, do)
}

// changeAfter is change with what must come before the guard lock: locks on tables, which a
// batch has and waits for while it holds the guard lock.
func (t *Target) changeAfter(ctx context.Context, before, do func(pgx.Tx) error) error {
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := before(tx); err != nil {
		return classify(err)
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', true), set_config('lock_timeout', '0', true), set_config('statement_timeout', '60s', true)`); err != nil {
		return classify(err)
	}
	stop := t.clearTheWay(ctx, tx.Conn().PgConn().PID())
	_, err = tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, $2)`, guardLockClass, guardLockObject)
	stop()
	if err != nil {
		return classify(err)
	}
	if err := do(tx); err != nil {
		return classify(err)
	}
	if _, err := tx.Exec(ctx, `UPDATE holdfast_guard.state SET epoch = epoch + 1`); err != nil {
		return classify(err)
	}
	return classify(tx.Commit(ctx))
}

// clearTheWay watches a connection that waits for the guard lock and removes the
// batches that hold it. The answer stops the watch and waits for it.
func (t *Target) clearTheWay(ctx context.Context, waiting uint32) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, function := range []string{"pg_cancel_backend", "pg_terminate_backend", "pg_terminate_backend"} {
			timer := time.NewTimer(patience)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
			n, err := t.signalHolders(ctx, function, waiting)
			if err != nil && ctx.Err() == nil {
				t.log.WarnContext(ctx, "a hold waits and the batches in its way could not be stopped", "error", err)
			} else if n > 0 {
				t.log.InfoContext(ctx, "batches were stopped so that a hold comes into force", "by", function, "count", n)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// signalHolders cancels or terminates the backends that hold the guard lock shared:
// nobody but our own batches takes it.
func (t *Target) signalHolders(ctx context.Context, function string, waiting uint32) (n int64, err error) {
	err = t.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE CASE $1::text WHEN 'pg_cancel_backend' THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END)
		FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		  AND classid = $2::bigint::oid AND objid = $3::bigint::oid AND objsubid = 2
		  AND mode = 'ShareLock' AND granted AND pid <> $4`,
		function, int64(guardLockClass), int64(guardLockObject), int32(waiting)).Scan(&n)
	return n, err
}

// noteParts keeps of which partitions a held table consists, and ever did: one that is
// detached stays held.
func (t *Target) noteParts(ctx context.Context) error {
	_, err := t.pool.Exec(ctx, `
		UPDATE holdfast_guard.hold_scope AS s
		SET parts = ARRAY(SELECT unnest(s.parts) UNION SELECT p.relid::oid FROM pg_catalog.pg_partition_tree(s.relid) AS p WHERE p.relid <> s.relid)
		WHERE EXISTS (SELECT FROM pg_catalog.pg_partition_tree(s.relid) AS p WHERE p.relid <> s.relid AND NOT p.relid::oid = ANY (s.parts))`)
	if err != nil {
		return classify(err)
	}
	// Those of the tables that rows were archived from, likewise.
	_, err = t.pool.Exec(ctx, `
		UPDATE holdfast_guard.archive AS a
		SET source_parts = ARRAY(SELECT unnest(a.source_parts) UNION SELECT p.relid::oid FROM pg_catalog.pg_partition_tree(a.source_relid) AS p WHERE p.relid <> a.source_relid)
		WHERE EXISTS (SELECT FROM pg_catalog.pg_partition_tree(a.source_relid) AS p WHERE p.relid <> a.source_relid AND NOT p.relid::oid = ANY (a.source_parts))`)
	return classify(err)
}

// Epoch counts the changes of the holds in force.
func (t *Target) Epoch(ctx context.Context) (epoch int64, err error) {
	err = t.pool.QueryRow(ctx, `SELECT epoch FROM holdfast_guard.state`).Scan(&epoch)
	return epoch, classify(err)
}

// RaiseEpoch has the epoch go on after a number at least; see engine.GuardTarget.
func (t *Target) RaiseEpoch(ctx context.Context, floor int64) error {
	return t.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE holdfast_guard.state SET epoch = $1 WHERE epoch < $1`, floor)
		return err
	})
}

// GuardState is the guard's identity and epoch, and the ids of the holds in force.
func (t *Target) GuardState(ctx context.Context) (m retention.GuardMark, inForce []string, err error) {
	if err := t.noteParts(ctx); err != nil {
		return m, nil, err
	}
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return m, nil, classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	err = tx.QueryRow(ctx, `
		SELECT (SELECT system_identifier::text FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
		       (SELECT oid FROM pg_database WHERE datname = current_database()), epoch
		FROM holdfast_guard.state`).Scan(&m.SystemIdentifier, &m.Timeline, &m.DatabaseOID, &m.Epoch)
	if err != nil {
		return m, nil, classify(err)
	}
	rows, err := tx.Query(ctx, `SELECT id::text FROM holdfast_guard.hold WHERE state = 'active'`)
	if err != nil {
		return m, nil, classify(err)
	}
	inForce, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return m, inForce, classify(err)
}
