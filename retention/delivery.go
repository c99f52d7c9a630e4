package retention

import (
	"crypto/sha256"
	"encoding/json"
	"time"
)

// DeliveryState is what became of an event that did not go through at once. One that
// did leaves no trace but the cursor.
type DeliveryState string

// The states of a delivery.
const (
	// DeliveryWaiting waits for an earlier event of the same entity.
	DeliveryWaiting DeliveryState = "waiting"
	// DeliveryRetrying is tried again at its next time.
	DeliveryRetrying DeliveryState = "retrying"
	// DeliveryDead is given up; only a replay tries it again.
	DeliveryDead DeliveryState = "dead"
)

// DeliveryStates lists them.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryWaiting, DeliveryRetrying, DeliveryDead}
}

const (
	// GiveUpAfter is how long after its first failure an event is given up.
	GiveUpAfter = 3 * 24 * time.Hour
	// PumpSilent is after how long without a sign of life a pump may be taken over.
	PumpSilent = 10 * time.Second
	// MaxReplayEvents bounds a replay of single events.
	MaxReplayEvents = 1000
)

// Delivery is an event on its way to a subscriber.
type Delivery struct {
	ID int64
	// BatchNo and Position are the event's place in the log.
	BatchNo  int64
	Position int
	EventID  string
	Type     EventType
	// EntityType and EntityID say whom it is about.
	EntityType    string
	EntityID      Key
	State         DeliveryState
	Attempts      int
	CreatedAt     time.Time
	FirstFailedAt *time.Time
	// NextAt is when it is tried next; nil unless it is retrying.
	NextAt *time.Time
	// LastAnswer is the subscriber's status and the first of what it said, or why
	// there was no answer.
	LastAnswer string
}

// SubscriberStatus is how far a subscriber is behind and how it answered last.
type SubscriberStatus struct {
	// Behind counts the events that it is to be told of and was not yet asked to take,
	// what a replay has still to send too.
	Behind int64
	// Waiting, Retrying and Dead count those that were tried, or wait for one that was.
	Waiting, Retrying, Dead int64
	// Delivered counts events since the subscriber exists, replays too.
	Delivered int64
	// Oldest is when the oldest event that is not delivered and not given up happened; of
	// what is replayed, when that was asked for.
	Oldest *time.Time
	// LastSuccess and LastFailure are the last answers' times, LastAnswer is what the
	// last failure said, as long as something has not gone through: once everything is
	// delivered it is empty.
	LastSuccess, LastFailure *time.Time
	LastAnswer               string
	// PausedUntil is when it is asked again after it refused everything; nil if it is
	// not left alone.
	PausedUntil *time.Time
	// Replaying counts replays under way.
	Replaying int64
	// MeasuredAt is the store's time of all this.
	MeasuredAt time.Time
}

// SubscriberTest is what came of a test event.
type SubscriberTest struct {
	EventID   string
	SentAt    time.Time
	Delivered bool
	// Answer is the status and the first of what was said, or why there was no answer.
	Answer   string
	Duration time.Duration
}

// TestEvent is an event to try a subscriber with. It tells of nothing that happened.
func TestEvent(id string, s Subscriber, by Actor, source string, at time.Time) (Event, error) {
	data, err := json.Marshal(map[string]string{"type": "test", "subscriber": s.Name, "requested_by": by.Name})
	return Event{
		SpecVersion: "1.0", ID: EventID(id, 0), Source: source, Type: EventTest, Time: at.UTC(),
		DataContentType: "application/json", Data: data,
	}, err
}

// Undelivered is everything that has not reached the subscriber and still will.
func (s SubscriberStatus) Undelivered() int64 { return s.Behind + s.Waiting + s.Retrying }

// Replay asks for events to be delivered again. Exactly one of its three forms is set.
type Replay struct {
	// Events are single events.
	Events []string
	// From and Until bound when the events happened: from inclusive, until exclusive.
	// A nil Until means now.
	From, Until *time.Time
	// Dead are all that were given up.
	Dead bool
}

const replayForms = `either {"events": ["…"]} with ids of events, or {"from": "…", "until": "…"} with times, or {"dead": true} for all that were given up`

// Validate checks that the replay has one form.
func (r Replay) Validate() error {
	forms := 0
	for _, given := range []bool{len(r.Events) > 0, r.From != nil || r.Until != nil, r.Dead} {
		if given {
			forms++
		}
	}
	var bad Problems
	switch {
	case forms == 0:
		bad.Add("events", "is missing, and so is everything else that says what to deliver again: give %s", replayForms)
	case forms > 1:
		bad.Add("events", "is one of several ways to say what to deliver again, and more than one was given: give %s", replayForms)
	}
	if len(r.Events) > MaxReplayEvents {
		bad.Add("events", "has %d entries; at most %d are accepted, a time range has no bound", len(r.Events), MaxReplayEvents)
	}
	if r.From == nil && r.Until != nil {
		bad.Add("from", "must say from when on")
	}
	if r.From != nil && r.Until != nil && !r.Until.After(*r.From) {
		bad.Add("until", "must be later than from")
	}
	return bad.Err()
}

// Outgoing is one event for one subscriber, ready to be sent.
type Outgoing struct {
	To Subscriber
	// Keys sign a webhook, newest first.
	Keys []string
	ID   string
	Type EventType
	// Body is the event's envelope in JSON.
	Body []byte
}

// Answer is what came of one attempt to deliver.
type Answer struct {
	Delivered bool
	// Text is the status and the first of what was said, or why there was no answer.
	Text string
	// RetryAfter is when the subscriber asked to be tried again; 0 if it did not say.
	RetryAfter time.Duration
}

// LogPosition is a place in the log of events: everything up to batch No is done, and
// Position events of the one after it.
type LogPosition struct {
	No       int64
	Position int
}

// Pump is a subscriber in the hands of one worker.
type Pump struct {
	Subscriber Subscriber
	Attempt    int
	// FormerKey is whether the former signing key signs too, by the store's clock.
	FormerKey bool
	Cursor    LogPosition
	// Open counts deliveries that wait or are retried.
	Open int
	// Breaks counts the pauses in a row after which the subscriber still refused
	// everything.
	Breaks int
	// Slow is whether an answer took long in its last turn.
	Slow bool
}

// OpenDelivery is a delivery that can be tried, with its event as a batch of one.
type OpenDelivery struct {
	Delivery
	// Entity is the key of the order.
	Entity string
	// Due is false for one whose next time has not come.
	Due   bool
	Event EventBatch
}

// ReplayCursor is a replay under way.
type ReplayCursor struct {
	ID          int64
	Cursor      LogPosition
	UntilNo     int64
	From, Until time.Time
}

// Attempted is an event that did not go through: tried, or kept back behind one.
type Attempted struct {
	BatchID  string
	BatchNo  int64
	Position int
	Entity   string
	// Tried is false for one that was kept back.
	Tried bool
	// Pause is when it is tried again, from now.
	Pause time.Duration
	// Answer is the failure's.
	Answer string
}

// Delivered is an open delivery that went through.
type Delivered struct {
	ID     int64
	Entity string
}

// PumpStep is what a pump did to a few events, to be kept at once.
type PumpStep struct {
	// Cursor is the subscriber's, or the replay's if ReplayID is set; nil if it stays.
	Cursor   *LogPosition
	ReplayID int64
	// Passed counts the events that the cursor was moved past.
	Passed int
	// ReplayDone ends the replay.
	ReplayDone bool
	// Sent counts the events that went through.
	Sent int64
	// Failures counts the attempts that failed.
	Failures int64
	// Settled are those of them that were open deliveries before.
	Settled []Delivered
	// Replayed are the places of what a replay sent: it is not dead any more.
	Replayed []LogPosition
	// Failed are those that did not go through.
	Failed []Attempted
	// Pause, if it is not 0, leaves the subscriber alone for so long: it refused
	// everything.
	Pause time.Duration
	// LastAnswer is the last failure's.
	LastAnswer string
}

// DeliveryJob is the argument of the queued job that works on a subscriber. Attempt is
// the pump's attempt at enqueueing: a job whose subscriber has moved on does nothing.
type DeliveryJob struct {
	SubscriberID string `json:"subscriber_id"`
	Attempt      int    `json:"attempt"`
}

// DeliveryQueue is the name of the queue of DeliveryJobs. It is apart from the runs',
// so that no subscriber ever delays a run.
const DeliveryQueue = "deliveries"

// SlowQueue is the queue of those whose subscribers answered slowly: it has workers of
// its own, so that none of the others waits for them.
const SlowQueue = "slow_deliveries"

// Kind names the job for the queue.
func (DeliveryJob) Kind() string { return "deliver" }

// EntityDigest is what the order of a batch's i-th event is kept by: 16 bytes, since
// the entity's own text may be long and names people.
func EntityDigest(b *EventBatch, i int) string {
	sum := sha256.Sum256([]byte(b.Entity(i)))
	return string(sum[:16])
}
