package target

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// archivePair is a table that has, or is about to have, rows archived from another.
type archivePair struct{ source, archive *plan.Table }

// noteArchives keeps which tables have rows archived from which, before the first row
// arrives there: from then on holds on the source cover them too. What is new makes every
// batch plan again, one on the archive too.
func (t *Target) noteArchives(ctx context.Context, pairs ...archivePair) error {
	for _, p := range pairs {
		var known bool
		err := t.pool.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM holdfast_guard.archive
			               WHERE (relid, schema_name, table_name, source_relid, source_schema, source_name) = ($1, $2, $3, $4, $5, $6))`,
			p.args()...).Scan(&known)
		if err != nil {
			return classify(err)
		}
		if known {
			continue
		}
		err = t.change(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `
				INSERT INTO holdfast_guard.archive (relid, schema_name, table_name, source_relid, source_schema, source_name, source_parts, source_columns, source_attnums)
				SELECT $1, $2, $3, $4::oid, $5, $6, ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree($4::oid) AS p WHERE p.relid <> $4::oid), c.names, c.nums
				FROM (SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names, array_agg(a.attnum ORDER BY a.attnum) AS nums
				      FROM pg_catalog.pg_attribute AS a
				      WHERE a.attrelid = $4::oid AND a.attnum > 0 AND NOT a.attisdropped) AS c
				ON CONFLICT (relid, source_relid) DO UPDATE
				SET schema_name = excluded.schema_name, table_name = excluded.table_name,
				    source_schema = excluded.source_schema, source_name = excluded.source_name`, p.args()...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p archivePair) args() []any {
	return []any{p.archive.OID, p.archive.Name.Schema, p.archive.Name.Name, p.source.OID, p.source.Name.Schema, p.source.Name.Name}
}

// NoteArchives does the same for policies, as they are and as they were; see
// engine.GuardTarget.
func (t *Target) NoteArchives(ctx context.Context, policies []retention.Policy) error {
	var pairs []archivePair
	err := t.reading(ctx, func(tx pgx.Tx) error {
		for _, p := range policies {
			for from, to := range p.Archives() {
				source, err := readTable(ctx, tx, from)
				if err == nil {
					var archive *plan.Table
					if archive, err = readTable(ctx, tx, to); err == nil {
						pairs = append(pairs, archivePair{source, archive})
					}
				}
				if err != nil && !errors.Is(err, retention.ErrNotFound) {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.noteArchives(ctx, pairs...)
}
