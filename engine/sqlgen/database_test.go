package sqlgen_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// rows is the size of each table: enough for the planner to have a choice.
const rows = 20_000

// createShape makes the table of a shape with its rows, and two tables of held ids.
// Four rows share each minute; a few timestamps are NULL or infinite. Every fortieth
// row is held by the holds 1 or 2 of the first set, and another fortieth by hold 3,
// which has ended; every hundredth is held by hold 4 of the second set.
func createShape(s shape) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE SCHEMA IF NOT EXISTS %s;\n", retention.QuoteIdent(s.table.Name.Schema))
	var defs, names, held []string
	for _, c := range s.table.Columns {
		defs, names = append(defs, plan.ColumnDefinition(c)), append(names, retention.QuoteIdent(c.Name))
	}
	keyDef := ""
	if s.table.Key != nil {
		quoted := names[:len(s.table.Key.Columns)]
		keyDef = ", PRIMARY KEY (" + strings.Join(quoted, ", ") + ")"
		for i, c := range s.table.KeyColumns() {
			held = append(held, strings.Replace(plan.ColumnDefinition(c), retention.QuoteIdent(c.Name), sqlgen.HeldColumn(i), 1))
		}
	}
	fmt.Fprintf(&b, "CREATE TABLE %s (%s%s);\n", s.table.Name.SQL(), strings.Join(defs, ", "), keyDef)
	key := s.keySQL
	if key != "" {
		key += ", "
	}
	fmt.Fprintf(&b, `INSERT INTO %s SELECT %s
		CASE g %% 1000 WHEN 7 THEN NULL WHEN 8 THEN '-infinity' WHEN 9 THEN 'infinity' ELSE timestamptz '2024-01-01 00:00Z' + g / 4 * interval '1 minute' END,
		'u' || g || '@example.com', '+49 30 ' || g, date '1970-01-01' + g, 'n' || g
		FROM generate_series(1, %d) AS g;`+"\n", s.table.Name.SQL(), key, rows)
	fmt.Fprintf(&b, "CREATE INDEX ON %s (%s);\n", s.table.Name.SQL(), retention.QuoteIdent(s.at))
	if s.set != 0 {
		cols := strings.Split("k1 k2", " ")[:len(held)]
		for i, rows := range []string{"SELECT %s, 1 + (g %% 80)::int / 40 FROM generate_series(40, %[2]d, 40) AS g UNION ALL SELECT %[1]s, 3 FROM generate_series(20, %[2]d, 40) AS g",
			"SELECT %s, 4 FROM generate_series(100, %[2]d, 100) AS g"} {
			fmt.Fprintf(&b, "CREATE TABLE %s (%s, hold_no integer, PRIMARY KEY (%s, hold_no));\n", sqlgen.HeldTable(s.set+int32(i)).SQL(), strings.Join(held, ", "), strings.Join(cols, ", "))
			fmt.Fprintf(&b, "INSERT INTO %s %s;\n", sqlgen.HeldTable(s.set+int32(i)).SQL(), fmt.Sprintf(rows, s.keySQL, 20_000))
		}
	}
	fmt.Fprintf(&b, "%s;\n", sqlgen.CreateArchive(s.table, archiveOf(s)))
	return b.String()
}

func archiveOf(s shape) retention.TableName {
	p := s.policy(modeArchive)
	return p.ArchiveTable()
}

// shapesDatabase is a database with every shape in it, a copy of one that is made once.
func shapesDatabase(t *testing.T) string {
	t.Helper()
	var sql []string
	for _, s := range shapes() {
		sql = append(sql, createShape(s))
	}
	// A text of its own, outside a transaction: VACUUM makes index-only scans cheap.
	sql = append(sql, "VACUUM ANALYZE")
	key := fmt.Sprintf("sqlgen shapes %x", sha256.Sum256([]byte(strings.Join(sql, "\n"))))
	return pgtest.NewFrom(t, key, func(ctx context.Context, url string) error {
		if err := target.Migrate(ctx, url); err != nil {
			return err
		}
		pgtest.Exec(t, url, sql...)
		return nil
	})
}

// connect is one connection under the settings that engine/target pins.
func connect(t *testing.T, url string) *pgxpool.Conn {
	t.Helper()
	pool := pgtest.Pool(t, url, func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["TimeZone"] = "UTC"
		c.ConnConfig.RuntimeParams["DateStyle"] = "ISO, YMD"
		c.ConnConfig.RuntimeParams["work_mem"] = "64MB"
		c.ConnConfig.RuntimeParams["jit"] = "off"
		// A statement that waits where it should skip fails instead of hanging.
		c.ConnConfig.RuntimeParams["lock_timeout"] = "5s"
	})
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	return conn
}

// catalogTable is what engine/target reads about a table.
func catalogTable(t *testing.T, url string, name retention.TableName) *plan.Table {
	t.Helper()
	tg, err := target.Open(t.Context(), url, target.Options{Secret: []byte("a secret of the tests, 32 bytes and more"), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer tg.Close()
	table, err := tg.Table(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// asPlanned makes the server plan for these arguments, as engine/target does.
func asPlanned(s sqlgen.Statement) []any {
	return append([]any{pgx.QueryExecModeCacheDescribe}, s.Args...)
}

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func number(t *testing.T, q querier, sql string, args ...any) (n int64) {
	t.Helper()
	if err := q.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func count(t *testing.T, q querier, s sqlgen.Statement) int64 {
	t.Helper()
	return number(t, q, s.SQL, asPlanned(s)...)
}

// rolledBack runs do in a transaction that leaves nothing.
func rolledBack(t *testing.T, conn *pgxpool.Conn, do func(tx pgx.Tx)) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(context.WithoutCancel(t.Context())); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Error(err)
		}
	}()
	do(tx)
}

// node is one node of a plan, as EXPLAIN (FORMAT JSON) prints it.
type node struct {
	Type      string `json:"Node Type"`
	Join      string `json:"Join Type"`
	Relation  string `json:"Relation Name"`
	Operation string `json:"Operation"`
	Filter    string `json:"Filter"`
	Subplan   string `json:"Subplan Name"`
	Plans     []node
}

// explain plans a statement for its arguments and lists the nodes of the plan.
func explain(t *testing.T, q querier, s sqlgen.Statement) []node {
	t.Helper()
	var raw []byte
	if err := q.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+s.SQL, asPlanned(s)...).Scan(&raw); err != nil {
		t.Fatalf("%v\n%s", err, render(s))
	}
	var out []struct{ Plan node }
	if err := json.Unmarshal(raw, &out); err != nil || len(out) != 1 {
		t.Fatalf("%s: %v", raw, err)
	}
	var all []node
	var walk func(node)
	walk = func(n node) {
		all = append(all, n)
		for _, p := range n.Plans {
			walk(p)
		}
	}
	walk(out[0].Plan)
	return all
}

func anyNode(nodes []node, is func(node) bool) bool { return slices.ContainsFunc(nodes, is) }

func isAnti(n node) bool { return n.Join == "Anti" || strings.Contains(n.Type, "Anti") }

func seqScanOf(name string) func(node) bool {
	return func(n node) bool { return n.Type == "Seq Scan" && n.Relation == name }
}
