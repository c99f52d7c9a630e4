package api

import (
	"context"
	"encoding/json"
	"time"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListHolds is GET /holds.
func (s *server) ListHolds(ctx context.Context, r oapi.ListHoldsRequestObject) (oapi.ListHoldsResponseObject, error) {
	f := retention.HoldFilter{Search: value(r.Params.Q), Statuses: convert[oapi.HoldStatus, retention.HoldStatus](r.Params.Status), ReviewDue: value(r.Params.ReviewDue), FailSafe: value(r.Params.FailSafe), Matter: value(r.Params.Matter)}
	items, next, err := s.engine.Holds(ctx, httpauth.ActorFrom(ctx), f, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListHolds200JSONResponse{Items: each(items, renderHold), NextCursor: orNull(next)}, nil
}

// PlaceHold is POST /holds. The body was read as a stream before; see readHold.
func (s *server) PlaceHold(ctx context.Context, _ oapi.PlaceHoldRequestObject) (oapi.PlaceHoldResponseObject, error) {
	req := requestFrom(ctx)
	given := *req.hold
	req.hold = nil // the ids are the engine's alone from here on
	h, err := s.engine.PlaceHold(ctx, httpauth.ActorFrom(ctx), given)
	if err != nil {
		return nil, err
	}
	return oapi.PlaceHold201JSONResponse{
		Body:    renderHold(h),
		Headers: oapi.PlaceHold201ResponseHeaders{ETag: etag(h.Version), Location: Base + "/holds/" + h.ID},
	}, nil
}

// PreviewHold is POST /holds/preview. The body was read as a stream before; see readHold.
func (s *server) PreviewHold(ctx context.Context, _ oapi.PreviewHoldRequestObject) (oapi.PreviewHoldResponseObject, error) {
	req := requestFrom(ctx)
	given := *req.hold
	req.hold = nil
	p, err := s.engine.PreviewHold(ctx, httpauth.ActorFrom(ctx), given.Scope)
	if err != nil {
		return nil, err
	}
	return oapi.PreviewHold200JSONResponse(renderPreview(p)), nil
}

// PreviewRelease is GET /holds/{id}/release.
func (s *server) PreviewRelease(ctx context.Context, r oapi.PreviewReleaseRequestObject) (oapi.PreviewReleaseResponseObject, error) {
	p, err := s.engine.PreviewRelease(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.PreviewRelease200JSONResponse(renderPreview(p)), nil
}

func renderPreview(p retention.HoldPreview) oapi.HoldPreview {
	records, due, gone := p.Totals()
	return oapi.HoldPreview{AsOf: p.AsOf.UTC(), RecordCount: records, DueCount: due, GoneCount: gone, Scope: each(p.Scopes, renderScopePreview)}
}

func renderScopePreview(s retention.ScopePreview) oapi.ScopePreview {
	out := oapi.ScopePreview{
		Table: s.Table.String(), All: s.All, Condition: orNull(s.Condition), RecordCount: s.RecordCount, Estimated: s.Estimated,
		NotFoundCount: s.NotFoundCount, UnknownCount: s.UnknownCount, StillHeldCount: s.StillHeldCount, KeptCount: s.KeptCount, DueCount: s.DueCount, DueHeldCount: s.DueHeldCount,
		Policies:  each(s.Policies, renderPolicyDue),
		Family:    renderFamily(s.Family),
		ReachedBy: append([]string{}, s.ReachedBy...),
		Samples:   each(s.Samples, renderKey), Problem: orNull(s.Problem),
	}
	out.Archives = each(s.Archives, renderCopies)
	out.Belongings = each(s.Belongings, func(b retention.ScopePreview) oapi.BelongingPreview {
		out := oapi.BelongingPreview{
			Table: b.Table.String(), RecordCount: b.RecordCount, DueCount: b.DueCount, DueHeldCount: b.DueHeldCount, Policies: each(b.Policies, renderPolicyDue),
			ReachedBy: append([]string{}, b.ReachedBy...), Samples: each(b.Samples, renderKey), Problem: orNull(b.Problem),
			Archives: each(b.Archives, renderCopies),
		}
		out.Gone.LookedUpCount, out.Gone.TableCount, out.Gone.UntoldCount, out.Gone.UntoldUntil = int64(b.Gone.LookedUp), b.Gone.Total, b.Gone.Untold, utc(b.Gone.UntoldUntil)
		out.Gone.Records, out.Gone.Untellable = each(b.Gone.Found, renderGone), orNull(b.Gone.Untellable)
		return out
	})
	out.Gone.LookedUpCount, out.Gone.TableCount, out.Gone.UntoldCount, out.Gone.UntoldUntil = int64(s.Gone.LookedUp), s.Gone.Total, s.Gone.Untold, utc(s.Gone.UntoldUntil)
	out.Gone.Records = each(s.Gone.Found, renderGone)
	return out
}

func renderCopies(a retention.ArchivePreview) oapi.ArchivePreview {
	return oapi.ArchivePreview{Table: a.Table.String(), RecordCount: a.RecordCount, Whole: orNull(a.Whole)}
}

// WidenHold is POST /holds/{id}/scopes. The body was read as a stream before; see readHold.
func (s *server) WidenHold(ctx context.Context, r oapi.WidenHoldRequestObject) (oapi.WidenHoldResponseObject, error) {
	req := requestFrom(ctx)
	given := *req.hold
	req.hold = nil
	h, err := s.engine.WidenHold(ctx, httpauth.ActorFrom(ctx), r.ID, given.Scope, req.why)
	if err != nil {
		return nil, err
	}
	return oapi.WidenHold200JSONResponse{Body: renderHold(h), Headers: oapi.WidenHold200ResponseHeaders{ETag: etag(h.Version)}}, nil
}

// NarrowHold is POST /holds/{id}/narrowings.
func (s *server) NarrowHold(ctx context.Context, r oapi.NarrowHoldRequestObject) (oapi.NarrowHoldResponseObject, error) {
	parts, err := readParts(r.Body.Scopes)
	if err != nil {
		return nil, err
	}
	h, err := s.engine.NarrowHold(ctx, httpauth.ActorFrom(ctx), r.ID, parts, r.Body.ChangeReason)
	if err != nil {
		return nil, err
	}
	return oapi.NarrowHold202JSONResponse{Body: renderHold(h), Headers: oapi.NarrowHold202ResponseHeaders{ETag: etag(h.Version)}}, nil
}

// PreviewNarrowing is POST /holds/{id}/narrowings/preview.
func (s *server) PreviewNarrowing(ctx context.Context, r oapi.PreviewNarrowingRequestObject) (oapi.PreviewNarrowingResponseObject, error) {
	parts, err := readParts(r.Body.Scopes)
	if err != nil {
		return nil, err
	}
	p, err := s.engine.PreviewNarrowing(ctx, httpauth.ActorFrom(ctx), r.ID, parts)
	if err != nil {
		return nil, err
	}
	return oapi.PreviewNarrowing200JSONResponse(renderPreview(p)), nil
}

// TakeBackNarrowing is POST /holds/{id}/narrowings/take-back.
func (s *server) TakeBackNarrowing(ctx context.Context, r oapi.TakeBackNarrowingRequestObject) (oapi.TakeBackNarrowingResponseObject, error) {
	h, err := s.engine.TakeBackNarrowing(ctx, httpauth.ActorFrom(ctx), r.ID, r.Body.Index, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return oapi.TakeBackNarrowing200JSONResponse{Body: renderHold(h), Headers: oapi.TakeBackNarrowing200ResponseHeaders{ETag: etag(h.Version)}}, nil
}

func readParts(in []oapi.ScopePart) ([]retention.ScopePart, error) {
	var bad retention.Problems
	parts := make([]retention.ScopePart, len(in))
	for i, p := range in {
		parts[i].Index = p.Index
		for j, id := range value(p.RecordIds) {
			key, ok := readKey(id)
			if !ok {
				bad.Add(retention.PartRecordField(i, j), "must be a string, or an array of strings for a composite key")
			}
			parts[i].RecordIDs = append(parts[i].RecordIDs, key)
		}
	}
	return parts, bad.Err()
}

func renderPolicyDue(p retention.PolicyDue) oapi.PolicyDue {
	return oapi.PolicyDue{Policy: p.Policy, Action: oapi.Action(p.Action), DueCount: p.Due}
}

// ProveHold is GET /holds/{id}/proof.
func (s *server) ProveHold(ctx context.Context, r oapi.ProveHoldRequestObject) (oapi.ProveHoldResponseObject, error) {
	p, err := s.engine.ProveHold(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.ProveHold200JSONResponse{
		Hold: renderHold(p.Hold), Verdict: oapi.ProofVerdict(p.Verdict()), AsOf: p.AsOf.UTC(), Database: p.Database, SystemIdentifier: p.SystemIdentifier, From: p.From.UTC(), Until: utc(p.Until), Epoch: p.Epoch,
		BatchCount: p.Batches, EarlierCount: p.EarlierCount, EarlierBatches: append([]string{}, p.Earlier...), PutBackAt: utc(p.PutBackAt), UnjudgedCount: p.Unjudged,
		Scope: each(p.Scopes, func(s retention.ScopeProof) oapi.ScopeProof {
			return oapi.ScopeProof{
				Table: s.Table.String(), All: s.All, Condition: orNull(s.Condition), From: utc(s.From), Until: utc(s.Until), Belongs: s.Belongs, RecordCount: s.Records, DisposedCount: s.DisposedCount, Disposed: each(s.Disposed, renderGone), ByDigest: s.ByDigest, Archives: each(s.Archives, retention.TableName.String),
				ProcessedCount: s.Processed, UntoldCount: s.Untold,
			}
		}),
		Suspended: each(p.Runs, func(r retention.SuspendedRun) oapi.SuspendedRun {
			return oapi.SuspendedRun{Run: r.RunID, Policy: r.Policy, Table: r.Table.String(), At: r.At.UTC(), HeldCount: r.Held}
		}),
	}, nil
}

func renderGone(g retention.GoneRecord) oapi.GoneRecord {
	return oapi.GoneRecord{Key: renderKey(g.Key), At: g.At.UTC(), Policy: g.Policy, Action: oapi.Action(g.Action), Run: g.RunID}
}

// GetHold is GET /holds/{id}.
func (s *server) GetHold(ctx context.Context, r oapi.GetHoldRequestObject) (oapi.GetHoldResponseObject, error) {
	h, err := s.engine.Hold(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.GetHold200JSONResponse{
		Body: renderHold(h), Headers: oapi.GetHold200ResponseHeaders{ETag: etag(h.Version)},
	}, nil
}

// ReviseHold is PATCH /holds/{id}.
func (s *server) ReviseHold(ctx context.Context, r oapi.ReviseHoldRequestObject) (oapi.ReviseHoldResponseObject, error) {
	rev, err := readRevision(r.Body)
	if err != nil {
		return nil, err
	}
	actor := httpauth.ActorFrom(ctx)
	cond, err := parseIfMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	version, err := cond.version(func() (int, error) {
		h, err := s.engine.Hold(ctx, actor, r.ID)
		return h.Version, err
	})
	if err != nil {
		return nil, err
	}
	h, err := s.engine.ReviseHold(ctx, actor, r.ID, version, rev, value(r.Body.ChangeReason))
	if err != nil {
		return nil, err
	}
	return oapi.ReviseHold200JSONResponse{
		Body: renderHold(h), Headers: oapi.ReviseHold200ResponseHeaders{ETag: etag(h.Version)},
	}, nil
}

// readRevision reads a merge: what is absent stays, null takes the expiry away.
func readRevision(in *oapi.ReviseHoldJSONRequestBody) (retention.HoldRevision, error) {
	rev := retention.HoldRevision{Reason: in.Reason}
	if in.OnExpiry != nil {
		on := retention.OnExpiry(*in.OnExpiry)
		rev.OnExpiry = &on
	}
	if in.Enforcement != nil {
		e := retention.Enforcement(*in.Enforcement)
		rev.Enforcement = &e
	}
	var err error
	if rev.ExpiresAt, err = orNullMember[time.Time](in.ExpiresAt, "expires_at", aTime); err != nil {
		return rev, err
	}
	if rev.ReviewAt, err = orNullMember[time.Time](in.ReviewAt, "review_at", aTime); err != nil {
		return rev, err
	}
	rev.ReleaseDelay, err = orNullMember[retention.Period](in.ReleaseDelay, "release_delay", "an ISO 8601 duration such as P7D or null")
	return rev, err
}

const aTime = "an RFC 3339 time such as 2026-01-31T12:00:00Z or null"

// orNullMember reads a member of a merge, which may be absent, null or a value.
func orNullMember[T any](raw json.RawMessage, name, form string) (**T, error) {
	if raw == nil {
		return nil, nil
	}
	var v *T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, retention.Invalid(name, "must be %s", form)
	}
	return &v, nil
}

// ReleaseHold is POST /holds/{id}/release.
func (s *server) ReleaseHold(ctx context.Context, r oapi.ReleaseHoldRequestObject) (oapi.ReleaseHoldResponseObject, error) {
	h, err := s.engine.ReleaseHold(ctx, httpauth.ActorFrom(ctx), r.ID, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return oapi.ReleaseHold202JSONResponse{
		Body: renderHold(h), Headers: oapi.ReleaseHold202ResponseHeaders{ETag: etag(h.Version)},
	}, nil
}

// TakeBackRelease is POST /holds/{id}/take-back.
func (s *server) TakeBackRelease(ctx context.Context, r oapi.TakeBackReleaseRequestObject) (oapi.TakeBackReleaseResponseObject, error) {
	h, err := s.engine.TakeBackRelease(ctx, httpauth.ActorFrom(ctx), r.ID, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return oapi.TakeBackRelease200JSONResponse{
		Body: renderHold(h), Headers: oapi.TakeBackRelease200ResponseHeaders{ETag: etag(h.Version)},
	}, nil
}

// ReviewHold is POST /holds/{id}/review.
func (s *server) ReviewHold(ctx context.Context, r oapi.ReviewHoldRequestObject) (oapi.ReviewHoldResponseObject, error) {
	h, err := s.engine.ReviewHold(ctx, httpauth.ActorFrom(ctx), r.ID, r.Body.Note, r.Body.ReviewAt)
	if err != nil {
		return nil, err
	}
	return oapi.ReviewHold200JSONResponse{
		Body: renderHold(h), Headers: oapi.ReviewHold200ResponseHeaders{ETag: etag(h.Version)},
	}, nil
}

// ListHoldRecords is GET /holds/{id}/records.
func (s *server) ListHoldRecords(ctx context.Context, r oapi.ListHoldRecordsRequestObject) (oapi.ListHoldRecordsResponseObject, error) {
	items, next, err := s.engine.HoldRecords(ctx, httpauth.ActorFrom(ctx), r.ID, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	render := func(h retention.HeldRecord) oapi.HeldRecord {
		return oapi.HeldRecord{Table: h.Table.String(), Key: renderKey(h.Key), Found: h.Found, Until: utc(h.Until)}
	}
	return oapi.ListHoldRecords200JSONResponse{Items: each(items, render), NextCursor: orNull(next)}, nil
}

func renderHold(h retention.Hold) oapi.Hold {
	return oapi.Hold{
		ID: h.ID, Matter: h.Matter, Reason: h.Reason, Scope: each(h.Scope, renderScope),
		CreatedBy: h.CreatedBy, CreatedAt: h.CreatedAt.UTC(), ExpiresAt: utc(h.ExpiresAt), OnExpiry: oapi.OnExpiry(h.OnExpiry),
		Status: oapi.HoldStatus(h.Status), EffectiveAt: utc(h.EffectiveAt), ReleasedBy: orNull(h.ReleasedBy),
		ReleasedAt: utc(h.ReleasedAt), ReleaseReason: orNull(h.ReleaseReason), Version: h.Version,
		ReviewAt: utc(h.ReviewAt), ReleaseDelay: delayOrNull(h.ReleaseDelay), ReleasesAt: utc(h.ReleasesAt),
		Faults: each(faultsInForce(h), renderFault), Enforcement: oapi.Enforcement(h.Enforcement),
		Problem: orNull(problemNow(h)),
	}
}

// problemNow is why a hold that is on its way is not in force.
func problemNow(h retention.Hold) string {
	if h.Status != retention.HoldApplying {
		return ""
	}
	return h.Problem
}

// faultsInForce are the faults of a hold that still restrains anything.
func faultsInForce(h retention.Hold) []retention.HoldFault {
	if !h.Status.InForce() {
		return nil
	}
	return h.Faults
}

func renderFault(f retention.HoldFault) oapi.HoldFault {
	return oapi.HoldFault{Scope: f.Scope, Table: f.Table.String(), On: f.On.String(), Effect: oapi.HoldFaultEffect(f.Effect), Reason: f.Reason, Remedy: f.Remedy}
}

func renderScope(s retention.Scope) oapi.Scope {
	return oapi.Scope{
		Table: s.Table.String(), All: s.All, Condition: orNull(s.Condition), RecordCount: s.RecordCount, NotFoundCount: s.NotFoundCount,
		NotFound: each(s.NotFound, renderKey), EffectiveAt: utc(s.EffectiveAt), SplitFrom: s.SplitFrom,
		ReleasesAt: utc(s.ReleasesAt), ReleasedBy: orNull(s.ReleasedBy), ReleaseReason: orNull(s.ReleaseReason), EndedAt: utc(s.EndedAt), Upload: uploadOrNull(s.Upload), Family: renderFamily(s.Family),
		Belongings: each(s.Belongings, func(b retention.FamilyTable) oapi.FamilyTable {
			return oapi.FamilyTable{Table: b.Table.String(), RecordCount: b.RecordCount}
		}),
	}
}

func renderFamily(f *retention.Family) *oapi.Family {
	switch {
	case f == nil:
		return nil
	case f.Depth == 0:
		return &oapi.Family{}
	}
	return &oapi.Family{Depth: &f.Depth}
}

func delayOrNull(p *retention.Period) *string {
	if p == nil {
		return nil
	}
	text := p.String()
	return &text
}
