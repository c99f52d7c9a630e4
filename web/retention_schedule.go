package web

import (
	"net/http"
	"strings"
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
		Backups: backupWords(rs.Backups), Stated: rs.Backups != nil, Made: v.clock.at(v.clock.now),
		Empty: ui.Empty{Title: "No policy exists yet.", Text: "The retention schedule lists every policy with its legal basis, and says when data is gone.", Action: "Create a policy", ActionTo: "/policies/new"},
	}
	missing := int64(0)
	for _, h := range rs.Horizons {
		row := retentionRow(h, rs.Words[h.Schedule], rs.Backups)
		if row.Missing {
			missing++
		}
		view.Rows = append(view.Rows, row)
	}
	view.Head.Answer, view.Head.Tone = retentionAnswer(longestKept(rs.Horizons, v.clock.now), len(view.Rows), missing, view.Stated)
	return v.render(http.StatusOK, ui.RetentionSchedule(v.shell("policies", "Retention schedule"), view))
}

// longestKept says how long a record stays at most, as far as that is known; empty if it is
// not. What is archived is moved and stays, and counts for none.
func longestKept(horizons []retention.Horizon, now time.Time) string {
	var longest *retention.Period
	var policy string
	backups := false
	for _, h := range horizons {
		kept := h.Backups
		if kept == nil {
			kept = h.Database
		}
		if kept == nil || h.Policy.Action == retention.ActionArchive {
			continue
		}
		// Months and years differ in length: what is compared is when each ends from now.
		if longest == nil || kept.After(now).After(longest.After(now)) {
			longest, policy, backups = kept, h.Policy.Name, h.Backups != nil
		}
	}
	if longest == nil {
		return ""
	}
	return "The longest any record stays" + pick(backups, ", backups included,", " in the database") + " is " + longest.Human() + " (" + policy + ")."
}

// retentionAnswer says how long data stays at most, and whether the table is complete.
func retentionAnswer(longest string, policies int, missing int64, stated bool) (answer, tone string) {
	defer func() { answer = strings.TrimSpace(longest + " " + answer) }()
	switch {
	case policies == 0:
		return "No policy exists yet, so nothing has a retention period.", ""
	case missing > 0:
		answer, tone = ui.Count(missing, "policy is run by no schedule, so nobody can say when its data goes.", "policies are run by no schedule, so nobody can say when their data goes."), "warn"
	default:
		tone = "good"
		if longest == "" {
			answer = "Everything is archived, and stays there until a policy for the archive removes it."
		}
	}
	if !stated {
		answer, tone = answer+" Backup retention is not stated.", "warn"
	}
	return answer, tone
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

func retentionRow(h retention.Horizon, when string, backups *retention.Period) ui.RetentionRow {
	p := h.Policy
	row := ui.RetentionRow{
		Name: p.Name, Href: "/policies/" + p.Name, Rule: p.Rule(), Basis: p.LegalBasis, Period: p.RetentionPeriod.Human(),
		Schedule: upperFirst(when), ScheduleHref: "/schedules/" + h.Schedule, Database: "Not stated", Backups: "Not stated",
	}
	if h.Database == nil {
		row.Missing, row.ScheduleHref = true, ""
		row.Schedule = pick(p.Enabled, "By no schedule: only when somebody asks", "Not at all: the policy is disabled")
		return row
	}
	after := func(d retention.Period) string { return d.Human() + " after `" + p.TimestampColumn + "`" }
	row.Database = upperFirst(after(*h.Database))
	if p.Action == retention.ActionArchive {
		row.Database = "Moved to `" + p.ArchiveTable().String() + "` " + after(*h.Database)
		row.Backups = "Stays in the archive"
		return row
	}
	switch {
	case h.Backups == nil:
		row.Backups = "Backup retention is not stated"
	case backups.IsZero():
		row.Backups = "There are no backups"
	default:
		row.Backups = upperFirst(after(*h.Backups))
	}
	return row
}
