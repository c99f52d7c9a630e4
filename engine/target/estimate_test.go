package target

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

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
