package target

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

const (
	// effectsTimeout is how long a simulation counts what goes with its rows elsewhere.
	effectsTimeout = 30 * time.Second
	// mostAround bounds the rows whose circles of references are followed: the server has all
	// that it finds there in memory.
	mostAround = 100_000
)

// countEffects counts what would go, or change, with the policy's rows.
func countEffects(ctx context.Context, tx pgx.Tx, pl *planned, s *retention.Simulation) error {
	reaches := func(m plan.Member) bool { return slices.ContainsFunc(m.References, plan.Reference.Reaches) }
	if s.WouldProcess == 0 || !slices.ContainsFunc(pl.Family, reaches) {
		return nil
	}
	st, ok := pl.sql.Effects()
	if !ok {
		if s.WouldProcess > mostAround {
			s.EffectsUnknown = true
			return nil
		}
		st = pl.sql.EffectsAround()
	}
	within, err := inTime(ctx, tx, effectsTimeout, func(sp pgx.Tx) error {
		rows, err := sp.Query(ctx, st.SQL, st.Args...)
		if err != nil {
			return err
		}
		var c retention.Counts
		var i int
		var e retention.TableEffect
		_, err = pgx.ForEachRow(rows, []any{&i, &e.Deleted, &e.Updated}, func() error {
			m := pl.Family[i]
			if m.Table.OID == pl.Root.OID {
				e.Deleted -= s.WouldProcess
			} else if !m.ArchiveTo.IsZero() {
				c.Affect(m.ArchiveTo.String(), retention.TableEffect{Inserted: e.Deleted})
			}
			c.Affect(m.Table.Logical().String(), e)
			return nil
		})
		s.Effects = c.Effects
		return err
	})
	s.EffectsUnknown = !within
	return err
}
