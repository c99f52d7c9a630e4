package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
	"holdfast/store"
)

// requested is a queued run over policies of these names.
func requested(t testing.TB, s *store.Store, dry bool, policies ...string) retention.Run {
	t.Helper()
	r := retention.Run{Trigger: retention.TriggerManual, RequestedBy: jane.Name, DryRun: dry, Pace: retention.PaceDefault}
	for _, p := range policies {
		r.Policies = append(r.Policies, retention.PolicyResult{Policy: p, Version: 1, Action: retention.ActionDelete, Table: table(p), Sentence: "Delete.", Status: retention.RunQueued})
	}
	return must(s.CreateRun(t.Context(), r, by("run.request")))(t)
}

func claim(t testing.TB, s *store.Store, r retention.Run) (retention.Run, bool) {
	t.Helper()
	got, ok, err := s.ClaimRun(t.Context(), r.ID, r.Attempt)
	noErr(t, err)
	return got, ok
}

// jobs are the enqueued jobs of a run, oldest first, by the attempt in them.
func jobs(t testing.TB, s *store.Store, id string) (attempts []int) {
	t.Helper()
	rows, err := s.Pool().Query(t.Context(), `SELECT args, queue, kind FROM holdfast.river_job ORDER BY id`)
	noErr(t, err)
	defer rows.Close()
	for rows.Next() {
		var args []byte
		var queue, kind string
		noErr(t, rows.Scan(&args, &queue, &kind))
		var job retention.RunJob
		noErr(t, json.Unmarshal(args, &job))
		if queue != retention.RunQueue || kind != job.Kind() {
			t.Errorf("job of kind %q in queue %q", kind, queue)
		}
		if job.RunID == id {
			attempts = append(attempts, job.Attempt)
		}
	}
	noErr(t, rows.Err())
	return attempts
}

func TestRunAndItsJobAreKeptTogether(t *testing.T) {
	s := newStore(t)
	r := requested(t, s, false, "orders", "logs")
	if r.Status != retention.RunQueued || r.Attempt != 0 || len(r.Policies) != 2 || r.Policies[1].Policy != "logs" {
		t.Errorf("created: %+v", r)
	}
	if got := jobs(t, s, r.ID); !slices.Equal(got, []int{0}) {
		t.Errorf("jobs for attempts %v, want one for 0", got)
	}
	twice := retention.Run{Policies: []retention.PolicyResult{{Policy: "a"}, {Policy: "a"}}}
	_, err := s.CreateRun(t.Context(), twice, by("run.request"))
	wantErr(t, "a policy named twice", err, retention.ErrInvalid)
	if n := count(t, s, `SELECT count(*) FROM holdfast.river_job`); n != 1 {
		t.Errorf("%d jobs after a refused run, want 1", n)
	}
}

func TestOneOfManyWorkersClaimsARun(t *testing.T) {
	url := newURL(t)
	a, b := openAt(t, url), openAt(t, url) // two processes
	r := requested(t, a, false, "orders")
	for attempt := range 3 {
		stores := make(chan *store.Store, 20)
		for i := range 20 {
			stores <- []*store.Store{a, b}[i%2]
		}
		ok, errs := race(20, func() error {
			got, ok, err := (<-stores).ClaimRun(t.Context(), r.ID, attempt)
			if err == nil && !ok {
				return retention.ErrConflict
			}
			if ok && (got.Attempt != attempt+1 || got.Status != retention.RunRunning || got.StartedAt == nil) {
				t.Errorf("claimed: %+v", got)
			}
			return err
		})
		if ok != 1 {
			t.Errorf("attempt %d was claimed %d times, want once (%v)", attempt, ok, errors.Join(errs...))
		}
	}
}

func TestOfOverlappingRunsOneWorksAtATime(t *testing.T) {
	s := newStore(t)
	var runs []retention.Run
	for i := range 6 {
		runs = append(runs, requested(t, s, false, "shared", fmt.Sprint("own", i)))
	}
	next := make(chan retention.Run, len(runs))
	for _, r := range runs {
		next <- r
	}
	ok, _ := race(len(runs), func() error {
		r := <-next
		if _, ok, err := s.ClaimRun(t.Context(), r.ID, 0); err != nil || !ok {
			return errors.Join(err, retention.ErrConflict)
		}
		return nil
	})
	if ok != 1 {
		t.Fatalf("%d overlapping runs were claimed at once, want 1", ok)
	}
	// One after the other, in the order in which they were asked for.
	for i, r := range runs {
		if i > 0 {
			if _, ok := claim(t, s, r); !ok {
				t.Fatalf("run %d is next and was not claimed", i)
			}
		}
		must(s.FinishRun(t.Context(), r.ID, 1, retention.RunSucceeded))(t)
	}
}

func TestOverlappingRunWaitsAndIsWoken(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	first := requested(t, s, false, "orders", "logs")
	waits := requested(t, s, false, "logs", "people")
	behind := requested(t, s, false, "people")
	free := requested(t, s, false, "other")
	claim(t, s, first)
	got, ok := claim(t, s, waits)
	if ok || got.Status != retention.RunQueued || !strings.Contains(got.Waiting, first.ID) || !strings.Contains(got.Waiting, "logs") {
		t.Errorf("claimed %v, %q; want it waiting for %s", ok, got.Waiting, first.ID)
	}
	if kept := must(s.Run(ctx, waits.ID))(t); kept.Waiting != got.Waiting || kept.Attempt != 0 {
		t.Errorf("kept: %+v", kept)
	}
	if got, ok := claim(t, s, behind); ok || !strings.Contains(got.Waiting, waits.ID) {
		t.Errorf("a later run overtook an earlier one (%v, %q)", ok, got.Waiting)
	}
	if _, ok := claim(t, s, free); !ok {
		t.Error("a run without a common policy was made to wait")
	}
	must(s.FinishRun(ctx, first.ID, 1, retention.RunSucceeded))(t)
	if got := jobs(t, s, waits.ID); !slices.Equal(got, []int{0, 0}) {
		t.Errorf("the waiting run has jobs %v, want it woken once", got)
	}
	if got := jobs(t, s, free.ID); len(got) != 1 {
		t.Errorf("a run that waited for nothing has jobs %v", got)
	}
	got, ok = claim(t, s, waits)
	if !ok || got.Waiting != "" || got.Status != retention.RunRunning {
		t.Errorf("woken: %v, %+v", ok, got)
	}
}

func TestRunThatIsTakenOverKeepsItsPolicies(t *testing.T) {
	s := newStore(t)
	first := requested(t, s, false, "orders")
	second := requested(t, s, false, "orders")
	running, _ := claim(t, s, first)
	if _, ok := claim(t, s, second); ok {
		t.Fatal("overlapping run was claimed")
	}
	again, ok := claim(t, s, running)
	if !ok || again.Attempt != 2 || !again.StartedAt.Equal(*running.StartedAt) {
		t.Errorf("take-over: %v, %+v", ok, again)
	}
}

// A run that was asked for earlier may become visible later; without this order it
// and a later one could both find the other not yet started.
func TestClaimsAndEndsGoOneAtATime(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	a, b := requested(t, s, false, "orders"), requested(t, s, false, "logs")
	claim(t, s, a)
	tx := must(s.Pool().Begin(ctx))(t)
	defer func() { _ = tx.Rollback(ctx) }()
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(1212576628, 1)`)
	noErr(t, err)
	done := make(chan error, 2)
	go func() { _, _, err := s.ClaimRun(ctx, b.ID, 0); done <- err }()
	go func() { _, err := s.FinishRun(ctx, a.ID, 1, retention.RunSucceeded); done <- err }()
	for count(t, s, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
	                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) < 2 {
		select {
		case err := <-done:
			t.Fatalf("went past another claim (%v)", err)
		default:
		}
	}
	noErr(t, tx.Rollback(ctx))
	noErr(t, errors.Join(<-done, <-done))
}

func TestDryRunsWaitForNobodyAndNobodyForThem(t *testing.T) {
	s := newStore(t)
	for _, dry := range []bool{true, false, true} {
		if _, ok := claim(t, s, requested(t, s, dry, "orders")); !ok {
			t.Errorf("run with dry_run %v was made to wait", dry)
		}
	}
}

func TestRunIsNotClaimedOnceItsAttemptMovedOnOrItEnded(t *testing.T) {
	s := newStore(t)
	r := requested(t, s, false, "orders")
	running, _ := claim(t, s, r)
	if _, ok := claim(t, s, r); ok {
		t.Error("claimed by an old attempt")
	}
	must(s.FinishRun(t.Context(), r.ID, 1, retention.RunSucceeded))(t)
	if got, ok := claim(t, s, running); ok || got.Status != retention.RunSucceeded {
		t.Errorf("claimed after its end: %+v", got)
	}
	_, _, err := s.ClaimRun(t.Context(), nobody, 0)
	wantErr(t, "unknown run", err, retention.ErrNotFound)
}

func TestResultsAreWrittenByTheLatestAttemptAlone(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	r := requested(t, s, false, "orders", "logs")
	old, _ := claim(t, s, r)
	claim(t, s, old)
	orders := r.Policies[0]
	orders.Status, orders.Counts = retention.RunRunning, retention.Counts{Processed: 10, Held: 3, Blocked: 2, BlockedBy: map[string]int64{"public.lines": 2}, Skipped: map[string]int64{retention.SkippedLocked: 1},
		Effects: map[string]retention.TableEffect{"public.items": {Deleted: 4}}}
	orders.Cutoff, orders.StartedAt, orders.DurationSeconds, orders.Batches = &noon, &noon, 1.5, 4
	orders.NullTimestamps, orders.InfiniteTimestamps, orders.Errors = 5, 6, []string{"one", "two"}
	orders.Refused = []retention.RefusedRow{{Key: retention.Key{"17", "a"}, Reason: retention.SkippedTrigger, Error: "one"}, {Key: retention.Key{"18", "b"}, Reason: retention.SkippedConstraint}}
	wantErr(t, "a fenced attempt", s.SaveResult(ctx, r.ID, 1, orders), retention.ErrConflict)
	noErr(t, s.SaveResult(ctx, r.ID, 2, orders))
	logs := r.Policies[1]
	logs.Status, logs.Processed, logs.Errors = retention.RunFailed, 7, []string{"three"}
	noErr(t, s.SaveResult(ctx, r.ID, 2, logs))
	noErr(t, s.SaveResult(ctx, r.ID, 2, logs))
	got := must(s.Run(ctx, r.ID))(t)
	if got.TotalProcessed != 17 || got.TotalHeld != 3 || got.TotalErrors != 3 {
		t.Errorf("totals %d, %d, %d; want 17, 3, 3", got.TotalProcessed, got.TotalHeld, got.TotalErrors)
	}
	if diff := cmp.Diff(orders, got.Policies[0]); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	wantErr(t, "a policy that is not of the run", s.SaveResult(ctx, r.ID, 2, retention.PolicyResult{Policy: "x"}), retention.ErrNotFound)
	_, err := s.FinishRun(ctx, r.ID, 1, retention.RunFailed)
	wantErr(t, "finished by a fenced attempt", err, retention.ErrConflict)
	must(s.FinishRun(ctx, r.ID, 2, retention.RunPartial))(t)
	wantErr(t, "a result after the end", s.SaveResult(ctx, r.ID, 2, logs), retention.ErrConflict)
}

func TestFinishingAgainChangesNothing(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	r, _ := claim(t, s, requested(t, s, false, "orders"))
	waiting := requested(t, s, false, "orders")
	noErr(t, s.SetRunWaiting(ctx, r.ID, 1, "for the database"))
	first := must(s.FinishRun(ctx, r.ID, 1, retention.RunSucceeded))(t)
	if first.FinishedAt == nil || first.Waiting != "" {
		t.Errorf("finished: %+v", first)
	}
	second := must(s.FinishRun(ctx, r.ID, 1, retention.RunSucceeded))(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("finished again (-first +second):\n%s", diff)
	}
	if got := jobs(t, s, waiting.ID); len(got) != 2 {
		t.Errorf("the waiting run has %d jobs, want it woken once", len(got))
	}
	_, err := s.FinishRun(ctx, r.ID, 1, retention.RunFailed)
	wantErr(t, "another end", err, retention.ErrConflict)
	noErr(t, s.SetRunWaiting(ctx, r.ID, 1, "late"))
	if got := must(s.Run(ctx, r.ID))(t); got.Waiting != "" {
		t.Errorf("an ended run waits: %q", got.Waiting)
	}
}

func TestOneProcessQueuesATakeOver(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	r, _ := claim(t, s, requested(t, s, false, "orders"))
	requeue := func(attempt int, gap time.Duration) (queued int) {
		queued, errs := race(8, func() error {
			ok, err := s.RequeueRun(ctx, r.ID, attempt, gap)
			if err == nil && !ok {
				return retention.ErrConflict
			}
			return err
		})
		for _, err := range errs {
			wantErr(t, "requeue", err, retention.ErrConflict)
		}
		return queued
	}
	if n := requeue(1, time.Hour); n != 0 {
		t.Errorf("queued %d times although it was queued at its creation", n)
	}
	exec(t, s, `UPDATE holdfast.run SET requeued_at = requeued_at - interval '2 hours'`)
	if n := requeue(0, time.Hour); n != 0 {
		t.Errorf("queued %d times for an old attempt", n)
	}
	if n := requeue(1, time.Hour); n != 1 {
		t.Errorf("queued %d times at once, want 1", n)
	}
	if n := requeue(1, 0); n != 8 {
		t.Errorf("queued %d of 8 times without a gap", n)
	}
	must(s.FinishRun(ctx, r.ID, 1, retention.RunSucceeded))(t)
	if n := requeue(1, 0); n != 0 {
		t.Errorf("an ended run was queued %d times", n)
	}
	_, err := s.RequeueRun(ctx, nobody, 0, 0)
	wantErr(t, "unknown run", err, retention.ErrNotFound)
}

// Keys of rows that were refused are kept no longer than they help: they may name people.
func TestALaterRunForgetsTheRefusedRowsOfItsPolicies(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	refused := []retention.RefusedRow{{Key: retention.Key{"17"}, Reason: retention.SkippedTrigger, Error: "no"}}
	ran := func(dry bool, status retention.RunStatus, rows []retention.RefusedRow, policies ...string) string {
		t.Helper()
		r, _ := claim(t, s, requested(t, s, dry, policies...))
		for _, res := range r.Policies {
			res.Status, res.Refused = status, rows
			noErr(t, s.SaveResult(ctx, r.ID, r.Attempt, res))
		}
		must(s.FinishRun(ctx, r.ID, r.Attempt, retention.RunSucceeded))(t)
		return r.ID
	}
	first := ran(false, retention.RunSucceeded, refused, "orders", "logs")
	want := func(after string, orders, logs int) {
		t.Helper()
		got := must(s.Run(ctx, first))(t).Policies
		if len(got[0].Refused) != orders || len(got[1].Refused) != logs {
			t.Errorf("after %s the first run names %v and %v, want %d and %d rows", after, got[0].Refused, got[1].Refused, orders, logs)
		}
	}
	want("itself", 1, 1)
	ran(true, retention.RunSucceeded, nil, "orders")
	want("a simulation", 1, 1)
	ran(false, retention.RunFailed, nil, "orders")
	want("a run that failed", 1, 1)
	second := ran(false, retention.RunSucceeded, refused, "orders")
	want("a run of one of its policies", 0, 1)
	if got := must(s.Run(ctx, second))(t).Policies[0].Refused; len(got) != 1 {
		t.Errorf("the second run names %v, want its own row", got)
	}
}

func TestInstantOfARunIsFixedOnce(t *testing.T) {
	s := newStore(t)
	r := requested(t, s, false, "orders")
	first := must(s.SetRunAsOf(t.Context(), r.ID, noon))(t)
	second := must(s.SetRunAsOf(t.Context(), r.ID, noon.Add(time.Hour)))(t)
	if !first.Equal(noon) || !second.Equal(noon) {
		t.Errorf("got %v, then %v; want %v twice", first, second, noon)
	}
	_, err := s.SetRunAsOf(t.Context(), nobody, noon)
	wantErr(t, "unknown run", err, retention.ErrNotFound)
	wantErr(t, "unknown run", s.SetRunWaiting(t.Context(), nobody, 1, "x"), retention.ErrNotFound)
}

func TestRunsAreFilteredAndPaged(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	a := requested(t, s, false, "orders")
	b := requested(t, s, true, "orders", "logs")
	c := requested(t, s, false, "people")
	claim(t, s, c)
	must(s.FinishRun(ctx, c.ID, 1, retention.RunSucceeded))(t)
	yes, no := true, false
	for _, tc := range []struct {
		f    retention.RunFilter
		want []string
	}{
		{retention.RunFilter{}, []string{c.ID, b.ID, a.ID}},
		{retention.RunFilter{Statuses: []retention.RunStatus{retention.RunQueued}}, []string{b.ID, a.ID}},
		{retention.RunFilter{Policy: "orders"}, []string{b.ID, a.ID}},
		{retention.RunFilter{DryRun: &yes}, []string{b.ID}},
		{retention.RunFilter{DryRun: &no}, []string{c.ID, a.ID}},
		{retention.RunFilter{From: &b.CreatedAt}, []string{c.ID, b.ID}},
		{retention.RunFilter{Until: &b.CreatedAt}, []string{a.ID}},
		{retention.RunFilter{Triggers: []retention.Trigger{retention.TriggerManual}}, []string{c.ID, b.ID, a.ID}},
		{retention.RunFilter{Triggers: []retention.Trigger{retention.TriggerSchedule}}, nil},
	} {
		var got []string
		for _, r := range walk(t, 1, func(p retention.Page) ([]retention.Run, string, error) { return s.Runs(ctx, tc.f, p) }) {
			if len(r.Policies) == 0 {
				t.Errorf("run %s is listed without its policies", r.ID)
			}
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tc.f, diff)
		}
	}
	counts := must(s.CountRuns(ctx, retention.RunFilter{Policy: "orders", Until: &c.CreatedAt}))(t)
	slices.SortFunc(counts, func(a, b retention.RunCount) int { return map[bool]int{false: -1, true: 1}[a.DryRun] })
	want := []retention.RunCount{{Status: retention.RunQueued, Trigger: retention.TriggerManual, Runs: 1}, {Status: retention.RunQueued, DryRun: true, Trigger: retention.TriggerManual, Runs: 1}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	open := must(s.OpenRuns(ctx))(t)
	if len(open) != 2 || open[0].ID != a.ID || len(open[1].Policies) != 2 {
		t.Errorf("open runs: %+v", open)
	}
}

func journalRow(run, policy string, seq int64) retention.JournalRow {
	return retention.JournalRow{
		Batch: retention.Batch{ID: fmt.Sprintf("%s-%s-%d", run, policy, seq), RunID: run, Policy: policy, PolicyVersion: 3, Action: retention.ActionArchive,
			Table: table(policy), Seq: seq, GuardEpoch: 9, Step: "blocks 0–127", Digests: 2, CommittedAt: noon.Add(time.Duration(seq/2) * time.Second),
			Counts: retention.Counts{Processed: 2, Held: 1, Blocked: 4, BlockedBy: map[string]int64{"public.lines": 4}, Skipped: map[string]int64{retention.SkippedTrigger: 1},
				Effects: map[string]retention.TableEffect{"public.items": {Updated: 1, Deleted: 2}}}},
		DigestBytes: []byte(strings.Repeat("d", 64)),
	}
}

func TestJournalIsCarriedOnceAndListedInEitherOrder(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	r := requested(t, s, false, "orders", "logs")
	var rows []retention.JournalRow
	for seq := range int64(5) {
		rows = append(rows, journalRow(r.ID, "orders", seq), journalRow(r.ID, "logs", seq))
	}
	noErr(t, s.SaveBatches(ctx, rows[:6]))
	noErr(t, s.SaveBatches(ctx, rows))
	noErr(t, s.SaveBatches(ctx, nil))
	list := func(policy string) []retention.Batch {
		return walk(t, 3, func(p retention.Page) ([]retention.Batch, string, error) {
			return s.Batches(ctx, r.ID, policy, false, p)
		})
	}
	if got := list(""); len(got) != 10 || got[9].CommittedAt.Before(got[0].CommittedAt) {
		t.Errorf("%d batches, want 10", len(got))
	}
	newest := walk(t, 3, func(p retention.Page) ([]retention.Batch, string, error) { return s.Batches(ctx, r.ID, "", true, p) })
	slices.Reverse(newest)
	if diff := cmp.Diff(list(""), newest); diff != "" {
		t.Errorf("newest first is not the same in reverse (-want +got):\n%s", diff)
	}
	got := list("orders")
	if len(got) != 5 {
		t.Fatalf("%d batches of orders, want 5", len(got))
	}
	if diff := cmp.Diff(rows[0].Batch, got[0]); diff != "" {
		t.Errorf("first batch (-want +got):\n%s", diff)
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.batch WHERE octet_length(digests) = 64`); n != 10 {
		t.Errorf("%d batches have their digests, want 10", n)
	}
	for _, sql := range []string{`UPDATE holdfast.batch SET held = 0`, `DELETE FROM holdfast.batch`, `TRUNCATE holdfast.batch`} {
		if _, err := s.Pool().Exec(ctx, sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
}
