package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// addAudit writes the audit row of a change, in the change's transaction. before
// and after are nouns as the API shows them, nil where there is none; nouns carry
// no secrets and no record ids.
func addAudit(ctx context.Context, tx pgx.Tx, by retention.By, object string, before, after any) error {
	b, err := auditJSON(before)
	if err != nil {
		return err
	}
	a, err := auditJSON(after)
	if err != nil {
		return err
	}
	if a, err = withNote(a, by.Note); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO holdfast.audit (actor, actor_kind, token, remote_addr, action, object, before, after)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		by.Actor.Name, by.Actor.Kind, by.Actor.Token, by.Actor.RemoteAddr, by.Action, object, b, a)
	return err
}

// withNote adds to what a change left why it was made, as change_reason.
func withNote(after []byte, note string) ([]byte, error) {
	if note == "" {
		return after, nil
	}
	members := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(after))
	dec.UseNumber()
	if err := dec.Decode(&members); err != nil {
		return nil, fmt.Errorf("note a change in the audit: %w", err)
	}
	members["change_reason"] = note
	return json.Marshal(members)
}

// auditJSON is nil, and so NULL, for nil.
func auditJSON(noun any) ([]byte, error) {
	if noun == nil {
		return nil, nil
	}
	b, err := json.Marshal(noun)
	if err != nil {
		return nil, fmt.Errorf("write %T for the audit: %w", noun, err)
	}
	return b, nil
}

// Record writes an audit row for what changes no noun: a refused sign-in, a sign-out.
func (s *Store) Record(ctx context.Context, object string, after any, by retention.By) error {
	return s.write(ctx, "record "+by.Action, func(tx pgx.Tx) error {
		return addAudit(ctx, tx, by, object, nil, after)
	})
}

// Audit lists audit rows, newest first. Action and object may be given whole
// (policy.create, policy/orders) or as the noun alone (policy).
func (s *Store) Audit(ctx context.Context, f retention.AuditFilter, p retention.Page) ([]retention.AuditEntry, string, error) {
	limit, after, err := readPage(p, cursor{List: "audit", N: maxID})
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT id, at, actor, actor_kind, token, remote_addr, action, object, before, after
		FROM holdfast.audit
		WHERE id < $1
		  AND ($2 = '' OR actor = $2)
		  AND ($3 = '' OR action = $3 OR starts_with(action, $3 || '.'))
		  AND ($4 = '' OR object = $4 OR starts_with(object, $4 || '/'))
		  AND ($5::timestamptz IS NULL OR at >= $5)
		  AND ($6::timestamptz IS NULL OR at < $6)
		ORDER BY id DESC
		LIMIT $7`,
		after.N, f.Actor, f.Action, f.Object, f.From, f.Until, limit+1)
	if err != nil {
		return nil, "", fail("list the audit", err)
	}
	entries, err := pgx.CollectRows(rows, scanAudit)
	if err != nil {
		return nil, "", fail("list the audit", err)
	}
	entries, next := cut(entries, limit, func(e retention.AuditEntry) cursor { return cursor{List: "audit", N: e.ID} })
	return entries, next, nil
}

func scanAudit(row pgx.CollectableRow) (e retention.AuditEntry, err error) {
	var before, after []byte
	err = row.Scan(&e.ID, &e.At, &e.Actor, &e.ActorKind, &e.Token, &e.RemoteAddr, &e.Action, &e.Object, &before, &after)
	e.Before, e.After = before, after
	return e, err
}
