package httperr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

func TestEveryKindHasItsStatusAndType(t *testing.T) {
	tests := []struct {
		err    error
		status int
		slug   string
		detail string
	}{
		{&httperr.Malformed{Detail: "line 3, column 7: unexpected }"}, 400, "malformed", "line 3, column 7: unexpected }"},
		{retention.ErrUnauthenticated, 401, "unauthenticated", "Send a valid API token as `Authorization: Bearer <token>`, or sign in."},
		{fmt.Errorf("%w: a token belongs to a person", retention.ErrForbidden), 403, "forbidden", "a token belongs to a person"},
		{retention.NotFoundf("there is no policy %q", "x"), 404, "not-found", `there is no policy "x"`},
		{httperr.ErrMethodNotAllowed, 405, "method-not-allowed", "This path answers to other methods; see the header Allow."},
		{fmt.Errorf("save policy: %w", retention.Conflictf("policy %q is live", "x")), 409, "conflict", `policy "x" is live`},
		{fmt.Errorf("%w: the policy is at version 4 now", retention.ErrStale), 412, "stale", "the policy is at version 4 now"},
		{fmt.Errorf("%w: at most 1 MiB", httperr.ErrTooLarge), 413, "too-large", "at most 1 MiB"},
		{fmt.Errorf("%w: send application/json", httperr.ErrUnsupportedMediaType), 415, "unsupported-media-type", "send application/json"},
		{retention.Invalid("action", "must be delete"), 422, "invalid", "action: must be delete"},
		{fmt.Errorf("%w: send If-Match", retention.ErrPreconditionRequired), 428, "precondition-required", "send If-Match"},
		{&httperr.TooManyRequests{RetryAfter: 1500 * time.Millisecond}, 429, "too-many-requests", "too many failed attempts; try again in 2 seconds"},
		{fmt.Errorf("ping: %w: dial tcp 10.0.0.1", retention.ErrUnavailable), 503, "unavailable", "A database that is needed cannot be reached now; nothing is lost, try again."},
		{&httperr.Unavailable{Detail: "the store cannot be reached", Err: errors.New("dial tcp 10.0.0.1")}, 503, "unavailable", "the store cannot be reached"},
		{fmt.Errorf("simulate: %w", retention.ErrTooSlow), 503, "unavailable", "The governed database took too long for this and was stopped; try again when it is less busy."},
		{fmt.Errorf("simulate: %w", retention.ErrMoved), 409, "conflict", "A table, or the holds on it, changed meanwhile; look at it again."},
		{context.DeadlineExceeded, 503, "unavailable", "The request took too long and was given up; try again."},
		{errors.New("pq: secret detail"), 500, "internal", "This is not your fault. The log has the reason under the request's id."},
	}
	for _, tc := range tests {
		t.Run(tc.slug, func(t *testing.T) {
			p := httperr.Of(tc.err)
			if p.Status != tc.status || p.Type != httperr.TypePrefix+tc.slug || p.Detail != tc.detail {
				t.Errorf("got %d %s %q\nwant %d %s %q", p.Status, p.Type, p.Detail, tc.status, tc.slug, tc.detail)
			}
			if p.Title == "" {
				t.Error("has no title")
			}
		})
	}
}

func TestFieldsAtFaultAreListed(t *testing.T) {
	var bad retention.Problems
	bad.Add("action", "must be delete")
	bad.Add("columns.email.method", "is not a method")
	p := httperr.Of(fmt.Errorf("save: %w", bad.Err()))
	want := []retention.FieldError{{Field: "action", Message: "must be delete"}, {Field: "columns.email.method", Message: "is not a method"}}
	if diff := cmp.Diff(want, p.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	one := httperr.Of(retention.Invalid("table", "there is no table public.gone in the governed database"))
	if want := "table: there is no table public.gone in the governed database"; one.Detail != want {
		t.Errorf("detail: got %q, want %q", one.Detail, want)
	}
	if want := "2 members are at fault: action, columns.email.method"; p.Detail != want {
		t.Errorf("detail: got %q, want %q", p.Detail, want)
	}
}

func TestUnexpectedErrorIsLoggedWithItsRequestAndNeverShown(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	h := httperr.Trace(log)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httperr.Write(w, r, errors.New("a secret detail"))
	}))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/api/v1/me", nil))

	var p httperr.Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if rec.Code != 500 || rec.Header().Get("Content-Type") != httperr.ContentType {
		t.Errorf("got %d %s", rec.Code, rec.Header().Get("Content-Type"))
	}
	id := rec.Header().Get(httperr.RequestIDHeader)
	if id == "" || p.Instance != id {
		t.Errorf("instance: got %q, want the request's id %q", p.Instance, id)
	}
	if strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("shows the error: %s", rec.Body)
	}
	if !strings.Contains(logged.String(), "a secret detail") || !strings.Contains(logged.String(), id) {
		t.Errorf("log lacks the error or the id: %s", &logged)
	}
}

func TestAPanicBecomesAProblem(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	h := httperr.Trace(log)(httperr.Recover(httperr.Write)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("out of luck")
	})))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "luck") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if !strings.Contains(logged.String(), "out of luck") || !strings.Contains(logged.String(), "status=500") {
		t.Errorf("log: %s", &logged)
	}
}

func TestAPanicAfterTheAnswerBeganCutsTheConnection(t *testing.T) {
	h := httperr.Recover(httperr.Write)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(200)
		panic("too late")
	}))
	defer func() {
		v := recover()
		if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want http.ErrAbortHandler", v)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestAWellFormedRequestIDIsTakenOver(t *testing.T) {
	for given, taken := range map[string]bool{"build-4711.2": true, "short": false, "with space in it": false, strings.Repeat("a", 65): false} {
		h := httperr.Trace(slog.New(slog.DiscardHandler))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		req := httptest.NewRequest("GET", "/", nil)
		req.Header.Set(httperr.RequestIDHeader, given)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		got := rec.Header().Get(httperr.RequestIDHeader)
		if (got == given) != taken || got == "" {
			t.Errorf("%q: answered %q", given, got)
		}
	}
}

func TestHeadersThatBelongToAnError(t *testing.T) {
	rec := httptest.NewRecorder()
	httperr.Write(rec, httptest.NewRequest("GET", "/", nil), retention.ErrUnauthenticated)
	if got := rec.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
		t.Errorf("WWW-Authenticate: got %q", got)
	}
	rec = httptest.NewRecorder()
	httperr.Write(rec, httptest.NewRequest("GET", "/", nil), &httperr.TooManyRequests{RetryAfter: 30 * time.Second})
	if got := rec.Header().Get("Retry-After"); got != "30" || rec.Code != 429 {
		t.Errorf("Retry-After: got %q with %d", got, rec.Code)
	}
}

// TestTheLogNamesNoRecord: its key may be a person's address.
func TestTheLogNamesNoRecord(t *testing.T) {
	var out bytes.Buffer
	h := httperr.Trace(slog.New(slog.NewTextHandler(&out, nil)))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, path := range []string{"/api/v1/records/public.users/jane%40example.com", "/api/v1/records/public.users/jane%2Fx", "/api/v1/records/public.users/jane/more"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	if s := out.String(); strings.Contains(s, "jane") || strings.Count(s, "/api/v1/records/public.users/…") != 3 {
		t.Errorf("the log has %s", s)
	}
}
