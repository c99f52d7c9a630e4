package store_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
	"holdfast/store"
)

// stopped is the run as pausing or cancelling it answers.
func stopped(t testing.TB, s *store.Store, id string, to retention.RunStatus) retention.Run {
	t.Helper()
	return must(s.StopRun(t.Context(), id, to, by("run.stop")))(t)
}

func TestAWorkerOfAStoppedRunCanSaveNothingMore(t *testing.T) {
	for _, to := range []retention.RunStatus{retention.RunPaused, retention.RunCancelled} {
		t.Run(string(to), func(t *testing.T) {
			s := newStore(t)
			ctx := t.Context()
			r, _ := claim(t, s, requested(t, s, false, "orders"))
			got := stopped(t, s, r.ID, to)
			if got.Status != to || got.Attempt != 2 || !got.Settling || got.Policies[0].Status != to || (got.FinishedAt != nil) != (to == retention.RunCancelled) {
				t.Errorf("stopped: %+v", got)
			}
			res := r.Policies[0]
			res.Processed = 99
			wantErr(t, "a result of the worker", s.SaveResult(ctx, r.ID, 1, res), retention.ErrConflict)
			_, err := s.FinishRun(ctx, r.ID, 1, retention.RunSucceeded)
			wantErr(t, "an end by the worker", err, retention.ErrConflict)
			wantErr(t, "a look by the worker", s.CheckAttempt(ctx, r.ID, 1), retention.ErrConflict)
			noErr(t, s.SetRunWaiting(ctx, r.ID, 1, "late"))
			if queued, err := s.RequeueRun(ctx, r.ID, 1, 0); queued || err != nil {
				t.Errorf("the worker handed the run on: %v, %v", queued, err)
			}
			if queued, err := s.RequeueRun(ctx, r.ID, 2, 0); queued || err != nil {
				t.Errorf("a take-over queued the run: %v, %v", queued, err)
			}
			for _, attempt := range []int{0, 1, 2} {
				if _, ok, err := s.ClaimRun(ctx, r.ID, attempt); ok || err != nil {
					t.Errorf("attempt %d claimed a run that is %s: %v, %v", attempt, to, ok, err)
				}
			}
			if kept := must(s.Run(ctx, r.ID))(t); kept.Policies[0].Processed != 0 || kept.Waiting != "" || kept.Attempt != 2 {
				t.Errorf("kept: %+v", kept)
			}
		})
	}
}

func TestStopsAndResumesOfAnotherStateSayWhichItIs(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	reach := map[retention.RunStatus]func() string{
		retention.RunQueued: func() string { return requested(t, s, true, "a").ID },
		retention.RunRunning: func() string {
			r, _ := claim(t, s, requested(t, s, true, "a"))
			return r.ID
		},
		retention.RunPaused:    func() string { return stopped(t, s, requested(t, s, true, "a").ID, retention.RunPaused).ID },
		retention.RunCancelled: func() string { return stopped(t, s, requested(t, s, true, "a").ID, retention.RunCancelled).ID },
		retention.RunSucceeded: func() string {
			r, _ := claim(t, s, requested(t, s, true, "a"))
			return must(s.FinishRun(ctx, r.ID, 1, retention.RunSucceeded))(t).ID
		},
	}
	type act struct {
		name string
		do   func(id string) (retention.Run, error)
		from []retention.RunStatus
	}
	for _, a := range []act{
		{"paused", func(id string) (retention.Run, error) {
			return s.StopRun(ctx, id, retention.RunPaused, by("run.pause"))
		},
			[]retention.RunStatus{retention.RunQueued, retention.RunRunning}},
		{"cancelled", func(id string) (retention.Run, error) {
			return s.StopRun(ctx, id, retention.RunCancelled, by("run.cancel"))
		},
			[]retention.RunStatus{retention.RunQueued, retention.RunRunning, retention.RunPaused}},
		{"resumed", func(id string) (retention.Run, error) { return s.ResumeRun(ctx, id, by("run.resume")) },
			[]retention.RunStatus{retention.RunPaused}},
	} {
		for status, make := range reach {
			id := make()
			before := must(s.Run(ctx, id))(t)
			_, err := a.do(id)
			if slices.Contains(a.from, status) {
				noErr(t, err)
				continue
			}
			wantErr(t, string(status)+" "+a.name, err, retention.ErrConflict)
			if !strings.Contains(err.Error(), string(status)) {
				t.Errorf("a run that is %s, %s: the error does not say so: %v", status, a.name, err)
			}
			if after := must(s.Run(ctx, id))(t); after.Status != before.Status || after.Attempt != before.Attempt {
				t.Errorf("a refused step left %+v", after)
			}
		}
	}
	_, err := s.StopRun(ctx, "00000000-0000-0000-0000-000000000000", retention.RunPaused, by("run.pause"))
	wantErr(t, "a run that is not there", err, retention.ErrNotFound)
}

func TestAPausedRunKeepsItsPoliciesAndACancelledOneKeepsThemUntilItIsSettled(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	first, _ := claim(t, s, requested(t, s, false, "orders", "logs"))
	waits := requested(t, s, false, "logs")
	if got, ok := claim(t, s, waits); ok {
		t.Fatalf("claimed beside a running one: %+v", got)
	}
	stopped(t, s, first.ID, retention.RunPaused)
	got, ok := claim(t, s, waits)
	if ok || !strings.Contains(got.Waiting, first.ID) || !strings.Contains(got.Waiting, "is paused and keeps logs too") {
		t.Errorf("beside a paused run: claimed %v, waiting %q", ok, got.Waiting)
	}
	cancelled := stopped(t, s, first.ID, retention.RunCancelled)
	if got := jobs(t, s, waits.ID); len(got) != 1 {
		t.Errorf("the waiting run has jobs %v, and what it waits for is not settled", got)
	}
	if got, ok := claim(t, s, waits); ok || !strings.Contains(got.Waiting, "cancelled") {
		t.Errorf("beside a cancelled run whose worker may be at its last batch: claimed %v, waiting %q", ok, got.Waiting)
	}
	if open := must(s.SettlingRuns(ctx))(t); len(open) != 1 || open[0].ID != first.ID {
		t.Errorf("to be settled: %+v", open)
	}
	before := len(jobs(t, s, waits.ID))
	cancelled.Policies[0].Processed, cancelled.Policies[1].Held = 7, 3
	settled := must(s.SettleRun(ctx, cancelled))(t)
	if settled.Settling || settled.TotalProcessed != 7 || settled.TotalHeld != 3 || settled.Status != retention.RunCancelled {
		t.Errorf("settled: %+v", settled)
	}
	if after := len(jobs(t, s, waits.ID)); after != before+1 {
		t.Errorf("the waiting run was woken %d times, want once", after-before)
	}
	if _, ok := claim(t, s, waits); !ok {
		t.Error("a settled run is still in the way")
	}
	cancelled.Policies[0].Processed = 99
	if again := must(s.SettleRun(ctx, cancelled))(t); again.TotalProcessed != 7 {
		t.Errorf("settled twice: %+v", again)
	}
}

func TestARunThatNeverBeganIsStoppedAtOnce(t *testing.T) {
	s := newStore(t)
	r := requested(t, s, false, "orders")
	waits := requested(t, s, false, "orders")
	if got := stopped(t, s, r.ID, retention.RunCancelled); got.Settling || got.FinishedAt == nil || got.Policies[0].FinishedAt != nil {
		t.Errorf("cancelled: %+v", got)
	}
	if _, ok := claim(t, s, waits); !ok {
		t.Error("a run that never began is in the way after its end")
	}
}

func TestAResumedRunIsQueuedWithItsJobAndWaitsForNobody(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	r, _ := claim(t, s, requested(t, s, false, "orders"))
	res := r.Policies[0]
	res.Status, res.StartedAt = retention.RunRunning, r.StartedAt
	noErr(t, s.SaveResult(ctx, r.ID, 1, res))
	later := requested(t, s, false, "orders")
	stopped(t, s, r.ID, retention.RunPaused)
	exec(t, s, `UPDATE holdfast.run SET paused_at = paused_at - interval '1 hour' WHERE id = $1::text::uuid`, r.ID)
	// As if it had been asked for before and had become visible after.
	exec(t, s, `UPDATE holdfast.run SET created_at = created_at - interval '1 day' WHERE id = $1::text::uuid`, later.ID)
	got := must(s.ResumeRun(ctx, r.ID, by("run.resume")))(t)
	if got.Status != retention.RunQueued || got.Attempt != 3 || got.Settling || got.Policies[0].Status != retention.RunQueued {
		t.Errorf("resumed: %+v", got)
	}
	if p := got.Policies[0].PausedSeconds; p < 3600 || p > 3700 {
		t.Errorf("paused for %v s, want an hour", p)
	}
	if got := jobs(t, s, r.ID); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("jobs for attempts %v, want 0 and 3", got)
	}
	again, ok := claim(t, s, got)
	if !ok || again.Attempt != 4 || !again.StartedAt.Equal(*r.StartedAt) {
		t.Errorf("claimed %v: %+v", ok, again)
	}
	if queued, err := s.RequeueRun(ctx, r.ID, 4, time.Minute); queued || err != nil {
		t.Errorf("queued right after its claim: %v, %v", queued, err)
	}
}

func TestTheAuditOfAPauseHasTheStateBeforeAndAfter(t *testing.T) {
	s := newStore(t)
	r := requested(t, s, false, "orders")
	must(s.StopRun(t.Context(), r.ID, retention.RunPaused, by("run.pause")))(t)
	e := must(newest(t, s))(t)
	var before, after retention.Run
	noErr(t, json.Unmarshal(e.Before, &before))
	noErr(t, json.Unmarshal(e.After, &after))
	if e.Action != "run.pause" || before.Status != retention.RunQueued || after.Status != retention.RunPaused {
		t.Errorf("%s from %s to %s", e.Action, before.Status, after.Status)
	}
}
