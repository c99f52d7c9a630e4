package realdata

import (
	"errors"
	"strings"
	"testing"

	"holdfast/retention"
)

// TestWhatTheseDatabasesDoNotAllowIsRefusedWithItsRemedy saves policies that a person
// might try, and reads what they are told.
func TestWhatTheseDatabasesDoNotAllowIsRefusedWithItsRemedy(t *testing.T) {
	t.Parallel()
	for database, refused := range map[string][]refusal{"pagila": pagilaRefuses(), "chinook": chinookRefuses()} {
		h := newHouse(t, database)
		for _, r := range refused {
			p := deleting(t, "refused", r.table, r.column)
			if r.columns != nil {
				p.Action, p.Columns = retention.ActionAnonymize, r.columns
			}
			for _, table := range r.cascade {
				p.Cascade = append(p.Cascade, tableName(t, table))
			}
			_, err := h.engine.CreatePolicy(t.Context(), h.actor, p)
			if !errors.Is(err, retention.ErrInvalid) {
				t.Errorf("%s by %s, %v: %v, want a refusal", r.table, r.column, r.columns, err)
				continue
			}
			for _, w := range r.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%s by %s, %v: %v, want %q in it", r.table, r.column, r.columns, err, w)
				}
			}
		}
		wantSame(t, "after refusals", counted(t, database), h.sums())
	}
}

// TestAColumnThatATriggerWritesItselfIsCountedAsUndone: Pagila's triggers write last_update
// at each change. The search column of a film they write only where its title is changed.
func TestAColumnThatATriggerWritesItselfIsCountedAsUndone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "pagila")
	undone := anonymizing{table: "public.customer", column: "create_date", columns: map[string]retention.Anonymizer{"last_update": constant("2000-01-01 00:00:00+00")}}
	stands := anonymizing{table: "public.film", column: "last_update", columns: map[string]retention.Anonymizer{"fulltext": constant("'x'")}}
	before, others := h.sums(), h.sum(undone.compared(h.bench), "true")
	h.policies(undone.policy(t), stands.policy(t))
	run := h.run(instant(t, "2024-01-01"))
	if got := run.Policies[0]; got.Processed != 0 || got.Skipped[retention.SkippedStillDue] != 599 {
		t.Errorf("customers: got %+v, want 599 undone", got.Counts)
	}
	if got := run.Policies[1]; got.Processed != 1000 || h.count(`SELECT count(*) FROM public.film WHERE fulltext = 'x'`) != 1000 {
		t.Errorf("films: got %+v, want 1000 with another search column", got.Counts)
	}
	if is := h.sum(undone.compared(h.bench), "true"); is != others {
		t.Errorf("what no trigger writes is %v, was %v", is, others)
	}
	wantSame(t, "other tables", before, h.sums(), "public.customer", "public.film")
}

type refusal struct {
	table, column string
	columns       map[string]retention.Anonymizer
	cascade       []string
	words         []string
}

func pagilaRefuses() []refusal {
	one := func(name string, how retention.Anonymizer) map[string]retention.Anonymizer {
		return map[string]retention.Anonymizer{name: how}
	}
	return []refusal{
		{table: "public.payment_p2022_01", column: "payment_date", words: []string{"public.payment"}},
		{table: "public.customer_list", column: "name", words: []string{"view"}},
		{table: "public.rental_by_category", column: "category", words: []string{"view"}},
		{table: "public.payment", column: "payment_date", columns: one("payment_date", truncate("month")), words: []string{"partition", "leave it out"}},
		{table: "public.payment", column: "payment_date", columns: one("customer_id", constant("1")), words: []string{"customer_id", "leave it out"}},
		{table: "public.rental", column: "last_update", columns: one("rental_date", truncate("month")), words: []string{"unique", "rental_date", "leave it out"}},
		{table: "public.customer", column: "create_date", columns: one("customer_id", constant("1")), words: []string{"customer_pkey", "leave it out"}},
		{table: "public.customer", column: "create_date", columns: one("address_id", constant("1")), words: []string{"public.address", "leave it out"}},
		{table: "public.customer", column: "create_date", columns: one("first_name", null()), words: []string{"NOT NULL", "redact"}},
		{table: "public.store", column: "last_update", columns: one("manager_staff_id", constant("1")), words: []string{"unique", "leave it out"}},
		{table: "public.language", column: "last_update", columns: one("name", hash()), words: []string{"48"}},
		{table: "public.film", column: "last_update", columns: one("release_year", constant("1800")), words: []string{"release_year"}},
		{table: "public.film", column: "last_update", columns: one("rating", constant("X")), words: []string{"rating"}},
		{table: "public.film", column: "last_update", columns: one("fulltext", redact("")), words: []string{"fulltext", "text"}},
		{table: "public.film", column: "last_update", columns: one("rental_rate", constant("100.00")), words: []string{"rental_rate"}},
		{table: "public.rental", column: "rental_date", cascade: []string{"public.payment"}, words: []string{"public.payment", "ON DELETE CASCADE", "leave it out"}},
		{table: "public.rental", column: "rented_at", words: []string{"rented_at", "rental_date"}},
		{table: "public.film", column: "release_year", words: []string{"release_year"}},
	}
}

func chinookRefuses() []refusal {
	one := func(name string, how retention.Anonymizer) map[string]retention.Anonymizer {
		return map[string]retention.Anonymizer{name: how}
	}
	return []refusal{
		{table: "public.Invoice", column: "InvoiceDate", words: []string{`public."Invoice"`}},
		{table: `public."Invoice"`, column: "invoicedate", words: []string{"InvoiceDate"}},
		{table: `public."Employee"`, column: "HireDate", columns: one("LastName", hash()), words: []string{"48", "20"}},
		{table: `public."Employee"`, column: "HireDate", columns: one("PostalCode", redact("")), words: []string{"10"}},
		{table: `public."Employee"`, column: "HireDate", columns: one("ReportsTo", null()), words: []string{"ReportsTo", "leave it out"}},
		{table: `public."Employee"`, column: "HireDate", columns: one("HireDate", truncate("year")), words: []string{"HireDate", "leave it out"}},
		{table: `public."Employee"`, column: "HireDate", columns: one("birthdate", truncate("year")), words: []string{"BirthDate"}},
		{table: `public."Invoice"`, column: "InvoiceDate", columns: one("Total", constant("0.005")), words: []string{"Total"}},
		{table: `public."InvoiceLine"`, column: "InvoiceId", words: []string{"unit"}},
	}
}
