package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// auditedHold is what the audit keeps of a hold, as far as its end depends on it.
type auditedHold struct {
	ExpiresAt  *time.Time `json:"expires_at"`
	OnExpiry   string     `json:"on_expiry"`
	ReleasesAt *time.Time `json:"releases_at"`
}

// step is one row of the audit about a hold.
type step struct {
	Hold, Action  string
	At            time.Time
	Before, After *auditedHold
}

func (r *torture) readSteps() map[string][]step {
	r.t.Helper()
	conn, err := pgx.Connect(r.t.Context(), r.store)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(r.t.Context())) }()
	rows, err := conn.Query(r.t.Context(), `
		SELECT substr(object, length('hold/') + 1), action, at, before, after
		FROM holdfast.audit
		WHERE object LIKE 'hold/%'
		ORDER BY id`)
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string][]step{}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[step])
	if err != nil {
		r.t.Fatal(err)
	}
	for _, s := range all {
		out[s.Hold] = append(out[s.Hold], s)
	}
	return out
}

// judgeLives holds each hold's end in the guard against what people and dates had asked for:
// it ends by nothing but a release or an expiry that was not taken back, and not before that
// has cooled off.
func (r *torture) judgeLives(j *judge) {
	steps := r.readSteps()
	for _, h := range j.holds {
		if h.id == "" || h.effective.IsZero() {
			continue // staged, and never in force
		}
		j.life(h, steps[h.id])
	}
	for _, a := range r.acts {
		done := 0
		for _, s := range steps[a.hold] {
			if s.Action == a.action {
				done++
			}
		}
		if done < a.times {
			j.fault("hold %s: %s was answered as done %d times, and the audit has it %d times", a.hold, a.action, a.times, done)
		}
	}
}

func (j *judge) life(h *guardHold, steps []step) {
	var cause *step
	ending, done := false, false
	for _, s := range steps {
		switch s.Action {
		case "hold.release":
			cause = &s
		case "hold.expiry":
			cause = &s
			j.expiry(h, s)
		case "hold.take_back":
			cause = nil
			if ending {
				j.fault("hold %s: its release is taken back after its end had begun", h.id)
			}
		case "hold.end":
			ending = true
			if cause == nil {
				j.fault("hold %s ends at %s, and nobody wants it to any more", h.id, s.At)
			}
		case "hold.released", "hold.expire":
			done = true
		}
	}
	switch {
	case h.ended.IsZero() && done:
		j.fault("hold %s is said to have ended, and is in force", h.id)
	case h.ended.IsZero():
	case !done:
		j.fault("hold %s has ended, and is not said to have", h.id)
	case cause == nil:
		j.fault("hold %s has ended, and nobody wanted it to", h.id)
	case cause.After.ReleasesAt == nil || h.ended.Before(*cause.After.ReleasesAt):
		j.fault("hold %s ended at %s and cooled off until %v", h.id, h.ended, cause.After.ReleasesAt)
	}
}

// expiry judges whether a hold's time had come when it was taken for expired.
func (j *judge) expiry(h *guardHold, s step) {
	switch b := s.Before; {
	case b.OnExpiry != "release":
		j.fault("hold %s expires and a person was to decide", h.id)
	case b.ExpiresAt == nil:
		j.fault("hold %s expires and has no expiry", h.id)
	case b.ExpiresAt.After(s.At):
		j.fault("hold %s expires at %s and was extended until %s", h.id, s.At, b.ExpiresAt)
	}
}

// holdProof is what the API answers of a hold's proof, as far as the history can say it too.
type holdProof struct {
	Verdict      string     `json:"verdict"`
	From         time.Time  `json:"from"`
	Until        *time.Time `json:"until"`
	Epoch        int64      `json:"epoch"`
	BatchCount   int64      `json:"batch_count"`
	EarlierCount int64      `json:"earlier_count"`
	Scope        []struct {
		Table          string `json:"table"`
		ByDigest       bool   `json:"by_digest"`
		RecordCount    int64  `json:"record_count"`
		DisposedCount  int64  `json:"disposed_count"`
		ProcessedCount int64  `json:"processed_count"`
	} `json:"scope"`
	Suspended []struct {
		Run    string `json:"run"`
		Policy string `json:"policy"`
		Table  string `json:"table"`
		Held   int64  `json:"held_count"`
	} `json:"suspended"`
}

// judgeProofs counts anew what the proofs say, from the history of the server alone.
func (r *torture) judgeProofs(j *judge) {
	told := 0
	for _, h := range j.holds {
		if h.effective.IsZero() {
			continue
		}
		p, ok := r.proofs[h.id]
		if !ok {
			j.fault("hold %s was in force and has no proof", h.id)
			continue
		}
		told++
		if p.Verdict != "stands" || p.EarlierCount != 0 {
			j.fault("the proof of hold %s speaks against it: %+v", h.id, p)
		}
		j.times(h, p)
		j.counts(h, p)
	}
	if told != len(r.proofs) {
		j.fault("%d holds have proofs, and %d were in force", len(r.proofs), told)
	}
}

func (j *judge) times(h *guardHold, p holdProof) {
	if !p.From.Equal(h.effective) || (p.Until == nil) != h.ended.IsZero() || p.Until != nil && !p.Until.Equal(h.ended) {
		j.fault("the proof of hold %s is of %s to %v; it was in force from %s to %s", h.id, p.From, p.Until, h.effective, h.ended)
	}
	if fmt.Sprint(p.Epoch) != h.epoch {
		j.fault("the proof of hold %s says list %d, and it came with list %s", h.id, p.Epoch, h.epoch)
	}
}

func (j *judge) counts(h *guardHold, p holdProof) {
	if p.BatchCount != h.batches {
		j.fault("the proof of hold %s looked at %d batches of %d", h.id, p.BatchCount, h.batches)
	}
	for _, s := range p.Scope {
		if n := h.processed[s.Table]; s.ProcessedCount != n {
			j.fault("the proof of hold %s says that %d rows of %s went, and it were %d", h.id, s.ProcessedCount, s.Table, n)
		}
		if n := h.disposed[s.Table]; s.ByDigest && s.DisposedCount != n {
			j.fault("the proof of hold %s says that %d of its records of %s went, and it were %d", h.id, s.DisposedCount, s.Table, n)
		}
		if of := h.covers[s.Table]; of == nil || s.ByDigest && s.RecordCount != int64(len(of.ids)) {
			j.fault("the proof of hold %s looked for %d records of %s, and it covers others: %v", h.id, s.RecordCount, s.Table, of)
		}
	}
	if len(p.Suspended) != len(h.suspended) {
		j.fault("the proof of hold %s names %d runs that met held rows, and it were %d", h.id, len(p.Suspended), len(h.suspended))
	}
	for _, s := range p.Suspended {
		if n := h.suspended[[3]string{s.Run, s.Policy, s.Table}]; s.Held != n {
			j.fault("the proof of hold %s says that run %s left %d held rows of %s, and it were %d", h.id, s.Run, s.Held, s.Table, n)
		}
	}
}
