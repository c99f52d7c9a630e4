package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"holdfast/engine"
	"holdfast/internal/httpauth"
	"holdfast/internal/httperr"
	"holdfast/retention"
	"holdfast/web/static"
	"holdfast/web/ui"
)

// Options are what the pages need beside the engine and the sessions.
type Options struct {
	Log *slog.Logger
	// PublicURL is where browsers reach Holdfast; with https cookies are Secure.
	PublicURL string
	// Demo, if set, is shown on the sign-in page.
	Demo *DemoSignIn
	// Version is shown in the navigation.
	Version string
	// Now is the clock that relative times ("6 hours ago") are counted from; nil
	// means time.Now. Nothing is decided by it.
	Now func() time.Time
}

// DemoSignIn is the account of the demo.
type DemoSignIn struct {
	Email, Password string
}

// server holds what every page needs.
type server struct {
	e      *engine.Engine
	auth   *httpauth.Auth
	files  *static.Files
	assets ui.Assets
	opts   Options
}

// New makes the pages over the engine; auth knows who is signed in. It is mounted
// at "/", beside the API.
func New(e *engine.Engine, auth *httpauth.Auth, opts Options) http.Handler {
	s := newServer(opts)
	s.e, s.auth = e, auth
	return s.routes()
}

// ErrorPage shows an error as a page, for what fails outside of the pages: a
// session that cannot be read (httpauth.Options.PageError).
func ErrorPage(opts Options) func(http.ResponseWriter, *http.Request, error) {
	return newServer(opts).trouble
}

func newServer(opts Options) *server {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	files := static.Load()
	return &server{files: files, opts: opts, assets: ui.Assets{
		CSS: files.URL("app.css"), JS: files.URL("app.js"), HTMX: files.URL("htmx.min.js"), Icon: files.URL("icon.svg"),
	}}
}

func (s *server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(httperr.Trace(s.opts.Log), secureHeaders, middleware.Compress(5), httperr.Recover(s.trouble))
	r.Handle(static.Prefix+"*", s.files)
	r.Group(func(r chi.Router) {
		r.Use(s.auth.CrossOrigin, s.auth.Load)
		r.NotFound(s.page(func(*visit) error { return retention.ErrNotFound }))
		r.MethodNotAllowed(s.page(func(*visit) error { return httperr.ErrMethodNotAllowed }))
		s.openRoutes(r)
		r.Group(func(r chi.Router) {
			r.Use(s.auth.RequireSession)
			s.accountRoutes(r)
			s.policyRoutes(r)
			s.holdRoutes(r)
			s.matterRoutes(r)
			s.runRoutes(r)
			s.recordRoutes(r)
			s.doctorRoutes(r)
			s.coverageRoutes(r)
			s.restoreRoutes(r)
			s.scheduleRoutes(r)
			s.subscriberRoutes(r)
			r.Get("/", s.page(overview))
			r.Get("/audit", s.page(audit))
			r.Get("/events", s.page(events))
		})
	})
	return r
}

// visit is one request for a page.
type visit struct {
	*server
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	actor retention.Actor
	clock clock
}

// handler answers one page; an error becomes the error page.
type handler func(v *visit) error

// maxForm bounds what a form may send; placing a hold has a bound of its own.
const maxForm = 1 << 20

func (s *server) page(h handler) http.HandlerFunc { return s.pageOf(maxForm, h) }

func (s *server) pageOf(limit int64, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		v := s.visit(w, r)
		err := v.parse()
		if err == nil {
			err = h(v)
		}
		if err != nil {
			s.trouble(w, r, err)
		}
	}
}

// streamed is a page whose form has a file, which the handler reads as it arrives.
func (s *server) streamed(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxListForm)
		if err := h(s.visit(w, r)); err != nil {
			s.trouble(w, r, err)
		}
	}
}

func (s *server) visit(w http.ResponseWriter, r *http.Request) *visit {
	return &visit{server: s, w: w, r: r, ctx: r.Context(), actor: httpauth.ActorFrom(r.Context()), clock: s.clockOf(r)}
}

// param is a part of the address.
func (v *visit) param(name string) string { return chi.URLParam(v.r, name) }

// form is a field of the posted form, query a member of the address.
func (v *visit) form(name string) string  { return v.r.PostForm.Get(name) }
func (v *visit) query(name string) string { return v.r.URL.Query().Get(name) }

// shell is the frame of the page.
func (v *visit) shell(section, title string) ui.Shell {
	sh := ui.Shell{
		Title: title, Section: section, User: v.actor.Name, Theme: themeOf(v.r),
		Version: v.opts.Version, Assets: v.assets, Here: "/", Done: doneTexts[v.query("done")],
	}
	if v.r.Method == http.MethodGet {
		sh.Here = v.r.URL.RequestURI()
	}
	return sh
}

// render answers a page. Pages show what is true now and to whom it is shown, so
// nothing keeps them.
func (v *visit) render(status int, c templ.Component) error {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.WriteHeader(status)
	if err := c.Render(v.ctx, v.w); err != nil {
		v.opts.Log.WarnContext(v.ctx, "page was not sent to its end", "path", v.r.URL.Path, "error", err)
	}
	return nil
}

// redirect leads on after a change, so that a reload does not repeat it.
func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// doneTexts are what a page may say about the step before it. The address names
// one of them, never a text, so that nobody can put words on our pages by a link.
var doneTexts = map[string]string{
	"saved":            "Saved.",
	"created":          "The policy is saved. Nothing has run yet.",
	"retired":          "The policy is retired. It runs no more.",
	"placed":           "The hold is placed.",
	"waits":            "The hold is kept. It is not in force yet.",
	"given_up":         "The hold is given up. It was never in force.",
	"widened":          "The hold covers more now.",
	"narrowed":         "It is recorded. What falls out of the hold, and until when it is held, stands below.",
	"kept":             "It is taken back: these records stay held.",
	"revised":          "The change of the hold is saved.",
	"released":         "The release is recorded.",
	"taken_back":       "The release is taken back: the hold stays in force.",
	"reviewed":         "The review is recorded.",
	"matter":           "The change is recorded.",
	"requested":        "The run is requested.",
	"restore":          "The restore is requested.",
	"exempted":         "The table is exempt.",
	"unexempted":       "The exemption has ended.",
	"approved":         "The run is approved. It counts once more and goes on.",
	"paused":           "The run is paused. What was committed stays; resumed, it goes on from there.",
	"resumed":          "The run is queued again and goes on from where it was.",
	"cancelled":        "The run is cancelled. What was committed stays.",
	"password":         "Your password is changed, and your other sessions have ended.",
	"person":           "The person is added. Hand over the password on another way than this page.",
	"revoked":          "The token is revoked. It is refused from now on.",
	"zone":             "Times are shown in this zone from now on.",
	"schedule":         "The schedule is saved. It owes its slots from now on.",
	"schedule_on":      "The schedule is enabled. It owes its slots from now on.",
	"schedule_off":     "The schedule is disabled. It starts nothing until somebody enables it.",
	"subscribed":       "The subscriber is added. It is told of what happens from now on.",
	"ended":            "The subscriber has ended. Its name is free.",
	"replayed":         "The events are delivered again.",
	"nothing-replayed": "There is no event to deliver again.",
}

// secureHeaders keep a page from running, loading or being framed by anything
// that is not ours.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		next.ServeHTTP(w, r)
	})
}

// newNonce names one showing of a form, so that sending it twice is one request.
func newNonce() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
