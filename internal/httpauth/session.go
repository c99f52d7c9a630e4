package httpauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

// What a session holds: whose it is, and under which password it was begun.
const (
	userKey = "user_id"
	markKey = "mark"
)

// SignInPath is the page that asks for e-mail and password.
const SignInPath = "/sign-in"

// Load reads the request's session and puts its actor into the context, without
// demanding one. A session whose account is gone or has another password ends here.
func (a *Auth) Load(next http.Handler) http.Handler {
	return a.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, addr := r.Context(), a.RemoteAddr(r)
		httperr.NoteRemote(ctx, addr)
		actor, err := a.sessionActor(ctx, addr)
		if err != nil {
			a.renderer(ctx)(w, r, err)
			return
		}
		if !actor.IsZero() {
			r = r.WithContext(withActor(ctx, actor))
		}
		next.ServeHTTP(w, r)
	}))
}

func (a *Auth) sessionActor(ctx context.Context, remoteAddr string) (retention.Actor, error) {
	id := a.sessions.GetString(ctx, userKey)
	if id == "" {
		return retention.Actor{}, nil
	}
	actor, err := a.accounts.SessionActor(ctx, id, a.sessions.GetString(ctx, markKey), remoteAddr)
	if errors.Is(err, retention.ErrUnauthenticated) {
		return retention.Actor{}, a.sessions.Destroy(ctx)
	}
	return actor, err
}

// RequireSession sends whoever is not signed in to the sign-in page, and back
// afterwards if it was a page that was asked for. It stands inside Load.
func (a *Auth) RequireSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ActorFrom(r.Context()).IsZero() {
			next.ServeHTTP(w, r)
			return
		}
		to := SignInPath
		if back := wanted(r); back != "" {
			to += "?next=" + url.QueryEscape(back)
		}
		w.Header().Set("Cache-Control", "no-store")
		if r.Header.Get("HX-Request") != "" {
			// A fragment was asked for: the whole page has to go.
			w.Header().Set("HX-Redirect", to)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
}

// wanted is the page to come back to; empty if it cannot be asked for again.
func wanted(r *http.Request) string {
	if current := r.Header.Get("HX-Current-URL"); r.Header.Get("HX-Request") != "" {
		u, err := url.Parse(current)
		if err != nil {
			return ""
		}
		return u.RequestURI()
	}
	if r.Method != http.MethodGet || r.URL.Path == "/" {
		return ""
	}
	return r.URL.RequestURI()
}

// SafeNext is where to go after signing in: the path that was wanted if it is one
// of this site, else the first page. Anything that a browser might read as another
// site is refused.
func SafeNext(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || u.Path == SignInPath {
		return "/"
	}
	return u.RequestURI()
}

// SignIn checks e-mail and password and starts a session under a new token, so
// that a token that was planted before is worth nothing. It stands inside Load. A
// wrong pair is retention.ErrUnauthenticated, too many of them httperr.TooManyRequests.
func (a *Auth) SignIn(ctx context.Context, email, password, remoteAddr string) (retention.Actor, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return retention.Actor{}, ctx.Err()
	}
	key := retention.NormalizeEmail(email) + "\x00" + remoteAddr
	if err := a.throttle.allow(key); err != nil {
		return retention.Actor{}, err
	}
	actor, err := a.accounts.SignIn(ctx, email, password, remoteAddr)
	if err != nil {
		if errors.Is(err, retention.ErrUnauthenticated) {
			a.throttle.failed(key)
		}
		return retention.Actor{}, err
	}
	a.throttle.forget(key)
	return actor, a.Begin(ctx, actor)
}

// Begin makes the session the actor's, under a new token. It stands inside Load; after a
// change of the password it is what keeps the present session.
func (a *Auth) Begin(ctx context.Context, actor retention.Actor) error {
	if err := a.sessions.RenewToken(ctx); err != nil {
		return err
	}
	a.sessions.Put(ctx, userKey, actor.UserID)
	a.sessions.Put(ctx, markKey, actor.SessionMark)
	return nil
}

// SignOut ends the session. It stands inside Load; without a session it does nothing.
func (a *Auth) SignOut(ctx context.Context) error {
	actor := ActorFrom(ctx)
	if err := a.sessions.Destroy(ctx); err != nil {
		return err
	}
	if actor.IsZero() {
		return nil
	}
	return a.accounts.SignOut(ctx, actor)
}
