package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"holdfast/retention"
)

// saying is a store that remembers what a run was said to wait for, and nothing else.
type saying struct {
	Store
	said []string
}

func (s *saying) SetRunWaiting(_ context.Context, _ string, _ int, why string) error {
	s.said = append(s.said, why)
	return nil
}

// pressed is a governed database that has something to bear, another thing at each reading;
// the last one stays.
type pressed struct {
	retention.Disposition
	readings []retention.Pressure
	err      error
}

func (p *pressed) Pressure(context.Context) (retention.Pressure, error) {
	now := p.readings[0]
	p.readings = p.readings[min(1, len(p.readings)-1):]
	return now, p.err
}

// rested is what a worker did after a step: how long it rested, pause by pause, and what it
// said.
func rested(t *testing.T, w *disposal, step retention.StepResult) (pauses []time.Duration, said []string) {
	t.Helper()
	s := &saying{}
	w.e.store, w.e.wait = s, func(_ context.Context, d time.Duration) error {
		if pauses = append(pauses, d); len(pauses) > 10 {
			return errors.New("it rests for ever")
		}
		return nil
	}
	if err := w.rest(t.Context(), step); err != nil {
		t.Fatal(err)
	}
	return pauses, s.said
}

// pacing is a worker of a policy on public.logs under the usual limits.
func pacing(pace retention.Pace, rateLimit int, readings ...retention.Pressure) *disposal {
	p := retention.Policy{Table: retention.TableName{Schema: "public", Name: "logs"}, RateLimit: rateLimit}
	return &disposal{e: New(nil, nil, Options{}), run: &retention.Run{}, spec: retention.Spec{Pace: pace, Policy: p}, d: &pressed{readings: readings}}
}

const took = 20 * time.Millisecond

// braking is what a database may have to bear after a batch of 20 ms, what a run at the
// default pace says of it and how long it rests.
var braking = map[string]struct {
	waiters int
	bears   retention.Pressure
	said    []string
	rests   time.Duration
}{
	"nothing":          {rests: 15 * took},
	"WAL at the limit": {bears: retention.Pressure{WALRate: DefaultMaxWALRate}, rests: 15 * took},
	"WAL above it":     {0, retention.Pressure{WALRate: 100 << 20}, []string{"throttled: the server writes 100 MiB/s of WAL"}, 4 * 15 * took},
	"VACUUM":           {0, retention.Pressure{Vacuum: true}, []string{"throttled: VACUUM is at work on public.logs"}, 4 * 15 * took},
	"a session waited": {1, retention.Pressure{}, []string{"throttled: 1 session waited for a lock of a batch"}, 4 * 15 * took},
	"sessions waited":  {2, retention.Pressure{}, []string{"throttled: 2 sessions waited for a lock of a batch"}, 4 * 15 * took},
	"all at once": {3, retention.Pressure{WALRate: 65 << 20, Vacuum: true},
		[]string{"throttled: 3 sessions waited for a lock of a batch; the server writes 65 MiB/s of WAL; VACUUM is at work on public.logs"}, 4 * 15 * took},
}

func TestWhatTheDatabaseBearsMakesARunAtTheDefaultPaceRestLongerAndSayWhy(t *testing.T) {
	for what, c := range braking {
		t.Run(what, func(t *testing.T) {
			pauses, said := rested(t, pacing(retention.PaceDefault, 0, c.bears), retention.StepResult{Took: took, Waiters: c.waiters})
			if !slices.Equal(pauses, []time.Duration{c.rests}) || !slices.Equal(said, c.said) {
				t.Errorf("it rested %v and said %q, want %v and %q", pauses, said, c.rests, c.said)
			}
		})
	}
}

func TestWhatTheDatabaseBearsDoesNotBrakeARunAtThePaceMax(t *testing.T) {
	for what, c := range braking {
		t.Run(what, func(t *testing.T) {
			pauses, said := rested(t, pacing(retention.PaceMax, 1, c.bears), retention.StepResult{Took: took, Waiters: c.waiters, Counts: retention.Counts{Processed: 1000}})
			if len(pauses) > 0 || len(said) > 0 {
				t.Errorf("it rested %v and said %q, want neither", pauses, said)
			}
		})
	}
}

func TestAReplicaThatIsBehindIsWaitedForAtAnyPace(t *testing.T) {
	behind := retention.Pressure{Replica: "standby1", ReplicaLag: 4200 * time.Millisecond}
	at := retention.Pressure{Replica: "standby1", ReplicaLag: DefaultMaxReplicaLag}
	const says = "throttled: replica lag 4.2 s (standby1)"
	for pace, want := range map[retention.Pace][]time.Duration{
		retention.PaceMax:     {lagEvery, lagEvery},
		retention.PaceDefault: {lagEvery, lagEvery, 15 * took},
	} {
		t.Run(string(pace), func(t *testing.T) {
			pauses, said := rested(t, pacing(pace, 0, behind, behind, at), retention.StepResult{Took: took})
			if !slices.Equal(pauses, want) || len(said) < 2 || said[0] != says || said[len(said)-1] != "" {
				t.Errorf("it rested %v and said %q, want %v, and %q first and nothing last", pauses, said, want, says)
			}
		})
	}
}

func TestTheRestAfterABatchIsInProportionToItsTime(t *testing.T) {
	for _, c := range []struct {
		took        time.Duration
		rateLimit   int
		waiters     int
		processed   int64
		rests       time.Duration
		description string
	}{
		{time.Millisecond, 0, 0, 500, 15 * time.Millisecond, "a short one"},
		{50 * time.Millisecond, 0, 0, 500, 750 * time.Millisecond, "the usual one"},
		{300 * time.Millisecond, 0, 0, 500, 4500 * time.Millisecond, "a long one"},
		{10 * time.Second, 0, 0, 500, 5 * time.Second, "one that is too long for its share"},
		{10 * time.Second, 0, 1, 500, 20 * time.Second, "and one that somebody waited for"},
		{50 * time.Millisecond, 100, 0, 200, 1950 * time.Millisecond, "the rate limit asks for more"},
		{50 * time.Millisecond, 100, 0, 10, 750 * time.Millisecond, "the rate limit asks for less"},
	} {
		t.Run(c.description, func(t *testing.T) {
			step := retention.StepResult{Took: c.took, Waiters: c.waiters, Counts: retention.Counts{Processed: c.processed}}
			if pauses, _ := rested(t, pacing(retention.PaceDefault, c.rateLimit, retention.Pressure{}), step); !slices.Equal(pauses, []time.Duration{c.rests}) {
				t.Errorf("after %v it rested %v, want %v", c.took, pauses, c.rests)
			}
		})
	}
}

// What slowed a run down is said once, and taken back once it is over.
func TestARunThatIsNotThrottledAnyMoreTakesBackWhatItSaid(t *testing.T) {
	w := pacing(retention.PaceDefault, 0, retention.Pressure{Vacuum: true}, retention.Pressure{})
	w.run.Waiting = "for a lock on public.logs"
	_, first := rested(t, w, retention.StepResult{Took: took})
	_, same := rested(t, w, retention.StepResult{Took: took}) // within a second of the first reading
	w.brakes.read = time.Now().Add(-pressureEvery)
	pauses, over := rested(t, w, retention.StepResult{Took: took})
	if !slices.Equal(first, []string{"throttled: VACUUM is at work on public.logs"}) || len(same) > 0 || !slices.Equal(over, []string{""}) || pauses[0] != 15*took {
		t.Errorf("it said %q, then %q, and %q when it rested %v", first, same, over, pauses)
	}
}

// A limit below 0 is none, and a reading that fails says nothing.
func TestWhatIsNotLimitedOrNotKnownDoesNotBrake(t *testing.T) {
	w := pacing(retention.PaceDefault, 0, retention.Pressure{WALRate: 1 << 40, ReplicaLag: time.Hour})
	w.e.maxWALRate, w.e.maxReplicaLag = -1, -1
	if pauses, said := rested(t, w, retention.StepResult{Took: took}); !slices.Equal(pauses, []time.Duration{15 * took}) || len(said) > 0 {
		t.Errorf("without limits it rested %v and said %q", pauses, said)
	}
	w = pacing(retention.PaceDefault, 0, retention.Pressure{Vacuum: true, ReplicaLag: time.Hour})
	w.d.(*pressed).err = errors.New("gone")
	if pauses, said := rested(t, w, retention.StepResult{Took: took}); !slices.Equal(pauses, []time.Duration{15 * took}) || len(said) > 0 {
		t.Errorf("without a reading it rested %v and said %q", pauses, said)
	}
}
