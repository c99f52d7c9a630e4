package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/retention"
)

const (
	// doctorTimeout bounds each statement of the doctor, doctorCounts the time in which it
	// counts rows, of all policies together.
	doctorTimeout = 10 * time.Second
	doctorCounts  = 30 * time.Second
	// slotLag is how many bytes of the log a logical slot may be behind before it is told.
	slotLag = 256 << 20
	// deadFrom is the number of dead rows, deadShare their share of all, from which they are
	// told.
	deadFrom  = 10_000
	deadShare = 0.2
)

// Diagnose lists what hurts the policies; see engine.Target.
func (t *Target) Diagnose(ctx context.Context, policies []retention.Policy) (retention.Diagnosis, error) {
	d := retention.Diagnosis{Policies: len(policies)}
	var err error
	if d.AsOf, err = t.Now(ctx); err != nil {
		return d, err
	}
	var removing []retention.TableName
	for _, p := range policies {
		if p.Enabled && p.Action.Removes() {
			removing = append(removing, p.Table)
		}
	}
	counting := time.Now().Add(doctorCounts)
	for _, p := range policies {
		found, err := t.examine(ctx, p, removing, time.Now().Before(counting))
		if err != nil {
			return d, err
		}
		d.Findings = append(d.Findings, found...)
	}
	slots, err := t.slots(ctx)
	d.Findings = append(d.Findings, slots...)
	return d, err
}

// examine looks at one policy. What keeps it from being planned is a finding.
func (t *Target) examine(ctx context.Context, p retention.Policy, removing []retention.TableName, counts bool) (found []retention.Finding, err error) {
	err = t.simulating(ctx, p, nil, doctorTimeout, func(tx pgx.Tx, pl *planned, _ time.Time) error {
		found = pl.Findings(removing)
		dead, err := findDead(ctx, tx, pl)
		if err != nil {
			return err
		}
		found = append(found, dead...)
		if counts {
			nulls, err := t.findNulls(ctx, tx, pl)
			found = append(found, nulls...)
			return err
		}
		return nil
	})
	if err == nil {
		err = t.mayCarryOut(ctx, p)
	}
	refused, ok := errors.AsType[*retention.Refusal](err)
	if ok {
		return []retention.Finding{{Policy: p.Name, Table: p.Table, Kind: retention.FindingRefused, Severity: retention.SeverityBroken,
			Says: "The policy cannot be carried out: " + refused.Reason + ".", Remedy: refused.Remedy}}, nil
	}
	if errors.Is(err, retention.ErrUnavailable) || ctx.Err() != nil {
		return nil, err
	}
	if errors.Is(err, retention.ErrBusy) || errors.Is(err, retention.ErrTooSlow) {
		return append(found, retention.Finding{Policy: p.Name, Table: p.Table, Kind: retention.FindingNotLooked, Severity: retention.SeverityNote,
			Says: "The table could not be looked at in time: it is locked, or counting took too long.", Remedy: "ask again later"}), nil
	}
	if pg, server := errors.AsType[*pgconn.PgError](err); server {
		return []retention.Finding{{Policy: p.Name, Table: p.Table, Kind: retention.FindingRefused, Severity: retention.SeverityBroken,
			Says: fmt.Sprintf("The policy cannot be looked at: the governed database answers with SQLSTATE %s.", pg.Code), Remedy: "simulate it to see why"}}, nil
	}
	return found, err
}

// mayCarryOut asks for our role's rights, and for what partitions have of their own.
func (t *Target) mayCarryOut(ctx context.Context, p retention.Policy) error {
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	pl, err := t.plan(ctx, tx, p, time.Now())
	if err != nil {
		return classify(err)
	}
	return classify(errors.Join(checkRights(ctx, tx, pl), t.checkLeaves(ctx, tx, pl)))
}

// findNulls counts the rows that can never become due.
func (t *Target) findNulls(ctx context.Context, tx pgx.Tx, pl *planned) ([]retention.Finding, error) {
	nulls, infinite, err := t.neverDue(ctx, tx, pl)
	if err != nil || nulls+infinite <= 0 {
		return nil, err
	}
	return []retention.Finding{{Policy: pl.Policy.Name, Table: pl.Root.Name, Kind: retention.FindingNullTimestamps, Severity: retention.SeverityNote,
		Says:   fmt.Sprintf("%d rows have no `%s` and %d an infinite one: they never become due, and stay for good.", nulls, pl.Time.Column.Name, infinite),
		Remedy: "if they are to go, give each the time from which it is kept, such as that of its creation, which no statement of ours can know; if they are meant to stay, say so in the policy's condition"}}, nil
}

// findDead tells of a table that VACUUM has not been over for long: each purge leaves dead
// rows, which the next one reads.
func findDead(ctx context.Context, tx pgx.Tx, pl *planned) ([]retention.Finding, error) {
	var dead, live int64
	err := tx.QueryRow(ctx, `
		SELECT coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(r.oid)), 0)::pg_catalog.int8, coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(r.oid)), 0)::pg_catalog.int8
		FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS r(oid)`, pl.storage()).Scan(&dead, &live)
	if err != nil || dead < deadFrom || float64(dead) < deadShare*float64(dead+live) {
		return nil, err
	}
	return []retention.Finding{{Policy: pl.Policy.Name, Table: pl.Root.Name, Kind: retention.FindingDeadTuples, Severity: retention.SeverityHurts,
		Says:   fmt.Sprintf("About %d rows of `%s` are dead, beside %d that live: every look at it reads them too.", dead, pl.Root.Name, live),
		Remedy: "vacuum it, and have autovacuum come by sooner (`autovacuum_vacuum_scale_factor`). The space is used again, and not given back to the disk",
		SQL:    fmt.Sprintf("VACUUM (ANALYZE) %s;", pl.Root.Name.SQL())}}, nil
}

// slots tells of logical replication that is behind: the server keeps its log for it, and
// each purge writes more.
func (t *Target) slots(ctx context.Context) ([]retention.Finding, error) {
	rows, err := t.pool.Query(ctx, `
		SELECT slot_name::text, active, pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(confirmed_flush_lsn, restart_lsn))::bigint
		FROM pg_catalog.pg_replication_slots
		WHERE slot_type = 'logical' AND database = current_database()
		ORDER BY slot_name`)
	if err != nil {
		return nil, classify(err)
	}
	var name string
	var active bool
	var behind *int64
	var out []retention.Finding
	_, err = pgx.ForEachRow(rows, []any{&name, &active, &behind}, func() error {
		if behind == nil || *behind < slotLag {
			return nil
		}
		f := retention.Finding{Kind: retention.FindingReplicationSlot, Severity: retention.SeverityHurts,
			Says:   fmt.Sprintf("The logical replication slot `%s` is %d MiB behind: the server keeps its log for it, and each run writes more.", name, *behind>>20),
			Remedy: "find out why its reader is slow"}
		if !active {
			f.Says = fmt.Sprintf("Nobody reads the logical replication slot `%s`, which is %d MiB behind: the server keeps its log for it until the disk is full.", name, *behind>>20)
			// A slot's name has lower-case letters, digits and '_' alone.
			f.Remedy, f.SQL = "if nobody needs it any more, drop it", fmt.Sprintf("SELECT pg_drop_replication_slot('%s');", name)
		}
		out = append(out, f)
		return nil
	})
	return out, classify(err)
}
