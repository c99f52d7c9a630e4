package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// opCreateSubscriber is the route whose answer holds a webhook's signing key.
const opCreateSubscriber = "createSubscriber"

// ListSubscribers is GET /subscribers.
func (s *server) ListSubscribers(ctx context.Context, r oapi.ListSubscribersRequestObject) (oapi.ListSubscribersResponseObject, error) {
	items, next, err := s.engine.Subscribers(ctx, httpauth.ActorFrom(ctx), page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := oapi.ListSubscribers200JSONResponse{Items: []oapi.Subscriber{}, NextCursor: orNull(next)}
	for _, sub := range items {
		shown, err := s.subscriber(ctx, sub)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, shown)
	}
	return out, nil
}

// CreateSubscriber is POST /subscribers; its answer has the signing key.
func (s *server) CreateSubscriber(ctx context.Context, r oapi.CreateSubscriberRequestObject) (oapi.CreateSubscriberResponseObject, error) {
	in := r.Body
	if err := refuseSecret(in.Secret); err != nil {
		return nil, err
	}
	sub := retention.Subscriber{
		Name: in.Name, Kind: retention.SubscriberKind(in.Kind), URL: in.URL, Subject: value(in.Subject),
		Types: value(in.Types), EntityTypes: value(in.EntityTypes), Enabled: in.Enabled == nil || *in.Enabled,
	}
	sub, secret, err := s.engine.CreateSubscriber(ctx, httpauth.ActorFrom(ctx), sub)
	if err != nil {
		return nil, err
	}
	body, err := s.newSubscriber(ctx, sub, secret)
	if err != nil {
		return nil, err
	}
	return oapi.CreateSubscriber201JSONResponse{
		Body: body, Headers: oapi.CreateSubscriber201ResponseHeaders{ETag: etag(sub.Version), Location: Base + "/subscribers/" + sub.ID},
	}, nil
}

// GetSubscriber is GET /subscribers/{id}.
func (s *server) GetSubscriber(ctx context.Context, r oapi.GetSubscriberRequestObject) (oapi.GetSubscriberResponseObject, error) {
	sub, err := s.engine.Subscriber(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	body, err := s.subscriber(ctx, sub)
	if err != nil {
		return nil, err
	}
	return oapi.GetSubscriber200JSONResponse{Body: body, Headers: oapi.GetSubscriber200ResponseHeaders{ETag: etag(sub.Version)}}, nil
}

// ReviseSubscriber is PATCH /subscribers/{id}.
func (s *server) ReviseSubscriber(ctx context.Context, r oapi.ReviseSubscriberRequestObject) (oapi.ReviseSubscriberResponseObject, error) {
	version, err := s.subscriberVersion(ctx, r.ID, r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	in := r.Body
	if err := refuseSecret(in.Secret); err != nil {
		return nil, err
	}
	sub, err := s.engine.ReviseSubscriber(ctx, httpauth.ActorFrom(ctx), r.ID, version, retention.SubscriberRevision{
		Name: in.Name, Kind: (*retention.SubscriberKind)(in.Kind), URL: in.URL, Subject: in.Subject, Types: in.Types, EntityTypes: in.EntityTypes, Enabled: in.Enabled,
	})
	if err != nil {
		return nil, err
	}
	body, err := s.subscriber(ctx, sub)
	if err != nil {
		return nil, err
	}
	return oapi.ReviseSubscriber200JSONResponse{Body: body, Headers: oapi.ReviseSubscriber200ResponseHeaders{ETag: etag(sub.Version)}}, nil
}

// refuseSecret refuses a key of the caller's own: whoever gave one would take what is
// signed with ours for forged.
func refuseSecret(secret *string) error {
	if secret == nil {
		return nil
	}
	return retention.Invalid("secret", "is made by Holdfast, answered once and cannot be given; leave it out. POST …/rotate-secret makes another")
}

func (s *server) subscriberVersion(ctx context.Context, id string, ifMatch *string) (int, error) {
	cond, err := parseIfMatch(ifMatch)
	if err != nil {
		return 0, err
	}
	return cond.version(func() (int, error) {
		sub, err := s.engine.Subscriber(ctx, httpauth.ActorFrom(ctx), id)
		return sub.Version, err
	})
}

// EndSubscriber is DELETE /subscribers/{id}.
func (s *server) EndSubscriber(ctx context.Context, r oapi.EndSubscriberRequestObject) (oapi.EndSubscriberResponseObject, error) {
	version, err := s.subscriberVersion(ctx, r.ID, r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := s.engine.EndSubscriber(ctx, httpauth.ActorFrom(ctx), r.ID, version); err != nil {
		return nil, err
	}
	return oapi.EndSubscriber204Response{}, nil
}

// RotateSecret is POST /subscribers/{id}/rotate-secret; its answer has the new key.
func (s *server) RotateSecret(ctx context.Context, r oapi.RotateSecretRequestObject) (oapi.RotateSecretResponseObject, error) {
	drop := r.Body != nil && value(r.Body.DropFormer)
	sub, secret, err := s.engine.RotateSecret(ctx, httpauth.ActorFrom(ctx), r.ID, drop)
	if err != nil {
		return nil, err
	}
	body, err := s.newSubscriber(ctx, sub, secret)
	if err != nil {
		return nil, err
	}
	return oapi.RotateSecret200JSONResponse{Body: body, Headers: oapi.RotateSecret200ResponseHeaders{ETag: etag(sub.Version)}}, nil
}

// TestSubscriber is POST /subscribers/{id}/test.
func (s *server) TestSubscriber(ctx context.Context, r oapi.TestSubscriberRequestObject) (oapi.TestSubscriberResponseObject, error) {
	t, err := s.engine.TestSubscriber(ctx, httpauth.ActorFrom(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return oapi.TestSubscriber200JSONResponse{
		Delivered: t.Delivered, Answer: t.Answer, EventID: t.EventID, SentAt: t.SentAt.UTC(), DurationSeconds: t.Duration.Seconds(),
	}, nil
}

// ReplayEvents is POST /subscribers/{id}/replay.
func (s *server) ReplayEvents(ctx context.Context, r oapi.ReplayEventsRequestObject) (oapi.ReplayEventsResponseObject, error) {
	n, err := s.engine.Replay(ctx, httpauth.ActorFrom(ctx), r.ID, retention.Replay{
		Events: value(r.Body.Events), From: r.Body.From, Until: r.Body.Until, Dead: value(r.Body.Dead),
	})
	if err != nil {
		return nil, err
	}
	return oapi.ReplayEvents202JSONResponse{Count: n}, nil
}

// ListDeliveries is GET /subscribers/{id}/deliveries.
func (s *server) ListDeliveries(ctx context.Context, r oapi.ListDeliveriesRequestObject) (oapi.ListDeliveriesResponseObject, error) {
	states := convert[oapi.DeliveryState, retention.DeliveryState](r.Params.State)
	items, next, err := s.engine.Deliveries(ctx, httpauth.ActorFrom(ctx), r.ID, states, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListDeliveries200JSONResponse{Items: each(items, renderDelivery), NextCursor: orNull(next)}, nil
}

func renderDelivery(d retention.Delivery) oapi.Delivery {
	var entity *any
	if len(d.EntityID) > 0 {
		key := renderKey(d.EntityID)
		entity = &key
	}
	return oapi.Delivery{
		EventID: d.EventID, Type: string(d.Type), EntityType: d.EntityType, EntityID: entity, State: oapi.DeliveryState(d.State),
		Attempts: d.Attempts, CreatedAt: d.CreatedAt.UTC(), FirstFailedAt: utc(d.FirstFailedAt), NextAt: utc(d.NextAt), LastAnswer: orNull(d.LastAnswer),
	}
}

// subscriber renders one with how far it is behind.
func (s *server) subscriber(ctx context.Context, sub retention.Subscriber) (oapi.Subscriber, error) {
	st, err := s.engine.SubscriberStatus(ctx, httpauth.ActorFrom(ctx), sub.ID)
	return oapi.Subscriber{
		ID: sub.ID, Name: sub.Name, Kind: oapi.SubscriberKind(sub.Kind), URL: sub.URL, Subject: orNull(sub.Subject),
		Types: sub.Types, EntityTypes: sub.EntityTypes, Enabled: sub.Enabled, Version: sub.Version,
		FormerSecretUntil: utc(sub.FormerSecretUntil), CreatedBy: sub.CreatedBy, CreatedAt: sub.CreatedAt.UTC(),
		Status: renderSubscriberStatus(st),
	}, err
}

func renderSubscriberStatus(st retention.SubscriberStatus) oapi.SubscriberStatus {
	return oapi.SubscriberStatus{
		Behind: st.Behind, Waiting: st.Waiting, Retrying: st.Retrying, Dead: st.Dead, Delivered: st.Delivered,
		OldestUndeliveredAt: utc(st.Oldest), LastSuccessAt: utc(st.LastSuccess), LastFailureAt: utc(st.LastFailure),
		LastAnswer: orNull(st.LastAnswer), PausedUntil: utc(st.PausedUntil), Replaying: st.Replaying,
	}
}

func (s *server) newSubscriber(ctx context.Context, sub retention.Subscriber, secret string) (oapi.NewSubscriber, error) {
	v, err := s.subscriber(ctx, sub)
	return oapi.NewSubscriber{
		ID: v.ID, Name: v.Name, Kind: v.Kind, URL: v.URL, Subject: v.Subject, Types: v.Types, EntityTypes: v.EntityTypes,
		Enabled: v.Enabled, Version: v.Version, FormerSecretUntil: v.FormerSecretUntil, CreatedBy: v.CreatedBy,
		CreatedAt: v.CreatedAt, Status: v.Status, Secret: orNull(secret),
	}, err
}
