// Package api is the REST interface of Holdfast: decode, call the engine, render.
// No rule lives here; what a request may ask for is the engine's to judge, and the
// contract is openapi.yaml, from which api/oapi is generated.
//
// It owns how a request is read (limits, media types, unknown members, the stream of
// a hold's ids), repeated (Idempotency-Key) and answered. It does not own who is
// signed in (internal/httpauth) nor what an error looks like (internal/httperr).
// Only cmd/holdfast calls it.
package api
