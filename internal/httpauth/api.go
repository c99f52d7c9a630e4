package httpauth

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

var errCrossOrigin = fmt.Errorf("%w: the request changes something and comes from another site", retention.ErrForbidden)

// CrossOrigin refuses requests that change something and that a browser sent on
// behalf of another site. It is for everything that trusts a cookie.
func (a *Auth) CrossOrigin(next http.Handler) http.Handler { return a.origin.Handler(next) }

// RequireAPI lets a request pass that carries a valid API token, or the session of
// a browser that was not sent by another site; any other is a 401 problem. A token
// that is not valid is never made up for by a session.
func (a *Auth) RequireAPI(next http.Handler) http.Handler {
	session := a.Load(requireActor(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httperr.NoteRemote(r.Context(), a.RemoteAddr(r))
		if header := r.Header.Get("Authorization"); header != "" {
			a.serveToken(w, r, header, next)
			return
		}
		if _, err := r.Cookie(CookieName); err != nil {
			httperr.Write(w, r, retention.ErrUnauthenticated)
			return
		}
		if err := a.origin.Check(r); err != nil {
			httperr.Write(w, r, errCrossOrigin)
			return
		}
		session.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), renderKey{}, true)))
	})
}

func (a *Auth) serveToken(w http.ResponseWriter, r *http.Request, header string, next http.Handler) {
	scheme, secret, _ := strings.Cut(header, " ")
	secret = strings.TrimSpace(secret)
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		httperr.Write(w, r, retention.ErrUnauthenticated)
		return
	}
	actor, err := a.accounts.TokenActor(r.Context(), secret, a.RemoteAddr(r))
	if err != nil {
		httperr.Write(w, r, err)
		return
	}
	next.ServeHTTP(w, r.WithContext(withActor(r.Context(), actor)))
}

func requireActor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ActorFrom(r.Context()).IsZero() {
			httperr.Write(w, r, retention.ErrUnauthenticated)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// RemoteAddr is the client's address without its port. Where the connection comes
// from a trusted proxy it is the last address in X-Forwarded-For that is not a
// trusted proxy's too.
func (a *Auth) RemoteAddr(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if !a.trusted(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := hopAddr(strings.TrimSpace(hop))
		if err != nil {
			// What a proxy of ours cannot have written is not read past.
			break
		}
		host = addr.Unmap().String()
		if !a.trusted(host) {
			break
		}
	}
	return host
}

// hopAddr reads an entry of X-Forwarded-For: an address, which some proxies write with
// the port.
func hopAddr(hop string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(hop); err == nil {
		return ap.Addr(), nil
	}
	return netip.ParseAddr(hop)
}

func (a *Auth) trusted(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(a.proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}
