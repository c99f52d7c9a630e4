package arch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose loads docker-compose.yml as Docker Compose does, with its checks.
func compose(t *testing.T, env ...string) (*types.Project, error) {
	t.Helper()
	o, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	return o.LoadProject(t.Context())
}

func TestComposeFileIsValid(t *testing.T) {
	p, err := compose(t, "HOLDFAST_DB_PASSWORD=example")
	if err != nil {
		t.Fatal(err)
	}
	service, err := p.GetService("holdfast")
	if err != nil {
		t.Fatal(err)
	}
	known := variables(t)
	for name := range service.Environment {
		if !slices.Contains(known, name) {
			t.Errorf("the service gets %s, which cmd/holdfast/config.go does not read", name)
		}
	}
	// What decides where the image's own parts are is not for the reader to change.
	fixed := []string{"HOLDFAST_DATABASE_URL", "HOLDFAST_LISTEN", "HOLDFAST_DATA_DIR", "HOLDFAST_POSTGRES_BIN"}
	for _, name := range known {
		if slices.Contains(fixed, name) {
			continue
		}
		given, err := compose(t, "HOLDFAST_DB_PASSWORD=example", name+"=what somebody set")
		if err != nil {
			t.Fatal(err)
		}
		if v := given.Services["holdfast"].Environment[name]; v == nil || *v != "what somebody set" {
			t.Errorf("%s of the environment does not reach the service", name)
		}
	}
	if url := service.Environment["HOLDFAST_DATABASE_URL"]; url == nil || !strings.Contains(*url, ":example@postgres:5432/") {
		t.Errorf("HOLDFAST_DATABASE_URL does not reach the service postgres: %v", url)
	}
	if after := service.DependsOn["postgres"]; after.Condition != types.ServiceConditionHealthy {
		t.Errorf("the service starts after postgres is %q, want %q", after.Condition, types.ServiceConditionHealthy)
	}
	for _, s := range p.Services {
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes port %s on %q; it speaks plain HTTP, so this machine alone", s.Name, port.Published, port.HostIP)
			}
		}
	}
}

// What docker-compose.yml mounts from the tree is there, and is what its reader looks
// for: a file that is missing would be made as a directory, silently.
func TestComposeFileMountsFilesThatExist(t *testing.T) {
	p, err := compose(t, "HOLDFAST_DB_PASSWORD=example")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]string{}
	for _, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				if _, known := p.Volumes[v.Source]; !known {
					t.Errorf("%s mounts the volume %s, which is not declared", s.Name, v.Source)
				}
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s mounts %s: %v", s.Name, v.Source, err)
			}
			if !v.ReadOnly {
				t.Errorf("%s may write %s, which is part of the tree", s.Name, v.Source)
			}
			targets[s.Name+":"+v.Target] = v.Source
		}
	}
	for _, want := range []string{
		"prometheus:/etc/prometheus/prometheus.yml", "prometheus:/etc/prometheus/alerts.yml",
		"grafana:/etc/grafana/provisioning", "grafana:/var/lib/grafana/dashboards/holdfast.json",
	} {
		if targets[want] == "" {
			t.Errorf("nothing is mounted at %s; there is %v", want, targets)
		}
	}
}

func TestComposeFileAsksForAPassword(t *testing.T) {
	if _, err := compose(t); err == nil || !strings.Contains(err.Error(), "HOLDFAST_DB_PASSWORD") {
		t.Errorf("without a password: got %v, want an error that names HOLDFAST_DB_PASSWORD", err)
	}
}

func TestImageHasTheServicesDefaults(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range variableName.FindAllString(string(b), -1) {
		if !slices.Contains(variables(t), name) {
			t.Errorf("the Dockerfile names %s, which cmd/holdfast/config.go does not read", name)
		}
	}
}
