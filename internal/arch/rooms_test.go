package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is our own import path, root where its files are.
const (
	module = "holdfast"
	root   = "../.."
)

// rooms are the packages of the module and what each may import of it. What is not
// listed is forbidden; a nil list means anything. A key that ends in /… stands for
// the rooms below it. Test files are exempt.
var rooms = map[string][]string{
	".":                     {}, // embeds openapi.yaml
	"retention":             {},
	"migrations":            {},
	"examples":              {},
	"engine/condition":      {"retention"},
	"engine/plan":           {"retention", "engine/condition"},
	"engine/sqlgen":         {"retention", "engine/condition", "engine/plan"},
	"engine":                {"retention", "engine/condition", "engine/plan", "engine/sqlgen"},
	"engine/target":         {"retention", "engine/condition", "engine/plan", "engine/sqlgen", "migrations"},
	"store":                 {"retention", "migrations"},
	"api":                   {".", "engine", "retention", "api/oapi", "internal/httpauth", "internal/httperr", "internal/idlist"},
	"api/oapi":              {},
	"web":                   {"engine", "retention", "web/ui", "web/static", "internal/httpauth", "internal/httperr", "internal/idlist"},
	"web/ui":                {},
	"web/static":            {},
	"internal/jobs":         {"engine", "retention"},
	"internal/metrics":      {"engine", "retention", "internal/httperr"},
	"internal/notify":       {"retention"},
	"internal/idlist":       {"retention"},
	"internal/httpauth":     {"engine", "retention", "internal/httperr"},
	"internal/httperr":      {"retention"},
	"internal/pglaunch":     {},
	"internal/pgtest":       {"internal/pglaunch"}, // a test's server is started as the product's is
	"internal/natstest":     {},
	"internal/realdata":     {},                  // tests only
	"internal/pgtest/cmd/…": {"internal/pgtest"}, // `make test` starts one server for all packages
	"internal/arch":         {},
	"cmd/…":                 nil,
}

// outside restricts imports from beyond the module: who may speak to a database,
// to the queue, to the network. The key is a prefix of import paths.
var outside = map[string][]string{
	"github.com/jackc/":             {"store", "engine/target", "internal/jobs", "internal/pglaunch", "internal/pgtest", "cmd/…"},
	"database/sql":                  {"migrations", "store"}, // golang-migrate's driver wants it; store lends it a connection
	"github.com/golang-migrate/":    {"migrations"},
	"github.com/riverqueue/":        {"store", "internal/jobs"},
	"github.com/prometheus/":        {"internal/metrics"},
	"net/http":                      {"api", "api/oapi", "web", "web/static", "internal/httpauth", "internal/httperr", "internal/metrics", "internal/notify", "cmd/…"},
	"github.com/nats-io/":           {"internal/notify"}, // whoever else wants to publish goes through a subscriber
	"github.com/standard-webhooks/": {"internal/notify"},
}

// writers are the rooms in which SQL text that changes rows may be written.
// internal/pgtest makes and drops whole databases of tests, which is none.
var writers = []string{"engine/sqlgen", "engine/target", "store", "migrations", "examples"}

// source is a Go file of the module that is no test.
type source struct {
	path, room string
	file       *ast.File
	fset       *token.FileSet
}

func TestArrowsBetweenRoomsAreKept(t *testing.T) {
	for _, s := range sources(t) {
		key := roomOf(s.room)
		allowed, known := rooms[key]
		if !known {
			t.Errorf("%s: %s is a room that is not in the list; add it with what it may import, and say why in docs/architecture.md", s.path, s.room)
			continue
		}
		for _, imported := range imports(t, s) {
			ours, inside := inModule(imported)
			if inside && allowed != nil && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s; %s may import %v", s.path, ours, key, allowed)
			}
			if inside && strings.HasPrefix(ours, "internal/pgtest") && !strings.HasPrefix(s.room, "internal/pgtest") {
				t.Errorf("%s imports %s, which is for tests alone", s.path, ours)
			}
			if inside && ours == "internal/natstest" {
				t.Errorf("%s imports %s, which is for tests alone", s.path, ours)
			}
			for prefix, who := range outside {
				if within(imported, prefix) && !slices.Contains(who, key) {
					t.Errorf("%s imports %s; only %v may", s.path, imported, who)
				}
			}
		}
	}
}

func TestListedRoomsExist(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		seen[roomOf(s.room)] = true
	}
	for room := range rooms {
		if !seen[room] {
			t.Errorf("the room %s is listed and there is no such package", room)
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.room] = documented[s.room] || s.file.Doc != nil
	}
	for room, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment; say what it owns, what it does not, and who calls it", room)
		}
	}
}

// roomOf is the key of rooms that a package falls under.
func roomOf(pkg string) string {
	for key := range rooms {
		if parent, ok := strings.CutSuffix(key, "/…"); ok && strings.HasPrefix(pkg, parent+"/") {
			return key
		}
	}
	return pkg
}

// inModule is an import path within the module, "." for its root.
func inModule(imported string) (string, bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

func within(imported, prefix string) bool {
	return imported == prefix || strings.HasPrefix(imported, strings.TrimSuffix(prefix, "/")+"/")
}

func imports(t *testing.T, s source) []string {
	t.Helper()
	var out []string
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: %v", s.path, err)
		}
		out = append(out, p)
	}
	return out
}

// sources parses every Go file of the module but its tests.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(p, d.Name())
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(root, p), nil, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{path: p, room: path.Dir(p), file: f, fset: fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// skipDir leaves out what is not of this module: hidden directories, what the go
// command ignores too, and modules of their own.
func skipDir(p, name string) error {
	if p == "." {
		return nil
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(root, p, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}
