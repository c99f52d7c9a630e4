package realdata

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
)

// step is one of several policies that are carried out in one run.
type step struct {
	table, column string
	// cutoff is the policy's own; due are the rows before it.
	cutoff, due string
	condition   string
	unit        retention.Unit
	action      retention.Action
	// held are rows under a hold: "all", none where it is empty.
	held string
}

// pagilaSteps are given in the order of their names, in which nothing could go at first.
func pagilaSteps() []step {
	const all = "2023-01-01"
	return []step{
		{table: "public.actor", column: "last_update", cutoff: all},
		{table: "public.address", column: "last_update", cutoff: all},
		{table: "public.city", column: "last_update", cutoff: all, action: retention.ActionArchive},
		{table: "public.country", column: "last_update", cutoff: all, held: "all"},
		{table: "public.customer", column: "create_date", cutoff: all, held: "x.customer_id IN (300, 301)"},
		{table: "public.film", column: "last_update", cutoff: all, action: retention.ActionArchive},
		{table: "public.film_actor", column: "last_update", cutoff: all, held: "x.actor_id = 7 AND x.film_id < 200"},
		{table: "public.film_category", column: "last_update", cutoff: all},
		{table: "public.inventory", column: "last_update", cutoff: all},
		{table: "public.payment", column: "payment_date", cutoff: "2022-06-15 12:00:00", due: "x.payment_date < '2022-06-15 12:00:00'", action: retention.ActionArchive, held: "x.customer_id = 5"},
		{table: "public.rental", column: "rental_date", cutoff: "2022-06-10", due: "x.rental_date < '2022-06-10'", held: "x.inventory_id BETWEEN 1 AND 10"},
		{table: "public.staff", column: "last_update", cutoff: all, condition: "staff_id % 10 = 0", due: "x.staff_id % 10 = 0"},
		{table: "public.store", column: "last_update", cutoff: all},
	}
}

// chinookSteps reads numbers as times where a table has none; see archivings.
func chinookSteps() []step {
	s := retention.UnitSeconds
	return []step{
		{table: `public."Album"`, column: "ArtistId", unit: s, cutoff: "1970-01-01 00:04:00", due: `x."ArtistId" < 240`, action: retention.ActionArchive},
		{table: `public."Artist"`, column: "ArtistId", unit: s, cutoff: "1970-01-01 00:04:00", due: `x."ArtistId" < 240`},
		{table: `public."Customer"`, column: "LastInvoiceAt", cutoff: "2013-09-01", due: `x."LastInvoiceAt" < '2013-09-01'`, action: retention.ActionArchive, held: `x."Email" LIKE 'l%'`},
		{table: `public."Employee"`, column: "HireDate", cutoff: "2010-01-01"},
		{table: `public."Invoice"`, column: "InvoiceDate", cutoff: "2013-09-01", due: `x."InvoiceDate" < '2013-09-01'`},
		{table: `public."InvoiceLine"`, column: "InvoiceId", unit: s, cutoff: "1970-01-01 00:06:30", due: `x."InvoiceId" < 390`, held: `x."TrackId" % 100 = 1`},
		{table: `public."PlaylistTrack"`, column: "TrackId", unit: s, cutoff: "1970-01-01 00:45:00", due: `x."TrackId" < 2700`, held: `x."PlaylistId" IN (9, 18)`},
		{table: `public."Track"`, column: "Milliseconds", unit: retention.UnitMilliseconds, cutoff: "1970-01-01 00:06:00", due: `x."Milliseconds" < 360000`, held: `x."Composer" IS NOT NULL AND x."Composer" LIKE 'J%'`},
	}
}

// policy has the period that leads from the run's instant to the step's own cutoff.
func (s step) policy(t testing.TB, at time.Time) retention.Policy {
	p := deleting(t, policyName("step", s.table), s.table, s.column)
	p.Unit, p.Condition = s.unit, s.condition
	p.RetentionPeriod = retention.Period{Seconds: int(at.Sub(instant(t, s.cutoff)) / time.Second)}
	if s.action != "" {
		p.Action = s.action
	}
	return p
}

// rows are those that are due, and those of them that nothing holds.
func (s step) rows() (all, free due) {
	all = due{s.table, s.due}
	if s.due == "" {
		all.where = "true"
	}
	free = all
	switch s.held {
	case "":
	case "all":
		free.where = "false"
	default:
		free.where = fmt.Sprintf("(%s) AND NOT (%s)", all.where, s.held)
	}
	return all, free
}

// TestPoliciesOfTablesThatReferToEachOtherGoTogetherInOneRun runs a policy for every
// table at once: what refers goes first, and every held row keeps all that it refers to.
func TestPoliciesOfTablesThatReferToEachOtherGoTogetherInOneRun(t *testing.T) {
	for database, steps := range map[string][]step{"pagila": pagilaSteps(), "chinook": chinookSteps()} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			var sql []string
			if database == "chinook" {
				sql = lastInvoice
			}
			h, twin := newHouse(t, database, sql...), newBench(t, database, sql...)
			goTogether(h, twin, steps)
		})
	}
}

func goTogether(h *house, twin *bench, steps []step) {
	at := instant(h.t, "2024-01-01")
	var model []due
	for _, s := range steps {
		h.policies(s.policy(h.t, at))
		if s.held == "all" {
			h.hold(s.table)
		} else if s.held != "" {
			h.hold(s.table, h.ids(s.table, s.held)...)
		}
		_, free := s.rows()
		model = append(model, free)
	}
	before := h.sums()
	foretold := []string(nil)
	if len(steps) < 10 { // A dry run asks anew for each table what all before would take.
		foretold = outcomes(h.dryRun(at))
	}
	run := h.run(at)
	removeFree(twin, model...)
	after := h.sums()
	for _, s := range steps {
		name := anonymizing{table: s.table}.logical(h.t)
		if s.action == retention.ActionArchive {
			archived := h.count(`SELECT count(*) FROM ` + archiving{table: s.table}.archive())
			if gone := before[name].Rows - after[name].Rows; archived != gone || archived == 0 {
				h.t.Errorf("%d rows of %s were archived, and %d are gone", archived, name, gone)
			}
		}
	}
	h.wantAccounted(run, before, after)
	wantSame(h.t, "the database after the run is not that of the model", twin.sums(), after)
	h.wantLeft(run, steps)
	if foretold == nil {
		return
	}
	if diff := cmp.Diff(foretold, outcomes(run)); diff != "" {
		h.t.Errorf("the run was not what the dry run said (-dry +run):\n%s", diff)
	}
	for _, p := range h.run(at).Policies {
		if p.Processed != 0 {
			h.t.Errorf("a second run: %s processed %d", p.Policy, p.Processed)
		}
	}
}

// wantLeft: what is due and still there is held or blocked.
func (h *house) wantLeft(run retention.Run, steps []step) {
	h.t.Helper()
	for i, p := range run.Policies {
		s := steps[i]
		all, free := s.rows()
		if p.Table != tableName(h.t, s.table) {
			h.t.Fatalf("policy %d is of %s, want %s", i, p.Table, s.table)
		}
		left := h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE %s`, s.table, all.where))
		notHeld := h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE %s`, s.table, free.where))
		if p.Held != left-notHeld || p.Blocked != notHeld || p.SkippedTotal() != 0 {
			h.t.Errorf("%s: %+v, want %d held and %d blocked", s.table, p.Counts, left-notHeld, notHeld)
		}
		wantBlockedBy(h, p, free)
	}
}

func outcomes(r retention.Run) (out []string) {
	for _, p := range r.Policies {
		out = append(out, fmt.Sprintf("%s: %d processed, %d held, %d blocked", p.Table, p.Processed, p.Held, p.Blocked))
	}
	return out
}

func TestMonthsThatAreDueAsAWholeAreEmptiedAndTheOthersWalked(t *testing.T) {
	t.Parallel()
	const cutoff = "2022-05-01 00:00:00.000001" // a microsecond into May
	h, twin := newHouse(t, "pagila"), newBench(t, "pagila")
	p := deleting(t, "payments_counts", "public.payment", "payment_date")
	p.Evidence = retention.EvidenceCounts
	h.policies(p)
	const held = "x.payment_id = (SELECT min(payment_id) FROM public.payment_p2022_02)"
	h.hold("public.payment", h.ids("public.payment", held)...)
	h.exec(`UPDATE public.payment_p2022_05 SET payment_date = '2022-05-01' WHERE payment_id = (SELECT min(payment_id) FROM public.payment_p2022_05)`)
	twin.exec(`UPDATE public.payment_p2022_05 SET payment_date = '2022-05-01' WHERE payment_id = (SELECT min(payment_id) FROM public.payment_p2022_05)`,
		fmt.Sprintf(`DELETE FROM public.payment AS x WHERE payment_date < '%s' AND NOT (%s)`, cutoff, held))
	before, at := h.sums(), asOf(t, cutoff)
	dry, run := h.dryRun(at), h.run(at)
	after := h.sums()
	h.wantAccounted(run, before, after)
	wantSame(t, "the database after the run", twin.sums(), after)
	if diff := cmp.Diff(outcomes(dry), outcomes(run)); diff != "" {
		t.Errorf("the run was not what the dry run said (-dry +run):\n%s", diff)
	}
	// The first, third and fourth month; the second has a held row, the fifth is not all due.
	got := value[string](h.bench, `SELECT coalesce(string_agg(step, ', ' ORDER BY seq), '') FROM holdfast_guard.journal WHERE step LIKE 'emptied%'`)
	for month, want := range map[string]bool{"01": true, "02": false, "03": true, "04": true, "05": false, "06": false, "07": false} {
		if strings.Contains(got, "payment_p2022_"+month) != want {
			t.Errorf("emptied at once: %s; %s among them should be %v", got, month, want)
		}
	}
	if run.Policies[0].Held != 1 {
		t.Errorf("got %+v, want one held", run.Policies[0].Counts)
	}
}

// reaching is a delete policy that takes rows of other tables along, as the foreign keys
// say after a change that the databases' owners might have made.
type reaching struct {
	database, table, column, cutoff string
	// before are the rows that are due.
	before  string
	cascade []string
	sql     []string
	// held is a row of the first table of cascade, and keeps the row that keptBy leads to.
	heldIn, held, keeps string
}

func reachings() []reaching {
	cascade := func(on string) (sql []string) {
		for month := 1; month <= 6; month++ {
			sql = append(sql, fmt.Sprintf(`ALTER TABLE public.payment_p2022_%02[1]d DROP CONSTRAINT payment_p2022_%02[1]d_rental_id_fkey,
				ADD CONSTRAINT payment_p2022_%02[1]d_rental_id_fkey FOREIGN KEY (rental_id) REFERENCES public.rental (rental_id) ON DELETE %s`, month, on))
		}
		return sql
	}
	return []reaching{
		{
			// A foreign key of each partition.
			database: "pagila", table: "public.rental", column: "rental_date", cutoff: "2022-06-01", before: "x.rental_date < '2022-06-01'",
			cascade: []string{"public.payment"}, sql: cascade("CASCADE"),
			heldIn: "public.payment", held: "x.rental_id IN (1, 2, 3)", keeps: "x.rental_id IN (SELECT rental_id FROM public.payment WHERE rental_id IN (1, 2, 3) AND payment_date < '2022-07-01')",
		},
		{
			database: "chinook", table: `public."Invoice"`, column: "InvoiceDate", cutoff: "2011-06-21", before: `x."InvoiceDate" < '2011-06-21'`,
			cascade: []string{`public."InvoiceLine"`},
			sql: []string{`ALTER TABLE public."InvoiceLine" DROP CONSTRAINT "FK_InvoiceLineInvoiceId",
				ADD CONSTRAINT "FK_InvoiceLineInvoiceId" FOREIGN KEY ("InvoiceId") REFERENCES public."Invoice" ("InvoiceId") ON DELETE CASCADE`},
			heldIn: `public."InvoiceLine"`, held: `x."InvoiceLineId" IN (1, 50)`, keeps: `x."InvoiceId" IN (SELECT "InvoiceId" FROM public."InvoiceLine" WHERE "InvoiceLineId" IN (1, 50))`,
		},
		{
			// Whoever reports to those who go reports to nobody then; so do customers.
			database: "chinook", table: `public."Employee"`, column: "HireDate", cutoff: "2003-01-01", before: `x."HireDate" < '2003-01-01'`,
			cascade: []string{`public."Customer"`, `public."Employee"`},
			sql: []string{
				`ALTER TABLE public."Customer" DROP CONSTRAINT "FK_CustomerSupportRepId", ADD CONSTRAINT "FK_CustomerSupportRepId" FOREIGN KEY ("SupportRepId") REFERENCES public."Employee" ("EmployeeId") ON DELETE SET NULL`,
				`ALTER TABLE public."Employee" DROP CONSTRAINT "FK_EmployeeReportsTo", ADD CONSTRAINT "FK_EmployeeReportsTo" FOREIGN KEY ("ReportsTo") REFERENCES public."Employee" ("EmployeeId") ON DELETE SET NULL`,
				`UPDATE public."Customer" SET "SupportRepId" = 2 WHERE "CustomerId" > 40`,
			},
			heldIn: `public."Customer"`, held: `x."CustomerId" = 50`, keeps: `x."EmployeeId" = 2`,
		},
	}
}

func TestWhatAPolicyReachesIntoIsWhatTheDatabasesOwnCascadeWouldTake(t *testing.T) {
	for i, r := range reachings() {
		for _, hold := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %s held %v", i, r.table, hold), func(t *testing.T) {
				t.Parallel()
				h, twin := newHouse(t, r.database, r.sql...), newBench(t, r.database, r.sql...)
				reachesAsSQL(h, twin, r, hold)
			})
		}
	}
}

func reachesAsSQL(h *house, twin *bench, r reaching, hold bool) {
	p := deleting(h.t, "reaching", r.table, r.column)
	for _, name := range r.cascade {
		p.Cascade = append(p.Cascade, tableName(h.t, name))
	}
	h.policies(p)
	kept, where := int64(0), r.before
	if hold {
		h.hold(r.heldIn, h.ids(r.heldIn, r.held)...)
		kept = h.count(fmt.Sprintf(`SELECT count(*) FROM %s AS x WHERE (%s) AND (%s)`, r.table, r.before, r.keeps))
		where += " AND NOT (" + r.keeps + ")"
	}
	before, at := h.sums(), asOf(h.t, r.cutoff)
	dry, run := h.dryRun(at), h.run(at)
	got := run.Policies[0]
	wanted := twin.exec(fmt.Sprintf(`DELETE FROM %s AS x WHERE %s`, r.table, where))
	if got.Processed != wanted || got.Blocked != kept || got.Held != 0 || (kept > 0) != hold {
		h.t.Errorf("got %+v, want %d processed and %d blocked", got.Counts, wanted, kept)
	}
	if diff := cmp.Diff(outcomes(dry), outcomes(run)); diff != "" {
		h.t.Errorf("the run was not what the dry run said (-dry +run):\n%s", diff)
	}
	if len(got.Effects) == 0 {
		h.t.Errorf("got %+v, want effects beside", got.Counts)
	}
	after := h.sums()
	h.wantAccounted(run, before, after)
	wantSame(h.t, "the database after the run is not that after a plain DELETE", twin.sums(), after)
}
