package sqlgen

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Enforcing prints what keeps everybody else from changing or removing held rows of a table:
// two trigger functions, and the triggers that call them. They judge a row by the predicate
// that the batches judge it by.
type Enforcing struct {
	Table *plan.Table
	// Held are the rows that any of Holds covers.
	Held  plan.HeldRows
	Holds []EnforcingHold
	// Path are the schemas, after pg_catalog, in which the operators of conditions are looked
	// up; none but where a condition asks for a column of a type that is not built in.
	Path []string
}

// EnforcingHold is one hold that is enforced, with the rows of the table that it covers.
type EnforcingHold struct {
	ID     string
	Refuse bool
	Held   plan.HeldRows
	// Lines are the families of the hold that the table is in, that of the records too.
	Lines []plan.HeldFamily
}

// EnforceFunction and EnforceTruncate are the names of the functions for the rows of a
// table, by its oid, and EnforceTriggers what the names of their triggers begin with.
func EnforceFunction(relid uint32) retention.TableName {
	return retention.TableName{Schema: "holdfast_guard", Name: fmt.Sprintf("enforce_%d", relid)}
}

// EnforceTruncate is the function for a TRUNCATE.
func EnforceTruncate(relid uint32) retention.TableName {
	return retention.TableName{Schema: "holdfast_guard", Name: fmt.Sprintf("enforce_truncate_%d", relid)}
}

// EnforceTrigger is the name of the trigger that calls a function. It has the table's
// number, so that a partition that comes back to its table has no trigger of that name.
func EnforceTrigger(function retention.TableName) string { return "holdfast_" + function.Name }

// CreateEnforceTrigger prints the trigger of a function on a table, EnableEnforceTrigger that
// it fires in sessions that replicate too, and DropEnforceTrigger its end.
func CreateEnforceTrigger(on, function retention.TableName, truncate bool) string {
	what := "UPDATE OR DELETE ON " + on.SQL() + " FOR EACH ROW"
	if truncate {
		what = "TRUNCATE ON " + on.SQL() + " FOR EACH STATEMENT"
	}
	return fmt.Sprintf("CREATE OR REPLACE TRIGGER %s BEFORE %s EXECUTE FUNCTION %s()", retention.QuoteIdent(EnforceTrigger(function)), what, function.SQL())
}

// EnableEnforceTrigger makes a trigger fire always.
func EnableEnforceTrigger(on, function retention.TableName) string {
	return fmt.Sprintf("ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER %s", on.SQL(), retention.QuoteIdent(EnforceTrigger(function)))
}

// DropEnforceTrigger removes it.
func DropEnforceTrigger(on, function retention.TableName) string {
	return fmt.Sprintf("DROP TRIGGER IF EXISTS %s ON %s", retention.QuoteIdent(EnforceTrigger(function)), on.SQL())
}

// Functions prints both functions, that of the rows first. Without a hold they let everything
// through.
func (e Enforcing) Functions() []string {
	if len(e.Holds) == 0 {
		return []string{
			enforceFunction(EnforceFunction(e.Table.OID), nil, "BEGIN\n"+letThrough("    ")+"END\n"),
			enforceFunction(EnforceTruncate(e.Table.OID), nil, "BEGIN\n    RETURN NULL;\nEND\n"),
		}
	}
	var out []string
	if e.compiled() {
		out = append(out, e.fits().define, e.which().define)
	}
	var settings []string
	if len(e.Held.Families) > 0 {
		settings = []string{seeAll}
	}
	if len(e.Held.Conditions) > 0 && !e.compiled() {
		settings = e.pinned(settings)
	}
	return append(out,
		enforceFunction(EnforceFunction(e.Table.OID), settings, e.rows()),
		enforceFunction(EnforceTruncate(e.Table.OID), e.pinned([]string{seeAll, "jit = off"}), e.truncate()),
	)
}

// compiled reports whether the conditions are put into functions that the server reads once,
// when they are made, and then puts in place of their calls: they hang on no setting of the
// session, and cost a tenth of conditions that need settings. Such functions must depend on
// nothing of the application's, or its columns and types could not be dropped any more; and
// their arguments do not know the collation of a column.
func (e Enforcing) compiled() bool {
	for _, c := range e.Held.Conditions {
		if c.Parts != nil {
			return false
		}
		for _, name := range c.Cond.Columns() {
			column, ok := e.Table.Column(name)
			if !ok || column.Collation != "" || strings.Contains(column.BaseType, ".") {
				return false
			}
		}
	}
	return len(e.Held.Conditions) > 0
}

// compiledFunction is one of those: how it is made, and how it is called.
type compiledFunction struct{ define, call string }

// compile prints a function of the columns that conditions ask for. Its name hangs on what it
// says, so that a session in mid-statement keeps the one that it has begun with.
func (e Enforcing) compile(what, returns string, body func(as string) string) compiledFunction {
	var names []string
	for _, c := range e.Held.Conditions {
		names = append(names, c.Cond.Columns()...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	params, args := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		c, _ := e.Table.Column(name)
		params[i], args[i] = retention.QuoteIdent(name)+" "+c.BaseSQL, oldRow+"."+retention.QuoteIdent(name)
	}
	list := strings.Join(params, ", ")
	sum := sha256.Sum256([]byte(list + body("it")))
	name := retention.TableName{Schema: "holdfast_guard", Name: fmt.Sprintf("enforce_%s_%d_%x", what, e.Table.OID, sum[:6])}
	return compiledFunction{
		define: fmt.Sprintf("CREATE OR REPLACE FUNCTION %s(%s) RETURNS %s\n    LANGUAGE sql STABLE\n    RETURN %s", name.SQL(), list, returns, body(name.Name)),
		call:   name.SQL() + "(" + strings.Join(args, ", ") + ")",
	}
}

// fits is whether a row fits any of the conditions.
func (e Enforcing) fits() compiledFunction {
	return e.compile("fits", "pg_catalog.bool", func(as string) string { return fitting(&builder{literal: true}, e.Held.Conditions, as) })
}

// which are the conditions that it fits, by their number over all holds.
func (e Enforcing) which() compiledFunction {
	return e.compile("which", "pg_catalog.int4[]", func(as string) string {
		var rows []string
		for _, h := range e.Holds {
			for _, c := range h.Held.Conditions {
				rows = append(rows, fmt.Sprintf("(%d, %s IS TRUE)", len(rows)+1, c.Cond.SQL(as)))
			}
		}
		return "ARRAY(SELECT v.n FROM (VALUES " + strings.Join(rows, ", ") + ") AS v(n, fits) WHERE v.fits)"
	})
}

// IdleFunction prints a function that lets everything through, so that its triggers can be
// made before what it judges by is known.
func IdleFunction(name retention.TableName) string {
	return enforceFunction(name, nil, "BEGIN\n"+letThrough("    ")+"END\n")
}

// seeAll: what belongs to records is looked for in the application's tables, of which no row may be
// hidden: better the change fails.
const seeAll = "row_security = off"

// pinned are settings with those that keep what a condition says from hanging on the session that
// fires the trigger. They cost every row a third of its UPDATE (the server looks all names up
// again), so where each name is written with its schema there are none.
func (e Enforcing) pinned(more []string) []string {
	path := []string{"pg_catalog"}
	for _, schema := range e.Path {
		path = append(path, retention.QuoteIdent(schema))
	}
	settings := append([]string{"search_path = " + strings.Join(append(path, "pg_temp"), ", ")}, more...)
	if len(e.Held.Conditions) > 0 {
		settings = append(settings, "TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "IntervalStyle = 'iso_8601'", "standard_conforming_strings = on")
	}
	return settings
}

// enforceFunction prints one that runs with the rights of the guard's owner, so that nobody else
// needs any there.
func enforceFunction(name retention.TableName, settings []string, body string) string {
	tag := "$holdfast$"
	for strings.Contains(body, tag) {
		// A condition may say anything.
		tag = strings.TrimSuffix(tag, "$") + "_$"
	}
	set := ""
	for _, s := range settings {
		set += "\n    SET " + s
	}
	return fmt.Sprintf("CREATE OR REPLACE FUNCTION %s() RETURNS trigger\n    LANGUAGE plpgsql SECURITY DEFINER%s\nAS %s\n%s%s", name.SQL(), set, tag, body, tag)
}

// oldRow is the alias of the row that a trigger judges.
const oldRow = `"old"`

// latest is of a transaction whose statements see what was committed before each of them.
const latest = "pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed'"

// behind refuses a transaction that cannot see what was held since it began.
const behind = "    IF NOT " + latest + " AND holdfast_guard.behind() THEN\n" +
	"        PERFORM holdfast_guard.refuse_behind();\n    END IF;\n"

// who is the role that somebody has taken on, or signed in as.
const who = "CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user::pg_catalog.text ELSE pg_catalog.current_setting('role') END, pg_catalog.current_setting('application_name')"

// rows prints the body for an UPDATE or DELETE. What is cheap, and nearly always the answer,
// comes first: is the row held at all.
func (e Enforcing) rows() string {
	b := &builder{literal: true}
	b.printf("DECLARE\n    by_holds pg_catalog.uuid[];\n    refused boolean;\n    was pg_catalog.text[];\n    fitting pg_catalog.int4[];\nBEGIN\n")
	held := e.held(b, e.Held, oldRow)
	if e.compiled() {
		rows := e.Held
		rows.Conditions = nil
		held = e.fits().call
		if rows.Any() {
			held += " OR " + e.held(b, rows, oldRow)
		}
	}
	b.printf("    IF %s AND (%s) IS NOT TRUE THEN\n%s    END IF;\n", latest, held, letThrough("        "))
	b.printf("%s    IF (%s) IS NOT TRUE THEN\n%s    END IF;\n", behind, held, letThrough("        "))
	b.printf("    was := holdfast_guard.pin();\n")
	if e.compiled() {
		b.printf("    fitting := %s;\n", e.which().call)
	}
	b.printf("    SELECT pg_catalog.array_agg(v.id), pg_catalog.bool_or(v.refuse) INTO by_holds, refused\n    FROM (VALUES %s) AS v(id, refuse, held)\n    WHERE v.held;\n", e.byHold(b, oldRow))
	b.printf("    IF refused THEN\n%s    END IF;\n", e.refuse("TG_OP", e.keyText(oldRow), "by_holds"))
	b.printf("    INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name)\n"+
		"    VALUES (by_holds, TG_RELID, %s, %s, %s, TG_OP, pg_catalog.to_json(OLD), %s);\n", literal(e.Table.Name.Schema), literal(e.Table.Name.Name), e.keyText(oldRow), who)
	e.keepBelow(b)
	b.printf("    PERFORM holdfast_guard.unpin(was);\n%sEND\n", letThrough("    "))
	return b.String()
}

// letThrough prints what lets a row's change happen.
func letThrough(indent string) string {
	return indent + "IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN\n" + indent + "    RETURN OLD;\n" + indent + "END IF;\n" + indent + "RETURN NEW;\n"
}

// truncate prints the body for a TRUNCATE, which names no rows: those of the relation are
// looked through. A partitioned table answers for those of its partitions that have no trigger
// of their own yet.
func (e Enforcing) truncate() string {
	b := &builder{literal: true}
	b.printf("DECLARE\n    part pg_catalog.oid;\n    by_holds pg_catalog.uuid[];\n    one pg_catalog.text[];\n    was pg_catalog.text[];\nBEGIN\n%s    was := holdfast_guard.pin();\n", behind)
	b.printf(`    FOR part IN
        SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) TG_RELID AND c.relkind OPERATOR(pg_catalog.<>) 'p'
        UNION ALL
        SELECT p.relid FROM pg_catalog.pg_partition_tree(TG_RELID) AS p
        WHERE p.isleaf AND p.relid OPERATOR(pg_catalog.<>) TG_RELID
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid OPERATOR(pg_catalog.=) p.relid AND g.tgname OPERATOR(pg_catalog.=) TG_NAME AND g.tgenabled OPERATOR(pg_catalog.=) 'A')
    LOOP
`)
	b.printf("        EXECUTE pg_catalog.format(%s, part::pg_catalog.regclass) INTO one, by_holds;\n", literal(e.scan(true)))
	b.printf("        IF by_holds IS NOT NULL THEN\n    %s        END IF;\n", strings.ReplaceAll(e.refuse("TG_OP", "one", "by_holds"), "\n    ", "\n        "))
	b.printf("        EXECUTE pg_catalog.format(%s, part::pg_catalog.regclass) USING part, %s;\n", literal(e.scan(false)), who)
	b.printf("    END LOOP;\n")
	e.keepAll(b)
	b.printf("    PERFORM holdfast_guard.unpin(was);\n    RETURN NULL;\nEND\n")
	return b.String()
}

// scan prints a template, for format with the relation, of what a TRUNCATE would take: a row
// that some hold refuses to give away, or the keeping of all others that are held.
func (e Enforcing) scan(refused bool) string {
	b := &builder{literal: true}
	var some plan.HeldRows
	some, ok := e.only(refused)
	where := "false"
	if ok {
		where = "(" + e.held(b, some, alias) + ") IS TRUE"
	}
	by := fmt.Sprintf("ARRAY(SELECT v.id FROM (VALUES %s) AS v(id, refuse, held) WHERE v.held)", e.byHold(b, alias))
	escape := func(s string) string { return strings.ReplaceAll(s, "%", "%%") }
	if refused {
		return escape(fmt.Sprintf("SELECT %s, %s", e.keyText(alias), by)) + " FROM ONLY %s AS " + alias + escape(" WHERE "+where+" LIMIT 1")
	}
	return escape(fmt.Sprintf("INSERT INTO holdfast_guard.preserved (hold_ids, relid, schema_name, table_name, key, operation, row, database_user, application_name) SELECT %s, $1, %s, %s, %s, 'TRUNCATE', pg_catalog.to_json(%s), $2, $3",
		by, literal(e.Table.Name.Schema), literal(e.Table.Name.Name), e.keyText(alias), alias)) + " FROM ONLY %s AS " + alias + escape(" WHERE "+where)
}

// only are the rows that holds of one kind cover; false if there is none of that kind.
func (e Enforcing) only(refuse bool) (all plan.HeldRows, ok bool) {
	for _, h := range e.Holds {
		if h.Refuse != refuse {
			continue
		}
		ok = true
		all.All = all.All || h.Held.All
		all.Parts = append(all.Parts, h.Held.Parts...)
		all.Sets = append(all.Sets, h.Held.Sets...)
		all.Conditions = append(all.Conditions, h.Held.Conditions...)
		all.Families = append(all.Families, h.Held.Families...)
	}
	return all, ok
}

// held prints the judgement of the batches. A list of ids is asked for one row's, by its
// index, instead of being read as a whole.
func (e Enforcing) held(b *builder, rows plan.HeldRows, as string) string {
	rows.Sets = slices.Clone(rows.Sets)
	for i := range rows.Sets {
		rows.Sets[i].Hash = false
	}
	rows.Families = slices.Clone(rows.Families)
	for i := range rows.Families {
		rows.Families[i].Set.Hash = false
	}
	g := &Printer{plan: &plan.Plan{Table: e.Table, Key: e.Table.KeyColumns(), Holds: rows}}
	collated := e.collated(rows)
	if as != oldRow || len(collated) == 0 {
		return g.heldAs(b, as)
	}
	// A function's row does not know the collations of its columns.
	conditions := rows.Conditions
	rows.Conditions = nil
	g.plan.Holds = rows
	return fmt.Sprintf("(%s OR EXISTS (SELECT FROM (SELECT %s) AS %s WHERE %s))", g.heldAs(b, as), strings.Join(collated, ", "), alias, fitting(b, conditions, alias))
}

// collated prints the columns that conditions ask for, as of a row with their own collations;
// none where all have that of the database.
func (e Enforcing) collated(rows plan.HeldRows) []string {
	var columns []string
	found := false
	for _, c := range rows.Conditions {
		columns = append(columns, c.Cond.Columns()...)
	}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	printed := []string{oldRow + ".tableoid AS tableoid"}
	for _, name := range columns {
		c, _ := e.Table.Column(name)
		collate := ""
		if c.Collation != "" {
			found, collate = true, " COLLATE "+c.Collation
		}
		printed = append(printed, fmt.Sprintf("%s.%s%s AS %s", oldRow, retention.QuoteIdent(name), collate, retention.QuoteIdent(name)))
	}
	if !found {
		return nil
	}
	return printed
}

// byHold prints which holds cover a row, as rows of VALUES.
func (e Enforcing) byHold(b *builder, as string) string {
	rows := make([]string, len(e.Holds))
	number := int32(0)
	for i, h := range e.Holds {
		held := h.Held
		var own []int32
		for range held.Conditions {
			number++
			own = append(own, number)
		}
		also := ""
		if as == oldRow && e.compiled() && own != nil {
			held.Conditions = nil
			also = fmt.Sprintf(" OR fitting OPERATOR(pg_catalog.&&) %s::pg_catalog.int4[]", numbers(own))
		}
		rows[i] = fmt.Sprintf("(%s::pg_catalog.uuid, %t, %s%s)", literal(h.ID), h.Refuse, e.held(b, held, as), also)
	}
	return strings.Join(rows, ",\n          ")
}

// keyText prints a record's key as text, NULL where records have none.
func (e Enforcing) keyText(as string) string {
	key := e.Table.KeyColumns()
	if key == nil {
		return "NULL::pg_catalog.text[]"
	}
	parts := make([]string, len(key))
	for i, name := range columnsOf(key, as) {
		parts[i] = name + asText
	}
	return "ARRAY[" + strings.Join(parts, ", ") + "]"
}

func (e Enforcing) refuse(operation, key, holds string) string {
	record := "pg_catalog.format('a record of %s', " + literal(e.Table.Name.String()) + ")"
	if e.Table.KeyColumns() != nil {
		record = "pg_catalog.format('record %s of %s', pg_catalog.array_to_string(" + key + ", ', '), " + literal(e.Table.Name.String()) + ")"
	}
	return "        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',\n" +
		"            MESSAGE = pg_catalog.format('%s is refused: %s is under legal hold (%s)', " + operation + ", " + record + ", pg_catalog.array_to_string(" + holds + ", ', ')),\n" +
		"            HINT = 'Nothing was changed. Whoever looks after legal holds can say until when the record must stay.',\n" +
		"            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;\n"
}

// literal prints a text constant, for texts of functions: names and numbers of ours, and
// statements. Functions are read under standard_conforming_strings = on or have no backslash.
func literal(s string) string {
	if strings.Contains(s, `\`) {
		return `E'` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// numbers prints a list of numbers as a constant.
func numbers(v any) string {
	switch list := v.(type) {
	case []int32:
		return "'{" + joinNumbers(list) + "}'"
	case []uint32:
		return "'{" + joinNumbers(list) + "}'"
	}
	panic(fmt.Sprintf("sqlgen: %T in the text of a function", v))
}

func joinNumbers[T int32 | uint32](list []T) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, ",")
}
