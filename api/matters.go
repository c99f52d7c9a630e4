package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListMatters is GET /matters.
func (s *server) ListMatters(ctx context.Context, r oapi.ListMattersRequestObject) (oapi.ListMattersResponseObject, error) {
	f := retention.MatterFilter{Search: value(r.Params.Q), Closed: r.Params.Closed}
	items, next, err := s.engine.Matters(ctx, httpauth.ActorFrom(ctx), f, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListMatters200JSONResponse{Items: each(items, renderMatter), NextCursor: orNull(next)}, nil
}

// OpenMatter is POST /matters.
func (s *server) OpenMatter(ctx context.Context, r oapi.OpenMatterRequestObject) (oapi.OpenMatterResponseObject, error) {
	m, err := s.engine.OpenMatter(ctx, httpauth.ActorFrom(ctx), retention.Matter{
		Name: r.Body.Name, Reference: value(r.Body.Reference), Counsel: value(r.Body.Counsel), Notes: value(r.Body.Notes),
	})
	if err != nil {
		return nil, err
	}
	return oapi.OpenMatter201JSONResponse{Body: renderMatter(m), Headers: oapi.OpenMatter201ResponseHeaders{ETag: etag(m.Version), Location: Base + "/matters/" + m.ID}}, nil
}

// GetMatter is GET /matters/{id}.
func (s *server) GetMatter(ctx context.Context, r oapi.GetMatterRequestObject) (oapi.GetMatterResponseObject, error) {
	m, err := s.engine.Matter(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.GetMatter200JSONResponse{Body: renderMatter(m), Headers: oapi.GetMatter200ResponseHeaders{ETag: etag(m.Version)}}, nil
}

// ReviseMatter is PATCH /matters/{id}.
func (s *server) ReviseMatter(ctx context.Context, r oapi.ReviseMatterRequestObject) (oapi.ReviseMatterResponseObject, error) {
	actor := httpauth.ActorFrom(ctx)
	cond, err := parseIfMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	version, err := cond.version(func() (int, error) {
		m, err := s.engine.Matter(ctx, actor, r.ID)
		return m.Version, err
	})
	if err != nil {
		return nil, err
	}
	m, err := s.engine.ReviseMatter(ctx, actor, r.ID, version, retention.MatterRevision{Reference: r.Body.Reference, Counsel: r.Body.Counsel, Notes: r.Body.Notes})
	if err != nil {
		return nil, err
	}
	return oapi.ReviseMatter200JSONResponse{Body: renderMatter(m), Headers: oapi.ReviseMatter200ResponseHeaders{ETag: etag(m.Version)}}, nil
}

// CloseMatter is POST /matters/{id}/close.
func (s *server) CloseMatter(ctx context.Context, r oapi.CloseMatterRequestObject) (oapi.CloseMatterResponseObject, error) {
	m, err := s.engine.CloseMatter(ctx, httpauth.ActorFrom(ctx), r.ID, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return oapi.CloseMatter200JSONResponse{Body: renderMatter(m), Headers: oapi.CloseMatter200ResponseHeaders{ETag: etag(m.Version)}}, nil
}

// ReopenMatter is POST /matters/{id}/reopen.
func (s *server) ReopenMatter(ctx context.Context, r oapi.ReopenMatterRequestObject) (oapi.ReopenMatterResponseObject, error) {
	m, err := s.engine.ReopenMatter(ctx, httpauth.ActorFrom(ctx), r.ID, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return oapi.ReopenMatter200JSONResponse{Body: renderMatter(m), Headers: oapi.ReopenMatter200ResponseHeaders{ETag: etag(m.Version)}}, nil
}

func renderMatter(m retention.Matter) oapi.Matter {
	return oapi.Matter{
		ID: m.ID, Name: m.Name, Reference: m.Reference, Counsel: m.Counsel, Notes: m.Notes, OpenedBy: m.OpenedBy, OpenedAt: m.OpenedAt.UTC(),
		ClosedBy: orNull(m.ClosedBy), ClosedAt: utc(m.ClosedAt), HoldCount: m.Holds, InForceCount: m.InForce, Version: m.Version,
	}
}
