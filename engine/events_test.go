package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// tellingOn is policyOn for a policy that tells others of each record by its id.
func tellingOn(table string, action retention.Action) retention.Policy {
	p := policyOn(table, 90)
	p.Action, p.BatchSize = action, 40
	if action == retention.ActionAnonymize {
		p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodHash}}
	}
	p.Events = &retention.EventSpec{EntityType: "row", Key: retention.EventKey{"id"}}
	return p
}

// carry brings everything into the store.
func (h *house) carry() {
	h.t.Helper()
	if err := h.engine.CarryJournal(context.Background()); err != nil {
		h.t.Fatalf("carry: %v", err)
	}
}

// events lists the whole log as the API does, newest first.
func (h *house) events(f retention.EventFilter) []retention.Event {
	h.t.Helper()
	var all []retention.Event
	page := retention.Page{Limit: 100}
	for {
		events, next, err := h.engine.Events(context.Background(), h.actor, f, page)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range events {
			all = append(all, e.Event)
		}
		if next == "" {
			return all
		}
		page.Cursor = next
	}
}

// entities are the ids that the events name, sorted.
func entities(t testing.TB, events []retention.Event) []string {
	t.Helper()
	var out []string
	seen := map[string]bool{}
	for _, e := range events {
		var data struct {
			EntityID string `json:"entity_id"`
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatalf("%s: %v", e.Data, err)
		}
		if seen[e.ID] {
			t.Errorf("event %s is in the log twice", e.ID)
		}
		out, seen[e.ID] = append(out, data.EntityID), true
	}
	slices.Sort(out)
	return out
}

// gone are the ids of old rows that a policy has disposed of, sorted.
func (h *house) gone(table string, n int, action retention.Action) []string {
	h.t.Helper()
	left := fmt.Sprintf(`SELECT FROM public.%s AS t WHERE t.id = i`, table)
	if action == retention.ActionAnonymize {
		left += ` AND t.name LIKE 'n%'`
	}
	all := pgtest.Value[string](h.t, h.url, fmt.Sprintf(`SELECT coalesce(string_agg(i::text, ' '), '') FROM generate_series(1, %d) AS i WHERE NOT EXISTS (%s)`, n, left))
	out := strings.Fields(all)
	slices.Sort(out)
	return out
}

func TestEventsInTheLogAreTheRowsDisposedOf(t *testing.T) {
	for _, action := range retention.Actions() {
		for _, two := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/two databases %v", action, two), func(t *testing.T) {
				t.Parallel()
				h := freshHouse(t)
				if two {
					build := func(_ context.Context, url string) error { migrateAll(t, url); return nil }
					h = newHouseApart(t, pgtest.NewFrom(t, "engine", build), h.url)
				}
				h.exec(oldRows("r", 500, true)...)
				h.mustPolicy(tellingOn("r", action))
				h.mustHold(holdOn("r", idRange(100, 120)...))
				h.mustRun(engine.RunRequest{DryRun: true})
				h.carry()
				if got := h.events(retention.EventFilter{Policy: "p_r"}); len(got) != 0 {
					t.Errorf("a dry run told others of %d records", len(got))
				}
				run := h.mustRun(engine.RunRequest{})
				h.carry()
				h.carry()
				want := h.gone("r", 500, action)
				if len(want) != 479 {
					t.Fatalf("%d rows are gone, want 479", len(want))
				}
				if diff := cmp.Diff(want, entities(t, h.events(retention.EventFilter{Run: run.ID, Type: retention.EventOf(action)}))); diff != "" {
					t.Errorf("events differ from the rows gone (-rows +events):\n%s", diff)
				}
				if n := h.count(`SELECT count(*) FROM holdfast_guard.outbox`); n != 0 {
					t.Errorf("%d rows that name people are left at their origin", n)
				}
			})
		}
	}
}

// TestRunKilledAtEveryBatchBoundaryTellsEachRowOnce carries after some of the
// batches, as a background job would.
func TestRunKilledAtEveryBatchBoundaryTellsEachRowOnce(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(oldRows("r", 600, true)...)
			h.exec(`UPDATE public.r SET created_at = '2020-02-02' WHERE id BETWEEN 200 AND 400`)
			p := tellingOn("r", action).WithDefaults()
			p.Version = 1
			h.mustHold(holdOn("r", idRange(50, 90)...))
			spec := retention.Spec{RunID: "00000000-0000-0000-0000-00000000000a", Policy: p, AsOf: time.Now(), Attempt: 1}
			ctx := context.Background()
			for done := false; !done; spec.Attempt++ {
				if err := h.target.Beat(ctx, spec.RunID, spec.Attempt); err != nil {
					t.Fatal(err)
				}
				d, err := h.target.Open(ctx, spec)
				if err != nil {
					t.Fatal(err)
				}
				step, err := d.Step(ctx)
				for errors.Is(err, retention.ErrMoved) {
					step, err = d.Step(ctx) // rows were too fresh to be told of once they were seen
				}
				d.Close()
				if err != nil {
					t.Fatal(err)
				}
				done = step.Done
				if spec.Attempt%3 == 0 {
					h.carry()
				}
			}
			h.carry()
			if diff := cmp.Diff(h.gone("r", 600, action), entities(t, h.events(retention.EventFilter{Policy: p.Name}))); diff != "" {
				t.Errorf("events differ from the rows gone (-rows +events):\n%s", diff)
			}
		})
	}
}

// forgetfulTarget is one whose carrier is killed before it removes what it carried.
type forgetfulTarget struct {
	*target.Target
	killed int
}

var errKilled = errors.New("killed")

func (f *forgetfulTarget) Told(ctx context.Context, ids []string) error {
	if f.killed > 0 {
		f.killed--
		return errKilled
	}
	return f.Target.Told(ctx, ids)
}

func TestCarrierKilledBetweenTheLogAndTheOriginBringsNothingTwice(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 800, true)...)
	h.mustPolicy(tellingOn("r", retention.ActionDelete))
	h.mustRun(engine.RunRequest{})
	h.engine = engine.New(h.store, &forgetfulTarget{Target: h.target, killed: 3}, engine.Options{})
	for range 3 {
		if err := h.engine.CarryJournal(context.Background()); !errors.Is(err, errKilled) {
			t.Fatalf("carrying ended with %v, want %v", err, errKilled)
		}
	}
	h.carry()
	if diff := cmp.Diff(h.gone("r", 800, retention.ActionDelete), entities(t, h.events(retention.EventFilter{}))); diff != "" {
		t.Errorf("events differ from the rows gone (-rows +events):\n%s", diff)
	}
}

func TestSeveralCarriersAtOnceKeepTheOrderOfARun(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 2000, true)...)
	h.mustPolicy(tellingOn("r", retention.ActionDelete))
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				if err := h.engine.CarryJournal(context.Background()); err != nil {
					t.Errorf("carry: %v", err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	h.mustRun(engine.RunRequest{})
	close(stop)
	wg.Wait()
	h.carry()
	batches, err := h.store.EventsAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range batches {
		got = append(got, b.ID)
	}
	want := strings.Fields(pgtest.Value[string](t, h.url, `SELECT string_agg(id::text, ' ' ORDER BY seq) FROM holdfast_guard.journal WHERE processed > 0`))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log's order is not that of the batches (-batches +log):\n%s", diff)
	}
	if n := len(entities(t, h.events(retention.EventFilter{}))); n != 2000 {
		t.Errorf("%d events, want 2000", n)
	}
}

func TestEventKeepsTheVersionItWasMadeUnder(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 30, true)...)
	saved := h.mustPolicy(tellingOn("r", retention.ActionDelete))
	h.mustRun(engine.RunRequest{})
	changed := saved
	changed.Events = &retention.EventSpec{EntityType: "other", Key: retention.EventKey{"name"}}
	if _, _, err := h.engine.PutPolicy(t.Context(), h.actor, changed, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.RetirePolicy(t.Context(), h.actor, saved.Name, 2); err != nil {
		t.Fatal(err)
	}
	h.carry()
	events := h.events(retention.EventFilter{EntityType: "row"})
	if len(events) != 30 {
		t.Fatalf("%d events of the first version, want 30", len(events))
	}
	for _, e := range events {
		if !bytes.Contains(e.Data, []byte(`"policy_version":1`)) {
			t.Errorf("an event says %s, want version 1", e.Data)
		}
	}
}

func TestHoldsAreToldWhenTheyComeIntoForceAndWhenTheyEnd(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, false)...)
	placed := h.mustHold(holdOn("r", "1", "2", "3"))
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	expires := pgtest.Value[time.Time](t, h.url, `SELECT clock_timestamp() + interval '200 milliseconds'`)
	second := holdOn("r")
	second.Scope[0].All, second.ExpiresAt, second.OnExpiry = true, &expires, retention.OnExpiryRelease
	second = h.mustHold(second)
	pgtest.Await(t, "the second release", func() bool {
		if err := h.engine.SettleHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(h.events(retention.EventFilter{Type: retention.EventHoldReleased})) == 2
	})
	var got []string
	for _, e := range h.events(retention.EventFilter{EntityType: "hold"}) {
		var d struct {
			Hold, How string
			Tables    []struct {
				RecordCount int64 `json:"record_count"`
			}
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(e.Type, " ", d.Hold, " ", d.How, " ", d.Tables[0].RecordCount))
	}
	want := []string{
		"hold.released " + second.ID + " expired 50", "hold.placed " + second.ID + "  50",
		"hold.released " + placed.ID + " released 3", "hold.placed " + placed.ID + "  3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events of holds (-want +got):\n%s", diff)
	}
	validate(t, h.events(retention.EventFilter{}))
}

// schemas are docs/events, by which others check what they receive.
func schemas(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join("..", "docs", "events", "envelope.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t testing.TB, events []retention.Event) {
	t.Helper()
	s := schemas(t)
	for _, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s\n%v", raw, err)
		}
	}
}

func TestEveryEventIsAsItsSchemaSays(t *testing.T) {
	keys := map[string]retention.EventKey{"one column": {"customer"}, "composite": {"customer", "tenant"}}
	for _, action := range retention.Actions() {
		for name, key := range keys {
			t.Run(string(action)+"/"+name, func(t *testing.T) {
				t.Parallel()
				h := freshHouse(t)
				h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, customer text, tenant integer, "Größe ""x""" numeric, doc jsonb, ok boolean, created_at timestamptz)`,
					`INSERT INTO public.r SELECT i, 'n' || i, (ARRAY[E'O''Neil\n"ж"', '', 'null', NULL])[1 + i % 4], nullif(i % 3, 0), i + 0.5, jsonb_build_array(i, 'x'), i % 2 = 0, now() - interval '1 year' FROM generate_series(1, 60) AS i`)
				p := tellingOn("r", action)
				p.Events = &retention.EventSpec{EntityType: "customer.account", Key: key, Include: []string{`Größe "x"`, "doc", "ok", "id", "tenant"}}
				h.mustPolicy(p)
				h.mustRun(engine.RunRequest{})
				h.carry()
				events := h.events(retention.EventFilter{})
				if len(events) != 60 {
					t.Fatalf("%d events, want 60", len(events))
				}
				validate(t, events)
			})
		}
	}
}

func TestSchemaOfEventsRefusesWhatIsNoEvent(t *testing.T) {
	s := schemas(t)
	const whole = `{"specversion": "1.0", "id": "0b8e7c1e-0000-4000-8000-000000000001-0", "source": "/holdfast", "type": "data.retention.deleted", "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json",
		"data": {"type": "delete", "entity_type": "user", "entity_id": "1", "policy": "p", "policy_version": 1, "run": "0b8e7c1e-0000-4000-8000-000000000001", "initiated_at": "2026-01-01T00:00:00Z"}}`
	for name, change := range map[string][2]string{
		"nothing changed":      {"", ""},
		"another action":       {`"type": "delete"`, `"type": "archive"`},
		"no entity":            {`"entity_id": "1", `, ``},
		"a number for an id":   {`"entity_id": "1"`, `"entity_id": 1`},
		"an array of one part": {`"entity_id": "1"`, `"entity_id": ["1"]`},
		"an unknown type":      {`data.retention.deleted`, `data.retention.burnt`},
		"no position":          {`000001-0"`, `000001"`},
		"a member too many":    {`"specversion"`, `"extra": 1, "specversion"`},
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(whole, change[0], change[1], 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); (err == nil) != (name == "nothing changed") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
