package main

import (
	"context"
	"fmt"
	"maps"
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
	ending, done, givenUp := false, false, false
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
		case "hold.abandon":
			done, givenUp = true, true
		}
	}
	switch {
	case h.ended.IsZero() && done:
		j.fault("hold %s is said to have ended, and is in force", h.id)
	case h.ended.IsZero(), givenUp: // whoever was about to put it in force came too late, and told nobody
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
	Verdict      string       `json:"verdict"`
	From         time.Time    `json:"from"`
	Until        *time.Time   `json:"until"`
	Epoch        int64        `json:"epoch"`
	BatchCount   int64        `json:"batch_count"`
	EarlierCount int64        `json:"earlier_count"`
	Scope        []scopeProof `json:"scope"`
	Suspended    []struct {
		Run    string `json:"run"`
		Policy string `json:"policy"`
		Table  string `json:"table"`
		Held   int64  `json:"held_count"`
	} `json:"suspended"`
}

type scopeProof struct {
	Table          string `json:"table"`
	Belongs        bool   `json:"belongs"`
	ByDigest       bool   `json:"by_digest"`
	RecordCount    int64  `json:"record_count"`
	DisposedCount  int64  `json:"disposed_count"`
	ProcessedCount int64  `json:"processed_count"`
}

// doneBatch is a batch as a proof looks at it: how many rows of which table it changed.
type doneBatch struct {
	row     journalRow
	changed map[string]int64
}

func (j *judge) note(row journalRow, changed map[string][]change) {
	b := doneBatch{row: row, changed: map[string]int64{}}
	for table, list := range changed {
		b.changed[table] = int64(len(list))
	}
	j.done = append(j.done, b)
}

// countDisposed counts a record that goes for the holds that have it.
func (j *judge) countDisposed(table, key string) {
	for _, h := range j.active {
		if of := h.covers[table]; of != nil && of.ids[key] {
			h.disposed[table]++
		}
	}
}

// recount is what the history says of one hold.
type recount struct {
	batches int64
	// done are the batches on its tables, suspended held rows by run, policy and table.
	done      []doneBatch
	suspended map[[3]string]int64
}

func (j *judge) recount(h *guardHold) recount {
	out := recount{suspended: map[[3]string]int64{}}
	last := h.last
	if h.ended.IsZero() {
		last = len(j.done)
	}
	for _, b := range j.done[h.first:last] {
		met := h.covers[b.row.Table] != nil
		for table := range b.row.Effects {
			met = met || h.covers[table] != nil
		}
		if !met {
			continue
		}
		out.batches++
		out.done = append(out.done, b)
		if n := b.row.Held; n > 0 {
			out.suspended[[3]string{b.row.Run, b.row.Policy, b.row.Table}] += n
		}
	}
	return out
}

// processed counts the rows of a table that went since a list of holds, and before another.
func (c recount) processed(table string, since, until int64) (n int64) {
	for _, b := range c.done {
		if b.row.Epoch >= since && (until == 0 || b.row.Epoch < until) {
			n += b.changed[table]
		}
	}
	return n
}

// storedScope is a scope of a hold as the store has it in the end: since which list of holds it
// is in force, or that it is not yet, and until which.
type storedScope struct {
	Table        string
	Epoch, Ended int64
	Open         bool
	ReleasesAt   *time.Time
	SplitFrom    *int
	// Belongings are the tables of its family.
	Belongings int
	// IDs are those of its list.
	IDs []string
}

func (r *torture) readScopes() map[string][]storedScope {
	conn, err := pgx.Connect(r.t.Context(), r.store)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(r.t.Context())) }()
	rows, err := conn.Query(r.t.Context(), `
		SELECT hold_id::text, table_schema || '.' || table_name, coalesce(effective_epoch, 0), coalesce(ended_epoch, 0), upload <> '', releases_at, split_from, jsonb_array_length(belongings),
		       ARRAY(SELECT key[1] FROM holdfast.hold_record AS r WHERE r.hold_id = s.hold_id AND r.scope_index = s.scope_index)
		FROM holdfast.hold_scope AS s
		ORDER BY hold_id, scope_index`)
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string][]storedScope{}
	var id string
	var s storedScope
	if _, err := pgx.ForEachRow(rows, []any{&id, &s.Table, &s.Epoch, &s.Ended, &s.Open, &s.ReleasesAt, &s.SplitFrom, &s.Belongings, &s.IDs}, func() error {
		out[id] = append(out[id], s)
		s = storedScope{}
		return nil
	}); err != nil {
		r.t.Fatal(err)
	}
	return out
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
		j.counts(h, p, j.stored[h.id])
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

func (j *judge) counts(h *guardHold, p holdProof, scopes []storedScope) {
	again := j.recount(h)
	if p.BatchCount != again.batches {
		j.fault("the proof of hold %s looked at %d batches of %d", h.id, p.BatchCount, again.batches)
	}
	j.countScopes(h, p, again, scopes)
	if len(p.Suspended) != len(again.suspended) {
		j.fault("the proof of hold %s names %d runs that met held rows, and it were %d", h.id, len(p.Suspended), len(again.suspended))
	}
	for _, s := range p.Suspended {
		if n := again.suspended[[3]string{s.Run, s.Policy, s.Table}]; s.Held != n {
			j.fault("the proof of hold %s says that run %s left %d held rows of %s, and it were %d", h.id, s.Run, s.Held, s.Table, n)
		}
	}
}

// countScopes looks at each scope, and at the tables of families, which come after them. Ids of
// one table may be in several.
func (j *judge) countScopes(h *guardHold, p holdProof, again recount, scopes []storedScope) {
	records, disposed, open := map[string]map[string]bool{}, map[string]int64{}, map[string]bool{}
	places := placesOf(scopes)
	if len(p.Scope) != len(places) {
		j.fault("the proof of hold %s has %d scopes and tables, and it were %d", h.id, len(p.Scope), len(places))
		return
	}
	for i, s := range p.Scope {
		of := scopes[places[i]]
		if of.Open {
			open[s.Table] = true
			if s.ProcessedCount+s.DisposedCount > 0 {
				j.fault("the proof of hold %s speaks of scope %d, which is not in force: %+v", h.id, i, s)
			}
			continue
		}
		// One that was split off a list has been in force since the list was.
		if had := h.scopes[i]; !s.Belongs && of.SplitFrom == nil && (had == nil || of.Epoch > 0 && of.Epoch < had.since) {
			j.fault("scope %d of hold %s is said to be in force since list %d, and the guard has %+v", i, h.id, of.Epoch, had)
		}
		if n := again.processed(s.Table, of.Epoch, of.Ended); s.ProcessedCount != n {
			j.fault("the proof of hold %s says that %d rows of %s went (scope %d), and it were %d", h.id, s.ProcessedCount, s.Table, i, n)
		}
		if !s.ByDigest {
			continue
		}
		if s.RecordCount != int64(len(of.IDs)) {
			j.fault("the proof of hold %s looked for %d records of scope %d, which has %d", h.id, s.RecordCount, i, len(of.IDs))
		}
		if records[s.Table] == nil {
			records[s.Table] = map[string]bool{}
		}
		for _, id := range of.IDs {
			records[s.Table][id] = true
		}
		disposed[s.Table] += s.DisposedCount
	}
	for table, ids := range records {
		of := h.covers[table]
		if of == nil || !open[table] && !maps.Equal(ids, of.ever) {
			j.fault("the proof of hold %s looked for %d records of %s, and it covers others: %+v", h.id, len(ids), table, of)
		}
		if n := h.disposed[table]; disposed[table] != n {
			j.fault("the proof of hold %s says that %d of its records of %s went, and it were %d", h.id, disposed[table], table, n)
		}
	}
}

// placesOf are the places in the hold of what a proof speaks of: its scopes, and then the tables
// of their families.
func placesOf(scopes []storedScope) (places []int) {
	for i := range scopes {
		places = append(places, i)
	}
	for i, s := range scopes {
		for range s.Belongings {
			places = append(places, i)
		}
	}
	return places
}
