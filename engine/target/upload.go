package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// upload takes ids of one table into a hold as they arrive; see retention.RecordUpload.
type upload struct {
	t     *Target
	conn  *pgxpool.Conn
	table *plan.Table
	key   []plan.Column
	no    int32
	set   int32
	// judge tells that the connection has the function that judges single values.
	judge bool
}

// OpenUpload begins to take ids of one table into a hold; see engine.GuardTarget. A hold that
// the guard has is not compared with what was noted until the upload has ended.
func (t *Target) OpenUpload(ctx context.Context, h retention.Hold, name retention.TableName) (retention.RecordUpload, error) {
	table, err := t.Table(ctx, name)
	if err != nil {
		return nil, err
	}
	if table.Key == nil {
		return nil, retention.Invalid("table", "%s has no primary key, and no unique key over NOT NULL columns, so its records have no ids; hold what fits a condition, or the whole table", name)
	}
	u := &upload{t: t, table: table, key: table.KeyColumns()}
	if u.no, err = t.beginChange(ctx, h); err != nil {
		return nil, classify(err)
	}
	if u.set, err = t.heldSet(ctx, table); err != nil {
		return nil, classify(err)
	}
	if u.conn, err = t.pool.Acquire(ctx); err != nil {
		return nil, classify(err)
	}
	return u, nil
}

// beginChange has a hold not compared with what was noted until NoteHold has noted it again.
func (t *Target) beginChange(ctx context.Context, h retention.Hold) (no int32, err error) {
	if no, err = t.stageHead(ctx, h); err != nil {
		return no, err
	}
	_, err = t.pool.Exec(ctx, `UPDATE holdfast_guard.hold SET changing = true WHERE no = $1`, no)
	return no, err
}

// Close gives the connection back.
func (u *upload) Close() {
	if u.conn == nil {
		return
	}
	if u.judge {
		_, _ = u.conn.Exec(context.Background(), `DROP FUNCTION IF EXISTS pg_temp.holdfast_judge`)
	}
	u.conn.Release()
	u.conn = nil
}

// KeyColumns are the names of the key's columns, in order.
func (u *upload) KeyColumns() []string {
	names := make([]string, len(u.key))
	for i, c := range u.key {
		names[i] = c.Name
	}
	return names
}

// Take takes some ids. keep is called with those that are new before they are committed.
func (u *upload) Take(ctx context.Context, ids []retention.Key, keep func(retention.UploadChunk) error) error {
	out := retention.UploadChunk{New: map[int]retention.Key{}, Bad: map[int]string{}}
	var good []retention.Key
	var at []int
	for i, id := range ids {
		if len(id) != len(u.key) {
			out.Bad[i] = fmt.Sprintf("%s; the key of %s has %d: %s", countParts(len(id)), u.table.Name, len(u.key), describeKey(u.key))
			continue
		}
		if part := movingPart(id, u.key); part >= 0 {
			out.Bad[i] = fmt.Sprintf("%q is another value of %s tomorrow; write the date or the time itself", id[part], u.key[part].Name)
			continue
		}
		good, at = append(good, id), append(at, i)
	}
	tx, err := u.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := u.takeGood(ctx, tx, good, at, &out); err != nil {
		return classify(err)
	}
	if err := keep(out); err != nil {
		return err
	}
	return classify(tx.Commit(ctx))
}

// takeGood inserts what may be ids. Where one is no value of the key's types, each is judged
// by itself.
func (u *upload) takeGood(ctx context.Context, tx pgx.Tx, ids []retention.Key, at []int, out *retention.UploadChunk) error {
	taken, err := u.insert(ctx, tx, ids)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && valueAtFault(pg) {
		reasons, err := u.judgeEach(ctx, tx, ids)
		if err != nil {
			return err
		}
		var good []retention.Key
		var where []int
		for i, id := range ids {
			if why, bad := reasons[i]; bad {
				out.Bad[at[i]] = why
				continue
			}
			good, where = append(good, id), append(where, at[i])
		}
		ids, at = good, where
		taken, err = u.insert(ctx, tx, ids)
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	out.Written = func(ctx context.Context, places []int) (map[int]retention.Key, error) {
		return u.written(ctx, tx, ids, at, places)
	}
	for i := range ids {
		if key, isNew := taken[i]; isNew {
			out.New[at[i]] = key
		} else {
			out.Duplicates = append(out.Duplicates, at[i])
		}
	}
	return nil
}

// insert puts ids into the typed copy and answers those that were not there, by their place,
// as the server writes them.
func (u *upload) insert(ctx context.Context, tx pgx.Tx, ids []retention.Key) (taken map[int]retention.Key, err error) {
	taken = map[int]retention.Key{}
	if len(ids) == 0 {
		return taken, nil
	}
	args := columnArrays(ids, len(u.key))
	var cols, cast, equal, text []string
	for i, c := range u.key {
		k := sqlgen.HeldColumn(i)
		cols = append(cols, k)
		cast = append(cast, fmt.Sprintf("u.c%d::%s AS %s", i+1, c.BaseSQL, k))
		equal = append(equal, fmt.Sprintf("g.%s OPERATOR(%s.=) i.%s", k, retention.QuoteIdent(c.EqSchema), k))
		text = append(text, "i."+k+"::text")
	}
	list := strings.Join(cols, ", ")
	err = pgx.BeginFunc(ctx, tx, func(sp pgx.Tx) error {
		rows, err := sp.Query(ctx, fmt.Sprintf(`
			WITH given AS MATERIALIZED (SELECT u.pos, %[1]s FROM %[2]s),
			i AS (INSERT INTO %[3]s (%[4]s, hold_no) SELECT %[4]s, $%[5]d::integer FROM given ON CONFLICT DO NOTHING RETURNING %[4]s)
			SELECT min(g.pos), ARRAY[%[6]s] FROM i JOIN given AS g ON %[7]s GROUP BY %[8]s`,
			strings.Join(cast, ", "), unnestKeys(args), heldTable(u.set), list, len(args)+1, strings.Join(text, ", "), strings.Join(equal, " AND "),
			"i."+strings.Join(cols, ", i.")), append(args[:len(args):len(args)], u.no)...)
		if err != nil {
			return err
		}
		var pos int64
		var key []string
		_, err = pgx.ForEachRow(rows, []any{&pos, &key}, func() error {
			taken[int(pos-1)] = slices.Clone(key)
			return nil
		})
		return err
	})
	return taken, err
}

// written answers how the server writes the ids of some places; at are those of the ids.
func (u *upload) written(ctx context.Context, tx pgx.Tx, ids []retention.Key, at, places []int) (map[int]retention.Key, error) {
	var wanted []retention.Key
	var where []int
	for i, id := range ids {
		if _, is := slices.BinarySearch(places, at[i]); is {
			wanted, where = append(wanted, id), append(where, at[i])
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	args := columnArrays(wanted, len(u.key))
	text := make([]string, len(u.key))
	for i, c := range u.key {
		text[i] = fmt.Sprintf("u.c%d::%s::text", i+1, c.BaseSQL)
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT u.pos, ARRAY[%s] FROM %s`, strings.Join(text, ", "), unnestKeys(args)), args...)
	if err != nil {
		return nil, err
	}
	out := make(map[int]retention.Key, len(wanted))
	var pos int64
	var key []string
	_, err = pgx.ForEachRow(rows, []any{&pos, &key}, func() error {
		out[where[pos-1]] = slices.Clone(key)
		return nil
	})
	return out, err
}

// judgeEach finds the ids that are no values of the key's types, each with why. A statement
// that casts them all fails with the first; the function casts one and catches its error.
func (u *upload) judgeEach(ctx context.Context, tx pgx.Tx, ids []retention.Key) (reasons map[int]string, err error) {
	args := columnArrays(ids, len(u.key))
	var params, assign, call []string
	for i, c := range u.key {
		params = append(params, fmt.Sprintf("c%d text", i+1))
		assign = append(assign, fmt.Sprintf("PERFORM c%d::%s;", i+1, c.BaseSQL))
		if c.Domain {
			assign = append(assign, fmt.Sprintf("PERFORM c%d::%s::%s;", i+1, c.BaseSQL, c.TypeSQL))
		}
		call = append(call, fmt.Sprintf("u.c%d", i+1))
	}
	if !u.judge {
		_, err := tx.Exec(ctx, fmt.Sprintf(`
			CREATE OR REPLACE FUNCTION pg_temp.holdfast_judge(%s) RETURNS text LANGUAGE plpgsql AS $judge$
			BEGIN
				%s
				RETURN NULL;
			EXCEPTION WHEN data_exception OR check_violation THEN
				RETURN SQLERRM;
			END $judge$`, strings.Join(params, ", "), strings.Join(assign, "\n")))
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42501" {
			return nil, retention.Conflictf("lines that are no ids cannot be told from the others, since Holdfast's role may not make temporary functions: GRANT TEMPORARY ON DATABASE to it, or send a list without such lines")
		}
		if err != nil {
			return nil, err
		}
		u.judge = true
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT j.pos, j.why FROM (SELECT u.pos, pg_temp.holdfast_judge(%s) AS why FROM %s) AS j WHERE j.why IS NOT NULL`,
		strings.Join(call, ", "), unnestKeys(args)), args...)
	if err != nil {
		return nil, err
	}
	reasons = map[int]string{}
	var pos int64
	var why string
	_, err = pgx.ForEachRow(rows, []any{&pos, &why}, func() error {
		reasons[int(pos-1)] = why
		return nil
	})
	return reasons, err
}

// Finish makes the ids count that were taken, as the scope of that place in the hold, and
// answers from when on, and the first list of holds that has them; below 0 nothing was new. A
// hold that was not in force is staged by it and comes into force by ActivateHold.
func (u *upload) Finish(ctx context.Context, h retention.Hold, scope int) (at time.Time, epoch int64, mark retention.GuardMark, err error) {
	u.Close()
	if err := u.t.surveySet(ctx, u.set); err != nil {
		return at, 0, mark, classify(err)
	}
	if scope >= 0 {
		if err := u.t.stageScope(ctx, u.no, scope, retention.Scope{Table: u.table.Name, Family: h.FamilyOf(u.table.Name)}, u.table, false); err != nil {
			return at, 0, mark, classify(err)
		}
	}
	if scope >= 0 && h.Status.InForce() {
		if at, epoch, err = u.t.widen(ctx, h.ID); err != nil {
			return at, 0, mark, err
		}
	}
	if err := u.t.NoteHold(ctx, h.ID); err != nil {
		return at, 0, mark, err
	}
	mark, _, err = u.t.GuardState(ctx)
	return at, epoch, mark, err
}

// Belongings counts what belongs to the records of the hold that are in the table, after Finish.
func (u *upload) Belongings(ctx context.Context, h retention.Hold) ([]retention.FamilyTable, error) {
	f := h.FamilyOf(u.table.Name)
	if f == nil {
		return nil, nil
	}
	out, err := u.t.countFamily(ctx, h.ID, retention.Scope{Table: u.table.Name, Family: f}, u.table)
	return out, classify(err)
}

// WidenHold puts more scopes of a hold in force; see engine.GuardTarget.
func (t *Target) WidenHold(ctx context.Context, h retention.Hold, from int, scopes []retention.Scope) (at time.Time, epoch int64, mark retention.GuardMark, err error) {
	no, err := t.beginChange(ctx, h)
	if err != nil {
		return at, 0, mark, classify(err)
	}
	read := plan.ReadOnce(t.Table)
	for i, s := range scopes {
		table, err := read(ctx, s.Table)
		if err != nil {
			return at, 0, mark, err
		}
		if err := t.stageScope(ctx, no, from+i, s, table, false); err != nil {
			return at, 0, mark, classify(err)
		}
	}
	if at, epoch, err = t.widen(ctx, h.ID); err != nil {
		return at, 0, mark, err
	}
	if err := t.NoteHold(ctx, h.ID); err != nil {
		return at, 0, mark, err
	}
	mark, _, err = t.GuardState(ctx)
	return at, epoch, mark, err
}

// widen has every batch from now on judge with what a hold in force has now, and the triggers of
// its tables, if it is enforced.
func (t *Target) widen(ctx context.Context, id string) (at time.Time, epoch int64, err error) {
	relations, err := t.enforcedBy(ctx, id)
	if err != nil {
		return at, 0, classify(err)
	}
	err = t.changeAfter(ctx, func(tx pgx.Tx) error { return installTriggers(ctx, tx, relations) }, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT clock_timestamp(), (SELECT epoch + 1 FROM holdfast_guard.state)
			FROM holdfast_guard.hold
			WHERE id = $1 AND state = 'active'`, id).Scan(&at, &epoch)
		if errors.Is(err, pgx.ErrNoRows) {
			return retention.Conflictf("the hold is not in force any more")
		}
		if err != nil || len(relations) == 0 {
			return err
		}
		return t.enforce(ctx, tx, relations)
	})
	return at, epoch, err
}

// MissingKeys are the places of the ids that have no row now.
func (t *Target) MissingKeys(ctx context.Context, name retention.TableName, ids []retention.Key) ([]int, error) {
	table, err := t.Table(ctx, name)
	if err != nil {
		return nil, err
	}
	at, err := missing(ctx, t.pool, retention.Scope{Table: name, RecordIDs: ids}, table)
	return at, classify(err)
}
