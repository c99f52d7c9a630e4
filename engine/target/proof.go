package target

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// ProofTable is how the evidence knows the rows of a table; see engine.GuardTarget.
func (t *Target) ProofTable(ctx context.Context, name retention.TableName) (out retention.ProofTable, err error) {
	out.Logical = name
	table, err := t.Table(ctx, name)
	if errors.Is(err, retention.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Logical, out.OneText = table.Logical(), oneText(table.KeyColumns())
	rows, err := t.pool.Query(ctx, `
		SELECT DISTINCT schema_name, table_name
		FROM holdfast_guard.archive
		WHERE source_relid = ANY ($1) OR (source_schema, source_name) = ($2, $3)
		ORDER BY 1, 2`, append(append([]uint32{table.OID}, table.Partitions.Above...), table.Partitions.Tree...), name.Schema, name.Name)
	if err != nil {
		return out, classify(err)
	}
	out.Archives, err = pgx.CollectRows(rows, pgx.RowToStructByPos[retention.TableName])
	return out, classify(err)
}

// oneTextTypes are those of which equal values have one text: 1.0 and 1.00 are one number.
var oneTextTypes = []uint32{
	pgtype.BoolOID, pgtype.ByteaOID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.UUIDOID,
	pgtype.TextOID, pgtype.VarcharOID, pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID, pgtype.InetOID,
}

// oneText reports whether every value of a key has one text.
func oneText(key []plan.Column) bool {
	return !slices.ContainsFunc(key, func(c plan.Column) bool {
		text := c.BaseOID == pgtype.TextOID || c.BaseOID == pgtype.VarcharOID
		// Others may be nondeterministic: they take texts for one that differ.
		plain := c.Collation == "" || strings.HasSuffix(c.Collation, `"default"`) || strings.HasSuffix(c.Collation, `"C"`) || strings.HasSuffix(c.Collation, `"POSIX"`)
		return !slices.Contains(oneTextTypes, c.BaseOID) || text && !plain
	})
}
