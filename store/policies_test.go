package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
)

func policy(name string) retention.Policy {
	return retention.Policy{
		Name: name, Table: table(name), TimestampColumn: "created_at", RetentionPeriod: retention.Period{Years: 7},
		Action: retention.ActionDelete, LegalBasis: "HGB § 257", Enabled: true,
	}.WithDefaults()
}

func TestPolicyIsReadBackAsItWasGiven(t *testing.T) {
	s := newStore(t)
	value, last := "x", 4
	p := policy("people")
	p.Table = retention.TableName{Schema: "Odd Schema", Name: `a"b`}
	p.Action, p.Condition, p.Enabled = retention.ActionAnonymize, `status = 'a' AND name <> '\u00fc'`, false
	p.Columns = map[string]retention.Anonymizer{"e": {Method: retention.MethodConstant, Value: &value}, "n": {Method: retention.MethodMask, KeepLast: &last}}
	p.Unit, p.RetentionPeriod = retention.UnitSeconds, retention.Period{Months: 13, Hours: 5}
	given := p
	given.Version, given.CreatedBy, given.RetiredBy = 99, "mallory@example.com", "mallory@example.com"
	saved := must(s.SavePolicy(t.Context(), given, 0, by("policy.create")))(t)
	p.Version, p.CreatedBy, p.CreatedAt = 1, jane.Name, saved.CreatedAt
	if diff := cmp.Diff(p, saved); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	read := must(s.Policy(t.Context(), "people"))(t)
	if diff := cmp.Diff(saved, read); diff != "" {
		t.Errorf("read (-saved +read):\n%s", diff)
	}
}

func TestVersionsContinueOverRetirement(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	must(s.SavePolicy(ctx, policy("orders"), 0, by("policy.create")))(t)
	_, err := s.SavePolicy(ctx, policy("orders"), 0, by("policy.create"))
	wantErr(t, "creating a live name", err, retention.ErrConflict)
	must(s.SavePolicy(ctx, policy("orders"), 1, by("policy.replace")))(t)
	_, err = s.RetirePolicy(ctx, "orders", 1, by("policy.retire"))
	wantErr(t, "retiring an old version", err, retention.ErrStale)
	retired := must(s.RetirePolicy(ctx, "orders", 2, by("policy.retire")))(t)
	if retired.RetiredAt == nil || retired.RetiredBy != jane.Name || retired.Version != 2 {
		t.Errorf("retired: %+v", retired)
	}
	_, err = s.RetirePolicy(ctx, "orders", 2, by("policy.retire"))
	wantErr(t, "retiring twice", err, retention.ErrNotFound)
	_, err = s.SavePolicy(ctx, policy("orders"), 2, by("policy.replace"))
	wantErr(t, "replacing a retired one", err, retention.ErrStale)
	if p := must(s.Policy(ctx, "orders"))(t); p.Version != 2 || p.RetiredAt == nil {
		t.Errorf("latest of a retired name: %+v", p)
	}
	again := must(s.SavePolicy(ctx, policy("orders"), 0, by("policy.create")))(t)
	if again.Version != 3 || again.RetiredAt != nil {
		t.Errorf("used again: version %d, retired %v; want 3 and live", again.Version, again.RetiredAt)
	}
	versions := must(s.PolicyVersions(ctx, "orders"))(t)
	if len(versions) != 3 || versions[0].Version != 3 || versions[1].RetiredAt == nil || versions[2].RetiredAt != nil {
		t.Errorf("versions: %+v", versions)
	}
	if p := must(s.PolicyVersion(ctx, "orders", 1))(t); p.Version != 1 {
		t.Errorf("version 1: got %d", p.Version)
	}
}

func TestUnknownPolicyIsNotFound(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	_, err := s.Policy(ctx, "none")
	wantErr(t, "Policy", err, retention.ErrNotFound)
	_, err = s.PolicyVersion(ctx, "none", 1)
	wantErr(t, "PolicyVersion", err, retention.ErrNotFound)
	_, err = s.PolicyVersions(ctx, "none")
	wantErr(t, "PolicyVersions", err, retention.ErrNotFound)
	_, err = s.RetirePolicy(ctx, "none", 1, by("policy.retire"))
	wantErr(t, "RetirePolicy", err, retention.ErrNotFound)
	_, err = s.SavePolicy(ctx, policy("none"), 3, by("policy.replace"))
	wantErr(t, "SavePolicy", err, retention.ErrStale)
}

// race runs f n times at once and counts the answers.
func race(n int, f func() error) (ok int, errs []error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			err := f()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				ok++
			} else {
				errs = append(errs, err)
			}
		})
	}
	close(start)
	wg.Wait()
	return ok, errs
}

func TestOfSavesWithTheSameExpectationOneWins(t *testing.T) {
	s := newStore(t)
	for _, c := range []struct {
		expect int
		loser  error
	}{{0, retention.ErrConflict}, {1, retention.ErrStale}, {2, retention.ErrStale}} {
		ok, errs := race(8, func() error {
			_, err := s.SavePolicy(t.Context(), policy("orders"), c.expect, by("policy.save"))
			return err
		})
		if ok != 1 {
			t.Errorf("expecting %d: %d saves won, want 1", c.expect, ok)
		}
		for _, err := range errs {
			wantErr(t, fmt.Sprint("expecting ", c.expect), err, c.loser)
		}
	}
	if n := len(must(s.PolicyVersions(t.Context(), "orders"))(t)); n != 3 {
		t.Errorf("%d versions, want 3", n)
	}
}

func names(policies []retention.Policy) (out []string) {
	for _, p := range policies {
		out = append(out, p.Name)
	}
	return out
}

func TestPoliciesAreListedByNameSearchedAndPaged(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	for _, n := range []string{"b_two", "a_one", "z_gone", "c-three"} {
		must(s.SavePolicy(ctx, policy(n), 0, by("policy.create")))(t)
	}
	must(s.RetirePolicy(ctx, "z_gone", 1, by("policy.retire")))(t)
	list := func(f retention.PolicyFilter) []string {
		return names(walk(t, 2, func(p retention.Page) ([]retention.Policy, string, error) { return s.Policies(ctx, f, p) }))
	}
	for _, c := range []struct {
		f    retention.PolicyFilter
		want []string
	}{
		{retention.PolicyFilter{}, []string{"a_one", "b_two", "c-three"}},
		{retention.PolicyFilter{Retired: true}, []string{"z_gone"}},
		{retention.PolicyFilter{Search: "B_T"}, []string{"b_two"}},
		{retention.PolicyFilter{Search: "public.A"}, []string{"a_one"}},
		{retention.PolicyFilter{Search: "hgb"}, []string{"a_one", "b_two", "c-three"}},
		{retention.PolicyFilter{Search: "%"}, nil},
	} {
		if diff := cmp.Diff(c.want, list(c.f)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.f, diff)
		}
	}
}

func TestVersionsCannotBeDeleted(t *testing.T) {
	s := newStore(t)
	must(s.SavePolicy(t.Context(), policy("orders"), 0, by("policy.create")))(t)
	for _, sql := range []string{`DELETE FROM holdfast.policy_version`, `TRUNCATE holdfast.policy_version`} {
		if _, err := s.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
}
