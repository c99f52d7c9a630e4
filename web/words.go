package web

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/retention"
	"holdfast/web/ui"
)

// holdPill is a hold's status in one word.
func holdPill(s retention.HoldStatus) ui.Pill {
	switch s {
	case retention.HoldApplying:
		return ui.Pill{Tone: "busy", Text: "Applying"}
	case retention.HoldActive:
		return ui.Pill{Tone: "good", Text: "Active"}
	case retention.HoldReviewDue:
		return ui.Pill{Tone: "warn", Text: "Review due"}
	case retention.HoldReleasing:
		return ui.Pill{Tone: "busy", Text: "Releasing"}
	case retention.HoldReleased:
		return ui.Pill{Tone: "quiet", Text: "Released"}
	case retention.HoldExpired:
		return ui.Pill{Tone: "quiet", Text: "Expired"}
	}
	return ui.Pill{Tone: "quiet", Text: string(s)}
}

// runPill is a run's status in one word.
func runPill(s retention.RunStatus) ui.Pill {
	switch s {
	case retention.RunQueued:
		return ui.Pill{Tone: "busy", Text: "Queued"}
	case retention.RunRunning:
		return ui.Pill{Tone: "busy", Text: "Running"}
	case retention.RunPaused:
		return ui.Pill{Tone: "warn", Text: "Paused"}
	case retention.RunNeedsApproval:
		return ui.Pill{Tone: "warn", Text: "Needs approval"}
	case retention.RunSucceeded:
		return ui.Pill{Tone: "good", Text: "Succeeded"}
	case retention.RunPartial:
		return ui.Pill{Tone: "warn", Text: "Partial"}
	case retention.RunFailed:
		return ui.Pill{Tone: "bad", Text: "Failed"}
	case retention.RunCancelled:
		return ui.Pill{Tone: "quiet", Text: "Cancelled"}
	}
	return ui.Pill{Tone: "quiet", Text: string(s)}
}

// doing is the action as a verb: "delete"; done as what became of the rows.
func doing(a retention.Action) string { return string(a) }

func done(a retention.Action) string {
	switch a {
	case retention.ActionAnonymize:
		return "anonymized"
	case retention.ActionArchive:
		return "archived"
	case retention.ActionRestore:
		return "restored"
	}
	return "deleted"
}

// join lists words: "a, b and c".
func join(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// joinSome lists at most n of the words and says how many more there are.
func joinSome(words []string, n int) string {
	if len(words) <= n {
		return join(words)
	}
	return strings.Join(words[:n], ", ") + " and " + ui.Num(int64(len(words)-n)) + " more"
}

// skipWords explains why due rows were left.
func skipWords(reason string) (name, help string) {
	switch reason {
	case retention.SkippedLocked:
		return "Locked by others", "somebody else was changing these rows; the next run takes them."
	case retention.SkippedTrigger:
		return "Refused by a trigger", "a trigger of the database kept these rows; they stay until the trigger lets them go."
	case retention.SkippedConstraint:
		return "Refused by a constraint", "a constraint of the database, or a type, refused the change of these rows; what it said stands with the policy's errors."
	case retention.SkippedStillDue:
		return "Undone by a trigger", "a trigger of the database put the old values back; the rows are not anonymized."
	}
	return upperFirst(strings.ReplaceAll(reason, "_", " ")), ""
}

// skips lists the reasons in a fixed order.
func skips(c retention.Counts) []ui.Skip {
	var reasons []string
	for r := range c.Skipped {
		reasons = append(reasons, r)
	}
	slices.Sort(reasons)
	out := make([]ui.Skip, 0, len(reasons))
	for _, r := range reasons {
		name, help := skipWords(r)
		out = append(out, ui.Skip{Reason: name, Help: help, Count: c.Skipped[r]})
	}
	return out
}

// blockers say whose rows block how many.
func blockers(c retention.Counts) []ui.Skip {
	var out []ui.Skip
	for _, table := range slices.Sorted(maps.Keys(c.BlockedBy)) {
		out = append(out, ui.Skip{Reason: "Blocked by rows of " + table, Count: c.BlockedBy[table]})
	}
	return out
}

// effects say what was done to other tables with the policy's rows.
func effects(c retention.Counts) []ui.Skip {
	var out []ui.Skip
	for _, table := range slices.Sorted(maps.Keys(c.Effects)) {
		e := c.Effects[table]
		for _, did := range []struct {
			verb string
			n    int64
		}{{"Inserted into ", e.Inserted}, {"Changed in ", e.Updated}, {"Deleted from ", e.Deleted}} {
			if did.n > 0 {
				out = append(out, ui.Skip{Reason: did.verb + table + " with them", Count: did.n})
			}
		}
	}
	return out
}

// runTotals adds up what became of the due rows under all policies of a run.
func runTotals(r retention.Run) retention.Counts {
	var c retention.Counts
	for _, p := range r.Policies {
		c.Add(p.Counts)
	}
	return c
}

// runSentence is the run's first line.
func runSentence(r retention.Run, took string) string {
	c := runTotals(r)
	policies := ui.Count(int64(len(r.Policies)), "policy", "policies")
	left := ui.Num(c.Held) + " held, " + ui.Num(c.Blocked) + " blocked by references"
	for _, s := range skips(c) {
		left += ", " + ui.Num(s.Count) + " " + strings.ToLower(s.Reason)
	}
	records := ui.Count(c.Processed, "record", "records")
	switch {
	case r.Status == retention.RunQueued:
		return pick(r.DryRun, "The simulation of ", "The run of ") + policies + " waits for its turn. Nothing has been changed yet."
	case r.Status == retention.RunNeedsApproval:
		return approvalSentence(r)
	case r.Status == retention.RunPaused:
		return fmt.Sprintf("Paused: has disposed of %s so far, under %s; %s. It goes on from there when it is resumed.", records, policies, left)
	case r.DryRun && r.Status.Ended():
		return fmt.Sprintf("Would dispose of %s under %s; %s. Nothing was changed.%s", records, policies, left, failures(r, ""))
	case r.DryRun:
		return fmt.Sprintf("Counting: would dispose of %s so far, under %s. Nothing is changed.", records, policies)
	case !r.Status.Ended():
		return fmt.Sprintf("Has disposed of %s so far, under %s, in %s; %s.", records, policies, took, left)
	}
	return fmt.Sprintf("Disposed of %s under %s in %s; %s.%s", records, policies, took, left, failures(r, " Nothing failed."))
}

// failures says which policies failed, or none.
func failures(r retention.Run, none string) string {
	var names []string
	for _, p := range r.Policies {
		if p.Status == retention.RunFailed {
			names = append(names, "`"+p.Policy+"`")
		}
	}
	switch {
	case r.Status == retention.RunCancelled:
		return " It was cancelled before its end."
	case len(names) == 0:
		return none
	}
	return " Failed: " + joinSome(names, 5) + "."
}

func itoa(i int) string { return strconv.Itoa(i) }

func pick(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// holdCovers says what a hold covers, without its subject. An id without a row is
// held too, should one come, but it is no record: a reader would take it for one.
func holdCovers(h retention.Hold) string {
	var records, missing, related int64
	relatives := map[string]bool{}
	family := false
	var idTables, whole, fitting, awaited []string
	for _, s := range h.InForceScopes().Scope {
		name := "`" + s.Table.String() + "`"
		if s.All {
			whole = append(whole, name)
			continue
		}
		if s.Condition != "" {
			fitting = append(fitting, name)
			continue
		}
		if s.Upload != "" && s.RecordCount == 0 {
			awaited = append(awaited, name)
			continue
		}
		family = family || s.Family != nil
		for _, b := range s.Belongings {
			related += b.RecordCount
			relatives[b.Table.String()] = true
		}
		records += rowsHeld(s)
		missing += s.NotFoundCount
		if !slices.Contains(idTables, name) {
			idTables = append(idTables, name)
		}
	}
	var parts []string
	if len(whole) > 0 {
		parts = append(parts, pick(len(whole) == 1, "the whole table ", "the whole tables ")+joinSome(whole, 3))
	}
	if len(fitting) > 0 {
		slices.Sort(fitting)
		parts = append(parts, "what fits a condition in "+joinSome(slices.Compact(fitting), 3))
	}
	if len(awaited) > 0 {
		slices.Sort(awaited)
		parts = append(parts, "a list of records of "+joinSome(slices.Compact(awaited), 3)+" that is still to come")
	}
	if len(idTables) > 0 {
		// Until it is in force nobody has looked which ids have a row.
		what := ui.Count(records, "record", "records")
		if h.Status == retention.HoldApplying {
			what = ui.Count(records, "id", "ids")
		}
		parts = append(parts, what+" in "+joinSome(idTables, 3))
		switch {
		case family && h.Status == retention.HoldApplying:
			parts = append(parts, "everything that belongs to them")
		case family:
			parts = append(parts, ui.Count(related, "related record", "related records")+" in "+ui.Count(int64(len(relatives)), "table", "tables"))
		}
	}
	return join(parts) + withoutRow(h, missing)
}

// rowsHeld is how many of a scope's ids had a row; of a whole table, its rows. One id
// written in two ways (7 and 07) is one record and may be two ids without a row.
func rowsHeld(s retention.Scope) int64 { return max(0, s.RecordCount-s.NotFoundCount) }

// withoutRow tells of the ids that had no row when the hold came into force; empty if
// each had one.
func withoutRow(h retention.Hold, n int64) string {
	switch {
	case n == 0:
		return ""
	case h.Status.Ended():
		return ", and " + ui.Count(n, "id that had no row", "ids that had no row")
	}
	return ", and " + ui.Count(n, "id that has no row yet", "ids that have no row yet")
}

// holdSentence is the hold's first line.
func (c clock) holdSentence(h retention.Hold) string {
	verb := "holds"
	switch {
	case h.Status == retention.HoldApplying:
		verb = "will hold"
	case h.Status.Ended():
		verb = "held"
	}
	s := h.Matter + " " + verb + " " + holdCovers(h)
	if h.EffectiveAt != nil {
		s += ", since " + c.day(*h.EffectiveAt) + " by " + h.CreatedBy
	} else {
		s += ", placed by " + h.CreatedBy
	}
	if h.Status.Ended() && h.ReleasedAt != nil {
		return s + ", until " + c.day(*h.ReleasedAt) + "."
	}
	return s + ", " + c.holdEnds(h) + "."
}

// review says when somebody is to look at a hold, or was.
func (c clock) review(at time.Time) string {
	return pick(at.After(c.now), "next review ", "review due since ") + c.dayOf(at)
}

// holdEnds says when and how a hold ends.
func (c clock) holdEnds(h retention.Hold) string {
	switch {
	case h.Status.Ended() && h.ReleasedAt != nil:
		return pick(h.Status == retention.HoldExpired, "expired ", "released ") + c.day(*h.ReleasedAt)
	case h.Status == retention.HoldReleasing && h.ReleasesAt != nil:
		return "in force until " + c.day(*h.ReleasesAt)
	case h.ExpiresAt == nil && h.ReviewAt == nil:
		return "no expiry"
	case h.ExpiresAt == nil:
		return "no expiry, " + c.review(*h.ReviewAt)
	case h.OnExpiry == retention.OnExpiryReview && h.ReviewAt != nil && h.ReviewAt.Before(*h.ExpiresAt):
		return c.review(*h.ReviewAt)
	case h.OnExpiry == retention.OnExpiryReview:
		return c.review(*h.ExpiresAt)
	}
	return "ends by itself " + c.endOf(*h.ExpiresAt)
}
