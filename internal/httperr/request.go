package httperr

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// RequestIDHeader carries the request's id in both directions.
const RequestIDHeader = "X-Request-Id"

// state is what is known of the request being served. It is made by Trace, and
// whoever finds out who asks adds it.
type state struct {
	id     string
	log    *slog.Logger
	actor  string
	remote string
}

type stateKey struct{}

func stateOf(ctx context.Context) *state {
	if s, ok := ctx.Value(stateKey{}).(*state); ok {
		return s
	}
	return &state{log: slog.New(slog.DiscardHandler)}
}

// RequestID is the id of the request being served; empty outside of Trace.
func RequestID(ctx context.Context) string { return stateOf(ctx).id }

// NoteActor adds who asks to the request's line in the log.
func NoteActor(ctx context.Context, name string) { stateOf(ctx).actor = name }

// NoteRemote makes addr the client's address in the request's line in the log, instead
// of the connection's, which is a proxy's where there is one.
func NoteRemote(ctx context.Context, addr string) { stateOf(ctx).remote = addr }

// wellFormedID is what is taken over from a client or a proxy as a request's id.
var wellFormedID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// Trace gives each request an id (a well-formed X-Request-Id is taken over),
// answers it in the same header and writes one log line when the request is done.
// Inside another Trace it does nothing, so that it can be part of each handler.
func Trace(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, traced := r.Context().Value(stateKey{}).(*state); traced {
				next.ServeHTTP(w, r)
				return
			}
			s := &state{id: r.Header.Get(RequestIDHeader), log: log, remote: r.RemoteAddr}
			if !wellFormedID.MatchString(s.id) {
				s.id = rand.Text()
			}
			w.Header().Set(RequestIDHeader, s.id)
			rec := &recorder{ResponseWriter: w}
			start := time.Now()
			defer func() { s.logRequest(r, rec, time.Since(start)) }()
			next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), stateKey{}, s)))
		})
	}
}

// logRequest writes the request's line. Probes and scrapes come every few seconds and are
// logged for debugging only. The query is left out, and the key of a record too: they may
// name a person.
func (s *state) logRequest(r *http.Request, rec *recorder, took time.Duration) {
	level := slog.LevelInfo
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/metrics" {
		level = slog.LevelDebug
	}
	s.log.LogAttrs(r.Context(), level, "request",
		slog.String("request_id", s.id), slog.String("method", r.Method), slog.String("path", withoutKey(r.URL.Path)),
		slog.Int("status", rec.statusOrOK()), slog.Int64("bytes", rec.bytes), slog.Duration("duration", took),
		slog.String("remote_addr", s.remote), slog.String("actor", s.actor))
}

// withoutKey is the path of a request for a record with a sign in the place of its key.
func withoutKey(path string) string {
	const records = "/api/v1/records/"
	rest, ok := strings.CutPrefix(path, records)
	table, _, keyed := strings.Cut(rest, "/")
	if !ok || !keyed {
		return path
	}
	return records + table + "/…"
}

// Recover turns a panic into an error that render shows. Once part of the answer
// is out there is nothing to be shown: the connection is cut, so that the client
// does not take the rest for the whole.
func Recover(render func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &recorder{ResponseWriter: w}
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if abort, ok := v.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
					panic(v)
				}
				err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
				if rec.status != 0 {
					Log(r.Context(), err)
					panic(http.ErrAbortHandler)
				}
				render(w, r, err)
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the first final status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) statusOrOK() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
