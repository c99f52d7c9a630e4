package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// schema is what the consumer keeps: its own data, and the ids of the events it has
// had.
//
//go:embed schema.sql
var schema string

// event is the part of an event that this consumer reads.
type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Data struct {
		EntityType string          `json:"entity_type"`
		EntityID   json.RawMessage `json:"entity_id"`
	} `json:"data"`
}

// consumer carries events out on its own table.
type consumer struct {
	db *pgxpool.Pool
	// entity is the type of entity that its profiles are about.
	entity string
}

// consume carries an event out, once: the id is remembered in the transaction of the
// change, so that an event that comes again finds it. When it returns nil the event is
// had for good, and may be acknowledged.
func (c *consumer) consume(ctx context.Context, body []byte) error {
	var e event
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" {
		return fmt.Errorf("no event: %w", err)
	}
	return pgx.BeginFunc(ctx, c.db, func(tx pgx.Tx) error {
		// A second delivery that comes while the first is under way waits here for it.
		tag, err := tx.Exec(ctx, `INSERT INTO consumer.seen (event_id, type) VALUES ($1, $2) ON CONFLICT DO NOTHING`, e.ID, e.Type)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return c.apply(ctx, tx, e)
	})
}

// apply does with our own rows what was done with the records that they are about.
// What does not concern us is had too.
func (c *consumer) apply(ctx context.Context, tx pgx.Tx, e event) error {
	if e.Data.EntityType != c.entity {
		return nil
	}
	var id *string // a composite key would be an array; ours is one column
	if err := json.Unmarshal(e.Data.EntityID, &id); err != nil || id == nil {
		return err
	}
	switch e.Type {
	case "data.retention.deleted", "data.retention.archived":
		_, err := tx.Exec(ctx, `DELETE FROM consumer.profile WHERE customer_id = $1`, *id)
		return err
	case "data.retention.anonymized":
		_, err := tx.Exec(ctx, `UPDATE consumer.profile SET name = NULL, email = NULL WHERE customer_id = $1`, *id)
		return err
	}
	return nil
}
