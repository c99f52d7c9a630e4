// Package static holds the files that browsers fetch beside the pages: one
// stylesheet, one small script, htmx and the icon, embedded into the binary.
//
// It owns their addresses: each carries a hash of the file's content, so that a
// browser may keep it for ever and never shows yesterday's stylesheet with
// today's page. It owns no page and knows nothing else of ours; web mounts it.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

//go:embed app.css app.js htmx.min.js icon.svg
var files embed.FS

// Prefix is where Files is to be mounted.
const Prefix = "/static/"

// Files are the embedded assets by the address that contains their hash.
type Files struct {
	byAddress map[string]asset
	byName    map[string]string
}

type asset struct {
	name string
	body []byte
}

// Load reads and hashes the embedded files.
func Load() *Files {
	f := &Files{byAddress: map[string]asset{}, byName: map[string]string{}}
	for _, name := range []string{"app.css", "app.js", "htmx.min.js", "icon.svg"} {
		body, err := files.ReadFile(name)
		if err != nil {
			continue // cannot be: the embed directive names the same files
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		address := Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		f.byAddress[address] = asset{name: name, body: body}
		f.byName[name] = address
	}
	return f
}

// URL is the address of a file by its plain name; empty if there is none.
func (f *Files) URL(name string) string { return f.byName[name] }

// contentTypes are given explicitly: what the system's table says differs from
// machine to machine, and a stylesheet of the wrong type is not applied.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// ServeHTTP answers one file, to be kept for a year; an address with another hash
// is not found.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := f.byAddress[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentTypes[path.Ext(a.name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(a.body)
}
