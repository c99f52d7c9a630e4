package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
)

func TestASimulationShowsKeysOfRowsThatWouldGo(t *testing.T) {
	f := newFixture(t,
		`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
		`CREATE INDEX ON public.o (created_at)`,
		`INSERT INTO public.o SELECT n, 'o', now() - make_interval(days => 100 + n::integer) FROM generate_series(1, 40) AS n`,
		`CREATE TABLE public.i (id bigint PRIMARY KEY, o_id bigint REFERENCES public.o)`,
		`INSERT INTO public.i VALUES (1, 40), (2, 38)`,
		`CREATE TABLE public.keyless (created_at timestamptz)`,
		`INSERT INTO public.keyless SELECT now() - interval '100 days' FROM generate_series(1, 40)`,
	)
	f.hold(retention.TableName{Schema: "public", Name: "o"}, retention.Key{"39"}, retention.Key{"37"})
	s, err := f.target.Simulate(t.Context(), policy("o", retention.ActionDelete), nil)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, k := range s.Samples {
		keys = append(keys, strings.Join(k, ","))
	}
	if want := []string{"36", "35", "34", "33", "32", "31", "30", "29", "28", "27"}; !slices.Equal(keys, want) {
		t.Errorf("samples are %v; want the oldest that are neither held nor blocked, %v", keys, want)
	}
	if s.WouldProcess != 36 || s.BlockedBy["public.i"] != 2 || s.Blocked != 2 || s.Held != 2 {
		t.Errorf("would process %d, blocked %d by %v, held %d", s.WouldProcess, s.Blocked, s.BlockedBy, s.Held)
	}
	s, err = f.target.Simulate(t.Context(), policy("keyless", retention.ActionDelete), nil)
	if err != nil || s.WouldProcess != 40 || len(s.Samples) != 0 {
		t.Errorf("without a key: %d rows, samples %v, %v", s.WouldProcess, s.Samples, err)
	}
}

// A table may be too large to be counted while somebody waits. What is said then is the
// planner's estimate, and that it is one.
func TestWhatCannotBeCountedInTimeIsEstimatedAndSaidToBe(t *testing.T) {
	f := newFixture(t,
		`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
		`INSERT INTO public.o SELECT n, CASE WHEN n % 4 = 0 THEN 'x' ELSE 'y' END, now() - make_interval(days => n::integer % 200) FROM generate_series(1, 40000) AS n`,
		`ANALYZE public.o`,
	)
	p := policy("o", retention.ActionDelete)
	p.Condition = "name = 'x'"
	counted, err := f.target.Simulate(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.target.simulations = time.Millisecond
	if _, err := f.target.Simulate(t.Context(), p, nil); !errors.Is(err, retention.ErrTooSlow) {
		t.Fatalf("a simulation that takes too long: %v", err)
	}
	s, err := f.target.Estimate(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Estimated || s.Due < counted.Due/2 || s.Due > 2*counted.Due || s.Held != retention.NotCounted || s.WouldProcess != retention.NotCounted || len(s.Plan) == 0 || s.Cutoff.IsZero() {
		t.Errorf("estimated: %+v; counted %d due", s, counted.Due)
	}
}

// Month by month, or all at once: the figures are the same, for every type of timestamp,
// with the first and last moments of months among them.
func TestMonthsCountedOneByOneAreThoseCountedAtOnce(t *testing.T) {
	instants := `(SELECT n, CASE n % 4 WHEN 0 THEN date_trunc('month', now() - make_interval(months => n % 30, days => 40)) WHEN 1 THEN date_trunc('month', now() - make_interval(months => n % 30, days => 40)) - interval '1 microsecond'
		ELSE now() - make_interval(days => 31 + n * 7 % 900, secs => n) END AS at FROM generate_series(1, 400) AS n) AS g`
	for kind, c := range map[string]struct {
		typ, value string
		unit       retention.Unit
	}{
		"timestamptz":  {"timestamptz", "g.at", ""},
		"timestamp":    {"timestamp", "g.at AT TIME ZONE 'UTC'", ""},
		"date":         {"date", "(g.at AT TIME ZONE 'UTC')::date", ""},
		"seconds":      {"bigint", "floor(extract(epoch FROM g.at))::bigint", retention.UnitSeconds},
		"milliseconds": {"bigint", "floor(extract(epoch FROM g.at) * 1000)::bigint", retention.UnitMilliseconds},
	} {
		t.Run(kind, func(t *testing.T) {
			f := newFixture(t, fmt.Sprintf(`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at %s)`, c.typ), `CREATE INDEX ON public.o (created_at)`,
				fmt.Sprintf(`INSERT INTO public.o SELECT g.n, 'n' || g.n %% 5, %s FROM %s`, c.value, instants))
			f.hold(table("o"), retention.Key{"8"}, retention.Key{"100"}, retention.Key{"101"})
			f.holdFitting(table("o"), "name = 'n3'")
			p := policy("o", retention.ActionDelete)
			p.Unit, p.Condition = c.unit, "name <> 'n1'"
			oneByOne, err := f.target.Simulate(t.Context(), p, nil)
			if err != nil {
				t.Fatal(err)
			}
			asOf := oneByOne.AsOf
			f.exec(`DROP INDEX public.o_created_at_idx`)
			atOnce, err := f.target.Simulate(t.Context(), p, &asOf)
			if err != nil {
				t.Fatal(err)
			}
			atOnce.Plan, oneByOne.Plan = nil, nil
			atOnce.Samples, oneByOne.Samples = nil, nil
			if diff := cmp.Diff(atOnce, oneByOne); diff != "" || len(oneByOne.ByMonth) < 20 || oneByOne.Held < 50 {
				t.Errorf("%d months, %d held (-at once +one by one):\n%s", len(oneByOne.ByMonth), oneByOne.Held, diff)
			}
		})
	}
}

// A timestamp of the year 290000 in a column of seconds, and one of before the Flood, are
// slips; they make nothing slow.
func TestATimestampFarOutMakesNoSimulationSlow(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.o (id bigint PRIMARY KEY, created_at timestamptz)`, `CREATE INDEX ON public.o (created_at)`,
		`INSERT INTO public.o VALUES (1, '4713-01-01 BC'), (2, now() - interval '100 days'), (3, '9999-12-31')`,
		`CREATE TABLE public.s (id bigint PRIMARY KEY, created_at bigint)`, `CREATE INDEX ON public.s (created_at)`, `INSERT INTO public.s VALUES (1, -100000000000), (2, 1000)`)
	if s, err := f.target.Simulate(t.Context(), policy("o", retention.ActionDelete), nil); err != nil || s.Due != 2 || len(s.ByMonth) != 2 {
		t.Errorf("%d due in %d months, %v", s.Due, len(s.ByMonth), err)
	}
	p := policy("s", retention.ActionDelete)
	p.Unit = retention.UnitSeconds
	if s, err := f.target.Simulate(t.Context(), p, nil); err != nil || s.Due != 2 || len(s.ByMonth) != 2 {
		t.Errorf("%d due in %d months, %v", s.Due, len(s.ByMonth), err)
	}
}

// Each simulation has a connection for as long as it counts; holds and batches need some too.
func TestFewSimulationsCountAtOnce(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.o (id bigint PRIMARY KEY, created_at timestamptz)`)
	for range mostSimulations {
		f.target.counting <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.target.Simulate(ctx, policy("o", retention.ActionDelete), nil); err == nil {
		t.Error("one more simulation counts")
	}
	<-f.target.counting
	if _, err := f.target.Simulate(t.Context(), policy("o", retention.ActionDelete), nil); err != nil {
		t.Error(err)
	}
}

// An integer may be any: what is no instant is due all the same, and shown as the first year.
func TestIntegersThatAreNoInstantAreSimulatedAsTheyRun(t *testing.T) {
	for _, unit := range []retention.Unit{retention.UnitSeconds, retention.UnitMilliseconds} {
		f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at bigint)`,
			`INSERT INTO public.r VALUES (1, 'a', -9223372036854775808), (2, 'a', 9223372036854775807), (3, 'a', 0), (4, 'a', NULL)`, `ANALYZE public.r`)
		p := policy("r", retention.ActionDelete)
		p.Unit = unit
		s, err := f.target.Simulate(t.Context(), p, nil)
		if err != nil || s.Due != 2 || s.OldestDue == nil || s.OldestDue.Year() != 1 {
			t.Fatalf("%s: simulated %+v, %v; want 2 due", unit, s, err)
		}
		if got := f.run(p); got.Processed != 2 {
			t.Errorf("%s: got %+v, want 2", unit, got.Counts)
		}
	}
}
