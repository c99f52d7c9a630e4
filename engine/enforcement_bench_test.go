package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// BenchmarkEnforcement measures what the triggers of a hold that is enforced cost an
// application whose rows are not held: single-row updates by key with pgbench, as it comes, on
// a server whose commits are durable; the same one at a time over one connection, prepared and
// with commits that cost nothing, which leaves hardly more than the statement; and one update of
// 100,000 rows. Each is the median of interleaved pairs, with a table of the same rows without a
// hold.
func BenchmarkEnforcement(b *testing.B) {
	for _, c := range []struct {
		name   string
		scopes func(table string) []retention.Scope
	}{
		{"10000_ids", func(table string) []retention.Scope { return []retention.Scope{heldIDs(table, 10_000)} }},
		{"condition", func(table string) []retention.Scope {
			return []retention.Scope{{Table: public(table), Condition: "customer = 7"}}
		}},
		{"10000_ids_and_20_conditions", func(table string) []retention.Scope {
			scopes := []retention.Scope{heldIDs(table, 10_000)}
			for i := range 20 {
				scopes = append(scopes, retention.Scope{Table: public(table), Condition: fmt.Sprintf("customer = %d AND note <> 'x'", i)})
			}
			return scopes
		}},
		{"family", func(string) []retention.Scope {
			return []retention.Scope{{Table: public("customers"), RecordIDs: []retention.Key{{"2000"}}, Family: &retention.Family{}}}
		}},
		{"family_around_a_circle", func(string) []retention.Scope {
			return []retention.Scope{{Table: public("nodes"), RecordIDs: []retention.Key{{"2"}}, Family: &retention.Family{}}}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			server := benchServer(b)
			pgtest.Exec(b, server.URL("postgres"), `CREATE DATABASE enforcement`)
			url := server.URL("enforcement")
			migrateAll(b, url)
			h := newHouse(b, url)
			clients := &bystanders{b: b, program: pgbench(b)}
			// Customers and nodes whose rows are not in the tables; half of the nodes are below the second.
			h.exec(`CREATE TABLE public.customers (id bigint PRIMARY KEY)`, `INSERT INTO public.customers SELECT generate_series(1, 2000)`,
				`CREATE TABLE public.nodes (id bigint PRIMARY KEY, parent bigint REFERENCES public.nodes)`, `INSERT INTO public.nodes SELECT i, nullif(i / 2, 0) FROM generate_series(1, 6000) AS i`, `CREATE INDEX ON public.nodes (parent)`)
			for _, table := range []string{"free", "guarded"} {
				h.exec(fmt.Sprintf(`CREATE TABLE public.%s (id bigint PRIMARY KEY, customer bigint, node bigint, balance bigint, note text) WITH (fillfactor = 80)`, table),
					fmt.Sprintf(`INSERT INTO public.%s SELECT i, 1000 + i %% 1000, 3072 + i %% 1024, 0, 'note' FROM generate_series(1, 200000) AS i`, table), `VACUUM ANALYZE public.`+table)
			}
			h.exec(`ALTER TABLE public.guarded ADD FOREIGN KEY (customer) REFERENCES public.customers, ADD FOREIGN KEY (node) REFERENCES public.nodes`)
			h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Enforcement: retention.EnforceRefuse, Scope: c.scopes("guarded")})
			conn, err := pgx.Connect(context.Background(), h.url)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = conn.Close(context.Background()) }()
			for b.Loop() {
				b.ReportMetric(ratio(b, 9, func(table string) time.Duration { return clients.updates(url, table, 1000) }), "×pgbench")
				if _, err := conn.Exec(context.Background(), `SET synchronous_commit = off`); err != nil {
					b.Fatal(err)
				}
				single := ratio(b, 21, func(table string) time.Duration { return singleUpdates(b, conn, table, 500) })
				bulk := ratio(b, 5, func(table string) time.Duration { return bulkUpdate(b, conn, table) })
				b.ReportMetric(single, "×single")
				b.ReportMetric(bulk, "×bulk")
			}
		})
	}
}

// heldIDs are ids that no update of the benchmark names.
func heldIDs(table string, n int) retention.Scope {
	s := retention.Scope{Table: public(table)}
	for i := range n {
		s.RecordIDs = append(s.RecordIDs, retention.Key{fmt.Sprint(100_001 + i)})
	}
	return s
}

// ratio is the median over interleaved pairs of what the guarded table takes to what the
// free one does.
func ratio(b *testing.B, pairs int, measure func(table string) time.Duration) float64 {
	b.Helper()
	ratios := make([]float64, pairs)
	for i := range ratios {
		order := []string{"free", "guarded"}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		took := map[string]time.Duration{}
		for _, table := range order {
			took[table] = measure(table)
		}
		ratios[i] = float64(took["guarded"]) / float64(took["free"])
	}
	slices.Sort(ratios)
	return ratios[pairs/2]
}

// updates is how long updates of one row each, by key, take one client, on average.
func (s *bystanders) updates(url, table string, n int) time.Duration {
	s.b.Helper()
	script := filepath.Join(s.b.TempDir(), "update.sql")
	sql := "\\set id random(1, 100000)\nUPDATE public." + table + " SET balance = balance + 1 WHERE id = :id;\n"
	if err := os.WriteFile(script, []byte(sql), 0o600); err != nil {
		s.b.Fatal(err)
	}
	var sum time.Duration
	for _, d := range s.latencies(url, "-n", "-c", "1", "-t", strconv.Itoa(n), "-f", script) {
		sum += d
	}
	return sum / time.Duration(n)
}

func singleUpdates(b *testing.B, conn *pgx.Conn, table string, n int) time.Duration {
	b.Helper()
	begin := time.Now()
	for range n {
		tag, err := conn.Exec(context.Background(), `UPDATE public.`+table+` SET balance = balance + 1 WHERE id = $1`, 1+rand.Int64N(100_000))
		if err != nil || tag.RowsAffected() != 1 {
			b.Fatal(tag, err)
		}
	}
	return time.Since(begin)
}

func bulkUpdate(b *testing.B, conn *pgx.Conn, table string) time.Duration {
	b.Helper()
	begin := time.Now()
	if _, err := conn.Exec(context.Background(), `UPDATE public.`+table+` SET balance = balance + 1 WHERE id <= 100000`); err != nil {
		b.Fatal(err)
	}
	took := time.Since(begin)
	if _, err := conn.Exec(context.Background(), `VACUUM public.`+table); err != nil {
		b.Fatal(err)
	}
	return took
}
