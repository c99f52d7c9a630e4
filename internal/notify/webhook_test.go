package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"holdfast/retention"
)

const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func outgoing(url string) retention.Outgoing {
	return retention.Outgoing{
		To: retention.Subscriber{Kind: retention.SubscriberWebhook, URL: url}, Keys: []string{key}, ID: "b-0",
		Type: retention.EventDeleted, Body: []byte(`{"id":"b-0"}`),
	}
}

// sent is what a sender that may or may not go to private addresses gets from a URL.
func sent(t *testing.T, o Options, url string) retention.Answer {
	t.Helper()
	s := New(o)
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, errors.New("no answer within 2 seconds"))
	defer cancel()
	return s.Send(ctx, outgoing(url))
}

func TestPrivateAddressIsRefusedAtTheConnectionWhateverItsName(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(srv.Close)
	port := srv.URL[strings.LastIndexByte(srv.URL, ':')+1:]
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "127.1"} {
		a := sent(t, Options{}, fmt.Sprintf("http://%s:%s/", host, port))
		if a.Delivered {
			t.Errorf("%s: delivered, want it refused", host)
		}
		if host[0] != '2' && host[0] != '0' && host != "127.1" && !strings.Contains(a.Text, "private network") {
			t.Errorf("%s: got %q, want it to say that the address is private", host, a.Text)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the private server was asked %d times", n)
	}
	if a := sent(t, Options{AllowPrivate: true}, srv.URL); !a.Delivered || asked.Load() != 1 {
		t.Errorf("where it is allowed: got %+v", a)
	}
}

// The name leads to a public address when the subscriber is saved and to a private one
// when it is sent to: the connection is judged by where it goes.
func TestNameThatLeadsElsewhereLaterIsRefused(t *testing.T) {
	for _, address := range []string{"127.0.0.1:80", "10.1.2.3:443", "[fe80::1%eth0]:80", "[fd00:ec2::254]:80", "[64:ff9b::a9fe:a9fe]:80", "[2002:7f00:1::]:80", "100.64.0.1:80", "nonsense"} {
		if err := public("tcp", address, nil); !errors.Is(err, errPrivate) {
			t.Errorf("%s: got %v, want it refused", address, err)
		}
	}
	for _, address := range []string{"1.1.1.1:443", "[2606:4700:4700::1111]:443", "[64:ff9b::101:101]:443"} {
		if err := public("tcp", address, nil); err != nil {
			t.Errorf("%s: got %v, want it allowed", address, err)
		}
	}
}

func TestWebhookIsSignedByEveryKey(t *testing.T) {
	second := "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	got := make(chan error, 2)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for _, k := range []string{key, second} {
			hook, err := standardwebhooks.NewWebhook(k)
			if err == nil {
				err = hook.Verify(body, r.Header)
			}
			got <- err
		}
		if r.Header.Get("Content-Type") != mediaType || r.Header.Get("webhook-id") != "b-0" || r.Header.Get("User-Agent") != "Holdfast/1" {
			t.Errorf("headers: %v", r.Header)
		}
	}))
	t.Cleanup(srv.Close)
	s := New(Options{AllowPrivate: true, Agent: "Holdfast/1"})
	t.Cleanup(s.Close)
	o := outgoing(srv.URL)
	o.Keys = []string{key, second}
	if a := s.Send(t.Context(), o); !a.Delivered {
		t.Fatal(a.Text)
	}
	for range 2 {
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
}

func TestRetryAfterIsHeardWhereItCounts(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{429, "30", 30 * time.Second}, {503, "Sun, 01 Mar 2026 12:02:00 GMT", 2 * time.Minute}, {503, "999999999", time.Hour},
		{503, "-5", 0}, {503, "soon", 0}, {429, "", 0}, {500, "30", 0}, {503, "Sun, 01 Mar 2026 11:00:00 GMT", 0},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.header)
			w.WriteHeader(c.status)
		}))
		if a := sent(t, Options{AllowPrivate: true, Now: func() time.Time { return now }}, srv.URL); a.Delivered || a.RetryAfter != c.want {
			t.Errorf("%d with %q: got %+v, want %v", c.status, c.header, a, c.want)
		}
		srv.Close()
	}
}

// A receiver that begins an answer and never ends it must not keep a lane for longer
// than its time.
func TestAnswerThatNeverEndsIsCutOff(t *testing.T) {
	for _, status := range []int{200, 500} {
		stop := make(chan struct{})
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("begun"))
			_ = http.NewResponseController(w).Flush()
			<-stop
		}))
		a := sent(t, Options{AllowPrivate: true}, srv.URL)
		if a.Delivered != (status == 200) || (status == 500 && a.Text != "500 Internal Server Error: begun") {
			t.Errorf("%d: got %+v", status, a)
		}
		close(stop)
		srv.Close()
	}
}

func TestConnectionThatIsClosedWithoutAnAnswerIsAFailure(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	if a := sent(t, Options{AllowPrivate: true}, "http://"+ln.Addr().String()); a.Delivered || !strings.Contains(a.Text, "closed") {
		t.Errorf("got %+v", a)
	}
}
