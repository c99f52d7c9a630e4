package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"holdfast"
	"holdfast/api/oapi"
	"holdfast/engine"
	"holdfast/internal/httpauth"
	"holdfast/internal/httperr"
	"holdfast/retention"
)

// Base is where everything is that somebody must be signed in for.
const Base = "/api/v1"

// server implements the interface that is generated from openapi.yaml.
type server struct {
	engine *engine.Engine
	opts   Options
	log    *slog.Logger
	spec   contract
}

// Options are what the API needs beside the engine and the sessions.
type Options struct {
	Log *slog.Logger
	// Ready, unless it is nil, is asked by /readyz after the engine; its error's text is
	// shown to anybody.
	Ready func(ctx context.Context) error
	// Metrics answers /metrics; nil if there are none.
	Metrics http.Handler
}

var _ oapi.StrictServerInterface = (*server)(nil)

// New makes the handler of /api/, /healthz, /readyz, /metrics and /openapi.yaml, for
// whichever mux it is mounted in at these paths. It fails only if the contract that
// was compiled in is not valid.
func New(e *engine.Engine, auth *httpauth.Auth, opts Options) (http.Handler, error) {
	router, err := newRouter(e, auth, opts)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A chi router that this one is mounted in would lend it its own context, and
		// put its pattern before ours.
		ctx := context.WithValue(r.Context(), chi.RouteCtxKey, (*chi.Context)(nil))
		router.ServeHTTP(w, r.WithContext(ctx))
	}), nil
}

func newRouter(e *engine.Engine, auth *httpauth.Auth, opts Options) (chi.Router, error) {
	spec, err := loadContract(holdfast.OpenAPI)
	if err != nil {
		return nil, err
	}
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &server{engine: e, opts: opts, log: log, spec: spec}
	r := chi.NewRouter()
	r.Use(httperr.Trace(log), httperr.Recover(httperr.Write), secureHeaders, middleware.GetHead, guard(auth))
	r.NotFound(notFound)
	r.MethodNotAllowed(methodNotAllowed(r))
	strict := oapi.NewStrictHandlerWithOptions(s, nil, oapi.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  s.writeUnreadable,
		ResponseErrorHandlerFunc: httperr.Write,
	})
	oapi.HandlerWithOptions(strict, oapi.ChiServerOptions{
		BaseRouter: r,
		// The last one comes first.
		Middlewares:      []oapi.MiddlewareFunc{s.idempotent, s.prepare},
		ErrorHandlerFunc: s.writeUnreadable,
	})
	return r, nil
}

// guard demands credentials for everything below /api/, so that a route cannot be
// forgotten; what is outside is for everybody.
func guard(auth *httpauth.Auth) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		guarded := auth.RequireAPI(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				guarded.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// secureHeaders keep answers out of caches, and out of anything but what they are.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	httperr.Write(w, r, retention.NotFoundf("there is no route %s; see /openapi.yaml", r.URL.Path))
}

// methodNotAllowed answers with the methods that the path has.
func methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			asked := method
			if method == http.MethodHead {
				asked = http.MethodGet
			}
			if routes.Match(chi.NewRouteContext(), asked, r.URL.Path) {
				w.Header().Add("Allow", method)
			}
		}
		httperr.Write(w, r, httperr.ErrMethodNotAllowed)
	}
}
