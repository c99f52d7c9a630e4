package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// recordTimeout bounds each statement that explains a record: a reference without an
// index may have to be looked for in a large table.
const recordTimeout = 10 * time.Second

// recorder explains one record in one read-only transaction.
type recorder struct {
	t     *Target
	tx    pgx.Tx
	table *plan.Table
	id    retention.Key
	// scopes are the holds on the table; not nil once they were read.
	scopes []plan.HoldScope
	out    retention.RecordState
}

// Record says how a record stands; see engine.Target.
func (t *Target) Record(ctx context.Context, name retention.TableName, id retention.Key, policies []retention.Policy, archives []retention.TableName) (retention.RecordState, error) {
	var out retention.RecordState
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return out, classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	r := &recorder{t: t, tx: tx, id: id}
	err = tx.QueryRow(ctx, `SELECT clock_timestamp() FROM (SELECT set_config('statement_timeout', $1, true), set_config('row_security', 'off', true), set_config('jit', 'off', true)) AS s`,
		millis(recordTimeout)).Scan(&r.out.AsOf)
	if err != nil {
		return out, classify(err)
	}
	if _, err := tx.Exec(ctx, ourPath); err != nil {
		return out, classify(err)
	}
	r.table, err = readTable(ctx, tx, name)
	switch {
	case errors.Is(err, retention.ErrNotFound) || (err == nil && plan.SystemSchema(name.Schema)):
		r.withoutTable(name)
		return r.out, classify(r.uncarried(ctx))
	case err != nil:
		return out, classify(err)
	case r.table.IsPartition:
		return out, retention.Invalid("table", "%s is a partition; name the partitioned table that it belongs to", name)
	}
	if err := r.readKey(ctx); err != nil {
		return out, refusedRead(name, err)
	}
	if err := r.explain(ctx, policies, archives); err != nil {
		return out, refusedRead(name, err)
	}
	return r.out, nil
}

// withoutTable: what was disposed of before the table went is told by the key as it was
// written.
func (r *recorder) withoutTable(name retention.TableName) {
	r.out.Key, r.out.NoTable, r.out.Digests = r.id, true, [][]byte{r.t.Digest(name, r.id)}
	if parts := partsOf(r.id); len(parts) > 1 {
		r.out.Key, r.out.Digests = parts, append(r.out.Digests, r.t.Digest(name, parts))
	}
}

// partsOf reads an id that came as one text, in an address: several parts are a JSON array.
func partsOf(id retention.Key) retention.Key {
	var parts []string
	if len(id) == 1 && json.Unmarshal([]byte(id[0]), &parts) == nil {
		return parts
	}
	return id
}

// refusedRead words what keeps us from looking at a table at all.
func refusedRead(name retention.TableName, err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42501" {
		return retention.Invalid("table", "our role may not read all rows of %s: it lacks the right to SELECT, or row-level security hides rows from it", name)
	}
	return classify(err)
}

func (r *recorder) explain(ctx context.Context, policies []retention.Policy, archives []retention.TableName) error {
	if err := r.find(ctx); err != nil {
		return err
	}
	if err := r.holds(ctx); err != nil {
		return err
	}
	if err := r.uncarried(ctx); err != nil {
		return err
	}
	for _, p := range policies {
		rp, err := r.under(ctx, p)
		if err != nil {
			return err
		}
		r.out.Policies = append(r.out.Policies, rp)
	}
	for _, a := range archives {
		if err := r.archived(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// row runs a query for one row under the database's own search_path, and comes back to
// ours.
func (r *recorder) row(ctx context.Context, s sqlgen.Statement, into ...any) error {
	if err := useOwnPath(ctx, r.tx); err != nil {
		return err
	}
	if err := r.tx.QueryRow(ctx, s.SQL, asPlanned(s)...).Scan(into...); err != nil {
		return err
	}
	_, err := r.tx.Exec(ctx, ourPath)
	return err
}

// readKey has the server read the id as a key of the table. What is none is an
// InvalidError of the field key.
func (r *recorder) readKey(ctx context.Context) error {
	key := r.table.KeyColumns()
	if len(key) > 1 {
		r.id = partsOf(r.id)
	}
	switch {
	case key == nil:
		return retention.Invalid("key", "%s has no key by which a record could be named", r.table.Name)
	case len(key) != len(r.id):
		return retention.Invalid("key", "%s; %s has %d: %s. A key of several parts is written as a JSON array, such as [\"17\",\"2\"]", countParts(len(r.id)), r.table.Name, len(key), describeKey(key))
	}
	if i := movingPart(r.id, key); i >= 0 {
		return retention.Invalid("key", "%q is another value of %s tomorrow; write the date or the time itself", r.id[i], key[i].Name)
	}
	// Where the cast fails, the transaction is of no more use.
	err := r.row(ctx, sqlgen.KeyText(key, r.id), &r.out.Key)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && valueAtFault(pg) {
		return retention.Invalid("key", "%q is no value of the key %s%s", strings.Join(r.id, ", "), describeKey(key), because(pg))
	}
	if err != nil {
		return err
	}
	r.out.Digests = [][]byte{r.t.Digest(r.table.Name, r.out.Key)}
	return nil
}

// find looks for the row. What evidence of it may have is by its key as it is stored, and
// as it was asked for.
func (r *recorder) find(ctx context.Context) error {
	var stored retention.Key
	err := r.row(ctx, sqlgen.StoredKey(r.table, r.id), &stored)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = r.tx.Exec(ctx, ourPath)
		return err
	}
	if err != nil {
		return err
	}
	r.out.Found = true
	if !slices.Equal(stored, r.out.Key) {
		r.out.Key = stored
		r.out.Digests = append(r.out.Digests, r.t.Digest(r.table.Name, stored))
	}
	return nil
}

// holds finds which holds in force cover the record. A scope that nobody can judge any
// more covers what it covers: nothing of the table is disposed of then.
func (r *recorder) holds(ctx context.Context) error {
	_, scopes, err := readHolds(ctx, r.tx, r.table)
	if err != nil {
		return err
	}
	r.scopes = append([]plan.HoldScope{}, scopes...)
	var ids []string
	var held []plan.HeldRows
	for i := 0; i < len(scopes); {
		j := i
		for j < len(scopes) && scopes[j].HoldNo == scopes[i].HoldNo {
			j++
		}
		rows, err := plan.HeldBy(r.table, scopes[i:j])
		if err != nil {
			rows = plan.HeldRows{All: true}
		}
		ids, held, i = append(ids, scopes[i].HoldID), append(held, rows), j
	}
	if len(held) == 0 {
		return nil
	}
	places, err := r.covering(ctx, held)
	if _, server := errors.AsType[*pgconn.PgError](err); server {
		// The condition of one fails for this record. A run stops at it, so it keeps the
		// record; which it is, each tells by itself.
		places = nil
		for i := range held {
			if one, err := r.covering(ctx, held[i:i+1]); err != nil || len(one) > 0 {
				places = append(places, int64(i+1))
			}
		}
		err = ctx.Err()
	}
	for _, at := range places {
		r.out.HoldIDs = append(r.out.HoldIDs, ids[at-1])
	}
	return err
}

// covering are the places, from 1, of those that cover the record.
func (r *recorder) covering(ctx context.Context, held []plan.HeldRows) (places []int64, err error) {
	s := sqlgen.Covering(r.table, r.id, held, r.out.Found)
	err = pgx.BeginFunc(ctx, r.tx, func(sp pgx.Tx) error {
		if err := useOwnPath(ctx, sp); err != nil {
			return err
		}
		rows, err := sp.Query(ctx, s.SQL, asPlanned(s)...)
		if err != nil {
			return err
		}
		if places, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return err
		}
		_, err = sp.Exec(ctx, ourPath)
		return err
	})
	return places, err
}

// uncarried looks for the record's digests in evidence that has not reached the store yet.
func (r *recorder) uncarried(ctx context.Context) error {
	rows, err := r.tx.Query(ctx, `
		SELECT id::text, run_id::text, policy, policy_version, action, schema_name, table_name, seq, committed_at
		FROM holdfast_guard.journal
		WHERE carried_at IS NULL AND EXISTS (SELECT FROM unnest($1::bytea[]) AS d WHERE (position(d IN digests) - 1) % 32 = 0)
		ORDER BY committed_at DESC`, r.out.Digests)
	if err != nil {
		return err
	}
	r.out.Uncarried, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d retention.RecordDisposal, err error) {
		err = row.Scan(&d.ID, &d.RunID, &d.Policy, &d.PolicyVersion, &d.Action, &d.Table.Schema, &d.Table.Name, &d.Seq, &d.CommittedAt)
		return d, err
	})
	return err
}

// under judges the record by one policy. A policy that cannot be carried out says why.
func (r *recorder) under(ctx context.Context, p retention.Policy) (retention.RecordPolicy, error) {
	out := retention.RecordPolicy{Policy: p}
	err := pgx.BeginFunc(ctx, r.tx, func(sp pgx.Tx) error {
		in, err := readInputsOf(ctx, sp, p, r.table)
		if err != nil {
			return err
		}
		in.Holds = r.scopes
		pl, err := r.t.build(ctx, sp, in, r.out.AsOf)
		if err != nil {
			return err
		}
		err = sp.QueryRow(ctx, "SELECT "+cutoffSQL("$1", "$2", "$3"), r.out.AsOf, p.TimeZone, p.RetentionPeriod.String()).Scan(&out.Cutoff)
		if err != nil || !r.out.Found {
			return err
		}
		return r.judge(ctx, sp, pl, &out)
	})
	if err == nil || errors.Is(classify(err), retention.ErrUnavailable) {
		return out, err
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	out.Problem = problemOf(err)
	_, err = r.tx.Exec(ctx, ourPath)
	return out, err
}

// problemOf words why a policy cannot judge a record. What the server says may quote the
// row's values, which are for those who may read it.
func problemOf(err error) string {
	pg, server := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(classify(err), retention.ErrTooSlow):
		return "judging the record took longer than 10 s; look for a foreign key without an index"
	case server && strings.HasPrefix(pg.Code, "22"):
		return "a condition fails for this record (SQLSTATE " + pg.Code + ")"
	case server:
		return "the governed database refuses to judge it (SQLSTATE " + pg.Code + ")"
	}
	return err.Error()
}

func (r *recorder) judge(ctx context.Context, sp pgx.Tx, pl *planned, out *retention.RecordPolicy) error {
	var at, aged pgtype.Timestamptz
	var old bool
	var kept []bool
	var own bool
	s := pl.sql.Record(r.id)
	if err := useOwnPath(ctx, sp); err != nil {
		return err
	}
	if err := sp.QueryRow(ctx, s.SQL, asPlanned(s)...).Scan(&at, &aged, &old, &out.Matches, &out.Treated, &kept, &own); err != nil {
		return err
	}
	if _, err := sp.Exec(ctx, ourPath); err != nil {
		return err
	}
	out.Due = old && out.Matches && !out.Treated
	for i, keeps := range kept {
		ref := pl.Family[0].References
		switch {
		case !keeps:
		case ref[i].Effect == plan.EffectBlocks:
			out.BlockedBy = append(out.BlockedBy, ref[i].Children.Logical())
		default:
			out.KeptWith = append(out.KeptWith, ref[i].Children.Logical())
		}
	}
	if own {
		out.BlockedBy = append(out.BlockedBy, pl.Table.Logical())
	}
	out.Circular = pl.Circular()
	if !at.Valid || at.InfinityModifier != pgtype.Finite || at.Time.Year() > 9999 {
		return nil
	}
	out.Timestamp = &at.Time
	if pl.Time.Kind == plan.TimeDate || pl.Time.Kind == plan.TimeLocal && !aged.Time.Equal(at.Time) {
		// At the midnight itself its day is over, and a time that never was when the clocks were
		// set forward.
		aged.Time = aged.Time.Add(time.Microsecond)
	}
	return dueAt(ctx, sp, aged.Time, out)
}

// dueAt finds the first instant at which the record is old enough, which is when the last
// instant of its timestamp is. That is not always the sum: months are taken off before
// days, and where a month is shorter than the one before the cutoff jumps at midnight (31
// January and a month is due on 1 March). So the same time of the days around the sum and
// their midnights are tried. Where clocks were set forward, at the timestamp or at the sum,
// the cutoff jumps too: between the best of those and the day before the moment is looked
// for by halves.
func dueAt(ctx context.Context, tx pgx.Tx, aged time.Time, out *retention.RecordPolicy) error {
	p := out.Policy
	var at time.Time
	if at := p.RetentionPeriod.After(aged); at.Year() > 9999 {
		return nil // never, as far as anybody can write
	}
	// Hours come first, since a cutoff takes them off last.
	days, hours := periodParts("$3")
	old := func(at string) string {
		return "($1::timestamptz < " + cutoffSQL("("+at+" + interval '1 microsecond')", "$2", "$3") + ")"
	}
	err := tx.QueryRow(ctx, `
		WITH RECURSIVE sum AS (SELECT (($1::timestamptz + `+hours+`) AT TIME ZONE $2::text) + `+days+` AS local),
		candidate AS (
			SELECT (day + make_interval(days => d)) AT TIME ZONE $2::text AS at
			FROM sum, generate_series(-4, 4) AS d, unnest(ARRAY[local, date_trunc('day', local)]) AS day),
		best AS (SELECT min(at) AS at FROM candidate WHERE `+old("at")+`),
		half(young, aged) AS (
			SELECT at - interval '26 hours', at FROM best WHERE NOT `+old("(at - interval '26 hours')")+`
			UNION ALL
			SELECT CASE WHEN `+old("at")+` THEN young ELSE at END, CASE WHEN `+old("at")+` THEN at ELSE aged END
			FROM (SELECT young, aged, young + (aged - young) / 2 AS at FROM half WHERE aged - young > interval '1 microsecond') AS h)
		SELECT coalesce((SELECT min(aged) FROM half), at) FROM best`,
		aged, p.TimeZone, p.RetentionPeriod.String()).Scan(&at)
	if err == nil {
		out.DueAt = &at
	}
	return err
}

// archived finds copies of the record in one archive table.
func (r *recorder) archived(ctx context.Context, name retention.TableName) error {
	archive, err := readTable(ctx, r.tx, name)
	if errors.Is(err, retention.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range append(r.table.KeyColumns(), plan.ArchiveMeta()...) {
		if have, ok := archive.Column(c.Name); !ok || (c.BaseOID != 0 && have.BaseOID != c.BaseOID) {
			return nil // it is no archive of this table as it is now
		}
	}
	s := sqlgen.Archived(r.table, archive, r.id)
	if err := useOwnPath(ctx, r.tx); err != nil {
		return err
	}
	rows, err := r.tx.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retention.RecordArchived, error) {
		a := retention.RecordArchived{Table: name}
		var run uuid.UUID
		err := row.Scan(&a.ArchivedAt, &run, &a.Policy, &a.PolicyVersion)
		a.RunID = run.String()
		return a, err
	})
	if err != nil {
		return fmt.Errorf("look for the record in %s: %w", name, err)
	}
	r.out.Archived = append(r.out.Archived, found...)
	_, err = r.tx.Exec(ctx, ourPath)
	return err
}
