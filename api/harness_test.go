package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast"
	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/httpauth"
	"holdfast/internal/metrics"
	"holdfast/internal/notify"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The service as it is wired in cmd/holdfast, over a real PostgreSQL that is store
// and governed database in one.
type service struct {
	t      testing.TB
	engine *engine.Engine
	router chi.Router
	auth   *httpauth.Auth
	url    string
	// strict is the contract with every object closed, so that a member that the
	// contract does not know fails a test.
	strict contract
	mu     sync.Mutex
	// answered are the operations and statuses seen.
	answered map[string]bool
	// ready is asked by /readyz.
	ready func(context.Context) error
	// unfenced: the governed database cannot be reached for the fence of a run.
	unfenced atomic.Bool
}

// fenced is the governed database with a switch for that.
type fenced struct {
	*target.Target
	s *service
}

func (f fenced) Beat(ctx context.Context, id string, attempt int) error {
	if f.s.unfenced.Load() {
		return retention.ErrUnavailable
	}
	return f.Target.Beat(ctx, id, attempt)
}

const adminToken = "an-administrator's-token-of-32-characters"

// plainHasher is a Hasher without the cost: these tests sign in often.
type plainHasher struct{}

func (plainHasher) Hash(password string) (string, error)      { return "plain:" + password, nil }
func (plainHasher) Check(password, hash string) (bool, error) { return hash == "plain:"+password, nil }

// The governed tables of every test.
const governed = `
	CREATE TABLE public.tickets (id bigint PRIMARY KEY, resolved_at timestamptz, email text);
	INSERT INTO public.tickets
	SELECT i, CASE WHEN i <= 10 THEN now() - interval '3 years' ELSE now() END, 'p' || i || '@example.com'
	FROM generate_series(1, 20) AS i;
	CREATE TABLE public."Order Lines" (order_id bigint, line int, placed timestamp NOT NULL, PRIMARY KEY (order_id, line));
	INSERT INTO public."Order Lines" VALUES (17, 1, '2020-01-01'), (17, 2, '2020-01-01');
	CREATE TABLE public.notes (body text, at date);`

func migratedURL(t testing.TB) string {
	t.Helper()
	return pgtest.NewFrom(t, "api-"+migrationsHash(t), func(ctx context.Context, url string) error {
		cfg, err := store.Config(url, store.Options{})
		if err != nil {
			return err
		}
		pool, err := pgxpool.NewWithConfig(ctx, cfg)
		if err != nil {
			return err
		}
		defer pool.Close()
		if err := store.Migrate(ctx, pool); err != nil {
			return err
		}
		if err := target.Migrate(ctx, url); err != nil {
			return err
		}
		_, err = pool.Exec(ctx, governed)
		return err
	})
}

func migrationsHash(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob("../migrations/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	h.Write([]byte(governed))
	for _, f := range append(files, "../go.mod") {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(b)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func newServer(t testing.TB) *service {
	t.Helper()
	url := migratedURL(t)
	st, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	tg, err := target.Open(t.Context(), url, target.Options{Secret: []byte("a secret for tests only")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tg.Close)
	sender := notify.New(notify.Options{})
	t.Cleanup(sender.Close)
	s := &service{url: url}
	return s.over(t, engine.New(st, fenced{tg, s}, engine.Options{
		AdminToken: adminToken, Hasher: plainHasher{}, Sender: sender, Secret: []byte("a secret for tests only"),
	}), st.Sessions())
}

func serviceOver(t testing.TB, e *engine.Engine, sessions sessionStore) *service {
	t.Helper()
	return new(service).over(t, e, sessions)
}

func (s *service) over(t testing.TB, e *engine.Engine, sessions sessionStore) *service {
	t.Helper()
	s.t, s.engine, s.answered = t, e, map[string]bool{}
	auth := httpauth.New(e, sessions, httpauth.Options{})
	ready := func(ctx context.Context) error {
		if s.ready == nil {
			return nil
		}
		return s.ready(ctx)
	}
	router, err := newRouter(e, auth, Options{Ready: ready, Metrics: metrics.New("test").Handler("")})
	if err != nil {
		t.Fatal(err)
	}
	s.router, s.auth, s.strict = router, auth, closedContract(t)
	return s
}

// sessionStore is what scs wants of a store.
type sessionStore interface {
	Delete(token string) error
	Find(token string) ([]byte, bool, error)
	Commit(token string, b []byte, expiry time.Time) error
}

// closedContract is the contract with each object of an answer closed.
func closedContract(t testing.TB) contract {
	t.Helper()
	c, err := loadContract(holdfast.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	no := false
	for _, op := range c {
		for _, ref := range op.route.Spec.Components.Schemas {
			if s := ref.Value; len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil {
				s.AdditionalProperties.Has = &no
			}
		}
		break
	}
	return c
}

// answer is a response that has been found valid.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// call is a request; the zero value of a member leaves it out.
type call struct {
	method, path string
	// body is sent as it is if it is a string or a reader, else as JSON.
	body   any
	header map[string]string
	// token is the administrator's unless it is given; "-" sends none.
	token string
}

func (s *service) do(c call) answer {
	s.t.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case io.Reader:
		body = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r := httptest.NewRequest(c.method, c.path, body)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	switch c.token {
	case "":
		r.Header.Set("Authorization", "Bearer "+adminToken)
	case "-":
	default:
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, v := range c.header {
		r.Header.Set(name, v)
	}
	rec := httptest.NewRecorder()
	s.router.ServeHTTP(rec, r)
	a := answer{t: s.t, status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
	s.validate(r, a)
	return a
}

// validate holds an answer against the contract: status, headers, body.
func (s *service) validate(r *http.Request, a answer) {
	s.t.Helper()
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	ctx := chi.NewRouteContext()
	if !s.router.Match(ctx, method, r.URL.Path) {
		s.validateProblem(a)
		return
	}
	op := s.strict[method+" "+ctx.RoutePattern()]
	if op == nil {
		s.t.Fatalf("%s %s is not in openapi.yaml", method, ctx.RoutePattern())
	}
	s.mu.Lock()
	s.answered[fmt.Sprintf("%s %d", op.id, a.status)] = true
	s.mu.Unlock()
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: op.route},
		Status:                 a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			ExcludeResponseBody: op.id == "getOpenAPI" || r.Method == http.MethodHead,
		},
	}
	if err := openapi3filter.ValidateResponse(r.Context(), in); err != nil {
		s.t.Errorf("%s %s: the answer %d is not what openapi.yaml says: %v\n%s", r.Method, r.URL, a.status, err, a.body)
	}
	if a.status >= 400 {
		s.validateProblem(a)
	}
}

func (s *service) validateProblem(a answer) {
	s.t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		s.t.Errorf("an error of type %q: %s", got, a.body)
		return
	}
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		s.t.Fatal(err)
	}
	problem := s.strict["GET /readyz"].route.Spec.Components.Schemas["Problem"].Value
	if err := problem.VisitJSON(v, openapi3.VisitAsResponse()); err != nil {
		s.t.Errorf("not a problem: %v\n%s", err, a.body)
	}
	p := decode[problemBody](a)
	if p.Status != a.status || p.Instance != a.header.Get("X-Request-Id") || !strings.HasPrefix(p.Type, "urn:holdfast:problem:") {
		s.t.Errorf("problem: %+v with status %d", p, a.status)
	}
}

type problemBody struct {
	Type, Title, Detail, Instance string
	Status                        int
	Errors                        []retention.FieldError
}

// field is the message for a field; it fails the test if there is none.
func (p problemBody) field(t testing.TB, name string) string {
	t.Helper()
	for _, f := range p.Errors {
		if f.Field == name {
			return f.Message
		}
	}
	t.Errorf("no error names %q; got %+v", name, p)
	return ""
}

func decode[T any](a answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// want fails the test unless the status is that.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// wantProblem is the problem of an answer of that status and type.
func (a answer) wantProblem(status int, slug string) problemBody {
	a.t.Helper()
	p := decode[problemBody](a.want(status))
	if p.Type != "urn:holdfast:problem:"+slug {
		a.t.Errorf("type: got %s, want %s", p.Type, slug)
	}
	return p
}

// object is the body as JSON has it.
func (a answer) object() map[string]any {
	a.t.Helper()
	return decode[map[string]any](a)
}

func (a answer) items() []map[string]any {
	a.t.Helper()
	return decode[struct{ Items []map[string]any }](a).Items
}
