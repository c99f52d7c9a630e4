package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/engine"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListRuns is GET /runs.
func (s *server) ListRuns(ctx context.Context, r oapi.ListRunsRequestObject) (oapi.ListRunsResponseObject, error) {
	f := retention.RunFilter{
		Statuses: convert[oapi.RunStatus, retention.RunStatus](r.Params.Status), Policy: value(r.Params.Policy),
		Triggers: convert[oapi.Trigger, retention.Trigger](r.Params.Trigger), DryRun: r.Params.DryRun, From: r.Params.From, Until: r.Params.Until,
	}
	items, next, err := s.engine.Runs(ctx, httpauth.ActorFrom(ctx), f, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListRuns200JSONResponse{Items: each(items, renderRun), NextCursor: orNull(next)}, nil
}

// RequestRun is POST /runs.
func (s *server) RequestRun(ctx context.Context, r oapi.RequestRunRequestObject) (oapi.RequestRunResponseObject, error) {
	in := value(r.Body)
	var bad retention.Problems
	refuseEmptyList(&bad, in.Policies)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	run, err := s.engine.RequestRun(ctx, httpauth.ActorFrom(ctx), engine.RunRequest{
		Policies: value(in.Policies), DryRun: value(in.DryRun), AsOf: in.AsOf,
		Pace: retention.Pace(value(in.Pace)), Trigger: retention.TriggerManual,
	})
	if err != nil {
		return nil, err
	}
	return oapi.RequestRun202JSONResponse{
		Body: renderRun(run), Headers: oapi.RequestRun202ResponseHeaders{Location: Base + "/runs/" + run.ID},
	}, nil
}

// GetRun is GET /runs/{id}.
func (s *server) GetRun(ctx context.Context, r oapi.GetRunRequestObject) (oapi.GetRunResponseObject, error) {
	run, err := s.engine.Run(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.GetRun200JSONResponse(renderRun(run)), nil
}

// PauseRun is POST /runs/{id}/pause.
func (s *server) PauseRun(ctx context.Context, r oapi.PauseRunRequestObject) (oapi.PauseRunResponseObject, error) {
	run, err := s.engine.PauseRun(ctx, httpauth.ActorFrom(ctx), r.ID)
	switch {
	case err != nil:
		return nil, err
	case run.Settling:
		return oapi.PauseRun202JSONResponse(renderRun(run)), nil
	}
	return oapi.PauseRun200JSONResponse(renderRun(run)), nil
}

// ResumeRun is POST /runs/{id}/resume.
func (s *server) ResumeRun(ctx context.Context, r oapi.ResumeRunRequestObject) (oapi.ResumeRunResponseObject, error) {
	run, err := s.engine.ResumeRun(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.ResumeRun200JSONResponse(renderRun(run)), nil
}

// ApproveRun is POST /runs/{id}/approve.
func (s *server) ApproveRun(ctx context.Context, r oapi.ApproveRunRequestObject) (oapi.ApproveRunResponseObject, error) {
	approvals := make([]retention.Approval, len(r.Body.Policies))
	for i, a := range r.Body.Policies {
		approvals[i] = retention.Approval{Policy: a.Policy, WouldProcess: a.WouldProcess}
	}
	run, err := s.engine.ApproveRun(ctx, httpauth.ActorFrom(ctx), r.ID, approvals)
	if err != nil {
		return nil, err
	}
	return oapi.ApproveRun200JSONResponse(renderRun(run)), nil
}

// CancelRun is POST /runs/{id}/cancel.
func (s *server) CancelRun(ctx context.Context, r oapi.CancelRunRequestObject) (oapi.CancelRunResponseObject, error) {
	run, err := s.engine.CancelRun(ctx, httpauth.ActorFrom(ctx), r.ID)
	switch {
	case err != nil:
		return nil, err
	case run.Settling:
		return oapi.CancelRun202JSONResponse(renderRun(run)), nil
	}
	return oapi.CancelRun200JSONResponse(renderRun(run)), nil
}

// ListBatches is GET /runs/{id}/batches.
func (s *server) ListBatches(ctx context.Context, r oapi.ListBatchesRequestObject) (oapi.ListBatchesResponseObject, error) {
	items, next, err := s.engine.Batches(ctx, httpauth.ActorFrom(ctx), r.ID, value(r.Params.Policy), false, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListBatches200JSONResponse{Items: each(items, renderBatch), NextCursor: orNull(next)}, nil
}

func renderRun(r retention.Run) oapi.Run {
	return oapi.Run{
		ID: r.ID, Trigger: oapi.Trigger(r.Trigger), RequestedBy: r.RequestedBy,
		Schedule: orNull(r.Schedule), Slot: utc(r.Slot), DryRun: r.DryRun, Pace: oapi.Pace(r.Pace),
		Status: oapi.RunStatus(r.Status), Waiting: orNull(r.Waiting), Settling: r.Settling, AsOf: utc(r.AsOf), CreatedAt: r.CreatedAt.UTC(),
		StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt), TotalProcessed: r.TotalProcessed,
		TotalHeld: r.TotalHeld, TotalErrors: r.TotalErrors,
		ApprovedBy: orNull(r.ApprovedBy), ApprovedAt: utc(r.ApprovedAt), Policies: each(r.Policies, renderResult),
	}
}

func renderResult(r retention.PolicyResult) oapi.PolicyResult {
	return oapi.PolicyResult{
		Policy: r.Policy, Version: r.Version, Action: oapi.Action(r.Action), Table: r.Table.String(), Sentence: r.Sentence,
		Cutoff: utc(r.Cutoff), Status: oapi.RunStatus(r.Status), Processed: r.Processed, Held: r.Held, Blocked: r.Blocked,
		BlockedBy: renderCounts(r.BlockedBy), Effects: renderEffects(r.Effects),
		Skipped: renderCounts(r.Skipped), NullTimestamps: counted(r.NullTimestamps), InfiniteTimestamps: counted(r.InfiniteTimestamps),
		Batches: r.Batches, StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt), DurationSeconds: r.DurationSeconds,
		Errors: each(r.Errors, func(s string) string { return s }), Belt: renderBelt(r.Belt),
		Refused: each(r.Refused, func(x retention.RefusedRow) oapi.RefusedRow {
			return oapi.RefusedRow{Key: renderKey(x.Key), Reason: oapi.RefusedRowReason(x.Reason), Error: orNull(x.Error)}
		}),
	}
}

// renderCounts renders counts by reason or by table: never null.
func renderCounts(in map[string]int64) map[string]int64 {
	if in == nil {
		return map[string]int64{}
	}
	return in
}

func renderBelt(b *retention.Belt) *oapi.Belt {
	if b == nil {
		return nil
	}
	return &oapi.Belt{WouldProcess: b.WouldProcess, TableRows: b.TableRows, TableRowsEstimated: b.Estimated, Ceiling: b.Ceiling, Approved: b.Approved}
}

func renderEffects(in map[string]retention.TableEffect) oapi.Effects {
	out := oapi.Effects{}
	for table, e := range in {
		effect := out[table]
		effect.Inserted, effect.Updated, effect.Deleted = e.Inserted, e.Updated, e.Deleted
		out[table] = effect
	}
	return out
}

func renderBatch(b retention.Batch) oapi.Batch {
	return oapi.Batch{
		ID: b.ID, RunID: b.RunID, Policy: b.Policy, PolicyVersion: b.PolicyVersion, Action: oapi.Action(b.Action),
		Table: b.Table.String(), Seq: b.Seq, GuardEpoch: b.GuardEpoch, Step: b.Step, Processed: b.Processed, Held: b.Held,
		Blocked: b.Blocked, BlockedBy: renderCounts(b.BlockedBy), Effects: renderEffects(b.Effects), Skipped: renderCounts(b.Skipped), Digests: b.Digests, CommittedAt: b.CommittedAt.UTC(),
	}
}
