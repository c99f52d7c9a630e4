package engine

import (
	"context"
	"slices"

	"holdfast/retention"
)

// DefaultSource names this Holdfast in its events where nothing else is configured: a
// URI reference, as CloudEvents wants it.
const DefaultSource = "/holdfast"

// Source names this Holdfast in its events.
func (e *Engine) Source() string { return e.source }

// Events lists what others are told, newest first.
func (e *Engine) Events(ctx context.Context, actor retention.Actor, f retention.EventFilter, p retention.Page) ([]retention.LoggedEvent, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	if f.Type != "" && !slices.Contains(retention.EventTypes(), f.Type) {
		return nil, "", retention.Invalid("type", "there is no event %q; types are %s", f.Type, listOf(retention.EventTypes()))
	}
	if err := checkSpan(f.From, f.Until); err != nil {
		return nil, "", err
	}
	events, next, err := e.store.Events(ctx, f, p)
	for i := range events {
		events[i].Event.Source = e.source
	}
	return events, next, err
}

func listOf[T ~string](values []T) string {
	var out string
	for i, v := range values {
		if i > 0 {
			out += ", "
		}
		out += string(v)
	}
	return out
}
