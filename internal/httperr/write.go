package httperr

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Write answers a request with the problem that err is, and logs what the
// operator has to know of it.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	p := Of(err)
	p.Instance = RequestID(r.Context())
	Log(r.Context(), err)
	SetHeaders(w, err)
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Del("Content-Length")
	body, merr := json.Marshal(p)
	if merr != nil {
		http.Error(w, p.Title, http.StatusInternalServerError)
		return
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that has gone away cannot be told
}

// SetHeaders sets the headers that belong to an error whoever renders it:
// WWW-Authenticate for 401, Retry-After for 429.
func SetHeaders(w http.ResponseWriter, err error) {
	if Of(err).Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="holdfast"`)
	}
	if t, ok := errors.AsType[*TooManyRequests](err); ok {
		w.Header().Set("Retry-After", strconv.FormatInt(t.Seconds(), 10))
	}
}

// Log records an error that the operator should see, with the request's id: what
// was not expected as an error, a database out of reach as a warning. What the
// caller did wrong is in the request log by its status.
func Log(ctx context.Context, err error) {
	s := stateOf(ctx)
	switch status := Of(err).Status; {
	case errors.Is(err, context.Canceled):
		s.log.LogAttrs(ctx, slog.LevelInfo, "request given up by its client", slog.String("request_id", s.id))
	case status == http.StatusInternalServerError:
		s.log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("request_id", s.id), slog.Any("error", err))
	case status == http.StatusServiceUnavailable:
		s.log.LogAttrs(ctx, slog.LevelWarn, "request could not be served", slog.String("request_id", s.id), slog.Any("error", err))
	}
}
