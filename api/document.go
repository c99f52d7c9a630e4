package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"holdfast/internal/httperr"
)

// maxDepth bounds how deep a document nests; ours need four levels.
const maxDepth = 32

// parseJSON reads one JSON value. Beyond what encoding/json refuses it refuses
// member names that are given twice, of which one would silently win, and bytes that
// are no UTF-8, which would silently be replaced. Errors say where.
func parseJSON(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, &httperr.Malformed{Detail: "the body is not UTF-8"}
	}
	if err := json.Unmarshal(body, &json.RawMessage{}); err != nil {
		// Only this, not the decoder of tokens, knows exactly where.
		syntax, _ := errors.AsType[*json.SyntaxError](err)
		return nil, notJSON(body, value(syntax).Offset, err)
	}
	p := jsonParser{dec: json.NewDecoder(bytes.NewReader(body))}
	p.dec.UseNumber()
	v, err := p.value(0)
	if err != nil {
		return nil, notJSON(body, p.dec.InputOffset(), err)
	}
	return v, nil
}

func notJSON(body []byte, offset int64, err error) error {
	return &httperr.Malformed{Detail: fmt.Sprintf("the body is not valid JSON: %s: %s", position(body, offset), reason(err))}
}

type jsonParser struct{ dec *json.Decoder }

func (p jsonParser) value(depth int) (any, error) {
	tok, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return tok, nil
	}
	if depth >= maxDepth {
		return nil, fmt.Errorf("it nests deeper than %d levels", maxDepth)
	}
	if delim == '[' {
		return p.array(depth)
	}
	return p.object(depth)
}

func (p jsonParser) array(depth int) (any, error) {
	items := []any{}
	for p.dec.More() {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := p.dec.Token()
	return items, err
}

func (p jsonParser) object(depth int) (any, error) {
	members := map[string]any{}
	for p.dec.More() {
		tok, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := tok.(string)
		if !ok {
			return nil, errors.New("a member needs a name")
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("the member %q is given twice", name)
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		members[name] = v
	}
	_, err := p.dec.Token()
	return members, err
}

// end refuses anything after the value.
func (p jsonParser) end() error {
	switch _, err := p.dec.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("there is something after the end of the document")
}

func reason(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || err.Error() == "unexpected end of JSON input" {
		return "it ends before it is complete"
	}
	return err.Error()
}

// position counts lines and columns, in characters, from 1. The offset is that of
// the byte after the fault.
func position(body []byte, offset int64) string {
	before := body[:max(0, min(offset-1, int64(len(body))))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// yamlToJSON turns one YAML document into JSON. Anchors, aliases and merges are
// refused: a policy needs none, and a few lines of them grow without bounds.
func yamlToJSON(body []byte) ([]byte, error) {
	file, err := parser.ParseBytes(body, 0)
	if err != nil {
		return nil, yamlError(err)
	}
	docs := file.Docs
	if len(docs) != 1 || docs[0].Body == nil {
		return nil, &httperr.Malformed{Detail: fmt.Sprintf("the body has %d YAML documents; send one", len(docs))}
	}
	found := &expansions{}
	ast.Walk(found, docs[0].Body)
	if found.node != nil {
		at := found.node.GetToken().Position
		return nil, &httperr.Malformed{Detail: fmt.Sprintf("line %d, column %d: anchors, aliases and merge keys are not taken; write the values out", at.Line, at.Column)}
	}
	var v any
	if err := yaml.NodeToValue(docs[0].Body, &v); err != nil {
		return nil, yamlError(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return nil, &httperr.Malformed{Detail: "the body has a value that JSON does not know"}
	}
	return out, nil
}

func yamlError(err error) error {
	return &httperr.Malformed{Detail: "the body is not valid YAML: " + yaml.FormatError(err, false, false)}
}

// expansions finds the first node that stands for another one.
type expansions struct{ node ast.Node }

// Visit is called for each node.
func (e *expansions) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		if e.node == nil {
			e.node = n
		}
	}
	return e
}
