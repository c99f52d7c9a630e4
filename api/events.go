package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListEvents is GET /events.
func (s *server) ListEvents(ctx context.Context, r oapi.ListEventsRequestObject) (oapi.ListEventsResponseObject, error) {
	f := retention.EventFilter{
		Type: retention.EventType(value(r.Params.Type)), EntityType: value(r.Params.EntityType),
		Policy: value(r.Params.Policy), Run: value(r.Params.Run), From: r.Params.From, Until: r.Params.Until,
	}
	items, next, err := s.engine.Events(ctx, httpauth.ActorFrom(ctx), f, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListEvents200JSONResponse{Items: each(items, renderEvent), NextCursor: orNull(next)}, nil
}

func renderEvent(l retention.LoggedEvent) oapi.Event {
	e := l.Event
	return oapi.Event{
		Specversion: oapi.EventSpecversion(e.SpecVersion), ID: e.ID, Source: e.Source, Type: oapi.EventType(e.Type),
		Time: e.Time, Datacontenttype: oapi.EventDatacontenttype(e.DataContentType), Data: e.Data,
	}
}

// renderEventSpec is what a policy tells others; nil for nothing.
func renderEventSpec(s *retention.EventSpec) *oapi.EventSpec {
	if s == nil {
		return nil
	}
	return &oapi.EventSpec{EntityType: s.EntityType, Key: renderKey(retention.Key(s.Key)), Include: append([]string{}, s.Include...)}
}

// readEventKey takes a string or an array of strings, as the contract has checked.
func readEventKey(v any) retention.EventKey {
	switch v := v.(type) {
	case string:
		return retention.EventKey{v}
	case []any:
		key := make(retention.EventKey, 0, len(v))
		for _, part := range v {
			if name, ok := part.(string); ok {
				key = append(key, name)
			}
		}
		return key
	}
	return nil
}
