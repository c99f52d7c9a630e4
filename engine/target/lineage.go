package target

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// reference is a foreign key between tables of the application.
type reference struct {
	child, parent plan.Relation
	// of are the relations whose rows it may refer to: its parent, what that is a partition
	// of, and its partitions.
	of   []uint32
	link plan.Link
}

// readReferences reads the foreign keys between the application's tables, in a fixed order.
func readReferences(ctx context.Context, q querier) ([]reference, error) {
	operator := func(oid string) string {
		return `ARRAY(SELECT 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')'
		              FROM unnest(f.conpfeqop) WITH ORDINALITY AS k(op, pos)
		              JOIN pg_catalog.pg_operator AS e ON e.oid = k.op
		              JOIN pg_catalog.pg_operator AS o ON o.oid = ` + oid + `
		              JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
		              ORDER BY k.pos)`
	}
	names := func(rel, key string) string {
		return `ARRAY(SELECT a.attname::text FROM unnest(f.` + key + `) WITH ORDINALITY AS k(num, pos)
		              JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.` + rel + ` AND a.attnum = k.num ORDER BY k.pos)`
	}
	rows, err := q.Query(ctx, `
		SELECT c.oid, cn.nspname, c.relname, c.relkind = 'p', p.oid, pn.nspname, p.relname, p.relkind = 'p',
		       ARRAY(SELECT x.relid::oid FROM pg_catalog.pg_partition_ancestors(p.oid) AS x)
		       || ARRAY(SELECT x.relid::oid FROM pg_catalog.pg_partition_tree(p.oid) AS x) || p.oid,
		       `+names("conrelid", "conkey")+`, `+names("confrelid", "confkey")+`,
		       `+operator("e.oid")+`, `+operator("coalesce(nullif(e.oprcom, 0), e.oid)")+`,
		       ARRAY(SELECT CASE WHEN pa.attcollation <> ca.attcollation AND l.oid IS NOT NULL THEN pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname) ELSE '' END
		             FROM unnest(f.conkey, f.confkey) WITH ORDINALITY AS k(child, parent, pos)
		             JOIN pg_catalog.pg_attribute AS ca ON ca.attrelid = f.conrelid AND ca.attnum = k.child
		             JOIN pg_catalog.pg_attribute AS pa ON pa.attrelid = f.confrelid AND pa.attnum = k.parent
		             LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = pa.attcollation
		             LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
		             ORDER BY k.pos)
		FROM pg_catalog.pg_constraint AS f
		-- One that partitions have of their own leads from all of them, those too that are made
		-- later, or were made without it.
		JOIN pg_catalog.pg_class AS c ON c.oid = coalesce(pg_catalog.pg_partition_root(f.conrelid)::oid, f.conrelid)
		JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
		JOIN pg_catalog.pg_class AS p ON p.oid = f.confrelid
		JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
		-- What a partition has from its parent is the parent's.
		WHERE f.contype = 'f' AND f.conparentid = 0 AND c.relpersistence <> 't'
		ORDER BY cn.nspname, c.relname, f.conname`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r reference, err error) {
		err = row.Scan(&r.child.OID, &r.child.Name.Schema, &r.child.Name.Name, &r.child.Partitioned, &r.parent.OID, &r.parent.Name.Schema, &r.parent.Name.Name, &r.parent.Partitioned,
			&r.of, &r.link.ChildCols, &r.link.ParentCols, &r.link.Equal, &r.link.Back, &r.link.Collate)
		return r, err
	})
	return slices.DeleteFunc(all, func(r reference) bool { return plan.SystemSchema(r.child.Name.Schema) }), err
}

// lineageOf finds what belongs to records of a table, over no more foreign keys than depth,
// 0 for any number: the nearest tables first.
func lineageOf(root *plan.Table, depth int, all []reference) *plan.Lineage {
	l := &plan.Lineage{Depth: depth}
	for _, c := range root.KeyColumns() {
		l.Key, l.Equal = append(l.Key, c.Name), append(l.Equal, c.EqSchema)
	}
	self := plan.Relation{OID: root.OID, Name: root.Name, Partitioned: root.Kind == plan.KindPartitioned}
	l.Nodes = []plan.LineageNode{{OID: root.OID, Table: root.Name, Relation: self, Columns: slices.Clone(l.Key)}}
	far := []int{0}
	for i := 0; i < len(l.Nodes); i++ {
		if depth > 0 && far[i] == depth {
			continue
		}
		for _, r := range all {
			if !slices.Contains(r.of, l.Nodes[i].OID) {
				continue
			}
			at := slices.IndexFunc(l.Nodes, func(n plan.LineageNode) bool { return n.OID == r.child.OID })
			if at < 0 {
				at, far = len(l.Nodes), append(far, far[i]+1)
				l.Nodes = append(l.Nodes, plan.LineageNode{OID: r.child.OID, Table: r.child.Name, Relation: r.child})
			}
			link := r.link
			link.Parent = i
			if !slices.ContainsFunc(l.Nodes[at].Links, link.Same) {
				l.Nodes[at].Links = append(l.Nodes[at].Links, link)
			}
			l.Nodes[at].Columns = union(l.Nodes[at].Columns, link.ChildCols)
			l.Nodes[i].Columns = union(l.Nodes[i].Columns, link.ParentCols)
		}
	}
	return l
}

func union(a, b []string) []string {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// checkFamily refuses a family of more tables than are judged in one batch.
func (t *Target) checkFamily(ctx context.Context, bad *retention.Problems, scope int, s retention.Scope, table *plan.Table) error {
	all, err := readReferences(ctx, t.pool)
	if err != nil {
		return classify(err)
	}
	l := lineageOf(table, s.Family.Depth, all)
	if len(l.Nodes) <= retention.MaxFamilyTables {
		return t.checkReading(ctx, bad, scope, l)
	}
	const shown = 10
	var first []string
	for _, n := range l.Nodes[:shown] {
		first = append(first, n.Table.String())
	}
	bad.Add(retention.ScopeField(scope, "family"), "reaches %d tables (%s, …); at most %d are accepted: give a depth, or hold the records of the tables that matter by scopes of their own",
		len(l.Nodes), strings.Join(first, ", "), retention.MaxFamilyTables)
	return nil
}

// checkReading refuses a family with tables that our role may not read: neither could it be
// counted, nor could a batch judge what belongs to their rows.
func (t *Target) checkReading(ctx context.Context, bad *retention.Problems, scope int, l *plan.Lineage) error {
	oids := make([]uint32, len(l.Nodes))
	for i, n := range l.Nodes {
		oids[i] = n.OID
	}
	lacks, err := collect[string](ctx, t.pool, `
		SELECT pg_catalog.format('GRANT SELECT ON %s TO %I;', c.oid::pg_catalog.regclass, current_user)
		FROM pg_catalog.pg_class AS c
		WHERE c.oid = ANY ($1) AND NOT has_table_privilege(c.oid, 'SELECT')
		ORDER BY c.oid`, oids)
	if err != nil {
		return classify(err)
	}
	if len(lacks) > 0 {
		bad.Add(retention.ScopeField(scope, "family"), "reaches tables that Holdfast's role may not read, so what belongs to the records could not be judged; allow it first: %s", strings.Join(lacks, " "))
	}
	var hidden, role string
	err = t.pool.QueryRow(ctx, `
		SELECT coalesce(string_agg(c.oid::pg_catalog.regclass::text, ', ' ORDER BY c.oid), ''), current_user
		FROM pg_catalog.pg_class AS c
		WHERE c.oid = ANY ($1) AND row_security_active(c.oid)`, oids).Scan(&hidden, &role)
	if err == nil && hidden != "" {
		bad.Add(retention.ScopeField(scope, "family"), "reaches tables of which row-level security hides rows from Holdfast's role, so what belongs to the records could not be judged: %s; %s", hidden, bypass(role))
	}
	return classify(err)
}

// linksJSON is what the guard keeps of a member beside its columns. Parents are named by
// their number among the members.
type linksJSON struct {
	Key   []string   `json:"key,omitempty"`
	Equal []string   `json:"equal,omitempty"`
	Links []linkJSON `json:"links"`
}

type linkJSON struct {
	Member     int      `json:"member"`
	Columns    []string `json:"columns"`
	Referenced []string `json:"referenced"`
	Equal      []string `json:"equal"`
	Back       []string `json:"back"`
	Collate    []string `json:"collate"`
}

// grower brings the members of one scope's family into the guard: what is there stays, by
// the columns that it was noted with, and what is new is added.
type grower struct {
	tx    pgx.Tx
	hold  int32
	index int
	set   int32
	there map[uint32]*grownMember
	added []retention.TableName
	// look: nothing is written.
	look bool
	// kept are the tables whose rows may have to stay held whatever becomes of their way up; nil
	// where the application may not change held rows.
	kept map[uint32]keptCopy
}

type grownMember struct {
	number  int
	columns []string
	links   linksJSON
}

func (g *grower) read(ctx context.Context) error {
	rows, err := g.tx.Query(ctx, `
		SELECT relid, member, condition_columns, links FROM holdfast_guard.hold_scope
		WHERE hold_no = $1 AND scope_index = $2 AND member > 0`, g.hold, g.index)
	if err != nil {
		return err
	}
	g.there = map[uint32]*grownMember{}
	var oid uint32
	var m grownMember
	_, err = pgx.ForEachRow(rows, []any{&oid, &m.number, &m.columns, &m.links}, func() error {
		found := m
		g.there[oid], m = &found, grownMember{}
		return nil
	})
	return err
}

// grow adds what the lineage has more. It reports the tables that became members, or that
// others lead to now.
func (g *grower) grow(ctx context.Context, l *plan.Lineage) error {
	if err := g.read(ctx); err != nil {
		return err
	}
	last := 0
	for _, m := range g.there {
		last = max(last, m.number)
	}
	anew := map[uint32]bool{}
	for _, n := range l.Nodes {
		if g.there[n.OID] == nil {
			last++
			g.there[n.OID], anew[n.OID] = &grownMember{number: last, links: linksJSON{Links: []linkJSON{}}}, true
		}
	}
	for i, n := range l.Nodes {
		m := g.there[n.OID]
		links, before := len(m.links.Links), len(m.links.Links)+len(m.columns)
		if i == 0 && m.links.Key == nil {
			m.links.Key, m.links.Equal = l.Key, l.Equal
		}
		m.columns = union(m.columns, n.Columns)
		for _, link := range n.Links {
			m.take(g.there[l.Nodes[link.Parent].OID].number, link)
		}
		if err := g.keep(ctx, n, m.number); err != nil {
			return err
		}
		if !anew[n.OID] && before == len(m.links.Links)+len(m.columns) {
			continue
		}
		if !g.look {
			if err := g.write(ctx, n, m, l.Depth); err != nil {
				return err
			}
		}
		if len(m.links.Links) > links {
			g.added = append(g.added, n.Table)
		}
	}
	return nil
}

func (m *grownMember) take(parent int, link plan.Link) {
	is := func(o linkJSON) bool {
		return o.Member == parent && slices.Equal(o.Columns, link.ChildCols) && slices.Equal(o.Referenced, link.ParentCols)
	}
	if !slices.ContainsFunc(m.links.Links, is) {
		m.links.Links = append(m.links.Links, linkJSON{Member: parent, Columns: link.ChildCols, Referenced: link.ParentCols, Equal: link.Equal, Back: link.Back, Collate: link.Collate})
	}
}

// write keeps a member. Columns that were noted before keep what they were noted with.
func (g *grower) write(ctx context.Context, n plan.LineageNode, m *grownMember, depth int) error {
	_, err := g.tx.Exec(ctx, `
		INSERT INTO holdfast_guard.hold_scope AS o (hold_no, scope_index, member, relid, schema_name, table_name, family_set, family_depth, links, parts,
		                                            condition_columns, condition_types, condition_forms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ARRAY(SELECT p.relid::oid FROM pg_catalog.pg_partition_tree($4::oid) AS p WHERE p.relid <> $4::oid), $10,
		        ARRAY(SELECT `+baseTypeOf("$4::oid", "c.name")+` FROM unnest($10::text[]) WITH ORDINALITY AS c(name, pos) ORDER BY c.pos),
		        ARRAY(SELECT holdfast_guard.column_form($4::oid, c.name) FROM unnest($10::text[]) WITH ORDINALITY AS c(name, pos) ORDER BY c.pos))
		ON CONFLICT (hold_no, scope_index, member) DO UPDATE
		SET links = excluded.links, condition_columns = excluded.condition_columns,
		    condition_types = o.condition_types || excluded.condition_types[cardinality(o.condition_types) + 1:],
		    condition_forms = o.condition_forms || excluded.condition_forms[cardinality(o.condition_forms) + 1:]`,
		g.hold, g.index, m.number, n.OID, n.Table.Schema, n.Table.Name, g.set, depth, m.links, m.columns)
	return err
}

// baseTypeOf prints the oid of a column's type with domains resolved.
func baseTypeOf(relid, name string) string {
	return `(WITH RECURSIVE base(typ) AS (
		SELECT a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = ` + relid + ` AND a.attname = ` + name + ` AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT t.typbasetype FROM base JOIN pg_catalog.pg_type AS t ON t.oid = base.typ AND t.typtype = 'd')
		SELECT base.typ FROM base JOIN pg_catalog.pg_type AS t ON t.oid = base.typ AND t.typtype <> 'd')`
}

// stageFamily notes what belongs to a scope's records today, and keeps what did.
func (t *Target) stageFamily(ctx context.Context, hold int32, index int, set int32, s retention.Scope) error {
	table, err := t.Table(ctx, s.Table)
	if err != nil {
		return err
	}
	all, err := readReferences(ctx, t.pool)
	if err != nil {
		return err
	}
	l := lineageOf(table, s.Family.Depth, all)
	kept, err := t.keptCopies(ctx, hold, l)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		g := &grower{tx: tx, hold: hold, index: index, set: set, kept: kept}
		return g.grow(ctx, l)
	})
}

// familyContent prints what is noted of the members of a hold's families; NULL for none.
func familyContent(hold string) string {
	return `(SELECT md5(string_agg(ROW(m.scope_index, m.member, m.relid, m.schema_name, m.table_name, m.held_set, m.family_set, m.family_depth, m.links, m.condition_columns,
	                              m.condition_types, m.condition_forms)::text, E'\n' ORDER BY m.scope_index, m.member))
	         FROM holdfast_guard.hold_scope AS m WHERE m.hold_no = ` + hold + ` AND m.member <> 0 AND m.ended_at IS NULL)`
}

// inForceFamily is a scope in force that covers what belongs to its records.
type inForceFamily struct {
	id    string
	hold  int32
	index int
	set   int32
	relid uint32
	depth int
}

// CloseFamilies takes up tables and foreign keys that are new; see engine.GuardTarget.
func (t *Target) CloseFamilies(ctx context.Context, tell func(id string, grown []retention.GrownFamily) error) error {
	rows, err := t.pool.Query(ctx, `
		SELECT h.id::text, h.no, s.scope_index, s.held_set, s.relid, s.family_depth
		FROM holdfast_guard.hold_scope AS s
		JOIN holdfast_guard.hold AS h ON h.no = s.hold_no AND h.state = 'active'
		WHERE s.ended_at IS NULL AND s.member = 0 AND s.family_depth IS NOT NULL AND s.held_set IS NOT NULL
		ORDER BY h.no, s.scope_index`)
	if err != nil {
		return classify(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f inForceFamily, err error) {
		err = row.Scan(&f.id, &f.hold, &f.index, &f.set, &f.relid, &f.depth)
		return f, err
	})
	if err != nil || len(list) == 0 {
		return classify(err)
	}
	all, err := readReferences(ctx, t.pool)
	if err != nil {
		return classify(err)
	}
	lineages := map[string]*plan.Lineage{}
	for _, f := range list {
		kind := fmt.Sprint(f.relid, f.depth)
		if lineages[kind] == nil {
			roots, err := readTables(ctx, t.pool, []uint32{f.relid})
			if err != nil {
				return classify(err)
			}
			if roots[f.relid] == nil {
				continue // dropped: a fault of the hold
			}
			lineages[kind] = lineageOf(roots[f.relid], f.depth, all)
		}
		if err := t.closeFamily(ctx, f, lineages[kind], tell); err != nil {
			return err
		}
	}
	return nil
}

// closeFamily adds what one family has more.
func (t *Target) closeFamily(ctx context.Context, f inForceFamily, l *plan.Lineage, tell func(id string, grown []retention.GrownFamily) error) error {
	look := &grower{hold: f.hold, index: f.index, set: f.set, look: true}
	err := pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		look.tx = tx
		return look.grow(ctx, l)
	})
	if err != nil || len(look.added) == 0 {
		return classify(err)
	}
	grown := make([]retention.GrownFamily, len(look.added))
	for i, table := range look.added {
		grown[i] = retention.GrownFamily{Scope: f.index, Table: table}
	}
	if err := tell(f.id, grown); err != nil {
		return err
	}
	kept, err := t.keptCopies(ctx, f.hold, l)
	if err != nil {
		return classify(err)
	}
	// Under the guard lock: a batch has judged without what is new, or judges with it.
	return t.change(ctx, func(tx pgx.Tx) error {
		var same bool
		if err := tx.QueryRow(ctx, `SELECT family_content IS NOT DISTINCT FROM `+familyContent("no")+` FROM holdfast_guard.hold WHERE no = $1 FOR UPDATE`, f.hold).Scan(&same); err != nil {
			return err
		}
		g := &grower{tx: tx, hold: f.hold, index: f.index, set: f.set, kept: kept}
		if err := g.grow(ctx, l); err != nil || !same {
			return err // what was altered meanwhile is not noted as if it were right
		}
		_, err := tx.Exec(ctx, `UPDATE holdfast_guard.hold SET family_content = `+familyContent("no")+` WHERE no = $1`, f.hold)
		return err
	})
}

// familyOf is one scope of a hold.
type familyOf struct {
	hold  int32
	index int
}

// family is a lineage as it is read, member by member.
type family struct {
	*plan.Lineage
	// places are the members' numbers, and their places among the nodes.
	places map[int]int
	links  []linksJSON
}

// readLineages gives scopes that are members of a family what leads to them.
func readLineages(ctx context.Context, tx pgx.Tx, scopes []plan.HoldScope, members []int) error {
	var holds []int32
	var indexes []int
	for i, s := range scopes {
		if members[i] > 0 {
			holds, indexes = append(holds, s.HoldNo), append(indexes, s.Index)
		}
	}
	if len(holds) == 0 {
		return nil
	}
	families, err := readFamilies(ctx, tx, holds, indexes)
	if err != nil {
		return err
	}
	for _, f := range families {
		f.linkUp()
	}
	for i := range scopes {
		s := &scopes[i]
		if f := families[familyOf{s.HoldNo, s.Index}]; members[i] > 0 && f != nil {
			s.Lineage, s.Node = f.Lineage, f.places[members[i]]
		}
	}
	return nil
}

func readFamilies(ctx context.Context, tx pgx.Tx, holds []int32, indexes []int) (map[familyOf]*family, error) {
	rows, err := tx.Query(ctx, `
		SELECT s.hold_no, s.scope_index, s.member, s.family_depth, s.relid, s.schema_name, s.table_name,
		       coalesce(n.nspname, ''), coalesce(c.relname, ''), coalesce(c.relkind = 'p', false), s.links, s.condition_columns,
		       EXISTS (SELECT FROM unnest(s.condition_columns, s.condition_forms) AS f(name, form)
		               LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = s.relid AND a.attname = f.name AND a.attnum > 0 AND NOT a.attisdropped
		               WHERE f.form IS DISTINCT FROM concat_ws(' ', a.attnum, a.atttypid, a.atttypmod, a.attcollation)),
		       coalesce(k.archives, '[]'), coalesce(k.unfit, false), coalesce(kept.held_set, 0), coalesce(kept.names, '{}'), coalesce(kept.equal, '{}')
		FROM holdfast_guard.hold_scope AS s
		LEFT JOIN pg_catalog.pg_class AS c ON c.oid = s.relid
		LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		LEFT JOIN LATERAL (
			SELECT q.held_set, u.names, ARRAY(SELECT jsonb_array_elements_text(q.links -> 'equal')) AS equal
			FROM holdfast_guard.hold_scope AS q
			JOIN holdfast_guard.held_set AS w ON w.id = q.held_set
			CROSS JOIN LATERAL (
				SELECT array_agg(y.attname::text ORDER BY x.pos) AS names, bool_and(y.attname IS NOT NULL AND x.typ = `+baseTypeOf("w.relid", "y.attname")+`) AS same
				FROM unnest(w.key_attnums, w.key_types) WITH ORDINALITY AS x(num, typ, pos)
				LEFT JOIN pg_catalog.pg_attribute AS y ON y.attrelid = w.relid AND y.attnum = x.num AND NOT y.attisdropped) AS u
			WHERE q.hold_no = s.hold_no AND q.scope_index = s.scope_index AND q.member = -s.member AND u.same) AS kept ON true
		LEFT JOIN LATERAL (
			SELECT jsonb_agg(DISTINCT jsonb_build_object('OID', ac.oid::bigint, 'Name', quote_ident(an.nspname) || '.' || quote_ident(ac.relname), 'Partitioned', ac.relkind = 'p',
			                                    'Keyed', NOT EXISTS (SELECT FROM unnest(kept.names) AS y(name) WHERE `+baseTypeOf("s.relid", "y.name")+` IS DISTINCT FROM `+baseTypeOf("ac.oid", "y.name")+`))) AS archives,
			       bool_or(r.swapped OR EXISTS (SELECT FROM unnest(s.condition_columns, s.condition_forms) AS f(name, form)
			                       WHERE regexp_replace(f.form, '^[0-9]+ ', '') IS DISTINCT FROM regexp_replace(holdfast_guard.column_form(ac.oid, f.name), '^[0-9]+ ', ''))) AS unfit
			FROM `+archives+` AS r
			JOIN pg_catalog.pg_class AS ac ON ac.oid = r.oid
			JOIN pg_catalog.pg_namespace AS an ON an.oid = ac.relnamespace
			WHERE `+archivedFrom("r", "s.relid", "s.parts", "s.schema_name", "s.table_name")+`) AS k ON true
		WHERE s.member > 0 AND (s.hold_no, s.scope_index) IN (SELECT * FROM unnest($1::integer[], $2::integer[]))
		ORDER BY s.hold_no, s.scope_index, s.member`, holds, indexes)
	if err != nil {
		return nil, err
	}
	out := map[familyOf]*family{}
	for rows.Next() {
		var of familyOf
		var member, depth int
		var n plan.LineageNode
		var kept linksJSON
		if err := rows.Scan(&of.hold, &of.index, &member, &depth, &n.OID, &n.Table.Schema, &n.Table.Name, &n.Relation.Name.Schema, &n.Relation.Name.Name, &n.Relation.Partitioned,
			&kept, &n.Columns, &n.Changed, &n.Archives, &n.Unfit, &n.Kept, &n.KeptKey, &n.KeptEqual); err != nil {
			rows.Close()
			return nil, err
		}
		if out[of] == nil {
			out[of] = &family{Lineage: &plan.Lineage{Depth: depth}, places: map[int]int{}}
		}
		out[of].add(member, n, kept)
	}
	return out, rows.Err()
}

func (f *family) add(member int, n plan.LineageNode, kept linksJSON) {
	n.Relation.OID = n.OID
	f.places[member] = len(f.Nodes)
	f.Nodes, f.links = append(f.Nodes, n), append(f.links, kept)
	f.Alike += fmt.Sprint(member, n.OID, n.Changed, n.Unfit, kept, n.Archives, n.Kept, f.Depth)
}

// linkUp gives the nodes of a lineage their links.
func (f *family) linkUp() {
	for i := range f.Nodes {
		if f.links[i].Key != nil {
			f.Key, f.Equal = f.links[i].Key, f.links[i].Equal
		}
		for _, k := range f.links[i].Links {
			parent, there := f.places[k.Member]
			if !there {
				f.Nodes[i].Changed = true // lost, so nobody can tell
				continue
			}
			f.Nodes[i].Links = append(f.Nodes[i].Links, plan.Link{Parent: parent, ChildCols: k.Columns, ParentCols: k.Referenced, Equal: k.Equal, Back: k.Back, Collate: k.Collate})
		}
	}
}
