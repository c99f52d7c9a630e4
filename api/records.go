package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ExplainRecord is GET /records/{table}/{key}.
func (s *server) ExplainRecord(ctx context.Context, r oapi.ExplainRecordRequestObject) (oapi.ExplainRecordResponseObject, error) {
	table, err := retention.ParseTableName(r.Table)
	if err != nil {
		return nil, retention.Invalid("table", "%s", err.Error())
	}
	rec, err := s.engine.ExplainRecord(ctx, httpauth.ActorFrom(ctx), table, retention.Key{r.Key})
	if err != nil {
		return nil, err
	}
	return oapi.ExplainRecord200JSONResponse(renderRecord(rec)), nil
}

func renderRecord(r retention.Record) oapi.Record {
	return oapi.Record{
		Table: r.Table.String(), Key: renderKey(r.Key), Found: r.Found, AsOf: r.AsOf.UTC(), Next: r.Next, NextAt: utc(r.NextAt),
		Policies: each(r.Policies, renderRecordPolicy), Holds: each(r.Holds, renderRecordHold), ReachedBy: each(r.ReachedBy, func(s string) string { return s }),
		Disposed: each(r.Disposed, func(d retention.RecordDisposal) oapi.RecordDisposal {
			return oapi.RecordDisposal{
				Batch: d.ID, RunID: d.RunID, Policy: d.Policy, PolicyVersion: d.PolicyVersion, Action: oapi.Action(d.Action),
				Table: d.Table.String(), Seq: d.Seq, CommittedAt: d.CommittedAt.UTC(), Reached: d.With,
			}
		}),
		Archived: each(r.Archived, func(a retention.RecordArchived) oapi.RecordArchived {
			return oapi.RecordArchived{Table: a.Table.String(), ArchivedAt: a.ArchivedAt.UTC(), RunID: a.RunID, Policy: a.Policy, PolicyVersion: a.PolicyVersion}
		}),
		Untold: r.Untold, UntoldUntil: utc(r.UntoldUntil),
	}
}

func renderRecordPolicy(p retention.RecordPolicy) oapi.RecordPolicy {
	out := oapi.RecordPolicy{
		Policy: p.Name, Version: p.Version, Action: oapi.Action(p.Action), Enabled: p.Enabled, Sentence: p.Sentence(),
		Timestamp: utc(p.Timestamp), DueAt: utc(p.DueAt), Matches: p.Matches, Treated: p.Treated, Due: p.Due,
		LeftTo: each(p.LeftTo, func(s string) string { return s }), BlockedBy: each(p.BlockedBy, retention.TableName.String),
		KeptWith: each(p.KeptWith, retention.TableName.String), Circular: p.Circular, Problem: orNull(p.Problem),
	}
	if !p.Cutoff.IsZero() {
		out.Cutoff = utc(&p.Cutoff)
	}
	return out
}

func renderRecordHold(h retention.RecordHold) oapi.RecordHold {
	return oapi.RecordHold{
		Hold: h.ID, Matter: h.Matter, CreatedBy: h.CreatedBy, Status: oapi.HoldStatus(h.Status),
		EffectiveAt: utc(h.EffectiveAt), ExpiresAt: utc(h.ExpiresAt),
	}
}
