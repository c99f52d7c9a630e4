package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const digestSize = 32

// sortedDigests is a copy in order. Which digest stands where in a batch says nothing:
// what it proves is that it is there.
func sortedDigests(list []byte) []byte {
	if len(list)%digestSize != 0 {
		return list
	}
	parts := slices.Collect(slices.Chunk(list, digestSize))
	slices.SortFunc(parts, bytes.Compare)
	out := make([]byte, 0, len(list))
	for _, d := range parts {
		out = append(out, d...)
	}
	return out
}

// Disposals are the batches of which the digests have one, newest first: those of the
// table, and those of other tables whose changes reached it.
//
// A digest is a random number, and the digests of a batch are in order: its place is its
// share of all numbers, give or take. Of each batch only the part around that place is
// read, five standard deviations to either side; where that does not show that it holds
// the place, the whole is.
func (s *Store) Disposals(ctx context.Context, table retention.TableName, digest []byte) ([]retention.RecordDisposal, error) {
	share := float64(binary.BigEndian.Uint64(digest)) / math.Exp2(64)
	rows, err := s.pool.Query(ctx, `
		SELECT b.id
		FROM (SELECT b.ctid AS at, b.id, b.digests_sorted AS sorted, b.digest_count AS n,
		             greatest(0, floor($4::float8 * b.digest_count - 2.5 * sqrt(b.digest_count) - 1))::integer AS from_place,
		             least(b.digest_count, ceil($4::float8 * b.digest_count + 2.5 * sqrt(b.digest_count) + 1))::integer AS to_place
		      FROM holdfast.batch AS b
		      WHERE b.digest_count > 0
		        AND (b.table_schema = $1 AND b.table_name = $2 OR b.effects ? $5)) AS b
		CROSS JOIN LATERAL (
			SELECT substring(d.digests FROM b.from_place * 32 + 1 FOR (b.to_place - b.from_place) * 32) AS digests
			FROM holdfast.batch AS d
			WHERE d.ctid = b.at AND b.sorted
			OFFSET 0) AS part
		WHERE position($3::bytea IN part.digests) > 0
		   OR (b.from_place > 0 AND substring(part.digests FROM 1 FOR 32) > $3::bytea)
		   OR (b.to_place < b.n AND substring(part.digests FROM length(part.digests) - 31) < $3::bytea)
		UNION ALL
		SELECT b.id
		FROM holdfast.batch AS b
		WHERE NOT b.digests_sorted AND b.digest_count > 0
		  AND (b.table_schema = $1 AND b.table_name = $2 OR b.effects ? $5)`, table.Schema, table.Name, digest, share, table.String())
	if err != nil {
		return nil, fail("look for a record's disposals", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fail("look for a record's disposals", err)
	}
	rows, err = s.pool.Query(ctx, `
		SELECT id, run_id, policy, policy_version, action, table_schema, table_name, seq, guard_epoch, step,
		       processed, held, blocked, skipped, digest_count, committed_at, blocked_by, effects, begun_at
		FROM holdfast.batch
		WHERE id = ANY ($1)
		  AND (position($2::bytea IN digests) - 1) % 32 = 0
		ORDER BY committed_at DESC, id DESC`, ids, digest)
	if err != nil {
		return nil, fail("look for a record's disposals", err)
	}
	batches, err := pgx.CollectRows(rows, scanBatch)
	out := make([]retention.RecordDisposal, len(batches))
	for i, b := range batches {
		out[i] = retention.RecordDisposal{Batch: b, With: b.Table != table}
	}
	return out, fail("look for a record's disposals", err)
}

// Untold are the rows of a table that were disposed of without a digest each, those that
// went or changed with rows of others too, and when the last batch of them was; zero and
// nil if there are none.
func (s *Store) Untold(ctx context.Context, table retention.TableName) (n int64, until *time.Time, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT coalesce(sum(n), 0)::bigint, max(committed_at)
		FROM (SELECT committed_at,
		             CASE WHEN table_schema = $1 AND table_name = $2 THEN processed ELSE 0 END
		             + coalesce((effects -> $3 ->> 'deleted')::bigint, 0) + coalesce((effects -> $3 ->> 'updated')::bigint, 0) AS n
		      FROM holdfast.batch
		      WHERE digest_count = 0 AND action <> 'restore' AND (table_schema = $1 AND table_name = $2 OR effects ? $3)) AS b
		WHERE n > 0`, table.Schema, table.Name, table.String()).Scan(&n, &until)
	return n, until, fail("count what was disposed of without digests", err)
}

// DisposedOf counts the rows of a table that were disposed of, those that went or changed
// with rows of others too.
func (s *Store) DisposedOf(ctx context.Context, table retention.TableName) (n int64, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT coalesce(sum(CASE WHEN table_schema = $1 AND table_name = $2 THEN processed ELSE 0 END
		                    + coalesce((effects -> $3 ->> 'deleted')::bigint, 0) + coalesce((effects -> $3 ->> 'updated')::bigint, 0)), 0)::bigint
		FROM holdfast.batch
		WHERE action <> 'restore' AND (table_schema = $1 AND table_name = $2 OR effects ? $3)`, table.Schema, table.Name, table.String()).Scan(&n)
	return n, fail("count what was disposed of", err)
}
