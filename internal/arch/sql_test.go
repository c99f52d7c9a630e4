package arch

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// changing recognises SQL text that changes rows, also with a placeholder of
// fmt.Sprintf where the table's name goes.
var changing = regexp.MustCompile(`(?is)\b(insert\s+into\s+\S|delete\s+from\s+\S|truncate\s+(table\s+|only\s+)?["%\w]+[."]|drop\s+table\s+\S` +
	`|update\s+(only\s+)?[\w."%\[\]]+(\s+(as\s+)?\w+)?\s+set\s|merge\s+into\s+\S)`)

func TestRowsAreChangedFromListedRoomsOnly(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains(writers, s.room) {
			continue
		}
		for pos, text := range literals(s.file) {
			if found := changing.FindString(text); found != "" {
				t.Errorf("%s: %q stands in %s; SQL that changes rows is written in %v only", s.fset.Position(pos), found, s.room, writers)
			}
		}
	}
}

func TestSQLThatChangesRowsIsRecognised(t *testing.T) {
	for text, want := range map[string]bool{
		"DELETE FROM holdfast.token": true, "delete from x": true, "\n\tINSERT INTO a.b (c)": true,
		"UPDATE %s SET x = 1": true, `update "t" as x set y = 1`: true, "UPDATE ONLY a.b t\nSET c = 1": true,
		"TRUNCATE public.t": true, "TRUNCATE TABLE %s.": true, "MERGE INTO t USING s": true,
		"DROP TABLE %s": true, "drop a table": false,
		"Delete rows of `t`": false, "updates and deletes": false, "date_trunc('day', x)": false,
		"CREATE DATABASE x": false, "insert a row into the table": false, "truncate to day, week": false,
	} {
		if got := changing.MatchString(text); got != want {
			t.Errorf("%q: recognised %t, want %t", text, got, want)
		}
	}
}

// literals are the strings of a file, concatenations as one: a statement that was
// cut in two is still a statement. What is no literal in between counts as a name.
func literals(f *ast.File) map[token.Pos]string {
	out := map[token.Pos]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BinaryExpr:
			if n.Op != token.ADD {
				return true
			}
			if text, ok := joined(n); ok {
				out[n.Pos()] = text
				return false
			}
		case *ast.BasicLit:
			if text, ok := joined(n); ok {
				out[n.Pos()] = text
			}
		}
		return true
	})
	return out
}

// joined is the text of a literal or a chain of +; ok is false if no part of it is
// a string.
func joined(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.ParenExpr:
		return joined(e.X)
	case *ast.BinaryExpr:
		left, lok := joined(e.X)
		right, rok := joined(e.Y)
		if !lok {
			left = "name"
		}
		if !rok {
			right = "name"
		}
		return left + right, lok || rok
	}
	return "", false
}
