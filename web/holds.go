package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"holdfast/retention"
	"holdfast/web/ui"
)

// maxHoldForm bounds the form that places a hold: its ids may be many.
const maxHoldForm = 64 << 20

// maxListForm bounds the form that sends a list of records, which is never in memory as a
// whole.
const maxListForm = 1 << 30

func (s *server) holdRoutes(r chi.Router) {
	r.Get("/holds", s.page(holds))
	r.Get("/holds/new", s.page(newHold))
	r.Post("/holds", s.pageOf(maxHoldForm, placeHold))
	r.Post("/holds/draft", s.pageOf(maxHoldForm, draftHold))
	r.Post("/holds/preview", s.pageOf(maxHoldForm, previewHold))
	r.Get("/holds/{id}", s.page(hold))
	r.Get("/holds/{id}/widen", s.page(askWidening))
	r.Post("/holds/{id}/widen", s.pageOf(maxHoldForm, widenHold))
	r.Post("/holds/{id}/widen/preview", s.pageOf(maxHoldForm, previewWidening))
	r.Get("/holds/{id}/narrow", s.page(askNarrowing))
	r.Post("/holds/{id}/narrow", s.pageOf(maxHoldForm, narrowHold))
	r.Post("/holds/{id}/narrow/preview", s.pageOf(maxHoldForm, previewNarrowing))
	r.Post("/holds/{id}/narrow/take-back", s.page(takeBackNarrowing))
	r.Post("/holds/{id}/records", s.streamed(uploadRecords))
	r.Post("/holds/{id}/revise", s.page(reviseHold))
	r.Get("/holds/{id}/release", s.page(askRelease))
	r.Post("/holds/{id}/release", s.page(releaseHold))
	r.Post("/holds/{id}/take-back", s.page(takeBackRelease))
	r.Post("/holds/{id}/review", s.page(reviewHold))
	r.Get("/holds/calendar", s.page(holdCalendar))
	r.Get("/holds/{id}/proof", s.page(holdProof))
}

func holds(v *visit) error {
	f := retention.HoldFilter{Search: v.query("q")}
	status := retention.HoldStatus(v.query("status"))
	if status != "" {
		if !slices.Contains(retention.HoldStatuses(), status) {
			return retention.NotFoundf("holds of status %q", status)
		}
		f.Statuses = []retention.HoldStatus{status}
	}
	switch v.query("due") {
	case "":
	case "review":
		f.ReviewDue = true
	case "fault":
		f.FailSafe = true
	default:
		return retention.NotFoundf("holds that are due for %q", v.query("due"))
	}
	list, next, err := v.e.Holds(v.ctx, v.actor, f, v.cursor())
	if err != nil {
		return err
	}
	dates, err := v.e.HoldDates(v.ctx, v.actor)
	if err != nil {
		return err
	}
	counts, err := v.e.CountHolds(v.ctx, v.actor)
	if err != nil {
		return err
	}
	answer := append([]string{upperFirst(holdSummary(counts))}, comesNext(dates)...)
	if dates.Faulty > 0 {
		answer = append(answer, tablesChanged(dates.Faulty))
	}
	view := ui.HoldsView{
		Head:   ui.Head{Title: "Holds", Answer: strings.Join(answer, " "), Tone: pick(dates.Faulty > 0, "bad", pick(dates.ReviewsDue > 0, "warn", ""))},
		Chips:  v.holdChips(f, status, counts, dates),
		Search: ui.Search{Action: "/holds", Name: "q", Label: "Search holds", Value: f.Search, Keep: v.keep("q"), Help: "Looks in matter, reason and person."},
		Pager:  v.pager("holds", next), Empty: holdsEmpty(f),
	}
	for _, h := range list {
		view.Rows = append(view.Rows, v.holdRow(h))
	}
	return v.render(http.StatusOK, ui.Holds(v.shell("holds", "Holds"), view))
}

func (v *visit) holdChips(f retention.HoldFilter, status retention.HoldStatus, counts map[retention.HoldStatus]int64, dates retention.HoldDates) []ui.Chip {
	var all int64
	for _, n := range counts {
		all += n
	}
	chips := []ui.Chip{{Text: "All", Href: v.link("status", ""), Count: all, HasCount: true, Current: status == "" && !f.ReviewDue && !f.FailSafe}}
	if dates.ReviewsDue > 0 || f.ReviewDue {
		chips = append(chips, ui.Chip{Text: "To look at now", Href: "/holds?due=review", Count: dates.ReviewsDue, HasCount: true, Current: f.ReviewDue})
	}
	if dates.Faulty > 0 || f.FailSafe {
		chips = append(chips, ui.Chip{Text: "Tables have changed", Href: "/holds?due=fault", Count: dates.Faulty, HasCount: true, Current: f.FailSafe})
	}
	for _, s := range retention.HoldStatuses() {
		chips = append(chips, ui.Chip{Text: holdPill(s).Text, Href: v.link("status", string(s)), Count: counts[s], HasCount: true, Current: s == status})
	}
	return chips
}

func holdsEmpty(f retention.HoldFilter) ui.Empty {
	if f.Search != "" || len(f.Statuses) > 0 || f.ReviewDue || f.FailSafe {
		return ui.Empty{Title: "No hold fits.", Text: "No hold has this status and these words.", Action: "Show all holds", ActionTo: "/holds"}
	}
	return ui.Empty{Title: "No hold has been placed.", Text: "A legal hold keeps records from being deleted, anonymized or archived until it is released or expires, whatever the policies say. It counts from the moment it is placed.", Action: "Place a hold", ActionTo: "/holds/new"}
}

func (v *visit) holdRow(h retention.Hold) ui.HoldRow {
	state := holdPill(h.Status)
	if h.Status.InForce() && len(h.Faults) > 0 {
		state = ui.Pill{Text: state.Text + ", tables have changed", Tone: "bad"}
	}
	return ui.HoldRow{
		Href: "/holds/" + h.ID, Matter: h.Matter, Covers: holdCovers(h), By: h.CreatedBy, State: state,
		Since: v.clock.atp(h.EffectiveAt), Ends: v.clock.holdEnds(h),
	}
}

// hold is the page of one hold.
func hold(v *visit) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.holdPage(http.StatusOK, h, faults{})
}

func (v *visit) holdPage(status int, h retention.Hold, f faults) error {
	return v.holdPageWith(status, h, f, nil)
}

// holdPageWith is the page with what becomes due by a release, if that was asked.
func (v *visit) holdPageWith(status int, h retention.Hold, f faults, becomes *ui.HoldPreviewView) error {
	view := ui.HoldView{
		Becomes: becomes, Faults: faultSentences(h),
		Head: ui.Head{Title: h.Matter, Parent: "Holds", ParentHref: "/holds", Answer: v.clock.holdSentence(h), Tone: holdPill(h.Status).Tone},
		ID:   h.ID, Version: h.Version, State: holdPill(h.Status), Reason: h.Reason,
		ReviewDue: h.Status == retention.HoldReviewDue, CanRevise: !h.Status.Ended() && h.Status != retention.HoldReleasing,
		CanRelease: h.Status == retention.HoldActive || h.Status == retention.HoldReviewDue, CanGiveUp: h.CanGiveUp() == nil,
		Waiting: v.holdWaiting(h), CoolsOff: v.coolsOff(h), CanReview: h.Status == retention.HoldActive,
		Remind: h.Status == retention.HoldActive && h.ReviewDue(v.clock.now), Facts: v.holdFacts(h), Problems: f.summary(holdLabel),
	}
	if view.Head.Tone == "quiet" {
		view.Head.Tone = ""
	}
	if len(view.Faults) > 0 {
		view.Head.Tone = "bad"
	}
	if m, err := v.e.MatterNamed(v.ctx, v.actor, h.Matter); err == nil {
		view.MatterHref = "/matters/" + m.ID
	}
	if h.EffectiveAt != nil {
		view.ProofHref = "/holds/" + h.ID + "/proof"
		view.Since = v.clock.toMillis(*h.EffectiveAt)
	}
	v.clock.holdScope(&view, h)
	view.Falling = v.fallingOut(h, f)
	view.CanNarrow = view.CanRelease && canNarrow(h)
	view.Preserved = v.holdPreserved(h)
	if err := v.holdRecords(&view, h); err != nil {
		return err
	}
	var err error
	if view.Events, err = v.holdEvents(h); err != nil {
		return err
	}
	v.holdForms(&view, h, f)
	return v.render(status, ui.Hold(v.shell("holds", h.Matter), view))
}

func (v *visit) coolsOff(h retention.Hold) bool {
	return h.Status == retention.HoldReleasing && h.ReleasesAt != nil && h.ReleasesAt.After(v.clock.now)
}

func (v *visit) holdWaiting(h retention.Hold) string {
	switch {
	case h.Status == retention.HoldApplying && h.Problem != "" && h.Problem != retention.NotJudged:
		return "This hold is NOT in force and cannot be: " + h.Problem + ". No run begins before that is settled: give the hold up, which was never in force, and place it anew."
	case h.Status == retention.HoldApplying && h.Awaits():
		return "This hold is not in force yet: it awaits a list of records. Until that has arrived Holdfast keeps nothing for it."
	case h.Status == retention.HoldApplying && h.Enforced():
		return "This hold is not in force yet. Its tables must be without writers for a moment, and somebody has been writing to one of them all the time, or the governed database could not be reached. It is tried again every few seconds and comes into force by itself."
	case h.Status == retention.HoldApplying:
		return "This hold is not in force yet: the governed database could not be reached when it was placed. It comes into force by itself as soon as that answers; until then no run changes anything in it either."
	case v.coolsOff(h):
		how := "Its expiry has come"
		if h.ReleaseReason != "" {
			how = "Its release was asked for by " + h.ReleasedBy
		}
		return how + ". The hold stays in force until " + v.clock.at(*h.ReleasesAt).Text + ", when the cooling-off period is over, and then ends by itself."
	case h.Status == retention.HoldReleasing:
		return "The cooling-off period is over and the hold is about to end. It is still in force, and ends by itself as soon as the governed database answers."
	}
	return ""
}

func (v *visit) holdFacts(h retention.Hold) []ui.Pair {
	facts := []ui.Pair{
		{Name: "Placed", Value: v.clock.exactly(h.CreatedAt).Text + " by " + h.CreatedBy},
		{Name: "Ends", Value: v.endText(h)},
	}
	if h.ReviewAt != nil && !h.Status.Ended() {
		facts = append(facts, ui.Pair{Name: "Next review", Value: v.clock.dated(*h.ReviewAt).Text + "; it ends nothing"})
	}
	if delay := h.CoolsOff(v.e.ReleaseDelay()); !h.Status.Ended() {
		facts = append(facts, ui.Pair{Name: "Cooling-off", Value: pick(delay.IsZero(), "none: a release takes effect at once", delay.Human()+" after a release is asked for")})
	}
	if h.Enforced() {
		facts = append(facts, ui.Pair{Name: "The application", Value: pick(h.Enforcement == retention.EnforceRefuse, "is refused whatever would change or delete what is held", "may change what is held; the old version is kept")})
	}
	if h.Status.Ended() && h.ReleasedAt != nil {
		by := ""
		if h.ReleasedBy != "" {
			by = " by " + h.ReleasedBy
		}
		facts = append(facts, ui.Pair{Name: holdPill(h.Status).Text, Value: v.clock.exactly(*h.ReleasedAt).Text + by})
	}
	if h.ReleaseReason != "" {
		facts = append(facts, ui.Pair{Name: "Reason for the release", Value: h.ReleaseReason})
	}
	return append(facts, ui.Pair{Name: "Id", Value: h.ID, Code: true})
}

// endText says exactly when and how a hold ends.
func (v *visit) endText(h retention.Hold) string {
	switch {
	case h.ExpiresAt == nil:
		return "no expiry: it stays until a person releases it"
	case h.OnExpiry == retention.OnExpiryReview:
		return "stays until a person decides; the review is due " + v.clock.endOf(*h.ExpiresAt)
	}
	return "ends by itself " + v.clock.endOf(*h.ExpiresAt)
}

// holdScope fills the counts per table and the ids that had no row.
func (c clock) holdScope(view *ui.HoldView, h retention.Hold) {
	var total, missing int64
	tables := map[string]bool{}
	for _, s := range h.Scope {
		if s.Ended() {
			view.Tables = append(view.Tables, ui.HoldTableRow{Table: s.Table.String(), Over: true, What: "not covered any more, since " + c.at(*s.EndedAt).Text + ": " + kindOf(s), Condition: s.Condition})
			continue
		}
		row := ui.HoldTableRow{Table: s.Table.String(), What: kindOf(s), Condition: s.Condition, Records: rowsHeld(s), NotFound: s.NotFoundCount}
		if s.EffectiveAt != nil {
			row.What = "added " + c.at(*s.EffectiveAt).Text + ": " + row.What
		}
		if s.Releasing() && h.Status.InForce() {
			row.What = "falls out " + c.at(*s.ReleasesAt).Text + ": " + row.What
		}
		total += row.Records
		missing += s.NotFoundCount
		tables[row.Table] = true
		view.Tables = append(view.Tables, row)
		for _, b := range s.Belongings {
			if s.SplitFrom != nil {
				continue // counted with the list that it comes from
			}
			view.Tables = append(view.Tables, ui.HoldTableRow{Table: b.Table.String(), Belongs: true, What: "what belongs to the records of " + row.Table + ", new rows too", Records: b.RecordCount})
			total += b.RecordCount
			tables[b.Table.String()] = true
		}
		if s.NotFoundCount > 0 {
			m := ui.MissingIDs{Table: row.Table, More: s.NotFoundCount - int64(len(s.NotFound))}
			for _, k := range s.NotFound {
				m.Keys = append(m.Keys, keyText(k))
			}
			view.Missing = append(view.Missing, m)
		}
	}
	view.Total = ui.Count(total, "record", "records") + " in " + ui.Count(int64(len(tables)), "table", "tables") + withoutRow(h, missing) + ", as counted when the hold was placed."
	if slices.ContainsFunc(h.Faults, func(f retention.HoldFault) bool { return f.Effect == retention.FaultWholeTable }) {
		view.Total += " As long as its tables are not as they were, more is held: see above."
	}
	if h.Status == retention.HoldApplying {
		view.Total = "The records are counted when the hold comes into force."
	}
}

// kindOf says what a scope covers of its table; a condition follows.
func kindOf(s retention.Scope) string {
	switch {
	case s.All:
		return "the whole table, new rows too"
	case s.Condition != "":
		return "what fits the condition, new rows too:"
	}
	kind := "records by id"
	if s.Family != nil {
		kind += ", with " + s.Family.String()
	}
	switch s.Upload {
	case retention.UploadAwaited:
		kind += "; their list is awaited"
	case retention.UploadUnderWay:
		kind += "; their list is arriving"
	}
	return kind
}

// canNarrow reports whether something could fall out of a hold and leave it in force.
func canNarrow(h retention.Hold) bool {
	n, ids := 0, false
	for i := range h.Scope {
		if s := &h.Scope[i]; !s.Ended() && !s.Releasing() && s.Upload == "" {
			n, ids = n+1, ids || s.ByID() && s.RecordCount > 1
		}
	}
	return n > 1 || ids
}

// keyText is a record's key as people type it: the value, or a JSON array.
func keyText(k retention.Key) string {
	if len(k) == 1 {
		return k[0]
	}
	b, err := json.Marshal([]string(k))
	if err != nil {
		return strings.Join(k, ", ")
	}
	return string(b)
}

func (v *visit) holdRecords(view *ui.HoldView, h retention.Hold) error {
	records, next, err := v.e.HoldRecords(v.ctx, v.actor, h.ID, v.cursor())
	if err != nil {
		return err
	}
	for _, r := range records {
		view.Records = append(view.Records, ui.RecordRow{Href: recordHref(r.Table, r.Key), Table: r.Table.String(), Key: keyText(r.Key), Found: r.Found, Over: r.Until != nil})
	}
	view.Pager = v.pager("records", next)
	if view.Pager.Next != "" {
		view.Pager.Next += "#records"
	}
	return nil
}

// holdEvents are the hold's audit rows as a time-line, oldest first.
func (v *visit) holdEvents(h retention.Hold) (events []ui.Event, err error) {
	entries, _, err := v.e.Audit(v.ctx, v.actor, retention.AuditFilter{Object: "hold/" + h.ID}, retention.Page{Limit: retention.MaxPage})
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(entries) {
		if e.Action == "hold.end" || e.Action == "hold.upload" || e.Action == "hold.narrow_end" {
			continue // the end itself follows, or what became of the list
		}
		note := v.eventNote(e)
		if e.Action == "hold.in_force" && h.EffectiveAt != nil {
			note = "In force since: " + v.clock.toMillis(*h.EffectiveAt).Text // which is a moment before it was recorded
		}
		events = append(events, ui.Event{
			What: upperFirst(actionWords(e.Action)), By: pick(e.ActorKind == retention.ActorSystem, "Holdfast itself", e.Actor), At: v.clock.exactly(e.At), Note: note,
		})
	}
	return events, nil
}

// eventNote says what changed, where the verb alone does not.
func (v *visit) eventNote(e retention.AuditEntry) string {
	if !slices.Contains([]string{"hold.revise", "hold.release", "hold.abandon", "hold.take_back", "hold.review", "hold.announce", "hold.uploaded", "hold.upload_stopped", "hold.widen", "hold.fail_safe", "hold.enforced_again", "hold.grow", "hold.narrow", "hold.narrowed", "hold.narrow_take_back"}, e.Action) {
		return ""
	}
	if strings.HasPrefix(e.Action, "hold.narrow") {
		return v.narrowedText(e)
	}
	var parts []string
	if e.Action == "hold.grow" {
		return grownText(e)
	}
	for _, c := range jsonChanges(e.Before, e.After) {
		switch c.Field {
		case "change_reason":
			parts = append(parts, pick(slices.Contains([]string{"hold.announce", "hold.fail_safe", "hold.enforced_again"}, e.Action), "", pick(e.Action == "hold.review", "Found: ", "Why: "))+c.After)
		case "review_at":
			parts = append(parts, "Next review: "+pick(c.HasAfter, v.isoDay(c), "none"))
		case "releases_at":
			if c.HasAfter {
				parts = append(parts, "In force until: "+v.isoMoment(c))
			}
		case "reason":
			parts = append(parts, "Reason of the hold: "+c.After)
		case "release_reason":
			if c.HasAfter {
				parts = append(parts, "Reason: "+c.After)
			}
		case "expires_at":
			parts = append(parts, "Date: "+v.isoDay(c))
		case "on_expiry":
			parts = append(parts, "Then: "+pick(c.After == string(retention.OnExpiryReview), "a person decides", "it ends by itself"))
		}
	}
	return strings.Join(parts, "\n")
}

// grownText names the tables that came to belong to a hold's records; one that did before may
// do so by one more foreign key.
func grownText(e retention.AuditEntry) string {
	var before, after struct {
		Scope []retention.Scope `json:"scope"`
	}
	if json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil {
		return ""
	}
	var more []string
	for i, s := range after.Scope {
		for _, b := range s.Belongings {
			known := i < len(before.Scope) && slices.ContainsFunc(before.Scope[i].Belongings, func(o retention.FamilyTable) bool { return o.Table == b.Table })
			if !known {
				more = append(more, b.Table.String())
			}
		}
	}
	if len(more) == 0 {
		return "One more foreign key leads to them."
	}
	return "Held from now on: what belongs to them in " + joinSome(more, 10) + "."
}

// isoMoment writes a moment of an audit row for the reader; what is none stays. isoDay does so for
// one that may have been given as a day.
func (v *visit) isoMoment(c ui.Change) string { return isoText(c, v.clock.at) }
func (v *visit) isoDay(c ui.Change) string    { return isoText(c, v.clock.dated) }

func isoText(c ui.Change, write func(time.Time) ui.Time) string {
	if !c.HasAfter {
		return "no expiry"
	}
	t, err := time.Parse(time.RFC3339Nano, c.After)
	if err != nil {
		return c.After
	}
	return write(t).Text
}
