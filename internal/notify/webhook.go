package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"holdfast/retention"
)

const (
	// mediaType is CloudEvents' structured mode: the envelope is the body.
	mediaType = "application/cloudevents+json; charset=UTF-8"
	// maxAnswer is how much of an answer is kept, maxBody how much is read so that the
	// connection can be used again.
	maxAnswer = 500
	maxBody   = 64 << 10
	// idlePerHost is as many connections as the engine sends on to one subscriber.
	idlePerHost = 16
	connectTime = 5 * time.Second
)

// webhooks posts events.
type webhooks struct {
	client       *http.Client
	transport    *http.Transport
	allowPrivate bool
	agent        string
	now          func() time.Time
}

func newWebhooks(o Options) *webhooks {
	dialer := &net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second}
	if !o.AllowPrivate {
		dialer.Control = public
	}
	transport := &http.Transport{
		// No proxy of the environment: it would resolve names where nobody looks at the
		// addresses.
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTime,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: maxBody,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
	return &webhooks{
		transport: transport, allowPrivate: o.AllowPrivate, agent: o.Agent, now: o.Now,
		client: &http.Client{
			Transport: transport,
			// A redirect would send what is signed for one address to another.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (w *webhooks) close() { w.transport.CloseIdleConnections() }

// send posts an event once. Any 2xx is a delivery, whatever the body says.
func (w *webhooks) send(ctx context.Context, o retention.Outgoing) retention.Answer {
	req, err := w.request(ctx, o)
	if err != nil {
		return failed(err.Error())
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return failed(reason(ctx, err))
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return retention.Answer{Delivered: true, Text: resp.Status}
	}
	if err != nil && len(said) == 0 {
		said = []byte(reason(ctx, err))
	}
	return retention.Answer{Text: answerText(resp, said), RetryAfter: w.retryAfter(resp)}
}

// request signs the body by the Standard Webhooks scheme, with every key that is
// valid now, so that a receiver has time to change over.
func (w *webhooks) request(ctx context.Context, o retention.Outgoing) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.To.URL, bytes.NewReader(o.Body))
	if err != nil {
		return nil, fmt.Errorf("the URL cannot be used: %w", err)
	}
	now := w.now()
	var signatures []string
	for _, key := range o.Keys {
		hook, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			return nil, fmt.Errorf("sign the event: %w", err)
		}
		signature, err := hook.Sign(o.ID, now, o.Body)
		if err != nil {
			return nil, fmt.Errorf("sign the event: %w", err)
		}
		signatures = append(signatures, signature)
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("User-Agent", w.agent)
	req.Header.Set(standardwebhooks.HeaderWebhookID, o.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return req, nil
}

// answerText is the status and the first of what was said.
func answerText(resp *http.Response, said []byte) string {
	text := resp.Status
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		text += ": a redirect"
		if to := resp.Header.Get("Location"); to != "" {
			text += " to " + to
		}
		return clip(text + "; redirects are not followed, name the final address as the subscriber's URL")
	}
	if body := strings.TrimSpace(string(said)); body != "" {
		text += ": " + body
	}
	return clip(text)
}

// retryAfter is when the receiver asks to be tried again (RFC 9110 §10.2.3), where it
// is one who may: busy or limiting.
func (w *webhooks) retryAfter(resp *http.Response) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	text := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), int(time.Hour.Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(w.now()), 0)
	}
	return 0
}

// reason says in words why there was no answer.
func reason(ctx context.Context, err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errPrivate):
		return "not sent: the address " + rootOf(err)
	case ctx.Err() != nil:
		return context.Cause(ctx).Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused: nobody listens at that address and port"
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s cannot be resolved: %s", dns.Name, dns.Err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection was closed before there was an answer"
	}
	return "no answer: " + rootOf(err)
}

// rootOf is an error's text without the request's method and URL before it.
func rootOf(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err.Error()
	}
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// clip keeps the first of a text, as text: what an unknown program said is shown to
// people.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	if len(text) <= maxAnswer {
		return text
	}
	text = text[:maxAnswer]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + "…"
}
