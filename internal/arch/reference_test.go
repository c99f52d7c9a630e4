package arch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"

	"holdfast/engine/target"
	"holdfast/examples"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// block is a fenced block of a document.
var block = regexp.MustCompile("(?ms)^```(\\w+)( refused)?\n(.*?)^```$")

// example is one policy of the reference.
type example struct {
	policy  retention.Policy
	refused bool
}

// reference reads docs/policy-reference.md: its policies, and the tables beside the
// demo's that they are about.
func reference(t *testing.T) (list []example, tables string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "docs/policy-reference.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range block.FindAllStringSubmatch(string(b), -1) {
		switch m[1] {
		case "sql":
			tables += m[3]
		case "yaml":
			list = append(list, example{policy: document(t, m[3]), refused: m[2] != ""})
		}
	}
	return list, tables
}

// document reads a policy as the demo and the API do.
func document(t *testing.T, text string) retention.Policy {
	t.Helper()
	p := retention.Policy{Enabled: true}
	if err := yaml.UnmarshalWithOptions([]byte(text), &p, yaml.Strict(), yaml.UseJSONUnmarshaler()); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	p = p.WithDefaults()
	p.Version = 1
	if err := p.Validate(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return p
}

func TestExamplesOfTheReferenceDoWhatTheySay(t *testing.T) {
	list, tables := reference(t)
	if len(list) < 8 {
		t.Fatalf("found %d examples in docs/policy-reference.md; has its form changed?", len(list))
	}
	build := func(ctx context.Context, url string) error {
		pgtest.Exec(t, url, examples.DemoSQL, tables, "ANALYZE")
		return target.Migrate(ctx, url)
	}
	for _, e := range list {
		t.Run(e.policy.Name, func(t *testing.T) {
			gov, err := target.Open(t.Context(), pgtest.NewFrom(t, "reference"+tables+examples.DemoSQL, build), target.Options{Secret: []byte("a secret for the tests of documents")})
			if err != nil {
				t.Fatal(err)
			}
			defer gov.Close()
			err = gov.CheckPolicy(t.Context(), e.policy)
			if refused := errors.Is(err, retention.ErrInvalid); refused != e.refused || (err != nil && !refused) {
				t.Fatalf("saving it: got %v, want refused %t", err, e.refused)
			}
			if !e.refused {
				runTwice(t, gov, e.policy)
			}
		})
	}
}

// runTwice carries a policy out: the first run does what the simulation says, and
// leaves nothing for a second one.
func runTwice(t *testing.T, gov *target.Target, p retention.Policy) {
	t.Helper()
	now, err := gov.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := gov.Simulate(t.Context(), p, &now)
	if err != nil {
		t.Fatal(err)
	}
	if s.Due == 0 {
		t.Error("nothing is due in this example; it shows nothing")
	}
	for i, want := range []int64{s.WouldProcess, 0} {
		id := "00000000-0000-0000-0000-00000000000" + string(rune('1'+i))
		spec := retention.Spec{RunID: id, Attempt: 1, Policy: p, AsOf: now, Pace: retention.PaceMax}
		if err := gov.Beat(t.Context(), spec.RunID, spec.Attempt); err != nil {
			t.Fatal(err)
		}
		d, err := gov.Open(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		for step := (retention.StepResult{}); !step.Done; {
			if step, err = d.Step(t.Context()); err != nil && !errors.Is(err, retention.ErrMoved) {
				d.Close()
				t.Fatal(err)
			}
		}
		got := d.Progress().Processed
		d.Close()
		if got != want {
			t.Errorf("run %d processed %d rows, want %d", i+1, got, want)
		}
	}
}

func TestExamplesOfTheReferenceShowEveryActionAndMethod(t *testing.T) {
	list, _ := reference(t)
	var actions []retention.Action
	var methods []retention.Method
	for _, e := range list {
		actions = append(actions, e.policy.Action)
		for _, c := range e.policy.Columns {
			methods = append(methods, c.Method)
		}
	}
	for _, a := range retention.Actions() {
		if !slices.Contains(actions, a) {
			t.Errorf("no example has the action %s", a)
		}
	}
	for _, m := range retention.Methods() {
		if !slices.Contains(methods, m) {
			t.Errorf("no example has the method %s", m)
		}
	}
}

func TestExamplesOfTheReferenceAreTheFiles(t *testing.T) {
	list, _ := reference(t)
	for _, e := range list {
		b, err := examples.Policies.ReadFile("policies/" + e.policy.Name + ".yaml")
		if err != nil {
			continue // an example of the reference alone
		}
		if file := document(t, string(b)); !reflect.DeepEqual(e.policy, file) {
			t.Errorf("the reference has %+v, the file of that name %+v", e.policy, file)
		}
	}
}
