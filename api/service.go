package api

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"holdfast"
	"holdfast/api/oapi"
	"holdfast/internal/httperr"
	"holdfast/retention"
)

// GetHealth is GET /healthz: the process answers, whatever the databases do, so that
// an outage of theirs does not have it restarted.
func (s *server) GetHealth(context.Context, oapi.GetHealthRequestObject) (oapi.GetHealthResponseObject, error) {
	return oapi.GetHealth200JSONResponse{Status: "ok"}, nil
}

// GetReadiness is GET /readyz.
func (s *server) GetReadiness(ctx context.Context, _ oapi.GetReadinessRequestObject) (oapi.GetReadinessResponseObject, error) {
	if err := s.engine.Ready(ctx); err != nil {
		return nil, &httperr.Unavailable{Detail: whatIsMissing(err), Err: err}
	}
	if s.opts.Ready != nil {
		if err := s.opts.Ready(ctx); err != nil {
			return nil, &httperr.Unavailable{Detail: "not ready: " + err.Error(), Err: err}
		}
	}
	return oapi.GetReadiness200JSONResponse{Status: "ready"}, nil
}

// whatIsMissing is the part of the error that our own code wrote. What comes after
// the kind may be the driver's text with hosts and names in it, and anybody may ask.
func whatIsMissing(err error) string {
	what, _, found := strings.Cut(err.Error(), ": "+retention.ErrUnavailable.Error())
	if !found {
		return "not ready: a database cannot be reached; the log says which"
	}
	return "not ready: " + what
}

// GetMetrics is GET /metrics.
func (s *server) GetMetrics(ctx context.Context, _ oapi.GetMetricsRequestObject) (oapi.GetMetricsResponseObject, error) {
	if s.opts.Metrics == nil {
		return nil, retention.NotFoundf("this service has no metrics")
	}
	return scrape{handler: s.opts.Metrics, r: requestFrom(ctx).http}, nil
}

// scrape leaves the answer to the metrics' own handler, which settles its format and
// encoding with the client.
type scrape struct {
	handler http.Handler
	r       *http.Request
}

// VisitGetMetricsResponse implements oapi.GetMetricsResponseObject.
func (s scrape) VisitGetMetricsResponse(w http.ResponseWriter) error {
	s.handler.ServeHTTP(w, s.r)
	return nil
}

// GetOpenAPI is GET /openapi.yaml.
func (s *server) GetOpenAPI(context.Context, oapi.GetOpenAPIRequestObject) (oapi.GetOpenAPIResponseObject, error) {
	return oapi.GetOpenAPI200ApplicationYamlResponse{
		Body: bytes.NewReader(holdfast.OpenAPI), ContentLength: int64(len(holdfast.OpenAPI)),
	}, nil
}
