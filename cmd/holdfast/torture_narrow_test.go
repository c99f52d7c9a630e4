package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// narrowing is what was asked to fall out of a hold and not taken back: scopes by their place,
// and ids of lists.
type narrowing struct {
	scopes map[int]bool
	ids    map[listedID]bool
}

// listedID is an id and the place of the scope that had it in its list.
type listedID struct {
	scope int
	id    string
}

// narrowing has holds cover less, one after the other.
func (r *torture) narrowing(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		r.narrowed(ctx, rnd)
		idle(ctx, time.Duration(rnd.IntN(200))*time.Millisecond)
	}
}

// narrowed holds cover less after a while: scopes, or records of a list, some of which another
// list of the hold has too, fall out of them, and some are kept after all.
func (r *torture) narrowed(ctx context.Context, rnd *rand.Rand) {
	table := listedTables[rnd.IntN(len(listedTables))]
	ids := r.existing(ctx, table, 30)
	if len(ids) < 30 {
		return
	}
	first, second := ids[:20], ids[10:]
	more := []string{"", "", `"enforcement":"refuse",`, `"enforcement":"preserve",`}[rnd.IntN(4)]
	if table == "log" {
		more = "" // see prepareEnforcement
	}
	other := `{"table":"public.tiny","all":true}`
	switch {
	case more == "" && rnd.IntN(2) == 0:
		other = r.familyScope(ctx, rnd)
	case more == "":
		other = someScope(rnd)
	}
	list := func(of []string) string {
		return fmt.Sprintf(`{"table":"public.%s","record_ids":[%s]}`, table, quoted(of))
	}
	id := r.placeOn(ctx, rnd, more, list(first)+","+other)
	if id == "" {
		return
	}
	status, out := r.inTurn(rnd).tryAsk("POST", "/api/v1/holds/"+id+"/scopes", `{"change_reason":"a test's","scope":[`+list(second)+`]}`)
	if status != 200 {
		return
	}
	r.did(id, "hold.widen")
	if inForce(out) {
		r.say(ctx, id, "public."+table, second)
	}
	for range 1 + rnd.IntN(3) {
		r.narrow(ctx, rnd, id, ids)
	}
	r.leave(ctx, rnd, id)
}

// narrow has a scope of a hold fall out of it, or some of the ids of one, and takes it back
// sometimes, or too late. The hold has two lists, and the ids from the tenth to the twentieth are
// in both.
func (r *torture) narrow(ctx context.Context, rnd *rand.Rand, id string, ids []string) {
	index := rnd.IntN(3)
	part, asked := fmt.Sprintf(`{"index":%d}`, index), &narrowing{scopes: map[int]bool{index: true}}
	if index != 1 && rnd.IntN(2) == 0 {
		some := ids[index*5 : index*5+15]
		part, asked = fmt.Sprintf(`{"index":%d,"record_ids":[%s]}`, index, quoted(some)), &narrowing{ids: map[listedID]bool{}}
		for _, one := range some {
			asked.ids[listedID{index, one}] = true
		}
	}
	idle(ctx, time.Duration(rnd.IntN(500))*time.Millisecond)
	r.let(id, asked, true)
	began := time.Now()
	status, out := r.inTurn(rnd).tryAsk("POST", "/api/v1/holds/"+id+"/narrowings", `{"change_reason":"a test's","scopes":[`+part+`]}`)
	if status != 202 {
		return
	}
	r.did(id, "hold.narrow")
	at := r.cools(id, out, index, began)
	idle(ctx, time.Duration(rnd.IntN(1200))*time.Millisecond)
	if rnd.IntN(3) == 0 {
		if r.step(rnd, id, "narrowings/take-back", fmt.Sprintf(`{"reason":"a test's","index":%d}`, at), 200, "hold.narrow_take_back") {
			r.let(id, asked, false)
		}
		return
	}
	idle(ctx, releaseDelay+time.Duration(rnd.IntN(1500))*time.Millisecond)
}

// let notes what may fall out of a hold from now on, or may no more. Whoever is killed while it
// is asked may have kept it.
func (r *torture) let(id string, what *narrowing, may bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.asked[id]
	if of == nil {
		of = &narrowing{scopes: map[int]bool{}, ids: map[listedID]bool{}}
		r.asked[id] = of
	}
	for i := range what.scopes {
		of.scopes[i] = may
	}
	for one := range what.ids {
		of.ids[one] = may
	}
}

// cools answers the place of the scope that an answer says is to fall out, which is the one that
// was named or the last that was split off it, and insists that it cools off.
func (r *torture) cools(id string, hold map[string]any, index int, asked time.Time) int {
	scopes, _ := hold["scope"].([]any)
	at, text := -1, ""
	for i, s := range scopes {
		scope, _ := s.(map[string]any)
		from, split := scope["split_from"].(float64)
		if i == index || split && int(from) == index {
			// One that was split off before fell out already, or was to earlier.
			if releases, _ := scope["releases_at"].(string); releases > text {
				at, text = i, releases
			}
		}
	}
	if ends, err := time.Parse(time.RFC3339Nano, text); err != nil || ends.Before(asked.Add(releaseDelay).Truncate(time.Second)) {
		r.wrong("scope %d of hold %s, asked at %s to fall out, cools off until %q, want %s at least", at, id, asked, text, releaseDelay)
	}
	return at
}

// fall has a scope cover nothing any more. What another scope of the hold names stays covered.
func (j *judge) fall(h *guardHold, now map[string]string) {
	var index int
	_, _ = fmt.Sscan(now["scope_index"], &index)
	h.staged = slices.DeleteFunc(h.staged, func(row map[string]string) bool { return row["scope_index"] == now["scope_index"] })
	of := h.scopes[index]
	if of == nil {
		of = &guardScope{since: j.epoch} // it was split off, and no list of holds had it yet
		h.scopes[index] = of
	}
	if of.fell || now["member"] != "0" {
		return
	}
	of.fell = true
	j.fell++
	stored := j.stored[h.id]
	if index >= len(stored) {
		j.fault("scope %d falls out of hold %s, and the store does not have it", index, h.id)
		return
	}
	j.mayFall(h, index, stored[index], logTime(now["ended_at"]))
	h.coverAgain(j, stored, stored[index])
}

// mayFall wants somebody to have asked that a scope falls out, and that it has cooled off.
func (j *judge) mayFall(h *guardHold, index int, s storedScope, ended time.Time) {
	asked, from := j.asked[h.id], index
	if asked == nil {
		j.fault("scope %d falls out of hold %s, and nobody wanted it to", index, h.id)
		return
	}
	if s.SplitFrom != nil {
		from = *s.SplitFrom
	}
	whole := s.SplitFrom == nil && asked.scopes[index]
	named := len(s.IDs) > 0 && !slices.ContainsFunc(s.IDs, func(id string) bool { return !asked.ids[listedID{from, id}] })
	if !whole && !named {
		j.fault("scope %d falls out of hold %s, and nobody wants it to: %v of %+v", index, h.id, s.IDs, asked)
	}
	if s.ReleasesAt == nil || ended.Before(*s.ReleasesAt) {
		j.fault("scope %d fell out of hold %s at %s, and it cooled off until %v", index, h.id, ended, s.ReleasesAt)
	}
}

// coverAgain has a hold cover of a table what the scopes say that have not fallen out of it.
func (h *guardHold) coverAgain(j *judge, stored []storedScope, fell storedScope) {
	was := h.covers[fell.Table]
	if was == nil {
		return
	}
	delete(h.covers, fell.Table)
	delete(h.families, fell.Table)
	is := h.cover(fell.Table)
	is.ids, is.said, is.ever = was.ids, was.said, was.ever
	stays := map[string]bool{}
	for i, s := range stored {
		of := h.scopes[i]
		if s.Table != fell.Table || of != nil && of.fell {
			continue
		}
		for _, id := range s.IDs {
			stays[id] = true
		}
	}
	for _, of := range h.scopes {
		for _, row := range of.rows {
			if !of.fell && row["schema_name"]+"."+row["table_name"] == fell.Table {
				j.addScope(h, row)
			}
		}
	}
	for _, id := range fell.IDs {
		if !stays[id] {
			delete(is.ids, id)
			delete(is.said, id)
		}
	}
}
