package web

import (
	"net/http"
	"net/url"
	"testing"

	"holdfast/retention"
)

func TestWhatIfShowsFiguresUnderAnotherPeriodAndOfAnotherDay(t *testing.T) {
	target := catalog()
	s := signedIn(t, filledStore(), target)
	page := func(period, day string) answer {
		return s.get("/policies/session_logs?" + url.Values{"simulate": {"1"}, "period": {period}, "as_of": {day}}.Encode())
	}
	wantText(t, page("30 days", ""), ".verdict", "If rows were kept for 30 days and not 180 days: a run would delete 12,391 records.")
	wantText(t, page("30 days", "2026-01-01"), ".verdict", "As of 1 January 2026: if rows were kept for 30 days and not 180 days: a run would delete 12,391 records.")
	wantText(t, page("", "2026-01-01"), ".verdict", "As of 1 January 2026: a run would delete 12,391 records.")
	wantText(t, page("180 days", ""), ".verdict", "A run now would delete 12,391 records.")
	for _, wrong := range [][2]string{{"a while", ""}, {"P0D", ""}, {"", "yesterday"}} {
		a := page(wrong[0], wrong[1])
		wantCode(t, a, http.StatusUnprocessableEntity)
	}
	wantText(t, page("a while", ""), ".wrong", "a while")
	wantText(t, page("", "2031-01-01"), "#simulation", "must not be in the future")
	target.down = retention.ErrUnavailable
	wantText(t, page("30 days", ""), "#simulation", "The governed database cannot be reached now")
}

func TestASimulationSaysWhatBlocksAndWhatItCannotKnow(t *testing.T) {
	store, target := filledStore(), catalog()
	s := signedIn(t, store, target)
	a := s.get("/policies/session_logs?simulate=1")
	wantText(t, a, "#simulation", "public.session_notes keeps 12 rows that its own refer to.")
	wantText(t, a, "#simulation", "0b6d1f2e-6a3c-4a53-9d0f-1b7d7f1f0002")
	wantText(t, a, "#simulation", "Rows that somebody has locked when a run meets them are left for the next one.")

	sim := target.sims["session_logs"]
	sim.Estimated, sim.Held, sim.Blocked, sim.WouldProcess, sim.ByMonth, sim.BlockedBy = true, retention.NotCounted, retention.NotCounted, retention.NotCounted, nil, nil
	target.sims["session_logs"] = sim
	a = s.get("/policies/session_logs?simulate=1")
	wantText(t, a, ".verdict", "About 22,403 records are due. Counting took too long and was given up, so this is the planner's estimate: what is held or blocked of them is not known.")
	wantText(t, s.get("/runs/confirm?policy=session_logs"), "main", "about 22,403")
}
