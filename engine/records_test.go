package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
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

// TestTheExplanationAgreesWithTheRunWhereRowsRefer to rows of their own table and of
// others, by foreign keys that keep them and by some that take rows along, with holds on
// any of them.
func TestTheExplanationAgreesWithTheRunWhereRowsRefer(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 5))
	for _, own := range []string{"", "ON DELETE CASCADE", "ON DELETE SET NULL"} {
		for _, other := range []string{"", "ON DELETE CASCADE"} {
			h := freshHouse(t)
			h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, up bigint REFERENCES public.r `+own+`, created_at timestamptz NOT NULL)`,
				`CREATE TABLE public.c (id bigint PRIMARY KEY, r_id bigint REFERENCES public.r `+other+`)`,
				`CREATE INDEX ON public.r (up)`, `CREATE INDEX ON public.c (r_id)`)
			for i := 1; i <= 40; i++ {
				up := "NULL"
				if i > 1 && random.IntN(3) > 0 {
					up = fmt.Sprint(1 + random.IntN(i-1))
				}
				h.exec(fmt.Sprintf(`INSERT INTO public.r VALUES (%d, %s, now() - interval '%d days')`, i, up, []int{10, 200, 200, 200}[random.IntN(4)]))
				if random.IntN(5) == 0 {
					h.exec(fmt.Sprintf(`INSERT INTO public.c VALUES (%d, %d)`, i, i))
				}
			}
			p := policyOn("r", 90)
			if own != "" {
				p.Cascade = append(p.Cascade, public("r"))
			}
			if other != "" {
				p.Cascade = append(p.Cascade, public("c"))
			}
			h.mustPolicy(p)
			h.mustHold(holdOn("r", "5", "17"))
			h.mustHold(retention.Hold{Matter: "Children", Reason: "a test", Scope: []retention.Scope{{Table: public("c"), Condition: "id % 3 = 0"}}})
			goes := map[int]bool{}
			for i := 1; i <= 40; i++ {
				r := h.explain("r", fmt.Sprint(i))
				got := r.Policies[0]
				goes[i] = got.Due && len(r.Holds) == 0 && len(got.BlockedBy)+len(got.KeptWith) == 0
				if goes[i] != strings.HasPrefix(r.Next, "It is due") || got.Circular {
					t.Errorf("own %q, other %q, row %d: %q and %+v", own, other, i, r.Next, got)
				}
			}
			run := h.mustRun(engine.RunRequest{})
			for i := 1; i <= 40; i++ {
				gone := h.count(fmt.Sprintf(`SELECT count(*) FROM public.r WHERE id = %d`, i)) == 0
				// What goes with another row may be too young itself.
				if gone != goes[i] && !(gone && own == "ON DELETE CASCADE" && !goes[i]) {
					t.Errorf("own %q, other %q: row %d was explained to go: %t, and is gone: %t; %+v", own, other, i, goes[i], gone, run.Policies[0].Counts)
				}
			}
			if other == "ON DELETE CASCADE" {
				if r := h.explain("c", "40000"); len(r.ReachedBy) != 1 || r.ReachedBy[0] != "p_r" {
					t.Errorf("a table that a policy reaches: %+v", r)
				}
			}
		}
	}
}

// TestWhatMayHappenToARecordIsSaidWhereNoPolicyIsAboutIt or where one cannot tell.
func TestWhatMayHappenToARecordIsSaidWhereNoPolicyIsAboutIt(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`CREATE TABLE public.lines (id bigint PRIMARY KEY, order_id bigint REFERENCES public.orders ON DELETE CASCADE)`, `CREATE INDEX ON public.lines (order_id)`,
		`INSERT INTO public.orders VALUES (1, now() - interval '100 days')`, `INSERT INTO public.lines VALUES (11, 1)`,
		`CREATE TABLE public.codes (id bigint PRIMARY KEY, n text, at bigint)`,
		`INSERT INTO public.codes VALUES (1, 'x', 1), (2, '1', -9223372036854775808), (3, '1', 9223372036854775807), (4, '1', 1)`)
	p := policyOn("orders", 90)
	p.Cascade = []retention.TableName{public("lines")}
	p.Evidence = retention.EvidenceCounts
	h.mustPolicy(p)
	codes := policyOn("codes", 90)
	codes.TimestampColumn, codes.Unit, codes.Condition = "at", retention.UnitSeconds, "n::int = 1"
	h.mustPolicy(codes)
	if r := h.explain("lines", "11"); r.Next != "`p_orders` may delete it, or take its reference, with the row that it refers to: see that one." {
		t.Errorf("a row that goes with another: %q", r.Next)
	}
	if r := h.explain("codes", "1"); r.Next != "Not known: `p_codes` cannot judge it: a condition fails for this record (SQLSTATE 22P02)." {
		t.Errorf("a condition that fails: %q", r.Next)
	}
	for id, due := range map[string]bool{"2": true, "3": false, "4": true} {
		if r := h.explain("codes", id); r.Policies[0].Due != due || r.Policies[0].Problem != "" || strings.HasPrefix(r.Next, "It is due") != due {
			t.Errorf("code %s: %q, %+v", id, r.Next, r.Policies[0])
		}
	}
	// Before the evidence is in the store, and without digests.
	h.mustRun(engine.RunRequest{Policies: []string{"p_orders"}})
	h.carry()
	if r := h.explain("lines", "11"); r.Found || r.Untold != 1 {
		t.Errorf("a row that went with another without a digest: %+v", r)
	}
}

func TestEvidenceIsFoundBeforeItIsInTheStoreAndAfterItsTableIsGone(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (a bigint, b text, created_at timestamptz NOT NULL, PRIMARY KEY (a, b))`, `INSERT INTO public.r VALUES (1, 'x', now() - interval '100 days')`)
	h.mustPolicy(policyOn("r", 90))
	run := h.mustRun(engine.RunRequest{})
	for _, when := range []string{"on its way", "in the store", "its table gone"} {
		r := h.explain("r", `["1","x"]`)
		if len(r.Disposed) != 1 || r.Disposed[0].RunID != run.ID || r.Disposed[0].With || !strings.Contains(r.Next, "it was deleted on") {
			t.Errorf("%s: %+v", when, r)
		}
		h.carry()
		if when == "in the store" {
			h.exec(`DROP TABLE public.r`)
		}
	}
}

// TestOfSeveralPoliciesTheSoonestIsSaidFirst, a slot at the very moment included.
func TestOfSeveralPoliciesTheSoonestIsSaidFirst(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, day date NOT NULL)`, `INSERT INTO public.r VALUES (1, 'n', current_date - 100), (2, 'n', current_date - 20)`)
	later := policyOn("r", 36500)
	later.Name, later.TimestampColumn = "b_later", "day"
	h.mustPolicy(later)
	soon := policyOn("r", 90)
	soon.Name, soon.TimestampColumn, soon.Action, soon.Columns = "z_soon", "day", retention.ActionAnonymize, map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
	h.mustPolicy(soon)
	r := h.explain("r", "1")
	if !strings.HasPrefix(r.Next, "It is due under `z_soon`. No schedule runs that policy") || !strings.Contains(r.Next, "It becomes due under `b_later`") {
		t.Errorf("of one that is due and one in a century: %q", r.Next)
	}
	h.mustSchedule(retention.Schedule{Name: "midnight", Cron: "0 0 * * *", TimeZone: "UTC", Enabled: true})
	r = h.explain("r", "2")
	if p := r.Policies[1]; r.NextAt == nil || !r.NextAt.Equal(*p.DueAt) {
		t.Errorf("due at a slot: at %v, the next run is said to be at %v: %q", p.DueAt, r.NextAt, r.Next)
	}
	s, err := h.target.Simulate(t.Context(), r.Policies[1].Policy, func() *time.Time { at := r.NextAt.Add(time.Millisecond); return &at }())
	if err != nil || s.Due != 2 {
		t.Errorf("the run of that slot takes %d rows, want both; %v", s.Due, err)
	}
}

func TestWhatKeepsRunsFromARecordIsSaid(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 5, false)...)
	p := h.mustPolicy(atMost("r", 1))
	h.mustSchedule(retention.Schedule{Name: "nightly", Cron: "0 3 * * *", TimeZone: "UTC", Enabled: true})
	run := h.mustRun(engine.RunRequest{})
	if r := h.explain("r", "1"); !strings.Contains(r.Next, "Run "+run.ID+", once it is approved, deletes it.") {
		t.Errorf("a run that needs approval has it: %q", r.Next)
	}
	if _, err := h.engine.CancelRun(t.Context(), h.actor, run.ID); err != nil {
		t.Fatal(err)
	}
	plain := h.engine
	h.engine = h.strict(engine.Options{MinRetention: retention.Period{Years: 1}})
	if r := h.explain("r", "1"); r.NextAt != nil || !strings.Contains(r.Next, "No run takes that policy up: 90 days is shorter than 1 year") {
		t.Errorf("below the floor: %q", r.Next)
	}
	h.engine = h.strict(engine.Options{RequireSimulation: true})
	p.LegalBasis = "another one"
	h.mustReplace(p)
	if r := h.explain("r", "1"); !strings.Contains(r.Next, "No run takes that policy up before its version 2 is simulated.") {
		t.Errorf("never simulated: %q", r.Next)
	}
	h.engine = plain
	if r := h.explain("r", "1"); r.NextAt == nil || !strings.Contains(r.Next, "The run that `nightly` starts") {
		t.Errorf("with nothing in the way: %q", r.Next)
	}
}

func TestRecordsThatCannotBeLookedAtAreRefusedAndHoldsThatCannotBeJudgedHold(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.p (id bigint, n text, created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.p_all PARTITION OF public.p DEFAULT`,
		`CREATE TABLE public.r (id bigint PRIMARY KEY, n text)`, `INSERT INTO public.r VALUES (1, '1')`, `CREATE TABLE public.nokey (n text)`)
	for table, field := range map[string]string{"p_all": "table", "nokey": "key"} {
		_, err := h.engine.ExplainRecord(t.Context(), h.actor, public(table), retention.Key{"1"})
		if inv, ok := errors.AsType[*retention.InvalidError](err); !ok || inv.Fields[0].Field != field {
			t.Errorf("%s: %v", table, err)
		}
	}
	for _, table := range []retention.TableName{{Schema: "pg_catalog", Name: "pg_authid"}, {Schema: "holdfast", Name: "account"}, {Schema: "public", Name: "none"}} {
		if _, err := h.engine.ExplainRecord(t.Context(), h.actor, table, retention.Key{"10"}); !errors.Is(err, retention.ErrNotFound) {
			t.Errorf("%s: %v", table, err)
		}
	}
	odd := h.mustHold(retention.Hold{Matter: "Odd", Reason: "a test", Scope: []retention.Scope{{Table: public("r"), Condition: "n::int = 7"}}})
	h.mustHold(retention.Hold{Matter: "Other", Reason: "a test", Scope: []retention.Scope{{Table: public("r"), Condition: "id = 7"}}})
	h.exec(`INSERT INTO public.r VALUES (2, 'x')`)
	if r := h.explain("r", "2"); len(r.Holds) != 1 || r.Holds[0].ID != odd.ID {
		t.Errorf("a hold whose condition fails for the row: %+v", r.Holds)
	}
	if r := h.explain("r", "1"); len(r.Holds) != 0 {
		t.Errorf("a row that no hold covers: %+v", r.Holds)
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
	h.exec(`CREATE TABLE public.r (id text PRIMARY KEY, created_at timestamptz NOT NULL, day date)`)
	instants := []string{"2023-01-31T12:00:00Z", "2023-01-30T12:00:00Z", "2023-01-28T12:00:00Z", "2024-02-29T00:30:00Z", "2023-02-26T01:30:00Z", "2023-09-29T01:30:00Z", "2022-12-31T23:59:59.999999Z", "2023-03-31T00:00:00Z"}
	for _, at := range instants {
		h.exec(`INSERT INTO public.r VALUES ('` + at + `', '` + at + `', '` + at[:10] + `')`)
	}
	for i, period := range []string{"P1M", "P1Y", "P13M", "P30D", "PT36H", "P1M1D", "P1M", "P30D", "PT36H", "P1M1D"} {
		p := policyOn("r", 1)
		if i > 5 {
			p.TimestampColumn = "day"
		}
		var err error
		if p.RetentionPeriod, err = retention.ParsePeriod(period); err != nil {
			t.Fatal(err)
		}
		p.Name, p.TimeZone = fmt.Sprintf("p%d", i), []string{"UTC", "Europe/Berlin"}[i%2]
		h.mustPolicy(p)
	}
	for _, at := range instants {
		for _, p := range h.explain("r", at).Policies {
			h.wantDueAt(at, p)
		}
	}
}

// wantDueAt checks that a record is due from the moment on that is said of it, and not before.
func (h *house) wantDueAt(id string, p retention.RecordPolicy) {
	h.t.Helper()
	for _, c := range []struct {
		asOf time.Time
		due  bool
	}{{p.DueAt.Add(time.Microsecond), true}, {p.DueAt.Add(-time.Microsecond), false}} {
		q := p.Policy
		q.Condition, q.YieldsTo = "id = '"+id+"'", nil
		s, err := h.target.Simulate(h.t.Context(), q, &c.asOf)
		if err != nil {
			h.t.Fatal(err)
		}
		if (s.Due == 1) != c.due {
			h.t.Errorf("%s by %s under %s in %s: due at %s, but as of %s due %d", id, p.TimestampColumn, p.RetentionPeriod.String(), p.TimeZone, p.DueAt.Format(time.RFC3339Nano), c.asOf.Format(time.RFC3339Nano), s.Due)
		}
	}
}

// wantNotDue checks that a record is not due at an instant.
func (h *house) wantNotDue(id string, p retention.RecordPolicy, at time.Time) {
	h.t.Helper()
	q := p.Policy
	q.Condition, q.YieldsTo = "id = '"+id+"'", nil
	if s, err := h.target.Simulate(h.t.Context(), q, &at); err != nil || s.Due != 0 {
		h.t.Errorf("%s by %s under %s in %s: due at %s, but as of %s due %d already (%v)", id, p.TimestampColumn, p.RetentionPeriod.String(), p.TimeZone, p.DueAt.Format(time.RFC3339Nano), at.Format(time.RFC3339Nano), s.Due, err)
	}
}

// TestWhereClocksWereSetBackARecordIsDueWhenBothOfItsHoursAreOldEnough: a local time that came
// twice may be the later one. What is due once stays so.
func TestWhereClocksWereSetBackARecordIsDueWhenBothOfItsHoursAreOldEnough(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id text PRIMARY KEY, wall timestamp, day date)`)
	for zone, c := range map[string]struct {
		// times are local ones before, in and after the hour that came twice; from is an instant
		// before it.
		times []string
		from  time.Time
	}{
		// 03:00 was 02:00, at 01:00Z.
		"Europe/Berlin": {[]string{"2023-10-29T01:59:59.999999", "2023-10-29T02:00:00", "2023-10-29T02:30:00.25", "2023-10-29T02:59:59.999999", "2023-10-29T03:00:00"}, time.Date(2023, 10, 28, 23, 30, 0, 0, time.UTC)},
		// Half an hour, at 02:00.
		"Australia/Lord_Howe": {[]string{"2023-04-02T01:29:59", "2023-04-02T01:30:00", "2023-04-02T01:45:00", "2023-04-02T02:00:00"}, time.Date(2023, 4, 1, 14, 0, 0, 0, time.UTC)},
		// One minute after midnight it was yesterday again.
		"America/St_Johns": {[]string{"2010-11-06T22:00:00", "2010-11-06T23:01:00", "2010-11-06T23:30:00", "2010-11-07T00:00:30", "2010-11-07T00:01:00"}, time.Date(2010, 11, 7, 1, 0, 0, 0, time.UTC)},
	} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []string{"P1D", "PT36H", "P1M"} {
			p := policyOn("r", 1)
			p.Name, p.TimestampColumn, p.TimeZone = strings.ToLower("p_"+strings.ReplaceAll(zone, "/", "_")+"_"+period), "wall", zone
			if p.RetentionPeriod, err = retention.ParsePeriod(period); err != nil {
				t.Fatal(err)
			}
			h.mustPolicy(p)
			day := p
			day.Name, day.TimestampColumn = p.Name+"_day", "day"
			h.mustPolicy(day)
		}
		for _, at := range c.times {
			h.exec(`INSERT INTO public.r VALUES ('` + at + `', '` + at + `', '` + at[:10] + `')`)
			// An instant is past the local time for good once no later one reads so again.
			last := c.from
			for at, i := strings.ReplaceAll(at, "T", " "), c.from; i.Before(c.from.Add(6 * time.Hour)); i = i.Add(time.Second) {
				if i.In(place).Format(time.DateTime) <= at[:len(time.DateTime)] {
					last = i
				}
			}
			for _, p := range h.explain("r", at).Policies {
				if p.TimeZone != zone {
					continue
				}
				h.wantDueAt(at, p)
				for _, before := range []time.Duration{time.Minute, 10 * time.Minute, 31 * time.Minute, 59 * time.Minute} {
					h.wantNotDue(at, p, p.DueAt.Add(-before))
				}
				if p.TimestampColumn == "wall" && p.RetentionPeriod.String() == "P1D" {
					if early := p.DueAt.Before(last.AddDate(0, 0, 1)); early {
						t.Errorf("%s in %s: due at %s, and its last instant was %s", at, zone, p.DueAt, last)
					}
				}
			}
		}
	}
}

// TestWhereClocksWereSetForwardARecordIsDueAtTheFirstMomentToo: a local time that never was,
// one right after it, and what would be due at such a time.
func TestWhereClocksWereSetForwardARecordIsDueAtTheFirstMomentToo(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id text PRIMARY KEY, wall timestamp, at timestamptz NOT NULL)`)
	// In Berlin 02:00 was 03:00, which is 01:00Z, on 26 March 2023.
	times := []string{"2023-03-26T02:30:00.25Z", "2023-03-26T02:00:00Z", "2023-03-26T01:10:00Z", "2023-03-26T00:59:59.999999Z", "2023-03-26T03:00:00Z",
		"2023-02-26T01:30:00Z", "2023-02-26T02:30:00Z", "2023-03-25T02:30:00Z", "2023-03-25T01:30:00Z", "2023-03-26T00:30:00Z"}
	for _, at := range times {
		h.exec(`INSERT INTO public.r VALUES ('` + at + `', timestamp '` + strings.TrimSuffix(at, "Z") + `', '` + at + `')`)
	}
	for _, column := range []string{"wall", "at"} {
		for _, period := range []string{"P1D", "P1M", "PT36H", "P1M1D", "P1DT2H"} {
			p := policyOn("r", 1)
			p.Name, p.TimestampColumn, p.TimeZone = "p_"+column+"_"+strings.ToLower(period), column, "Europe/Berlin"
			var err error
			if p.RetentionPeriod, err = retention.ParsePeriod(period); err != nil {
				t.Fatal(err)
			}
			h.mustPolicy(p)
		}
	}
	for _, at := range times {
		for _, p := range h.explain("r", at).Policies {
			h.wantDueAt(at, p)
		}
	}
	// In Apia a whole day never was.
	h.exec(`INSERT INTO public.r VALUES ('apia', '2011-12-30 12:00', '2011-12-30 12:00Z')`)
	p := policyOn("r", 1)
	p.Name, p.TimestampColumn, p.TimeZone = "p_apia", "wall", "Pacific/Apia"
	h.mustPolicy(p)
	for _, p := range h.explain("r", "apia").Policies {
		if p.Name == "p_apia" {
			h.wantDueAt("apia", p)
		}
	}
}
