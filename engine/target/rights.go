package target

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// lack is what the connection's role may not do, and what would let it.
type lack struct{ field, reason, grant string }

// checkRights names every right that a run may need and the connection's role
// lacks, not only those of its first statement: a batch that meets a lock takes
// another form, and must not fail for it weeks later. UPDATE goes with DELETE, since
// PostgreSQL asks for it where rows are locked before they are judged.
func checkRights(ctx context.Context, tx pgx.Tx, pl *planned) error {
	var role string
	var filtered bool
	err := tx.QueryRow(ctx, `SELECT current_user, row_security_active($1::oid)`, pl.Table.OID).Scan(&role, &filtered)
	if err != nil {
		return classify(err)
	}
	lacks, err := tableLacks(ctx, tx, "table", role, pl.Table.Name, pl.rights())
	if err == nil {
		var more []lack
		more, err = familyLacks(ctx, tx, role, pl)
		lacks = append(lacks, more...)
	}
	if err == nil && pl.Rollup != nil {
		var more []lack
		more, err = tableLacks(ctx, tx, "rollup.table", role, pl.Rollup.Table.Name, []string{"SELECT", "INSERT", "UPDATE"})
		lacks = append(lacks, more...)
	}
	if err == nil && pl.Policy.Action == retention.ActionArchive {
		var more []lack
		more, err = archiveLacks(ctx, tx, role, pl.ArchiveTo, pl.archived[pl.ArchiveTo], "archive.table")
		lacks = append(lacks, more...)
		for _, m := range pl.Family {
			if err == nil && !m.ArchiveTo.IsZero() && m.ArchiveTo != pl.ArchiveTo {
				more, err = archiveLacks(ctx, tx, role, m.ArchiveTo, pl.archived[m.ArchiveTo], "cascade")
				lacks = append(lacks, more...)
			}
		}
	}
	if err != nil {
		return err
	}
	if filtered {
		lacks = append(lacks, lack{"table", fmt.Sprintf("row-level security hides rows of %s from the role %q", pl.Table.Name, role),
			bypass(role)})
	}
	return refuseLacks(lacks)
}

// rights are those that a batch needs on the table it works on.
func (pl *planned) rights() []string {
	if pl.Policy.Action.Removes() {
		return []string{"SELECT", "UPDATE", "DELETE"}
	}
	return []string{"SELECT", "UPDATE"}
}

// checkLeafRights names the rights that are missing on partitions. Those of the
// partitioned table do not count where a statement names a partition.
func checkLeafRights(ctx context.Context, tx pgx.Tx, pl *planned, leaves []uint32) error {
	rows, err := tx.Query(ctx, `
		SELECT n.nspname, c.relname, string_agg(p, ', '), current_user
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		CROSS JOIN unnest($2::text[]) AS p
		WHERE c.oid = ANY ($1) AND NOT has_table_privilege(c.oid, p)
		GROUP BY c.oid, n.nspname, c.relname ORDER BY c.oid`, leaves, pl.rights())
	if err != nil {
		return classify(err)
	}
	var lacks []lack
	var name retention.TableName
	var missing, role string
	_, err = pgx.ForEachRow(rows, []any{&name.Schema, &name.Name, &missing, &role}, func() error {
		lacks = append(lacks, lack{"table", fmt.Sprintf("the role %q lacks %s on the partition %s", role, missing, name),
			fmt.Sprintf("GRANT %s ON %s TO %s;", missing, name.SQL(), retention.QuoteIdent(role))})
		return nil
	})
	if err == nil && pl.Policy.DropEmptyPartitions {
		err = ownerLacks(ctx, tx, leaves, &lacks)
	}
	if err != nil {
		return classify(err)
	}
	return refuseLacks(lacks)
}

// ownerLacks adds the partitions that the role could not drop: only the owner of a table
// can, or that of its schema.
func ownerLacks(ctx context.Context, tx pgx.Tx, leaves []uint32, lacks *[]lack) error {
	rows, err := tx.Query(ctx, `
		SELECT n.nspname, c.relname, current_user, pg_catalog.pg_get_userbyid(c.relowner)
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.oid = ANY ($1) AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') AND NOT pg_catalog.pg_has_role(n.nspowner, 'USAGE')
		ORDER BY c.oid`, leaves)
	if err != nil {
		return err
	}
	var name retention.TableName
	var role, owner string
	_, err = pgx.ForEachRow(rows, []any{&name.Schema, &name.Name, &role, &owner}, func() error {
		*lacks = append(*lacks, lack{"drop_empty_partitions", fmt.Sprintf("the role %q does not own the partition %s and cannot drop it", role, name),
			fmt.Sprintf("GRANT %s TO %s;", retention.QuoteIdent(owner), retention.QuoteIdent(role))})
		return nil
	})
	return err
}

// familyLacks are the rights on the tables that refer to the policy's own: to see who
// refers, and to change what goes with it.
func familyLacks(ctx context.Context, tx pgx.Tx, role string, pl *planned) ([]lack, error) {
	needs := map[retention.TableName][]string{}
	for _, m := range pl.Family {
		for _, r := range m.References {
			needs[r.Child] = []string{"SELECT"}
		}
	}
	for _, r := range pl.Reads() {
		needs[r.Name] = []string{"SELECT"}
	}
	for _, t := range pl.Triggered {
		if t.Touches() {
			needs[t.Table.Name] = []string{"SELECT"} // to see what is held
		}
	}
	for _, m := range pl.Family {
		if m.Table.OID == pl.Table.OID {
			continue
		}
		needs[m.Table.Name] = []string{"SELECT", "UPDATE"}
		if m.Removed {
			needs[m.Table.Name] = append(needs[m.Table.Name], "DELETE")
		}
	}
	var lacks []lack
	for name, rights := range needs {
		more, err := tableLacks(ctx, tx, "cascade", role, name, rights)
		if err != nil {
			return nil, err
		}
		lacks = append(lacks, more...)
	}
	slices.SortFunc(lacks, func(a, b lack) int { return cmp.Compare(a.reason, b.reason) })
	return lacks, nil
}

func refuseLacks(lacks []lack) error {
	if len(lacks) == 0 {
		return nil
	}
	var reasons, grants []string
	for _, l := range lacks {
		reasons, grants = append(reasons, l.reason), append(grants, l.grant)
	}
	return &retention.Refusal{Field: lacks[0].field, Reason: strings.Join(reasons, "; "), Remedy: strings.Join(grants, " ")}
}

// tableLacks are the rights on a table that exists, and on its schema.
func tableLacks(ctx context.Context, tx pgx.Tx, field, role string, name retention.TableName, rights []string) ([]lack, error) {
	lacks, err := schemaLacks(ctx, tx, field, role, name.Schema, []string{"USAGE"})
	if err != nil {
		return nil, err
	}
	missing, err := missingRights(ctx, tx, `SELECT p FROM unnest($3::text[]) AS p
		WHERE NOT has_table_privilege((SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2), p)`,
		name.Schema, name.Name, rights)
	if err != nil || missing == "" {
		return lacks, err
	}
	return append(lacks, lack{field, fmt.Sprintf("the role %q lacks %s on %s", role, missing, name),
		fmt.Sprintf("GRANT %s ON %s TO %s;", missing, name.SQL(), retention.QuoteIdent(role))}), nil
}

func schemaLacks(ctx context.Context, tx pgx.Tx, field, role, schema string, rights []string) ([]lack, error) {
	missing, err := missingRights(ctx, tx, `SELECT p FROM unnest($2::text[]) AS p
		WHERE NOT has_schema_privilege((SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = $1), p)`, schema, rights)
	if err != nil || missing == "" {
		return nil, err
	}
	return []lack{{field, fmt.Sprintf("the role %q lacks %s on the schema %s", role, missing, retention.QuoteIdent(schema)),
		fmt.Sprintf("GRANT %s ON SCHEMA %s TO %s;", missing, retention.QuoteIdent(schema), retention.QuoteIdent(role))}}, nil
}

func missingRights(ctx context.Context, tx pgx.Tx, sql string, args ...any) (string, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return "", classify(err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(missing, ", "), classify(err)
}

// archiveLacks are the rights on an archive table: on itself, or to make it.
func archiveLacks(ctx context.Context, tx pgx.Tx, role string, name retention.TableName, exists bool, field string) ([]lack, error) {
	if exists {
		return tableLacks(ctx, tx, field, role, name, []string{"SELECT", "INSERT"})
	}
	var schema bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)`, name.Schema).Scan(&schema)
	switch {
	case err != nil:
		return nil, classify(err)
	case !schema:
		return []lack{{field, fmt.Sprintf("there is no schema %s, in which the archive table would be made", retention.QuoteIdent(name.Schema)),
			fmt.Sprintf("CREATE SCHEMA %s AUTHORIZATION %s;", retention.QuoteIdent(name.Schema), retention.QuoteIdent(role))}}, nil
	}
	return schemaLacks(ctx, tx, field, role, name.Schema, []string{"USAGE", "CREATE"})
}

// mayMakeArchive refuses a run whose archive table is missing and cannot be made.
func (d *disposition) mayMakeArchive(ctx context.Context, to retention.TableName, field string) error {
	return pgx.BeginTxFunc(ctx, d.conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var role string
		if err := tx.QueryRow(ctx, `SELECT current_user`).Scan(&role); err != nil {
			return classify(err)
		}
		lacks, err := archiveLacks(ctx, tx, role, to, false, field)
		if err != nil {
			return err
		}
		return refuseLacks(lacks)
	})
}
