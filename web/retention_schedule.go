package web

import (
	"net/http"
	"slices"
	"time"

	"holdfast/retention"
	"holdfast/web/ui"
)

// retentionSchedule is the printable table of all policies: on what basis and how
// long data is kept, when it is disposed of, and when it is gone from backups too.
func retentionSchedule(v *visit) error {
	rs, err := v.e.RetentionSchedule(v.ctx, v.actor)
	if err != nil {
		return err
	}
	view := ui.RetentionScheduleView{
		Head:    ui.Head{Title: "Retention schedule", Parent: "Policies", ParentHref: "/policies"},
		Backups: backupWords(rs.Backups), Stated: rs.Backups != nil, Made: v.clock.at(v.clock.now), Events: toldWords(rs.Horizons, rs.Events),
		Empty: ui.Empty{Title: "No policy exists yet.", Text: "The retention schedule lists every policy with its legal basis, and says when data is gone.", Action: "Create a policy", ActionTo: "/policies/new"},
	}
	for _, h := range rs.Horizons {
		view.Rows = append(view.Rows, retentionRow(rs.Horizons, h, rs.Words[h.Schedule], rs.Backups))
	}
	retentionHead(&view.Head, rs.Horizons, v.clock.now, view.Stated)
	return v.render(http.StatusOK, ui.RetentionSchedule(v.shell("policies", "Retention schedule"), view))
}

// latest is the policy of an action whose horizon ends last.
func latest(horizons []retention.Horizon, action retention.Action, now time.Time) (longest retention.Period, h retention.Horizon, ok bool) {
	for _, each := range horizons {
		kept := each.Backups
		if kept == nil {
			kept = each.Database
		}
		if kept == nil || each.Policy.Action != action {
			continue
		}
		// Months and years differ in length: what is compared is when each ends from now.
		if !ok || kept.After(now).After(longest.After(now)) {
			longest, h, ok = *kept, each, true
		}
	}
	return longest, h, ok
}

// longestKept says by when what is deleted, and what is overwritten, is gone at the latest,
// and what stays: a row outlives being anonymized, and being archived.
func longestKept(horizons []retention.Horizon, now time.Time) []string {
	var said []string
	if longest, h, ok := latest(horizons, retention.ActionDelete, now); ok {
		said = append(said, "What is deleted is gone from "+pick(h.Backups != nil, "backups too", "the database")+" after at most "+longest.Human()+" (`"+h.Policy.Name+"`).")
	}
	if longest, h, ok := latest(horizons, retention.ActionAnonymize, now); ok {
		said = append(said, "What is anonymized is overwritten"+pick(h.Backups != nil, ", and its old values gone from backups too,", " in the database")+" after at most "+longest.Human()+" (`"+h.Policy.Name+"`); the rows stay.")
	}
	var stay []string
	for _, h := range horizons {
		name := "`" + h.Policy.ArchiveTable().String() + "`"
		if h.Policy.Action == retention.ActionArchive && h.Database != nil && len(policiesOn(horizons, h.Policy.ArchiveTable(), "")) == 0 && !slices.Contains(stay, name) {
			stay = append(stay, name)
		}
	}
	if len(stay) > 0 {
		said = append(said, "What is archived stays in "+joinSome(stay, 3)+", which "+pick(len(stay) == 1, "has no policy of its own.", "have no policies of their own."))
	}
	return said
}

// policiesOn names the live policies of a table but one.
func policiesOn(horizons []retention.Horizon, table retention.TableName, but string) []string {
	var names []string
	for _, h := range horizons {
		if h.Policy.Table == table && h.Policy.Name != but {
			names = append(names, "`"+h.Policy.Name+"`")
		}
	}
	return names
}

// yieldNames are the policies that a policy leaves rows to.
func yieldNames(p retention.Policy) []string {
	var names []string
	for _, o := range p.YieldsTo {
		names = append(names, "`"+o.Name+"`")
	}
	return names
}

// retentionHead says how long data stays at most, and whether the table is complete.
func retentionHead(h *ui.Head, horizons []retention.Horizon, now time.Time, stated bool) {
	if len(horizons) == 0 {
		h.Answer = "No policy exists yet, so nothing has a retention period."
		return
	}
	var unscheduled, disabled, left int64
	for _, each := range horizons {
		switch {
		case !each.Policy.Enabled:
			disabled++
		case each.LeftTo != "":
			left++
		case each.Database == nil:
			unscheduled++
		}
	}
	h.Tone, h.Also = "good", longestKept(horizons, now)
	if unscheduled > 0 {
		amiss(h, ui.Count(unscheduled, "policy is run by no schedule, so nobody can say when its data goes.", "policies are run by no schedule, so nobody can say when their data goes."))
	}
	if disabled > 0 {
		amiss(h, ui.Count(disabled, "policy is disabled, so its data stays.", "policies are disabled, so their data stays."))
	}
	if left > 0 {
		amiss(h, ui.Count(left, "policy leaves every row to another one, and disposes of nothing.", "policies leave every row to others, and dispose of nothing."))
	}
	if !stated {
		amiss(h, "Backup retention is not stated.")
	}
	if len(h.Also) > 0 {
		h.Answer, h.Also = h.Also[0], h.Also[1:]
	}
}

// toldWords say what the log of events keeps of rows that are gone; empty if no policy
// tells other services.
func toldWords(horizons []retention.Horizon, kept retention.Period) string {
	var names []string
	for _, h := range horizons {
		if h.Policy.Events != nil {
			names = append(names, "`"+h.Policy.Name+"`")
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Other services are told of what " + joinSome(names, 5) + " disposed of. The log of these events keeps the entities' keys, and the columns that a policy includes, for " +
		pick(kept.IsZero(), "as long as HOLDFAST_EVENT_RETENTION says", kept.Human()+" (HOLDFAST_EVENT_RETENTION)") + ", and longer while a subscriber has not taken them."
}

func backupWords(backups *retention.Period) string {
	switch {
	case backups == nil:
		return "Backup retention is not stated: nobody has told Holdfast how long backups of the governed database are kept (HOLDFAST_BACKUP_RETENTION), so it cannot say when data is gone from them."
	case backups.IsZero():
		return "No backups of the governed database are kept (HOLDFAST_BACKUP_RETENTION is " + backups.String() + ")."
	}
	return "Backups of the governed database are kept for " + backups.Human() + " (HOLDFAST_BACKUP_RETENTION)."
}

func retentionRow(all []retention.Horizon, h retention.Horizon, when string, backups *retention.Period) ui.RetentionRow {
	p := h.Policy
	row := ui.RetentionRow{
		Name: p.Name, Href: "/policies/" + p.Name, Rule: p.Rule(), Basis: p.LegalBasis, Period: p.RetentionPeriod.Human(),
		Schedule: upperFirst(when), ScheduleHref: "/schedules/" + h.Schedule, Database: "Not stated", Backups: "Not stated",
	}
	if others := policiesOn(all, p.Table, p.Name); len(others) > 0 {
		row.Also = "Also on `" + p.Table.String() + "`: " + joinSome(others, 3)
	}
	if names := yieldNames(p); p.Enabled && len(names) > 0 {
		row.Also += ", which " + pick(len(names) == 1, "decides", "decide") + " about rows of both: " + joinSome(names, 3)
	}
	if h.LeftTo != "" {
		row.Schedule, row.ScheduleHref = "Not at all: every row is left to "+h.LeftTo, ""
		return row
	}
	if h.Database == nil {
		row.ScheduleHref = ""
		row.Schedule = pick(p.Enabled, "By no schedule: only when somebody asks", "Not at all: the policy is disabled")
		return row
	}
	after := func(d retention.Period) string { return d.Human() + " after `" + p.TimestampColumn + "`" }
	switch p.Action {
	case retention.ActionArchive:
		row.Database = "Moved to `" + p.ArchiveTable().String() + "` " + after(*h.Database)
		row.Backups = "Stays in the archive, which has no policy of its own"
		if of := policiesOn(all, p.ArchiveTable(), p.Name); len(of) > 0 {
			row.Backups = "The archive has its own: " + joinSome(of, 3)
		}
		return row
	case retention.ActionAnonymize:
		row.Database = "Overwritten " + after(*h.Database) + "; the rows stay"
	default:
		row.Database = "Deleted " + after(*h.Database)
	}
	switch {
	case h.Backups == nil:
		row.Backups = "Backup retention is not stated"
	case backups.IsZero():
		row.Backups = "There are no backups"
	default:
		row.Backups = pick(p.Action == retention.ActionAnonymize, "Old values gone ", "Gone ") + after(*h.Backups)
	}
	return row
}
