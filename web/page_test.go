package web

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/httpauth"
	"holdfast/internal/notify"
	"holdfast/retention"
)

// node is one element of a page, as far as the tests look.
type node struct {
	name     string
	attrs    map[string]string
	text     string // all text below it
	children []*node
}

// parsePage reads HTML as lenient XML: our pages close what they open, so the
// standard library's decoder is enough, and a page that does not fails the test.
func parsePage(t *testing.T, body string) *node {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	root := &node{}
	stack := []*node{root}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("page is not well-formed: %v\n%s", err, body)
		}
		switch x := tok.(type) {
		case xml.StartElement:
			n := &node{name: x.Name.Local, attrs: map[string]string{}}
			for _, a := range x.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			top := stack[len(stack)-1]
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			for _, n := range stack {
				n.text += string(x)
			}
		}
	}
	return root
}

// fits reports whether the element is what one step of a selector names:
// tag, .class, #id and [attribute=value], in this order, each optional.
func (n *node) fits(step string) bool {
	step, attr, hasAttr := strings.Cut(strings.TrimSuffix(step, "]"), "[")
	if hasAttr {
		k, v, hasValue := strings.Cut(attr, "=")
		got, ok := n.attrs[k]
		if !ok || hasValue && got != v {
			return false
		}
	}
	step, id, hasID := strings.Cut(step, "#")
	if hasID && n.attrs["id"] != id {
		return false
	}
	tag, class, hasClass := strings.Cut(step, ".")
	if hasClass && !slices.Contains(strings.Fields(n.attrs["class"]), class) {
		return false
	}
	return tag == "" || tag == n.name
}

// all finds the descendants that a selector of steps names.
func (n *node) all(selector string) []*node {
	first, rest, more := strings.Cut(selector, " ")
	var out []*node
	for _, c := range n.children {
		if c.fits(first) {
			if !more {
				out = append(out, c)
			} else {
				out = append(out, c.all(rest)...)
			}
		}
		out = append(out, c.all(selector)...)
	}
	return slices.Compact(out)
}

// one is the text of the first element that fits, with its spaces folded.
func (n *node) one(selector string) string {
	found := n.all(selector)
	if len(found) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(found[0].text), " ")
}

// value is the value of a form's field.
func (n *node) value(name string) string {
	for _, i := range append(n.all("input[name="+name+"]"), n.all("textarea[name="+name+"]")...) {
		if i.attrs["type"] == "radio" {
			if _, on := i.attrs["checked"]; !on {
				continue
			}
		}
		if i.name == "textarea" {
			return i.text
		}
		return i.attrs["value"]
	}
	for _, s := range n.all("select[name=" + name + "]") {
		for _, o := range s.all("option") {
			if _, on := o.attrs["selected"]; on {
				return o.attrs["value"]
			}
		}
	}
	return ""
}

// memorySessions keeps sessions for httpauth.
type memorySessions struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (s *memorySessions) Delete(token string) error {
	defer s.mu.Unlock()
	s.mu.Lock()
	delete(s.rows, token)
	return nil
}

func (s *memorySessions) Find(token string) ([]byte, bool, error) {
	defer s.mu.Unlock()
	s.mu.Lock()
	b, ok := s.rows[token]
	return b, ok, nil
}

func (s *memorySessions) Commit(token string, b []byte, _ time.Time) error {
	defer s.mu.Unlock()
	s.mu.Lock()
	s.rows[token] = b
	return nil
}

// testSite is the pages over a fake store and target, with one browser.
type testSite struct {
	t       *testing.T
	store   *fakeStore
	target  *fakeTarget
	handler http.Handler
	cookies map[string]*http.Cookie
}

func newSite(t *testing.T, store *fakeStore, target *fakeTarget) *testSite {
	t.Helper()
	return newSiteWith(t, store, target, Options{})
}

func newSiteWith(t *testing.T, store *fakeStore, target *fakeTarget, opts Options) *testSite {
	t.Helper()
	e := engine.New(store, target, engine.Options{Hasher: fakeHasher{}, BackupRetention: store.backups, EventRetention: retention.Period{Days: 30}, Sender: notify.New(notify.Options{}), Secret: []byte("a secret of the tests")})
	opts.Version, opts.Now = "0.0.0-test", func() time.Time { return store.now }
	auth := httpauth.New(e, &memorySessions{rows: map[string][]byte{}}, httpauth.Options{PageError: ErrorPage(opts)})
	return &testSite{t: t, store: store, target: target, handler: New(e, auth, opts), cookies: map[string]*http.Cookie{}}
}

// signedIn is a site whose browser is signed in as jane@example.com.
func signedIn(t *testing.T, store *fakeStore, target *fakeTarget) *testSite {
	t.Helper()
	s := newSite(t, store, target)
	res := s.post("/sign-in", url.Values{"email": {"jane@example.com"}, "password": {testPassword}})
	if res.code != http.StatusSeeOther {
		t.Fatalf("sign-in: got %d, want 303: %s", res.code, res.body)
	}
	return s
}

// answer is what the browser got.
type answer struct {
	code     int
	location string
	header   http.Header
	body     string
	page     *node
}

func (s *testSite) get(path string) answer {
	return s.send(httptest.NewRequest(http.MethodGet, path, nil))
}

func (s *testSite) post(path string, form url.Values) answer {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.send(r)
}

// save posts a policy's form as a person does who wants it saved: once to see what it
// would do, and once more.
func (s *testSite) save(path string, form url.Values) answer {
	s.t.Helper()
	a := s.post(path, form)
	if a.code != http.StatusOK {
		return a
	}
	form.Set("shown", a.page.value("shown"))
	return s.post(path, form)
}

func (s *testSite) send(r *http.Request) answer {
	s.t.Helper()
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, r)
	res := rec.Result()
	for _, c := range res.Cookies() {
		s.cookies[c.Name] = c
	}
	a := answer{code: rec.Code, location: res.Header.Get("Location"), header: res.Header, body: rec.Body.String()}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && rec.Code != http.StatusSeeOther {
		a.page = parsePage(s.t, a.body)
	}
	return a
}

// asBrowser is the site for a real browser that has this one's session, and no
// cookie of another: a browser keeps cookies by host, whatever the port.
func (s *testSite) asBrowser() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Cookie")
		for _, c := range s.cookies {
			r.AddCookie(c)
		}
		s.handler.ServeHTTP(w, r)
	})
}

// breakDown makes the store unreachable for what follows, but for the session.
func (s *testSite) breakDown() {
	defer s.store.mu.Unlock()
	s.store.mu.Lock()
	s.store.down = retention.ErrUnavailable
}
