package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/internal/httperr"
	"holdfast/retention"
)

// ListPreserved is GET /holds/{id}/preserved.
func (s *server) ListPreserved(ctx context.Context, r oapi.ListPreservedRequestObject) (oapi.ListPreservedResponseObject, error) {
	items, next, err := s.engine.PreservedRows(ctx, httpauth.ActorFrom(ctx), r.ID, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListPreserved200JSONResponse{Items: each(items, renderPreserved), NextCursor: orNull(next)}, nil
}

func renderPreserved(p retention.PreservedRow) oapi.PreservedRow {
	out := oapi.PreservedRow{
		ID: p.ID, At: p.At.UTC(), Holds: p.HoldIDs, Table: p.Table.String(), Operation: oapi.PreservedRowOperation(p.Operation),
		Row: json.RawMessage(p.Row), User: p.User, Application: p.Application,
	}
	if p.Key != nil {
		out.Key = renderKey(p.Key)
	}
	return out
}

// preservedExport is an answer that is written while it is read.
type preservedExport struct {
	server *server
	ctx    context.Context //nolint:containedctx // the generated interface passes none to where the answer is written
	hold   string
}

// ExportPreserved is GET /holds/{id}/preserved/export.
func (s *server) ExportPreserved(ctx context.Context, r oapi.ExportPreservedRequestObject) (oapi.ExportPreservedResponseObject, error) {
	return preservedExport{server: s, ctx: ctx, hold: r.ID}, nil
}

// VisitExportPreservedResponse writes the answer. What fails before the first row is a problem
// like any other; what fails later cuts the connection, so that nobody takes a part for the
// whole.
func (x preservedExport) VisitExportPreservedResponse(w http.ResponseWriter) error {
	out := bufio.NewWriterSize(w, 32<<10)
	rows := csv.NewWriter(out)
	begun := false
	begin := func() error {
		begun = true
		w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="holdfast-preserved-%s.csv"`, x.hold))
		return rows.Write([]string{"id", "at", "table", "key", "operation", "user", "application", "holds", "row"})
	}
	err := x.server.engine.ExportPreserved(x.ctx, httpauth.ActorFrom(x.ctx), x.hold, func(p retention.PreservedRow) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		return rows.Write(preservedCells(p))
	})
	if !begun {
		if err != nil {
			return err
		}
		err = begin()
	}
	rows.Flush()
	if err == nil {
		err = rows.Error()
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		x.server.log.LogAttrs(x.ctx, slog.LevelWarn, "an export of preserved rows was cut", slog.String("request_id", httperr.RequestID(x.ctx)), slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
	return nil
}

func preservedCells(p retention.PreservedRow) []string {
	key := strings.Join(p.Key, "")
	if len(p.Key) > 1 {
		b, _ := json.Marshal([]string(p.Key)) //nolint:errchkjson // texts can always be written
		key = string(b)
	}
	return []string{
		num(p.ID), p.At.UTC().Format(time.RFC3339Nano), text(p.Table.String()), text(key), p.Operation, text(p.User), text(p.Application),
		strings.Join(p.HoldIDs, " "), string(p.Row),
	}
}
