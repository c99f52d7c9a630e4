package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// What a document quotes of the example consumer is what the example does.
func TestConsumingEventsQuotesTheExample(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "examples/consumer/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(b)
	}
	quotes := goBlock.FindAllStringSubmatch(documents(t)["docs/consuming-events.md"], -1)
	if len(quotes) < 3 {
		t.Fatalf("found %d quotes; has the document's form changed?", len(quotes))
	}
	for _, q := range quotes {
		if !strings.Contains(code.String(), q[1]) {
			t.Errorf("this is not in examples/consumer:\n%s", q[1])
		}
	}
}
