// Package examples embeds the policies and the database that the demo shows, the
// tests execute and the documentation quotes: one set of files for all of them.
package examples

import "embed"

// Policies are the five policies of the standard example, one YAML document each.
//
//go:embed policies/*.yaml
var Policies embed.FS

// Schedules are examples of when policies run, one YAML document each.
//
//go:embed schedules/*.yaml
var Schedules embed.FS

// DemoSQL fills an empty database with the tables that Policies are about.
//
//go:embed demo.sql
var DemoSQL string

// OddSQL fills an empty database with everything that applications do to their schemas.
//
//go:embed odd.sql
var OddSQL string
