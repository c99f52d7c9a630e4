package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/retention"
)

// copyRecords streams the ids in: a million take seconds by COPY, minutes by INSERT.
func copyRecords(ctx context.Context, tx pgx.Tx, id string, scopes []retention.Scope) error {
	bytes, err := uuidBytes(id)
	if err != nil {
		return err
	}
	scope, position := 0, -1
	next := func() ([]any, error) {
		position++
		for scope < len(scopes) && position >= len(scopes[scope].RecordIDs) {
			scope, position = scope+1, 0
		}
		if scope == len(scopes) {
			return nil, nil
		}
		return []any{bytes, int32(scope), int32(position), []string(scopes[scope].RecordIDs[position]), true}, nil
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"holdfast", "hold_record"},
		[]string{"hold_id", "scope_index", "position", "key", "found"}, pgx.CopyFromFunc(next))
	return err
}

// uuidBytes is the binary form that COPY needs.
func uuidBytes(id string) ([16]byte, error) {
	var u pgtype.UUID
	err := u.Scan(id)
	return u.Bytes, err
}

// HoldWithRecords is the hold with every id in its scopes, for putting it in force.
func (s *Store) HoldWithRecords(ctx context.Context, id string) (retention.Hold, error) {
	if err := checkID("hold", id); err != nil {
		return retention.Hold{}, err
	}
	var h retention.Hold
	err := s.read(ctx, "read hold "+id+" with its ids", func(tx pgx.Tx) (err error) {
		if err := unbounded(ctx, tx); err != nil {
			return err
		}
		if h, err = loadHold(ctx, tx, id, ""); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT scope_index, key
			FROM holdfast.hold_record
			WHERE hold_id = $1::text::uuid
			ORDER BY hold_id, scope_index, position`, id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var scope int
			var key []string // a new slice each time: the row keeps it
			if err := rows.Scan(&scope, &key); err != nil {
				return err
			}
			h.Scope[scope].RecordIDs = append(h.Scope[scope].RecordIDs, key)
		}
		return rows.Err()
	})
	return h, err
}

// fillNotFound reads the first ids of each scope that had no row.
func fillNotFound(ctx context.Context, q querier, h *retention.Hold) error {
	for i := range h.Scope {
		if h.Scope[i].NotFoundCount == 0 {
			continue
		}
		rows, err := q.Query(ctx, `
			SELECT key
			FROM holdfast.hold_record
			WHERE hold_id = $1::text::uuid AND scope_index = $2 AND NOT found
			ORDER BY hold_id, scope_index, position
			LIMIT $3`, h.ID, i, retention.MaxNotFoundShown)
		if err != nil {
			return err
		}
		if h.Scope[i].NotFound, err = pgx.CollectRows(rows, scanKey); err != nil {
			return err
		}
	}
	return nil
}

func scanKey(row pgx.CollectableRow) (retention.Key, error) {
	var key []string
	err := row.Scan(&key)
	return key, err
}

// placedRecord is an id with its place in the hold, by which the list goes on.
type placedRecord struct {
	retention.HeldRecord
	scope, position int64
}

func scanPlaced(row pgx.CollectableRow) (r placedRecord, err error) {
	err = row.Scan(&r.Table.Schema, &r.Table.Name, (*[]string)(&r.Key), &r.Found, &r.Until, &r.scope, &r.position)
	return r, err
}

// HoldRecords lists a hold's ids in the order in which they were given.
func (s *Store) HoldRecords(ctx context.Context, id string, p retention.Page) ([]retention.HeldRecord, string, error) {
	if err := checkID("hold", id); err != nil {
		return nil, "", err
	}
	list := "records/" + id
	limit, after, err := readPage(p, cursor{List: list, N: -1, M: -1})
	if err != nil {
		return nil, "", err
	}
	var placed []placedRecord
	err = s.read(ctx, "list the ids of hold "+id, func(tx pgx.Tx) error {
		if _, err := loadHold(ctx, tx, id, ""); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT s.table_schema, s.table_name, r.key, r.found, s.ended_at, r.scope_index, r.position
			FROM holdfast.hold_record AS r
			JOIN holdfast.hold_scope AS s USING (hold_id, scope_index)
			WHERE r.hold_id = $1::text::uuid
			  AND (r.scope_index, r.position) > ($2, $3)
			ORDER BY r.hold_id, r.scope_index, r.position
			LIMIT $4`, id, after.N, after.M, limit+1)
		if err != nil {
			return err
		}
		placed, err = pgx.CollectRows(rows, scanPlaced)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	placed, next := cut(placed, limit, func(r placedRecord) cursor { return cursor{List: list, N: r.scope, M: r.position} })
	records := make([]retention.HeldRecord, len(placed))
	for i, r := range placed {
		records[i] = r.HeldRecord
	}
	return records, next, nil
}
