// Package httpauth turns sessions and API tokens into the retention.Actor of a
// request. The API accepts both, the pages accept sessions.
//
// It owns the session's cookie and life, the throttle of failed sign-ins and where
// a client's address is read from. It does not own accounts and tokens (engine),
// nor how sessions are kept: the store is passed in.
package httpauth

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/alexedwards/scs/v2"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

// Accounts is the part of the engine that knows who somebody is.
type Accounts interface {
	// SignIn checks e-mail and password; a wrong pair is retention.ErrUnauthenticated.
	SignIn(ctx context.Context, email, password, remoteAddr string) (retention.Actor, error)
	// SignOut records the end of a session.
	SignOut(ctx context.Context, actor retention.Actor) error
	// SessionActor is the actor of a session's account; retention.ErrUnauthenticated
	// if the account is gone or disabled, or the mark is not its password's.
	SessionActor(ctx context.Context, userID, mark, remoteAddr string) (retention.Actor, error)
	// TokenActor is the actor of an API token; retention.ErrUnauthenticated if it is
	// not known, revoked or expired.
	TokenActor(ctx context.Context, secret, remoteAddr string) (retention.Actor, error)
}

// CookieName is the session's cookie.
const CookieName = "holdfast_session"

// How long a session lives.
const (
	IdleTimeout = 8 * time.Hour
	Lifetime    = 12 * time.Hour
)

// Options say how people reach this service.
type Options struct {
	// Secure marks the cookie for https alone; set it when PUBLIC_URL is https.
	Secure bool
	// TrustedProxies may say in X-Forwarded-For whom they speak for. Without them
	// the header is ignored, since anybody can send it.
	TrustedProxies []netip.Prefix
	// PageError shows an error on a page; nil shows problem+json.
	PageError func(http.ResponseWriter, *http.Request, error)
	// Now is the clock of the sign-in throttle; nil is the process's.
	Now func() time.Time
}

// Auth knows who asks. It is safe for concurrent use.
type Auth struct {
	accounts  Accounts
	sessions  *scs.SessionManager
	origin    *http.CrossOriginProtection
	throttle  *throttle
	slots     chan struct{}
	proxies   []netip.Prefix
	pageError func(http.ResponseWriter, *http.Request, error)
}

// hashingAtOnce bounds the password hashes being computed at the same time: each
// takes tens of megabytes, and anybody can ask for one.
const hashingAtOnce = 4

// New makes an Auth over the engine's accounts and a store of sessions.
func New(accounts Accounts, sessions scs.Store, o Options) *Auth {
	a := &Auth{
		accounts: accounts, proxies: o.TrustedProxies, pageError: o.PageError,
		origin: http.NewCrossOriginProtection(), slots: make(chan struct{}, hashingAtOnce),
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if a.pageError == nil {
		a.pageError = httperr.Write
	}
	a.throttle = newThrottle(o.Now)
	a.origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.pageError(w, r, errCrossOrigin)
	}))
	a.sessions = a.newSessions(sessions, o.Secure)
	return a
}

// newSessions is built by hand: scs.New would start a goroutine for a store of its
// own that nobody stops.
func (a *Auth) newSessions(store scs.Store, secure bool) *scs.SessionManager {
	return &scs.SessionManager{
		IdleTimeout: IdleTimeout,
		Lifetime:    Lifetime,
		Store:       store,
		Codec:       scs.GobCodec{},
		// Whoever reads the table must not be able to take a session over.
		HashTokenInStore: true,
		ErrorFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			a.renderer(r.Context())(w, r, err)
		},
		Cookie: scs.SessionCookie{
			Name: CookieName, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
		},
	}
}

type (
	actorKey  struct{}
	renderKey struct{}
)

// ActorFrom is who asks; the zero Actor if nobody is signed in.
func ActorFrom(ctx context.Context) retention.Actor {
	actor, _ := ctx.Value(actorKey{}).(retention.Actor)
	return actor
}

func withActor(ctx context.Context, actor retention.Actor) context.Context {
	httperr.NoteActor(ctx, actor.Name)
	return context.WithValue(ctx, actorKey{}, actor)
}

// renderer shows errors of the session: as a problem to the API, as a page else.
func (a *Auth) renderer(ctx context.Context) func(http.ResponseWriter, *http.Request, error) {
	if ctx.Value(renderKey{}) != nil {
		return httperr.Write
	}
	return a.pageError
}
