package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// idle waits, or until the time is over.
func idle(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// freeze stops a service as it is, in mid-batch perhaps, with its locks held.
func (r *torture) freeze(ctx context.Context, s *service) {
	_ = s.cmd.Process.Signal(syscall.SIGSTOP)
	idle(ctx, time.Duration(500+r.rnd.IntN(1500))*time.Millisecond)
	_ = s.cmd.Process.Signal(syscall.SIGCONT)
}

// tryAsk asks where nobody may answer: then the status is 0.
func (s *service) tryAsk(method, path, body string) (int, map[string]any) {
	return s.tryAskWith(method, path, body, nil)
}

func (s *service) tryAskWith(method, path, body string, header map[string]string) (int, map[string]any) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Content-Type", jsonType)
	req.Header.Set("Authorization", "Bearer "+adminToken)
	for name, v := range header {
		req.Header.Set(name, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	var out map[string]any
	_ = json.Unmarshal(b, &out) // no answer of ours is none
	return resp.StatusCode, out
}

// heldTables are those of which records are held.
var heldTables = []string{"acc", "item", "person", "log", "plain", "ev"}

// hold places holds and releases them, at whoever answers. Some of the ids have no row:
// the application re-keys rows to them.
func (r *torture) hold(ctx context.Context, rnd *rand.Rand) (placed []string) {
	for ctx.Err() == nil {
		s := r.inTurn(rnd)
		if len(placed) > 3 && rnd.IntN(3) == 0 {
			id := placed[rnd.IntN(len(placed))]
			if status, _ := s.tryAsk("POST", "/api/v1/holds/"+id+"/release", `{"reason":"a test's"}`); status == 202 {
				r.did(id, "hold.release")
			}
			// It cools off for a moment, in which some are taken back.
			if rnd.IntN(2) == 0 {
				if status, _ := s.tryAsk("POST", "/api/v1/holds/"+id+"/take-back", `{"reason":"a test's"}`); status == 200 {
					r.did(id, "hold.take_back")
				}
			}
			continue
		}
		var scope []string
		for _, table := range heldTables {
			var ids []string
			for range 5 + rnd.IntN(20) {
				ids = append(ids, fmt.Sprintf("%q", fmt.Sprint(heldID(rnd))))
			}
			scope = append(scope, fmt.Sprintf(`{"table":"public.%s","record_ids":[%s]}`, table, strings.Join(ids, ",")))
		}
		if rnd.IntN(2) == 0 {
			scope = append(scope, fmt.Sprintf(`{"table":"public.%s","condition":"note = 'c%d'"}`, notedTables[rnd.IntN(len(notedTables))], rnd.IntN(notes)))
		}
		began := time.Now()
		status, out := s.tryAsk("POST", "/api/v1/holds", `{"matter":"Torture","reason":"a test","scope":[`+strings.Join(scope, ",")+`]}`)
		if status == 201 {
			placed = append(placed, out["id"].(string))
			r.count("hold placed")
			r.mu.Lock()
			r.places = append(r.places, time.Since(began))
			r.mu.Unlock()
		}
		idle(ctx, time.Duration(rnd.IntN(300))*time.Millisecond)
	}
	return placed
}

// notedTables have a note, by which rows are held and which the application gives them:
// one of as many as there are notes. The log is none of them; see prepareEnforcement.
var notedTables = []string{"acc", "item", "ev"}

const notes = 5

// heldID is a record that is held, or one of the numbers that rows are re-keyed to.
func heldID(rnd *rand.Rand) int {
	if rnd.IntN(3) == 0 {
		return firstHeld + rnd.IntN(2*manyHeld)
	}
	return 1 + rnd.IntN(3000)
}

// The numbers from firstHeld on are ids that rows are re-keyed to. manyHeld of them are
// held from the start to the end, as many again now and then.
const firstHeld, manyHeld = 1_000_000, 3000

func holdOnNobody() string {
	ids := make([]string, manyHeld)
	for i := range ids {
		ids[i] = fmt.Sprintf("%q", fmt.Sprint(firstHeld+i))
	}
	var scope []string
	for _, table := range heldTables {
		scope = append(scope, fmt.Sprintf(`{"table":"public.%s","record_ids":[%s]}`, table, strings.Join(ids, ",")))
	}
	return `{"matter":"Torture","reason":"a test","scope":[` + strings.Join(scope, ",") + `]}`
}

// apply is the application: it changes what the runs work on, each time in a
// transaction with its mark, and stays a moment in some so that batches wait.
func (r *torture) apply(ctx context.Context, rnd *rand.Rand) {
	for next := 10_000_000 + rnd.IntN(1_000_000)*10_000; ctx.Err() == nil; next += 100 {
		if err := r.applyOnce(ctx, rnd, next); err != nil {
			r.count("application cut off")
			idle(ctx, 50*time.Millisecond)
		}
	}
}

func (r *torture) applyOnce(ctx context.Context, rnd *rand.Rand, next int) error {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for range 20 {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO public.app_mark DEFAULT VALUES`); err != nil {
				return err
			}
			for range 1 + rnd.IntN(3) {
				if _, err := tx.Exec(ctx, deed(rnd, next)); err != nil {
					return err
				}
				next++
			}
			if rnd.IntN(2) == 0 {
				idle(ctx, time.Duration(rnd.IntN(150))*time.Millisecond)
			}
			return nil
		})
		r.told(err)
		if err != nil && conn.IsClosed() {
			return err
		}
		idle(ctx, time.Duration(rnd.IntN(20))*time.Millisecond)
	}
	return nil
}

// deed is one statement of the application's.
func deed(rnd *rand.Rand, next int) string {
	old := fmt.Sprintf("now() - make_interval(days => %d)", 35+rnd.IntN(100))
	id := 1 + rnd.IntN(3000)
	target := firstHeld + rnd.IntN(2*manyHeld)
	// What is due now is what a run is at.
	rekey := func(table, due string) string {
		return fmt.Sprintf(`UPDATE public.%[1]s AS t SET id = x.target
			FROM (SELECT id, %[2]d + row_number() OVER () AS target
			      FROM (SELECT id FROM public.%[1]s WHERE %[3]s AND id NOT BETWEEN %[4]d AND %[5]d ORDER BY random() LIMIT 10) AS few) AS x
			WHERE t.id = x.id AND NOT EXISTS (SELECT FROM public.%[1]s AS other WHERE other.id = x.target)`,
			table, target, due, firstHeld, firstHeld+2*manyHeld+100)
	}
	// And what is at the front of a walk is what its next batch waits for.
	front := func(table, due, order string) string {
		return fmt.Sprintf(`UPDATE public.%[1]s AS t SET id = x.target
			FROM (SELECT id, %[2]d + row_number() OVER () AS target
			      FROM (SELECT id FROM public.%[1]s WHERE %[3]s AND id NOT BETWEEN %[4]d AND %[5]d ORDER BY %[6]s LIMIT 30) AS few) AS x
			WHERE t.id = x.id AND NOT EXISTS (SELECT FROM public.%[1]s AS other WHERE other.id = x.target)`,
			table, firstHeld+rnd.IntN(manyHeld-30), due, firstHeld, firstHeld+2*manyHeld+100, order)
	}
	switch rnd.IntN(31) {
	case 25:
		return fmt.Sprintf(`INSERT INTO public.plain SELECT %d * 1000 + i, 'new', %s + i * interval '1 second' FROM generate_series(1, 400) AS i`, next, old)
	case 26:
		return rekey("plain", "at < now() - interval '31 days'")
	case 27:
		return front("plain", "at < now() - interval '31 days'", "at")
	case 20, 21, 22, 23, 24:
		return familyDeed(rnd, next)
	case 0:
		return fmt.Sprintf(`INSERT INTO public.acc SELECT %d * 1000 + i, 'new', %s FROM generate_series(1, 40) AS i`, next, old)
	case 1:
		return fmt.Sprintf(`INSERT INTO public.log SELECT %d * 1000 + i, 'new', %s + i * interval '1 second' FROM generate_series(1, 400) AS i`, next, old)
	case 2:
		return fmt.Sprintf(`INSERT INTO public.person SELECT %[1]d * 1000 + i, 'new', 'e' || %[1]d * 1000 + i, %[2]s FROM generate_series(1, 400) AS i`, next, old)
	case 3:
		// A row becomes a held one.
		return rekey("log", "at < now() - interval '31 days'")
	case 4:
		return rekey("acc", "created_at < now() - interval '31 days'")
	case 5:
		return rekey("person", "name <> '[ANONYMIZED]'")
	case 6:
		return fmt.Sprintf(`UPDATE public.item SET acc_id = (SELECT min(id) FROM public.acc WHERE id >= %d) WHERE id = %d`, 1+rnd.IntN(3000), 1+rnd.IntN(6000))
	case 7:
		return fmt.Sprintf(`INSERT INTO public.item SELECT %d, id, 'new' FROM public.acc WHERE id >= %d ORDER BY id LIMIT 1`, next, id)
	case 8:
		return fmt.Sprintf(`INSERT INTO public.claim SELECT %d, id FROM public.item WHERE id >= %d ORDER BY id LIMIT 1`, next, id)
	case 9:
		return fmt.Sprintf(`DELETE FROM public.claim WHERE id = (SELECT max(id) FROM public.claim WHERE id >= %d)`, rnd.IntN(100))
	case 10:
		return fmt.Sprintf(`UPDATE public.person SET name = 'again', email = 'again' || %d, seen_at = %s WHERE id = %d`, next, old, id)
	case 11, 28, 29, 30:
		return front("log", "at < now() - interval '31 days'", "at")
	case 12:
		return front("person", "name <> '[ANONYMIZED]' AND seen_at < now() - interval '31 days'", "ctid")
	case 13:
		return fmt.Sprintf(`INSERT INTO public.ev SELECT %d * 1000 + i, 'new', %s + i * interval '1 second' FROM generate_series(1, 400) AS i`, next, old)
	case 14:
		// Another id is another partition, two times of three.
		return rekey("ev", "at < now() - interval '31 days'")
	case 16, 17, 18:
		// A row comes to fit the condition of a hold, perhaps one at the front of a walk.
		table := notedTables[rnd.IntN(len(notedTables))]
		return fmt.Sprintf(`UPDATE public.%[1]s SET note = 'c%[2]d' WHERE id IN (SELECT id FROM public.%[1]s ORDER BY %[3]s LIMIT 15)`, table, rnd.IntN(notes), []string{"random()", "id", "id DESC"}[rnd.IntN(3)])
	case 15:
		return front("ev", "at < now() - interval '31 days'", "at")
	}
	return fmt.Sprintf(`DELETE FROM public.log WHERE id = %d`, id)
}
