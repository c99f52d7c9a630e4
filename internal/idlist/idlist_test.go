package idlist_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"holdfast/internal/idlist"
)

func TestListsAreReadAsPeopleSendThem(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"one id a line":                 {"1\n2\n\n3", "1:[1] 2:[2] 4:[3]"},
		"a heading":                     {"id\n1\n", "2:[1]"},
		"a heading in another case":     {"\xef\xbb\xbfID,name\r\n7,\"Miller, A.\"\r\n", "2:[7]"},
		"columns in another order":      {"b;a;id\nx;y;7\n", "2:[7]"},
		"no heading":                    {"7,x\n", "1:[7 x]"},
		"tabs":                          {"name\tid\nx\t7\n", "2:[7]"},
		"a quote that is never closed":  {"1\n\"2\n3\n", `1:[1] 2:is not CSV: extraneous or missing " in quoted-field 3:[3]`},
		"a row that is too short":       {"name,id\nx\ny,8\n", "2:[] 3:[8]"},
		"bytes that are no text":        {"a\xff\nb\n", "1:is not UTF-8 text 2:[b]"},
		"what is no id at all":          {strings.Repeat("x", 10_001) + "\n1\n", "1:has a value of more than 10,000 bytes, which is no id 2:[1]"},
		"a line without an end":         {strings.Repeat("y", 200_000) + "\n1", "1:has more than 64 kB, which is no id 2:[1]"},
		"nothing":                       {"", ""},
		"a quote in the middle of text": {"a\"b\n", "1:[a\"b]"},
	} {
		next := idlist.Lines(strings.NewReader(c.in))
		var got []string
		for {
			line, err := next([]string{"id"})
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			what := line.Fault
			if what == "" {
				what = fmt.Sprint([]string(line.Key))
			}
			got = append(got, fmt.Sprintf("%d:%s", line.Line, what))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %q, want %q", name, s, c.want)
		}
	}
}
