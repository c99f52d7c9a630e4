package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// What was answered as in force is noted in the governed database by whoever was told, so that
// it has its place in the server's log: whoever commits later must have known.
const saidTable = `CREATE TABLE public.said (hold text NOT NULL, tab text NOT NULL, ids text[] NOT NULL);`

// say notes that a hold is in force, or that records are that were added to it.
func (r *torture) say(ctx context.Context, hold, table string, ids []string) {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return // then nobody was told
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, _ = conn.Exec(ctx, `INSERT INTO public.said VALUES ($1, $2, $3)`, hold, table, append([]string{}, ids...)) // likewise
}

// heard holds the guard against what was said.
func (j *judge) heard(tx transaction) {
	for _, c := range tx.has("public.said", "INSERT") {
		said := c.new()
		h := j.byID(said["hold"])
		if h == nil || !h.active && h.ended.IsZero() {
			j.fault("hold %s was said to be in force, and the guard does not have it", said["hold"])
			continue
		}
		if ids := strings.Trim(said["ids"], "{}"); ids != "" {
			of := h.cover(said["tab"])
			for id := range strings.SplitSeq(ids, ",") {
				of.said[id] = true
			}
		}
	}
}

func (j *judge) byID(id string) *guardHold {
	for _, h := range j.holds {
		if h.id == id {
			return h
		}
	}
	return nil
}

// list is what was sent to a hold that waits for it.
type list struct {
	table string
	ids   []string
}

// listedTables are those of which lists come. A long one has so many lines before a pause, and
// after it: 10,000 are taken at a time, so somebody who is killed then has kept some.
var listedTables = []string{"log", "ev", "person"}

const firstPart, secondPart = 11_000, 1_500

// listing sends lists to holds, one after the other.
func (r *torture) listing(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		stories := []func(context.Context, *rand.Rand){r.awaited, r.awaited, r.widenedByList, r.widened}
		stories[rnd.IntN(len(stories))](ctx, rnd)
		idle(ctx, time.Duration(rnd.IntN(300))*time.Millisecond)
	}
}

// awaited holds are in force once their list is there, all of it.
func (r *torture) awaited(ctx context.Context, rnd *rand.Rand) {
	table := listedTables[rnd.IntN(len(listedTables))]
	of := list{table: "public." + table, ids: r.existing(ctx, table, 40)}
	status, out := r.inTurn(rnd).tryAsk("POST", "/api/v1/holds", fmt.Sprintf(`{"matter":"Lists","reason":"a test","scope":[{"table":%q,"upload":true}]}`, of.table))
	id, ok := out["id"].(string)
	if !ok || status != 201 || len(of.ids) == 0 {
		return
	}
	r.did(id, "hold.place")
	r.mu.Lock()
	r.lists[id] = of
	r.mu.Unlock()
	r.send(ctx, rnd, id, of, "")
	r.leave(ctx, rnd, id)
}

// widenedByList holds are in force and get a list of another table.
func (r *torture) widenedByList(ctx context.Context, rnd *rand.Rand) {
	id := r.placeOn(ctx, rnd, "", `{"table":"public.tiny","record_ids":["1"]}`)
	if id == "" {
		return
	}
	table := listedTables[rnd.IntN(len(listedTables))]
	r.send(ctx, rnd, id, list{table: "public." + table, ids: r.existing(ctx, table, 40)}, "&change_reason=a+test")
	r.leave(ctx, rnd, id)
}

// widened holds get more scopes.
func (r *torture) widened(ctx context.Context, rnd *rand.Rand) {
	id := r.placeOn(ctx, rnd, "", someScope(rnd))
	if id == "" {
		return
	}
	for range 1 + rnd.IntN(2) {
		idle(ctx, time.Duration(rnd.IntN(500))*time.Millisecond)
		table := listedTables[rnd.IntN(len(listedTables))]
		ids := r.existing(ctx, table, 20)
		scope := fmt.Sprintf(`{"table":"public.%s","record_ids":[%s]}`, table, quoted(ids))
		if rnd.IntN(2) == 0 {
			ids, scope = nil, someScope(rnd)
		}
		status, out := r.inTurn(rnd).tryAsk("POST", "/api/v1/holds/"+id+"/scopes", `{"change_reason":"a test's","scope":[`+scope+`]}`)
		if status != 200 {
			continue
		}
		r.did(id, "hold.widen")
		if inForce(out) {
			r.say(ctx, id, "public."+table, ids)
		}
	}
	r.leave(ctx, rnd, id)
}

// inForce reports whether an answer says that all of a hold is.
func inForce(hold map[string]any) bool {
	scopes, _ := hold["scope"].([]any)
	for _, s := range scopes {
		scope, _ := s.(map[string]any)
		if scope["upload"] != nil {
			return false
		}
	}
	return hold["status"] == "active"
}

// leave lets a hold be for a while, and releases it.
func (r *torture) leave(ctx context.Context, rnd *rand.Rand, id string) {
	idle(ctx, time.Duration(rnd.IntN(1500))*time.Millisecond)
	r.release(rnd, id, releaseDelay)
}

// send sends a list until somebody has taken all of it: to another one where it was killed, at
// once or after a while in which others find out.
func (r *torture) send(ctx context.Context, rnd *rand.Rand, id string, of list, more string) {
	path := "/api/v1/holds/" + id + "/records?table=" + of.table + more
	lines := strings.Join(of.ids, "\n") + "\n"
	var rest string
	if rnd.IntN(3) > 0 {
		first, second := padded(of.ids[:len(of.ids)/2], firstPart), padded(of.ids[len(of.ids)/2:], secondPart)
		lines, rest = first, second
	}
	for ctx.Err() == nil {
		s := r.one(rnd)
		r.takes(id, s)
		status, out := s.trySend(ctx, path, lines, time.Duration(rnd.IntN(2500))*time.Millisecond, rest)
		r.takes(id, nil)
		if hold, ok := out["hold"].(map[string]any); status == 200 && ok {
			r.did(id, "hold.uploaded")
			if inForce(hold) {
				r.count("list in force")
				r.say(ctx, id, of.table, of.ids)
				return
			}
			r.wrong("the list of hold %s was taken and it is not in force: %v", id, hold)
		}
		if status == http.StatusConflict && more != "" {
			return // it is arriving still, for all that others know: they settle it
		}
		r.count("list cut off")
		idle(ctx, []time.Duration{0, time.Duration(rnd.IntN(6000)) * time.Millisecond}[rnd.IntN(2)])
	}
}

// takes notes who takes a list for a hold now.
func (r *torture) takes(id string, s *service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[id] = s
}

// arriving are the holds for which somebody takes a list who was not killed.
func (r *torture) arriving() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.at {
		if s != nil && s.cmd.ProcessState == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// padded are ids with so many after them that no row has.
func padded(ids []string, lines int) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintln(&b, id)
	}
	for i := range lines {
		fmt.Fprintln(&b, 500_000+lines+i)
	}
	return b.String()
}

// trySend sends a list with a pause in it, where nobody may answer: then the status is 0.
func (s *service) trySend(ctx context.Context, path, first string, pause time.Duration, rest string) (int, map[string]any) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	body := io.MultiReader(strings.NewReader(first), pausing{ctx, pause}, strings.NewReader(rest))
	if rest == "" {
		body = strings.NewReader(first)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, s.base+path, body)
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Content-Type", "text/csv")
	req.Header.Set("Authorization", "Bearer "+adminToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return 0, nil
	}
	return resp.StatusCode, out
}

// pausing has nothing, after a while.
type pausing struct {
	ctx context.Context
	d   time.Duration
}

func (p pausing) Read([]byte) (int, error) {
	idle(p.ctx, p.d)
	return 0, io.EOF
}

// existing are ids of rows that are there, those that a run would take soon among them.
func (r *torture) existing(ctx context.Context, table string, n int) (ids []string) {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT id::text FROM `+pgx.Identifier{"public", table}.Sanitize()+` ORDER BY random() LIMIT $1`, n)
	if err != nil {
		return nil
	}
	ids, _ = pgx.CollectRows(rows, pgx.RowTo[string]) // as many as there are
	return ids
}

// quoted are ids as JSON has them.
func quoted(ids []string) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = fmt.Sprintf("%q", id)
	}
	return strings.Join(list, ",")
}
