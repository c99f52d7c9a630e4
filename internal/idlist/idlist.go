// Package idlist reads lists of record ids as people send them: CSV from a spreadsheet or a
// database, or one id a line.
package idlist

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"holdfast/retention"
)

// maxField bounds one value: what is longer is no id, and would be kept in memory.
const maxField = 10_000

// Lines hands out the lines of a list, io.EOF after the last. Values are separated by commas,
// or by the semicolons or tabs that the first line has instead, and may be quoted as in RFC
// 4180, within their line. A first line that has the names of the key's columns is a heading: those columns are
// taken, in whatever order they stand, and others are passed over. Without one each line has
// the key's values in key order.
func Lines(r io.Reader) func(key []string) (retention.UploadLine, error) {
	l := &list{buf: bufio.NewReaderSize(r, 64<<10)}
	return l.next
}

type list struct {
	buf *bufio.Reader
	// comma separates values; 0 before the first line.
	comma rune
	n     int
	// take are the places of the key's columns, by the heading; nil without one.
	take []int
}

func (l *list) next(key []string) (retention.UploadLine, error) {
	for {
		first := l.comma == 0
		text, tooLong, err := l.read()
		if err != nil {
			return retention.UploadLine{}, err
		}
		if first {
			l.open(&text)
		}
		if strings.TrimSpace(text) == "" && !tooLong {
			continue
		}
		if tooLong {
			return retention.UploadLine{Line: l.n, Key: []string{text[:50]}, Fault: "has more than 64 kB, which is no id"}, nil
		}
		fields, fault := l.split(text)
		if fault != "" {
			return retention.UploadLine{Line: l.n, Key: []string{text}, Fault: fault}, nil
		}
		if first && l.heading(fields, key) {
			continue
		}
		return l.line(l.n, fields), nil
	}
}

// read reads one line. A value does not go on in the next one: a quote that somebody forgot
// must not swallow the rest of the list.
func (l *list) read() (text string, tooLong bool, err error) {
	raw, err := l.buf.ReadSlice('\n')
	if len(raw) == 0 && err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return "", false, err
	}
	l.n++
	text = strings.TrimRight(string(raw), "\r\n")
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = l.buf.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return text, tooLong, err
	}
	return text, tooLong, nil
}

// open looks at the first line: a mark of byte order is passed over, and the separator is what
// it has.
func (l *list) open(text *string) {
	*text = strings.TrimPrefix(*text, "\xef\xbb\xbf")
	l.comma = ','
	if strings.ContainsRune(*text, ',') {
		return
	}
	for _, comma := range ";\t" {
		if strings.ContainsRune(*text, comma) {
			l.comma = comma
			return
		}
	}
}

// split takes a line apart, or says why it cannot be.
func (l *list) split(text string) (fields []string, fault string) {
	if !strings.ContainsRune(text, '"') {
		return strings.Split(text, string(l.comma)), ""
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = l.comma, -1, !strings.HasPrefix(strings.TrimSpace(text), `"`)
	fields, err := r.Read()
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, "is not CSV: " + parse.Err.Error()
	}
	return fields, ""
}

// heading reports whether the first line names the key's columns.
func (l *list) heading(fields, key []string) bool {
	take := make([]int, len(key))
	for i, name := range key {
		take[i] = slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(strings.TrimSpace(f), name) })
		if take[i] < 0 {
			return false
		}
	}
	l.take = take
	return true
}

func (l *list) line(at int, fields []string) retention.UploadLine {
	out := retention.UploadLine{Line: at}
	if l.take != nil {
		key := make([]string, 0, len(l.take))
		for _, i := range l.take {
			if i < len(fields) {
				key = append(key, fields[i])
			}
		}
		fields = key
	}
	for _, f := range fields {
		switch {
		case len(f) > maxField:
			out.Fault = "has a value of more than 10,000 bytes, which is no id"
			return out
		case !utf8.ValidString(f) || strings.ContainsRune(f, 0):
			out.Fault = "is not UTF-8 text"
			return out
		}
	}
	out.Key = fields
	return out
}
