package retention_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"holdfast/retention"
)

var kinds = []error{
	retention.ErrMalformed, retention.ErrUnauthenticated, retention.ErrForbidden, retention.ErrNotFound, retention.ErrConflict,
	retention.ErrStale, retention.ErrPreconditionRequired, retention.ErrInvalid, retention.ErrUnavailable,
}

// onlyKind fails unless err is of one kind, wrapped or not.
func onlyKind(t *testing.T, err, want error) {
	t.Helper()
	for _, wrapped := range []error{err, fmt.Errorf("save policy: %w", err), errors.Join(errors.New("first"), err)} {
		for _, kind := range kinds {
			if got := errors.Is(wrapped, kind); got != (kind == want) {
				t.Errorf("errors.Is(%q, %q) = %v, want %v", wrapped, kind, got, kind == want)
			}
		}
	}
}

func TestAnInvalidErrorIsInvalidAndKeepsItsFields(t *testing.T) {
	err := error(&retention.InvalidError{Fields: []retention.FieldError{{Field: "a", Message: "is bad"}, {Field: "b[0]", Message: "is worse"}}})
	onlyKind(t, err, retention.ErrInvalid)
	if got, want := err.Error(), "a: is bad; b[0]: is worse"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	inv, ok := errors.AsType[*retention.InvalidError](fmt.Errorf("save: %w", err))
	if !ok || len(inv.Fields) != 2 || inv.Fields[1].Field != "b[0]" {
		t.Errorf("errors.AsType = %+v, %v, want the two fields", inv, ok)
	}
}

func TestInvalidNamesOneField(t *testing.T) {
	got := retention.Invalid("grace", "%q is no period", "x")
	want := &retention.InvalidError{Fields: []retention.FieldError{{Field: "grace", Message: `"x" is no period`}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	onlyKind(t, got, retention.ErrInvalid)
}

func TestARefusalIsInvalidAndSaysTheRemedy(t *testing.T) {
	err := error(&retention.Refusal{Field: "table", Reason: "it is a view", Remedy: "name the table that it reads"})
	onlyKind(t, err, retention.ErrInvalid)
	if got, want := err.Error(), "it is a view; name the table that it reads"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got, want := (&retention.Refusal{Reason: "it is a view"}).Error(), "it is a view"; got != want {
		t.Errorf("without a remedy Error() = %q, want %q", got, want)
	}
	r, ok := errors.AsType[*retention.Refusal](fmt.Errorf("plan: %w", err))
	if !ok || r.Field != "table" {
		t.Errorf("errors.AsType = %+v, %v, want the refusal of table", r, ok)
	}
	if _, ok := errors.AsType[*retention.InvalidError](err); ok {
		t.Error("a Refusal is an *InvalidError, want another type: it has a remedy")
	}
}

func TestConflictAndNotFoundSayWhat(t *testing.T) {
	conflict := retention.Conflictf("policy %s is retired", "p")
	onlyKind(t, conflict, retention.ErrConflict)
	if got, want := conflict.Error(), "conflict: policy p is retired"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	missing := retention.NotFoundf("there is no hold %d", 7)
	onlyKind(t, missing, retention.ErrNotFound)
	if got, want := missing.Error(), "not found: there is no hold 7"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestProblemsAreReportedAllAtOnce(t *testing.T) {
	var bad retention.Problems
	if err := bad.Err(); err != nil {
		t.Fatalf("without problems Err() = %v, want nil", err)
	}
	bad.AddErr("x", nil)
	if err := bad.Err(); err != nil {
		t.Fatalf("after AddErr(nil) Err() = %v, want nil", err)
	}
	bad.Add("a", "has %d of %s", 3, "them")
	bad.AddErr("b", errors.New("100% broken"))
	bad.AddErr("c", fmt.Errorf("in c: %w", retention.Invalid("c.d", "is deep")))
	bad.AddErr("e", &retention.Refusal{Field: "f", Reason: "no", Remedy: "yes"})
	inv, ok := errors.AsType[*retention.InvalidError](bad.Err())
	want := []retention.FieldError{{Field: "a", Message: "has 3 of them"}, {Field: "b", Message: "100% broken"}, {Field: "c.d", Message: "is deep"}, {Field: "e", Message: "no; yes"}}
	if !ok || !reflect.DeepEqual(inv.Fields, want) {
		t.Errorf("got %+v, want %+v", inv, want)
	}
}

// fieldsOf are the fields of an *InvalidError, with their messages.
func fieldsOf(t *testing.T, err error) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err == nil {
		return out
	}
	inv, ok := errors.AsType[*retention.InvalidError](err)
	if !ok {
		t.Fatalf("got %T (%v), want an *InvalidError", err, err)
	}
	for _, f := range inv.Fields {
		out[f.Field] += f.Message
	}
	return out
}
