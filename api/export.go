package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/internal/httperr"
	"holdfast/retention"
)

// runWriter writes runs in one format.
type runWriter interface {
	begin() error
	run(r retention.Run) error
	end() error
}

// export is an answer that is written while it is read.
type export struct {
	server *server
	ctx    context.Context //nolint:containedctx // the generated interface passes none to where the answer is written
	format oapi.ExportRunsParamsFormat
	filter retention.RunFilter
}

// ExportRuns is GET /runs/export.
func (s *server) ExportRuns(ctx context.Context, r oapi.ExportRunsRequestObject) (oapi.ExportRunsResponseObject, error) {
	p := r.Params
	return export{server: s, ctx: ctx, format: p.Format, filter: retention.RunFilter{
		Statuses: convert[oapi.RunStatus, retention.RunStatus](p.Status), Policy: value(p.Policy),
		Triggers: convert[oapi.Trigger, retention.Trigger](p.Trigger), DryRun: p.DryRun, From: p.From, Until: p.Until,
	}}, nil
}

// VisitExportRunsResponse writes the answer. What fails before the first run is a
// problem like any other; what fails later cuts the connection, so that nobody takes
// a part for the whole.
func (x export) VisitExportRunsResponse(w http.ResponseWriter) error {
	out := bufio.NewWriterSize(w, 32<<10)
	var runs runWriter = &jsonRuns{out: out}
	mediaType := mediaJSON
	if x.format == oapi.ExportRunsParamsFormatCsv {
		runs, mediaType = newCSVRuns(out, x.filter.Policy), "text/csv; charset=utf-8; header=present"
	}
	begun := false
	begin := func() error {
		begun = true
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="holdfast-runs.%s"`, x.format))
		return runs.begin()
	}
	err := x.server.engine.ExportRuns(x.ctx, httpauth.ActorFrom(x.ctx), x.filter, func(r retention.Run) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		return runs.run(r)
	})
	if !begun {
		if err != nil {
			return err
		}
		err = begin()
	}
	if err == nil {
		err = runs.end()
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		x.server.log.LogAttrs(x.ctx, slog.LevelWarn, "an export of runs was cut", slog.String("request_id", httperr.RequestID(x.ctx)), slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
	return nil
}

// jsonRuns writes one array, one run a line.
type jsonRuns struct {
	out io.Writer
	n   int
}

func (j *jsonRuns) begin() error { return j.write("[") }

func (j *jsonRuns) run(r retention.Run) error {
	sep := "\n"
	if j.n > 0 {
		sep = ",\n"
	}
	j.n++
	body, err := json.Marshal(renderRun(r))
	if err != nil {
		return fmt.Errorf("write run %s: %w", r.ID, err)
	}
	return j.write(sep + string(body))
}

func (j *jsonRuns) end() error { return j.write("\n]\n") }

func (j *jsonRuns) write(s string) error {
	_, err := io.WriteString(j.out, s)
	return err
}
