package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// plan makes a plan of the policy's table as a whole in the caller's snapshot, with the
// cutoff in the timestamp column's own type. Our search_path has nothing of the
// application's, so that the server prints every name of it qualified.
func (t *Target) plan(ctx context.Context, tx pgx.Tx, p retention.Policy, asOf time.Time) (*planned, error) {
	in, err := readInputs(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	return t.build(ctx, tx, in, asOf)
}

// planFrom plans what a walk works on: the table, or where it is partitioned the first
// partition, by oid, from the given one on that may have due rows.
func (t *Target) planFrom(ctx context.Context, tx pgx.Tx, p retention.Policy, asOf time.Time, from uint32) (*planned, error) {
	in, err := readInputs(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	whole, err := t.build(ctx, tx, in, asOf)
	if err == nil && whole.Idle {
		// Nothing is to be walked: not what is due under others, night after night.
		whole.over = true
		return whole, nil
	}
	if err != nil || in.Table.Kind != plan.KindPartitioned {
		return whole, err
	}
	leaf, err := nextLeaf(ctx, tx, whole, from)
	if err != nil {
		return nil, err
	}
	if leaf == 0 {
		whole.over = true
		return whole, nil
	}
	out, err := t.planLeaf(ctx, tx, in, asOf, leaf)
	if err != nil {
		return nil, err
	}
	out.whole, out.due = whole.sql, whole.due
	return out, nil
}

// planLeaf plans the walk of one partition.
func (t *Target) planLeaf(ctx context.Context, tx pgx.Tx, in plan.Inputs, asOf time.Time, leaf uint32) (*planned, error) {
	tables, err := readTables(ctx, tx, []uint32{leaf})
	if err != nil {
		return nil, err
	}
	in.Leaf = tables[leaf]
	if in.Related, err = readRelated(ctx, tx, in.Policy, in.Table, in.Leaf); err != nil {
		return nil, err
	}
	return t.build(ctx, tx, in, asOf)
}

// readInputs reads what the planner decides from, but for holds and statistics.
func readInputs(ctx context.Context, tx pgx.Tx, p retention.Policy) (plan.Inputs, error) {
	table, err := readTable(ctx, tx, p.Table)
	if err != nil {
		return plan.Inputs{}, err
	}
	return readInputsOf(ctx, tx, p, table)
}

// readInputsOf is readInputs for a table that was read already.
func readInputsOf(ctx context.Context, tx pgx.Tx, p retention.Policy, table *plan.Table) (in plan.Inputs, err error) {
	in.Policy, in.Table = p, table
	if p.Action == retention.ActionArchive {
		if in.Archive, in.Archives, err = readArchives(ctx, tx, p); err != nil {
			return in, err
		}
	}
	if p.Rollup != nil {
		in.Rollup, err = readTable(ctx, tx, p.Rollup.Table)
		if err != nil && !errors.Is(err, retention.ErrNotFound) {
			return in, err
		}
	}
	if in.Triggered, err = readTriggered(ctx, tx, p); err != nil {
		return in, err
	}
	in.Related, err = readRelated(ctx, tx, p, in.Table)
	return in, err
}

// readArchives reads the archive tables of a policy, those that are there.
func readArchives(ctx context.Context, tx pgx.Tx, p retention.Policy) (own *plan.Table, others map[retention.TableName]*plan.Table, err error) {
	others = map[retention.TableName]*plan.Table{}
	for source, to := range p.Archives() {
		t, err := readTable(ctx, tx, to)
		if errors.Is(err, retention.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		others[source] = t
	}
	own = others[p.Table]
	delete(others, p.Table)
	return own, others, nil
}

// readTriggered reads the tables that the policy names under `triggers`.
func readTriggered(ctx context.Context, tx pgx.Tx, p retention.Policy) (map[retention.TableName]*plan.Table, error) {
	out := map[retention.TableName]*plan.Table{}
	for _, name := range p.TriggeredTables() {
		t, err := readTable(ctx, tx, name)
		if err != nil && !errors.Is(err, retention.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			out[name] = t
		}
	}
	return out, nil
}

// build plans, and notes under what.
func (t *Target) build(ctx context.Context, tx pgx.Tx, in plan.Inputs, asOf time.Time) (*planned, error) {
	out := &planned{archived: map[retention.TableName]bool{}}
	for _, archive := range append(slices.Collect(maps.Values(in.Archives)), in.Archive) {
		if archive != nil {
			out.archived[archive.Name] = true
		}
	}
	tables := []*plan.Table{in.Table}
	if in.Leaf != nil {
		tables, out.leaf = append(tables, in.Leaf), in.Leaf.OID
	}
	walked := tables[len(tables)-1]
	if in.Rollup != nil {
		tables = append(tables, in.Rollup)
	}
	for _, more := range []map[uint32]*plan.Table{in.Related, byOID(in.Triggered)} {
		for _, related := range more {
			tables = append(tables, related)
		}
	}
	var err error
	// Whoever has read those of the table alone in the same snapshot has them here.
	if in.Holds == nil || len(tables) > 1 {
		if out.epoch, in.Holds, err = readHolds(ctx, tx, tables...); err != nil {
			return nil, err
		}
	}
	if in.DueShare, err = dueShare(ctx, tx, walked, in.Policy, asOf); err != nil {
		return nil, err
	}
	if out.Plan, err = plan.Build(in); err != nil {
		return nil, err
	}
	if out.Watch {
		if err := mustCount(ctx, tx, in.Policy.Table); err != nil {
			return nil, err
		}
	}
	out.due = dueEstimate(in)
	if out.Cutoff, err = columnCutoff(ctx, tx, out.Time.Kind, in.Policy, asOf); err != nil {
		return nil, err
	}
	out.oids = out.relations(in)
	var role string
	if err := tx.QueryRow(ctx, "SELECT "+fingerprintSQL("$1::oid[]")+", current_setting('session_replication_role')", out.oids).Scan(&out.fingerprint, &role); err != nil {
		return nil, err
	}
	if role != "origin" {
		return nil, notFiring(in.Policy.Table, role)
	}
	out.sql = sqlgen.New(out.Plan, t.keys)
	out.whole = out.sql
	return out, nil
}

// relations are all relations that the plan was made from.
func (pl *planned) relations(in plan.Inputs) []uint32 {
	oids := []uint32{in.Table.OID}
	if in.Leaf != nil {
		for _, oid := range append(in.Leaf.Partitions.Above, in.Leaf.OID) {
			if oid != in.Table.OID {
				oids = append(oids, oid)
			}
		}
	}
	if in.Archive != nil {
		oids = append(oids, in.Archive.OID)
	}
	for _, archive := range in.Archives {
		oids = append(oids, archive.OID)
	}
	if in.Rollup != nil {
		oids = append(oids, in.Rollup.OID)
	}
	for _, m := range pl.Family {
		if m.Table.OID != pl.Table.OID {
			oids = append(oids, m.Table.OID)
		}
	}
	for _, t := range pl.Triggered {
		oids = append(oids, t.Table.OID)
	}
	for _, r := range pl.Reads() {
		oids = append(oids, r.OID)
	}
	return oids
}

func byOID(tables map[retention.TableName]*plan.Table) map[uint32]*plan.Table {
	out := map[uint32]*plan.Table{}
	for _, t := range tables {
		out[t.OID] = t
	}
	return out
}

// mustCount refuses a plan whose effects on other tables could not be seen.
func mustCount(ctx context.Context, tx pgx.Tx, table retention.TableName) error {
	var counting bool
	if err := tx.QueryRow(ctx, `SELECT current_setting('track_counts')::boolean`).Scan(&counting); err != nil {
		return err
	}
	if !counting {
		return notCounting(table)
	}
	return nil
}

// notFiring refuses sessions in which the application's triggers, and those that check foreign keys,
// do not fire.
func notFiring(table retention.TableName, role string) error {
	return &retention.Refusal{Field: "table", Reason: fmt.Sprintf("triggers and foreign keys of %s would not fire: the setting session_replication_role is %s for Holdfast's sessions", table, role),
		Remedy: "ALTER ROLE or ALTER DATABASE … RESET session_replication_role, whichever sets it"}
}

// sureLocal is the local time, in the zone $2, up to which every one is older than the instant c.
// Where the server reads the local time of c as an instant that much later, it comes once more:
// the clocks are set back in that time, at a whole minute, to the first of those that come twice.
const sureLocal = `least(c AT TIME ZONE $2, (
	SELECT min(m AT TIME ZONE $2)
	FROM generate_series(date_trunc('minute', c) + interval '1 minute', (c AT TIME ZONE $2) AT TIME ZONE $2, interval '1 minute') AS m))`

// columnCutoff is the cutoff in the column's type, such that a value is due exactly
// if it is below it: the day that the cutoff falls in is not yet over, but a second that has
// begun before it is the instant at which it began, and a local time that came twice, since the
// clocks were set back over it, may be the later one.
func columnCutoff(ctx context.Context, tx pgx.Tx, kind plan.TimeKind, p retention.Policy, asOf time.Time) (any, error) {
	expr := map[plan.TimeKind]string{
		plan.TimeInstant:      `c`,
		plan.TimeLocal:        sureLocal,
		plan.TimeDate:         `(` + sureLocal + `)::date`,
		plan.TimeSeconds:      `ceil(extract(epoch FROM c))::bigint`,
		plan.TimeMilliseconds: `ceil(extract(epoch FROM c) * 1000)::bigint`,
	}[kind]
	var out any
	err := tx.QueryRow(ctx, `SELECT `+expr+` FROM (SELECT `+cutoffSQL("$1", "$2", "$3")+` AS c) AS s`,
		asOf, p.TimeZone, p.RetentionPeriod.String()).Scan(&out)
	return out, err
}

// dueShare estimates from the planner's statistics which share of the table is
// older than the cutoff; 0 if it cannot be told. It decides nothing but the walk.
func dueShare(ctx context.Context, tx pgx.Tx, t *plan.Table, p retention.Policy, asOf time.Time) (float64, error) {
	c, ok := t.Column(p.TimestampColumn)
	if !ok || t.EstimatedRows <= 0 || (c.BaseType != "timestamptz" && c.BaseType != "timestamp" && c.BaseType != "date") {
		return 0, nil
	}
	// Values that are common stand apart from the histogram of the others.
	var share *float64
	err := tx.QueryRow(ctx, `
		WITH cutoff AS (SELECT `+cutoffSQL("$1", "$2", "$3")+` AS c),
		s AS (SELECT null_frac, coalesce(most_common_freqs, '{}') AS freqs, coalesce(most_common_vals::text::text[], '{}') AS vals,
		             coalesce(histogram_bounds::text::text[], '{}') AS bounds
		      FROM pg_catalog.pg_stats WHERE schemaname = $4 AND tablename = $5 AND attname = $6),
		common AS (SELECT coalesce(sum(f), 0) AS total, coalesce(sum(f) FILTER (WHERE v::timestamptz < c), 0) AS due
		           FROM s, cutoff, unnest(s.vals, s.freqs) AS m(v, f)),
		other AS (SELECT coalesce(avg((b::timestamptz < c)::integer), 0) AS due FROM s, cutoff, unnest(s.bounds) AS b)
		SELECT (common.due + greatest(0, 1 - s.null_frac - common.total) * other.due)::float8
		FROM s, common, other`,
		asOf, p.TimeZone, p.RetentionPeriod.String(), t.Name.Schema, t.Name.Name, p.TimestampColumn).Scan(&share)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && share == nil) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return *share, nil
}

// dueEstimate is how many rows are due by the planner's statistics, which know
// nothing of conditions nor of what has been anonymized; 0 if they cannot tell.
func dueEstimate(in plan.Inputs) int64 {
	if in.Policy.Condition != "" || in.Policy.Action == retention.ActionAnonymize {
		return 0
	}
	return int64(in.DueShare * float64(in.Table.EstimatedRows))
}
