package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
	"holdfast/store"
)

// A run that waits for its turn, behind a paused one perhaps for days, must not carry out
// what people have taken back meanwhile.
func TestARunDoesNotBeginWithWhatWasTakenBackWhileItWaited(t *testing.T) {
	tests := []struct {
		name   string
		change func(h *house, p retention.Policy)
		says   string
	}{
		{"retired", func(h *house, p retention.Policy) {
			if _, err := h.engine.RetirePolicy(t.Context(), h.actor, p.Name, p.Version); err != nil {
				t.Fatal(err)
			}
		}, "was retired after this run was asked for"},
		{"disabled", func(h *house, p retention.Policy) { p.Enabled = false; h.mustReplace(p) }, "was disabled"},
		{"replaced", func(h *house, p retention.Policy) {
			p.RetentionPeriod = retention.Period{Days: 3650}
			h.mustReplace(p)
		}, "version 1 was replaced by version 2"},
		{"replaced and put back", func(h *house, p retention.Policy) {
			other := p
			other.RetentionPeriod = retention.Period{Days: 3650}
			p.Version = h.mustReplace(other).Version
			h.mustReplace(p)
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := freshHouse(t)
			h.exec(oldRows("r", 20, true)...)
			p := h.mustPolicy(policyOn("r", 90))
			run := h.request(engine.RunRequest{})
			tt.change(h, p)
			if err := h.engine.ExecuteRun(t.Context(), run.ID, 0); err != nil {
				t.Fatal(err)
			}
			got, left := h.getRun(run.ID), h.count(`SELECT count(*) FROM public.r WHERE id > 0`)
			if tt.says == "" {
				if got.Status != retention.RunSucceeded || left != 0 {
					t.Errorf("the run ended as %s with %d rows left, want that it is carried out", got.Status, left)
				}
				return
			}
			if got.Status != retention.RunFailed || left != 20 || got.TotalProcessed != 0 || !strings.Contains(strings.Join(got.Policies[0].Errors, " "), tt.says) {
				t.Errorf("the run ended as %s with %d of 20 rows left: %q; want it failed, all of them, and %q", got.Status, left, got.Policies[0].Errors, tt.says)
			}
		})
	}
}

// stoppedAsking is a store whose caller is stopped just when it asks for a policy.
type stoppedAsking struct {
	*store.Store
	stop context.CancelFunc
}

func (s stoppedAsking) Policy(ctx context.Context, name string) (retention.Policy, error) {
	s.stop()
	return retention.Policy{}, ctx.Err()
}

// Whoever takes the run over from a worker that was stopped just before it knew asks again.
func TestATakeOverDoesNotBeginWithWhatWasTakenBackEither(t *testing.T) {
	h := freshHouse(t)
	h.exec(oldRows("r", 20, true)...)
	p := h.mustPolicy(policyOn("r", 90))
	run := h.request(engine.RunRequest{})
	if _, err := h.engine.RetirePolicy(t.Context(), h.actor, p.Name, p.Version); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	first := engine.New(stoppedAsking{h.store, stop}, h.target, engine.Options{Pace: retention.PaceMax})
	if err := first.ExecuteRun(ctx, run.ID, 0); !errors.Is(err, engine.ErrHandedOn) {
		t.Fatalf("the stopped worker answered %v, want that the run is handed on", err)
	}
	if err := h.engine.ExecuteRun(t.Context(), run.ID, h.getRun(run.ID).Attempt); err != nil {
		t.Fatal(err)
	}
	if got, left := h.getRun(run.ID), h.count(`SELECT count(*) FROM public.r WHERE id > 0`); got.Status != retention.RunFailed || left != 20 {
		t.Errorf("the run ended as %s with %d of 20 rows left, want it failed and all of them", got.Status, left)
	}
}

// An empty list reads like a clean record.
func TestASpanOfTimeThatEndsBeforeItBeginsIsRefused(t *testing.T) {
	h := freshHouse(t)
	later := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	earlier := later.AddDate(0, -1, 0)
	_, _, runs := h.engine.Runs(t.Context(), h.actor, retention.RunFilter{From: &later, Until: &earlier}, retention.Page{})
	export := h.engine.ExportRuns(t.Context(), h.actor, retention.RunFilter{From: &later, Until: &earlier}, func(retention.Run) error { return nil })
	_, _, events := h.engine.Events(t.Context(), h.actor, retention.EventFilter{From: &later, Until: &earlier}, retention.Page{})
	_, _, audit := h.engine.Audit(t.Context(), h.actor, retention.AuditFilter{From: &later, Until: &earlier}, retention.Page{})
	for what, err := range map[string]error{"runs": runs, "export": export, "events": events, "audit": audit} {
		if !errors.Is(err, retention.ErrInvalid) {
			t.Errorf("%s: got %v, want it refused", what, err)
		}
	}
}
