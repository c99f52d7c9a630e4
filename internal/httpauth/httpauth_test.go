package httpauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

// accounts knows one person with one token.
type accounts struct {
	gone      bool
	mark      string
	signedOut []string
}

func (a *accounts) SignIn(_ context.Context, email, password, addr string) (retention.Actor, error) {
	if email != "jane@example.com" || password != "correct horse battery" {
		return retention.Actor{}, retention.ErrUnauthenticated
	}
	return a.SessionActor(context.Background(), "u1", a.mark, addr)
}

func (a *accounts) SignOut(_ context.Context, actor retention.Actor) error {
	a.signedOut = append(a.signedOut, actor.Name)
	return nil
}

func (a *accounts) SessionActor(_ context.Context, id, mark, addr string) (retention.Actor, error) {
	if id != "u1" || a.gone || mark != a.mark {
		return retention.Actor{}, retention.ErrUnauthenticated
	}
	return retention.Actor{Kind: retention.ActorUser, UserID: id, Name: "jane@example.com", RemoteAddr: addr, SessionMark: mark}, nil
}

func (a *accounts) TokenActor(_ context.Context, secret, addr string) (retention.Actor, error) {
	switch secret {
	case "hf_good":
		return retention.Actor{Kind: retention.ActorToken, UserID: "u1", Name: "jane@example.com", Token: "ci", RemoteAddr: addr}, nil
	case "hf_down":
		return retention.Actor{}, fmt.Errorf("tokens: %w", retention.ErrUnavailable)
	}
	return retention.Actor{}, retention.ErrUnauthenticated
}

// sessions is a store in memory.
type sessions struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (s *sessions) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, token)
	return nil
}

func (s *sessions) Find(token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.rows[token]
	return b, ok, nil
}

func (s *sessions) Commit(token string, b []byte, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[token] = b
	return nil
}

func newAuth(o Options) (*Auth, *accounts, *sessions) {
	acc, store := &accounts{}, &sessions{rows: map[string][]byte{}}
	return New(acc, store, o), acc, store
}

// site is a page behind a session with its sign-in and sign-out, and an API.
func site(a *Auth) http.Handler {
	mux := http.NewServeMux()
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, ActorFrom(r.Context()).Name, " from ", ActorFrom(r.Context()).RemoteAddr)
	})
	mux.Handle("/page", a.Load(a.RequireSession(who)))
	mux.Handle("/api/v1/me", a.RequireAPI(who))
	mux.Handle("POST /sign-in", a.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := a.SignIn(r.Context(), r.FormValue("email"), r.FormValue("password"), a.RemoteAddr(r)); err != nil {
			httperr.Write(w, r, err)
		}
	})))
	mux.Handle("POST /sign-out", a.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.SignOut(r.Context()); err != nil {
			httperr.Write(w, r, err)
		}
	})))
	return mux
}

func send(h http.Handler, method, path string, set func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	if set != nil {
		set(r)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

const goodSignIn = "/sign-in?email=jane@example.com&password=correct+horse+battery"

func signIn(t *testing.T, h http.Handler, old *http.Cookie) *http.Cookie {
	t.Helper()
	rec := send(h, "POST", goodSignIn, withCookie(old))
	if rec.Code != 200 {
		t.Fatalf("sign in: %d %s", rec.Code, rec.Body)
	}
	for _, c := range rec.Result().Cookies() {
		if c.Name == CookieName {
			return c
		}
	}
	t.Fatal("sign in set no cookie")
	return nil
}

func withCookie(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) {
		if c != nil {
			r.AddCookie(c)
		}
	}
}

func TestASessionFromSignInToSignOut(t *testing.T) {
	a, acc, store := newAuth(Options{Secure: true})
	h := site(a)
	c := signIn(t, h, nil)
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
		t.Errorf("cookie: %+v", c)
	}
	if _, plain := store.rows[c.Value]; plain {
		t.Error("the store has the cookie's value in plain")
	}
	for _, path := range []string{"/page", "/api/v1/me"} {
		rec := send(h, "GET", path, withCookie(c))
		if got, want := rec.Body.String(), "jane@example.com from 192.0.2.1"; rec.Code != 200 || got != want {
			t.Errorf("%s: got %d %q, want %q", path, rec.Code, got, want)
		}
	}
	send(h, "POST", "/sign-out", withCookie(c))
	if rec := send(h, "GET", "/api/v1/me", withCookie(c)); rec.Code != 401 {
		t.Errorf("after sign-out: got %d, want 401", rec.Code)
	}
	if len(acc.signedOut) != 1 {
		t.Errorf("sign-outs recorded: %v", acc.signedOut)
	}
}

func TestSignInRenewsTheSessionToken(t *testing.T) {
	a, _, _ := newAuth(Options{})
	h := site(a)
	first := signIn(t, h, nil)
	second := signIn(t, h, first)
	if first.Value == second.Value {
		t.Error("the token of before the sign-in is still valid")
	}
	if rec := send(h, "GET", "/api/v1/me", withCookie(first)); rec.Code != 401 {
		t.Errorf("old token: got %d, want 401", rec.Code)
	}
}

func TestASessionOfAnAccountThatIsGoneEnds(t *testing.T) {
	a, acc, store := newAuth(Options{})
	h := site(a)
	c := signIn(t, h, nil)
	acc.gone = true
	if rec := send(h, "GET", "/page", withCookie(c)); rec.Code != 303 {
		t.Errorf("got %d, want a redirect", rec.Code)
	}
	if len(store.rows) != 0 {
		t.Error("the session is still stored")
	}
}

func TestAPICredentials(t *testing.T) {
	a, _, _ := newAuth(Options{})
	h := site(a)
	c := signIn(t, h, nil)
	bearer := func(v string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", v) }
	}
	tests := []struct {
		name   string
		method string
		set    func(*http.Request)
		status int
	}{
		{"nothing", "GET", nil, 401},
		{"a token", "GET", bearer("Bearer hf_good"), 200},
		{"a token, scheme in lower case", "GET", bearer("bearer hf_good"), 200},
		{"a token may write from anywhere", "POST", func(r *http.Request) {
			bearer("Bearer hf_good")(r)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, 200},
		{"an unknown token", "GET", bearer("Bearer hf_bad"), 401},
		{"an unknown token with a session", "GET", func(r *http.Request) { bearer("Bearer hf_bad")(r); r.AddCookie(c) }, 401},
		{"another scheme", "GET", bearer("Basic aGY6Z29vZA=="), 401},
		{"an empty token", "GET", bearer("Bearer "), 401},
		{"the store is down", "GET", bearer("Bearer hf_down"), 503},
		{"a session reads", "GET", withCookie(c), 200},
		{"a session writes from our own page", "POST", func(r *http.Request) { r.AddCookie(c); r.Header.Set("Sec-Fetch-Site", "same-origin") }, 200},
		{"a session writes from another site", "POST", func(r *http.Request) { r.AddCookie(c); r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"a session writes from another origin", "POST", func(r *http.Request) { r.AddCookie(c); r.Header.Set("Origin", "https://evil.example") }, 403},
		{"a made-up session", "GET", withCookie(&http.Cookie{Name: CookieName, Value: "made-up"}), 401},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			rec := send(h, tc.method, "/api/v1/me", tc.set)
			if rec.Code != tc.status {
				t.Fatalf("got %d %s, want %d", rec.Code, rec.Body, tc.status)
			}
			if tc.status >= 400 && rec.Header().Get("Content-Type") != httperr.ContentType {
				t.Errorf("content type: %q", rec.Header().Get("Content-Type"))
			}
			if tc.status == 401 && rec.Header().Get("WWW-Authenticate") == "" {
				t.Error("a 401 without WWW-Authenticate")
			}
		})
	}
}

func TestWhoeverIsNotSignedInIsSentToTheSignInPage(t *testing.T) {
	a, _, _ := newAuth(Options{})
	h := site(a)
	rec := send(h, "GET", "/page?tab=2", nil)
	if got, want := rec.Header().Get("Location"), "/sign-in?next=%2Fpage%3Ftab%3D2"; rec.Code != 303 || got != want {
		t.Errorf("got %d %q, want 303 %q", rec.Code, got, want)
	}
	rec = send(h, "POST", "/page", nil)
	if got := rec.Header().Get("Location"); got != "/sign-in" {
		t.Errorf("a POST cannot be asked for again: got %q", got)
	}
	rec = send(h, "GET", "/page", func(r *http.Request) {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Current-URL", "http://localhost/runs?x=1")
	})
	if got, want := rec.Header().Get("HX-Redirect"), "/sign-in?next=%2Fruns%3Fx%3D1"; got != want {
		t.Errorf("htmx: got %q, want %q", got, want)
	}
}

func TestSafeNextStaysOnThisSite(t *testing.T) {
	for in, want := range map[string]string{
		"/holds?status=active": "/holds?status=active",
		"/":                    "/",
		"":                     "/",
		"//evil.example":       "/",
		"/\\evil.example":      "/",
		"https://evil.example": "/",
		"/%2f/evil.example":    "/",
		"javascript:alert(1)":  "/",
		"/\t/evil.example":     "/",
		"holds":                "/",
		"/sign-in?next=/x":     "/",
		"/holds#top":           "/holds",
	} {
		if got := SafeNext(in); got != want {
			t.Errorf("SafeNext(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestFailedSignInsAreThrottledPerAddressAndAccount(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	a, _, _ := newAuth(Options{Now: func() time.Time { return now }})
	h := site(a)
	wrong := "/sign-in?email=Jane@example.com&password=wrong"
	for i := range freeFailures {
		if rec := send(h, "POST", wrong, nil); rec.Code != 401 {
			t.Fatalf("failure %d: got %d, want 401", i, rec.Code)
		}
	}
	rec := send(h, "POST", goodSignIn, nil)
	if rec.Code != 429 || rec.Header().Get("Retry-After") != "1" {
		t.Fatalf("got %d, Retry-After %q; want 429, 1", rec.Code, rec.Header().Get("Retry-After"))
	}
	elsewhere := send(h, "POST", goodSignIn, func(r *http.Request) { r.RemoteAddr = "198.51.100.7:1234" })
	if elsewhere.Code != 200 {
		t.Errorf("the same person from elsewhere: got %d, want 200", elsewhere.Code)
	}
	now = now.Add(time.Second)
	if rec := send(h, "POST", wrong, nil); rec.Code != 401 {
		t.Errorf("after the wait: got %d, want 401", rec.Code)
	}
	now = now.Add(time.Second)
	if rec := send(h, "POST", wrong, nil); rec.Code != 429 {
		t.Errorf("the wait did not double: got %d, want 429", rec.Code)
	}
	now = now.Add(time.Second)
	if rec := send(h, "POST", goodSignIn, nil); rec.Code != 200 {
		t.Errorf("the right password after the wait: got %d, want 200", rec.Code)
	}
	if rec := send(h, "POST", wrong, nil); rec.Code != 401 {
		t.Errorf("signing in did not forget the failures: got %d, want 401", rec.Code)
	}
}

func TestTheThrottleIsBounded(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	th := newThrottle(func() time.Time { return now })
	for i := range maxKeys + 10 {
		now = now.Add(time.Millisecond)
		th.failed(fmt.Sprint("key", i))
	}
	if len(th.keys) != maxKeys {
		t.Errorf("keys: got %d, want %d", len(th.keys), maxKeys)
	}
	if _, ok := th.keys["key0"]; ok {
		t.Error("the oldest was kept")
	}
	for range 100 {
		th.failed("stubborn")
	}
	var wait *httperr.TooManyRequests
	if err := th.allow("stubborn"); !errors.As(err, &wait) || wait.RetryAfter != longestWait {
		t.Errorf("got %v, want a wait of %s", err, longestWait)
	}
	now = now.Add(forgetAfter + time.Second)
	if err := th.allow("stubborn"); err != nil {
		t.Errorf("not forgotten: %v", err)
	}
}

func TestForwardedAddressesAreTrustedFromProxiesOnly(t *testing.T) {
	tests := []struct {
		name, remote, forwarded, want string
	}{
		{"no proxy", "192.0.2.1:4", "203.0.113.9", "192.0.2.1"},
		{"a proxy", "10.0.0.1:4", "203.0.113.9", "203.0.113.9"},
		{"a proxy and a lie before it", "10.0.0.1:4", "1.2.3.4, 203.0.113.9", "203.0.113.9"},
		{"two proxies", "10.0.0.1:4", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"a proxy without the header", "10.0.0.1:4", "", "10.0.0.1"},
		{"a proxy with nonsense", "10.0.0.1:4", "x", "10.0.0.1"},
		{"a lie before nonsense", "10.0.0.1:4", "1.2.3.4, x, 10.0.0.2", "10.0.0.2"},
		{"a lie that names a proxy", "10.0.0.1:4", "10.0.0.3, 203.0.113.9", "203.0.113.9"},
		{"a lie from outside that names a proxy", "203.0.113.9:4", "1.2.3.4, 10.0.0.3", "203.0.113.9"},
		{"a proxy that writes ports", "10.0.0.1:4", "1.2.3.4, 203.0.113.9:5678", "203.0.113.9"},
		{"a proxy that writes ports of IPv6", "10.0.0.1:4", "[2001:db8::9]:5678", "2001:db8::9"},
		{"IPv4 as IPv6", "[::ffff:10.0.0.1]:4", "::ffff:203.0.113.9", "203.0.113.9"},
		{"proxies only", "10.0.0.1:4", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"IPv6", "[2001:db8::1]:4", "", "2001:db8::1"},
	}
	a, _, _ := newAuth(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tc.remote
			if tc.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tc.forwarded)
			}
			if got := a.RemoteAddr(r); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCrossOriginPostsAreRefused(t *testing.T) {
	a, _, _ := newAuth(Options{})
	h := a.CrossOrigin(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	rec := send(h, "POST", "/holds", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if rec.Code != 403 || !strings.Contains(rec.Body.String(), "another site") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}
