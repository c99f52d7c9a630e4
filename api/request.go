package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

const (
	mediaJSON = "application/json"
	mediaYAML = "application/yaml"

	// maxBody bounds a request's body.
	maxBody = 1 << 20
	// maxHoldBody bounds that of POST /holds, which lists record ids.
	maxHoldBody = 64 << 20
	// maxListBody bounds a list of records, which is never in memory as a whole.
	maxListBody = 1 << 30
)

// request is what was learnt of a request before its handler runs.
type request struct {
	op   *operation
	http *http.Request
	// digest is the SHA-256 of the body as it was sent.
	digest []byte
	// hold is the body of POST /holds.
	hold *retention.Hold
	// why is why a hold is widened.
	why string
}

type requestKey struct{}

func requestFrom(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// prepare reads the request and judges its form by the contract: parameters, media
// type, syntax, unknown members, JSON types. What a value means is the engine's to
// judge, which then says what would be accepted. The hold's ids pass as a stream.
func (s *server) prepare(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op, err := s.spec.of(r)
		if err != nil {
			httperr.Write(w, r, err)
			return
		}
		req := &request{op: op, http: r}
		if err := req.read(w, r); err != nil {
			httperr.Write(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, req)))
	})
}

func (req *request) read(w http.ResponseWriter, r *http.Request) error {
	if err := checkParameters(r, req.op); err != nil {
		return err
	}
	if req.op.body == nil {
		return req.readNothing(w, r)
	}
	mediaType, err := req.mediaType(r)
	if err != nil {
		return err
	}
	if slices.Contains(streamed, req.op.id) {
		return req.readHold(w, r)
	}
	if req.op.id == uploaded {
		// As it arrives.
		r.Body = http.MaxBytesReader(w, r.Body, maxListBody)
		return nil
	}
	return req.readBody(w, r, mediaType)
}

// mediaType checks the body's type. A request that names none is read as JSON.
func (req *request) mediaType(r *http.Request) (string, error) {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return mediaJSON, nil
	}
	accepted := req.op.mediaTypes()
	mediaType, _, err := mime.ParseMediaType(header)
	if err != nil || !slices.Contains(accepted, mediaType) {
		if r.ContentLength == 0 && !req.op.body.Required {
			return mediaJSON, nil
		}
		return "", fmt.Errorf("%w: send Content-Type %s, not %q", httperr.ErrUnsupportedMediaType, strings.Join(accepted, " or "), header)
	}
	return mediaType, nil
}

// readBody reads a body into memory, as JSON whatever it was, and puts it back for
// the handler.
func (req *request) readBody(w http.ResponseWriter, r *http.Request, mediaType string) error {
	raw, err := readAll(w, r, maxBody)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	req.digest = sum[:]
	body := raw
	if len(bytes.TrimSpace(body)) == 0 {
		if req.op.body.Required {
			return &httperr.Malformed{Detail: "the body is empty; see /openapi.yaml for what this route takes"}
		}
		body = []byte("{}")
	}
	if mediaType == mediaYAML {
		if body, err = yamlToJSON(body); err != nil {
			return err
		}
	}
	value, err := parseJSON(body)
	if err != nil {
		return err
	}
	if err := checkForm(req.op.schema(), value); err != nil {
		return err
	}
	replaceBody(r, body)
	return nil
}

// readNothing refuses a body where none is taken: it would be ignored, and whoever
// sent it would think that it counted. An empty object says nothing.
func (req *request) readNothing(w http.ResponseWriter, r *http.Request) error {
	raw, err := readAll(w, r, maxBody)
	if err != nil {
		return err
	}
	switch string(bytes.TrimSpace(raw)) {
	case "", "{}", "null":
		return nil
	}
	return &httperr.Malformed{Detail: "this route takes no body"}
}

func replaceBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Type", mediaJSON)
}

func readAll(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, readError(err, limit)
	}
	return raw, nil
}

// readError is why a body could not be read to its end.
func readError(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("%w: this route takes at most %d MiB", httperr.ErrTooLarge, limit>>20)
	}
	return &httperr.Malformed{Detail: "the body ended before it was complete"}
}
