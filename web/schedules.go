package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"holdfast/engine"
	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) scheduleRoutes(r chi.Router) {
	r.Get("/schedules", s.page(schedules))
	r.Get("/schedules/new", s.page(newSchedule))
	r.Post("/schedules", s.page(saveSchedule))
	r.Post("/schedules/draft", s.page(draftSchedule))
	r.Get("/schedules/{name}", s.page(schedule))
	r.Get("/schedules/{name}/edit", s.page(editSchedule))
	r.Post("/schedules/{name}", s.page(saveSchedule))
	r.Post("/schedules/{name}/draft", s.page(draftSchedule))
	r.Post("/schedules/{name}/enabled", s.page(enableSchedule))
	r.Get("/retention-schedule", s.page(retentionSchedule))
}

// nextShown is how many of the next slots are shown.
const nextShown = 5

func schedules(v *visit) error {
	list, next, err := v.e.Schedules(v.ctx, v.actor, v.cursor())
	if err != nil {
		return err
	}
	view := ui.SchedulesView{
		Head:  v.schedulesHead(list),
		Empty: ui.Empty{Title: "No schedule exists yet.", Text: "A schedule says when policies run by themselves. The one named nightly appears as soon as the background work has started.", Action: "Create a schedule", ActionTo: "/schedules/new"},
		Pager: v.pager("schedules", next),
	}
	for _, h := range list {
		view.Rows = append(view.Rows, v.scheduleRow(h))
	}
	return v.render(http.StatusOK, ui.Schedules(v.shell("schedules", "Schedules"), view))
}

// schedulesHead answers: when does what run next, and is anything amiss?
func (v *visit) schedulesHead(list []engine.ScheduleHealth) ui.Head {
	h := ui.Head{Title: "Schedules", Answer: "Nothing runs by itself: no schedule is enabled.", Tone: "warn"}
	var first *engine.ScheduleHealth
	for i, s := range list {
		if s.Schedule.NextSlot != nil && (first == nil || s.Schedule.NextSlot.Before(*first.Schedule.NextSlot)) {
			first = &list[i]
		}
	}
	if first != nil {
		h.Answer = fmt.Sprintf("Next: %s, %s.", first.Schedule.Name, v.clock.ago(*first.Schedule.NextSlot))
		h.Tone = "good"
	}
	if troubles := scheduleTroubles(list); len(troubles) > 0 {
		h.Also, h.Answer, h.Tone = append(troubles[1:], h.Answer), troubles[0], "warn"
	}
	return h
}

// scheduleTroubles says what is overdue and what was missed, a sentence each.
func scheduleTroubles(list []engine.ScheduleHealth) []string {
	var overdue, missed []string
	var slots int64
	for _, h := range list {
		if h.Overdue {
			overdue = append(overdue, h.Schedule.Name)
		}
		if h.MissedWeek > 0 {
			missed = append(missed, h.Schedule.Name)
			slots += h.MissedWeek
		}
	}
	var out []string
	if len(overdue) > 0 {
		out = append(out, ui.Count(int64(len(overdue)), "schedule is overdue: ", "schedules are overdue: ")+joinSome(overdue, 3)+".")
	}
	if slots > 0 {
		out = append(out, ui.Count(slots, "slot was missed", "slots were missed")+" in the last seven days: "+joinSome(missed, 3)+".")
	}
	return out
}

func schedulePill(h engine.ScheduleHealth) ui.Pill {
	switch {
	case !h.Schedule.Enabled:
		return ui.Pill{Tone: "quiet", Text: "Disabled"}
	case h.Overdue:
		return ui.Pill{Tone: "warn", Text: "Overdue"}
	case h.LastRun != nil && (h.LastRun.Status == retention.RunFailed || h.LastRun.Status == retention.RunPartial):
		return ui.Pill{Tone: "warn", Text: "Last run failed"}
	case h.MissedWeek > 0:
		return ui.Pill{Tone: "warn", Text: "Slots missed"}
	case h.LastSuccess == nil:
		return ui.Pill{Tone: "quiet", Text: "Not run yet"}
	}
	return ui.Pill{Tone: "good", Text: "In time"}
}

func (v *visit) scheduleRow(h engine.ScheduleHealth) ui.ScheduleRow {
	row := ui.ScheduleRow{
		Name: h.Schedule.Name, Href: "/schedules/" + h.Schedule.Name, Sentence: h.Sentence(), State: schedulePill(h),
		Next: v.clock.atp(h.Schedule.NextSlot), Missed: h.MissedWeek, LastSuccess: v.clock.atp(h.LastSuccess),
	}
	if r := h.LastRun; r != nil {
		row.LastRun, row.LastHref, row.LastState = v.clock.at(r.CreatedAt), "/runs/"+r.ID, runPill(r.Status)
	}
	return row
}

// schedule is the page of one schedule.
func schedule(v *visit) error {
	h, err := v.e.Schedule(v.ctx, v.actor, v.param("name"))
	if err != nil {
		return err
	}
	slots, next, err := v.e.Slots(v.ctx, v.actor, h.Schedule.Name, v.cursor())
	if err != nil {
		return err
	}
	s := h.Schedule
	view := ui.ScheduleView{
		Head: ui.Head{Title: s.Name, Parent: "Schedules", ParentHref: "/schedules", Answer: h.Sentence()},
		Name: s.Name, Version: s.Version, Enabled: s.Enabled, Overdue: v.overdueWords(h), Stats: v.scheduleStats(h),
		Settings: v.scheduleSettings(s), Pager: v.pager("slots", next),
	}
	if s.Enabled {
		if view.Next, err = v.slotsFrom(s); err != nil {
			return err
		}
	}
	for _, x := range slots {
		view.Slots = append(view.Slots, v.slotRow(x))
	}
	return v.render(http.StatusOK, ui.Schedule(v.shell("schedules", s.Name), view))
}

// slotsFrom are the next slots of a stored schedule that is enabled. The first is the one
// that is not decided yet, as in every list, also when it has just come.
func (v *visit) slotsFrom(s retention.Schedule) ([]ui.Time, error) {
	if s.NextSlot == nil {
		return nil, nil
	}
	after, err := s.Following(*s.NextSlot, nextShown-1)
	if err != nil {
		return nil, err
	}
	return v.inItsZone(s, append([]retention.SlotTime{{At: *s.NextSlot}}, after...)), nil
}

// nextSlots are the next slots of a schedule as it stands in the form.
func (v *visit) nextSlots(s retention.Schedule) ([]ui.Time, error) {
	slots, err := v.e.PreviewSchedule(v.ctx, v.actor, s, nextShown)
	if err != nil && !errors.Is(err, retention.ErrInvalid) {
		return nil, err // a policy that it names may be retired since
	}
	if err != nil {
		if slots, err = s.Following(v.clock.now, nextShown); err != nil {
			return nil, err
		}
	}
	return v.inItsZone(s, slots), nil
}

func (v *visit) inItsZone(s retention.Schedule, slots []retention.SlotTime) []ui.Time {
	c := v.clock
	if zone, err := loadZone(s.TimeZone); err == nil {
		c.zone = zone
	}
	out := make([]ui.Time, len(slots))
	for i, slot := range slots {
		out[i] = c.moment(slot.At, "Monday, 2 January 2006, 15:04 ")
	}
	return out
}

func (v *visit) overdueWords(h engine.ScheduleHealth) string {
	if !h.Overdue {
		return ""
	}
	since := "It has not succeeded since it was saved or enabled, " + v.clock.at(h.Schedule.OwedSince).Text
	if h.LastSuccess != nil && h.LastSuccess.After(h.Schedule.OwedSince) {
		since = "Its last run that succeeded ended " + v.clock.at(*h.LastSuccess).Text
	}
	return since + ". That is more than two of its intervals ago. Look at its runs and missed slots below."
}

func (v *visit) scheduleStats(h engine.ScheduleHealth) []ui.Stat {
	last := ui.Stat{Label: "Last run", Value: "none yet"}
	if h.LastRun != nil {
		last = ui.Stat{Label: "Last run", Value: runPill(h.LastRun.Status).Text, Note: v.clock.at(h.LastRun.CreatedAt).Text}
	}
	success := ui.Stat{Label: "Last success", Value: "none yet"}
	if h.LastSuccess != nil {
		at := v.clock.at(*h.LastSuccess)
		success = ui.Stat{Label: "Last success", Value: at.Relative, Note: at.Text}
	}
	return []ui.Stat{
		{Label: "State", Value: schedulePill(h).Text}, last, success,
		{Label: "Missed in 7 days", Value: ui.Num(h.MissedWeek), Note: ui.Num(h.MissedTotal) + " since it exists"},
	}
}

func (v *visit) scheduleSettings(s retention.Schedule) []ui.Pair {
	policies := "all that are live and enabled at that time"
	if len(s.Policies) > 0 {
		policies = strings.Join(s.Policies, ", ")
	}
	return []ui.Pair{
		{Name: "Cron", Value: s.Cron, Code: true},
		{Name: "Time zone", Value: s.TimeZone},
		{Name: "Policies", Value: policies},
		{Name: "Late at most (misfire grace)", Value: s.MisfireGrace.Human() + "; later a slot is missed"},
		{Name: "Owes slots since", Value: v.clock.at(s.OwedSince).Text},
		{Name: "Version", Value: fmt.Sprintf("%d, %s by %s", s.Version, v.clock.at(s.CreatedAt).Text, s.CreatedBy)},
	}
}

func (v *visit) slotRow(x retention.Slot) ui.SlotRow {
	row := ui.SlotRow{Local: x.Local, At: v.clock.at(x.At), Reason: upperFirst(x.Reason)}
	if x.Status == retention.SlotStarted {
		row.State, row.RunHref = ui.Pill{Tone: "good", Text: "Started"}, "/runs/"+x.RunID
		return row
	}
	if x.RunID != "" {
		row.RunHref = "/runs/" + x.RunID // it never began
	}
	if x.Status == retention.SlotSkipped {
		row.State = ui.Pill{Tone: "quiet", Text: "Skipped"}
		return row
	}
	row.State = ui.Pill{Tone: "warn", Text: "Missed"}
	if row.Reason == "" {
		row.Reason = "The reason is not known."
	}
	return row
}

// enableSchedule enables or disables without the form.
func enableSchedule(v *visit) error {
	version, err := strconv.Atoi(v.form("version"))
	if err != nil || version < 1 {
		return fmt.Errorf("%w: reload the page, so that the version that you have seen is the one that is changed", retention.ErrPreconditionRequired)
	}
	s, err := v.e.EnableSchedule(v.ctx, v.actor, v.param("name"), v.form("enabled") == "true", version)
	if err != nil {
		return err
	}
	return v.redirect("/schedules/" + s.Name + "?done=" + pick(s.Enabled, "schedule_on", "schedule_off"))
}

// overviewSchedules adds to the overview what runs next, and what is amiss.
func (v *visit) overviewSchedules(view *ui.OverviewView, o engine.Overview) {
	for _, h := range o.Schedules {
		if h.Schedule.Enabled {
			view.Schedules = append(view.Schedules, v.scheduleRow(h))
		}
	}
	slices.SortStableFunc(view.Schedules, func(a, b ui.ScheduleRow) int { return strings.Compare(a.Next.ISO, b.Next.ISO) })
	if !view.Begin {
		amiss(&view.Head, scheduleTroubles(o.Schedules)...)
	}
}
