package target

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// simulationTimeout bounds a simulation's statement, simulationLock its wait for a table
	// that somebody has locked.
	simulationTimeout = 5 * time.Minute
	simulationLock    = 10 * time.Second
	// mostSimulations is how many count at once: each has a connection for as long as it
	// counts, and holds and batches need some too.
	mostSimulations = 3
)

// simulating runs do in a read-only transaction with one snapshot, with the policy
// planned as of an instant (nil means now).
func (t *Target) simulating(ctx context.Context, p retention.Policy, asOf *time.Time, timeout time.Duration, do func(tx pgx.Tx, pl *planned, asOf time.Time) error) error {
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var now time.Time
	err = tx.QueryRow(ctx, `SELECT clock_timestamp() FROM (SELECT set_config('statement_timeout', $1, true), set_config('row_security', 'off', true), set_config('jit', 'off', true), set_config('work_mem', $2, true), set_config('lock_timeout', $3, true)) AS s`,
		millis(timeout), workMem, millis(min(timeout, simulationLock))).Scan(&now)
	if err != nil {
		return classify(err)
	}
	if asOf != nil {
		now = *asOf
	}
	pl, err := t.plan(ctx, tx, p, now)
	if errors.Is(err, retention.ErrNotFound) {
		return &retention.Refusal{Field: "table", Reason: err.Error(), Remedy: "retire the policy, or give it the table's new name"}
	}
	if err != nil {
		return classify(err)
	}
	if err := useOwnPath(ctx, tx); err != nil {
		return classify(err)
	}
	return blameConditions(pl, classify(do(tx, pl, now)))
}

// Simulate computes what a run would do; see engine.Target.
func (t *Target) Simulate(ctx context.Context, p retention.Policy, asOf *time.Time, before ...retention.Policy) (retention.Simulation, error) {
	s := retention.Simulation{Policy: p.Name, Version: p.Version, Action: p.Action, Table: p.Table, ByMonth: []retention.MonthCount{}}
	select {
	case t.counting <- struct{}{}:
		defer func() { <-t.counting }()
	case <-ctx.Done():
		return s, classify(ctx.Err())
	}
	err := t.simulating(ctx, p, asOf, t.simulations, func(tx pgx.Tx, pl *planned, asOf time.Time) error {
		s.AsOf, s.Plan = asOf, pl.Describe()
		err := tx.QueryRow(ctx, "SELECT "+cutoffSQL("$1", "$2", "$3"), asOf, p.TimeZone, p.RetentionPeriod.String()).Scan(&s.Cutoff)
		if err != nil {
			return err
		}
		if s.NullTimestamps, s.InfiniteTimestamps, err = t.neverDue(ctx, tx, pl); err != nil {
			return err
		}
		if err := t.after(ctx, tx, pl, before, asOf); err != nil {
			return err
		}
		if err := readMonths(ctx, tx, pl, &s); err != nil {
			return err
		}
		s.WouldProcess = s.Due - s.Held - s.Blocked
		s.Unknown = pl.Unknown()
		if s.Belt, err = judge(ctx, tx, pl, s.WouldProcess); err != nil {
			return err
		}
		if err := countEffects(ctx, tx, pl, &s); err != nil {
			return err
		}
		s.Samples, err = sampleKeys(ctx, tx, pl, s.WouldProcess)
		return err
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(pg.Code, "22") {
		return s, &retention.Refusal{Field: "condition", Reason: "a condition fails for a row of the table: " + err.Error(), Remedy: "mend the row, the policy's condition, or the hold that is named"}
	}
	return s, err
}

// after plans the policies that are carried out before one, so far as rows of theirs are
// rows of its, or refer to them.
func (t *Target) after(ctx context.Context, tx pgx.Tx, pl *planned, before []retention.Policy, asOf time.Time) error {
	sameTable := func(p retention.Policy) bool { return p.Table == pl.Policy.Table }
	if pl.Family == nil && !slices.ContainsFunc(before, sameTable) {
		return nil
	}
	var printers []*sqlgen.Printer
	if _, err := tx.Exec(ctx, ourPath); err != nil {
		return err
	}
	for _, p := range before {
		if !p.Action.Removes() {
			continue
		}
		// One that cannot be carried out removes nothing.
		var first *planned
		err := pgx.BeginFunc(ctx, tx, func(sp pgx.Tx) (err error) {
			first, err = t.plan(ctx, sp, p, asOf)
			return err
		})
		if err == nil {
			first.sql.After(printers)
			printers = append(printers, first.sql)
		}
	}
	pl.sql.After(printers)
	return useOwnPath(ctx, tx)
}

func readMonths(ctx context.Context, tx pgx.Tx, pl *planned, s *retention.Simulation) error {
	st, err := simulation(ctx, tx, pl)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, st.SQL, st.Args...)
	if err != nil {
		return err
	}
	var m retention.MonthCount
	var blocker *int
	var oldest time.Time
	_, err = pgx.ForEachRow(rows, []any{&m.Month, &blocker, &m.Due, &m.Held, &oldest}, func() error {
		if n := len(s.ByMonth); n > 0 && s.ByMonth[n-1].Month == m.Month {
			s.ByMonth[n-1].Due += m.Due
			s.ByMonth[n-1].Held += m.Held
		} else {
			s.ByMonth = append(s.ByMonth, m)
		}
		s.Due += m.Due
		s.Held += m.Held
		if blocker != nil {
			s.Blocked += m.Due
			if s.BlockedBy == nil {
				s.BlockedBy = map[string]int64{}
			}
			s.BlockedBy[blockerName(pl, *blocker)] += m.Due
		}
		if s.OldestDue == nil || oldest.Before(*s.OldestDue) {
			v := writable(oldest)
			s.OldestDue = &v
		}
		return nil
	})
	return err
}

// mostMonths is how many months are counted one by one: two hundred years. A timestamp far
// out of that is a slip, and makes no simulation slow.
const mostMonths = 2400

// simulation is the statement that counts: month by month where an index leads there and
// nothing refers to the table, else all at once.
func simulation(ctx context.Context, tx pgx.Tx, pl *planned) (sqlgen.Statement, error) {
	if pl.Family != nil || pl.Table.LeadingIndex(pl.Time.Column.Name) == nil {
		return pl.sql.Simulate(), nil
	}
	var months *float64
	s := pl.sql.MonthSpan()
	if err := tx.QueryRow(ctx, s.SQL, s.Args...).Scan(&months); err != nil {
		return s, err
	}
	if months == nil || *months > mostMonths {
		return pl.sql.Simulate(), nil
	}
	return pl.sql.SimulateMonths(), nil
}

// blockerName is the table whose rows keep others, as a run names it.
func blockerName(pl *planned, at int) string {
	if at < 0 {
		return pl.Root.Name.String()
	}
	return pl.Family[0].References[at].Children.Logical().String()
}

const (
	// samples is how many keys a simulation shows, samplesTimeout how long it looks for them:
	// where no index leads to due rows, they may be the last of the table.
	samples        = 10
	samplesTimeout = 2 * time.Second
)

// inTime reads with a time-out of its own, and reports whether that was enough.
func inTime(ctx context.Context, tx pgx.Tx, timeout time.Duration, read func(sp pgx.Tx) error) (bool, error) {
	err := pgx.BeginFunc(ctx, tx, func(sp pgx.Tx) error {
		if _, err := sp.Exec(ctx, `SELECT pg_catalog.set_config('statement_timeout', $1, true)`, millis(timeout)); err != nil {
			return err
		}
		return read(sp)
	})
	if errors.Is(classify(err), retention.ErrTooSlow) && ctx.Err() == nil {
		return false, nil
	}
	return true, err
}

// sampleKeys are keys of some rows that would be processed; none where they are not found
// in time.
func sampleKeys(ctx context.Context, tx pgx.Tx, pl *planned, would int64) ([]retention.Key, error) {
	if would == 0 || len(pl.Key) == 0 {
		return nil, nil
	}
	var keys []retention.Key
	_, err := inTime(ctx, tx, samplesTimeout, func(sp pgx.Tx) error {
		st := pl.sql.SampleKeys(samples)
		rows, err := sp.Query(ctx, st.SQL, st.Args...)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k retention.Key, err error) {
			err = row.Scan((*[]string)(&k))
			return k, err
		})
		return err
	})
	return keys, err
}

// estimateTimeout bounds the statements of an estimate: they read the catalog alone.
const estimateTimeout = 10 * time.Second

// Estimate is what can be said of a simulation that took too long; see engine.Target.
func (t *Target) Estimate(ctx context.Context, p retention.Policy, asOf *time.Time) (retention.Simulation, error) {
	s := retention.Simulation{
		Policy: p.Name, Version: p.Version, Action: p.Action, Table: p.Table, ByMonth: []retention.MonthCount{}, Estimated: true,
		Held: retention.NotCounted, Blocked: retention.NotCounted, WouldProcess: retention.NotCounted,
		NullTimestamps: retention.NotCounted, InfiniteTimestamps: retention.NotCounted,
	}
	err := t.simulating(ctx, p, asOf, estimateTimeout, func(tx pgx.Tx, pl *planned, asOf time.Time) error {
		s.AsOf, s.Plan, s.Unknown = asOf, pl.Describe(), pl.Unknown()
		err := tx.QueryRow(ctx, "SELECT "+cutoffSQL("$1", "$2", "$3"), asOf, p.TimeZone, p.RetentionPeriod.String()).Scan(&s.Cutoff)
		if err != nil {
			return err
		}
		var explained []struct {
			Plan struct {
				Rows float64 `json:"Plan Rows"`
			}
		}
		st := pl.sql.EstimateDue()
		if err := tx.QueryRow(ctx, st.SQL, st.Args...).Scan(&explained); err != nil {
			return err
		}
		s.Due = int64(explained[0].Plan.Rows)
		return nil
	})
	return s, err
}
