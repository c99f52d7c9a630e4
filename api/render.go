package api

import (
	"time"

	"holdfast/retention"
)

// page is the page that a list is asked for. The contract has bounded the limit.
func page(limit *int, cursor *string) retention.Page {
	return retention.Page{Limit: value(limit), Cursor: value(cursor)}
}

// each renders the items of a list; an empty one is [], never null.
func each[A, B any](items []A, render func(A) B) []B {
	out := make([]B, 0, len(items))
	for _, item := range items {
		out = append(out, render(item))
	}
	return out
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// orNull is nil for the zero value, which JSON then has as null.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// counted is nil for what could not be counted.
func counted(n int64) *int64 {
	if n == retention.NotCounted {
		return nil
	}
	return &n
}

// utc is a time as the API answers it.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// renderKey is a string, or an array of strings for a composite key.
func renderKey(k retention.Key) any {
	if len(k) == 1 {
		return k[0]
	}
	return []string(k)
}

func convert[A, B ~string](values *[]A) []B {
	return each(value(values), func(v A) B { return B(v) })
}
