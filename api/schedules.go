package api

import (
	"context"
	"net/url"

	"holdfast/api/oapi"
	"holdfast/engine"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListSchedules is GET /schedules.
func (s *server) ListSchedules(ctx context.Context, r oapi.ListSchedulesRequestObject) (oapi.ListSchedulesResponseObject, error) {
	items, next, err := s.engine.Schedules(ctx, httpauth.ActorFrom(ctx), page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListSchedules200JSONResponse{Items: each(items, renderSchedule), NextCursor: orNull(next)}, nil
}

// GetSchedule is GET /schedules/{name}.
func (s *server) GetSchedule(ctx context.Context, r oapi.GetScheduleRequestObject) (oapi.GetScheduleResponseObject, error) {
	h, err := s.engine.Schedule(ctx, httpauth.ActorFrom(ctx), r.Name)
	if err != nil {
		return nil, err
	}
	return oapi.GetSchedule200JSONResponse{
		Body: renderSchedule(h), Headers: oapi.GetSchedule200ResponseHeaders{ETag: etag(h.Schedule.Version)},
	}, nil
}

// PutSchedule is PUT /schedules/{name}.
func (s *server) PutSchedule(ctx context.Context, r oapi.PutScheduleRequestObject) (oapi.PutScheduleResponseObject, error) {
	if r.JSONBody.Name == nil {
		r.JSONBody.Name = &r.Name
	}
	if *r.JSONBody.Name != r.Name {
		return nil, retention.Invalid("name", "is %q and the path says %q; make them equal, or leave it out", *r.JSONBody.Name, r.Name)
	}
	x, err := readSchedule(r.JSONBody)
	if err != nil {
		return nil, err
	}
	version, err := s.scheduleVersion(ctx, r.Name, r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	x, created, err := s.engine.PutSchedule(ctx, httpauth.ActorFrom(ctx), x, version)
	if err != nil {
		return nil, err
	}
	h, err := s.engine.Schedule(ctx, httpauth.ActorFrom(ctx), x.Name)
	if err != nil {
		return nil, err
	}
	if created {
		return oapi.PutSchedule201JSONResponse{
			Body:    renderSchedule(h),
			Headers: oapi.PutSchedule201ResponseHeaders{ETag: etag(h.Schedule.Version), Location: Base + "/schedules/" + url.PathEscape(x.Name)},
		}, nil
	}
	return oapi.PutSchedule200JSONResponse{
		Body: renderSchedule(h), Headers: oapi.PutSchedule200ResponseHeaders{ETag: etag(h.Schedule.Version)},
	}, nil
}

// ListSlots is GET /schedules/{name}/slots.
func (s *server) ListSlots(ctx context.Context, r oapi.ListSlotsRequestObject) (oapi.ListSlotsResponseObject, error) {
	items, next, err := s.engine.Slots(ctx, httpauth.ActorFrom(ctx), r.Name, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListSlots200JSONResponse{Items: each(items, renderSlot), NextCursor: orNull(next)}, nil
}

// scheduleVersion is the version that If-Match names.
func (s *server) scheduleVersion(ctx context.Context, name string, ifMatch *string) (int, error) {
	cond, err := parseIfMatch(ifMatch)
	if err != nil {
		return 0, err
	}
	return cond.version(func() (int, error) {
		h, err := s.engine.Schedule(ctx, httpauth.ActorFrom(ctx), name)
		return h.Schedule.Version, err
	})
}

// readSchedule makes the noun of a document; what cannot be represented is refused
// together with what the noun itself finds wrong.
func readSchedule(in *oapi.ScheduleInput) (retention.Schedule, error) {
	var bad retention.Problems
	x := retention.Schedule{
		Name: value(in.Name), Cron: in.Cron, TimeZone: value(in.TimeZone), Policies: value(in.Policies),
		Enabled: in.Enabled == nil || *in.Enabled,
	}
	refuseEmptyList(&bad, in.Policies)
	if in.MisfireGrace != nil {
		parse(&bad, "misfire_grace", *in.MisfireGrace, retention.ParsePeriod, &x.MisfireGrace)
		refuseZero(&bad, "misfire_grace", x.MisfireGrace.IsZero(), "must be from one minute to 31 days; leave it out for PT1H")
	}
	if len(bad) == 0 {
		return x, nil
	}
	x = x.WithDefaults()
	return x, withOwnFaults(bad, x.Validate())
}

func renderSchedule(h engine.ScheduleHealth) oapi.Schedule {
	x := h.Schedule
	return oapi.Schedule{
		Name: x.Name, Cron: x.Cron, TimeZone: x.TimeZone, Policies: orAll(x.Policies),
		MisfireGrace: x.MisfireGrace.String(), Enabled: x.Enabled, Version: x.Version, CreatedBy: x.CreatedBy,
		CreatedAt: x.CreatedAt.UTC(), OwedSince: x.OwedSince.UTC(), NextSlot: utc(x.NextSlot), LastRun: renderLastRun(h.LastRun),
		LastSuccess: utc(h.LastSuccess), MissedLastWeek: h.MissedWeek, Overdue: h.Overdue, Sentence: h.Sentence(),
	}
}

// refuseEmptyList refuses a list of policies that names none. A program whose list came
// out empty would otherwise have everything disposed of.
func refuseEmptyList(bad *retention.Problems, policies *[]string) {
	if policies != nil && len(*policies) == 0 {
		bad.Add("policies", "names no policy; leave it out, or send null, for all that are active")
	}
}

// orAll renders the policies of a schedule so that they can be sent back: null for all.
func orAll(policies []string) *[]string {
	if len(policies) == 0 {
		return nil
	}
	return &policies
}

func renderLastRun(r *retention.Run) *oapi.ScheduledRun {
	if r == nil {
		return nil
	}
	return &oapi.ScheduledRun{
		ID: r.ID, Slot: utc(r.Slot), Status: oapi.RunStatus(r.Status), StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt),
	}
}

func renderSlot(x retention.Slot) oapi.Slot {
	return oapi.Slot{
		Schedule: x.Schedule, Local: x.Local, Slot: x.At.UTC(), Status: oapi.SlotStatus(x.Status), RunID: orNull(x.RunID),
		Reason: orNull(x.Reason), DecidedAt: x.DecidedAt.UTC(),
	}
}
