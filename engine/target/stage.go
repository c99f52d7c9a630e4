package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// stageChunk is how many ids one committed chunk has: transactions of some hundred
	// milliseconds, and few enough commits that their waits for the disk do not add up.
	stageChunk = 50_000
	// maxBadIDs bounds the ids at fault that one answer names.
	maxBadIDs = 100
)

func heldTable(set int32) string { return sqlgen.HeldTable(set).SQL() }

// CheckKeys casts every id of the hold to its table's key types, and has the server judge
// its conditions; see
// engine.GuardTarget.
func (t *Target) CheckKeys(ctx context.Context, h retention.Hold) error {
	var bad retention.Problems
	read := plan.ReadOnce(t.Table)
	for i, s := range h.Scope {
		if s.All {
			continue
		}
		table, err := read(ctx, s.Table)
		if err != nil {
			return err
		}
		if s.Condition != "" {
			if err := t.checkScopeCondition(ctx, &bad, i, s, table); err != nil {
				return err
			}
			continue
		}
		if err := t.checkScopeKeys(ctx, &bad, i, s, table.KeyColumns()); err != nil {
			return err
		}
		if s.Family != nil {
			if err := t.checkFamily(ctx, &bad, i, s, table); err != nil {
				return err
			}
		}
		if len(bad) >= maxBadIDs {
			break
		}
	}
	return bad.Err()
}

func (t *Target) checkScopeKeys(ctx context.Context, bad *retention.Problems, scope int, s retention.Scope, key []plan.Column) error {
	for from := 0; from < len(s.RecordIDs) && len(*bad) < maxBadIDs; from += stageChunk {
		chunk := s.RecordIDs[from:min(from+stageChunk, len(s.RecordIDs))]
		var ids []retention.Key
		var at []int
		for j, id := range chunk {
			switch {
			case len(id) == len(key) && movingPart(id, key) < 0:
				ids, at = append(ids, id), append(at, from+j)
			case len(*bad) >= maxBadIDs:
			case len(id) == len(key):
				bad.Add(retention.RecordField(scope, from+j), "%q is another value of %s tomorrow; write the date or the time itself", id[movingPart(id, key)], key[movingPart(id, key)].Name)
			default:
				bad.Add(retention.RecordField(scope, from+j), "%s; %s has %d: %s", countParts(len(id)), s.Table, len(key), describeKey(key))
			}
		}
		if err := t.bisectKeys(ctx, bad, scope, at, ids, key); err != nil {
			return err
		}
	}
	return nil
}

// movingPart is the part of an id that names a moment by the clock, such as today; -1
// if there is none. The cast would take it and fix it, and the hold would cover what
// was not meant. Words for fixed values, such as infinity and epoch, are ids.
func movingPart(id retention.Key, key []plan.Column) int {
	for i, c := range key {
		// Dates and times, and ranges of them.
		if c.TypeCategory != "D" && c.TypeCategory != "R" {
			continue
		}
		words := strings.FieldsFunc(strings.ToLower(id[i]), func(r rune) bool { return !unicode.IsLetter(r) })
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(movingWords, w) }) {
			return i
		}
	}
	return -1
}

var movingWords = []string{"now", "today", "tomorrow", "yesterday"}

func countParts(n int) string {
	if n == 1 {
		return "has 1 part"
	}
	return fmt.Sprintf("has %d parts", n)
}

func describeKey(key []plan.Column) string {
	parts := make([]string, len(key))
	for i, c := range key {
		parts[i] = c.Name + " (" + c.Type + ")"
	}
	return strings.Join(parts, ", ")
}

// bisectKeys finds the ids that the server cannot cast, by halving what fails.
func (t *Target) bisectKeys(ctx context.Context, bad *retention.Problems, scope int, at []int, ids []retention.Key, key []plan.Column) error {
	if len(*bad) >= maxBadIDs || len(ids) == 0 {
		return nil
	}
	err := t.castKeys(ctx, ids, key)
	pg, isServer := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return nil
	case !isServer || !valueAtFault(pg):
		return classify(err)
	case len(ids) == 1:
		bad.Add(retention.RecordField(scope, at[0]), "%q is no value of the key %s%s", strings.Join(ids[0], ", "), describeKey(key), because(pg))
		return nil
	}
	half := len(ids) / 2
	if err := t.bisectKeys(ctx, bad, scope, at[:half], ids[:half], key); err != nil {
		return err
	}
	return t.bisectKeys(ctx, bad, scope, at[half:], ids[half:], key)
}

// castKeys fails where an id is no value of the key's base types, or of its domains:
// what their checks refuse can be no row's key. It writes each id as the server does:
// " 7" and "07" are "7".
func (t *Target) castKeys(ctx context.Context, ids []retention.Key, key []plan.Column) error {
	args := columnArrays(ids, len(key))
	from := " FROM " + unnestKeys(args)
	if err := t.canonicalKeys(ctx, ids, key, from, args); err != nil {
		return err
	}
	if !slices.ContainsFunc(key, func(c plan.Column) bool { return c.Domain }) {
		return nil
	}
	err := pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// A check may call a function of the application's, which needs its search_path.
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_catalog.count(ROW("+castDomains(key)+"))"+from, args...)
		return err
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && !valueAtFault(pg) {
		// A check that cannot be carried out here must not keep a hold from being placed:
		// an id that fits the base type and no row holds nothing.
		return nil
	}
	return err
}

// canonicalKeys casts every id, and takes over how the server writes those that it writes
// in another way.
func (t *Target) canonicalKeys(ctx context.Context, ids []retention.Key, key []plan.Column, from string, args []any) error {
	given, written := make([]string, len(key)), make([]string, len(key))
	for i, c := range key {
		given[i], written[i] = fmt.Sprintf("u.c%d", i+1), fmt.Sprintf("u.c%d::%s::text", i+1, c.BaseSQL)
	}
	rows, err := t.pool.Query(ctx, fmt.Sprintf("SELECT u.pos, ARRAY[%[1]s]%[2]s WHERE ARRAY[%[1]s] IS DISTINCT FROM ARRAY[%[3]s]", strings.Join(written, ", "), from, strings.Join(given, ", ")), args...)
	if err != nil {
		return err
	}
	var pos int64
	var text []string
	_, err = pgx.ForEachRow(rows, []any{&pos, &text}, func() error {
		copy(ids[pos-1], text)
		return nil
	})
	return err
}

// valueAtFault: the value was refused, not the statement.
func valueAtFault(pg *pgconn.PgError) bool {
	return strings.HasPrefix(pg.Code, "22") || pg.Code == "23514"
}

// columnArrays turns keys into one text array per key column.
func columnArrays(ids []retention.Key, width int) []any {
	cols := make([][]string, width)
	for i := range cols {
		cols[i] = make([]string, len(ids))
		for j, id := range ids {
			cols[i][j] = id[i]
		}
	}
	args := make([]any, width)
	for i := range cols {
		args[i] = cols[i]
	}
	return args
}

// unnestKeys prints the ids as rows u(c1, c2, …, pos); the arrays are $1, $2, ….
func unnestKeys(args []any) string {
	arrays, names := make([]string, len(args)), make([]string, len(args))
	for i := range args {
		arrays[i] = fmt.Sprintf("pg_catalog.unnest($%d::pg_catalog.text[])", i+1)
		names[i] = fmt.Sprintf("c%d", i+1)
	}
	return fmt.Sprintf("ROWS FROM (%s) WITH ORDINALITY AS u(%s, pos)", strings.Join(arrays, ", "), strings.Join(names, ", "))
}

// castColumns prints the ids' parts in their base types. Without the column's
// modifier: an explicit cast to varchar(3) would cut 'abcd' to another id.
func castColumns(key []plan.Column) string {
	parts := make([]string, len(key))
	for i, c := range key {
		parts[i] = fmt.Sprintf("u.c%d::%s", i+1, c.BaseSQL)
	}
	return strings.Join(parts, ", ")
}

// castDomains casts on, from the base types to the columns' own where those are domains.
func castDomains(key []plan.Column) string {
	parts := make([]string, len(key))
	for i, c := range key {
		parts[i] = fmt.Sprintf("u.c%d::%s", i+1, c.BaseSQL)
		if c.Domain {
			parts[i] += "::" + c.TypeSQL
		}
	}
	return strings.Join(parts, ", ")
}

// StageHold copies the hold's scopes and ids into the guard; see engine.GuardTarget.
func (t *Target) StageHold(ctx context.Context, h retention.Hold) error {
	no, err := t.stageHead(ctx, h)
	if err != nil {
		return classify(err)
	}
	if h.EffectiveAt != nil { // it was in force before
		if err := t.reviveScopes(ctx, no, h); err != nil {
			return classify(err)
		}
	}
	staged, anew, err := t.stagedScopes(ctx, h.ID)
	if err != nil {
		return classify(err)
	}
	read := plan.ReadOnce(t.Table)
	for i, s := range h.Scope {
		if s.Ended() {
			continue // it fell out of the hold, and must not come back
		}
		set, there := staged[i]
		if there {
			if err = t.stageAgain(ctx, no, set, s); err == nil && s.Family != nil && set != nil {
				err = t.stageFamily(ctx, no, i, *set, s)
			}
		} else {
			var table *plan.Table
			if table, err = read(ctx, s.Table); err != nil {
				return err
			}
			err = t.stageScope(ctx, no, i, s, table, anew)
		}
		if err != nil {
			return classify(err)
		}
	}
	return t.NoteHold(ctx, h.ID)
}

// stageAgain brings the ids of a scope that stands as it was staged: into its own typed
// copy, whatever its table is called today.
func (t *Target) stageAgain(ctx context.Context, no int32, set *int32, s retention.Scope) error {
	if set == nil {
		return nil
	}
	copyOf, err := t.Table(ctx, sqlgen.HeldTable(*set))
	if errors.Is(err, retention.ErrNotFound) {
		copyOf, err = t.remakeSet(ctx, *set, s)
	}
	if err != nil {
		return err
	}
	var key []plan.Column
	for _, c := range copyOf.Columns {
		if c.Name != "hold_no" {
			key = append(key, c)
		}
	}
	err = t.stageIDs(ctx, no, *set, s, key)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && valueAtFault(pg) {
		return retention.Conflictf("an id that a hold covers in %s is no value of its key's type any more: %s", s.Table, said(pg))
	}
	return err
}

// remakeSet makes a typed copy anew that is gone, for the table whose key must be what it
// was.
func (t *Target) remakeSet(ctx context.Context, set int32, s retention.Scope) (*plan.Table, error) {
	table, err := t.Table(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	made, err := t.heldSet(ctx, table)
	if err != nil {
		return nil, err
	}
	if made != set {
		return nil, retention.Conflictf("what %s had of the ids that a hold covers is gone, and its key is another one now; release the hold and place it anew", s.Table)
	}
	return t.Table(ctx, sqlgen.HeldTable(set))
}

// stageHead makes the hold's row, or finds it.
func (t *Target) stageHead(ctx context.Context, h retention.Hold) (no int32, err error) {
	err = t.pool.QueryRow(ctx, `
		INSERT INTO holdfast_guard.hold (id, matter, state, enforcement) VALUES ($1, $2, 'staged', $3)
		ON CONFLICT (id) DO UPDATE SET matter = excluded.matter, enforcement = excluded.enforcement
		RETURNING no`, h.ID, h.Matter, cmp.Or(h.Enforcement, retention.EnforceNone)).Scan(&no)
	return no, err
}

func (t *Target) stageScope(ctx context.Context, no int32, index int, s retention.Scope, table *plan.Table, anew bool) error {
	var set *int32
	cond, err := readScopeCondition(s, table)
	if err != nil {
		return err
	}
	if !s.All && s.Condition == "" {
		id, err := t.heldSet(ctx, table)
		if err != nil {
			return err
		}
		set = &id
		key, err := scopeKey(s, table)
		if err != nil {
			return err
		}
		if err := t.stageIDs(ctx, no, id, s, key); err != nil {
			return err
		}
	}
	var depth *int
	if s.Family != nil {
		depth = &s.Family.Depth
		if err := t.stageFamily(ctx, no, index, *set, s); err != nil {
			return err
		}
	}
	for try := 1; ; try++ {
		same, err := t.putScope(ctx, no, index, s, table, cond, set, depth, anew)
		if err != nil || same {
			return err
		}
		if try == maxRetyped {
			return fmt.Errorf("%w: a column that the condition on %s asks for is being given another type all the time", retention.ErrBusy, s.Table)
		}
		if table, err = t.Table(ctx, s.Table); err != nil {
			return err
		}
		if cond, err = readScopeCondition(s, table); err != nil {
			return err
		}
	}
}

// maxRetyped bounds how often a scope is noted anew whose columns get another type meanwhile.
const maxRetyped = 5

// putScope notes what a scope covers. It answers false, and notes nothing, if a column that its
// condition asks for is of another type than was read: with the type of one moment and the form of
// another it would fit no table, and hold all of it for good.
func (t *Target) putScope(ctx context.Context, no int32, index int, s retention.Scope, table *plan.Table, cond scopeCondition, set *int32, depth *int, anew bool) (same bool, err error) {
	err = t.pool.QueryRow(ctx, `
		WITH judged AS MATERIALIZED (
			SELECT NOT EXISTS (SELECT FROM unnest($8::text[], $9::oid[]) AS c(name, typ) WHERE c.typ IS DISTINCT FROM `+baseTypeOf("$3::oid", "c.name")+`) AS same),
		put AS (
			INSERT INTO holdfast_guard.hold_scope AS o (hold_no, scope_index, relid, schema_name, table_name, held_set, parts,
			                                            condition, condition_columns, condition_types, condition_forms, condition_labels, family_depth)
			SELECT $1, $2, $3::oid, $4, $5, $6::integer, ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree($3::oid) AS p WHERE p.relid <> $3::oid),
			       nullif($7, ''), $8::text[], $9::oid[],
			       ARRAY(SELECT holdfast_guard.column_form($3::oid, c.name) FROM unnest($8::text[]) WITH ORDINALITY AS c(name, pos) ORDER BY c.pos),
			       holdfast_guard.column_labels($3::oid, $8::text[]), $11::integer
			FROM judged WHERE judged.same
			ON CONFLICT (hold_no, scope_index, member) DO UPDATE
			SET relid = excluded.relid, schema_name = excluded.schema_name, table_name = excluded.table_name, held_set = excluded.held_set,
			    parts = ARRAY(SELECT unnest(o.parts) UNION SELECT unnest(excluded.parts)), condition = excluded.condition,
			    condition_columns = excluded.condition_columns, condition_types = excluded.condition_types,
			    condition_forms = excluded.condition_forms, condition_labels = excluded.condition_labels, family_depth = excluded.family_depth
			WHERE $10)
		SELECT same FROM judged`, no, index, table.OID, s.Table.Schema, s.Table.Name, set, s.Condition, cond.names, cond.types, anew, depth).Scan(&same)
	return same, err
}

// heldSet finds or makes the typed copy for the table's present key.
func (t *Target) heldSet(ctx context.Context, table *plan.Table) (id int32, err error) {
	key := table.KeyColumns()
	names, attnums, types := make([]string, len(key)), make([]int16, len(key)), make([]uint32, len(key))
	for i, c := range key {
		names[i], attnums[i], types[i] = c.Name, c.Num, c.BaseOID
	}
	tx, err := t.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, $2)`, guardLockClass, setLockObject); err != nil {
		return 0, err
	}
	var there bool
	err = tx.QueryRow(ctx, `
		SELECT id, to_regclass('holdfast_guard.held_' || id) IS NOT NULL
		FROM holdfast_guard.held_set
		WHERE relid = $1 AND key_attnums = $2 AND key_types = $3`, table.OID, attnums, types).Scan(&id, &there)
	if errors.Is(err, pgx.ErrNoRows) {
		err = tx.QueryRow(ctx, `
			INSERT INTO holdfast_guard.held_set (relid, schema_name, table_name, key_columns, key_attnums, key_types)
			VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`, table.OID, table.Name.Schema, table.Name.Name, names, attnums, types).Scan(&id)
	}
	if err != nil || there {
		return id, err
	}
	if _, err := tx.Exec(ctx, createHeldTable(id, key)); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `SELECT holdfast_guard.protect_set($1)`, id); err != nil {
		return 0, err
	}
	return id, tx.Commit(ctx)
}

// createHeldTable prints the DDL of a typed copy: the key's base types and
// collations, and a primary key that probes by them.
func createHeldTable(id int32, key []plan.Column) string {
	var cols, names []string
	for i, c := range key {
		def := sqlgen.HeldColumn(i) + " " + c.BaseSQL
		if c.Collation != "" {
			def += " COLLATE " + c.Collation
		}
		cols = append(cols, def+" NOT NULL")
		names = append(names, sqlgen.HeldColumn(i))
	}
	return fmt.Sprintf("CREATE TABLE %s (%s, hold_no integer NOT NULL, PRIMARY KEY (%s, hold_no))",
		heldTable(id), strings.Join(cols, ", "), strings.Join(names, ", "))
}

// largeList is how many ids make the copy that they are in worth a look by ANALYZE at once: it
// costs more than a short list does otherwise.
const largeList = 1000

// stageIDs copies ids in committed chunks. No batch asks them before the hold is
// active.
func (t *Target) stageIDs(ctx context.Context, no, set int32, s retention.Scope, key []plan.Column) error {
	into := make([]string, len(key))
	for i := range key {
		into[i] = sqlgen.HeldColumn(i)
	}
	for chunk := range slices.Chunk(s.RecordIDs, stageChunk) {
		err := t.copyIDs(ctx, no, set, chunk, into)
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" {
			// Staged before, or one value written in two ways (1 and 01): nothing of the chunk
			// is there, and a statement that passes over what is costs four times as much.
			err = t.insertIDs(ctx, no, set, chunk, into, key)
		}
		if err != nil {
			return err
		}
	}
	if len(s.RecordIDs) < largeList {
		return nil // autovacuum looks at the copy when many have come together
	}
	return t.surveySet(ctx, set)
}

// surveySet lets the planner know how large a typed copy has become: without statistics it
// could take a large list for a small one. Nobody waits for autovacuum, until which the index
// by hold leads to every id.
func (t *Target) surveySet(ctx context.Context, set int32) error {
	if _, err := t.pool.Exec(ctx, "ANALYZE "+heldTable(set)); err != nil {
		return err
	}
	_, err := t.pool.Exec(ctx, `SELECT brin_summarize_new_values($1::regclass)`, fmt.Sprintf("holdfast_guard.held_%d_hold_no_idx", set))
	return err
}

// copyIDs streams ids in as text, which the server reads as the copy's own types.
func (t *Target) copyIDs(ctx context.Context, no, set int32, ids []retention.Key, into []string) error {
	conn, err := t.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	_, err = conn.Conn().PgConn().CopyFrom(ctx, &copyRows{ids: ids, last: "\t" + strconv.Itoa(int(no)) + "\n"},
		fmt.Sprintf(`COPY %s (%s, hold_no) FROM STDIN`, heldTable(set), strings.Join(into, ", ")))
	return err
}

func (t *Target) insertIDs(ctx context.Context, no, set int32, ids []retention.Key, into []string, key []plan.Column) error {
	args := columnArrays(ids, len(key))
	_, err := t.pool.Exec(ctx, fmt.Sprintf(`INSERT INTO %s (%s, hold_no) SELECT %s, $%d::integer FROM %s ON CONFLICT DO NOTHING`,
		heldTable(set), strings.Join(into, ", "), castColumns(key), len(args)+1, unnestKeys(args)), append(args[:len(args):len(args)], no)...)
	return err
}

// copyRows reads ids as COPY's text format, a line each, without holding it whole.
type copyRows struct {
	ids  []retention.Key
	last string
	line []byte
}

// copyEscapes are the characters that mean something in COPY's text format.
var copyEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func (r *copyRows) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(r.line) == 0 {
			if len(r.ids) == 0 {
				break
			}
			for i, part := range r.ids[0] {
				if i > 0 {
					r.line = append(r.line, '\t')
				}
				r.line = append(r.line, copyEscapes.Replace(part)...)
			}
			r.line, r.ids = append(r.line, r.last...), r.ids[1:]
		}
		copied := copy(p[n:], r.line)
		n, r.line = n+copied, r.line[copied:]
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
