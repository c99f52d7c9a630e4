// Package web is the browser's mouth of the engine: server-rendered pages on chi.
//
// It owns the addresses of the pages, reading forms into nouns, and turning nouns
// into the view structs of web/ui. It owns no rule: every question and every change
// goes through a use-case of engine, so that pages, API and command line cannot
// differ; and no look, which is web/ui's and web/static's. Everything works without
// JavaScript; htmx only saves a reload. cmd/holdfast mounts it at "/".
package web
