package target

import (
	"testing"
	"time"

	"holdfast/retention"
)

func TestAPolicyGoesOnWhoseRowsWithoutTimestampCannotBeCountedInTime(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz)`,
		`INSERT INTO public.events SELECT i, CASE WHEN i > 10 THEN now() - interval '90 days' END FROM generate_series(1, 100) AS i`)
	p := policy("events", retention.ActionDelete)
	f.target.countTimeout = 20 * time.Millisecond
	locker := f.connect()
	if _, err := locker.Exec(t.Context(), `BEGIN; LOCK TABLE public.events IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	d := f.begin(p)
	if got := d.Progress(); got.NullTimestamps != retention.NotCounted || got.InfiniteTimestamps != retention.NotCounted {
		t.Errorf("counted %d and %d, want both not counted", got.NullTimestamps, got.InfiniteTimestamps)
	}
	if _, err := locker.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if got := f.finish(d); got.Processed != 90 || got.NullTimestamps != retention.NotCounted {
		t.Errorf("processed %d, null %d; want 90, and still not counted", got.Processed, got.NullTimestamps)
	}
}

func TestASimulationSaysThatItCouldNotCountInTimeAndStillCountsWhatIsDue(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz)`,
		`INSERT INTO public.events SELECT i, CASE WHEN i > 10 THEN now() - interval '90 days' END FROM generate_series(1, 200000) AS i`)
	p := policy("events", retention.ActionDelete)
	s, err := f.target.Simulate(t.Context(), p, nil)
	if err != nil || s.NullTimestamps != 10 || s.Due != 199_990 {
		t.Errorf("counted %d without timestamp and %d due (%v), want 10 and 199990", s.NullTimestamps, s.Due, err)
	}
	f.target.countTimeout = time.Millisecond
	s, err = f.target.Simulate(t.Context(), p, nil)
	if err != nil || s.NullTimestamps != retention.NotCounted || s.Due != 199_990 {
		t.Errorf("counted %d without timestamp and %d due (%v), want not counted and 199990", s.NullTimestamps, s.Due, err)
	}
}
