package api

import (
	"context"
	"fmt"

	"holdfast/api/oapi"
	"holdfast/engine"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListRestores is GET /restores.
func (s *server) ListRestores(ctx context.Context, r oapi.ListRestoresRequestObject) (oapi.ListRestoresResponseObject, error) {
	items, next, err := s.engine.Restores(ctx, httpauth.ActorFrom(ctx), page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListRestores200JSONResponse{Items: each(items, renderRestore), NextCursor: orNull(next)}, nil
}

// GetRestore is GET /restores/{id}.
func (s *server) GetRestore(ctx context.Context, r oapi.GetRestoreRequestObject) (oapi.GetRestoreResponseObject, error) {
	got, err := s.engine.Restore(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.GetRestore200JSONResponse(renderRestore(got)), nil
}

// PreviewRestore is POST /restores/preview.
func (s *server) PreviewRestore(ctx context.Context, r oapi.PreviewRestoreRequestObject) (oapi.PreviewRestoreResponseObject, error) {
	scope, err := readRestoreScope(*r.Body)
	if err != nil {
		return nil, err
	}
	plan, err := s.engine.PreviewRestore(ctx, httpauth.ActorFrom(ctx), scope)
	if err != nil {
		return nil, err
	}
	return oapi.PreviewRestore200JSONResponse{Tables: each(plan.Tables, renderRestoreTable), DisposedAgain: append([]string{}, plan.DisposedAgain...)}, nil
}

// RequestRestore is POST /restores.
func (s *server) RequestRestore(ctx context.Context, r oapi.RequestRestoreRequestObject) (oapi.RequestRestoreResponseObject, error) {
	in := *r.Body
	scope, err := readRestoreScope(oapi.RestoreScope{Run: in.Run, Batch: in.Batch, Table: in.Table, RecordIds: in.RecordIds})
	if err != nil {
		return nil, err
	}
	made, err := s.engine.RequestRestore(ctx, httpauth.ActorFrom(ctx), engine.RestoreRequest{Scope: scope, OnConflict: retention.OnConflict(value(in.OnConflict)), Reason: in.Reason})
	if err != nil {
		return nil, err
	}
	return oapi.RequestRestore202JSONResponse{Body: renderRestore(made), Headers: oapi.RequestRestore202ResponseHeaders{Location: Base + "/restores/" + made.ID}}, nil
}

func readRestoreScope(in oapi.RestoreScope) (retention.RestoreScope, error) {
	var bad retention.Problems
	scope := retention.RestoreScope{RunID: value(in.Run), BatchID: value(in.Batch)}
	parse(&bad, "table", value(in.Table), retention.ParseTableName, &scope.Table)
	for i, id := range value(in.RecordIds) {
		key, ok := readKey(id)
		if !ok {
			bad.Add(fmt.Sprintf("record_ids[%d]", i), "must be a string, or an array of strings for a composite key")
		}
		scope.Records = append(scope.Records, key)
	}
	return scope, bad.Err()
}

// readKey reads a key as renderKey writes it.
func readKey(v any) (retention.Key, bool) {
	switch v := v.(type) {
	case string:
		return retention.Key{v}, true
	case []any:
		key := make(retention.Key, len(v))
		for i, part := range v {
			text, ok := part.(string)
			if !ok {
				return nil, false
			}
			key[i] = text
		}
		return key, len(key) > 0
	}
	return nil, false
}

func renderRestore(r retention.Restore) oapi.Restore {
	out := oapi.Restore{
		ID: r.ID, Status: oapi.RestoreStatus(r.Status), Run: orNull(r.Scope.RunID), Batch: orNull(r.Scope.BatchID), RecordCount: r.Scope.RecordCount,
		OnConflict: oapi.RestoreOnConflict(r.OnConflict), Reason: r.Reason, Restored: r.Restored(), Held: r.Held(), InConflict: r.Conflicted(), Refused: r.Refused(),
		Tables: each(r.Tables, renderRestoreTable), Errors: append([]string{}, r.Errors...), RequestedBy: r.RequestedBy,
		CreatedAt: r.CreatedAt.UTC(), StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt),
	}
	if !r.Scope.Table.IsZero() {
		out.Table = orNull(r.Scope.Table.String())
	}
	return out
}

func renderRestoreTable(t retention.RestoreTable) oapi.RestoreTable {
	return oapi.RestoreTable{
		Table: t.Table.String(), Archive: t.Archive.String(), Policy: t.Policy, PolicyVersion: t.PolicyVersion, Rows: t.Rows, Held: t.Held,
		Restored: t.Restored, Refused: t.Refused, Problem: orNull(t.Problem), Errors: append([]string{}, t.Errors...),
		Conflicts: each(t.Conflicts, func(c retention.RestoreConflict) oapi.RestoreConflict {
			v := oapi.RestoreConflict{Kind: oapi.RestoreConflictKind(c.Kind), Constraint: c.Constraint, Rows: c.Rows, Samples: each(c.Samples, renderKey)}
			if !c.Table.IsZero() {
				v.Table = orNull(c.Table.String())
			}
			return v
		}),
	}
}
