package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func (h *house) coverage() map[string]retention.TableCoverage {
	h.t.Helper()
	c, err := h.engine.Coverage(h.t.Context(), h.actor)
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]retention.TableCoverage{}
	for _, t := range c.Tables {
		out[t.Table.String()] = t
	}
	return out
}

func TestEveryTableIsCoveredExemptOrOpen(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(
		`CREATE TABLE public.customers (id bigint PRIMARY KEY, name text, last_seen timestamptz)`,
		`CREATE TABLE public.orders (id bigint PRIMARY KEY, customer bigint REFERENCES public.customers ON DELETE CASCADE, placed timestamptz, email text, note text)`,
		`CREATE TABLE public.lines (id bigint PRIMARY KEY, "order" bigint REFERENCES public.orders ON DELETE CASCADE)`,
		`CREATE TABLE public.reviews (id bigint PRIMARY KEY, "order" bigint REFERENCES public.orders ON DELETE SET NULL)`,
		`CREATE TABLE public.countries (code char(2) PRIMARY KEY, name text)`,
		`CREATE TABLE public.events (id bigint, at timestamptz) PARTITION BY RANGE (at)`,
		`CREATE TABLE public.events_1 PARTITION OF public.events DEFAULT`,
		`CREATE TABLE public."Odd Name" (id bigint PRIMARY KEY, "eMail" text)`,
	)
	customers := policyOn("customers", 90)
	customers.TimestampColumn = "last_seen"
	customers.Cascade = []retention.TableName{{Schema: "public", Name: "orders"}, {Schema: "public", Name: "lines"}, {Schema: "public", Name: "reviews"}}
	h.mustPolicy(customers)
	orders := policyOn("orders", 90)
	orders.TimestampColumn, orders.Action, orders.Condition = "placed", retention.ActionAnonymize, "email IS NOT NULL"
	orders.Columns = map[string]retention.Anonymizer{"email": {Method: retention.MethodNull}}
	h.mustPolicy(orders)
	events := policyOn("events", 90)
	events.TimestampColumn, events.Enabled = "at", false
	h.mustPolicy(events)
	if _, err := h.engine.ExemptTable(t.Context(), h.actor, retention.TableName{Schema: "public", Name: "countries"}, "a list"); err != nil {
		t.Fatal(err)
	}

	got := h.coverage()
	for name, want := range map[string]struct {
		state     retention.CoverageState
		policies  string
		untouched string
	}{
		"public.customers":  {retention.CoverageCovered, "p_customers", ""},
		"public.orders":     {retention.CoverageCovered, "p_customers<public.customers p_orders", ""},
		"public.lines":      {retention.CoverageCovered, "p_customers<public.customers", ""},
		"public.reviews":    {retention.CoverageOpen, "", ""}, // it only loses its reference
		"public.countries":  {retention.CoverageExempt, "", ""},
		"public.events":     {retention.CoverageOpen, "", ""}, // its policy is disabled
		`public."Odd Name"`: {retention.CoverageOpen, "", "eMail"},
	} {
		tc, listed := got[name]
		var policies, untouched []string
		for _, p := range tc.Policies {
			s := p.Name
			if !p.Via.IsZero() {
				s += "<" + p.Via.String()
			}
			policies = append(policies, s)
		}
		for _, c := range tc.Untouched() {
			untouched = append(untouched, c.Name)
		}
		if !listed || tc.State != want.state || strings.Join(policies, " ") != want.policies || strings.Join(untouched, " ") != want.untouched {
			t.Errorf("%s: %s under %q, untouched %q; want %+v", name, tc.State, policies, untouched, want)
		}
	}
	if len(got) != 7 {
		t.Errorf("%d tables are listed, want 7: partitions and tables of ours are none of them", len(got))
	}
	for _, c := range got["public.orders"].Columns {
		if treated := slices.Equal(c.TreatedBy, []string{"p_orders"}); treated != (c.Name == "email") {
			t.Errorf("column %s is treated by %v", c.Name, c.TreatedBy)
		}
	}
}

func TestTheSurveyOfTheDayLooksAtValuesAndTellsWhatHasChangedSince(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(
		`CREATE TABLE public.notes (id bigint PRIMARY KEY, body text, shelf varchar(10), code char(4))`,
		`INSERT INTO public.notes SELECT i, 'please write to someone' || i || '@example.com', 'A' || i, 'x' FROM generate_series(1, 50) AS i`,
		`CREATE TABLE public.large (id bigint PRIMARY KEY, contact text)`,
		`INSERT INTO public.large SELECT i, '+49 30 ' || 100000 + i FROM generate_series(1, 30000) AS i`,
		`ANALYZE public.large`,
		`CREATE TABLE public.secret (id bigint PRIMARY KEY, value text)`,
		`INSERT INTO public.secret SELECT i, 'a' || i || '@example.com' FROM generate_series(1, 50) AS i`,
		`CREATE TABLE public.empty (id bigint PRIMARY KEY, value text)`,
	)
	h.lockTable("public.secret", "ACCESS EXCLUSIVE")
	if err := h.engine.SurveyCoverage(t.Context()); err != nil {
		t.Fatal(err)
	}
	looks := map[string]retention.Looks{}
	for _, tc := range h.coverage() {
		for _, c := range tc.Columns {
			if c.Looks.Kind != "" {
				looks[tc.Table.Name+"."+c.Name] = c.Looks
			}
		}
	}
	want := map[string]retention.Looks{
		"notes.body":    {Kind: retention.PersonalEmail, By: retention.SignSample},
		"large.contact": {Kind: retention.PersonalPhone, By: retention.SignSample},
	}
	if len(looks) != len(want) || looks["notes.body"] != want["notes.body"] || looks["large.contact"] != want["large.contact"] {
		t.Errorf("looks personal: %v, want %v; a locked table is left for another day", looks, want)
	}

	c, err := h.engine.Coverage(t.Context(), h.actor)
	if err != nil || c.Since != nil || c.SampledAt == nil {
		t.Fatalf("on the first day: compared with %v, sampled %v, %v", c.Since, c.SampledAt, err)
	}
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.survey SET day = day - 1`)
	h.exec(`DROP TABLE public.empty`, `ALTER TABLE public.notes ADD COLUMN email text`, `ALTER TABLE public.notes ALTER COLUMN body TYPE varchar(500)`)
	c, err = h.engine.Coverage(t.Context(), h.actor)
	if err != nil || c.Since == nil {
		t.Fatalf("a day later: compared with %v, %v", c.Since, err)
	}
	var drift []string
	for _, d := range c.Drift {
		drift = append(drift, d.Table.Name+"."+d.Column)
	}
	slices.Sort(drift)
	if !slices.Equal(drift, []string{"empty.", "notes.body", "notes.email"}) {
		t.Errorf("changed: %v", c.Drift)
	}
}

func TestOnlyATableOfTheApplicationIsExempted(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.events (at timestamptz) PARTITION BY RANGE (at)`, `CREATE TABLE public.events_1 PARTITION OF public.events DEFAULT`,
		`CREATE VIEW public.seen AS SELECT * FROM public.events`)
	for _, name := range []string{"public.nothing", "public.events_1", "public.seen", "pg_catalog.pg_class", "holdfast_guard.journal"} {
		table, err := retention.ParseTableName(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.engine.ExemptTable(t.Context(), h.actor, table, "no reason"); !errors.Is(err, retention.ErrNotFound) {
			t.Errorf("%s: %v, want that there is no such table", name, err)
		}
	}
	events := retention.TableName{Schema: "public", Name: "events"}
	for _, reason := range []string{"", " \n", strings.Repeat("x", 4001), "a\x00b", "a\xffb"} {
		if _, err := h.engine.ExemptTable(t.Context(), h.actor, events, reason); !errors.Is(err, retention.ErrInvalid) {
			t.Errorf("reason %.10q: %v, want a refusal", reason, err)
		}
	}
	if _, err := h.engine.ExemptTable(t.Context(), retention.Actor{}, events, "no reason"); !errors.Is(err, retention.ErrUnauthenticated) {
		t.Errorf("nobody: %v", err)
	}
}
