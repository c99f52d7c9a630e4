package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// eventWords says a type of event in words.
var eventWords = map[retention.EventType]string{
	retention.EventDeleted: "A record was deleted", retention.EventAnonymized: "A record was anonymized", retention.EventArchived: "A record was archived",
	retention.EventHoldPlaced: "A hold came into force", retention.EventHoldReleased: "A hold ended", retention.EventHoldNarrowed: "A part fell out of a hold",
	retention.EventHoldExpiring: "A hold will expire", retention.EventHoldReviewDue: "A hold is to be reviewed", retention.EventHoldFailSafe: "A hold fails safe: its table has changed",
}

// events lists what other services are told.
func events(v *visit) error {
	f, bad, err := v.eventFilter()
	if err != nil {
		return err
	}
	view := v.eventFields(bad)
	status := http.StatusOK
	if bad.any() {
		status = http.StatusUnprocessableEntity
	}
	list, next, err := v.e.Events(v.ctx, v.actor, f, v.cursor())
	if err != nil {
		return err
	}
	told, err := v.told()
	if err != nil {
		return err
	}
	view.Head = ui.Head{Title: "Events", Answer: told.answer(), Tone: told.tone(), Also: v.lastEvent(list)}
	view.Pager = v.pager("events", next)
	for _, l := range list {
		view.Rows = append(view.Rows, v.eventRow(l.Event))
	}
	return v.render(status, ui.Events(v.shell("events", "Events"), view))
}

func (v *visit) lastEvent(list []retention.LoggedEvent) []string {
	if len(list) == 0 {
		return nil
	}
	e := list[0].Event
	return []string{"Last: " + strings.ToLower(eventWords[e.Type][:1]) + eventWords[e.Type][1:] + ", " + v.clock.ago(e.Time) + "."}
}

// eventFilter reads the filters; days are whole days in the reader's zone.
func (v *visit) eventFilter() (retention.EventFilter, faults, error) {
	var bad faults
	f := retention.EventFilter{
		Type: retention.EventType(v.query("type")), EntityType: strings.TrimSpace(v.query("entity_type")),
		Policy: strings.TrimSpace(v.query("policy")), Run: strings.TrimSpace(v.query("run")),
	}
	if f.Type != "" && eventWords[f.Type] == "" {
		return f, bad, retention.NotFoundf("events of type %q", f.Type)
	}
	f.From, f.Until = v.daysAsked(&bad)
	return f, bad, nil
}

func (v *visit) eventFields(bad faults) ui.EventsView {
	options := []ui.Option{{Value: "", Text: "Anything"}}
	for _, t := range retention.EventTypes() {
		options = append(options, ui.Option{Value: string(t), Text: eventWords[t]})
	}
	plain := templ.Attributes{"autocomplete": "off", "spellcheck": "false"}
	return ui.EventsView{
		Problems: bad.summary(byName(map[string]string{"from": "From", "until": "Through"})),
		Type:     ui.Choice{Name: "type", Label: "What", Options: ui.Pick(options, v.query("type")), Help: "One type of event."},
		Entity:   ui.Field{Name: "entity_type", Label: "About", Value: v.query("entity_type"), Help: "A kind of entity, such as `user`.", Attrs: plain},
		Policy:   ui.Field{Name: "policy", Label: "Policy", Value: v.query("policy"), Help: "A policy's name.", Attrs: plain},
		From:     ui.Field{Name: "from", Label: "From", Type: "date", Value: v.query("from"), Error: bad.of("from"), Help: "First day, in your zone."},
		Until:    ui.Field{Name: "until", Label: "Through", Type: "date", Value: v.query("until"), Error: bad.of("until"), Help: "Last day, in your zone."},
		Run:      v.query("run"),
		Filtered: len(v.keep()) > 0,
		Empty: ui.Empty{Title: "There is no event here.",
			Text: "A policy tells other services once its events are declared, when a run disposes of a record. Holds are told when they come into force and when they end. Events are kept for a limited time."},
	}
}

// eventData is what the list shows of an event's data.
type eventData struct {
	EntityType string          `json:"entity_type"`
	EntityID   json.RawMessage `json:"entity_id"`
	Policy     string          `json:"policy"`
	Run        string          `json:"run"`
	Hold       string          `json:"hold"`
	Matter     string          `json:"matter"`
}

func (v *visit) eventRow(e retention.Event) ui.EventRow {
	row := ui.EventRow{ID: e.ID, At: v.clock.exactly(e.Time), What: eventWords[e.Type], Type: string(e.Type)}
	var d eventData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		row.Entity = "(unreadable)"
	}
	row.Entity, row.EntityID = d.EntityType, entityText(d.EntityID)
	switch {
	case d.Hold != "":
		row.By, row.ByHref = d.Matter, "/holds/"+d.Hold
	case d.Policy != "":
		row.By, row.ByHref, row.RunHref = d.Policy, "/policies/"+d.Policy, "/runs/"+d.Run
	}
	var pretty bytes.Buffer
	raw, err := json.Marshal(e)
	if err == nil {
		err = json.Indent(&pretty, raw, "", "  ")
	}
	if err == nil {
		row.JSON = pretty.String()
	}
	return row
}

// entityText is an entity's id for people: its text, or its parts.
func entityText(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return one
	}
	var several []string
	if json.Unmarshal(raw, &several) == nil && len(several) > 0 {
		return strings.Join(several, ", ")
	}
	return "not known"
}
