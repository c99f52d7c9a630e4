package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// holdEntity is the type of the entity that an event of a hold is about.
const holdEntity = "hold"

// holdData is what others are told of a hold: what it is about and how much it
// covers, but no record ids.
type holdData struct {
	Type        retention.EventType `json:"type"`
	EntityType  string              `json:"entity_type"`
	EntityID    string              `json:"entity_id"`
	Hold        string              `json:"hold"`
	Matter      string              `json:"matter"`
	CreatedBy   string              `json:"created_by"`
	Tables      []holdTable         `json:"tables"`
	EffectiveAt time.Time           `json:"effective_at"`
	ExpiresAt   *time.Time          `json:"expires_at"`
	// EndedAt, How and ReleasedBy are of holds that have ended alone; nobody releases one
	// that expires. Why it was released is for those who may read the hold.
	EndedAt    *time.Time           `json:"ended_at,omitempty"`
	How        retention.HoldStatus `json:"how,omitempty"`
	ReleasedBy string               `json:"released_by,omitempty"`
	// DaysLeft and OnExpiry are of announcements of an expiry alone.
	DaysLeft int                `json:"days_left,omitempty"`
	OnExpiry retention.OnExpiry `json:"on_expiry,omitempty"`
	// Faults are of a hold that fails safe alone.
	Faults []retention.HoldFault `json:"faults,omitempty"`
	// Narrowed are of holds that cover less now alone: the scopes that fell out.
	Narrowed []holdTable `json:"narrowed,omitempty"`
	// ReviewAt is of a review that is due alone.
	ReviewAt *time.Time `json:"review_at,omitempty"`
}

// holdTable is one scope of a hold.
type holdTable struct {
	Table retention.TableName `json:"table"`
	All   bool                `json:"all"`
	// Condition: the rows that fit one are covered. What it says may name people.
	Condition bool `json:"condition"`
	// Family: what belongs to the records is covered too, in whatever tables.
	Family      bool  `json:"family"`
	RecordCount int64 `json:"record_count"`
}

// tellHold puts into the log, in the transaction of its change, that a hold is in force or
// has ended.
func tellHold(ctx context.Context, tx pgx.Tx, h retention.Hold) error {
	d := dataOf(h, retention.EventHoldPlaced)
	at := d.EffectiveAt
	if h.Status.Ended() {
		at = h.ReleasedAt.UTC()
		d.Type, d.EndedAt, d.How, d.ReleasedBy = retention.EventHoldReleased, &at, h.Status, h.ReleasedBy
	}
	return tell(ctx, tx, d, at)
}

// tellExpiring tells that a hold ends, or waits for a person, in so many days.
func tellExpiring(ctx context.Context, tx pgx.Tx, h retention.Hold, days int) error {
	d := dataOf(h, retention.EventHoldExpiring)
	d.DaysLeft, d.OnExpiry = days, h.OnExpiry
	return tellNow(ctx, tx, d)
}

// tellReview tells that a person is to look at a hold.
func tellReview(ctx context.Context, tx pgx.Tx, h retention.Hold) error {
	d := dataOf(h, retention.EventHoldReviewDue)
	at := h.ReviewAt
	if h.Status == retention.HoldReviewDue {
		at = h.ExpiresAt
	}
	d.ReviewAt = at
	return tellNow(ctx, tx, d)
}

// tellFaults tells that a table or a column of a hold is not what it was.
func tellFaults(ctx context.Context, tx pgx.Tx, h retention.Hold) error {
	d := dataOf(h, retention.EventHoldFailSafe)
	d.Faults = h.Faults
	return tellNow(ctx, tx, d)
}

func dataOf(h retention.Hold, of retention.EventType) holdData {
	d := holdData{
		Type: of, EntityType: holdEntity, EntityID: h.ID, Hold: h.ID, Matter: h.Matter, CreatedBy: h.CreatedBy,
		Tables: []holdTable{}, EffectiveAt: h.EffectiveAt.UTC(), ExpiresAt: h.ExpiresAt,
	}
	for _, sc := range h.Scope {
		if !sc.Ended() {
			d.Tables = append(d.Tables, tableOf(sc))
		}
	}
	return d
}

func tableOf(sc retention.Scope) holdTable {
	return holdTable{Table: sc.Table, All: sc.All, Condition: sc.Condition != "", Family: sc.Family != nil, RecordCount: sc.RecordCount}
}

// tellNarrowed tells that scopes fell out of a hold, which stays in force.
func tellNarrowed(ctx context.Context, tx pgx.Tx, h retention.Hold, fell []int) error {
	d := dataOf(h, retention.EventHoldNarrowed)
	for _, i := range fell {
		at := h.Scope[i].EndedAt.UTC()
		d.Narrowed, d.EndedAt, d.ReleasedBy = append(d.Narrowed, tableOf(h.Scope[i])), &at, h.Scope[i].ReleasedBy
	}
	return tell(ctx, tx, d, *d.EndedAt)
}

func tellNow(ctx context.Context, tx pgx.Tx, d holdData) error {
	var now time.Time
	if err := tx.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&now); err != nil {
		return err
	}
	return tell(ctx, tx, d, now.UTC())
}

func tell(ctx context.Context, tx pgx.Tx, d holdData, at time.Time) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return appendEvents(ctx, tx, []retention.EventBatch{{
		ID: uuid.Must(uuid.NewV7()).String(), Type: d.Type, EntityType: holdEntity, InitiatedAt: at, OccurredAt: at,
		Count: 1, KeyParts: 1, Keys: []*string{&d.EntityID}, Data: data,
	}})
}
