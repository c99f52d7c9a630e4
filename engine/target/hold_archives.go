package target

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// copiesOf is a table that rows of another were archived into, and whether its columns are, by
// name and type, those that somebody asks for.
type copiesOf struct {
	plan.Relation
	swapped, otherForm bool
}

// archives are the tables that rows were archived into: by number, and by name, for what took
// the place of one is held as that was. sources are the table that the rows came from, and what
// is and was a part of it.
const archives = `(
	SELECT o.oid, a.source_relid, a.source_schema, a.source_name,
	       ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree(a.source_relid) AS p) || a.source_parts || a.source_relid AS sources,
	       holdfast_guard.swapped(a.source_relid, a.source_columns, a.source_attnums) AS swapped
	FROM holdfast_guard.archive AS a
	CROSS JOIN LATERAL (
		SELECT a.relid AS oid
		UNION
		SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE (n.nspname, c.relname) = (a.schema_name, a.table_name)) AS o)`

// archivedFrom prints whether rows of a table, of which parts are or were parts, are in an archive.
func archivedFrom(archive, relid, parts, schema, name string) string {
	return fmt.Sprintf(`(%[2]s = ANY (%[1]s.sources) OR %[3]s && %[1]s.sources OR (%[4]s, %[5]s) = (%[1]s.source_schema, %[1]s.source_name))`, archive, relid, parts, schema, name)
}

// readCopies reads the tables that rows of a relation, or of one that it is a part of, were
// archived into.
func readCopies(ctx context.Context, tx pgx.Tx, relid uint32, columns []string) ([]copiesOf, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.oid, n.nspname, c.relname, c.relkind = 'p', bool_or(a.swapped),
		       EXISTS (SELECT FROM unnest($2::text[]) AS f(name)
		               WHERE regexp_replace(holdfast_guard.column_form($1::oid, f.name), '^[0-9]+ ', '') IS DISTINCT FROM regexp_replace(holdfast_guard.column_form(c.oid, f.name), '^[0-9]+ ', ''))
		FROM pg_catalog.pg_class AS s
		JOIN pg_catalog.pg_namespace AS sn ON sn.oid = s.relnamespace
		JOIN `+archives+` AS a ON `+archivedFrom("a", "s.oid", "ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree(s.oid) AS p)", "sn.nspname", "s.relname")+`
		JOIN pg_catalog.pg_class AS c ON c.oid = a.oid
		JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE s.oid = $1
		GROUP BY c.oid, n.nspname, c.relname, c.relkind
		ORDER BY 2, 3`, relid, append([]string{}, columns...))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c copiesOf, err error) {
		err = row.Scan(&c.OID, &c.Name.Schema, &c.Name.Name, &c.Partitioned, &c.swapped, &c.otherForm)
		return c, err
	})
}

// archives counts what a scope holds of each archive of its table, by the judgement of a batch
// on the archive.
func (v *previewer) archives(ctx context.Context, tx pgx.Tx, s plan.HoldScope) error {
	if _, err := tx.Exec(ctx, ourPath); err != nil {
		return err
	}
	copies, err := readCopies(ctx, tx, v.table.OID, s.Columns)
	if err != nil || len(copies) == 0 {
		return err
	}
	var oids []uint32
	for _, c := range copies {
		oids = append(oids, c.OID)
	}
	tables, err := readTables(ctx, tx, oids)
	if err != nil {
		return err
	}
	if err := useOwnPath(ctx, tx); err != nil {
		return err
	}
	for _, c := range copies {
		s.ArchivedIn, s.Swapped, s.OtherForm = []uint32{c.OID}, c.swapped, c.otherForm
		held, err := plan.HeldBy(tables[c.OID], []plan.HoldScope{s})
		if err != nil {
			return err
		}
		one := retention.ArchivePreview{Table: c.Name}
		if len(held.Faults) > 0 {
			one.Whole = held.Faults[0].Reason
		}
		count := sqlgen.CoveredBy(tables[c.OID], held).Count()
		var unknown int64
		if err := tx.QueryRow(ctx, count.SQL, asPlanned(count)...).Scan(&one.RecordCount, &unknown); err != nil {
			return err
		}
		v.out.Archives = append(v.out.Archives, one)
	}
	return nil
}
