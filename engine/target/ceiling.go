package target

import (
	"context"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// countUpTo is the size of a table, in bytes, up to which its rows are counted for
// max_share: a fraction of a second. The rows of a larger one are estimated.
const countUpTo = 128 << 20

// judge compares what would be disposed of with the policy's ceilings; nil if it has
// none.
func judge(ctx context.Context, tx pgx.Tx, pl *planned, would int64) (*retention.Belt, error) {
	p := &pl.Policy
	if !p.Limited() {
		return nil, nil
	}
	b := &retention.Belt{WouldProcess: would}
	var rows int64
	if p.MaxShare != nil {
		var err error
		if rows, b.Estimated, err = tableRows(ctx, tx, pl); err != nil {
			return nil, err
		}
		b.TableRows = &rows
	}
	b.Ceiling, _ = p.Ceiling(rows)
	return b, nil
}

// staleFrom is the share of a table's rows that may have changed since it was analyzed
// before the estimate is no good: after a purge, pages that are mostly empty count as full.
const staleFrom = 0.1

// tableRows is the number of rows of the policy's table. The estimate is the planner's:
// rows a page when the table was last analyzed, times its pages now. A table that was
// never analyzed, or has changed much since, is counted, however large.
func tableRows(ctx context.Context, tx pgx.Tx, pl *planned) (rows int64, estimated bool, err error) {
	var size, changed int64
	var estimate *int64
	err = tx.QueryRow(ctx, `
		SELECT coalesce(pg_catalog.sum(pages OPERATOR(pg_catalog.*) block), 0)::pg_catalog.int8,
		       coalesce(pg_catalog.sum(changed), 0)::pg_catalog.int8,
		       CASE WHEN pg_catalog.bool_and(pages OPERATOR(pg_catalog.=) 0 OR (reltuples OPERATOR(pg_catalog.>=) 0 AND relpages OPERATOR(pg_catalog.>) 0))
		            THEN coalesce(pg_catalog.sum(CASE WHEN relpages OPERATOR(pg_catalog.>) 0 THEN reltuples::pg_catalog.float8 OPERATOR(pg_catalog./) relpages::pg_catalog.float8 OPERATOR(pg_catalog.*) pages::pg_catalog.float8 END), 0)::pg_catalog.int8 END
		FROM (
			SELECT c.reltuples, c.relpages, b.block, pg_catalog.pg_stat_get_mod_since_analyze(c.oid) AS changed, pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog./) b.block AS pages
			FROM pg_catalog.pg_class AS c, (SELECT pg_catalog.current_setting('block_size')::pg_catalog.int8 AS block) AS b
			WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])) AS t`, pl.storage()).Scan(&size, &changed, &estimate)
	if err != nil {
		return 0, false, err
	}
	if size > countUpTo && estimate != nil && float64(changed) < staleFrom*float64(*estimate) {
		return *estimate, true, nil
	}
	s := pl.sql.CountTable()
	err = tx.QueryRow(ctx, s.SQL, s.Args...).Scan(&rows)
	return rows, false, err
}
