package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"

	"holdfast/internal/httpauth"
	"holdfast/internal/httperr"
	"holdfast/retention"
)

const (
	// idempotencyKey makes a POST that creates safe to repeat.
	idempotencyKey = "Idempotency-Key"
	// idempotencyReplayed marks an answer that was given before.
	idempotencyReplayed = "Idempotency-Replayed"
)

// opCreateToken is the route whose answer holds a secret.
const opCreateToken = "createToken"

// idempotent answers a repeated request with the first one's answer. The key is the
// actor's own. Only answers of success are kept; any other frees the key, so that the
// request can be mended and sent again.
func (s *server) idempotent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := requestFrom(r.Context())
		if !req.op.idempotent() || len(r.Header.Values(idempotencyKey)) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		key, actor := r.Header.Get(idempotencyKey), httpauth.ActorFrom(r.Context())
		answer, replay, err := s.engine.BeginIdempotent(r.Context(), actor, key, fingerprint(r, req.digest))
		switch {
		case err != nil:
			httperr.Write(w, r, err)
		case replay:
			writeReplay(w, answer)
		default:
			s.serveOnce(w, r, next, key)
		}
	})
}

// fingerprint tells requests with the same key apart: SHA-256 over method, path and
// the body's own SHA-256.
func fingerprint(r *http.Request, digest []byte) []byte {
	sum := sha256.Sum256([]byte(r.Method + "\n" + r.URL.EscapedPath() + "\n" + string(digest)))
	return sum[:]
}

// serveOnce keeps the answer before it is sent: a client that goes away in between
// finds it when it asks again. It outlives the connection for the same reason.
func (s *server) serveOnce(w http.ResponseWriter, r *http.Request, next http.Handler, key string) {
	ctx := context.WithoutCancel(r.Context())
	actor := httpauth.ActorFrom(ctx)
	held := &heldAnswer{header: w.Header()}
	kept := false
	defer func() {
		if kept {
			return
		}
		if err := s.engine.DropIdempotent(ctx, actor, key); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "an Idempotency-Key could not be freed", slog.Any("error", err))
		}
	}()
	next.ServeHTTP(held, r)
	if held.succeeded() {
		kept = true
		if err := s.engine.FinishIdempotent(ctx, actor, key, held.replay(requestFrom(ctx).op)); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "the answer to an Idempotency-Key could not be kept", slog.Any("error", err))
		}
	}
	held.send(w)
}

func writeReplay(w http.ResponseWriter, a retention.IdempotentReplay) {
	h := w.Header()
	for name, value := range map[string]string{"Content-Type": a.ContentType, "Location": a.Location, "ETag": a.ETag} {
		if value != "" {
			h.Set(name, value)
		}
	}
	h.Set(idempotencyReplayed, "true")
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // a client that has gone away cannot be told
}

// heldAnswer keeps an answer back. Its headers are those of the real one.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is that of the answer.
func (a *heldAnswer) Header() http.Header { return a.header }

// WriteHeader notes the status.
func (a *heldAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write keeps the body.
func (a *heldAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *heldAnswer) succeeded() bool { return a.status >= 200 && a.status < 300 }

func (a *heldAnswer) send(w http.ResponseWriter) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // a client that has gone away cannot be told
}

func (a *heldAnswer) replay(op *operation) retention.IdempotentReplay {
	body := a.body.Bytes()
	if op.id == opCreateToken || op.id == opCreateSubscriber {
		body = withoutSecret(body)
	}
	return retention.IdempotentReplay{
		Status: a.status, ContentType: a.header.Get("Content-Type"),
		Location: a.header.Get("Location"), ETag: a.header.Get("ETag"), Body: body,
	}
}

// withoutSecret is a new token's or subscriber's answer as it may be kept: the secret is shown once.
// An answer that cannot be read is not kept at all.
func withoutSecret(body []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return []byte("{}")
	}
	members["secret"] = json.RawMessage("null")
	out, err := json.Marshal(members)
	if err != nil {
		return []byte("{}")
	}
	return out
}
