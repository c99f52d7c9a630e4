package api

import (
	"context"
	"errors"
	"net/http"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/internal/idlist"
	"holdfast/retention"
)

// UploadHoldRecords is PUT /holds/{id}/records. The list is read as it arrives.
func (s *server) UploadHoldRecords(ctx context.Context, r oapi.UploadHoldRecordsRequestObject) (oapi.UploadHoldRecordsResponseObject, error) {
	table, err := retention.ParseTableName(r.Params.Table)
	if err != nil {
		return nil, retention.Invalid("table", "%s", err)
	}
	lines := idlist.Lines(r.Body)
	up, err := s.engine.UploadRecords(ctx, httpauth.ActorFrom(ctx), r.ID, table, value(r.Params.ChangeReason), func(key []string) (retention.UploadLine, error) {
		line, err := lines(key)
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return line, readError(err, maxListBody)
		}
		return line, err
	})
	if err != nil {
		return nil, err
	}
	places := func(l retention.LineFault) int { return l.Line }
	return oapi.UploadHoldRecords200JSONResponse{
		Hold: renderHold(up.Hold), Table: up.Table.String(), LineCount: up.Lines, AddedCount: up.Added, DuplicateCount: up.Duplicates,
		BadCount: up.Bad, NotFoundCount: up.NotFound, Duplicates: append([]int{}, up.DuplicateLines...), NotFound: each(up.NotFoundLines, places),
		Bad: each(up.BadLines, func(l retention.LineFault) oapi.LineFault {
			return oapi.LineFault{Line: l.Line, Text: l.Text, Reason: l.Reason}
		}),
	}, nil
}

func uploadOrNull(u retention.UploadState) *oapi.ScopeUpload {
	if u == "" {
		return nil
	}
	state := oapi.ScopeUpload(u)
	return &state
}
