package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// guardHold is a hold as the history of the guard has it, with what a proof says of it,
// counted anew.
type guardHold struct {
	id, epoch        string
	active           bool
	effective, ended time.Time
	covers           map[string]*coverage

	batches   int64
	processed map[string]int64
	disposed  map[string]int64
	// suspended are held rows by run, policy and table.
	suspended map[[3]string]int64
}

// coverage is what a hold covers of one table.
type coverage struct {
	all   bool
	ids   map[string]bool
	notes map[string]bool
	spans [][2]int64
	// form is the type that the note had when the hold was placed, of a condition on it: while
	// it has another, or another name, nobody can tell which rows that means.
	form string
}

// guard follows which holds are in force, and what they cover.
func (j *judge) guard(tx transaction) {
	for _, c := range tx.changes {
		name, ours := strings.CutPrefix(c.table, "holdfast_guard.")
		followed := name == "state" || name == "hold" || name == "hold_scope" || strings.HasPrefix(name, "held_")
		if !ours || !followed || c.op == "DELETE" || c.op == "TRUNCATE" {
			continue
		}
		now := c.new()
		switch {
		case name == "state":
			_, _ = fmt.Sscan(now["epoch"], &j.epoch)
		case name == "hold":
			j.followHold(j.hold(now["no"]), now)
		case name == "held_set":
			j.sets["held_"+now["id"]] = now["schema_name"] + "." + now["table_name"]
		case name == "hold_scope":
			j.followScope(j.hold(now["hold_no"]).cover(now["schema_name"]+"."+now["table_name"]), now)
		case strings.HasPrefix(name, "held_"):
			j.hold(now["hold_no"]).cover(j.sets[name]).ids[now["k1"]] = true
		}
	}
}

func (j *judge) hold(no string) *guardHold {
	if j.holds[no] == nil {
		j.holds[no] = &guardHold{covers: map[string]*coverage{}, processed: map[string]int64{}, disposed: map[string]int64{}, suspended: map[[3]string]int64{}}
	}
	return j.holds[no]
}

func (h *guardHold) cover(table string) *coverage {
	if h.covers[table] == nil {
		h.covers[table] = &coverage{ids: map[string]bool{}, notes: map[string]bool{}}
	}
	return h.covers[table]
}

func (j *judge) followHold(h *guardHold, now map[string]string) {
	h.id, h.epoch = now["id"], now["effective_epoch"]
	was := h.active
	h.active = now["state"] == "active"
	switch {
	case h.active && !h.ended.IsZero():
		j.fault("hold %s is in force again after it had ended", h.id)
	case h.active && !was:
		h.effective = logTime(now["effective_at"])
	case was && !h.active:
		h.ended = logTime(now["ended_at"])
	}
}

// typeNames are those of the types that the note of a hold's condition may have had.
var typeNames = map[string]string{"25": "text", "1043": "character varying"}

func (j *judge) followScope(c *coverage, now map[string]string) {
	condition := now["condition"]
	var from, to int64
	switch {
	case condition == "null" && now["held_set"] == "null":
		c.all = true
	case condition == "null":
	case strings.HasPrefix(condition, "note = '"):
		c.notes[strings.TrimSuffix(strings.TrimPrefix(condition, "note = '"), "'")] = true
		c.form = typeNames[strings.Trim(now["condition_types"], "{}")]
	default:
		if _, err := fmt.Sscanf(condition, spanCondition, &from, &to); err != nil {
			j.t.Fatalf("the checker cannot read the condition %q: %v", condition, err)
		}
		c.spans = append(c.spans, [2]int64{from, to})
	}
}

// logTime reads a moment as the log has it.
func logTime(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05.999999-07", text)
	if err != nil {
		at, _ = time.Parse("2006-01-02 15:04:05.999999-07:00", text)
	}
	return at
}

// coveredBy are the holds in force that cover a row as it was.
func (j *judge) coveredBy(table string, c change, row map[string]string) (holds []*guardHold) {
	for _, h := range j.holds {
		of := h.covers[table]
		if !h.active || of == nil {
			continue
		}
		if of.ids[row["id"]] {
			h.disposed[table]++
		}
		if of.has(row) || of.unreadable(table, c) {
			holds = append(holds, h)
		}
	}
	return holds
}

func (of *coverage) has(row map[string]string) bool {
	if of.all || of.ids[row["id"]] || of.notes[row["note"]] {
		return true
	}
	if len(of.spans) == 0 {
		return false
	}
	var id int64
	_, _ = fmt.Sscan(row["id"], &id)
	return slices.ContainsFunc(of.spans, func(s [2]int64) bool { return s[0] <= id && id < s[1] })
}

// unreadable reports whether nobody could tell, when a row was changed, which rows the hold
// means: its table was called otherwise, or the column of its condition was another. Then
// every row is covered.
func (of *coverage) unreadable(table string, c change) bool {
	if table != memoTable {
		return false
	}
	return c.table != memoTable || len(of.notes) > 0 && !strings.Contains(" "+c.columns, " note["+of.form+"]:")
}

// countForProofs counts what the proofs of the holds in force say of a batch.
func (j *judge) countForProofs(row journalRow, changed map[string][]change) {
	for _, h := range j.holds {
		if !h.active {
			continue
		}
		met := false
		for table := range h.covers {
			_, reached := row.Effects[table]
			met = met || reached || table == row.Table
			h.processed[table] += int64(len(changed[table]))
		}
		if !met {
			continue
		}
		h.batches++
		if n := row.Held; n > 0 {
			h.suspended[[3]string{row.Run, row.Policy, row.Table}] += n
		}
	}
}
