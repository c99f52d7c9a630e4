package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/engine/plan"
	"holdfast/retention"
)

func tells(key []string, include ...string) func(*plan.Inputs) {
	return func(in *plan.Inputs) {
		in.Policy.Events = &retention.EventSpec{EntityType: "user", Key: key, Include: include}
	}
}

func TestWhatOthersAreToldIsPlannedWithTheFormOfItsValues(t *testing.T) {
	got := build(t, tells([]string{"customer_id", "short"}, "small", "epoch4", "id", "extra", "total", "born", "mood", "status")).Events
	want := []retention.EventColumn{
		{Name: "small", Kind: retention.ValueInteger}, {Name: "epoch4", Kind: retention.ValueInteger}, {Name: "id", Kind: retention.ValueInteger}, {Name: "extra", Kind: retention.ValueJSON},
		{Name: "total", Kind: retention.ValueText}, {Name: "born", Kind: retention.ValueText}, {Name: "mood", Kind: retention.ValueText}, {Name: "status", Kind: retention.ValueText},
	}
	if diff := cmp.Diff(want, got.Kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if got.EntityType != "user" || len(got.Key) != 2 || got.Key[0].Name != "customer_id" || got.Key[1].Name != "short" || len(got.Include) != len(want) {
		t.Errorf("got %+v", got)
	}
	for base, want := range map[string]retention.ValueKind{"bool": retention.ValueBoolean, "json": retention.ValueJSON} {
		got := build(t, tells([]string{"id"}, "mood"), with("mood", func(c *plan.Column) { c.BaseType = base })).Events
		if got.Kinds[0].Kind != want {
			t.Errorf("%s: got %s, want %s", base, got.Kinds[0].Kind, want)
		}
	}
	if got := build(t).Events; got != nil {
		t.Errorf("a policy without events is planned to tell %+v", got)
	}
}

func TestColumnsThatOthersCannotBeToldOfAreRefused(t *testing.T) {
	redacted := anonymize("email", retention.Anonymizer{Method: retention.MethodRedact})
	checkRefusals(t, []refusal{
		{name: "no such key", change: on(tells([]string{"id", "gone"})), field: "events.key", reason: `no column "gone"`, accepted: "columns are id, created_at"},
		{name: "the case of a name", change: on(tells([]string{"ID"})), field: "events.key", reason: `no column "ID"`, accepted: "columns are id"},
		{name: "no such included column", change: on(tells([]string{"id"}, "status", "gone")), field: "events.include", reason: `no column "gone"`, accepted: "columns are id"},
		{name: "a treated key", change: []func(*plan.Inputs){redacted, tells([]string{"email"})}, field: "events.key", reason: "anonymized by this very policy", accepted: "leaves alone"},
		{name: "a treated included column", change: []func(*plan.Inputs){redacted, tells([]string{"id"}, "email")}, field: "events.include", reason: "anonymized by this very policy", accepted: "leaves alone"},
	})
	build(t, redacted, tells([]string{"customer_id"}, "status"))
}
