package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// AwaitApproval makes a run that its worker has not begun with wait for a person, if
// attempt is its latest; else ErrConflict. The results say which policies are above
// their ceilings. The run keeps its policies: others on them wait.
func (s *Store) AwaitApproval(ctx context.Context, id string, attempt int, results []retention.PolicyResult, by retention.By) (retention.Run, error) {
	if err := checkID("run", id); err != nil {
		return retention.Run{}, err
	}
	var r retention.Run
	err := s.write(ctx, "let run "+id+" wait for approval", func(tx pgx.Tx) error {
		before, err := lockAttempt(ctx, tx, id, attempt)
		if err != nil {
			return err
		}
		if before.Status != retention.RunRunning {
			return retention.Conflictf("run %s is %s, not running", id, before.Status)
		}
		for _, res := range results {
			if err := updateResult(ctx, tx, id, res); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.run
			SET status = 'needs_approval', attempt = attempt + 1, waiting = ''
			WHERE id = $1::text::uuid`, id)
		if err != nil {
			return err
		}
		if r, err = loadRun(ctx, tx, id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "run/"+id, before, r)
	})
	return r, err
}

// ApproveRun queues a run that needs approval, with the next attempt, and enqueues its
// job, in one transaction. The approvals must be exactly those that the run asks for:
// others, and any other state of the run, are ErrConflict.
func (s *Store) ApproveRun(ctx context.Context, id string, approvals []retention.Approval, by retention.By) (retention.Run, error) {
	if err := checkID("run", id); err != nil {
		return retention.Run{}, err
	}
	var r retention.Run
	err := s.write(ctx, "approve run "+id, func(tx pgx.Tx) error {
		before, err := loadRun(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if before.Status != retention.RunNeedsApproval {
			return retention.Conflictf("run %s is %s; only a run that needs approval can be approved", id, before.Status)
		}
		approved, err := approve(before, approvals)
		if err != nil {
			return err
		}
		for _, res := range approved {
			if err := updateResult(ctx, tx, id, res); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.run
			SET status = 'queued', attempt = attempt + 1, waiting = '',
			    approved_by = $2, approved_at = holdfast.clock(),
			    start_by = NULL, -- a person wants it now, whatever the hour
			    requeued_at = holdfast.clock()
			WHERE id = $1::text::uuid`, id, by.Actor.Name)
		if err != nil {
			return err
		}
		if r, err = loadRun(ctx, tx, id, ""); err != nil {
			return err
		}
		if err := s.enqueue(ctx, tx, id, r.Attempt); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "run/"+id, before, r)
	})
	return r, err
}

// approve compares the figures that a person has seen with those that the run asks for,
// and answers the results that change.
func approve(r retention.Run, approvals []retention.Approval) (out []retention.PolicyResult, err error) {
	given := map[string]int64{}
	for _, a := range approvals {
		given[a.Policy] = a.WouldProcess
	}
	for _, res := range r.Policies {
		if res.Status != retention.RunNeedsApproval {
			continue
		}
		rows, ok := given[res.Policy]
		switch {
		case !ok:
			return nil, retention.Conflictf("run %s also asks for approval of %d rows under %s; approve all of its figures, or cancel it", r.ID, res.Belt.WouldProcess, res.Policy)
		case rows != res.Belt.WouldProcess:
			return nil, retention.Conflictf("run %s asks for approval of %d rows under %s, not of %d; read it again", r.ID, res.Belt.WouldProcess, res.Policy, rows)
		}
		delete(given, res.Policy)
		belt := *res.Belt
		belt.Approved = &rows
		res.Belt, res.Status = &belt, retention.RunQueued
		out = append(out, res)
	}
	for _, a := range approvals {
		if _, left := given[a.Policy]; left {
			return nil, retention.Conflictf("run %s asks for no approval of %q", r.ID, a.Policy)
		}
	}
	return out, nil
}

// SaveSimulation keeps what a simulation of a stored version has found, in the place of
// an earlier one.
func (s *Store) SaveSimulation(ctx context.Context, sim retention.Simulation, by string) error {
	figures, err := json.Marshal(sim)
	if err != nil {
		return fmt.Errorf("keep a simulation of policy %s: %w", sim.Policy, err)
	}
	return s.write(ctx, "keep a simulation of policy "+sim.Policy, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.policy_simulation AS s (policy, version, simulated_at, simulated_by, figures)
			VALUES ($1, $2, holdfast.clock(), $3, $4)
			ON CONFLICT (policy, version) DO UPDATE
			SET simulated_at = excluded.simulated_at, simulated_by = excluded.simulated_by, figures = excluded.figures`,
			sim.Policy, sim.Version, by, figures)
		return err
	})
}

// LastSimulation is what the last simulation of a version said; ErrNotFound if it was
// never simulated.
func (s *Store) LastSimulation(ctx context.Context, policy string, version int) (retention.KeptSimulation, error) {
	var k retention.KeptSimulation
	var figures []byte
	err := s.pool.QueryRow(ctx, `
		SELECT simulated_at, simulated_by, figures
		FROM holdfast.policy_simulation
		WHERE policy = $1 AND version = $2`, policy, version).Scan(&k.At, &k.By, &figures)
	if err != nil {
		return k, fail("read the simulation of policy "+policy, absent(err, "version %d of policy %q was never simulated", version, policy))
	}
	return k, json.Unmarshal(figures, &k.Simulation)
}

// NeverSimulated are those of the policies whose version was never simulated, by name.
func (s *Store) NeverSimulated(ctx context.Context, policies []retention.Policy) ([]retention.Policy, error) {
	var out []retention.Policy
	for _, p := range policies {
		_, err := s.LastSimulation(ctx, p.Name, p.Version)
		if errors.Is(err, retention.ErrNotFound) {
			out = append(out, p)
		} else if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b retention.Policy) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
