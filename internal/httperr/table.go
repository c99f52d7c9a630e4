package httperr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"holdfast/retention"
)

// The kinds of error that only HTTP knows.
var (
	// ErrMethodNotAllowed: the path exists, the method does not (405).
	ErrMethodNotAllowed = errors.New("method not allowed")
	// ErrTooLarge: the body is longer than accepted (413).
	ErrTooLarge = errors.New("too large")
	// ErrUnsupportedMediaType: the body is of a type that is not accepted (415).
	ErrUnsupportedMediaType = errors.New("unsupported media type")
	// ErrTooManyRequests: too many failed attempts (429); see TooManyRequests.
	ErrTooManyRequests = errors.New("too many requests")
)

// TooManyRequests is ErrTooManyRequests with the time after which trying again helps.
type TooManyRequests struct {
	RetryAfter time.Duration
}

// Error says how long to wait, rounded up to seconds.
func (e *TooManyRequests) Error() string {
	return fmt.Sprintf("too many requests: too many failed attempts; try again in %d seconds", e.Seconds())
}

// Seconds is the wait in whole seconds, at least 1, as Retry-After wants it.
func (e *TooManyRequests) Seconds() int64 {
	return max(1, int64((e.RetryAfter+time.Second-1)/time.Second))
}

// Is makes every TooManyRequests an ErrTooManyRequests.
func (e *TooManyRequests) Is(target error) bool { return target == ErrTooManyRequests }

// Malformed is retention.ErrMalformed with what could not be read.
type Malformed struct {
	// Detail says what is wrong, for people.
	Detail string
	// Fields are the members at fault, if it is members.
	Fields []retention.FieldError
}

// Error is the detail.
func (e *Malformed) Error() string { return e.Detail }

// Is makes every Malformed a retention.ErrMalformed.
func (e *Malformed) Is(target error) bool { return target == retention.ErrMalformed }

// Unavailable is retention.ErrUnavailable with a text that may be shown. Err is for
// the log.
type Unavailable struct {
	Detail string
	Err    error
}

// Error is the detail with what is behind it.
func (e *Unavailable) Error() string { return fmt.Sprintf("%s: %v", e.Detail, e.Err) }

// Is makes every Unavailable a retention.ErrUnavailable.
func (e *Unavailable) Is(target error) bool { return target == retention.ErrUnavailable }

// Unwrap is what is behind it.
func (e *Unavailable) Unwrap() error { return e.Err }

// TypePrefix begins every problem type. The types are names, not addresses, so
// that they stay the same wherever Holdfast is installed.
const TypePrefix = "urn:holdfast:problem:"

// row is one line of the table.
type row struct {
	kind   error
	status int
	slug   string
	title  string
	// detail is shown where the error's own text must not be, or says nothing.
	detail string
	// own tells whether the text after the kind is made for the person who asked.
	own bool
}

// table maps each kind of error. The first kind that an error is of decides.
var table = []row{
	{retention.ErrMalformed, http.StatusBadRequest, "malformed", "The request cannot be read", "It is not what this route reads.", true},
	{retention.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated", "Nobody is signed in", "Send a valid API token as `Authorization: Bearer <token>`, or sign in.", false},
	{retention.ErrForbidden, http.StatusForbidden, "forbidden", "This is not allowed", "You are signed in, and may not do this.", true},
	{retention.ErrNotFound, http.StatusNotFound, "not-found", "There is no such thing", "What the request names does not exist.", true},
	{ErrMethodNotAllowed, http.StatusMethodNotAllowed, "method-not-allowed", "The method is not allowed here", "This path answers to other methods; see the header Allow.", true},
	{retention.ErrPreconditionRequired, http.StatusPreconditionRequired, "precondition-required", "An edit must say which version it edits", "Send If-Match with the ETag that was read.", true},
	{retention.ErrStale, http.StatusPreconditionFailed, "stale", "It has changed since it was read", "Read it again and repeat the edit.", true},
	{ErrTooLarge, http.StatusRequestEntityTooLarge, "too-large", "The body is too long", "The body is longer than accepted.", true},
	{ErrUnsupportedMediaType, http.StatusUnsupportedMediaType, "unsupported-media-type", "The body's type is not accepted", "Send another Content-Type.", true},
	{retention.ErrInvalid, http.StatusUnprocessableEntity, "invalid", "The request is well-formed but wrong", "See errors.", true},
	{retention.ErrConflict, http.StatusConflict, "conflict", "It does not fit the present state", "Something else is in the way.", true},
	{ErrTooManyRequests, http.StatusTooManyRequests, "too-many-requests", "Too many attempts", "Try again later.", true},
	{retention.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "A database cannot be reached", "A database that is needed cannot be reached now; nothing is lost, try again.", false},
	// A use-case of a person meets these where a simulation or a hold is in somebody's way.
	{retention.ErrBusy, http.StatusServiceUnavailable, "unavailable", "A table is locked", "A table that is needed is locked by somebody else; try again.", false},
	{retention.ErrTooSlow, http.StatusServiceUnavailable, "unavailable", "It took too long", "The governed database took too long for this and was stopped; try again when it is less busy.", false},
	{retention.ErrMoved, http.StatusConflict, "conflict", "It does not fit the present state", "A table, or the holds on it, changed meanwhile; look at it again.", false},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "unavailable", "It took too long", "The request took too long and was given up; try again.", false},
	{context.Canceled, http.StatusServiceUnavailable, "unavailable", "The request was given up", "The request was given up before it was done.", false},
}

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Type     string                 `json:"type"`
	Title    string                 `json:"title"`
	Status   int                    `json:"status"`
	Detail   string                 `json:"detail"`
	Instance string                 `json:"instance"`
	Errors   []retention.FieldError `json:"errors,omitempty"`
}

// Of is the problem that an error is. What is of no known kind is a 500 that says
// nothing of the error itself. Instance is left to whoever knows the request.
func Of(err error) Problem {
	for _, r := range table {
		if errors.Is(err, r.kind) {
			p := Problem{Type: TypePrefix + r.slug, Title: r.title, Status: r.status, Detail: r.explain(err)}
			p.Errors = fieldsOf(err)
			return p
		}
	}
	return Problem{
		Type: TypePrefix + "internal", Title: "Something went wrong", Status: http.StatusInternalServerError,
		Detail: "This is not your fault. The log has the reason under the request's id.",
	}
}

// explain is the text for the person who asked.
func (r row) explain(err error) string {
	if u, ok := errors.AsType[*Unavailable](err); ok && r.slug == "unavailable" {
		return u.Detail
	}
	if !r.own {
		return r.detail
	}
	if fields := fieldsOf(err); len(fields) > 0 {
		return summary(fields)
	}
	if m, ok := errors.AsType[*Malformed](err); ok {
		return m.Detail
	}
	// What comes before the kind says what the program was doing, not what is wrong.
	if _, reason, ok := strings.Cut(err.Error(), r.kind.Error()+": "); ok && reason != "" {
		return reason
	}
	return r.detail
}

// summary says one field's fault in full, and names the fields of several.
func summary(fields []retention.FieldError) string {
	if len(fields) == 1 {
		// A field is a name and no subject: many messages are sentences of their own.
		return strings.TrimPrefix(fields[0].Field+": "+fields[0].Message, ": ")
	}
	const shown = 5
	names := make([]string, 0, shown)
	for _, f := range fields[:min(shown, len(fields))] {
		names = append(names, f.Field)
	}
	text := fmt.Sprintf("%d members are at fault: %s", len(fields), strings.Join(names, ", "))
	if len(fields) > shown {
		text += ", …"
	}
	return text
}

func fieldsOf(err error) []retention.FieldError {
	if inv, ok := errors.AsType[*retention.InvalidError](err); ok {
		return inv.Fields
	}
	if m, ok := errors.AsType[*Malformed](err); ok {
		return m.Fields
	}
	if t, ok := errors.AsType[*retention.TakenError](err); ok {
		return []retention.FieldError{t.FieldError}
	}
	if r, ok := errors.AsType[*retention.Refusal](err); ok {
		return []retention.FieldError{{Field: r.Field, Message: r.Error()}}
	}
	return nil
}
