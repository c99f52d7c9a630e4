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
	id, epoch, enforcement string
	active                 bool
	// unenforced: batches respect it, and nobody else yet; it has no moment.
	unenforced       bool
	effective, ended time.Time
	covers           map[string]*coverage
	// families are, by the table of the records, over how many foreign keys rows belong to
	// them; 0 for any number.
	families map[string]int
	// kept are the rows, by table and id, that the application took the way up from, and since
	// when.
	kept map[[2]string]time.Time
	// staged are scopes, and stagedIDs ids by table, that no list of the holds in force had yet.
	staged    []map[string]string
	stagedIDs map[string][]string
	// scopes are those that a list of holds has had, by their place in the hold: the first list
	// that had one, what it covers, and whether it has fallen out since.
	scopes map[int]*guardScope

	// first and last are the batches that were judged with it, by their place among all.
	first, last int
	disposed    map[string]int64
}

// guardScope is one scope of a hold.
type guardScope struct {
	since int64
	rows  []map[string]string
	fell  bool
}

// coverage is what a hold covers of one table.
type coverage struct {
	all bool
	// listed: ids of the table are held, which are those that a list of holds has had.
	listed bool
	ids    map[string]bool
	// ever are the ids that were ever held, which may have fallen out of the hold.
	ever map[string]bool
	// said are those of which somebody was told that they are in force.
	said  map[string]bool
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
			was := j.epoch
			if _, _ = fmt.Sscan(now["epoch"], &j.epoch); j.epoch != was {
				j.takeStaged()
			}
		case name == "hold":
			j.followHold(j.hold(now["no"]), now)
		case name == "held_set":
			j.sets["held_"+now["id"]] = now["schema_name"] + "." + now["table_name"]
		case name == "hold_scope":
			h := j.hold(now["hold_no"])
			if now["ended_at"] != "null" {
				j.fall(h, now)
				continue
			}
			h.staged = append(h.staged, now)
		case strings.HasPrefix(name, "held_"):
			h := j.hold(now["hold_no"])
			h.stagedIDs[j.sets[name]] = append(h.stagedIDs[j.sets[name]], now["k1"])
		}
	}
}

// takeStaged has whoever judges from now on, by a new list of the holds in force, know all that
// was staged of them. Ids count with a scope of their table.
func (j *judge) takeStaged() {
	for _, h := range j.active {
		for _, now := range h.staged {
			j.followScope(h, now)
		}
		h.staged = nil
		for table, ids := range h.stagedIDs {
			if of := h.covers[table]; of != nil && of.listed {
				for _, id := range ids {
					of.ids[id], of.ever[id] = true, true
				}
				delete(h.stagedIDs, table)
			}
		}
	}
}

func (j *judge) hold(no string) *guardHold {
	if j.holds[no] == nil {
		j.holds[no] = &guardHold{covers: map[string]*coverage{}, families: map[string]int{}, kept: map[[2]string]time.Time{}, stagedIDs: map[string][]string{}, scopes: map[int]*guardScope{}, disposed: map[string]int64{}}
	}
	return j.holds[no]
}

func (h *guardHold) cover(table string) *coverage {
	if h.covers[table] == nil {
		h.covers[table] = &coverage{ids: map[string]bool{}, ever: map[string]bool{}, said: map[string]bool{}, notes: map[string]bool{}}
	}
	return h.covers[table]
}

func (j *judge) followHold(h *guardHold, now map[string]string) {
	h.id, h.epoch, h.enforcement = now["id"], now["effective_epoch"], now["enforcement"]
	was, waited := h.active, h.unenforced
	h.active, h.unenforced = now["state"] == "active", strings.HasPrefix(now["unenforced"], "t")
	if h.unenforced {
		h.enforcement = "none"
	}
	if h.active && !h.unenforced && (!was || waited) {
		h.effective, h.first = logTime(now["effective_at"]), len(j.done)
	}
	switch {
	case h.active && !h.ended.IsZero():
		j.fault("hold %s is in force again after it had ended", h.id)
	case h.active && !was:
		j.active = append(j.active, h)
		j.complete(h)
	case was && !h.active:
		h.ended, h.last = logTime(now["ended_at"]), len(j.done)
		j.active = slices.DeleteFunc(j.active, func(o *guardHold) bool { return o == h })
	}
}

// complete wants a hold that waits for a list to come into force with all of it.
func (j *judge) complete(h *guardHold) {
	of, waits := j.lists[h.id]
	if !waits {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(of.ids), func(id string) bool { return slices.Contains(h.stagedIDs[of.table], id) })
	if len(missing) > 0 {
		j.fault("hold %s comes into force with a part of its list of %s: %d of %d ids are not there, %v", h.id, of.table, len(missing), len(of.ids), missing)
	}
}

// typeNames are those of the types that the note of a hold's condition may have had.
var typeNames = map[string]string{"25": "text", "1043": "character varying"}

func (j *judge) followScope(h *guardHold, now map[string]string) {
	var index int
	_, _ = fmt.Sscan(now["scope_index"], &index)
	if h.scopes[index] == nil {
		h.scopes[index] = &guardScope{since: j.epoch}
	}
	h.scopes[index].rows = append(h.scopes[index].rows, now)
	j.addScope(h, now)
}

// addScope has a hold cover what a row of its scopes says.
func (j *judge) addScope(h *guardHold, now map[string]string) {
	table, condition := now["schema_name"]+"."+now["table_name"], now["condition"]
	c := h.cover(table)
	var from, to int64
	var depth int
	switch {
	case now["member"] != "0":
		// A table of a family: who belongs to the records their foreign keys say.
	case condition == "null" && now["held_set"] == "null":
		c.all = true
	case condition == "null":
		c.listed = true
		if n, _ := fmt.Sscan(now["family_depth"], &depth); n == 1 {
			h.families[table] = depth
		}
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

// covering are the holds in force that cover a row as it was, for whoever began to look at a
// moment.
func (j *judge) covering(table string, c change, row map[string]string, began time.Time) (holds []*guardHold) {
	for _, h := range j.active {
		of := h.covers[table]
		if of == nil {
			continue
		}
		if of.has(row) || of.unreadable(table, c) || j.belongs(h, table, row, began) {
			holds = append(holds, h)
		}
	}
	return holds
}

func (of *coverage) has(row map[string]string) bool {
	if of.all || of.ids[row["id"]] || of.said[row["id"]] || of.notes[row["note"]] {
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
