package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"holdfast/retention"
	"holdfast/web/ui"
)

// holdDate is one date of one hold.
type holdDate struct {
	at   time.Time
	what ui.Pill
	then string
	hold retention.Hold
}

// holdCalendar shows what comes next of holds in force: reviews, expiries, and releases, of
// all or a part, that cool off.
func holdCalendar(v *visit) error {
	holds, err := v.e.DatedHolds(v.ctx, v.actor)
	if err != nil {
		return err
	}
	counts, err := v.e.HoldDates(v.ctx, v.actor)
	if err != nil {
		return err
	}
	var dates []holdDate
	for _, h := range holds {
		dates = append(dates, datesOf(h.Hold)...)
		if h.FallsAt != nil {
			dates = append(dates, holdDate{at: *h.FallsAt, what: ui.Pill{Text: "Covers less", Tone: "busy"}, then: "a part falls out of the hold; until then that can be taken back", hold: h.Hold})
		}
	}
	slices.SortStableFunc(dates, func(a, b holdDate) int { return a.at.Compare(b.at) })
	view := ui.HoldCalendarView{
		Head:  ui.Head{Title: "Calendar of holds", Parent: "Holds", ParentHref: "/holds", Answer: calendarAnswer(counts, len(dates)), Tone: pick(counts.ReviewsDue > 0, "warn", "")},
		Empty: ui.Empty{Title: "No hold in force has a date.", Text: "Holds with an expiry, a review day, or a release of all or a part of them under way are listed here by their dates.", Action: "Show all holds", ActionTo: "/holds"},
	}
	for _, d := range dates {
		id, title := "come", "Has come"
		if d.at.After(v.clock.now) {
			at := d.at.Add(-time.Nanosecond).In(v.clock.zone) // a day that was given ends in its own month
			id, title = at.Format("m2006-01"), at.Format("January 2006")
		}
		if n := len(view.Months); n == 0 || view.Months[n-1].ID != id {
			view.Months = append(view.Months, ui.HoldMonth{ID: id, Title: title})
		}
		m := &view.Months[len(view.Months)-1]
		m.Rows = append(m.Rows, ui.HoldDateRow{On: v.clock.dated(d.at), What: d.what, Matter: d.hold.Matter, Href: "/holds/" + d.hold.ID, Text: d.then})
	}
	return v.render(http.StatusOK, ui.HoldCalendar(v.shell("holds", "Calendar of holds"), view))
}

func calendarAnswer(d retention.HoldDates, dates int) string {
	next := comesNext(d)
	switch {
	case dates == 0:
		return "Nothing of holds is due."
	case len(next) == 0:
		return "No hold waits for a person, and none ends within 30 days."
	}
	return strings.Join(next, " ")
}

// comesNext says in sentences what of holds in force is to be done or ends soon.
func comesNext(d retention.HoldDates) (out []string) {
	if d.ReviewsDue > 0 {
		out = append(out, ui.Count(d.ReviewsDue, "hold is", "holds are")+" to be looked at by a person now.")
	}
	if n := d.Expiring[30]; n > 0 {
		out = append(out, ui.Count(n, "hold ends by itself", "holds end by themselves")+" within 30 days, "+ui.Num(d.Expiring[7])+" of them within 7.")
	}
	if d.Releasing > 0 {
		out = append(out, ui.Count(d.Releasing, "release cools", "releases cool")+" off and can be taken back.")
	}
	return out
}

func datesOf(h retention.Hold) []holdDate {
	var out []holdDate
	switch {
	case h.Status == retention.HoldReleasing && h.ReleasesAt != nil:
		return []holdDate{{at: *h.ReleasesAt, what: ui.Pill{Text: "Ends", Tone: "busy"}, then: "the hold ends; until then the release can be taken back", hold: h}}
	case h.ExpiresAt != nil && h.OnExpiry == retention.OnExpiryReview:
		out = append(out, holdDate{at: *h.ExpiresAt, what: ui.Pill{Text: "Review", Tone: "warn"}, then: "a person extends or releases it; until then it stays", hold: h})
	case h.ExpiresAt != nil:
		out = append(out, holdDate{at: *h.ExpiresAt, what: ui.Pill{Text: "Expires", Tone: "bad"}, then: "the hold ends by itself", hold: h})
	}
	if h.ReviewAt != nil && (h.ExpiresAt == nil || h.ReviewAt.Before(*h.ExpiresAt)) {
		out = append(out, holdDate{at: *h.ReviewAt, what: ui.Pill{Text: "Review", Tone: "warn"}, then: "a person looks at it; that ends nothing", hold: h})
	}
	return out
}
