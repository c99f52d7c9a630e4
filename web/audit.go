package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// action is one kind of change with its words: "placed a hold".
type action struct{ name, words string }

// actions lists what the audit can contain, in the order of the filter.
var actions = []action{
	{"policy.create", "created a policy"}, {"policy.replace", "changed a policy"}, {"policy.retire", "retired a policy"},
	{"hold.place", "placed the hold"}, {"hold.in_force", "put the hold in force"}, {"hold.revise", "changed the hold"},
	{"hold.review_due", "listed the hold for review"}, {"hold.release", "asked for the hold's release"}, {"hold.released", "released the hold"},
	{"hold.take_back", "took the hold's release back"}, {"hold.review", "reviewed the hold"}, {"hold.announce", "announced the hold's expiry"}, {"hold.remind", "asked for a review of the hold"},
	{"hold.upload", "began to send a list of records to the hold"}, {"hold.uploaded", "added a list of records to the hold"}, {"hold.upload_stopped", "kept a list of records that stopped arriving"},
	{"hold.widen", "widened the hold"}, {"hold.widened", "put what was added to the hold in force"},
	{"hold.narrow", "asked for the hold to cover less"}, {"hold.narrow_end", "began to let a part of the hold fall out"}, {"hold.narrowed", "let a part of the hold fall out"}, {"hold.narrow_take_back", "kept a part that was to fall out of the hold"},
	{"hold.fail_safe", "found that a table of the hold is not what it was"}, {"hold.grow", "found more tables that belong to the hold's records"}, {"hold.fits_again", "found the hold's tables as they were"}, {"hold.enforced_again", "put back what keeps the application from changing held records"},
	{"matter.open", "opened the matter"}, {"matter.revise", "changed the matter"}, {"matter.close", "closed the matter"}, {"matter.reopen", "reopened the matter"},
	{"hold.end", "began to end the hold"}, {"hold.expiry", "found the hold's expiry come"}, {"hold.expire", "ended the hold at its expiry"}, {"hold.restore", "put the hold back in force"}, {"hold.abandon", "gave the hold up before it was in force"},
	{"run.request", "requested a run"}, {"run.pause", "paused the run"}, {"run.resume", "resumed the run"}, {"run.cancel", "cancelled the run"},
	{"run.await_approval", "stopped the run for approval"}, {"run.approve", "approved the run"},
	{"restore.request", "asked for archived rows to go back"}, {"restore.end", "brought archived rows back"}, {"restore.fail", "could not bring archived rows back"},
	{"coverage.exempt", "exempted the table"}, {"coverage.end_exemption", "ended the exemption of the table"},
	{"guard.accept", "accepted another governed database"},
	{"schedule.create", "created a schedule"}, {"schedule.replace", "changed a schedule"},
	{"subscriber.create", "added the subscriber"}, {"subscriber.revise", "changed the subscriber"}, {"subscriber.rotate_secret", "gave the subscriber a new signing key"},
	{"subscriber.test", "sent a test event to the subscriber"}, {"subscriber.replay", "had events delivered again"}, {"subscriber.end", "ended the subscriber"},
	{"user.create", "added a person"}, {"user.sign_in", "signed in"}, {"user.sign_in_refused", "was refused at sign-in"}, {"user.sign_out", "signed out"}, {"user.change_password", "changed their password"},
	{"user.reset_password", "gave a person a new password"}, {"user.disable", "disabled an account"},
	{"token.create", "created an API token"}, {"token.revoke", "revoked an API token"},
}

// actionWords says an action in words; an unknown one by its name.
func actionWords(name string) string {
	for _, a := range actions {
		if a.name == name {
			return a.words
		}
	}
	return strings.NewReplacer(".", " ", "_", " ").Replace(name)
}

func audit(v *visit) error {
	f, bad := v.auditFilter()
	view := v.auditFields(bad)
	status := http.StatusOK
	if bad.any() {
		status = http.StatusUnprocessableEntity
	}
	list, next, err := v.e.Audit(v.ctx, v.actor, f, v.cursor())
	if err != nil {
		return err
	}
	view.Head = ui.Head{Title: "Audit", Answer: v.auditAnswer(list)}
	view.Pager = v.pager("the audit", next)
	names := map[string]string{}
	for _, e := range list {
		row := v.auditRow(e)
		if row.Object, err = v.objectName(names, e); err != nil {
			return err
		}
		if row.Object != e.Object {
			row.Code = e.Object
		}
		view.Rows = append(view.Rows, row)
	}
	return v.render(status, ui.Audit(v.shell("audit", "Audit"), view))
}

func (v *visit) auditAnswer(list []retention.AuditEntry) string {
	if len(list) == 0 {
		return "Who changed what, and when."
	}
	e := list[0]
	return "Last: " + e.Actor + " " + actionWords(e.Action) + ", " + v.clock.ago(e.At) + "."
}

// auditFilter reads the filters; days are whole days in the reader's zone.
func (v *visit) auditFilter() (retention.AuditFilter, faults) {
	var bad faults
	f := retention.AuditFilter{Actor: strings.TrimSpace(v.query("actor")), Action: v.query("action"), Object: strings.TrimSpace(v.query("object"))}
	f.From, f.Until = v.daysAsked(&bad)
	return f, bad
}

func (v *visit) auditFields(bad faults) ui.AuditView {
	options := []ui.Option{{Value: "", Text: "Anything"}}
	for _, a := range actions {
		options = append(options, ui.Option{Value: a.name, Text: a.words})
	}
	plain := templ.Attributes{"autocomplete": "off"}
	return ui.AuditView{
		Problems: bad.summary(byName(map[string]string{"from": "From", "until": "Through"})),
		Actor:    ui.Field{Name: "actor", Label: "Who", Value: v.query("actor"), Help: "An e-mail address, or `system`.", Attrs: plain},
		Action:   ui.Choice{Name: "action", Label: "What", Options: ui.Pick(options, v.query("action")), Help: "One kind of change."},
		Object:   ui.Field{Name: "object", Label: "On", Value: v.query("object"), Help: "Such as `policy/session_logs`.", Attrs: plain},
		From:     ui.Field{Name: "from", Label: "From", Type: "date", Value: v.query("from"), Error: bad.of("from"), Help: "First day, in your zone."},
		Until:    ui.Field{Name: "until", Label: "Through", Type: "date", Value: v.query("until"), Error: bad.of("until"), Help: "Last day, in your zone."},
		Filtered: len(v.keep()) > 0,
		Empty:    ui.Empty{Title: "Nothing is recorded here.", Text: "No change fits these filters. The audit keeps every change for ever; nothing is removed from it."},
	}
}

func (v *visit) auditRow(e retention.AuditEntry) ui.AuditRow {
	row := ui.AuditRow{
		At: v.clock.exactly(e.At), Actor: e.Actor, What: upperFirst(actionWords(e.Action)), Action: e.Action,
		Object: e.Object, ObjectHref: objectHref(e.Object),
	}
	var via []string
	if e.Token != "" {
		via = append(via, "with the token "+e.Token)
	}
	if e.RemoteAddr != "" {
		via = append(via, "from "+e.RemoteAddr)
	}
	row.Via = strings.Join(via, ", ")
	if has(e.Before) || has(e.After) {
		row.HasDiff, row.Created = true, !has(e.Before)
		row.Changes = jsonChanges(e.Before, e.After)
		if n := len(row.Changes); n > maxFields {
			row.Changes, row.More = row.Changes[:maxFields], int64(n-maxFields)
		}
		for _, c := range row.Changes {
			row.Facts = append(row.Facts, ui.Pair{Name: c.Field, Value: c.After, Code: true})
		}
	}
	return row
}

// maxFields bounds what the page shows of one change; a run of many policies has
// hundreds of fields.
const maxFields = 60

func has(doc json.RawMessage) bool {
	s := strings.TrimSpace(string(doc))
	return s != "" && s != "null"
}

// objectName is what was changed, as people know it: a hold by its matter, a run by its
// time. known keeps what was looked up for this page. What is no longer there, or has
// no other name, is named as it is recorded.
func (v *visit) objectName(known map[string]string, e retention.AuditEntry) (string, error) {
	kind, id, _ := strings.Cut(e.Object, "/")
	if name, ok := known[e.Object]; ok {
		return name, nil
	}
	name, err := "", error(nil)
	switch kind {
	case "hold":
		var h retention.Hold
		if h, err = v.e.Hold(v.ctx, v.actor, id); err == nil {
			name = "Hold: " + h.Matter
		}
	case "matter":
		var m retention.Matter
		if m, err = v.e.Matter(v.ctx, v.actor, id); err == nil {
			name = "Matter: " + m.Name
		}
	case "run":
		var r retention.Run
		if r, err = v.e.Run(v.ctx, v.actor, id); err == nil {
			name = v.runTitle(r)
		}
	case "subscriber":
		var s retention.Subscriber
		if s, err = v.e.Subscriber(v.ctx, v.actor, id); err == nil {
			name = "Subscriber: " + s.Name
		}
	case "token":
		var t struct{ Name string }
		if json.Unmarshal(e.After, &t) == nil && t.Name != "" {
			return "API token: " + t.Name, nil
		}
	}
	if err != nil && !errors.Is(err, retention.ErrNotFound) && !errors.Is(err, retention.ErrInvalid) {
		return "", err
	}
	if name == "" {
		name = e.Object
	}
	known[e.Object] = name
	return name, nil
}

// objectHref is the page of what was changed; empty if it has none.
func objectHref(object string) string {
	kind, id, ok := strings.Cut(object, "/")
	if !ok || strings.ContainsAny(id, "/?#") {
		return ""
	}
	switch kind {
	case "policy":
		return "/policies/" + id
	case "hold":
		return "/holds/" + id
	case "run":
		return "/runs/" + id
	case "subscriber":
		return "/subscribers/" + id
	case "user":
		return "/settings/people"
	case "token":
		return "/settings/tokens"
	case "table":
		return "/coverage"
	}
	return ""
}
