package main

import (
	"io"
	"log/slog"
	"net/http"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// maxEvent bounds a request's body.
const maxEvent = 1 << 20

// webhook takes signed events. It answers 2xx only when the event is had for good.
func webhook(c *consumer, secret string) (http.Handler, error) {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /holdfast", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
		if err != nil {
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		// Over the body as it came, before anything of it is believed.
		if err := hook.Verify(body, r.Header); err != nil {
			http.Error(w, "the signature is not Holdfast's", http.StatusUnauthorized)
			return
		}
		if err := c.consume(r.Context(), body); err != nil {
			slog.Error("event was not carried out", "id", r.Header.Get("webhook-id"), "error", err)
			http.Error(w, "try again", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux, nil
}
