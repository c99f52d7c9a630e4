package condition

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the verdicts in testdata from what the package does")

// corpusCase is a block of testdata: the intent, the text that a person types,
// and the verdict: canonical form and SQL, or the error. A file's name says
// whether its cases are allowed or refused.
type corpusCase struct {
	intent, text, canonical, sql, refused string
}

func readCorpus(t testing.TB, file string) []corpusCase {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []corpusCase
	for block := range strings.SplitSeq(strings.TrimRight(string(raw), "\n"), "\n\n") {
		var c corpusCase
		for line := range strings.SplitSeq(block, "\n") {
			key, value, ok := strings.Cut(line, " ")
			switch {
			case key == "#" && ok:
				c.intent = value
			case key == "text:":
				c.text = value
			case key == "canonical:":
				c.canonical = value
			case key == "sql:":
				c.sql = value
			case key == "refused:":
				c.refused = value
			default:
				t.Fatalf("%s: unknown line %q", file, line)
			}
		}
		cases = append(cases, c)
	}
	return cases
}

func (c corpusCase) judge() corpusCase {
	got := corpusCase{intent: c.intent, text: c.text}
	if cond, err := Parse(c.text); err != nil {
		got.refused = err.Error()
	} else {
		got.canonical, got.sql = cond.String(), cond.SQL("t")
	}
	return got
}

func (c corpusCase) String() string {
	s := "# " + c.intent + "\ntext: " + c.text + "\n"
	if c.refused != "" {
		return s + "refused: " + c.refused + "\n"
	}
	return s + "canonical: " + c.canonical + "\nsql: " + c.sql + "\n"
}

func corpusFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	return files
}

func TestEveryCaseOfTheCorpusHasItsVerdict(t *testing.T) {
	for _, file := range corpusFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		var blocks []string
		for _, want := range readCorpus(t, file) {
			got := want.judge()
			blocks = append(blocks, got.String())
			if refused := got.refused != ""; refused != strings.HasPrefix(name, "refused_") {
				t.Errorf("%s: %s\n%s\nrefused: %q", name, want.intent, want.text, got.refused)
			}
			if !*update && got != want {
				t.Errorf("%s: %s\ngot  %+v\nwant %+v", name, want.intent, got, want)
			}
		}
		if *update {
			if err := os.WriteFile(file, []byte(strings.Join(blocks, "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
