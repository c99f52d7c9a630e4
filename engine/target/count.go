package target

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// CountHold counts what a hold covers; see engine.GuardTarget.
func (t *Target) CountHold(ctx context.Context, h retention.Hold) ([]retention.ScopeCounts, error) {
	counts := make([]retention.ScopeCounts, len(h.Scope))
	read := plan.ReadOnce(t.Table)
	for i, s := range h.Scope {
		table, err := read(ctx, s.Table)
		if err != nil {
			return nil, err
		}
		counts[i].Index = i
		if counts[i].RecordCount, err = t.countScope(ctx, s, table); err != nil {
			return nil, classify(err)
		}
		if s.Family != nil {
			if counts[i].Belongings, err = t.countFamily(ctx, h.ID, s, table); err != nil {
				return nil, classify(err)
			}
		}
		if counts[i].NotFound, err = missing(ctx, t.pool, s, table); err != nil {
			return nil, classify(err)
		}
		counts[i].NotFoundCount = int64(len(counts[i].NotFound))
	}
	return counts, nil
}

// countScope counts distinct ids, rows that fit a condition, or the rows of a whole table as the server
// estimates them where counting would take long.
func (t *Target) countScope(ctx context.Context, s retention.Scope, table *plan.Table) (n int64, err error) {
	if s.All {
		if table.EstimatedRows > 1_000_000 {
			return table.EstimatedRows, nil
		}
		err = t.pool.QueryRow(ctx, `SELECT count(*) FROM `+table.Name.SQL()).Scan(&n)
		return n, err
	}
	if s.Condition != "" {
		return t.countFitting(ctx, s, table)
	}
	key, err := scopeKey(s, table)
	if err != nil {
		return 0, err
	}
	args := columnArrays(s.RecordIDs, len(key))
	err = t.pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT DISTINCT `+castColumns(key)+` FROM `+unnestKeys(args)+`) AS ids`, args...).Scan(&n)
	return n, err
}

// missing answers the positions of a scope's ids that have no row now.
func missing(ctx context.Context, q querier, s retention.Scope, table *plan.Table) (positions []int, err error) {
	key, err := scopeKey(s, table)
	if s.All || s.Condition != "" || err != nil {
		return nil, err
	}
	equal := make([]string, len(key))
	for i, c := range key {
		equal[i] = fmt.Sprintf("t.%s OPERATOR(%s.=) u.c%d::%s", retention.QuoteIdent(c.Name), retention.QuoteIdent(c.EqSchema), i+1, c.BaseSQL)
	}
	for from := 0; from < len(s.RecordIDs); from += stageChunk {
		args := columnArrays(s.RecordIDs[from:min(from+stageChunk, len(s.RecordIDs))], len(key))
		// OFFSET 0 makes each id probe the key's index: as a join, the planner reads a
		// large table as a whole for every chunk.
		rows, err := q.Query(ctx, fmt.Sprintf(`SELECT u.pos FROM %s WHERE NOT EXISTS (SELECT FROM %s AS t WHERE %s OFFSET 0) ORDER BY u.pos`,
			unnestKeys(args), table.Name.SQL(), strings.Join(equal, " AND ")), args...)
		if err != nil {
			return nil, err
		}
		chunk, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return nil, err
		}
		for _, pos := range chunk {
			positions = append(positions, from+int(pos)-1)
		}
	}
	return positions, nil
}

// scopeKey is the key of the scope's table, whose ids must still be of its width:
// the table may have been replaced since they were checked.
func scopeKey(s retention.Scope, table *plan.Table) ([]plan.Column, error) {
	key := table.KeyColumns()
	for _, id := range s.RecordIDs {
		if len(id) != len(key) {
			return nil, retention.Conflictf("the key of %s has changed since the hold's ids were given: it has %d columns and the id has %d", s.Table, len(key), len(id))
		}
	}
	return key, nil
}
