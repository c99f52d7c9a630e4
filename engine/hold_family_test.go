package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// familyHouse has customers with two orders each, all due, and a policy on the orders.
func familyHouse(t *testing.T) *house {
	t.Helper()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.customers (id bigint PRIMARY KEY)`, `INSERT INTO public.customers SELECT generate_series(1, 10)`,
		`CREATE TABLE public.orders (id bigint PRIMARY KEY, customer bigint REFERENCES public.customers, created_at timestamptz)`,
		`INSERT INTO public.orders SELECT i, (i + 1) / 2, now() - interval '400 days' FROM generate_series(1, 20) AS i`)
	h.mustPolicy(policyOn("orders", 1))
	return h
}

func withFamily(table string, ids ...string) retention.Hold {
	hold := holdOn(table, ids...)
	hold.Scope[0].Family = &retention.Family{}
	return hold
}

func TestAHoldWithAFamilyIsPlacedCountedPreviewedAndProven(t *testing.T) {
	t.Parallel()
	h := familyHouse(t)
	p := h.previewed(withFamily("customers", "3", "4").Scope...)
	want := []retention.FamilyTable{{Table: public("orders"), RecordCount: 4}}
	if b := p.Scopes[0].Belongings; len(b) != 1 || b[0].Table != want[0].Table || b[0].RecordCount != 4 || b[0].DueCount != 4 || len(b[0].Samples) != 4 {
		t.Errorf("previewed %+v, want 4 orders, all due", b)
	}
	placed := h.mustHold(withFamily("customers", "3", "4"))
	if got := h.hold(placed.ID).Scope[0]; got.Family == nil || got.Family.Depth != 0 || !slices.Equal(got.Belongings, want) || got.RecordCount != 2 {
		t.Errorf("placed %+v, want 2 records and %v", got, want)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 16 || run.TotalHeld != 4 {
		t.Errorf("the run took %d and left %d as held, want 16 and 4", run.TotalProcessed, run.TotalHeld)
	}
	proof := h.proof(placed.ID)
	if proof.Verdict() != retention.ProofStands || len(proof.Scopes) != 2 || !proof.Scopes[1].Belongs || proof.Scopes[1].Processed != 16 || proof.Batches == 0 || len(proof.Runs) != 1 {
		t.Errorf("the proof says %+v", proof)
	}
	release, err := h.engine.PreviewRelease(t.Context(), h.actor, placed.ID)
	if err != nil || release.Scopes[0].Belongings[0].DueCount != 4 {
		t.Errorf("a preview of the release says %+v, %v; want that 4 orders become due", release.Scopes, err)
	}
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 4 {
		t.Errorf("after the release %d went, want 4", run.TotalProcessed)
	}
}

// A table that comes to belong to the records is held from the next run on, and the hold says so.
func TestATableThatComesToBelongIsTakenUpAndSaid(t *testing.T) {
	for _, by := range []string{"the watch", "a run"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			h := familyHouse(t)
			placed := h.mustHold(withFamily("customers", "3"))
			h.exec(`CREATE TABLE public.notes (order_id bigint REFERENCES public.orders, created_at timestamptz)`,
				`INSERT INTO public.notes SELECT i, now() - interval '400 days' FROM generate_series(1, 20) AS i`)
			notes := policyOn("notes", 1)
			notes.Evidence = retention.EvidenceCounts
			h.mustPolicy(notes)
			if by == "the watch" {
				h.watch()
				h.watch()
			}
			h.mustRun(engine.RunRequest{})
			if n := h.count(`SELECT count(*) FROM public.notes WHERE order_id IN (5, 6)`); n != 2 || h.count(`SELECT count(*) FROM public.notes`) != 2 {
				t.Errorf("%d notes of the held orders are left, want both and no others", n)
			}
			if got := h.hold(placed.ID).Scope[0].Belongings; len(got) != 2 || got[1].Table != public("notes") {
				t.Errorf("the hold says that %v belong, want the notes too", got)
			}
			entries, _, err := h.engine.Audit(t.Context(), h.actor, retention.AuditFilter{Object: "hold/" + placed.ID, Action: "hold.grow"}, retention.Page{})
			if err != nil || len(entries) != 1 || !strings.Contains(string(entries[0].After), "public.notes") || strings.Contains(string(entries[0].Before), "public.notes") {
				t.Errorf("the audit has %v, %v; want one row that has the notes after and not before", entries, err)
			}
		})
	}
}

// What the guard has lost of a family is put back before anything runs.
func TestAFamilyThatTheGuardHasLostIsPutBack(t *testing.T) {
	t.Parallel()
	h := familyHouse(t)
	h.mustHold(withFamily("customers", "3"))
	h.exec(`SET holdfast.forgetting = 'on'; DELETE FROM holdfast_guard.hold_scope WHERE member > 0`)
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 2 || run.TotalProcessed != 18 {
		t.Errorf("the run took %d and left %d as held, want 18 and 2", run.TotalProcessed, run.TotalHeld)
	}
}

func TestAFamilyIsRefusedWhereItCannotBe(t *testing.T) {
	t.Parallel()
	h := familyHouse(t)
	for what, c := range map[string]struct {
		scope retention.Scope
		field string
		words string
	}{
		"a condition":   {retention.Scope{Table: public("orders"), Condition: "id = 1", Family: &retention.Family{}}, "scope[0].family", "record_ids or a list of records alone"},
		"a whole table": {retention.Scope{Table: public("orders"), All: true, Family: &retention.Family{}}, "scope[0].family", "record_ids or a list of records alone"},
		"too deep":      {retention.Scope{Table: public("orders"), RecordIDs: []retention.Key{{"1"}}, Family: &retention.Family{Depth: 21}}, "scope[0].family.depth", "from 1 to 20, or null"},
		"no depth":      {retention.Scope{Table: public("orders"), RecordIDs: []retention.Key{{"1"}}, Family: &retention.Family{Depth: -1}}, "scope[0].family.depth", "from 1 to 20, or null"},
	} {
		_, err := h.engine.PreviewHold(t.Context(), h.actor, []retention.Scope{c.scope})
		if err == nil || !strings.Contains(err.Error(), c.field) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s answers %v, want %s: %s", what, err, c.field, c.words)
		}
	}
}

// What a hold cannot be with a family: one that keeps old versions where a table has no key.
// Ids of one table in one hold have one family or none.
func TestAFamilyIsRefusedBesideWhatItDoesNotGoWith(t *testing.T) {
	t.Parallel()
	h := familyHouse(t)
	placed := h.mustHold(withFamily("customers", "3"))
	if _, err := h.engine.WidenHold(t.Context(), h.actor, placed.ID, holdOn("customers", "4").Scope, "more is asked for"); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "place a hold of its own") {
		t.Errorf("ids without a family that are added to some with one answer %v, want a conflict", err)
	}
	mixed := withFamily("customers", "3")
	mixed.Scope = append(mixed.Scope, holdOn("customers", "4").Scope...)
	h.exec(`CREATE TABLE public.notes (order_id bigint REFERENCES public.orders)`)
	keyless := withFamily("customers", "3")
	keyless.Enforcement = retention.EnforcePreserve
	for field, hold := range map[string]retention.Hold{"scope[1].family": mixed, "scope[0].family": keyless} {
		if _, err := h.engine.PlaceHold(t.Context(), h.actor, hold); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("placing it answers %v, want a fault of %s", err, field)
		}
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 2 || run.TotalProcessed != 18 {
		t.Errorf("the run took %d and left %d as held, want 18 and 2", run.TotalProcessed, run.TotalHeld)
	}
}

// A hold in force is widened by records with everything that belongs to them, rows that come
// later too; one whose process died is finished by another.
func TestAHoldInForceIsWidenedByAFamily(t *testing.T) {
	for _, died := range []bool{false, true} {
		t.Run(fmt.Sprintf("process died %t", died), func(t *testing.T) {
			t.Parallel()
			h := familyHouse(t)
			h.exec(`CREATE TABLE public.other (id bigint PRIMARY KEY)`, `INSERT INTO public.other VALUES (1)`)
			placed := h.mustHold(holdOn("other", "1"))
			more := withFamily("customers", "3").Scope
			if died {
				if _, _, err := h.store.AddScopes(t.Context(), placed.ID, more, retention.By{Actor: h.actor, Action: "hold.widen", Note: "more"}); err != nil {
					t.Fatal(err)
				}
				pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
			} else if _, err := h.engine.WidenHold(t.Context(), h.actor, placed.ID, more, "and all that is theirs"); err != nil {
				t.Fatal(err)
			}
			h.exec(`INSERT INTO public.orders VALUES (100, 3, now() - interval '400 days'), (101, 4, now() - interval '400 days')`)
			if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 3 || run.TotalProcessed != 19 {
				t.Errorf("the run left %d and took %d, want 3 and 19", run.TotalHeld, run.TotalProcessed)
			}
			got := h.hold(placed.ID).Scope[1]
			if got.Family == nil || got.EffectiveAt == nil || got.Upload != "" || got.RecordCount != 1 || len(got.Belongings) != 1 || got.Belongings[0].Table != public("orders") {
				t.Errorf("the scope is %+v, want one in force since a moment of its own, with the orders", got)
			}
			if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands || len(p.Scopes) != 3 {
				t.Errorf("the proof %s: %+v", p.Verdict(), p.Scopes)
			}
			if altered, _, unnoted, err := h.target.AlteredHolds(t.Context()); err != nil || len(altered)+len(unnoted) != 0 {
				t.Errorf("altered %v, not noted %v (%v)", altered, unnoted, err)
			}
		})
	}
}

// One that keeps old versions takes a family when it is widened too, and what the application
// then leaves without a way up stays held.
func TestAHoldThatKeepsOldVersionsIsWidenedByAFamily(t *testing.T) {
	t.Parallel()
	h := familyHouse(t)
	h.exec(`CREATE TABLE public.other (id bigint PRIMARY KEY)`, `INSERT INTO public.other VALUES (1)`)
	hold := holdOn("other", "1")
	hold.Enforcement = retention.EnforcePreserve
	placed := h.mustHold(hold)
	if _, err := h.engine.WidenHold(t.Context(), h.actor, placed.ID, withFamily("customers", "3").Scope, "more"); err != nil {
		t.Fatal(err)
	}
	h.exec(`UPDATE public.orders SET customer = NULL WHERE customer = 3`, `DELETE FROM public.customers WHERE id = 3`)
	h.watch()
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 2 || run.TotalProcessed != 18 {
		t.Errorf("the run took %d and left %d as held, want 18 and 2", run.TotalProcessed, run.TotalHeld)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.preserved WHERE hold_ids = ARRAY['` + placed.ID + `'::uuid]`); n != 3 {
		t.Errorf("%d old versions were kept, want those of 2 orders and their customer", n)
	}
	if got := h.hold(placed.ID); len(got.Faults) != 0 {
		t.Errorf("the hold has faults %v", got.Faults)
	}
}

// What belongs to the records of a list is covered as with ids that are given one by one: of a
// hold that awaits it, of one that is widened by it, and where it stopped on its way.
func TestAListOfRecordsIsCoveredWithEverythingThatBelongsToThem(t *testing.T) {
	for _, mode := range []retention.Enforcement{retention.EnforceNone, retention.EnforceRefuse, retention.EnforcePreserve} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			h := familyHouse(t)
			hold := withFamily("customers")
			hold.Scope[0].RecordIDs, hold.Scope[0].Upload, hold.Enforcement = nil, retention.UploadAwaited, mode
			placed := h.mustPlace(hold)
			h.uploaded(placed.ID, "customers", "id\n3\nnone\n4\n4\n99\n")
			h.wantStatus(placed.ID, retention.HoldActive)
			up := h.uploaded(placed.ID, "customers", "5\n")
			if s := up.Hold.Scope; len(s) != 2 || s[0].Belongings[0].RecordCount != 4 || s[1].Family == nil || s[1].EffectiveAt == nil || len(s[1].Belongings) != 1 {
				t.Errorf("got %+v, want two scopes with their orders, the later one in force since a moment of its own", s)
			}
			if mode == retention.EnforcePreserve {
				h.exec(`UPDATE public.orders SET customer = NULL WHERE customer IN (3, 5)`)
			}
			if mode == retention.EnforceRefuse {
				h.mustRefuse(`UPDATE public.orders SET customer = NULL WHERE customer = 5`)
			}
			h.exec(`INSERT INTO public.orders VALUES (100, 4, now() - interval '400 days'), (101, 5, now() - interval '400 days'), (102, 6, now() - interval '400 days')`)
			h.watch()
			if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 8 || run.TotalProcessed != 15 {
				t.Errorf("the run left %d and took %d, want 8 and 15", run.TotalHeld, run.TotalProcessed)
			}
			if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
				t.Errorf("the proof %s: %+v", p.Verdict(), p.Scopes)
			}
			if altered, _, unnoted, err := h.target.AlteredHolds(t.Context()); err != nil || len(altered)+len(unnoted) != 0 {
				t.Errorf("altered %v, not noted %v (%v)", altered, unnoted, err)
			}
		})
	}
}

// What went of a family is found where the key of its rows is that of their record, and it is
// said where nobody can tell.
func TestAPreviewTellsWhatOfAFamilyWentSoFarAsKeysTell(t *testing.T) {
	t.Parallel()
	h := familyHouse(t)
	h.exec(`CREATE TABLE public.profiles (customer bigint PRIMARY KEY REFERENCES public.customers, created_at timestamptz)`,
		`CREATE TABLE public.portraits (customer bigint PRIMARY KEY REFERENCES public.profiles ON DELETE CASCADE)`,
		`INSERT INTO public.profiles SELECT i, now() - interval '400 days' FROM generate_series(1, 4) AS i`)
	profiles := policyOn("profiles", 1)
	profiles.Cascade = []retention.TableName{public("portraits")}
	h.mustPolicy(profiles)
	for _, b := range h.previewed(withFamily("customers", "3").Scope...).Scopes[0].Belongings {
		if b.Gone.Untellable != "" {
			t.Errorf("nothing went of %s, and %q", b.Table, b.Gone.Untellable)
		}
	}
	h.mustRun(engine.RunRequest{})
	h.carry()
	h.exec(`INSERT INTO public.orders VALUES (100, 3, now())`)
	p := h.previewed(withFamily("customers", "3", "7").Scope...)
	gone := map[string]retention.ScopeGone{}
	for _, b := range p.Scopes[0].Belongings {
		gone[b.Table.Name] = b.Gone
	}
	if g := gone["profiles"]; g.Untellable != "" || g.LookedUp != 2 || len(g.Found) != 1 || g.Found[0].Key.Text() != (retention.Key{"3"}).Text() || g.Total != 4 || g.Untold != 0 {
		t.Errorf("of profiles it says %+v, want that of customer 3 and no other", g)
	}
	if g := gone["portraits"]; g.Untellable != "" || g.LookedUp != 2 || len(g.Found) != 0 || g.Total != 0 {
		t.Errorf("of portraits it says %+v, want that none went", g)
	}
	if g := gone["orders"]; !strings.Contains(g.Untellable, "does not tell which record") || g.LookedUp != 0 || g.Total != 20 {
		t.Errorf("of orders it says %+v, want that nobody can tell, of 20", g)
	}
	if _, _, n := p.Totals(); n != 1 {
		t.Errorf("%d were disposed of in all, want 1", n)
	}
}
