package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListAudit is GET /audit.
func (s *server) ListAudit(ctx context.Context, r oapi.ListAuditRequestObject) (oapi.ListAuditResponseObject, error) {
	f := retention.AuditFilter{
		Actor: value(r.Params.Actor), Action: value(r.Params.Action), Object: value(r.Params.Object),
		From: r.Params.From, Until: r.Params.Until,
	}
	items, next, err := s.engine.Audit(ctx, httpauth.ActorFrom(ctx), f, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListAudit200JSONResponse{Items: each(items, renderAudit), NextCursor: orNull(next)}, nil
}

func renderAudit(a retention.AuditEntry) oapi.AuditEntry {
	return oapi.AuditEntry{
		ID: a.ID, At: a.At.UTC(), Actor: a.Actor, ActorKind: oapi.ActorKind(a.ActorKind), Token: orNull(a.Token),
		RemoteAddr: a.RemoteAddr, Action: a.Action, Object: a.Object, Before: a.Before, After: a.After,
	}
}
