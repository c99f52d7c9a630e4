package target

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// querier is a connection, a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Tables lists the plain and partitioned tables of the application, by name.
func (t *Target) Tables(ctx context.Context) ([]plan.Table, error) {
	var out []plan.Table
	err := t.reading(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT c.oid
			FROM pg_catalog.pg_class c
			JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
			  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'holdfast', 'holdfast_guard')
			ORDER BY n.nspname, c.relname
			LIMIT 5000`)
		if err != nil {
			return err
		}
		oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
		if err != nil {
			return err
		}
		tables, err := readTables(ctx, tx, oids)
		if err != nil {
			return err
		}
		for _, oid := range oids {
			out = append(out, *tables[oid])
		}
		return nil
	})
	return out, err
}

// Table reads one relation's catalog entry.
func (t *Target) Table(ctx context.Context, name retention.TableName) (*plan.Table, error) {
	var out *plan.Table
	err := t.reading(ctx, func(tx pgx.Tx) (err error) {
		out, err = readTable(ctx, tx, name)
		return err
	})
	return out, err
}

// reading runs do in a read-only transaction with one snapshot and an empty
// search_path, so that the server prints every name qualified.
func (t *Target) reading(ctx context.Context, do func(pgx.Tx) error) error {
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `SELECT set_config('search_path', '', true)`); err != nil {
		return classify(err)
	}
	return classify(do(tx))
}

// readTable finds a relation by its exact name.
func readTable(ctx context.Context, q querier, name retention.TableName) (*plan.Table, error) {
	rows, err := q.Query(ctx, `
		SELECT c.oid
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`, name.Schema, name.Name)
	if err != nil {
		return nil, err
	}
	oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		return nil, err
	}
	if len(oids) == 0 {
		return nil, noTable(ctx, q, name)
	}
	tables, err := readTables(ctx, q, oids)
	if err != nil {
		return nil, err
	}
	return tables[oids[0]], nil
}

// noTable says that there is no such table, and which differ from it by capitals alone:
// without quotes a name folds to lower case, and few people have that in mind.
func noTable(ctx context.Context, q querier, name retention.TableName) error {
	alike, err := collect[string](ctx, q, `
		SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE pg_catalog.lower(n.nspname) = pg_catalog.lower($1) AND pg_catalog.lower(c.relname) = pg_catalog.lower($2)
		  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		ORDER BY n.nspname, c.relname`, name.Schema, name.Name)
	but := ""
	switch {
	case err != nil:
		return err
	case len(alike) == 1:
		but = ", but there is " + alike[0]
	case len(alike) > 1:
		but = ", but there are " + strings.Join(alike, " and ")
	}
	return retention.NotFoundf("there is no table %s in the governed database%s", name, but)
}

// ReferringFirst orders tables; see engine.Target.
func (t *Target) ReferringFirst(ctx context.Context, tables []retention.TableName) (order []int, err error) {
	err = t.reading(ctx, func(tx pgx.Tx) error {
		schemas, names := make([]string, len(tables)), make([]string, len(tables))
		for i, table := range tables {
			schemas[i], names[i] = table.Schema, table.Name
		}
		oids, err := collect[uint32](ctx, tx, `
			SELECT coalesce((SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			                 WHERE n.nspname = u.s AND c.relname = u.t), 0)
			FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u(s, t, pos) ORDER BY u.pos`, schemas, names)
		if err != nil {
			return err
		}
		// What refers to a partition, or does from one, does so for the partitioned table.
		rows, err := tx.Query(ctx, `
			SELECT coalesce(pg_catalog.pg_partition_root(conrelid)::oid, conrelid), coalesce(pg_catalog.pg_partition_root(confrelid)::oid, confrelid)
			FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0`)
		if err != nil {
			return err
		}
		refers := map[uint32][]uint32{}
		var child, parent uint32
		_, err = pgx.ForEachRow(rows, []any{&child, &parent}, func() error {
			refers[child] = append(refers[child], parent)
			return nil
		})
		order = plan.ReferringFirst(oids, refers)
		return err
	})
	return order, err
}

func collect[T any](ctx context.Context, q querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// readTables reads everything the planner needs about the relations. The questions are the same
// for every table: planned once for each connection they take a fifth of the time, and runs,
// looks and holds being placed ask them all the time.
func readTables(ctx context.Context, q querier, oids []uint32) (tables map[uint32]*plan.Table, err error) {
	if pool, ok := q.(*pgxpool.Pool); ok {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
			tables, err = readTables(ctx, tx, oids)
			return err
		})
		return tables, err
	}
	if _, err := q.Exec(ctx, planOnce); err != nil {
		return nil, err
	}
	if tables, err = readCatalog(ctx, q, oids); err != nil {
		return nil, err
	}
	_, err = q.Exec(ctx, planAsEver)
	return tables, err
}

func readCatalog(ctx context.Context, q querier, oids []uint32) (map[uint32]*plan.Table, error) {
	tables := map[uint32]*plan.Table{}
	// One that is asked for twice must not have everything twice.
	oids = slices.Compact(slices.Sorted(slices.Values(oids)))
	readers := []func(context.Context, querier, []uint32, map[uint32]*plan.Table) error{
		readRelations, readPublications, readPartitions, readColumns, readIndexes, readForeignKeys, readTriggers, readRules, readChecks, readKeyEquality,
	}
	for _, read := range readers {
		if err := read(ctx, q, oids, tables); err != nil {
			return nil, fmt.Errorf("read catalog: %w", err)
		}
	}
	return tables, nil
}

func readRelations(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	rows, err := q.Query(ctx, `
		SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.relpersistence = 't', c.relpersistence = 'u', c.reltuples::bigint, c.relpages,
		       c.relispartition,
		       EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
		       EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid),
		       c.relrowsecurity, c.relkind = 'r' AND has_table_privilege(c.oid, 'TRUNCATE'),
		       `+fingerprintSQL("ARRAY[c.oid]")+`
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.oid = ANY ($1)`, oids)
	if err != nil {
		return err
	}
	var t plan.Table
	_, err = pgx.ForEachRow(rows, []any{&t.OID, &t.Name.Schema, &t.Name.Name, &t.Kind, &t.Temporary, &t.Unlogged, &t.EstimatedRows, &t.Pages,
		&t.IsPartition, &t.HasParent, &t.HasChildren, &t.RowSecurity, &t.MayTruncate, &t.Fingerprint}, func() error {
		c := t
		tables[t.OID] = &c
		return nil
	})
	return err
}

// readPublications reads which of the relations others are told of, and how. Few databases have
// publications, and the server plans what asks for their tables as long as all the rest.
func readPublications(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	var some bool
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_publication)`).Scan(&some); err != nil || !some {
		return err
	}
	rows, err := q.Query(ctx, `
		SELECT c.oid,
		       EXISTS (SELECT FROM pg_catalog.pg_publication_tables pt WHERE c.relispartition AND pt.schemaname = n.nspname AND pt.tablename = c.relname),
		       CASE WHEN c.relkind <> 'r' OR c.relreplident = 'f'
		                 OR c.relreplident = 'd' AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
		                 OR c.relreplident = 'i' AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid)
		            THEN '{}'
		            ELSE ARRAY(SELECT DISTINCT u.operation
		                       FROM pg_catalog.pg_publication_tables pt
		                       JOIN pg_catalog.pg_publication p ON p.pubname = pt.pubname
		                       JOIN pg_catalog.pg_namespace un ON un.nspname = pt.schemaname
		                       JOIN pg_catalog.pg_class uc ON uc.relname = pt.tablename AND uc.relnamespace = un.oid
		                       CROSS JOIN LATERAL unnest(ARRAY['DELETE', 'UPDATE'], ARRAY[p.pubdelete, p.pubupdate]) AS u(operation, told)
		                       WHERE u.told AND (uc.oid = c.oid OR c.relispartition AND uc.oid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) AS a))
		                       ORDER BY u.operation) END
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.oid = ANY ($1)`, oids)
	if err != nil {
		return err
	}
	var oid uint32
	var published bool
	var unidentified []string
	_, err = pgx.ForEachRow(rows, []any{&oid, &published, &unidentified}, func() error {
		tables[oid].Published, tables[oid].Unidentified = published, slices.Clone(unidentified)
		return nil
	})
	return err
}

func readColumns(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	// A domain over a domain is followed to its base; the modifier of a domain
	// stands in its own pg_type row.
	rows, err := q.Query(ctx, `
		WITH RECURSIVE base(relid, attnum, typ, mod, filled, never) AS (
			SELECT attrelid, attnum, atttypid, atttypmod, false, false
			FROM pg_catalog.pg_attribute
			WHERE attrelid = ANY ($1) AND attnum > 0 AND NOT attisdropped
			UNION ALL
			SELECT b.relid, b.attnum, t.typbasetype, t.typtypmod, b.filled OR t.typdefault IS NOT NULL, b.never OR t.typnotnull
			FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typ AND t.typtype = 'd'
		)
		SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), `+qualifiedType("a.atttypid", "a.atttypmod")+`,
		       bt.oid, `+qualifiedType("bt.oid", "-1")+`,
		       bn.nspname = 'pg_catalog' OR bt.typtype IN ('e', 'r', 'm') OR bt.typcategory = 'A',
		       CASE WHEN bn.nspname = 'pg_catalog' THEN bt.typname ELSE bn.nspname || '.' || bt.typname END,
		       bt.typcategory::text,
		       CASE WHEN bt.typname IN ('varchar', 'bpchar') AND b.mod > 4 THEN b.mod - 4 ELSE 0 END,
		       -- The scale is the modifier's lowest 11 bits, with a sign; PostgreSQL has no function for it.
		       CASE WHEN bt.oid = 'pg_catalog.numeric'::pg_catalog.regtype AND b.mod > 4 THEN greatest(0, 1024 - (((b.mod - 4) & 2047) # 1024)) ELSE 0 END,
		       coalesce((SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
		                 FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
		                 WHERE co.oid = a.attcollation AND co.collname <> 'default'), ''),
		       a.attnotnull, typ.typtype = 'd', bt.typtype = 'e', a.attgenerated <> '', a.attidentity <> '',
		       b.never, a.atthasdef OR a.attidentity <> '' OR b.filled,
		       (SELECT `+columnsIn("d.adbin", "d.adrelid")+` FROM pg_catalog.pg_attrdef d
		        WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated <> ''),
		       EXISTS (SELECT FROM pg_catalog.pg_opclass oc
		               WHERE oc.opcdefault AND oc.opcintype IN (bt.oid, CASE bt.typname WHEN 'varchar' THEN 25::oid ELSE bt.oid END)
		                 AND oc.opcmethod IN (SELECT am.oid FROM pg_catalog.pg_am am WHERE am.amname IN ('btree', 'hash')))
		         OR bt.typtype IN ('e', 'r', 'm')
		FROM pg_catalog.pg_attribute a
		JOIN base b ON b.relid = a.attrelid AND b.attnum = a.attnum
		JOIN pg_catalog.pg_type bt ON bt.oid = b.typ AND bt.typtype <> 'd'
		JOIN pg_catalog.pg_namespace bn ON bn.oid = bt.typnamespace
		JOIN pg_catalog.pg_type typ ON typ.oid = a.atttypid
		WHERE a.attrelid = ANY ($1)
		ORDER BY a.attrelid, a.attnum`, oids)
	if err != nil {
		return err
	}
	var relid uint32
	var c plan.Column
	_, err = pgx.ForEachRow(rows, []any{&relid, &c.Num, &c.Name, &c.Type, &c.TypeSQL, &c.BaseOID, &c.BaseSQL, &c.BuiltIn, &c.BaseType, &c.TypeCategory, &c.MaxLength, &c.RoundsTo,
		&c.Collation, &c.NotNull, &c.Domain, &c.Enum, &c.Generated, &c.Identity,
		&c.DomainNotNull, &c.HasDefault, &c.GeneratedFrom, &c.HasEquality}, func() error {
		found := c
		found.GeneratedFrom = slices.Clone(c.GeneratedFrom)
		tables[relid].Columns = append(tables[relid].Columns, found)
		return nil
	})
	return err
}

func readIndexes(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	// NULLS NOT DISTINCT came with PostgreSQL 15; to_jsonb reads it where it exists.
	rows, err := q.Query(ctx, `
		SELECT i.indrelid, c.relname, i.indisunique, i.indisprimary, EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')), i.indisexclusion, am.amname = 'btree', i.indisvalid AND i.indisready AND i.indislive,
		       i.indpred IS NOT NULL, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
		       i.indimmediate, i.indisunique AND i.indimmediate AND i.indexprs IS NULL,
		       coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''), `+columnsIn("i.indpred", "i.indrelid")+`, `+columnsIn("i.indexprs", "i.indrelid")+`,
		       ARRAY(SELECT CASE k.attnum WHEN 0 THEN pg_catalog.pg_get_indexdef(i.indexrelid, k.pos::integer, false) ELSE '' END
		             FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, pos)
		             ORDER BY k.pos),
		       ARRAY(SELECT coalesce((SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0), '')::text
		             FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, pos)
		             ORDER BY k.pos)
		FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		JOIN pg_catalog.pg_am am ON am.oid = c.relam
		WHERE i.indrelid = ANY ($1)
		ORDER BY i.indrelid, NOT i.indisprimary, i.indnkeyatts, c.relname`, oids)
	if err != nil {
		return err
	}
	var relid uint32
	var ix plan.Index
	var identifies bool
	_, err = pgx.ForEachRow(rows, []any{&relid, &ix.Name, &ix.Unique, &ix.Primary, &ix.Constraint, &ix.Exclusion, &ix.Btree, &ix.Valid, &ix.Partial, &ix.NullsNotDistinct, &ix.Immediate, &identifies,
		&ix.Predicate, &ix.PredicateColumns, &ix.ExprColumns, &ix.Exprs, &ix.Columns}, func() error {
		t := tables[relid]
		found := ix
		found.Columns, found.Exprs = slices.Clone(ix.Columns), slices.Clone(ix.Exprs)
		found.ExprColumns, found.PredicateColumns = slices.Clone(ix.ExprColumns), slices.Clone(ix.PredicateColumns)
		t.Indexes = append(t.Indexes, found)
		// A deferrable primary key is no immediate index, and still the key.
		if t.Key == nil && (ix.Primary || identifies && !ix.Partial && ix.Valid && allNotNull(t, found.Columns)) {
			t.Key = &plan.Key{Name: ix.Name, Columns: found.Columns, Primary: ix.Primary}
		}
		return nil
	})
	return err
}

// qualifiedType prints an expression for a type as statements name it. The server
// qualifies all types but those of pg_catalog, which a schema that comes before it in
// the search_path could replace; the words of its grammar (bigint, character varying)
// nothing can, and they cannot be qualified.
func qualifiedType(oid, mod string) string {
	return `(SELECT CASE WHEN en.nspname = 'pg_catalog' AND pg_catalog.format_type(` + oid + `, ` + mod + `)
		                 IN (pg_catalog.quote_ident(q.typname), pg_catalog.quote_ident(e.typname), pg_catalog.quote_ident(e.typname) || '[]')
		            THEN 'pg_catalog.' ELSE '' END || pg_catalog.format_type(` + oid + `, ` + mod + `)
		        FROM pg_catalog.pg_type q
		        JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN q.typcategory = 'A' AND q.typelem <> 0 THEN q.typelem ELSE q.oid END
		        JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace
		        WHERE q.oid = ` + oid + `)`
}

// columnsIn prints an array of the columns that a stored expression reads. pg_depend
// has them too, but for an expression over the whole row, whose attribute is 0 here.
func columnsIn(tree, rel string) string {
	return `ARRAY(SELECT DISTINCT a.attname::text FROM regexp_matches(` + tree + `::text, ':varattno ([0-9]+)', 'g') AS m(found)
		             JOIN pg_catalog.pg_attribute a ON a.attrelid = ` + rel + ` AND a.attnum > 0 AND NOT a.attisdropped AND m.found[1] IN (a.attnum::text, '0'))`
}

func allNotNull(t *plan.Table, names []string) bool {
	for _, name := range names {
		if c, ok := t.Column(name); !ok || !c.NotNull {
			return false
		}
	}
	return true
}

// readKeyEquality notes for each key column where the equality operator of its
// index lives: the key's own equality, whatever the search_path is.
func readKeyEquality(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	rows, err := q.Query(ctx, `
		SELECT i.indrelid, ic.relname, a.attname, n.nspname
		FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
		CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1], i.indclass[0:i.indnkeyatts - 1]) AS k(attnum, opclass)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		JOIN pg_catalog.pg_opclass oc ON oc.oid = k.opclass
		JOIN pg_catalog.pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amopstrategy = 3
		     AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
		JOIN pg_catalog.pg_operator o ON o.oid = ao.amopopr
		JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
		WHERE i.indrelid = ANY ($1) AND i.indisunique`, oids)
	if err != nil {
		return err
	}
	var relid uint32
	var index, column, schema string
	_, err = pgx.ForEachRow(rows, []any{&relid, &index, &column, &schema}, func() error {
		t := tables[relid]
		if t.Key == nil || t.Key.Name != index {
			return nil
		}
		i := slices.IndexFunc(t.Columns, func(c plan.Column) bool { return c.Name == column })
		t.Columns[i].EqSchema = schema
		return nil
	})
	return err
}

func readForeignKeys(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	names := func(rel, keys string) string {
		return `ARRAY(SELECT a.attname::text FROM unnest(` + keys + `) WITH ORDINALITY AS k(attnum, pos)
		             JOIN pg_catalog.pg_attribute a ON a.attrelid = ` + rel + ` AND a.attnum = k.attnum ORDER BY k.pos)`
	}
	rows, err := q.Query(ctx, `
		SELECT f.oid, f.conrelid, f.confrelid, f.conname, cn.nspname, c.relname, `+names("f.conrelid", "f.conkey")+`,
		       pn.nspname, p.relname, `+names("f.confrelid", "f.confkey")+`, f.confdeltype::text, f.confupdtype::text,
		       ARRAY(SELECT 'OPERATOR(' || pg_catalog.quote_ident(o.nspname) || '.' || o.oprname || ')'
		             FROM unnest(f.conpfeqop) WITH ORDINALITY AS k(op, pos)
		             JOIN (SELECT oo.oid, oo.oprname, ono.nspname FROM pg_catalog.pg_operator oo JOIN pg_catalog.pg_namespace ono ON ono.oid = oo.oprnamespace) AS o ON o.oid = k.op
		             ORDER BY k.pos),
		       ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k(attnum, pos)
		             JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum
		             -- Servers before 15 have no such list, which is what NULL stands for.
		             WHERE CASE WHEN pg_catalog.jsonb_typeof(to_jsonb(f) -> 'confdelsetcols') = 'array' THEN to_jsonb(f) -> 'confdelsetcols' @> to_jsonb(k.attnum) ELSE true END
		             ORDER BY k.pos)
		FROM pg_catalog.pg_constraint f
		JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
		JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
		JOIN pg_catalog.pg_class p ON p.oid = f.confrelid
		JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
		-- What a partition has from its parent is the parent's.
		WHERE f.contype = 'f' AND f.conparentid = 0 AND (f.conrelid = ANY ($1) OR f.confrelid = ANY ($1))
		ORDER BY f.conrelid, f.conname`, oids)
	if err != nil {
		return err
	}
	var child, parent uint32
	var fk plan.ForeignKey
	_, err = pgx.ForEachRow(rows, []any{&fk.OID, &child, &parent, &fk.Name, &fk.Child.Schema, &fk.Child.Name, &fk.ChildCols,
		&fk.Parent.Schema, &fk.Parent.Name, &fk.ParentCols, &fk.OnDelete, &fk.OnUpdate, &fk.Equal, &fk.Sets}, func() error {
		found := fk
		found.ChildOID = child
		found.ChildCols, found.ParentCols = slices.Clone(fk.ChildCols), slices.Clone(fk.ParentCols)
		found.Equal, found.Sets = slices.Clone(fk.Equal), slices.Clone(fk.Sets)
		if t := tables[parent]; t != nil {
			t.Incoming = append(t.Incoming, found)
		}
		if t := tables[child]; t != nil {
			t.Outgoing = append(t.Outgoing, found)
		}
		return nil
	})
	return err
}

func readTriggers(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	// tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update (pg_trigger.h).
	rows, err := q.Query(ctx, `
		SELECT tgrelid, tgname, tgtype & 2 <> 0, tgtype & 1 <> 0, tgtype & 4 <> 0, tgtype & 16 <> 0, tgtype & 8 <> 0
		FROM pg_catalog.pg_trigger
		WHERE tgrelid = ANY ($1) AND NOT tgisinternal AND tgenabled <> 'D' AND NOT `+ourTrigger("tgname", "tgfoid")+`
		ORDER BY tgrelid, tgname`, oids)
	if err != nil {
		return err
	}
	var relid uint32
	var tr plan.Trigger
	_, err = pgx.ForEachRow(rows, []any{&relid, &tr.Name, &tr.Before, &tr.Row, &tr.OnInsert, &tr.OnUpdate, &tr.OnDelete}, func() error {
		tables[relid].Triggers = append(tables[relid].Triggers, tr)
		return nil
	})
	return err
}

// ourTrigger prints that a trigger is one that enforces holds. It lets a batch's rows through,
// which are never held, so a plan is the same with and without it.
func ourTrigger(name, function string) string {
	return `(` + name + ` ~ '^holdfast_enforce_' AND ` + function + ` IN (SELECT ep.oid FROM pg_catalog.pg_proc ep JOIN pg_catalog.pg_namespace en ON en.oid = ep.pronamespace WHERE en.nspname = 'holdfast_guard'))`
}

func readRules(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	rows, err := q.Query(ctx, `
		SELECT r.ev_class, r.rulename
		FROM pg_catalog.pg_rewrite r
		JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind IN ('r', 'p')
		WHERE r.ev_class = ANY ($1) AND r.ev_enabled <> 'D'
		ORDER BY r.rulename`, oids)
	if err != nil {
		return err
	}
	var relid uint32
	var name string
	_, err = pgx.ForEachRow(rows, []any{&relid, &name}, func() error {
		tables[relid].Rules = append(tables[relid].Rules, name)
		return nil
	})
	return err
}

func readChecks(ctx context.Context, q querier, oids []uint32, tables map[uint32]*plan.Table) error {
	rows, err := q.Query(ctx, `
		SELECT c.conrelid, c.conname, pg_catalog.pg_get_expr(c.conbin, c.conrelid),
		       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) ORDER BY a.attnum)
		FROM pg_catalog.pg_constraint c
		WHERE c.contype = 'c' AND c.conrelid = ANY ($1)
		ORDER BY c.conname`, oids)
	if err != nil {
		return err
	}
	var relid uint32
	var ch plan.Check
	_, err = pgx.ForEachRow(rows, []any{&relid, &ch.Name, &ch.Expr, &ch.Columns}, func() error {
		found := ch
		found.Columns = slices.Clone(ch.Columns)
		tables[relid].Checks = append(tables[relid].Checks, found)
		return nil
	})
	return err
}

// fingerprintSQL prints an expression over an array of oids that changes when
// anything the planner decides from does: names, types, keys, foreign keys in and
// out (a key that refers to a table puts internal triggers on it), triggers, rules,
// inheritance. The row locks of a batch keep DDL out while it compares.
func fingerprintSQL(oids string) string {
	return `(SELECT md5(concat_ws('|',
		(SELECT string_agg(concat_ws(',', fc.oid, fn.nspname, fc.relname, fc.relkind, fc.relispartition, fc.relrowsecurity, fc.relforcerowsecurity, fc.relreplident), ';' ORDER BY fc.oid)
		 FROM pg_catalog.pg_class fc JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace WHERE fc.oid = ANY (` + oids + `)),
		(SELECT string_agg(concat_ws(',', fa.attrelid, fa.attnum, fa.attname, fa.atttypid, fa.atttypmod, fa.attnotnull, fa.attgenerated, fa.attidentity, fa.attcollation), ';' ORDER BY fa.attrelid, fa.attnum)
		 FROM pg_catalog.pg_attribute fa WHERE fa.attrelid = ANY (` + oids + `) AND fa.attnum > 0 AND NOT fa.attisdropped),
		(SELECT string_agg(concat_ws(',', fk.oid, fk.conname, fk.contype, fk.conkey, fk.confrelid, fk.confkey, fk.confdeltype, fk.confupdtype, fk.condeferred), ';' ORDER BY fk.oid)
		 FROM pg_catalog.pg_constraint fk WHERE fk.conrelid = ANY (` + oids + `)),
		(SELECT string_agg(concat_ws(',', ft.oid, ft.tgname, ft.tgfoid, ft.tgtype, ft.tgenabled, ft.tgconstraint), ';' ORDER BY ft.oid)
		 FROM pg_catalog.pg_trigger ft WHERE ft.tgrelid = ANY (` + oids + `) AND NOT ` + ourTrigger("ft.tgname", "ft.tgfoid") + `),
		(SELECT string_agg(concat_ws(',', fi.indexrelid, fi.indisvalid, fi.indisunique, fi.indkey, fi.indimmediate), ';' ORDER BY fi.indexrelid)
		 FROM pg_catalog.pg_index fi WHERE fi.indrelid = ANY (` + oids + `)),
		(SELECT string_agg(concat_ws(',', fr.oid, fr.ev_type, fr.ev_enabled), ';' ORDER BY fr.oid)
		 FROM pg_catalog.pg_rewrite fr WHERE fr.ev_class = ANY (` + oids + `)),
		(SELECT string_agg(concat_ws(',', fh.inhrelid, fh.inhparent), ';' ORDER BY fh.inhrelid, fh.inhparent)
		 FROM pg_catalog.pg_inherits fh WHERE fh.inhparent = ANY (` + oids + `) OR fh.inhrelid = ANY (` + oids + `)))))`
}
