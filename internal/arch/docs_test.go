package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// variableName recognises our environment variables.
var variableName = regexp.MustCompile(`\bHOLDFAST_[A-Z_]+\b`)

// notConfiguration are variables of ours that the service does not read: those of
// tests, of pictures, of docker-compose.yml, and of examples/ci.
var notConfiguration = []string{"HOLDFAST_TEST_DATABASE_URL", "HOLDFAST_TEST_DATA", "HOLDFAST_TEST_TMPDIR", "HOLDFAST_PICTURES", "HOLDFAST_DB_PASSWORD", "HOLDFAST_URL", "HOLDFAST_TOKEN"}

// variables are the names that cmd/holdfast/config.go reads.
func variables(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "cmd/holdfast/config.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		if name := reflect.StructTag(tag).Get("env"); name != "" {
			names = append(names, "HOLDFAST_"+name)
		}
		return true
	})
	if len(names) < 5 {
		t.Fatalf("found %v in config.go; has its form changed?", names)
	}
	return names
}

// documents are the texts for people, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(p, d.Name())
		}
		if strings.HasSuffix(p, ".md") {
			b, err := os.ReadFile(filepath.Join(root, p))
			if err != nil {
				return err
			}
			out[p] = string(b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTableOfVariablesIsComplete(t *testing.T) {
	table := documents(t)["docs/operating.md"]
	for _, name := range variables(t) {
		if !strings.Contains(table, "| `"+name+"` |") {
			t.Errorf("docs/operating.md has no line for %s", name)
		}
	}
}

func TestDocumentsNameVariablesThatAreRead(t *testing.T) {
	known := append(variables(t), notConfiguration...)
	for path, text := range documents(t) {
		for _, name := range variableName.FindAllString(text, -1) {
			if !slices.Contains(known, name) {
				t.Errorf("%s names %s, which nothing reads", path, name)
			}
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksBetweenDocumentsLead(t *testing.T) {
	for path, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			to, _, _ := strings.Cut(m[1], "#")
			if to == "" || strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(path), to)); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	}
}

var (
	// codePath recognises a path of the tree between backquotes.
	codePath = regexp.MustCompile("`((?:api|cmd|docs|engine|examples|internal|migrations|retention|store|tools|web)/[\\w./-]*)`")
	apiPath  = regexp.MustCompile(`/api/v1/[\w/{}$-]*`)
)

func TestDocumentsNamePathsThatExist(t *testing.T) {
	for path, text := range documents(t) {
		for _, m := range codePath.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names the path %s, which is not there", path, m[1])
			}
		}
	}
}

func TestDocumentsNameRoutesOfTheContract(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Paths map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(b, &contract); err != nil {
		t.Fatal(err)
	}
	var routes []*regexp.Regexp
	for p := range contract.Paths {
		routes = append(routes, regexp.MustCompile("^"+regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(p), `[^/]+`)+"$"))
	}
	for path, text := range documents(t) {
		for _, p := range apiPath.FindAllString(text, -1) {
			if !slices.ContainsFunc(routes, func(r *regexp.Regexp) bool { return r.MatchString(strings.TrimSuffix(p, "/")) }) {
				t.Errorf("%s names the route %s, which openapi.yaml does not have", path, p)
			}
		}
	}
}
