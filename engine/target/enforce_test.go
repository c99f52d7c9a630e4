package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// enforced places a hold that is enforced.
func (f *fixture) enforced(mode retention.Enforcement, scopes ...retention.Scope) string {
	f.Helper()
	h := retention.Hold{ID: uuid.NewString(), Matter: "ACME v. Initech", Enforcement: mode, Scope: scopes}
	if err := f.target.CheckKeys(f.Context(), h); err != nil {
		f.Fatalf("check keys: %v", err)
	}
	if err := f.target.StageHold(f.Context(), h); err != nil {
		f.Fatalf("stage hold: %v", err)
	}
	if _, _, err := f.target.ActivateHold(f.Context(), h.ID, nil); err != nil {
		f.Fatalf("activate hold: %v", err)
	}
	return h.ID
}

func byID(name string, ids ...string) retention.Scope {
	return retention.Scope{Table: table(name), RecordIDs: keys(ids...)}
}

// withFamily is what refers to records of a table, and the records.
func withFamily(name string, ids ...string) retention.Scope {
	return retention.Scope{Table: table(name), RecordIDs: keys(ids...), Family: &retention.Family{}}
}

func byCondition(name, condition string) retention.Scope {
	return retention.Scope{Table: table(name), Condition: condition}
}

func wholeTable(name string) retention.Scope { return retention.Scope{Table: table(name), All: true} }

// sqlState is the code with which the server refused something; "" if it did not.
func sqlState(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

const (
	refusedCode = "23001"
	tooOldCode  = "40001"
)

// orders is a table with a child whose rows go with its own, and one with partitions.
func shopTables() []string {
	return []string{
		`CREATE TABLE public.orders (id bigint PRIMARY KEY, customer bigint, note text, created_at timestamptz DEFAULT now() - interval '400 days')`,
		`INSERT INTO public.orders SELECT i, i % 10, 'note ' || i FROM generate_series(1, 40) AS i`,
		`CREATE TABLE public.items (id bigint PRIMARY KEY, order_id bigint REFERENCES public.orders ON DELETE CASCADE, note text)`,
		`INSERT INTO public.items SELECT i, 20 + i, 'item' FROM generate_series(1, 10) AS i`,
		`CREATE TABLE public.visits (id bigint, region text, note text, PRIMARY KEY (id, region)) PARTITION BY LIST (region)`,
		`CREATE TABLE public.visits_eu PARTITION OF public.visits FOR VALUES IN ('eu')`,
		`CREATE TABLE public.visits_us PARTITION OF public.visits FOR VALUES IN ('us')`,
		`INSERT INTO public.visits SELECT i, CASE i % 2 WHEN 0 THEN 'eu' ELSE 'us' END, 'visit' FROM generate_series(1, 20) AS i`,
	}
}

// Whatever statement would change or remove a held row: where the hold refuses, nothing has
// changed; where it preserves, the statement passes and the old version is kept.
func TestTheApplicationCannotBreakAnEnforcedHold(t *testing.T) {
	visit := retention.Scope{Table: table("visits"), RecordIDs: []retention.Key{{"2", "eu"}}}
	for name, c := range map[string]struct {
		scope retention.Scope
		sql   []string
		kept  []string // what is kept: operation and key
	}{
		"an update":                  {byID("orders", "1"), []string{`UPDATE public.orders SET note = 'x' WHERE id = 1`}, []string{"UPDATE 1"}},
		"an update of the key":       {byID("orders", "1"), []string{`UPDATE public.orders SET id = 1001 WHERE id = 1`}, []string{"UPDATE 1"}},
		"an update out of condition": {byCondition("orders", "customer = 7"), []string{`UPDATE public.orders SET customer = 8 WHERE id = 7`}, []string{"UPDATE 7"}},
		"a delete":                   {byCondition("orders", "customer = 7"), []string{`DELETE FROM public.orders WHERE id <= 10`}, []string{"DELETE 7"}},
		"a delete of everything":     {byID("items", "3", "4"), []string{`DELETE FROM public.items`}, []string{"DELETE 3", "DELETE 4"}},
		"a truncate":                 {byID("items", "3", "4"), []string{`TRUNCATE public.items`}, []string{"TRUNCATE 3", "TRUNCATE 4"}},
		"a truncate by cascade":      {byID("items", "3"), []string{`TRUNCATE public.orders CASCADE`}, []string{"TRUNCATE 3"}},
		"a truncate of a partition":  {visit, []string{`TRUNCATE public.visits_eu`}, []string{"TRUNCATE 2,eu"}},
		"a truncate of partitions":   {visit, []string{`TRUNCATE public.visits`}, []string{"TRUNCATE 2,eu"}},
		"a delete from a partition":  {visit, []string{`DELETE FROM public.visits_eu WHERE id < 5`}, []string{"DELETE 2,eu"}},
		"a move between partitions":  {visit, []string{`UPDATE public.visits SET region = 'us' WHERE id = 2`}, []string{"UPDATE 2,eu", "DELETE 2,eu"}},
		"a held partition":           {wholeTable("visits_us"), []string{`UPDATE public.visits SET note = 'x' WHERE id IN (1, 2)`}, []string{"UPDATE 1,us"}},
		"a whole table":              {wholeTable("items"), []string{`DELETE FROM public.items WHERE id = 10`}, []string{"DELETE 10"}},
		"an update of what belongs":  {withFamily("orders", "23"), []string{`UPDATE public.items SET note = 'x' WHERE id = 3`}, []string{"UPDATE 3"}},
		"a move of what belongs":     {withFamily("orders", "23"), []string{`UPDATE public.items SET order_id = 1 WHERE order_id < 25`}, []string{"UPDATE 3"}},
		"a delete of what belongs":   {withFamily("orders", "23"), []string{`DELETE FROM public.items`}, []string{"DELETE 3"}},
		"a truncate of what belongs": {withFamily("orders", "23"), []string{`TRUNCATE public.items`}, []string{"TRUNCATE 3"}},
		"a cascade from the parent":  {byID("items", "3"), []string{`DELETE FROM public.orders WHERE id = 23`}, []string{"DELETE 3"}},
		"a session that replicates":  {byID("orders", "1"), []string{`SET session_replication_role = replica`, `DELETE FROM public.orders WHERE id = 1`}, []string{"DELETE 1"}},
		"an insert that conflicts":   {byID("orders", "1"), []string{`INSERT INTO public.orders (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = excluded.note`}, []string{"UPDATE 1"}},
		"a merge":                    {byID("orders", "1"), []string{`MERGE INTO public.orders AS o USING (VALUES (1), (2)) AS v(id) ON o.id = v.id WHEN MATCHED THEN DELETE`}, []string{"DELETE 1"}},
		"an update by a query":       {byID("orders", "1"), []string{`WITH gone AS (DELETE FROM public.orders WHERE id < 3 RETURNING id) SELECT count(*) FROM gone`}, []string{"DELETE 1"}},
		"a repeatable read":          {byID("orders", "1"), []string{`SET default_transaction_isolation = 'repeatable read'`, `DELETE FROM public.orders WHERE id = 1`}, []string{"DELETE 1"}},
		"a path of its own":          {byCondition("orders", "note = 'note 1'"), []string{`CREATE FUNCTION public.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'`, `CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.never)`, `SET search_path = public, pg_catalog`, `DELETE FROM public.orders WHERE id OPERATOR(pg_catalog.=) 1`}, []string{"DELETE 1"}},
	} {
		for _, mode := range []retention.Enforcement{retention.EnforceRefuse, retention.EnforcePreserve} {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, shopTables()...)
				id := f.enforced(mode, c.scope)
				before := f.everything()
				conn := f.connect()
				var err error
				for _, sql := range c.sql {
					if _, err = conn.Exec(t.Context(), sql); err != nil {
						break
					}
				}
				kept := f.kept(id)
				if mode == retention.EnforceRefuse {
					if sqlState(err) != refusedCode || !strings.Contains(err.Error(), id) || strings.Contains(err.Error(), "ACME") {
						t.Errorf("the answer is %v, want a refusal that names hold %s and not its matter", err, id)
					}
					if after := f.everything(); after != before {
						t.Errorf("rows have changed")
					}
					if len(kept) != 0 {
						t.Errorf("%v was kept of what did not happen", kept)
					}
					return
				}
				if err != nil {
					t.Errorf("the statement was refused: %v", err)
				}
				if fmt.Sprint(kept) != fmt.Sprint(c.kept) {
					t.Errorf("kept %q, want %q", kept, c.kept)
				}
				if f.everything() == before {
					t.Error("the statement changed nothing")
				}
			})
		}
	}
}

// everything is a checksum of all rows of the application.
func (f *fixture) everything() string {
	f.Helper()
	return pgtest.Value[string](f.T, f.url, `SELECT md5(coalesce(string_agg(r, ';' ORDER BY r), '')) FROM (
		SELECT 'o' || o::text FROM public.orders AS o UNION ALL SELECT 'i' || i::text FROM public.items AS i UNION ALL SELECT v.tableoid::regclass || v::text FROM public.visits AS v) AS x(r)`)
}

// kept is what was preserved for a hold, in order: operation and key.
func (f *fixture) kept(id string) (out []string) {
	f.Helper()
	rows, err := f.target.Preserved(f.Context(), id, 0, 100)
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range rows {
		out = append([]string{r.Operation + " " + strings.Join(r.Key, ",")}, out...)
	}
	return out
}

func TestWhatIsNotHeldPassesAnEnforcedHold(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shopTables()...)
	id := f.enforced(retention.EnforceRefuse, byID("orders", "1"), byCondition("visits", "note = 'other'"))
	conn := f.connect()
	if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{"public", "orders"}, []string{"id", "customer"}, pgx.CopyFromRows([][]any{{int64(100), int64(1)}, {int64(101), int64(2)}})); err != nil {
		t.Errorf("COPY: %v", err)
	}
	for _, sql := range []string{
		`UPDATE public.orders SET note = 'x' WHERE id > 1`, `DELETE FROM public.orders WHERE id = 2`, `UPDATE public.orders SET id = 1002 WHERE id = 3`,
		`UPDATE public.visits SET region = 'us' WHERE region = 'eu'`, `TRUNCATE public.visits_eu`, `TRUNCATE public.visits`, `SELECT * FROM public.orders WHERE id = 1 FOR UPDATE`,
		`INSERT INTO public.visits VALUES (50, 'eu', 'other')`, `INSERT INTO public.orders (id) VALUES (102)`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if n := f.count(`SELECT count(*) FROM public.orders WHERE note = 'x'`); n != 40 {
		t.Errorf("%d orders were updated, want 40", n)
	}
	if kept := f.kept(id); len(kept) != 0 {
		t.Errorf("kept %v", kept)
	}
}

// TestAJSONValueIsKeptAsItWasWritten: jsonb has no key twice, writes numbers its own way, and
// refuses \u0000, which would be an error of the application's statement.
func TestAJSONValueIsKeptAsItWasWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.j (id bigint PRIMARY KEY, doc json, price numeric(10, 2))`)
	docs := []string{`{"a": 1, "a": 2}`, `[1.00e2,  1.50]`, `"\u0000 and \ud800"`}
	for _, doc := range docs {
		pgtest.Exec(t, f.url, `INSERT INTO public.j SELECT (SELECT count(*) FROM public.j), '`+doc+`', 1.5`)
	}
	id := f.enforced(retention.EnforcePreserve, retention.Scope{Table: table("j"), All: true})
	f.exec(`UPDATE public.j SET doc = NULL WHERE id = 2`, `UPDATE public.j SET doc = '`+docs[2]+`' WHERE id = 2`, `DELETE FROM public.j WHERE id = 0`, `TRUNCATE public.j`)
	rows, err := f.target.Preserved(t.Context(), id, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{}
	for _, r := range rows {
		kept[r.Operation+" "+r.Key[0]] += string(r.Row)
	}
	want := map[string]string{}
	for deed, doc := range map[string]string{"UPDATE 2": "null", "DELETE 0": docs[0], "TRUNCATE 1": docs[1], "TRUNCATE 2": docs[2]} {
		want[deed] = `{"id":` + deed[len(deed)-1:] + `,"doc":` + doc + `,"price":1.50}`
	}
	want["UPDATE 2"] += `{"id":2,"doc":` + docs[2] + `,"price":1.50}`
	if !maps.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
}

// TestATableThatReplacesAHeldOneIsEnforcedAsAWhole: a migration that copies and swaps, or a dump
// that is restored, makes another table of that name, of which the batches leave all.
func TestATableThatReplacesAHeldOneIsEnforcedAsAWhole(t *testing.T) {
	replaced := func(name string) []string {
		return []string{`CREATE TABLE public.new (LIKE public.` + name + ` INCLUDING ALL)`, `INSERT INTO public.new SELECT * FROM public.` + name, `DROP TABLE public.` + name + ` CASCADE`, `ALTER TABLE public.new RENAME TO ` + name}
	}
	for _, mode := range []retention.Enforcement{retention.EnforceRefuse, retention.EnforcePreserve} {
		for name, c := range map[string]struct {
			scope retention.Scope
			table string
		}{
			"of the records":           {byID("orders", "1"), "orders"},
			"of a condition":           {byCondition("orders", "id < 3"), "orders"},
			"below the records":        {withFamily("orders", "1"), "items"},
			"of the records, a family": {withFamily("orders", "1"), "orders"},
		} {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, shopTables()...)
				id := f.enforced(mode, c.scope)
				f.exec(replaced(c.table)...)
				if err := f.target.MendEnforcement(t.Context()); err != nil {
					t.Fatal(err)
				}
				_, err := f.connect().Exec(t.Context(), `DELETE FROM public.`+c.table+` WHERE id = (SELECT max(id) FROM public.`+c.table+`)`)
				switch {
				case mode == retention.EnforceRefuse && sqlState(err) != "23001":
					t.Errorf("a row of the new table can be deleted: %v", err)
				case mode == retention.EnforcePreserve && (err != nil || len(f.kept(id)) != 1):
					t.Errorf("kept are %v, %v, want the row that was deleted", f.kept(id), err)
				}
				if _, _, err := f.target.EndHold(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				f.exec(`DELETE FROM public.` + c.table)
				if n := f.count(`SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'holdfast_%'`); n != 0 {
					t.Errorf("%d triggers are left after the hold's end", n)
				}
			})
		}
	}
}

func TestAnApplicationRoleNeedsNoRightInTheGuard(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(shopTables(), `CREATE ROLE shop_`+strings.ReplaceAll(uuid.NewString()[:8], "-", "")+` NOLOGIN`)...)
	role := pgtest.Value[string](t, f.url, `SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'shop\_%' ORDER BY oid DESC LIMIT 1`)
	f.exec(`GRANT SELECT, INSERT, UPDATE, DELETE ON public.orders TO ` + role)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), f.url)
		if err == nil {
			_, err = conn.Exec(context.Background(), `DROP OWNED BY `+role+`; DROP ROLE `+role)
			_ = conn.Close(context.Background())
		}
		if err != nil {
			t.Error(err)
		}
	})
	id := f.enforced(retention.EnforcePreserve, byID("orders", "1"))
	conn := f.connect()
	for _, sql := range []string{`SET ROLE ` + role, `SET application_name = 'the shop'`, `SET TimeZone = 'Asia/Tokyo'`, `UPDATE public.orders SET note = 'x' WHERE id = 1`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	rows, err := f.target.Preserved(t.Context(), id, 0, 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("preserved %v, %v", rows, err)
	}
	r := rows[0]
	if r.User != role || r.Application != "the shop" || r.Table != table("orders") || !strings.Contains(string(r.Row), `"note":"note 1"`) || !strings.Contains(string(r.Row), `+00:00`) {
		t.Errorf("kept %+v with %s", r, r.Row)
	}
	var zone string
	if err := conn.QueryRow(t.Context(), `SHOW TimeZone`).Scan(&zone); err != nil || zone != "Asia/Tokyo" {
		t.Errorf("the session's time zone is %q now, %v", zone, err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT * FROM holdfast_guard.preserved`); sqlState(err) != "42501" {
		t.Errorf("reading what is kept answers %v, want no permission", err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT holdfast_guard.unpin(NULL)`); sqlState(err) != "42501" {
		t.Errorf("calling the guard's function answers %v, want no permission", err)
	}
}

func TestARecordUnderTwoHoldsIsRefusedIfOneOfThemRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shopTables()...)
	preserve := f.enforced(retention.EnforcePreserve, byID("orders", "1", "2"))
	refuse := f.enforced(retention.EnforceRefuse, byCondition("orders", "customer = 1"))
	none := f.enforced(retention.EnforceNone, wholeTable("orders"))
	conn := f.connect()
	_, err := conn.Exec(t.Context(), `DELETE FROM public.orders WHERE id = 1`)
	if sqlState(err) != refusedCode || !strings.Contains(err.Error(), refuse) || strings.Contains(err.Error(), none) {
		t.Errorf("deleting what both cover answers %v", err)
	}
	if _, err := conn.Exec(t.Context(), `DELETE FROM public.orders WHERE id IN (2, 3)`); err != nil {
		t.Errorf("deleting what one preserves, and what a hold without enforcement covers: %v", err)
	}
	if kept := f.kept(preserve); fmt.Sprint(kept) != "[DELETE 2]" {
		t.Errorf("kept %v", kept)
	}
	if _, _, err := f.target.EndHold(t.Context(), refuse); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `DELETE FROM public.orders WHERE id = 1`); err != nil {
		t.Errorf("after the refusing hold has ended: %v", err)
	}
	if kept := f.kept(preserve); fmt.Sprint(kept) != "[DELETE 2 DELETE 1]" {
		t.Errorf("kept %v", kept)
	}
}

func (f *fixture) ourTriggers() int64 {
	f.Helper()
	return f.count(`SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'holdfast%'`)
}

func TestTriggersAreThereOnlyWhileAHoldNeedsThem(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shopTables()...)
	f.enforced(retention.EnforceNone, wholeTable("orders"))
	if n := f.ourTriggers(); n != 0 {
		t.Errorf("%d triggers for a hold without enforcement", n)
	}
	one := f.enforced(retention.EnforceRefuse, byID("orders", "1"), retention.Scope{Table: table("visits"), RecordIDs: []retention.Key{{"2", "eu"}}})
	other := f.enforced(retention.EnforcePreserve, byID("orders", "2"))
	// Two on the table; on the partitioned one and its two partitions, two each.
	if n := f.ourTriggers(); n != 8 {
		t.Errorf("%d triggers, want 8", n)
	}
	if _, _, err := f.target.EndHold(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if n := f.ourTriggers(); n != 2 {
		t.Errorf("%d triggers after the first hold has ended, want 2", n)
	}
	// Somebody reads the table: the end does not wait, and the rest follows.
	reader := f.connect()
	tx, err := reader.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `SELECT count(*) FROM public.orders`)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.target.EndHold(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if n := f.ourTriggers(); n != 2 {
		t.Errorf("%d triggers while somebody reads the table, want 2", n)
	}
	f.exec(`DELETE FROM public.orders WHERE id IN (1, 2)`)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.target.MendEnforcement(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, functions := f.ourTriggers(), f.count(`SELECT count(*) FROM pg_proc WHERE proname LIKE 'enforce\_%'`); n != 0 || functions != 0 {
		t.Errorf("%d triggers and %d functions at the end, want none", n, functions)
	}
}

// A transaction that began before the hold cannot see what it covers, and must not get through.
func TestATransactionOlderThanTheHoldMustBeTriedAgain(t *testing.T) {
	t.Parallel()
	for _, already := range []bool{false, true} {
		for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable, pgx.ReadCommitted} {
			t.Run(fmt.Sprintf("%s, triggers there %t", level, already), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, shopTables()...)
				if already {
					f.enforced(retention.EnforceRefuse, byID("orders", "40"))
				}
				conn := f.connect()
				tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: level})
				if err != nil {
					t.Fatal(err)
				}
				// Its snapshot is taken here, by another table.
				if _, err := tx.Exec(t.Context(), `SELECT count(*) FROM public.visits`); err != nil {
					t.Fatal(err)
				}
				f.enforced(retention.EnforceRefuse, byID("orders", "1"))
				want := tooOldCode
				if level == pgx.ReadCommitted {
					want = refusedCode
				}
				if _, err := tx.Exec(t.Context(), `DELETE FROM public.orders WHERE id = 1`); sqlState(err) != want {
					t.Errorf("the old transaction gets %v, want %s", err, want)
				}
				_ = tx.Rollback(t.Context())
				err = pgx.BeginTxFunc(t.Context(), conn, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
					_, err := tx.Exec(t.Context(), `DELETE FROM public.orders WHERE id = 2`)
					return err
				})
				if err != nil {
					t.Errorf("a row that is not held, tried again: %v", err)
				}
				err = pgx.BeginTxFunc(t.Context(), conn, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
					_, err := tx.Exec(t.Context(), `DELETE FROM public.orders WHERE id = 1`)
					return err
				})
				if sqlState(err) != refusedCode {
					t.Errorf("the held row, tried again: %v, want it refused", err)
				}
			})
		}
	}
}

// A writer that is under way keeps the hold from coming into force: its change would be
// committed afterwards.
func TestAHoldWaitsForWritersInFlight(t *testing.T) {
	t.Parallel()
	for _, already := range []bool{false, true} {
		t.Run(fmt.Sprint("triggers there ", already), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, shopTables()...)
			if already {
				f.enforced(retention.EnforceRefuse, byID("orders", "40"))
			}
			writer := f.connect()
			tx, err := writer.Begin(t.Context())
			if err == nil {
				_, err = tx.Exec(t.Context(), `DELETE FROM public.orders WHERE id = 1`)
			}
			if err != nil {
				t.Fatal(err)
			}
			h := retention.Hold{ID: uuid.NewString(), Matter: "M", Enforcement: retention.EnforceRefuse, Scope: []retention.Scope{byID("orders", "1")}}
			if err := f.target.StageHold(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			if _, _, err := f.target.ActivateHold(t.Context(), h.ID, nil); !errors.Is(err, retention.ErrBusy) {
				t.Errorf("placing beside a writer answers %v, want ErrBusy", err)
			}
			if n := f.count(`SELECT count(*) FROM holdfast_guard.hold WHERE state = 'active' AND unenforced AND id = '` + h.ID + `'`); n != 1 {
				t.Error("no batch respects the hold")
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Errorf("the writer: %v", err)
			}
			if _, _, err := f.target.ActivateHold(t.Context(), h.ID, nil); err != nil {
				t.Errorf("after the writer: %v", err)
			}
			if n := f.count(`SELECT count(*) FROM holdfast_guard.hold WHERE state = 'active' AND NOT unenforced AND id = '` + h.ID + `'`); n != 1 {
				t.Error("the hold is not in force")
			}
		})
	}
}

// A crash takes back what a transaction did, but not the number that it took.
func TestANumberThatACrashLeftAheadIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shopTables()...)
	f.enforced(retention.EnforceRefuse, byID("orders", "1"))
	f.exec(`SELECT nextval('holdfast_guard.enforced')`)
	write := func() error {
		conn := f.connect()
		return pgx.BeginTxFunc(t.Context(), conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE public.orders SET note = 'x' WHERE id = 2`)
			return err
		})
	}
	if err := write(); sqlState(err) != tooOldCode {
		t.Errorf("with the number ahead: %v, want %s", err, tooOldCode)
	}
	if err := f.target.CatchUpEnforcement(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := write(); err != nil {
		t.Errorf("after it was caught up with: %v", err)
	}
}
