package web

import (
	"strings"

	"holdfast/retention"
	"holdfast/web/ui"
)

// told is how far all subscribers are together: what has not reached them, who fails.
// Those that are switched off are told nothing on purpose, and count as little.
type told struct {
	subscribers int64
	// late are those that not everything has reached, bad those of them that fail.
	late, bad    []string
	behind, dead int64
}

// told asks for every subscriber.
func (v *visit) told() (told, error) {
	var t told
	page := retention.Page{Limit: retention.MaxPage}
	for {
		list, next, err := v.e.Subscribers(v.ctx, v.actor, page)
		if err != nil {
			return t, err
		}
		for _, sub := range list {
			st, err := v.e.SubscriberStatus(v.ctx, v.actor, sub.ID)
			if err != nil {
				return t, err
			}
			t.add(sub, st)
		}
		if page.Cursor = next; next == "" {
			return t, nil
		}
	}
}

func (t *told) add(sub retention.Subscriber, st retention.SubscriberStatus) {
	t.subscribers++
	if !sub.Enabled || (st.Undelivered() == 0 && st.Dead == 0) {
		return
	}
	t.late = append(t.late, sub.Name)
	if st.Undelivered() > 0 && failing(st) {
		t.bad = append(t.bad, sub.Name)
	}
	t.behind += st.Undelivered()
	t.dead += st.Dead
}

// answer is all that in a sentence.
func (t told) answer() string {
	switch {
	case t.subscribers == 0:
		return "Nobody is told of events."
	case len(t.late) == 0:
		return "Everything is delivered to " + ui.Count(t.subscribers, "subscriber", "subscribers") + "."
	}
	who := t.late[0]
	if len(t.late) > 1 {
		who = ui.Num(int64(len(t.late))) + " of " + ui.Count(t.subscribers, "subscriber", "subscribers") + ", " + joinSome(t.late, 3)
	}
	var parts []string
	if t.behind > 0 {
		parts = append(parts, ui.Count(t.behind, "event", "events")+" behind")
	}
	if t.dead > 0 {
		parts = append(parts, ui.Num(t.dead)+" given up")
	}
	switch {
	case len(t.bad) == 1 && len(t.late) == 1:
		parts = append(parts, "and it is failing")
	case len(t.bad) > 0:
		parts = append(parts, joinSome(t.bad, 3)+" failing")
	}
	return "Not everything has reached " + who + ": " + strings.Join(parts, ", ") + "."
}

func (t told) tone() string {
	switch {
	case len(t.bad) > 0 || t.dead > 0:
		return "warn"
	case len(t.late) > 0:
		return "busy"
	case t.subscribers > 0:
		return "good"
	}
	return ""
}

// overviewTold adds to the overview how far subscribers are, and to its answer what is
// amiss: that a few events are on their way is not.
func (v *visit) overviewTold(view *ui.OverviewView) error {
	t, err := v.told()
	if err != nil {
		return err
	}
	if t.subscribers == 0 {
		return nil
	}
	view.Told = t.answer()
	if t.tone() == "warn" {
		amiss(&view.Head, t.answer())
	}
	return nil
}
