package realdata

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/retention"
)

func asPgError(err error) (*pgconn.PgError, bool) { return errors.AsType[*pgconn.PgError](err) }

// due are rows of a table that a policy may take, as x.
type due struct{ table, where string }

// foreignKey is one that keeps rows: how a row y of the referring table refers to x.
type foreignKey struct {
	child, top string // the referring relation, and the table that it is part of
	join       string
}

// keeping reads the foreign keys that refer to a table. A model of its own: it asks the
// catalog anew, and knows nothing of what the engine does.
func keeping(b *bench, table string) []foreignKey {
	b.t.Helper()
	rows, err := b.conn.Query(b.t.Context(), `
		SELECT c.conrelid::regclass::text,
		       (SELECT format('%I.%I', n.nspname, t.relname) FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
		        WHERE t.oid = coalesce(pg_partition_root(c.conrelid), c.conrelid)),
		       (SELECT string_agg(format('y.%I = x.%I', ca.attname, pa.attname), ' AND ')
		        FROM unnest(c.conkey, c.confkey) AS k(child, parent)
		        JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child
		        JOIN pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.parent)
		FROM pg_constraint c WHERE c.contype = 'f' AND c.conparentid = 0 AND c.confrelid = $1::text::regclass
		ORDER BY c.conname`, table)
	if err != nil {
		b.t.Fatal(err)
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (fk foreignKey, err error) {
		return fk, row.Scan(&fk.child, &fk.top, &fk.join)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return keys
}

func (fk foreignKey) refers() string {
	return fmt.Sprintf("EXISTS (SELECT FROM %s AS y WHERE %s)", fk.child, fk.join)
}

// removeFree deletes rows that are due and to which nothing refers, until there are none
// more. Foreign keys are looked at by the condition, so they need not be checked again.
func removeFree(b *bench, of ...due) (removed int64) {
	b.t.Helper()
	b.exec(`SET session_replication_role = replica`)
	defer b.exec(`RESET session_replication_role`)
	for {
		var n int64
		for _, d := range of {
			free := []string{d.where}
			for _, fk := range keeping(b, d.table) {
				free = append(free, "NOT "+fk.refers())
			}
			n += b.exec(fmt.Sprintf(`DELETE FROM %s AS x WHERE (%s)`, d.table, strings.Join(free, ") AND (")))
		}
		if n == 0 {
			return removed
		}
		removed += n
	}
}

// wantBlockedBy: each blocked row is counted for one of the tables that refer to it.
func wantBlockedBy(h *house, got retention.PolicyResult, d due) {
	h.t.Helper()
	by := map[string][]string{}
	for _, fk := range keeping(h.bench, d.table) {
		by[fk.top] = append(by[fk.top], fk.refers())
	}
	var sum int64
	for table, n := range got.BlockedBy {
		sum += n
		if by[table] == nil {
			h.t.Errorf("%d rows of %s are blocked by %s, which does not refer to it", n, d.table, table)
		}
	}
	for table, refers := range by {
		this := "(" + strings.Join(refers, " OR ") + ")"
		alone := this
		for other, refers := range by {
			if other != table {
				alone += " AND NOT (" + strings.Join(refers, " OR ") + ")"
			}
		}
		most := h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE (%s) AND %s`, d.table, d.where, this))
		least := h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE (%s) AND %s`, d.table, d.where, alone))
		if n := got.BlockedBy[table]; n < least || n > most {
			h.t.Errorf("%d rows of %s are blocked by %s, want %d to %d", n, d.table, table, least, most)
		}
	}
	if sum != got.Blocked {
		h.t.Errorf("%d rows are blocked, and %v by table", got.Blocked, got.BlockedBy)
	}
}
