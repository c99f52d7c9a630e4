package engine_test

import (
	"testing"

	"holdfast/retention"
)

// Two rows became due an hour ago, each under a policy of its own table: with no
// grace at all that is overdue, with the default's two days it is not.
func TestZeroGraceIsOverdueAsSoonAsDue(t *testing.T) {
	h := freshHouse(t)
	none := policyOn("strict", 30)
	none.Grace = &retention.Period{}
	h.exec(`CREATE TABLE public.strict (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.strict VALUES (1, now() - interval '30 days 1 hour')`,
		`CREATE TABLE public.usual AS TABLE public.strict`, `ALTER TABLE public.usual ADD PRIMARY KEY (id)`)
	h.mustPolicy(none)
	h.mustPolicy(policyOn("usual", 30))
	if err := h.engine.MeasurePolicies(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		overdue bool
		grace   string
	}{"p_strict": {true, "P0D"}, "p_usual": {false, "P2D"}} {
		got, err := h.engine.PolicyHealth(t.Context(), h.actor, name)
		if err != nil {
			t.Fatal(err)
		}
		if got.Overdue != want.overdue || got.Policy.GracePeriod().String() != want.grace {
			t.Errorf("%s: got overdue %t with a grace of %s after %s, want %t with %s", name, got.Overdue, got.Policy.GracePeriod(), got.OverdueFor, want.overdue, want.grace)
		}
	}
}

// A document that was kept before there was a grace has the default's.
func TestKeptDocumentWithoutGraceHasTheDefault(t *testing.T) {
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.logs (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`)
	h.mustPolicy(policyOn("logs", 30))
	h.exec(`ALTER TABLE holdfast.policy_version DISABLE TRIGGER USER`,
		`UPDATE holdfast.policy_version SET document = document - 'grace'`)
	p, err := h.engine.Policy(t.Context(), h.actor, "p_logs")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.GracePeriod(); got != retention.DefaultGrace {
		t.Errorf("got %s, want %s", got, retention.DefaultGrace)
	}
}
