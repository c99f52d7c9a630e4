package realdata

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

// archiving is a policy that archives, over one of the databases.
type archiving struct {
	database, table, column string
	cutoff                  string
	unit                    retention.Unit
	// due are the rows before the cutoff, held those under a hold, over x.
	due, held string
}

func archivings() []archiving {
	return []archiving{
		{
			// A composite key, partitions, and a moment between two of them.
			database: "pagila", table: "public.payment", column: "payment_date", cutoff: "2022-04-01",
			due: "x.payment_date < '2022-04-01'", held: "x.customer_id BETWEEN 10 AND 19",
		},
		{
			// Payments of six partitions refer to it, those of the seventh do not.
			database: "pagila", table: "public.rental", column: "rental_date", cutoff: "2022-06-20",
			due: "x.rental_date < '2022-06-20'", held: "x.inventory_id % 10 = 0",
		},
		{
			// An array, an enum, a domain and a tsvector; whatever has copies stays.
			database: "pagila", table: "public.film", column: "last_update", cutoff: "2023-01-01",
			due: "true", held: "x.film_id = 14",
		},
		{
			database: "chinook", table: `public."Invoice"`, column: "InvoiceDate", cutoff: "2011-06-21",
			due: `x."InvoiceDate" < '2011-06-21'`, held: `x."InvoiceId" IN (1, 100, 200)`,
		},
		{
			// A number read as a time, as above; two columns of the key.
			database: "chinook", table: `public."PlaylistTrack"`, column: "TrackId", unit: retention.UnitSeconds, cutoff: "1970-01-01 00:30:00",
			due: `x."TrackId" < 1800`, held: `x."PlaylistId" = 5`,
		},
		{
			// Who reports to whom: from the leaves up, as far as no customer and no hold keeps one.
			database: "chinook", table: `public."Employee"`, column: "HireDate", cutoff: "2020-01-01",
			due: "true", held: `x."EmployeeId" = 8`,
		},
	}
}

func (a archiving) policy(t testing.TB) retention.Policy {
	p := deleting(t, policyName("archive", a.table), a.table, a.column)
	p.Action, p.Unit = retention.ActionArchive, a.unit
	return p
}

// toArchive makes something to be free.
func toArchive(database string) []string {
	if database == "pagila" {
		return []string{`DELETE FROM public.film_actor WHERE film_id > 20`, `DELETE FROM public.film_category`}
	}
	return []string{`DELETE FROM public."InvoiceLine" WHERE "InvoiceId" % 3 <> 0`, `UPDATE public."Customer" SET "SupportRepId" = 3`}
}

func TestWhatArrivesInAnArchiveIsWhatHasLeft(t *testing.T) {
	for _, database := range databases() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			h, twin := newHouse(t, database, toArchive(database)...), newBench(t, database, toArchive(database)...)
			for _, a := range archivings() {
				if a.database != database {
					continue
				}
				h.policies(a.policy(t))
				h.hold(a.table, h.ids(a.table, a.held)...)
				archivesAsSQL(h, twin, a)
			}
		})
	}
}

func archivesAsSQL(h *house, twin *bench, a archiving) {
	at, name := instant(h.t, a.cutoff).Add(24*time.Hour), a.policy(h.t).Name
	before := h.sums()
	columns := value[string](h.bench, `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped`, a.table)
	dry, run := h.dryRun(at, name).Policies[0], h.run(at, name)
	got := run.Policies[0]
	both := fmt.Sprintf(`(SELECT %[1]s FROM %[2]s UNION ALL SELECT %[1]s FROM %[3]s)`, columns, a.table, a.archive())
	due := due{a.table, "(" + a.due + ") AND NOT (" + a.held + ")"}
	free := removeFree(twin, due)
	held := h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE (%s) AND (%s)`, a.table, a.due, a.held))
	left := h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE %s`, a.table, a.due))
	if got.Processed != free || got.Held != held || got.Blocked != left-held || got.SkippedTotal() != 0 || free == 0 || held == 0 {
		h.t.Errorf("%s: got %+v, want %d processed, %d held, %d blocked", a.table, got.Counts, free, held, left-held)
	}
	if dry.Processed != got.Processed || dry.Held != got.Held || dry.Blocked != got.Blocked {
		h.t.Errorf("%s: the dry run said %+v, the run %+v", a.table, dry.Counts, got.Counts)
	}
	wantBlockedBy(h, got, due)
	if n := h.count(`SELECT count(*) FROM ` + a.archive()); n != got.Processed {
		h.t.Errorf("%d rows of %s are in the archive, want %d", n, a.table, got.Processed)
	}
	logical := anonymizing{table: a.table}.logical(h.t)
	if is := h.sum(both, "true"); is != before[logical] {
		h.t.Errorf("what has left %s and what has stayed is %v together, was %v", a.table, is, before[logical])
	}
	after := h.sums()
	h.wantAccounted(run, before, after)
	wantSame(h.t, "the database after the run is not that after a DELETE of what is free", twin.sums(), after)
	if again := h.run(at, name).Policies[0]; again.Processed != 0 || again.Held != held || again.Blocked != left-held {
		h.t.Errorf("%s, a second run: %+v", a.table, again.Counts)
	}
	h.backAndForth(a, run, before)
}

// backAndForth restores what a run archived, which makes the database what it was, and
// archives it again. Held rows of the table are where they were all the time.
func (h *house) backAndForth(a archiving, run retention.Run, before map[string]sum) {
	h.t.Helper()
	asked, err := h.engine.RequestRestore(h.t.Context(), h.actor, engine.RestoreRequest{Scope: retention.RestoreScope{RunID: run.ID}, Reason: "there and back"})
	if err == nil {
		err = h.engine.WorkRestores(h.t.Context())
	}
	if err != nil {
		h.t.Fatal(err)
	}
	back, err := h.engine.Restore(h.t.Context(), h.actor, asked.ID)
	if err != nil || back.Status != retention.RestoreSucceeded || back.Restored() != run.TotalProcessed {
		h.t.Errorf("%s: the restore ended as %+v, %v, want %d rows back", a.table, back, err, run.TotalProcessed)
	}
	now := h.sums()
	for table, was := range before {
		if now[table] != was {
			h.t.Errorf("%s is not what it was before rows of %s were archived and restored: %v, was %v", table, a.table, now[table], was)
		}
	}
	if again := h.run(instant(h.t, a.cutoff).Add(24*time.Hour), a.policy(h.t).Name); again.TotalProcessed != run.TotalProcessed {
		h.t.Errorf("%s: archived again were %d, want %d", a.table, again.TotalProcessed, run.TotalProcessed)
	}
}

// archive is the table that rows go to.
func (a archiving) archive() string {
	if table, ok := strings.CutSuffix(a.table, `"`); ok {
		return table + `_archive"`
	}
	return a.table + "_archive"
}
