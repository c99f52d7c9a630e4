package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListTokens is GET /tokens.
func (s *server) ListTokens(ctx context.Context, r oapi.ListTokensRequestObject) (oapi.ListTokensResponseObject, error) {
	items, next, err := s.engine.Tokens(ctx, httpauth.ActorFrom(ctx), page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListTokens200JSONResponse{Items: each(items, renderToken), NextCursor: orNull(next)}, nil
}

// CreateToken is POST /tokens, the one answer that has the secret.
func (s *server) CreateToken(ctx context.Context, r oapi.CreateTokenRequestObject) (oapi.CreateTokenResponseObject, error) {
	t, secret, err := s.engine.CreateToken(ctx, httpauth.ActorFrom(ctx), r.Body.Name, r.Body.ExpiresAt)
	if err != nil {
		return nil, err
	}
	v := renderToken(t)
	return oapi.CreateToken201JSONResponse{
		ID: v.ID, Name: v.Name, Owner: v.Owner, CreatedAt: v.CreatedAt, ExpiresAt: v.ExpiresAt,
		LastUsedAt: v.LastUsedAt, RevokedAt: v.RevokedAt, Secret: &secret,
	}, nil
}

// RevokeToken is DELETE /tokens/{id}.
func (s *server) RevokeToken(ctx context.Context, r oapi.RevokeTokenRequestObject) (oapi.RevokeTokenResponseObject, error) {
	if _, err := s.engine.RevokeToken(ctx, httpauth.ActorFrom(ctx), r.ID); err != nil {
		return nil, err
	}
	return oapi.RevokeToken204Response{}, nil
}

func renderToken(t retention.Token) oapi.Token {
	return oapi.Token{
		ID: t.ID, Name: t.Name, Owner: t.Owner, CreatedAt: t.CreatedAt.UTC(),
		ExpiresAt: utc(t.ExpiresAt), LastUsedAt: utc(t.LastUsedAt), RevokedAt: utc(t.RevokedAt),
	}
}
