package target

import (
	"context"
	"fmt"
	"testing"
	"time"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// pressured is a disposition that has made its plan, on a server of its own.
func pressured(t *testing.T) (*fixture, *disposition) {
	pg := pgtest.StartPrivate(t, map[string]string{"wal_level": "logical"})
	url := pg.CreateDatabase("app")
	if err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, url: url, target: openTarget(t, url)}
	f.exec(dueTable("r", 30))
	return f, f.begin(policy("r", retention.ActionDelete))
}

func (f *fixture) pressure(d *disposition) retention.Pressure {
	f.Helper()
	p, err := d.Pressure(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	return p
}

func TestAStandbyIsAsFarBehindAsTheLogWasAheadOfIt(t *testing.T) {
	t.Parallel()
	f, d := pressured(t)
	if p := f.pressure(d); p.Replica != "" || p.ReplicaLag != 0 {
		t.Errorf("without a standby: %+v", p)
	}
	quick, slow := pgtest.StartStandby(t, f.url, "quick"), pgtest.StartStandby(t, f.url, "slow")
	f.pressure(d)
	var behind time.Time
	for lag := time.Duration(0); lag < time.Second; {
		f.exec(`INSERT INTO public.r SELECT i, 'n', now() FROM generate_series((SELECT max(id) + 1 FROM public.r), (SELECT max(id) + 5 FROM public.r)) AS i`)
		if behind.IsZero() {
			behind = time.Now()
		}
		quick.Report()
		p := f.pressure(d)
		if lag = p.ReplicaLag; lag > 0 && p.Replica != "slow" {
			t.Fatalf("got %+v, want the slow one", p)
		}
		if most := time.Since(behind) + time.Second; lag > most {
			t.Fatalf("it is said to be %v behind and cannot be more than %v", lag, most)
		}
		if time.Since(behind) > time.Minute {
			t.Fatalf("after a minute of which nothing was replayed it is said to be %v behind", lag)
		}
	}
	slow.Report()
	if p := f.pressure(d); p.ReplicaLag > 900*time.Millisecond {
		t.Errorf("a standby that has caught up is %v behind", p.ReplicaLag)
	}
}

func TestWALAndVacuumAreSeen(t *testing.T) {
	t.Parallel()
	f, d := pressured(t)
	began := time.Now()
	if p := f.pressure(d); p.WALRate != 0 || p.Vacuum {
		t.Errorf("at first: %+v", p)
	}
	f.exec(`INSERT INTO public.r SELECT i, repeat('x', 1000), now() FROM generate_series(1000, 5000) AS i`)
	if p, most := f.pressure(d), time.Since(began).Seconds(); p.WALRate*most < 4e6 {
		t.Errorf("4 MB were written in %.1f s at most, and the rate is %.0f bytes a second", most, p.WALRate)
	}
	if _, err := d.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	vacuum := f.connect()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	if _, err := vacuum.Exec(ctx, `SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1`); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := vacuum.Exec(ctx, `VACUUM (DISABLE_PAGE_SKIPPING) public.r`)
		done <- err
	}()
	pgtest.Await(t, "VACUUM", func() bool { return f.pressure(d).Vacuum })
	stop()
	<-done
}

func TestSessionsThatWaitForABatchAreCountedAndMakeItSmaller(t *testing.T) {
	t.Parallel()
	// In whatever order it is read, row 30 comes last.
	f := newFixture(t, dueTable("r", 30), `UPDATE public.r SET created_at = now() - interval '100 days' + id * interval '1 minute'`, `VACUUM FULL public.r`)
	p := policy("r", retention.ActionDelete)
	p.Evidence = retention.EvidenceCounts // with digests the step would be made again, since row 30 is another one
	d := f.attempt(retention.Spec{RunID: "6f0f8b8e-9df4-4d3f-8f44-0a6a1c1c7f01", Attempt: 1, Policy: p, AsOf: time.Now(), Pace: retention.PaceDefault})
	d.lockTimeout = 20_000
	first, second := f.connect(), f.connect()
	if _, err := first.Exec(t.Context(), `BEGIN; UPDATE public.r SET name = 'locked' WHERE id = 30`); err != nil {
		t.Fatal(err)
	}
	stepped := make(chan retention.StepResult, 1)
	go func() {
		step, err := d.Step(f.Context())
		if err != nil {
			t.Error(err)
		}
		stepped <- step
	}()
	f.awaitBlocked(first.PgConn().PID())
	waited := make(chan struct{})
	go func() {
		_, _ = second.Exec(f.Context(), `UPDATE public.r SET name = 'later' WHERE id = 1`)
		close(waited)
	}()
	f.awaitBlocked(d.conn.Conn().PgConn().PID())
	if _, err := first.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if step := <-stepped; step.Waiters != 1 || step.Counts.Processed != 30 {
		t.Errorf("got %+v, want 30 processed and one session that waited", step)
	}
	<-waited
	if d.size != firstSize/2 {
		t.Errorf("the next step aims at %d rows, want half of %d", d.size, firstSize)
	}
}

func TestABatchHasAsManyRowsAsTakeItsTime(t *testing.T) {
	for _, c := range []struct {
		pace        retention.Pace
		limit, size int
		took        time.Duration
		want        int
	}{
		{retention.PaceDefault, 0, 1000, targetTime, 1000},
		{retention.PaceDefault, 0, 1000, targetTime / 10, 2000},
		{retention.PaceDefault, 0, 4000, targetTime / 10, 5000},
		{retention.PaceDefault, 0, 1000, 2 * targetTime, 500},
		{retention.PaceDefault, 0, 1000, 100 * targetTime, 500},
		{retention.PaceDefault, 0, 1, 100 * targetTime, 1},
		{retention.PaceDefault, 300, 300, targetTime / 10, 300},
		{retention.PaceMax, 300, 1000, 100 * targetTime, 2000},
	} {
		t.Run(fmt.Sprintf("%s/%d/%v", c.pace, c.size, c.took), func(t *testing.T) {
			d := &disposition{size: c.size, spec: retention.Spec{Pace: c.pace, Policy: retention.Policy{BatchSize: 5000, RateLimit: c.limit}}}
			if got := d.paced(c.took); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// TestAStepThatWaitedOnceMakesNoLongOnes: what it seemed to cost is not believed after the next.
func TestAStepThatWaitedOnceMakesNoLongOnes(t *testing.T) {
	d := &disposition{size: 2000, spec: retention.Spec{Pace: retention.PaceDefault, Policy: retention.Policy{BatchSize: 5000}}}
	for i := range 40 {
		took := time.Duration(d.size) * 50 * time.Microsecond
		if took > 3*targetTime {
			t.Errorf("step %d has %d rows and takes %v", i, d.size, took)
		}
		if i == 1 {
			took = 2 * time.Second // somebody had a lock
		}
		d.size = d.paced(took)
	}
}

// TestAStepIsNotMadeSmallerThanHelps: where most of a step's time is not its rows', fewer rows
// make more steps and none shorter.
func TestAStepIsNotMadeSmallerThanHelps(t *testing.T) {
	for _, c := range []struct {
		fixed, row time.Duration
		// least and most bound the mean size of a step and its longest time after the first ones.
		least int
		most  time.Duration
	}{
		{0, 100 * time.Microsecond, 300, 100 * time.Millisecond},
		{0, 10 * time.Millisecond, 3, 100 * time.Millisecond},
		{20 * time.Millisecond, 100 * time.Microsecond, 200, 100 * time.Millisecond},
		{60 * time.Millisecond, 100 * time.Microsecond, 250, 170 * time.Millisecond},
		{300 * time.Millisecond, 20 * time.Microsecond, 900, 500 * time.Millisecond},
		{60 * time.Millisecond, 30 * time.Millisecond, 1, 250 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%v and %v a row", c.fixed, c.row), func(t *testing.T) {
			d := &disposition{size: firstSize, spec: retention.Spec{Pace: retention.PaceDefault, Policy: retention.Policy{BatchSize: 5000}}}
			const before, steps = 12, 200
			rows := 0
			for i := range before + steps {
				took := c.fixed + time.Duration(d.size)*c.row
				if i >= before {
					rows += d.size
					if took > c.most {
						t.Errorf("step %d has %d rows and takes %v, want at most %v", i, d.size, took, c.most)
					}
				}
				d.size = d.paced(took)
			}
			if rows < c.least*steps {
				t.Errorf("steps have %d rows, want at least %d", rows/steps, c.least)
			}
		})
	}
}
