package store_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/engine"
	"holdfast/retention"
	"holdfast/store"
)

// write is one method that takes a By. prepare makes what it works on; the func it
// answers calls the method and tells the object that the audit must name.
type write struct {
	method string
	// before and after tell whether the audit row must have them.
	before, after bool
	prepare       func(t *testing.T, s *store.Store) func(ctx context.Context, by retention.By) (object string, err error)
}

var heldTable = retention.TableName{Schema: "public", Name: "orders"}

func writes() []write {
	return slices.Concat(policyWrites(), holdWrites(), scheduleWrites(), subscriberWrites(), otherWrites())
}

type call = func(ctx context.Context, by retention.By) (string, error)

func policyWrites() []write {
	return []write{
		{"SavePolicy", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.SavePolicy(ctx, policy("orders"), 0, by)
				return "policy/orders", err
			}
		}},
		{"SavePolicy", true, true, func(t *testing.T, s *store.Store) call {
			must(s.SavePolicy(t.Context(), policy("orders"), 0, by("policy.create")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.SavePolicy(ctx, policy("orders"), 1, by)
				return "policy/orders", err
			}
		}},
		{"RetirePolicy", true, true, func(t *testing.T, s *store.Store) call {
			must(s.SavePolicy(t.Context(), policy("orders"), 0, by("policy.create")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.RetirePolicy(ctx, "orders", 1, by)
				return "policy/orders", err
			}
		}},
	}
}

func holdWrites() []write {
	onHold := func(method string, f func(ctx context.Context, s *store.Store, id string, by retention.By) error, prepare func(t *testing.T, s *store.Store) retention.Hold) write {
		return write{method, true, method != "AbandonHold", func(t *testing.T, s *store.Store) call {
			h := prepare(t, s)
			return func(ctx context.Context, by retention.By) (string, error) {
				return "hold/" + h.ID, f(ctx, s, h.ID, by)
			}
		}}
	}
	onMatter := func(method string, f func(ctx context.Context, s *store.Store, m retention.Matter, by retention.By) error, closed bool) write {
		return write{method, true, true, func(t *testing.T, s *store.Store) call {
			m := must(s.OpenMatter(t.Context(), retention.Matter{Name: "opened"}, by("matter.open")))(t)
			if closed {
				m = must(s.CloseMatter(t.Context(), m.ID, by("matter.close")))(t)
			}
			return func(ctx context.Context, by retention.By) (string, error) {
				return "matter/" + m.ID, f(ctx, s, m, by)
			}
		}}
	}
	applying := func(t *testing.T, s *store.Store) retention.Hold {
		return must(s.CreateHold(t.Context(), hold("m"), by("hold.place")))(t)
	}
	active := func(t *testing.T, s *store.Store) retention.Hold { return placed(t, s, hold("m")) }
	narrowing := func(coolsOff retention.Period) func(t *testing.T, s *store.Store) retention.Hold {
		return func(t *testing.T, s *store.Store) retention.Hold {
			return must(s.NarrowHold(t.Context(), active(t, s).ID, []retention.ScopePart{{Index: 0}}, coolsOff, by("hold.narrow")))(t)
		}
	}
	return []write{
		{"CreateHold", false, true, func(t *testing.T, s *store.Store) call {
			must(s.OpenMatter(t.Context(), retention.Matter{Name: "m"}, by("matter.open")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				h, err := s.CreateHold(ctx, hold("m"), by)
				return "hold/" + h.ID, err
			}
		}},
		{"OpenMatter", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				m, err := s.OpenMatter(ctx, retention.Matter{Name: "opened"}, by)
				return "matter/" + m.ID, err
			}
		}},
		onMatter("ReviseMatter", func(ctx context.Context, s *store.Store, m retention.Matter, by retention.By) error {
			_, err := s.ReviseMatter(ctx, m, by)
			return err
		}, false),
		onMatter("CloseMatter", func(ctx context.Context, s *store.Store, m retention.Matter, by retention.By) error {
			_, err := s.CloseMatter(ctx, m.ID, by)
			return err
		}, false),
		onMatter("ReopenMatter", func(ctx context.Context, s *store.Store, m retention.Matter, by retention.By) error {
			_, err := s.ReopenMatter(ctx, m.ID, by)
			return err
		}, true),
		onHold("HoldActivated", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.HoldActivated(ctx, id, noon, foundThen, by)
			return err
		}, applying),
		onHold("ReviseHold", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.ReviseHold(ctx, id, 1, retention.HoldRevision{}, by)
			return err
		}, active),
		onHold("MarkHold", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.MarkHold(ctx, id, retention.HoldMark{Step: retention.StepRelease, Reason: "settled"}, by)
			return err
		}, active),
		onHold("AddScopes", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, _, err := s.AddScopes(ctx, id, []retention.Scope{{Table: heldTable, All: true}}, by)
			return err
		}, active),
		onHold("NarrowHold", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.NarrowHold(ctx, id, []retention.ScopePart{{Index: 0, RecordIDs: []retention.Key{{"17"}}}}, retention.Period{Days: 1}, by)
			return err
		}, active),
		onHold("KeepScope", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.KeepScope(ctx, id, 0, by)
			return err
		}, narrowing(retention.Period{Days: 1})),
		onHold("BeginScopesEnd", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, _, err := s.BeginScopesEnd(ctx, id, nil, by)
			return err
		}, narrowing(retention.Period{})),
		onHold("ScopesEnded", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.ScopesEnded(ctx, id, []retention.ScopeEnd{{Index: 0, At: noon, Epoch: 7}}, by)
			return err
		}, func(t *testing.T, s *store.Store) retention.Hold {
			h := narrowing(retention.Period{})(t, s)
			h, falls, err := s.BeginScopesEnd(t.Context(), h.ID, nil, by("hold.narrow_end"))
			if err != nil || len(falls) != 1 {
				t.Fatalf("got %v, %v; want the first scope to fall out", falls, err)
			}
			return h
		}),
		onHold("BeginUpload", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, _, err := s.BeginUpload(ctx, id, heldTable, by)
			return err
		}, active),
		onHold("FinishUpload", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			at := noon
			_, err := s.FinishUpload(ctx, id, 0, &at, 7, retention.ScopeCounts{}, false, by)
			return err
		}, active),
		onHold("SetHoldFaults", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.SetHoldFaults(ctx, id, []retention.HoldFault{{Table: heldTable, On: heldTable, Reason: "changed"}}, by)
			return err
		}, active),
		onHold("GrowFamily", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.GrowFamily(ctx, id, []retention.GrownFamily{{Table: retention.TableName{Schema: "public", Name: "more"}}}, by)
			return err
		}, active),
		onHold("AnnounceExpiry", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.AnnounceExpiry(ctx, id, 7, by)
			return err
		}, func(t *testing.T, s *store.Store) retention.Hold {
			h, until := active(t, s), noon.AddDate(200, 0, 0)
			expires := &until
			return must(s.ReviseHold(t.Context(), h.ID, h.Version, retention.HoldRevision{ExpiresAt: &expires}, by("hold.revise")))(t)
		}),
		onHold("RemindReview", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.RemindReview(ctx, id, by)
			return err
		}, func(t *testing.T, s *store.Store) retention.Hold {
			h, past := active(t, s), noon
			review := &past
			return must(s.ReviseHold(t.Context(), h.ID, h.Version, retention.HoldRevision{ReviewAt: &review}, by("hold.revise")))(t)
		}),
		onHold("HoldEnded", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.HoldEnded(ctx, id, retention.HoldExpired, noon, by)
			return err
		}, func(t *testing.T, s *store.Store) retention.Hold { return ending(t, s, active(t, s)) }),
		onHold("GiveUpHold", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.GiveUpHold(ctx, id, "a test", by)
			return err
		}, func(t *testing.T, s *store.Store) retention.Hold {
			h := hold("m")
			h.Problem = retention.NotJudged
			return must(s.CreateHold(t.Context(), h, by("hold.place")))(t)
		}),
		onHold("AbandonHold", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			return s.AbandonHold(ctx, id, by)
		}, applying),
	}
}

func otherWrites() []write {
	onUser := func(method string, f func(ctx context.Context, s *store.Store, id string, by retention.By) error) write {
		return write{method, true, true, func(t *testing.T, s *store.Store) call {
			u := account(t, s, "john@example.com")
			return func(ctx context.Context, by retention.By) (string, error) {
				return "user/john@example.com", f(ctx, s, u.ID, by)
			}
		}}
	}
	return []write{
		{"CreateRun", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				r, err := s.CreateRun(ctx, retention.Run{Policies: []retention.PolicyResult{{Policy: "orders", Table: table("orders")}}}, by)
				return "run/" + r.ID, err
			}
		}},
		{"StopRun", true, true, func(t *testing.T, s *store.Store) call {
			r := requested(t, s, false, "orders")
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.StopRun(ctx, r.ID, retention.RunPaused, by)
				return "run/" + r.ID, err
			}
		}},
		{"ResumeRun", true, true, func(t *testing.T, s *store.Store) call {
			r := requested(t, s, false, "orders")
			must(s.StopRun(t.Context(), r.ID, retention.RunPaused, by("run.pause")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.ResumeRun(ctx, r.ID, by)
				return "run/" + r.ID, err
			}
		}},
		{"AwaitApproval", true, true, func(t *testing.T, s *store.Store) call {
			r := asksFor(t, s)
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.AwaitApproval(ctx, r.ID, r.Attempt, r.Policies, by)
				return "run/" + r.ID, err
			}
		}},
		{"ApproveRun", true, true, func(t *testing.T, s *store.Store) call {
			r := asksFor(t, s)
			must(s.AwaitApproval(t.Context(), r.ID, r.Attempt, r.Policies, by("run.await_approval")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.ApproveRun(ctx, r.ID, []retention.Approval{{Policy: "orders", WouldProcess: 7}}, by)
				return "run/" + r.ID, err
			}
		}},
		{"SaveExemption", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.SaveExemption(ctx, retention.Exemption{Table: table("countries"), Reason: "a list"}, by)
				return "table/public.countries", err
			}
		}},
		{"SaveExemption", true, true, func(t *testing.T, s *store.Store) call {
			exempted(t, s, "countries", "a list")
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.SaveExemption(ctx, retention.Exemption{Table: table("countries"), Reason: "another"}, by)
				return "table/public.countries", err
			}
		}},
		{"EndExemption", true, false, func(t *testing.T, s *store.Store) call {
			exempted(t, s, "countries", "a list")
			return func(ctx context.Context, by retention.By) (string, error) {
				return "table/public.countries", s.EndExemption(ctx, table("countries"), by)
			}
		}},
		{"CreateRestore", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				r, err := s.CreateRestore(ctx, restore(), by)
				return "restore/" + r.ID, err
			}
		}},
		{"FinishRestore", true, true, func(t *testing.T, s *store.Store) call {
			must(s.CreateRestore(t.Context(), restore(), by("restore.request")))(t)
			r, _, err := s.ClaimRestore(t.Context(), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			r.Status = retention.RestoreSucceeded
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.FinishRestore(ctx, r, by)
				return "restore/" + r.ID, err
			}
		}},
		{"CreateUser", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.CreateUser(ctx, retention.User{Email: "john@example.com"}, "$argon2id$SECRET", by)
				return "user/john@example.com", err
			}
		}},
		onUser("SignedIn", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			return s.SignedIn(ctx, id, by)
		}),
		onUser("SetPassword", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			return s.SetPassword(ctx, id, "$argon2id$SECRET", by)
		}),
		onUser("DisableUser", func(ctx context.Context, s *store.Store, id string, by retention.By) error {
			_, err := s.DisableUser(ctx, id, by)
			return err
		}),
		{"Record", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				return "user/x", s.Record(ctx, "user/x", map[string]string{"why": "wrong"}, by)
			}
		}},
		{"CreateToken", false, true, func(t *testing.T, s *store.Store) call {
			u := account(t, s, "john@example.com")
			return func(ctx context.Context, by retention.By) (string, error) {
				tk, err := s.CreateToken(ctx, retention.Token{Name: "ci"}, u.ID, []byte("SECRET"), by)
				return "token/" + tk.ID, err
			}
		}},
		{"RevokeToken", true, true, func(t *testing.T, s *store.Store) call {
			u := account(t, s, "john@example.com")
			tk := must(s.CreateToken(t.Context(), retention.Token{Name: "ci"}, u.ID, []byte("SECRET"), by("token.create")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.RevokeToken(ctx, tk.ID, by)
				return "token/" + tk.ID, err
			}
		}},
	}
}

// asksFor is a run in a worker's hands that found 7 rows where 5 need no approval.
func asksFor(t *testing.T, s *store.Store) retention.Run {
	t.Helper()
	r, _, err := s.ClaimRun(t.Context(), requested(t, s, false, "orders").ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.Policies[0].Status, r.Policies[0].Belt = retention.RunNeedsApproval, &retention.Belt{WouldProcess: 7, Ceiling: 5}
	return r
}

func TestEveryWriteMethodIsInTheAuditTable(t *testing.T) {
	var tested []string
	for _, w := range writes() {
		tested = append(tested, w.method)
	}
	contract := reflect.TypeFor[engine.Store]()
	for i := range contract.NumMethod() {
		m := contract.Method(i)
		for j := range m.Type.NumIn() {
			if m.Type.In(j) == reflect.TypeFor[retention.By]() && !slices.Contains(tested, m.Name) {
				t.Errorf("%s takes a By and is not tested for its audit row", m.Name)
			}
		}
	}
}

func TestEveryWriteIsMadeWithExactlyOneAuditRowOrNotAtAll(t *testing.T) {
	who := retention.Actor{Kind: retention.ActorToken, Name: "owner@example.com", Token: "ci-main", RemoteAddr: "192.0.2.1"}
	for _, w := range writes() {
		t.Run(w.method, func(t *testing.T) {
			s := newStore(t)
			do := w.prepare(t, s)
			refusedWithoutAudit(t, s, do)
			earlier := count(t, s, `SELECT count(*) FROM holdfast.audit`)
			object, err := do(t.Context(), retention.By{Actor: who, Action: "noun.verb"})
			noErr(t, err)
			if n := count(t, s, `SELECT count(*) FROM holdfast.audit`); n != earlier+1 {
				t.Fatalf("%d audit rows were added, want 1", n-earlier)
			}
			e := must(newest(t, s))(t)
			want := retention.AuditEntry{ID: e.ID, At: e.At, Actor: who.Name, ActorKind: who.Kind, Token: who.Token, RemoteAddr: who.RemoteAddr,
				Action: "noun.verb", Object: object, Before: e.Before, After: e.After}
			if diff := cmp.Diff(want, e); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
			if (e.Before != nil) != w.before || (e.After != nil) != w.after {
				t.Errorf("before %s, after %s; want them: %v, %v", e.Before, e.After, w.before, w.after)
			}
			if text := string(e.Before) + string(e.After); strings.Contains(text, "SECRET") || strings.Contains(text, "argon2id") {
				t.Errorf("a secret stands in the audit: %s", text)
			}
		})
	}
}

// refusedWithoutAudit makes sure that a change whose audit row cannot be written
// is not there either.
func refusedWithoutAudit(t *testing.T, s *store.Store, do call) {
	t.Helper()
	exec(t, s, `ALTER TABLE holdfast.audit ADD CONSTRAINT full_disk CHECK (action <> 'noun.verb')`)
	state := snapshot(t, s)
	if _, err := do(t.Context(), retention.By{Actor: jane, Action: "noun.verb"}); err == nil {
		t.Fatal("written without its audit row")
	}
	if diff := cmp.Diff(state, snapshot(t, s)); diff != "" {
		t.Errorf("a write without its audit row has left (-before +after):\n%s", diff)
	}
	exec(t, s, `ALTER TABLE holdfast.audit DROP CONSTRAINT full_disk`)
}

func newest(t testing.TB, s *store.Store) (retention.AuditEntry, error) {
	t.Helper()
	entries, _, err := s.Audit(t.Context(), retention.AuditFilter{}, retention.Page{Limit: 1})
	return entries[0], err
}

// snapshot is the content of every table of nouns.
func snapshot(t testing.TB, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range []string{"policy", "policy_version", "hold", "hold_scope", "hold_record", "run", "run_policy", "account", "token", "river_job", "audit"} {
		var text string
		err := s.Pool().QueryRow(t.Context(), `SELECT coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '') FROM holdfast.`+table+` AS t`).Scan(&text)
		noErr(t, err)
		out[table] = text
	}
	return out
}

func TestCallsThatChangeNothingAreNotAudited(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	h := placed(t, s, hold("m"))
	ending(t, s, h)
	must(s.HoldEnded(ctx, h.ID, retention.HoldExpired, noon, by("hold.expire")))(t)
	u := account(t, s, "john@example.com")
	tk := must(s.CreateToken(ctx, retention.Token{Name: "ci"}, u.ID, []byte("h"), by("token.create")))(t)
	must(s.RevokeToken(ctx, tk.ID, by("token.revoke")))(t)
	earlier := count(t, s, `SELECT count(*) FROM holdfast.audit`)
	must(s.HoldEnded(ctx, h.ID, retention.HoldExpired, noon, by("hold.expire")))(t)
	must(s.RevokeToken(ctx, tk.ID, by("token.revoke")))(t)
	_, err := s.SavePolicy(ctx, policy("orders"), 4, by("policy.replace"))
	wantErr(t, "stale save", err, retention.ErrStale)
	if n := count(t, s, `SELECT count(*) FROM holdfast.audit`); n != earlier {
		t.Errorf("%d audit rows for calls that changed nothing", n-earlier)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	s := newStore(t)
	noErr(t, s.Record(t.Context(), "user/x", nil, by("user.sign_out")))
	for _, sql := range []string{
		`UPDATE holdfast.audit SET actor = 'nobody'`,
		`UPDATE holdfast.audit SET actor = 'nobody' WHERE false`,
		`DELETE FROM holdfast.audit`,
		`TRUNCATE holdfast.audit`,
		`SET session_replication_role = replica; DELETE FROM holdfast.audit`,
	} {
		if _, err := s.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.audit WHERE actor = $1`, jane.Name); n != 1 {
		t.Errorf("%d rows are left, want 1", n)
	}
}

func TestAuditIsFilteredAndPagedNewestFirst(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	at := make([]time.Time, 5)
	for i, e := range []struct{ actor, action, object string }{
		{"jane", "policy.create", "policy/a"}, {"john", "policy.create", "policy/ab"}, {"jane", "policy.retire", "policy/a"}, {"jane", "policies.x", "policyx/a"}, {"jane", "user.sign_in", "user/jane"},
	} {
		noErr(t, s.Record(ctx, e.object, map[string]int{"n": i}, retention.By{Actor: retention.Actor{Kind: retention.ActorUser, Name: e.actor}, Action: e.action}))
		at[i] = must(newest(t, s))(t).At
	}
	for _, c := range []struct {
		f    retention.AuditFilter
		want []int
	}{
		{retention.AuditFilter{}, []int{4, 3, 2, 1, 0}},
		{retention.AuditFilter{Actor: "john"}, []int{1}},
		{retention.AuditFilter{Action: "policy.create"}, []int{1, 0}},
		{retention.AuditFilter{Action: "policy"}, []int{2, 1, 0}},
		{retention.AuditFilter{Object: "policy/a"}, []int{2, 0}},
		{retention.AuditFilter{Object: "policy"}, []int{2, 1, 0}},
		{retention.AuditFilter{From: &at[1], Until: &at[3]}, []int{2, 1}},
	} {
		var got []int
		for _, e := range walk(t, 2, func(p retention.Page) ([]retention.AuditEntry, string, error) { return s.Audit(ctx, c.f, p) }) {
			var after struct{ N int }
			noErr(t, json.Unmarshal(e.After, &after))
			got = append(got, after.N)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.f, diff)
		}
	}
}
