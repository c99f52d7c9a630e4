package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// GetMe is GET /me.
func (s *server) GetMe(ctx context.Context, _ oapi.GetMeRequestObject) (oapi.GetMeResponseObject, error) {
	a := httpauth.ActorFrom(ctx)
	return oapi.GetMe200JSONResponse{
		Kind: oapi.ActorKind(a.Kind), Name: a.Name, UserID: orNull(a.UserID), Token: orNull(a.Token),
	}, nil
}

// ListUsers is GET /users.
func (s *server) ListUsers(ctx context.Context, r oapi.ListUsersRequestObject) (oapi.ListUsersResponseObject, error) {
	items, next, err := s.engine.Users(ctx, httpauth.ActorFrom(ctx), page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListUsers200JSONResponse{Items: each(items, renderUser), NextCursor: orNull(next)}, nil
}

// CreateUser is POST /users.
func (s *server) CreateUser(ctx context.Context, r oapi.CreateUserRequestObject) (oapi.CreateUserResponseObject, error) {
	u, err := s.engine.CreateUser(ctx, httpauth.ActorFrom(ctx), r.Body.Email, value(r.Body.Name), r.Body.Password)
	if err != nil {
		return nil, err
	}
	return oapi.CreateUser201JSONResponse(renderUser(u)), nil
}

func renderUser(u retention.User) oapi.User {
	return oapi.User{
		ID: u.ID, Email: u.Email, Name: u.Name, CreatedAt: u.CreatedAt.UTC(), CreatedBy: u.CreatedBy, LastSignIn: utc(u.LastSignIn), Disabled: u.Disabled,
	}
}
