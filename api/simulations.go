package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// SimulatePolicy is POST /policies/{name}/simulation.
func (s *server) SimulatePolicy(ctx context.Context, r oapi.SimulatePolicyRequestObject) (oapi.SimulatePolicyResponseObject, error) {
	actor := httpauth.ActorFrom(ctx)
	simulate := func() (retention.Simulation, error) { return s.engine.Simulate(ctx, actor, r.Name, r.Params.AsOf) }
	if r.Params.RetentionPeriod != nil {
		period, err := retention.ParsePeriod(*r.Params.RetentionPeriod)
		if err != nil {
			return nil, retention.Invalid("retention_period", "%s", err.Error())
		}
		simulate = func() (retention.Simulation, error) {
			return s.engine.WhatIf(ctx, actor, r.Name, period, r.Params.AsOf)
		}
	}
	sim, err := simulate()
	if err != nil {
		return nil, err
	}
	return oapi.SimulatePolicy200JSONResponse(renderSimulation(sim)), nil
}

// SimulateDraft is POST /simulations.
func (s *server) SimulateDraft(ctx context.Context, r oapi.SimulateDraftRequestObject) (oapi.SimulateDraftResponseObject, error) {
	p, err := readPolicy(r.JSONBody)
	if err != nil {
		return nil, err
	}
	sim, err := s.engine.SimulateDraft(ctx, httpauth.ActorFrom(ctx), p, r.Params.AsOf)
	if err != nil {
		return nil, err
	}
	return oapi.SimulateDraft200JSONResponse(renderSimulation(sim)), nil
}

func renderSimulation(s retention.Simulation) oapi.Simulation {
	return oapi.Simulation{
		Policy: s.Policy, Version: s.Version, Action: oapi.Action(s.Action), Table: s.Table.String(),
		AsOf: s.AsOf.UTC(), Cutoff: s.Cutoff.UTC(), Due: s.Due, Held: counted(s.Held), Blocked: counted(s.Blocked), WouldProcess: counted(s.WouldProcess),
		BlockedBy: renderCounts(s.BlockedBy), Estimated: s.Estimated, Effects: renderEffects(s.Effects), EffectsUnknown: s.EffectsUnknown, Samples: each(s.Samples, renderKey), Takes: renderTakes(s.Takes), Unknown: append([]string{}, s.Unknown...),
		NullTimestamps: counted(s.NullTimestamps), InfiniteTimestamps: counted(s.InfiniteTimestamps), OldestDue: utc(s.OldestDue),
		Conflicts: each(s.Conflicts, func(c retention.Conflict) oapi.PolicyConflict {
			return oapi.PolicyConflict{Policy: c.Policy, Version: c.Version, Yields: c.Yields, Unranked: c.Unranked, Because: c.Because}
		}),
		Belt: renderBelt(s.Belt), Plan: append([]string{}, s.Plan...), Stored: renderStored(s.Stored),
		ByMonth: each(s.ByMonth, func(m retention.MonthCount) oapi.MonthCount {
			return oapi.MonthCount{Month: m.Month, Due: m.Due, Held: m.Held}
		}),
	}
}

func renderStored(f *retention.StoredFigures) *oapi.StoredFigures {
	if f == nil {
		return nil
	}
	return &oapi.StoredFigures{Version: f.Version, Action: oapi.Action(f.Action), Table: f.Table.String(), Due: counted(f.Due), WouldProcess: counted(f.WouldProcess), Estimated: f.Estimated}
}

func renderTakes(e *retention.RunEstimate) *oapi.RunEstimate {
	if e == nil {
		return nil
	}
	return &oapi.RunEstimate{Seconds: e.Seconds, RowsPerSecond: e.RowsPerSecond, Policy: e.Policy}
}
