package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// destroying recognises SQL that removes or overwrites rows, or takes the storage away that has
// them, and what it is done to.
var destroying = regexp.MustCompile(`(?is)\b(delete\s+from\s+(?:only\s+)?|truncate\s+(?:table\s+)?(?:only\s+)?|drop\s+(?:table|schema)\s+(?:if\s+exists\s+)?|merge\s+into\s+|update\s+(?:only\s+)?|detach\s+partition\s+|do\s+update\s+)(["%\w.\[\]]+)`)

// destructive are the functions in which such SQL about tables of the application is written, and
// by what held rows are kept from each. Whoever adds one says so here, after having judged it by
// the protocol (docs/architecture.md). Each is printed for, or executed by, a batch that has the
// guard's lock and has compared the list of holds with its plan's: no hold comes or goes meanwhile.
var destructive = map[string]string{
	"engine/sqlgen.Printer.deleteReturning": "its WHERE judges each row by the holds, in the statement that removes it",
	"engine/sqlgen.Printer.PlainDelete":     "its WHERE judges each row by the holds, in the statement that removes it",
	"engine/sqlgen.Printer.update":          "its WHERE judges each row by the holds, in the statement that changes it",
	"engine/sqlgen.Printer.DeleteSeen":      "takes what the statement before it has judged, and only rows that nobody has changed since",
	"engine/sqlgen.Printer.deleteGone":      "takes locked rows of a family that were judged after they were locked; a held one keeps its parent",
	"engine/sqlgen.Printer.Clear":           "takes references from locked rows, and its WHERE leaves held ones out once more",
	"engine/sqlgen.Printer.addRollup":       "counts what has gone into sums; a policy is refused while a hold covers rows of its rollup",
	"engine/sqlgen.Printer.Truncate":        "empties a locked partition of which a statement before has counted that all is due and nothing held",
	"engine/sqlgen.Printer.Drop":            "drops a locked partition that is empty; none while a hold covers rows of its table",
	"engine/sqlgen.Restorer.Restore":        "its WHERE leaves held copies out, after they were locked",

	"engine/sqlgen.CreateEnforceTrigger": "no statement: the event of a trigger that keeps others from it",
	"engine/target.checkLocks":           "no statement: the name of a right",
	"engine/target.triggerPlaces":        "no statement: the event of a trigger",
	"engine/target.Target.forgetSet":     "ids of a hold that has ended, in the guard's own copies",
	"engine/target.letting.delete":       "ids that have fallen out of a hold, in the guard's own copies",
}

// TestEveryDestructiveStatementIsListed: what would remove or overwrite rows of the application is
// found in the code, one function at a time, and nowhere but where the holds are judged.
func TestEveryDestructiveStatementIsListed(t *testing.T) {
	found := map[string][]string{}
	for _, s := range sources(t) {
		if !slices.Contains(writers, s.room) || s.room == "examples" {
			continue
		}
		for pos, text := range literals(s.file) {
			for _, m := range destroying.FindAllStringSubmatch(text, -1) {
				if of := strings.ToLower(m[2]); ofTheApplication(strings.ToLower(m[1]), of, text) {
					name := s.room + "." + functionAt(s.file, pos)
					found[name] = append(found[name], strings.Join(strings.Fields(m[0]), " "))
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if destructive[name] == "" {
			t.Errorf("%s has %q, and is not listed: see destructive", name, found[name])
		}
	}
	for name := range destructive {
		if found[name] == nil {
			t.Errorf("%s is listed and has no such statement any more", name)
		}
	}
}

// ofTheApplication reports whether a statement may be about a table of the application. Those of
// our own are written with their schema; `UPDATE x` without SET is a lock's, or prose.
func ofTheApplication(verb, table, text string) bool {
	switch {
	case strings.HasPrefix(table, "holdfast.") || strings.HasPrefix(table, "holdfast_guard.") || table == "holdfast_guard" || table == "holdfast":
		return false
	case strings.HasPrefix(verb, "do"):
		return !regexp.MustCompile(`(?is)\binsert\s+into\s+holdfast`).MatchString(text)
	case strings.HasPrefix(verb, "update"):
		return regexp.MustCompile(`(?is)\bupdate\s+(only\s+)?` + regexp.QuoteMeta(table) + `(\s+(as\s+)?["\w]+)?\s+set\s`).MatchString(text)
	}
	return true
}

// functionAt is the function in which a place is, with its receiver's type.
func functionAt(f *ast.File, pos token.Pos) string {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || pos < fn.Pos() || pos > fn.End() {
			continue
		}
		if fn.Recv == nil {
			return fn.Name.Name
		}
		of := fn.Recv.List[0].Type
		if star, ok := of.(*ast.StarExpr); ok {
			of = star.X
		}
		if id, ok := of.(*ast.Ident); ok {
			return id.Name + "." + fn.Name.Name
		}
	}
	return "(none)"
}
