package retention

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of error a use-case can answer with. They are wrapped with %w and
// with what was being done; internal/httperr maps each to its HTTP status and
// problem type in one table. What is none of these is unexpected: it is logged
// and never shown.
var (
	// ErrMalformed: the request cannot be read at all (400).
	ErrMalformed = errors.New("malformed")
	// ErrUnauthenticated: nobody is signed in, or the credentials are wrong (401).
	ErrUnauthenticated = errors.New("not signed in")
	// ErrForbidden: the actor is known and may not do this (403).
	ErrForbidden = errors.New("not allowed")
	// ErrNotFound: what the request names does not exist (404).
	ErrNotFound = errors.New("not found")
	// ErrConflict: the request does not fit the present state (409).
	ErrConflict = errors.New("conflict")
	// ErrStale: what is to be edited has changed since it was read (412).
	ErrStale = errors.New("changed since it was read")
	// ErrPreconditionRequired: an edit did not say which version it edits (428).
	ErrPreconditionRequired = errors.New("precondition required")
	// ErrInvalid: well-formed but wrong (422); see InvalidError.
	ErrInvalid = errors.New("invalid")
	// ErrUnavailable: a database that is needed cannot be reached now (503).
	ErrUnavailable = errors.New("unavailable")
)

// FieldError says what is wrong with one member of the input and what would be
// accepted. Field is a path as in `scope[0].record_ids[3]`.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// InvalidError is ErrInvalid with the members at fault. Callers test it with
// errors.Is(err, ErrInvalid) and read the fields with errors.As.
type InvalidError struct {
	Fields []FieldError
}

// Error joins the fields into one line.
func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + ": " + f.Message
	}
	return strings.Join(parts, "; ")
}

// Is makes every InvalidError an ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// Invalid builds an InvalidError of one field.
func Invalid(field, format string, args ...any) *InvalidError {
	return &InvalidError{Fields: []FieldError{{Field: field, Message: fmt.Sprintf(format, args...)}}}
}

// Problems collects field errors while a document is checked, so that a person
// sees all of them at once.
type Problems []FieldError

// Add records one problem.
func (p *Problems) Add(field, format string, args ...any) {
	*p = append(*p, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// AddErr takes over the fields of err if it is an InvalidError, and otherwise
// records its text under field. A nil err is no problem.
func (p *Problems) AddErr(field string, err error) {
	if err == nil {
		return
	}
	if inv, ok := errors.AsType[*InvalidError](err); ok {
		*p = append(*p, inv.Fields...)
		return
	}
	p.Add(field, "%s", err.Error())
}

// Err is nil without problems, else an *InvalidError with all of them.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return &InvalidError{Fields: p}
}

// Refusal is a plan that must not be carried out: the engine could lose a held
// row, break the schema or leave evidence behind. Field names the member of the
// policy to change, Reason what is in the way, Remedy what would be accepted.
type Refusal struct {
	Field  string
	Reason string
	Remedy string
}

// Error is the reason with its remedy.
func (r *Refusal) Error() string {
	if r.Remedy == "" {
		return r.Reason
	}
	return r.Reason + "; " + r.Remedy
}

// Is makes a refusal an ErrInvalid, since a policy that cannot be planned is
// refused when it is saved.
func (r *Refusal) Is(target error) bool { return target == ErrInvalid }

// Conflictf is an ErrConflict with its reason.
func Conflictf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrConflict, fmt.Sprintf(format, args...))
}

// TakenError is an ErrConflict by one member, whose value belongs to another thing.
type TakenError struct {
	FieldError
}

// Taken is a TakenError with its reason.
func Taken(field, format string, args ...any) *TakenError {
	return &TakenError{FieldError{Field: field, Message: fmt.Sprintf(format, args...)}}
}

func (e *TakenError) Error() string { return ErrConflict.Error() + ": " + e.Message }

// Unwrap makes every TakenError an ErrConflict.
func (e *TakenError) Unwrap() error { return ErrConflict }

// NotFoundf is an ErrNotFound that names what was looked for.
func NotFoundf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotFound, fmt.Sprintf(format, args...))
}
