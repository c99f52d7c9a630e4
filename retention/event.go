package retention

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EventType names what happened, for other services (CloudEvents `type`).
type EventType string

// The types of event.
const (
	EventDeleted      EventType = "data.retention.deleted"
	EventAnonymized   EventType = "data.retention.anonymized"
	EventArchived     EventType = "data.retention.archived"
	EventHoldPlaced   EventType = "hold.placed"
	EventHoldReleased EventType = "hold.released"
	// EventHoldNarrowed tells that a part of a hold, which stays in force, covers nothing any
	// more.
	EventHoldNarrowed EventType = "hold.narrowed"
	// EventHoldExpiring announces that a hold expires in 30, 7 or 1 days, EventHoldReviewDue
	// that a person is to look at it.
	EventHoldExpiring  EventType = "hold.expiring"
	EventHoldReviewDue EventType = "hold.review_due"
	// EventHoldFailSafe tells that a table or a column of a hold is not what it was, and that
	// the whole table is held for it.
	EventHoldFailSafe EventType = "hold.fail_safe"
)

// EventTest is the type of the events that a subscriber is tried with. No filter is asked
// for them and no log has them.
const EventTest EventType = "holdfast.test"

// EventTypes lists every type of event.
func EventTypes() []EventType {
	return []EventType{EventDeleted, EventAnonymized, EventArchived, EventHoldPlaced, EventHoldReleased, EventHoldNarrowed, EventHoldExpiring, EventHoldReviewDue, EventHoldFailSafe}
}

// EventOf is the type of the events that an action makes.
func EventOf(a Action) EventType {
	switch a {
	case ActionAnonymize:
		return EventAnonymized
	case ActionArchive:
		return EventArchived
	default:
		return EventDeleted
	}
}

// ValueKind is how an included column's text becomes JSON.
type ValueKind string

// The kinds of value. Whatever has no form of its own in JSON is a string: numbers
// with a fraction too, since a reader's float would round them.
const (
	ValueText    ValueKind = "text"
	ValueInteger ValueKind = "integer"
	ValueBoolean ValueKind = "boolean"
	ValueJSON    ValueKind = "json"
)

// EventColumn is a column whose value travels with the events of a batch.
type EventColumn struct {
	Name string    `json:"name"`
	Kind ValueKind `json:"kind"`
}

// EventBatch is the outbox row of one batch: its events as arrays, expanded only
// when they are delivered. A row per event would cost a purge 1.7 to 2.9 times its
// time, a row per batch costs 1.1 to 1.45 times (measured).
type EventBatch struct {
	// ID is the batch's id in the journal, or the event's own.
	ID string
	// No is the place in the store's log, from 1; 0 as long as it is not there.
	No         int64
	Type       EventType
	EntityType string
	// Policy, PolicyVersion and RunID are empty for events of holds.
	Policy        string
	PolicyVersion int
	RunID         string
	Action        Action
	// InitiatedAt is when the run began to carry the policy out, OccurredAt when the
	// batch was made.
	InitiatedAt time.Time
	OccurredAt  time.Time
	// Count is the number of events.
	Count int
	// Keys has KeyParts columns of Count texts each, one column after the other; nil
	// stands for NULL.
	KeyParts int
	Keys     []*string
	// Included has a column of Count texts for each of Columns, likewise.
	Columns  []EventColumn
	Included []*string
	// Data is the whole data of an event that no batch made.
	Data json.RawMessage
}

// Event is one event as others receive it: a CloudEvents 1.0 envelope in JSON.
type Event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            EventType       `json:"type"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// LoggedEvent is an event with its place in the log: the number of its batch, and
// its position in the batch, from 0.
type LoggedEvent struct {
	No       int64
	Position int
	Event    Event
}

// EventID is the id of a batch's i-th event, from 0. It is the same at every
// delivery, so that a consumer can tell a second one.
func EventID(batch string, i int) string { return batch + "-" + strconv.Itoa(i) }

// ParseEventID is the batch and position of an event's id.
func ParseEventID(id string) (batch string, i int, ok bool) {
	cut := strings.LastIndexByte(id, '-')
	if cut < 0 {
		return "", 0, false
	}
	i, err := strconv.Atoi(id[cut+1:])
	return id[:cut], i, err == nil && i >= 0 && id[cut+1:] == strconv.Itoa(i)
}

// EntityID is the i-th event's entity: nil where the key has a NULL, else one text
// per part of the key.
func (b *EventBatch) EntityID(i int) Key {
	key := make(Key, b.KeyParts)
	for p := range b.KeyParts {
		part := b.Keys[p*b.Count+i]
		if part == nil {
			return nil
		}
		key[p] = *part
	}
	return key
}

// Entity is what events are ordered by: the type and id of the i-th event's entity
// as one text. An event without an entity's id is ordered with nothing but itself.
func (b *EventBatch) Entity(i int) string {
	id := b.EntityID(i)
	if len(id) == 0 {
		return EventID(b.ID, i)
	}
	parts := make([]string, len(id)+1)
	parts[0] = strconv.Quote(b.EntityType)
	for p, text := range id {
		parts[p+1] = strconv.Quote(text)
	}
	return strings.Join(parts, ",")
}

// Event expands the i-th event. source names this Holdfast (a URI reference).
func (b *EventBatch) Event(i int, source string) (Event, error) {
	data, err := b.data(i)
	if err != nil {
		return Event{}, fmt.Errorf("event %s: %w", EventID(b.ID, i), err)
	}
	return Event{
		SpecVersion: "1.0", ID: EventID(b.ID, i), Source: source, Type: b.Type, Time: b.OccurredAt.UTC(),
		DataContentType: "application/json", Data: data,
	}, nil
}

// eventMembers are the members of data that an included column may not replace.
var eventMembers = []string{"type", "entity_type", "entity_id", "policy", "policy_version", "run", "initiated_at"}

// EventMember reports whether data has a member of that name already.
func EventMember(name string) bool { return slices.Contains(eventMembers, name) }

func (b *EventBatch) data(i int) (json.RawMessage, error) {
	if b.Data != nil {
		return b.Data, nil
	}
	data := map[string]any{
		"type": b.Action, "entity_type": b.EntityType, "entity_id": entityJSON(b.EntityID(i)), "policy": b.Policy,
		"policy_version": b.PolicyVersion, "run": b.RunID, "initiated_at": b.InitiatedAt.UTC(),
	}
	for c, column := range b.Columns {
		data[column.Name] = column.value(b.Included[c*b.Count+i])
	}
	return json.Marshal(data)
}

// entityJSON is a record's key as the API shows keys: a text, or an array of texts
// in key order; null where it is not known.
func entityJSON(key Key) any {
	switch len(key) {
	case 0:
		return nil
	case 1:
		return key[0]
	}
	return key
}

// value is a column's text in its JSON form. A text that Go does not take for JSON
// (PostgreSQL's json may nest deeper than any reader allows) stays a text: the event
// of a record that is gone must be told all the same.
func (c EventColumn) value(text *string) any {
	if text == nil {
		return nil
	}
	if c.Kind != ValueText && json.Valid([]byte(*text)) {
		return json.RawMessage(*text)
	}
	return *text
}
