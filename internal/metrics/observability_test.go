package metrics

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// folder has what is given to Prometheus and Grafana.
const folder = "../../docs/observability"

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rule is one alert.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) []rule {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal([]byte(readFile(t, folder+"/alerts.yml")), &file); err != nil {
		t.Fatal(err)
	}
	var out []rule
	for _, g := range file.Groups {
		out = append(out, g.Rules...)
	}
	if len(out) < 5 {
		t.Fatalf("found %d rules in alerts.yml; has its form changed?", len(out))
	}
	return out
}

// promtool runs Prometheus's own tool in the folder.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Fatal("no promtool in PATH; `make test` installs it (Debian: apt-get install prometheus)")
	}
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestAlertRulesAreValidAndFireWhenTheyShould(t *testing.T) {
	promtool(t, "check", "rules", "alerts.yml")
	promtool(t, "test", "rules", "alerts_test.yml")
	promtool(t, "check", "config", "--syntax-only", "prometheus.yml")
}

// Each alert is expected in one case of alerts_test.yml and expected absent in another.
func TestEachAlertIsShownToFireAndToBeSilent(t *testing.T) {
	var file struct {
		Tests []struct {
			Rules []struct {
				Name   string           `yaml:"alertname"`
				Alerts []map[string]any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	if err := yaml.Unmarshal([]byte(readFile(t, folder+"/alerts_test.yml")), &file); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, c := range file.Tests {
		for _, r := range c.Rules {
			fires[r.Name] = fires[r.Name] || len(r.Alerts) > 0
			silent[r.Name] = silent[r.Name] || len(r.Alerts) == 0
		}
	}
	for _, r := range rules(t) {
		if !fires[r.Alert] || !silent[r.Alert] {
			t.Errorf("%s: shown to fire %t, shown to be silent %t; want both", r.Alert, fires[r.Alert], silent[r.Alert])
		}
	}
}

func TestEachAlertLeadsToItsEntryInTheRunbook(t *testing.T) {
	headings := regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(readFile(t, folder+"/runbook.md"), -1)
	var entries []string
	for _, h := range headings {
		entries = append(entries, h[1])
	}
	var alerts []string
	for _, r := range rules(t) {
		alerts = append(alerts, r.Alert)
		if !slices.Contains(entries, r.Alert) {
			t.Errorf("the runbook has no entry %s", r.Alert)
		}
		if got, want := r.Annotations["runbook"], "docs/observability/runbook.md#"+strings.ToLower(r.Alert); got != want {
			t.Errorf("%s leads to %q, want %q", r.Alert, got, want)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s has no summary or no description", r.Alert)
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
			t.Errorf("%s has the severity %q", r.Alert, r.Labels["severity"])
		}
	}
	for _, e := range entries {
		if !slices.Contains(alerts, e) {
			t.Errorf("the runbook has an entry %s, and there is no such alert", e)
		}
	}
}

// panel is as much of a Grafana panel as is read here.
type panel struct {
	Title   string `json:"title"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

// expressions are the queries of the dashboard, by their panel.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	var dashboard struct {
		UID    string  `json:"uid"`
		Panels []panel `json:"panels"`
	}
	if err := json.Unmarshal([]byte(readFile(t, folder+"/grafana/holdfast.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, p := range dashboard.Panels {
		if p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("a panel %q without title or query", p.Title)
		}
		for i, target := range p.Targets {
			out[fmt.Sprintf("%s %d", p.Title, i)] = target.Expr
		}
	}
	if len(out) < 10 || dashboard.UID == "" {
		t.Fatalf("found %d queries in dashboard %q; has its form changed?", len(out), dashboard.UID)
	}
	return out
}

// metricName recognises names of ours in an expression.
var metricName = regexp.MustCompile(`\b(?:retention|holdfast)_[a-z_]+`)

func TestRulesAndDashboardNameMetricsThatExist(t *testing.T) {
	known := names(t)
	queries := expressions(t)
	for _, r := range rules(t) {
		queries[r.Alert] = r.Expr
	}
	for where, expr := range queries {
		found := metricName.FindAllString(expr, -1)
		if len(found) == 0 && !strings.Contains(expr, "up{") {
			t.Errorf("%s: %q names no metric of ours", where, expr)
		}
		for _, name := range found {
			base := name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				base = strings.TrimSuffix(base, suffix)
			}
			if !slices.Contains(known, name) && !slices.Contains(known, base) {
				t.Errorf("%s: there is no metric %s", where, name)
			}
		}
	}
}

// promtool reads queries as part of a file of rules.
func TestQueriesOfTheDashboardAreValid(t *testing.T) {
	type record struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var list []record
	for _, expr := range expressions(t) {
		list = append(list, record{fmt.Sprintf("dashboard:query:%d", len(list)), expr})
	}
	b, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": list}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", path)
}

func TestTheTableOfMetricsIsComplete(t *testing.T) {
	table := readFile(t, "../../docs/operating.md")
	ours := 0
	for _, name := range names(t) {
		if !metricName.MatchString(name) {
			continue // go_ and process_
		}
		ours++
		if !strings.Contains(table, "| `"+name+"` |") {
			t.Errorf("docs/operating.md has no line for %s", name)
		}
	}
	if lines := strings.Count(table, "| `retention_") + strings.Count(table, "| `holdfast_"); lines != ours {
		t.Errorf("docs/operating.md has %d lines of metrics, there are %d metrics", lines, ours)
	}
}
