// Package ui holds the components that pages are made of: templ templates over
// plain view structs that are defined here beside them.
//
// It owns how things look, are worded on the page and are reached by keyboard and
// screen reader. It owns no decision: a component knows no store, no engine and no
// request; package web reads those, fills the view structs, and is the only caller.
// Text and attributes are escaped by templ; nothing here is ever marked as safe
// HTML.
package ui
