// Package examples embeds the policies and the database that the demo shows, the
// tests execute and the documentation quotes: one set of files for all of them.
package examples

import "embed"

// Policies are the five policies of the standard example, one YAML document each.
//
//go:embed policies/*.yaml
var Policies embed.FS

// DemoSQL fills an empty database with the tables that Policies are about.
//
//go:embed demo.sql
var DemoSQL string
