package api

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

// applyPolicies runs examples/ci/apply.sh against the service, with a worker.
func applyPolicies(t *testing.T, s *service, files map[string]string, more ...string) (stdout, stderr string, code int) {
	t.Helper()
	return applyIn(t, s, nil, files, more...)
}

func applyIn(t *testing.T, s *service, env []string, files map[string]string, more ...string) (stdout, stderr string, code int) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	site := httptest.NewServer(s.router)
	defer site.Close()
	ctx, stop := context.WithCancel(t.Context())
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		s.workOnRuns(ctx)
	}()
	defer func() { stop(); <-worked }()

	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"../examples/ci/apply.sh", dir}, more...)...)
	cmd.Env = append(os.Environ(), "HOLDFAST_URL="+site.URL, "HOLDFAST_TOKEN="+adminToken, "HOLDFAST_TIMEOUT=30")
	cmd.Env = append(cmd.Env, env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), errs.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), 0
}

// workOnRuns is a worker without a queue: it takes up whatever is queued.
func (s *service) workOnRuns(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		queued, _, err := s.engine.Runs(ctx, retention.System(), retention.RunFilter{Statuses: []retention.RunStatus{retention.RunQueued}}, retention.Page{})
		for _, r := range queued {
			err = errors.Join(err, s.engine.ExecuteRun(ctx, r.ID, 0))
		}
		if err != nil && ctx.Err() == nil {
			s.t.Error(err)
			return
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

const ticketsYAML = `# kept with the code
name: tickets
table: public.tickets
timestamp_column: resolved_at
retention_period: 730 days
action: delete
legal_basis: 'Legitimate interest ("service")'
`

const linesJSON = `{"name": "lines", "table": "\"Order Lines\"", "timestamp_column": "placed", "retention_period": "P1Y", "action": "delete", "legal_basis": "Tax law"}`

func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
}

func TestTheCIExampleAppliesAndRunsPolicies(t *testing.T) {
	needCurl(t)
	s := newServer(t)
	files := map[string]string{"tickets.yaml": ticketsYAML, "lines.json": linesJSON, "README.md": "not a policy"}
	out, errs, code := applyPolicies(t, s, files)
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	for _, want := range []string{
		"tickets: 10 due, 10 to be processed, cutoff 20", "lines: 2 due", "tickets: applied as version 1", "succeeded, 12 processed, 0 held, 0 errors",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}

	// Again, over a policy that is live, which needs no new version, and one that was retired.
	s.do(call{method: "DELETE", path: "/api/v1/policies/lines", header: map[string]string{"If-Match": "*"}}).want(204)
	out, errs, code = applyPolicies(t, s, files)
	if code != 0 || !strings.Contains(out, "tickets: applied as version 1") || !strings.Contains(out, "lines: applied as version 2") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestTheCIExampleFailsOnARefusalAndSavesNothing(t *testing.T) {
	needCurl(t)
	s := newServer(t)
	bad := strings.Replace(ticketsYAML, "resolved_at", "closed_at", 1)
	out, errs, code := applyPolicies(t, s, map[string]string{"tickets.yaml": bad, "lines.json": linesJSON})
	if code == 0 || !strings.Contains(errs, "urn:holdfast:problem:invalid") || !strings.Contains(errs, "timestamp_column") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/policies"}).want(200).items()); n != 0 {
		t.Errorf("%d policies were saved", n)
	}
}

func TestTheCIExampleAppliesSchedulesToo(t *testing.T) {
	needCurl(t)
	s := newServer(t)
	files := map[string]string{"tickets.yaml": ticketsYAML}
	for range 2 { // again, over the schedule that is there
		out, errs, code := applyPolicies(t, s, files, "../examples/schedules")
		if code != 0 || !strings.Contains(out, "schedule nightly: Runs all active policies at 03:00 every day") {
			t.Fatalf("exit %d\n%s%s", code, out, errs)
		}
	}
	if x := s.do(call{method: "GET", path: "/api/v1/schedules/nightly"}).want(200).object(); x["version"] != 1.0 || x["time_zone"] != "Europe/Berlin" {
		t.Errorf("the schedule: got %v", x)
	}
}

// As a check of a change that is not merged yet, it must not replace what runs tonight.
func TestTheCIExampleSavesNothingInADryRun(t *testing.T) {
	needCurl(t)
	s := newServer(t)
	dry := []string{"HOLDFAST_DRY_RUN=true"}
	out, errs, code := applyIn(t, s, dry, map[string]string{"tickets.yaml": ticketsYAML})
	if code != 0 || !strings.Contains(out, "tickets: 10 due, 10 to be processed") || !strings.Contains(out, "nothing was saved and nothing runs") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	s.do(call{method: "GET", path: "/api/v1/policies/tickets"}).want(404)
	if _, errs, code = applyIn(t, s, dry, map[string]string{"tickets.yaml": strings.Replace(ticketsYAML, "public.tickets", "public.nothing", 1)}); code == 0 || !strings.Contains(errs, "public.nothing") {
		t.Errorf("a policy that would be refused: exit %d\n%s", code, errs)
	}
}
