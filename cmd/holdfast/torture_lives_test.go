package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// act is how often a hold was said to have gone a step.
type act struct {
	hold, action string
	times        int
}

// done notes a step that was answered as done.
func (r *torture) did(hold, action string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[action]++
	for i := range r.acts {
		if r.acts[i].hold == hold && r.acts[i].action == action {
			r.acts[i].times++
			return
		}
	}
	r.acts = append(r.acts, act{hold: hold, action: action, times: 1})
}

func (r *torture) wrong(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = append(r.broken, fmt.Sprintf(format, args...))
}

// releaseDelay is how long every release cools off, longDelay how long that of some holds.
const releaseDelay, longDelay = time.Second, 2 * time.Second

// live places one hold after the other and leads each through one of the lives that a hold
// can have.
func (r *torture) live(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		stories := []func(context.Context, *rand.Rand){r.expiring, r.extended, r.extended, r.extended, r.reviewed, r.takenBack, r.takenBack, r.coolingLonger, r.withFamily, r.withFamily}
		stories[rnd.IntN(len(stories))](ctx, rnd)
		idle(ctx, time.Duration(rnd.IntN(300))*time.Millisecond)
	}
}

// place places a hold with some members more, at whoever answers; empty if nobody did.
func (r *torture) place(ctx context.Context, rnd *rand.Rand, more string) string {
	return r.placeOn(ctx, rnd, more, someScope(rnd))
}

func (r *torture) placeOn(ctx context.Context, rnd *rand.Rand, more, scope string) string {
	status, out := r.inTurn(rnd).tryAsk("POST", "/api/v1/holds", `{"matter":"Lives","reason":"a test",`+more+`"scope":[`+scope+`]}`)
	id, ok := out["id"].(string)
	if !ok || status != 201 {
		return ""
	}
	r.did(id, "hold.place")
	if out["status"] == "active" {
		r.say(ctx, id, "", nil)
	}
	return id
}

// spanCondition is a condition on a key.
const spanCondition = "id >= %d AND id < %d"

// someScope is one of any kind, on a table where that may matter.
func someScope(rnd *rand.Rand) string {
	tables := append([]string{"memo", "tiny"}, heldTables...)
	table := tables[rnd.IntN(len(tables))]
	switch rnd.IntN(5) {
	case 0:
		var ids []string
		for range 10 {
			ids = append(ids, fmt.Sprintf("%q", fmt.Sprint(1+rnd.IntN(3000))))
		}
		return fmt.Sprintf(`{"table":"public.%s","record_ids":[%s]}`, table, strings.Join(ids, ","))
	case 1, 2:
		if rnd.IntN(2) == 0 {
			return memoScope(rnd.IntN(notes))
		}
		return fmt.Sprintf(`{"table":"public.%s","condition":"note = 'c%d'"}`, notedTables[rnd.IntN(len(notedTables))], rnd.IntN(notes))
	case 3:
		if table == "log" {
			table = "plain" // see prepareEnforcement
		}
		from := rnd.IntN(3000)
		return fmt.Sprintf(`{"table":"public.%s","condition":"`+spanCondition+`"}`, table, from, from+1+rnd.IntN(200))
	}
	return `{"table":"public.tiny","all":true}`
}

func memoScope(note int) string {
	return fmt.Sprintf(`{"table":"%s","condition":"note = 'c%d'"}`, memoTable, note)
}

// soon is a moment, as JSON has it.
func soon(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339Nano) }

// expiring holds end by themselves.
func (r *torture) expiring(ctx context.Context, rnd *rand.Rand) {
	d := time.Duration(1000+rnd.IntN(2000)) * time.Millisecond
	if r.place(ctx, rnd, fmt.Sprintf(`"expires_at":%q,`, soon(d))) != "" {
		idle(ctx, d+time.Duration(rnd.IntN(2000))*time.Millisecond)
	}
}

// extended holds are given another expiry at about the moment of their first: shortly
// before, or when somebody may already be at it.
func (r *torture) extended(ctx context.Context, rnd *rand.Rand) {
	d := time.Duration(800+rnd.IntN(800)) * time.Millisecond
	id := r.place(ctx, rnd, fmt.Sprintf(`"expires_at":%q,`, soon(d)))
	if id == "" {
		return
	}
	idle(ctx, d+time.Duration(rnd.IntN(2000)-400)*time.Millisecond)
	until := []string{`null`, fmt.Sprintf("%q", soon(time.Hour)), fmt.Sprintf("%q", soon(time.Second))}[rnd.IntN(3)]
	r.revise(rnd, id, `{"expires_at":`+until+`,"change_reason":"a test's"}`)
	idle(ctx, time.Duration(rnd.IntN(1500))*time.Millisecond)
	if until != "null" && rnd.IntN(2) == 0 {
		r.revise(rnd, id, `{"on_expiry":"review","change_reason":"a test's"}`)
	}
}

// reviewed holds wait for a person at their expiry, who extends them or lets them go; others
// are looked at before.
func (r *torture) reviewed(ctx context.Context, rnd *rand.Rand) {
	d := time.Duration(500+rnd.IntN(1500)) * time.Millisecond
	id := r.place(ctx, rnd, fmt.Sprintf(`"expires_at":%q,"on_expiry":"review",`, soon(d)))
	if id == "" {
		return
	}
	if rnd.IntN(2) == 0 {
		r.step(rnd, id, "review", fmt.Sprintf(`{"note":"a test's","review_at":%q}`, soon(time.Hour)), 200, "hold.review")
	}
	idle(ctx, d+time.Duration(rnd.IntN(3000))*time.Millisecond)
	switch rnd.IntN(3) {
	case 0:
		r.revise(rnd, id, fmt.Sprintf(`{"expires_at":%q,"change_reason":"a test's"}`, soon(time.Hour)))
	case 1:
		r.release(rnd, id, releaseDelay)
	}
}

// takenBack holds are released, and some kept after all: before the last moment, or too late.
func (r *torture) takenBack(ctx context.Context, rnd *rand.Rand) {
	id := r.place(ctx, rnd, "")
	if id == "" {
		return
	}
	for range 1 + rnd.IntN(2) {
		idle(ctx, time.Duration(rnd.IntN(500))*time.Millisecond)
		if !r.release(rnd, id, releaseDelay) {
			return
		}
		idle(ctx, time.Duration(rnd.IntN(1200))*time.Millisecond)
		if !r.step(rnd, id, "take-back", `{"reason":"a test's"}`, 200, "hold.take_back") {
			return
		}
	}
	idle(ctx, time.Duration(rnd.IntN(2500))*time.Millisecond)
}

// coolingLonger holds have a cooling-off period of their own, some from later on.
func (r *torture) coolingLonger(ctx context.Context, rnd *rand.Rand) {
	own := fmt.Sprintf(`"release_delay":"PT%dS",`, int(longDelay/time.Second))
	later := rnd.IntN(2) == 0
	if later {
		own = ""
	}
	id := r.place(ctx, rnd, own)
	if id == "" || later && !r.revise(rnd, id, `{"release_delay":"PT2S","change_reason":"a test's"}`) {
		return
	}
	idle(ctx, time.Duration(rnd.IntN(500))*time.Millisecond)
	r.release(rnd, id, longDelay)
	idle(ctx, longDelay+time.Duration(rnd.IntN(1000))*time.Millisecond)
}

// release asks for a hold's end, and insists that it cools off as long as was promised.
func (r *torture) release(rnd *rand.Rand, id string, coolsOff time.Duration) bool {
	asked := time.Now()
	status, out := r.inTurn(rnd).tryAsk("POST", "/api/v1/holds/"+id+"/release", `{"reason":"a test's"}`)
	if status != 202 {
		return false
	}
	if out["status"] == "released" && out["effective_at"] == nil { // it was never in force: its list did not come
		r.did(id, "hold.abandon")
		return true
	}
	r.did(id, "hold.release")
	text, _ := out["releases_at"].(string)
	if ends, err := time.Parse(time.RFC3339Nano, text); err != nil || ends.Before(asked.Add(coolsOff).Truncate(time.Second)) {
		r.wrong("hold %s, asked at %s to be released, cools off until %q, want %s at least", id, asked, text, coolsOff)
	}
	return true
}

// revise changes dates, which no run plans anew for: it does not wait for its turn, and comes when
// it was to come.
func (r *torture) revise(rnd *rand.Rand, id, body string) bool {
	status, _ := r.one(rnd).tryAskWith("PATCH", "/api/v1/holds/"+id, body, map[string]string{"If-Match": "*"})
	if status == 200 {
		r.did(id, "hold.revise")
	}
	return status == 200
}

func (r *torture) step(rnd *rand.Rand, id, what, body string, want int, action string) bool {
	status, _ := r.inTurn(rnd).tryAsk("POST", "/api/v1/holds/"+id+"/"+what, body)
	if status == want {
		r.did(id, action)
	}
	return status == want
}
