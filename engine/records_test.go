package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

func (h *house) explain(table string, key ...string) retention.Record {
	h.t.Helper()
	r, err := h.engine.ExplainRecord(h.t.Context(), h.actor, public(table), key)
	if err != nil {
		h.t.Fatalf("explain %s %q: %v", table, key, err)
	}
	return r
}

// TestARecordIsFoundInTheEvidenceByAnyKindOfKey whichever way it is written: the evidence
// knows it as the server writes it.
func TestARecordIsFoundInTheEvidenceByAnyKindOfKey(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name, columns, values string
		// ask are ways to write the key, the first as it is answered.
		ask [][]string
	}{
		{"bigint", `id bigint`, `42`, [][]string{{"42"}, {" 42"}, {"0042"}}},
		{"slashes", `id text`, `'a/b ''c'' "d" %41' || chr(10) || '?[1]'`, [][]string{{"a/b 'c' \"d\" %41\n?[1]"}}},
		{"numeric", `id numeric(9,2)`, `7`, [][]string{{"7.00"}, {"7"}, {"7.0"}}},
		{"free numeric", `id numeric`, `7.50`, [][]string{{"7.50"}}},
		{"padded", `id char(5)`, `'ab'`, [][]string{{"ab"}, {"ab   "}}},
		{"short", `id varchar(3)`, `'abc'`, [][]string{{"abc"}}},
		{"uuid", `id uuid`, `'1b4e28ba-2fa1-11d2-883f-0016d3cca427'`, [][]string{{"1b4e28ba-2fa1-11d2-883f-0016d3cca427"}, {"1B4E28BA-2FA1-11D2-883F-0016D3CCA427"}}},
		{"date", `id date`, `'2020-02-29'`, [][]string{{"2020-02-29"}, {"29 February 2020"}}},
		{"composite", `id bigint, part text`, `42, 'x,"y"'`, [][]string{{"42", `x,"y"`}, {`["42","x,\"y\""]`}, {`[ "042" , "x,\"y\"" ]`}}},
		{"bytea", `id bytea`, `'\x00ff'`, [][]string{{`\x00ff`}, {`\x00FF`}}},
	}
	h := freshHouse(t)
	for i, k := range kinds {
		keys := "id"
		if strings.Contains(k.columns, "part") {
			keys = "id, part"
		}
		h.exec(fmt.Sprintf(`CREATE TABLE public.t%d (%s, created_at timestamptz NOT NULL, PRIMARY KEY (%s))`, i, k.columns, keys),
			fmt.Sprintf(`INSERT INTO public.t%d SELECT %s, now() - interval '100 days'`, i, k.values))
		h.mustPolicy(policyOn(fmt.Sprintf("t%d", i), 90))
	}
	for i, k := range kinds {
		for _, ask := range k.ask {
			r := h.explain(fmt.Sprintf("t%d", i), ask...)
			if !r.Found || strings.Join(r.Key, "|") != strings.Join(k.ask[0], "|") || len(r.Policies) != 1 || !r.Policies[0].Due || len(r.Disposed) > 0 {
				t.Errorf("%s, before: %q is %+v", k.name, ask, r)
			}
		}
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != int64(len(kinds)) {
		t.Fatalf("the run disposed of %d rows", run.TotalProcessed)
	}
	h.carry()
	for i, k := range kinds {
		for _, ask := range k.ask {
			r := h.explain(fmt.Sprintf("t%d", i), ask...)
			if r.Found || len(r.Disposed) != 1 || r.Disposed[0].Policy != fmt.Sprintf("p_t%d", i) || !strings.Contains(r.Next, "it was deleted on ") {
				t.Errorf("%s, after: %q is %+v", k.name, ask, r)
			}
		}
	}
	for i, key := range map[int][]string{0: {"x"}, 3: {"seven"}, 5: {"abcd"}, 7: {"tomorrow"}, 8: {"42"}, 9: {"1", "2"}} {
		r, err := h.engine.ExplainRecord(t.Context(), h.actor, public(fmt.Sprintf("t%d", i)), key)
		inv, bad := errors.AsType[*retention.InvalidError](err)
		if i == 5 && err == nil && !r.Found && len(r.Disposed) == 0 {
			continue // a text too long for the column is a key that no row has
		}
		if !bad || inv.Fields[0].Field != "key" {
			t.Errorf("%s: the key %q is answered with %+v, %v", kinds[i].name, key, r, err)
		}
	}
}

func TestWhatBecomesOfARecordNextIsSaidWithItsReason(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.orders (id bigint PRIMARY KEY, status text, created_at timestamptz)`,
		`CREATE TABLE public.lines (id bigint PRIMARY KEY, order_id bigint REFERENCES public.orders, created_at timestamptz)`,
		`CREATE INDEX ON public.lines (order_id)`,
		`INSERT INTO public.orders VALUES (1, 'closed', now() - interval '100 days'), (2, 'closed', now() - interval '80 days'), (3, 'open', now() - interval '100 days'),
			(4, 'closed', NULL), (5, 'closed', 'infinity'), (6, 'closed', now() - interval '100 days'), (7, 'closed', now() - interval '100 days'), (8, NULL, now() - interval '100 days')`,
		`INSERT INTO public.lines VALUES (60, 6, now())`)
	p := policyOn("orders", 90)
	p.Condition = "status = 'closed'"
	h.mustPolicy(p)
	disabled := policyOn("orders", 10)
	disabled.Name, disabled.Enabled = "disabled", false
	h.mustPolicy(disabled)
	hold := h.mustHold(holdOn("orders", "7"))
	fits := retention.Hold{Matter: "By condition", Reason: "a test", Scope: []retention.Scope{{Table: public("orders"), Condition: "id in (7, 99)"}}}
	h.mustHold(fits)
	for key, want := range map[string]struct {
		next    string
		due     bool
		matches bool
		holds   int
	}{
		"1":  {"It is due under `p_orders`. No schedule runs that policy: the next run of it that somebody asks for deletes it.", true, true, 0},
		"2":  {"It becomes due under `p_orders` on ", false, true, 0},
		"3":  {"Nothing: no policy disposes of it as it is now.", false, false, 0},
		"4":  {"Nothing: no policy disposes of it as it is now.", false, true, 0},
		"5":  {"Nothing: no policy disposes of it as it is now.", false, true, 0},
		"6":  {"Nothing yet: it is due under `p_orders`, and stays as long as rows of `public.lines` refer to it.", true, true, 0},
		"7":  {"Nothing, as long as it is held: Test v. Test, by jane@example.com; By condition, by jane@example.com.", true, true, 2},
		"8":  {"Nothing: no policy disposes of it as it is now.", false, false, 0},
		"99": {"There is no such record, and no evidence that one was disposed of.", false, false, 0},
	} {
		r := h.explain("orders", key)
		i := 0
		if len(r.Policies) == 2 && r.Policies[0].Name == "disabled" {
			i = 1
		}
		got := r.Policies[i]
		if !strings.HasPrefix(r.Next, want.next) || got.Due != want.due || got.Matches != want.matches || len(r.Holds) != want.holds {
			t.Errorf("order %s: %q, due %t, matches %t, %d holds; want %+v", key, r.Next, got.Due, got.Matches, len(r.Holds), want)
		}
		if key == "2" && (got.DueAt == nil || got.Timestamp == nil || !got.DueAt.Equal(got.Timestamp.AddDate(0, 0, 90))) {
			t.Errorf("order 2 of %v is due at %v", got.Timestamp, got.DueAt)
		}
	}
	if r := h.explain("orders", "7"); r.Holds[0].ID != hold.ID || r.Holds[0].Matter != hold.Matter || r.Holds[0].EffectiveAt == nil {
		t.Errorf("the hold is told as %+v", r.Holds)
	}
	// With a schedule there is a time for it.
	h.mustSchedule(retention.Schedule{Name: "nightly", Cron: "0 3 * * *", TimeZone: "UTC", Enabled: true})
	r := h.explain("orders", "1")
	if r.NextAt == nil || r.NextAt.UTC().Hour() != 3 || time.Until(*r.NextAt) > 25*time.Hour || !strings.Contains(r.Next, "The run that `nightly` starts on ") {
		t.Errorf("under a schedule: %q at %v", r.Next, r.NextAt)
	}
	r = h.explain("orders", "2")
	if r.NextAt == nil || r.NextAt.Before(*r.Policies[1].DueAt) || time.Until(*r.NextAt) > 12*24*time.Hour {
		t.Errorf("due in ten days: %q at %v", r.Next, r.NextAt)
	}
}

// TestTheExplanationAgreesWithTheRun for every row of a table, under holds of every kind:
// what is due and neither held nor blocked is what goes.
func TestTheExplanationAgreesWithTheRun(t *testing.T) {
	t.Parallel()
	for _, partitioned := range []bool{false, true} {
		h := freshHouse(t)
		create := `CREATE TABLE public.r (id bigint, kind int, created_at timestamptz NOT NULL, note text, PRIMARY KEY (id, created_at))`
		if partitioned {
			create += ` PARTITION BY RANGE (created_at)`
		}
		h.exec(create)
		if partitioned {
			h.exec(`CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES FROM (MINVALUE) TO ('2021-01-01')`, `CREATE TABLE public.r_new PARTITION OF public.r DEFAULT`)
		}
		h.exec(`INSERT INTO public.r SELECT i, i % 5, timestamptz '2020-01-01' + i * interval '30 days', 'n' FROM generate_series(1, 60) AS i`,
			`INSERT INTO public.r SELECT 100 + i, i % 5, now() - i * interval '1 hour', 'n' FROM generate_series(1, 5) AS i`)
		p := policyOn("r", 30)
		p.Condition = "kind < 4"
		h.mustPolicy(p)
		h.mustHold(retention.Hold{Matter: "Condition", Reason: "a test", Scope: []retention.Scope{{Table: public("r"), Condition: "kind = 2"}}})
		keys := map[string][]string{}
		for i := 1; i <= 60; i++ {
			at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 30*i).Format(time.RFC3339)
			keys[fmt.Sprint(i)] = []string{fmt.Sprint(i), at}
		}
		h.mustHold(retention.Hold{Matter: "Ids", Reason: "a test", Scope: []retention.Scope{{Table: public("r"), RecordIDs: []retention.Key{keys["1"], keys["3"], keys["5"]}}}})
		want := map[string]bool{}
		for id, key := range keys {
			r := h.explain("r", key...)
			want[id] = r.Policies[0].Due && len(r.Holds) == 0
			if r.NextAt == nil && want[id] != strings.HasPrefix(r.Next, "It is due") {
				t.Errorf("partitioned %t, %s: %q and due %t, %d holds", partitioned, id, r.Next, r.Policies[0].Due, len(r.Holds))
			}
		}
		h.mustRun(engine.RunRequest{})
		h.carry()
		for id, key := range keys {
			r := h.explain("r", key...)
			if gone := !r.Found; gone != want[id] || gone != (len(r.Disposed) == 1) {
				t.Errorf("partitioned %t, %s: gone %t, with %d pieces of evidence; it was explained to go: %t", partitioned, id, gone, len(r.Disposed), want[id])
			}
		}
	}
}

func TestAnArchivedRecordSaysWhereItIsAndATreatedOneWhatWasDone(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("a", 3, false)...)
	h.exec(oldRows("n", 3, false)...)
	h.exec(oldRows("c", 3, false)...)
	archive := policyOn("a", 90)
	archive.Action = retention.ActionArchive
	h.mustPolicy(archive)
	treat := policyOn("n", 90)
	treat.Action, treat.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
	h.mustPolicy(treat)
	counts := policyOn("c", 90)
	counts.Evidence = retention.EvidenceCounts
	h.mustPolicy(counts)
	run := h.mustRun(engine.RunRequest{})
	h.carry()
	r := h.explain("a", "2")
	if r.Found || len(r.Archived) != 1 || r.Archived[0].Table != public("a_archive") || r.Archived[0].RunID != run.ID || r.Archived[0].Policy != "p_a" || len(r.Disposed) != 1 || !strings.Contains(r.Next, "it was archived on") {
		t.Errorf("archived: %+v", r)
	}
	r = h.explain("n", "2")
	if !r.Found || !r.Policies[0].Treated || r.Policies[0].Due || len(r.Disposed) != 1 || r.Disposed[0].Action != retention.ActionAnonymize {
		t.Errorf("anonymized: %+v", r)
	}
	r = h.explain("c", "2")
	if r.Found || len(r.Disposed) != 0 || r.Untold != 3 || r.UntoldUntil == nil {
		t.Errorf("without digests: %+v", r)
	}
	// Its policy retired and its table gone, the evidence tells still.
	if _, err := h.engine.RetirePolicy(t.Context(), h.actor, "p_a", 1); err != nil {
		t.Fatal(err)
	}
	if r := h.explain("a", "2"); len(r.Archived) != 1 || len(r.Policies) != 0 {
		t.Errorf("archived by a policy that is retired: %+v", r)
	}
	h.exec(`DROP TABLE public.a`)
	if r := h.explain("a", "2"); r.Found || len(r.Disposed) != 1 {
		t.Errorf("its table dropped: %+v", r)
	}
	if _, err := h.engine.ExplainRecord(t.Context(), h.actor, public("a"), retention.Key{"77"}); !errors.Is(err, retention.ErrNotFound) {
		t.Errorf("of no table and no evidence: %v", err)
	}
}

// TestTheDayOnWhichARecordIsDueIsTheFirstOnWhichARunWouldTakeIt also where months are
// shorter than the one before, and where clocks change.
func TestTheDayOnWhichARecordIsDueIsTheFirstOnWhichARunWouldTakeIt(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id text PRIMARY KEY, created_at timestamptz NOT NULL)`)
	instants := []string{"2023-01-31T12:00:00Z", "2023-01-30T12:00:00Z", "2023-01-28T12:00:00Z", "2024-02-29T00:30:00Z", "2023-02-26T01:30:00Z", "2023-09-29T01:30:00Z", "2022-12-31T23:59:59.999999Z", "2023-03-31T00:00:00Z"}
	for _, at := range instants {
		h.exec(`INSERT INTO public.r VALUES ('` + at + `', '` + at + `')`)
	}
	for i, period := range []string{"P1M", "P1Y", "P13M", "P30D", "PT36H", "P1M1D"} {
		p := policyOn("r", 1)
		var err error
		if p.RetentionPeriod, err = retention.ParsePeriod(period); err != nil {
			t.Fatal(err)
		}
		p.Name, p.TimeZone = fmt.Sprintf("p%d", i), []string{"UTC", "Europe/Berlin"}[i%2]
		h.mustPolicy(p)
	}
	for _, at := range instants {
		for _, p := range h.explain("r", at).Policies {
			for _, c := range []struct {
				asOf time.Time
				due  bool
			}{{p.DueAt.Add(time.Microsecond), true}, {p.DueAt.Add(-time.Microsecond), false}} {
				s, err := h.target.Simulate(t.Context(), func() retention.Policy { q := p.Policy; q.Condition, q.YieldsTo = "id = '"+at+"'", nil; return q }(), &c.asOf)
				if err != nil {
					t.Fatal(err)
				}
				if (s.Due == 1) != c.due {
					t.Errorf("%s under %s in %s: due at %s, but as of %s due %d", at, p.RetentionPeriod.String(), p.TimeZone, p.DueAt.Format(time.RFC3339Nano), c.asOf.Format(time.RFC3339Nano), s.Due)
				}
			}
		}
	}
}
