package realdata

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// anonymizing is a policy that anonymizes, over one of the databases.
type anonymizing struct {
	database, table, column string
	// cutoff is that of the run.
	cutoff  string
	columns map[string]retention.Anonymizer
	// condition is the policy's, and SQL over x too.
	condition string
	unit      retention.Unit
	// held are the rows that a hold covers, as a condition over x; "all" is the whole table.
	held string
}

func redact(text string) retention.Anonymizer {
	return retention.Anonymizer{Method: retention.MethodRedact, Text: text}
}

func mask(keep int) retention.Anonymizer {
	return retention.Anonymizer{Method: retention.MethodMask, KeepLast: &keep}
}

func constant(value string) retention.Anonymizer {
	return retention.Anonymizer{Method: retention.MethodConstant, Value: &value}
}

func truncate(to string) retention.Anonymizer {
	return retention.Anonymizer{Method: retention.MethodTruncateDate, To: to}
}

func hash() retention.Anonymizer { return retention.Anonymizer{Method: retention.MethodHash} }
func null() retention.Anonymizer { return retention.Anonymizer{Method: retention.MethodNull} }

// lastInvoice gives Chinook's customers the column that their retention would count from.
var lastInvoice = []string{
	`ALTER TABLE public."Customer" ADD COLUMN "LastInvoiceAt" timestamp`,
	`UPDATE public."Customer" AS c SET "LastInvoiceAt" = (SELECT max(i."InvoiceDate") FROM public."Invoice" AS i WHERE i."CustomerId" = c."CustomerId")`,
}

func anonymizings() []anonymizing {
	return []anonymizing{
		{
			database: "pagila", table: "public.customer", column: "create_date", cutoff: "2023-01-01", held: "x.customer_id IN (1, 7, 599)", condition: "store_id < 250",
			columns: map[string]retention.Anonymizer{"first_name": redact(""), "last_name": hash(), "email": hash(), "active": null()},
		},
		{
			database: "pagila", table: "public.address", column: "last_update", cutoff: "2023-01-01", held: "x.district = 'Alberta'",
			columns: map[string]retention.Anonymizer{"address": redact("unknown"), "address2": redact(""), "district": mask(0), "postal_code": mask(2), "phone": mask(3)},
		},
		{
			database: "pagila", table: "public.actor", column: "last_update", cutoff: "2023-01-01", held: "all",
			columns: map[string]retention.Anonymizer{"first_name": redact(""), "last_name": mask(1)},
		},
		{
			database: "pagila", table: "public.staff", column: "last_update", cutoff: "2023-01-01", held: "x.staff_id % 100 = 0",
			columns: map[string]retention.Anonymizer{"first_name": redact(""), "last_name": mask(1), "email": hash(), "username": hash(), "password": null(), "picture": null(), "active": constant("false")},
		},
		{
			// Its triggers fill the column fulltext anew, and last_update.
			database: "pagila", table: "public.film", column: "last_update", cutoff: "2023-01-01", held: "x.film_id % 10 = 0", condition: "rating = 'PG'",
			columns: map[string]retention.Anonymizer{"title": mask(2), "description": redact("gone"), "release_year": constant("1999"), "rating": constant("PG-13"), "special_features": null(), "length": null(), "rental_rate": constant("0.99")},
		},
		{
			database: "pagila", table: "public.language", column: "last_update", cutoff: "2023-01-01", held: "x.language_id = 2",
			columns: map[string]retention.Anonymizer{"name": mask(2)},
		},
		{
			database: "pagila", table: "public.rental", column: "rental_date", cutoff: "2022-06-01", held: "x.customer_id = 5",
			columns: map[string]retention.Anonymizer{"return_date": truncate("month")},
		},
		{
			database: "pagila", table: "public.payment", column: "payment_date", cutoff: "2022-04-26 18:21:00.551227", held: "x.customer_id = 5",
			columns: map[string]retention.Anonymizer{"amount": constant("0.00")},
		},
		{
			database: "chinook", table: `public."Customer"`, column: "LastInvoiceAt", cutoff: "2013-10-01", held: `x."Country" = 'Brazil'`,
			columns: map[string]retention.Anonymizer{
				"FirstName": redact(""), "LastName": mask(1), "Company": null(), "Address": redact("unknown"), "City": mask(0), "State": null(),
				"Country": constant("Österreich"), "PostalCode": mask(2), "Phone": mask(2), "Fax": null(), "Email": hash(),
			},
		},
		{
			database: "chinook", table: `public."Employee"`, column: "HireDate", cutoff: "2003-12-31", held: `x."EmployeeId" = 2`,
			columns: map[string]retention.Anonymizer{
				"FirstName": mask(1), "LastName": redact(""), "BirthDate": truncate("year"), "Address": redact(""), "Phone": mask(2), "Fax": null(), "Email": hash(),
			},
		},
		{
			database: "chinook", table: `public."Invoice"`, column: "InvoiceDate", cutoff: "2011-06-21", held: `x."CustomerId" IN (3, 4)`,
			columns: map[string]retention.Anonymizer{
				"BillingAddress": redact(""), "BillingCity": mask(1), "BillingState": null(), "BillingCountry": constant("Österreich"), "BillingPostalCode": mask(0), "Total": constant("0.00"),
			},
		},
		{
			// No time, but numbers that may be read as one.
			database: "chinook", table: `public."Track"`, column: "Milliseconds", unit: retention.UnitMilliseconds, cutoff: "1970-01-01 00:03:20", held: `x."TrackId" % 7 = 0`,
			condition: `"Composer" IS NOT NULL`,
			columns:   map[string]retention.Anonymizer{"Name": mask(3), "Composer": hash(), "Bytes": null()},
		},
	}
}

func (a anonymizing) policy(t testing.TB) retention.Policy {
	p := deleting(t, policyName("anonymize", a.table), a.table, a.column)
	p.Action, p.Columns, p.Condition, p.Unit = retention.ActionAnonymize, a.columns, a.condition, a.unit
	return p
}

// due is what the policy takes, held rows too.
func (a anonymizing) due() string {
	column := "x." + quoted(a.column)
	before := fmt.Sprintf("%s < '%s'", column, a.cutoff)
	if a.unit == retention.UnitMilliseconds {
		before = fmt.Sprintf("%s < extract(epoch FROM timestamptz '%s') * 1000", column, a.cutoff)
	}
	changes := []string{"false"}
	for name, how := range a.columns {
		changes = append(changes, changed(name, how))
	}
	slices.Sort(changes)
	where := "(" + before + ") AND (" + strings.Join(changes, " OR ") + ")"
	if a.condition != "" {
		where += " AND (" + a.condition + ")"
	}
	return where
}

// policyName is a name for a policy on a table.
func policyName(action, table string) string {
	return action + "_" + strings.ToLower(strings.NewReplacer(`"`, "", ".", "_").Replace(table))
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// treated is the value that a method leaves, in SQL. A hash depends on the secret and is
// looked at apart.
func treated(name string, how retention.Anonymizer) string {
	c := "x." + quoted(name)
	switch how.Method {
	case retention.MethodRedact:
		text := how.Text
		if text == "" {
			text = "[ANONYMIZED]"
		}
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN '%s' END", c, text)
	case retention.MethodConstant:
		return fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN %[1]s ELSE '%[2]s' END", c, *how.Value)
	case retention.MethodMask:
		return fmt.Sprintf("CASE WHEN length(%[1]s) > %[2]d THEN repeat('*', length(%[1]s) - %[2]d) || right(%[1]s, %[2]d) ELSE %[1]s END", c, *how.KeepLast)
	case retention.MethodTruncateDate:
		return fmt.Sprintf("date_trunc('%s', %s)", how.To, c)
	}
	return "NULL"
}

// changed is true where the method leaves another value than was there.
func changed(name string, how retention.Anonymizer) string {
	if how.Method == retention.MethodHash {
		return "x." + quoted(name) + " IS NOT NULL"
	}
	return fmt.Sprintf("x.%s IS DISTINCT FROM %s", quoted(name), treated(name, how))
}

// update is what the policy does to its rows, in SQL; nothing where it hashes.
func (a anonymizing) update() string {
	set := []string{}
	for _, name := range slices.Sorted(maps.Keys(a.columns)) {
		if how := a.columns[name]; how.Method != retention.MethodHash {
			set = append(set, quoted(name)+" = "+treated(name, how))
		}
	}
	return fmt.Sprintf("UPDATE %s AS x SET %s WHERE %s AND NOT %s", a.table, strings.Join(set, ", "), a.due(), a.heldRows())
}

func (a anonymizing) heldRows() string {
	if a.held == "all" {
		return "(true)"
	}
	return "(" + a.held + ")"
}

// compared are the columns that must be as SQL leaves them: all but hashes, and but the
// time that Pagila's triggers write.
func (a anonymizing) compared(b *bench) string {
	rows, err := b.conn.Query(b.t.Context(), `SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, a.table)
	if err != nil {
		b.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.t.Fatal(err)
	}
	var columns []string
	for _, name := range names {
		if a.columns[name].Method != retention.MethodHash && name != "last_update" {
			columns = append(columns, quoted(name))
		}
	}
	return fmt.Sprintf("(SELECT %s FROM %s)", strings.Join(columns, ", "), a.table)
}

// ids are the keys of the rows of a table for which a condition over x is true.
func (b *bench) ids(table, where string) []retention.Key {
	b.t.Helper()
	rows, err := b.conn.Query(b.t.Context(), fmt.Sprintf(`
		SELECT ARRAY[%s] FROM %s AS x WHERE %s`, value[string](b, `
		SELECT string_agg(format('x.%I::text', a.attname), ', ' ORDER BY array_position(i.indkey::smallint[], a.attnum))
		FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
		WHERE i.indisprimary AND i.indrelid = $1::text::regclass`, table), table, where))
	if err != nil {
		b.t.Fatal(err)
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k retention.Key, err error) { return k, row.Scan((*[]string)(&k)) })
	if err != nil {
		b.t.Fatal(err)
	}
	return keys
}

func TestAnonymizingLeavesWhatSQLLeavesAndNothingElseChanges(t *testing.T) {
	for _, database := range databases() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			var sql []string
			if database == "chinook" {
				sql = lastInvoice
			}
			h, twin := newHouse(t, database, sql...), newBench(t, database, sql...)
			for _, a := range anonymizings() {
				if a.database != database {
					continue
				}
				h.policies(a.policy(t))
				if a.held == "all" {
					h.hold(a.table)
				} else {
					h.hold(a.table, h.ids(a.table, a.held)...)
				}
				anonymizesAsSQL(h, twin, a)
			}
		})
	}
}

func anonymizesAsSQL(h *house, twin *bench, a anonymizing) {
	at, name := instant(h.t, a.cutoff).Add(24*time.Hour), a.policy(h.t).Name
	count := func(where string) int64 {
		return h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE %s`, a.table, where))
	}
	wantHeld := count(a.due() + " AND " + a.heldRows())
	before, held, different := h.sums(), h.sum(a.table, a.heldRows()), a.different(h)
	dry := h.dryRun(at, name).Policies[0]
	wantSame(h.t, "after a dry run", before, h.sums())
	run := h.run(at, name)
	got, wanted := run.Policies[0], twin.exec(a.update())
	if got.Processed != wanted || got.Held != wantHeld || got.SkippedTotal() != 0 || wantHeld == 0 || (wanted == 0) != (a.held == "all") {
		h.t.Errorf("%s: got %+v, want %d processed and %d held", a.table, got.Counts, wanted, wantHeld)
	}
	if dry.Processed != got.Processed || dry.Held != got.Held {
		h.t.Errorf("%s: the dry run said %d and %d held, the run %d and %d", a.table, dry.Processed, dry.Held, got.Processed, got.Held)
	}
	h.wantJournal(run, got)
	if is := h.sum(a.table, a.heldRows()); is != held {
		h.t.Errorf("%s: held rows are %v, were %v", a.table, is, held)
	}
	if is, want := h.sum(a.compared(h.bench), "true"), twin.sum(a.compared(twin), "true"); is != want {
		h.t.Errorf("%s is %v, want %v as SQL leaves it", a.table, is, want)
	}
	after := h.sums()
	wantSame(h.t, "other tables", before, after, a.logical(h.t))
	h.wantHashed(a, got.Processed, different)
	if again := h.run(at, name).Policies[0]; again.Processed != 0 || again.Held != wantHeld {
		h.t.Errorf("%s, a second run: %+v, want nothing but the %d held", a.table, again.Counts, wantHeld)
	}
	wantSame(h.t, "after a second run", after, h.sums())
}

// logical is the table's name as counts.txt has it.
func (a anonymizing) logical(t testing.TB) string {
	name := tableName(t, a.table)
	return name.Schema + "." + name.Name
}

// different is how many values each column that is to be hashed has.
func (a anonymizing) different(h *house) map[string]int64 {
	out := map[string]int64{}
	for name, how := range a.columns {
		if how.Method == retention.MethodHash {
			out[name] = h.count(fmt.Sprintf(`SELECT count(DISTINCT x.%s) FROM %s AS x WHERE %s AND NOT %s`, quoted(name), a.table, a.due(), a.heldRows()))
		}
	}
	return out
}

// wantHashed: equal values stay equal, and different ones different.
func (h *house) wantHashed(a anonymizing, processed int64, different map[string]int64) {
	h.t.Helper()
	for name, want := range different {
		column := "x." + quoted(name)
		var rows, values int64
		sql := fmt.Sprintf(`SELECT count(*), count(DISTINCT %[1]s) FROM %[2]s AS x WHERE %[1]s ~ '^[0-9a-f]{48}$'`, column, a.table)
		if err := h.conn.QueryRow(h.t.Context(), sql).Scan(&rows, &values); err != nil {
			h.t.Fatal(err)
		}
		if rows != processed || values != want || want == 0 {
			h.t.Errorf("%s has %d hashes, %d different ones; want %d and %d", name, rows, values, processed, want)
		}
	}
}
