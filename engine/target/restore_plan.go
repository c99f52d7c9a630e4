package target

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// restorable is a planned part of a restore, with what it was planned under.
type restorable struct {
	*plan.Restoring
	sql         *sqlgen.Restorer
	epoch       int64
	fingerprint string
	oids        []uint32
}

// planRestore plans one table's part in the caller's snapshot.
func (t *Target) planRestore(ctx context.Context, tx pgx.Tx, spec retention.RestoreSpec) (*restorable, error) {
	archive, err := readTable(ctx, tx, spec.Archive)
	if errors.Is(err, retention.ErrNotFound) {
		return nil, goneArchive(ctx, tx, spec.Archive)
	}
	if err != nil {
		return nil, err
	}
	source, err := readTable(ctx, tx, spec.Table)
	if errors.Is(err, retention.ErrNotFound) {
		return nil, &retention.Refusal{Field: "table", Reason: fmt.Sprintf("there is no table %s any more", spec.Table), Remedy: "make it again, with the columns that the archive has"}
	}
	if err != nil {
		return nil, err
	}
	out := &restorable{oids: append([]uint32{archive.OID, source.OID}, source.Partitions.Tree...)}
	var scopes []plan.HoldScope
	if out.epoch, scopes, err = readHolds(ctx, tx, archive); err != nil {
		return nil, err
	}
	how, err := readArchiving(ctx, tx, archive, source)
	if err != nil {
		return nil, err
	}
	if out.Restoring, err = plan.Restore(source, archive, how, scopes); err != nil {
		return nil, err
	}
	if out.Partitions, err = readPartitionChecks(ctx, tx, source); err != nil {
		return nil, err
	}
	if err := mustCount(ctx, tx, source.Name); err != nil {
		return nil, err
	}
	archives, err := t.archivesReferredTo(ctx, tx, out, spec)
	if err != nil {
		return nil, err
	}
	for _, r := range out.Holds.Reads() {
		out.oids = append(out.oids, r.OID)
	}
	if err := tx.QueryRow(ctx, "SELECT "+fingerprintSQL("$1::oid[]"), out.oids).Scan(&out.fingerprint); err != nil {
		return nil, err
	}
	out.sql = sqlgen.NewRestorer(out.Restoring, pickedOf(spec.RestoreTable), archives)
	return out, nil
}

// errArchiveGone: there is no such archive table, under whatever name.
var errArchiveGone = errors.New("the archive is gone")

// goneArchive says what has become of an archive table that is not there: it may be called
// otherwise by now.
func goneArchive(ctx context.Context, tx pgx.Tx, name retention.TableName) error {
	var now retention.TableName
	err := tx.QueryRow(ctx, `
		SELECT n.nspname, c.relname
		FROM holdfast_guard.archive AS a
		JOIN pg_catalog.pg_class AS c ON c.oid = a.relid
		JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE (a.schema_name, a.table_name) = ($1, $2) LIMIT 1`, name.Schema, name.Name).Scan(&now.Schema, &now.Name)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%w: %w", errArchiveGone, &retention.Refusal{Field: "archive", Reason: fmt.Sprintf("there is no archive table %s any more", name), Remedy: "bring it back from a backup"})
	case err != nil:
		return err
	}
	back := fmt.Sprintf("ALTER TABLE %s RENAME TO %s;", now.SQL(), retention.QuoteIdent(name.Name))
	if now.Schema != name.Schema {
		back = fmt.Sprintf("ALTER TABLE %s SET SCHEMA %s;", now.SQL(), retention.QuoteIdent(name.Schema))
	}
	return &retention.Refusal{Field: "archive", Reason: fmt.Sprintf("the archive table %s is called %s by now", name, now), Remedy: back}
}

// readArchiving reads what the guard keeps of how rows came into an archive.
func readArchiving(ctx context.Context, tx pgx.Tx, archive, source *plan.Table) (how plan.Archiving, err error) {
	err = tx.QueryRow(ctx, `
		SELECT (SELECT array_agg(DISTINCT name) FROM holdfast_guard.archive AS a, unnest(a.source_columns) AS name WHERE a.relid = $1),
		       EXISTS (SELECT FROM holdfast_guard.archive AS a WHERE a.relid = $1 AND a.source_relid = $2 AND holdfast_guard.swapped(a.source_relid, a.source_columns, a.source_attnums))`,
		archive.OID, source.OID).Scan(&how.Columns, &how.Swapped)
	return how, err
}

// mostPartitionChecks is how many partitions a row is compared with before it is written.
const mostPartitionChecks = 500

// readPartitionChecks reads which rows the partitions of a table take; none for a plain table,
// for one with a partition that takes all others, and for one with very many.
func readPartitionChecks(ctx context.Context, tx pgx.Tx, t *plan.Table) ([]string, error) {
	if t.Kind != plan.KindPartitioned || len(t.Partitions.Leaves) > mostPartitionChecks {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT pg_catalog.pg_get_partition_constraintdef(p.relid)
		FROM pg_catalog.pg_partition_tree($1::oid) AS p WHERE p.isleaf AND pg_catalog.pg_get_partition_constraintdef(p.relid) IS NOT NULL`, t.OID)
	if err != nil {
		return nil, err
	}
	checks, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if len(checks) == 0 && err == nil {
		checks = []string{"false"}
	}
	return checks, err
}

// archivesReferredTo are the archives of tables that the restored rows refer to: those whose
// rows come back before, and all others that there ever were.
func (t *Target) archivesReferredTo(ctx context.Context, tx pgx.Tx, r *restorable, spec retention.RestoreSpec) (map[retention.TableName][]sqlgen.ArchiveOf, error) {
	out := map[retention.TableName][]sqlgen.ArchiveOf{}
	with := append(slices.Clone(spec.With), spec.RestoreTable)
	parents := map[retention.TableName]*plan.Table{}
	for _, fk := range r.Parents {
		if _, done := out[fk.Parent]; done {
			continue
		}
		parent, err := readTable(ctx, tx, fk.Parent)
		if err != nil {
			return nil, err
		}
		parents[fk.Parent] = parent
		oids, err := collect[uint32](ctx, tx, `
			SELECT DISTINCT a.relid
			FROM holdfast_guard.archive AS a
			JOIN pg_catalog.pg_class AS c ON c.oid = a.relid AND c.relkind = 'r'
			WHERE a.source_relid = $1 ORDER BY 1`, parent.OID)
		if err != nil {
			return nil, err
		}
		archives, err := readTables(ctx, tx, oids)
		if err != nil {
			return nil, err
		}
		out[fk.Parent] = []sqlgen.ArchiveOf{}
		for _, oid := range oids {
			a, err := heldArchive(ctx, tx, archives[oid])
			if err != nil {
				return nil, err
			}
			r.oids = append(r.oids, oid)
			for _, part := range with {
				if spec.Ahead && part.Table == fk.Parent && part.Archive == a.Archive.Name && (part.RunID != "" || len(spec.Copies) > 0) {
					a.Comes, a.Picked = true, pickedOf(part)
					out[fk.Parent] = append(out[fk.Parent], a)
				}
			}
			if !a.Comes {
				out[fk.Parent] = append(out[fk.Parent], a)
			}
		}
	}
	// What cannot be compared any more, since columns were renamed or are of other types, says
	// nothing.
	for _, fk := range r.Parents {
		out[fk.Parent] = slices.DeleteFunc(out[fk.Parent], func(a sqlgen.ArchiveOf) bool {
			return !alike(parents[fk.Parent], a.Archive, fk.ParentCols)
		})
	}
	return out, nil
}

// alike tells whether an archive has columns as its table has them, so that rows can be
// compared with it as they are with the table.
func alike(table, archive *plan.Table, columns []string) bool {
	for _, name := range columns {
		a, known := archive.Column(name)
		t, _ := table.Column(name)
		if !known || a.BaseOID != t.BaseOID {
			return false
		}
	}
	return true
}

// heldArchive is an archive with what is held in it.
func heldArchive(ctx context.Context, tx pgx.Tx, archive *plan.Table) (sqlgen.ArchiveOf, error) {
	_, scopes, err := readHolds(ctx, tx, archive)
	if err != nil {
		return sqlgen.ArchiveOf{}, err
	}
	holds, err := plan.HeldBy(archive, scopes)
	if err != nil {
		holds = plan.HeldRows{All: true} // nobody can tell, so nothing of it goes
	}
	return sqlgen.ArchiveOf{Archive: archive, Holds: holds}, nil
}

func pickedOf(t retention.RestoreTable) sqlgen.Picked {
	return sqlgen.Picked{RunID: t.RunID, Policy: t.Policy, At: t.At}
}
