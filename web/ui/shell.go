package ui

import "slices"

// Assets are the addresses of the embedded files, with their hashes.
type Assets struct {
	CSS, JS, HTMX, Icon string
}

// Shell is what surrounds every page.
type Shell struct {
	Title string
	// Section is the navigation entry that is current: overview, policies, holds,
	// runs, records, schedules, events, audit, settings; empty for none.
	Section string
	// User is who is signed in; empty shows no navigation.
	User string
	// Theme is light, dark or empty for the system's.
	Theme string
	// Here is the page's own address, to come back to after switching the theme.
	Here    string
	Version string
	Assets  Assets
	// Done tells what the step before this page has done; empty for nothing.
	Done string
}

// Head is the top of a page: its name, its first-line answer and its one primary
// action.
type Head struct {
	Title string
	// Parent leads back to the list; empty for none.
	Parent, ParentHref string
	// Answer answers the page's question in words. Code in backquotes is set as code.
	Answer string
	// Also is what else there is to say, a sentence each: the answer stays one that is
	// read at a glance.
	Also []string
	// Tone colours the answer's mark: good, warn, bad, busy, or empty for none.
	Tone string
}

// navItem is one entry of the navigation.
type navItem struct{ Key, Href, Text, Icon string }

func navItems() []navItem {
	return []navItem{
		{"overview", "/", "Overview", "overview"},
		{"policies", "/policies", "Policies", "policy"},
		{"holds", "/holds", "Holds", "hold"},
		{"runs", "/runs", "Runs", "run"},
		{"records", "/records", "Records", "record"},
		{"schedules", "/schedules", "Schedules", "schedule"},
		{"events", "/events", "Events", "event"},
		{"audit", "/audit", "Audit", "audit"},
		{"settings", "/settings", "Settings", "settings"},
	}
}

// onPhoneBar is how many entries stand in a phone's bar; the rest is in its menu.
const onPhoneBar = 4

func inMenu(section string) bool {
	return slices.ContainsFunc(navItems()[onPhoneBar:], func(n navItem) bool { return n.Key == section })
}

func current(here, key string) string {
	if here == key {
		return "page"
	}
	return "false"
}

// htmxConfig keeps htmx inside the content security policy: no inline style, no
// eval, no other host; and lets it show a form again that was refused (422). What is
// swapped in works at once: by default htmx is deaf to it for another 20 ms, and loses
// what is typed or pressed then.
const htmxConfig = `{"defaultSettleDelay":0,"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"[45]..","swap":false,"error":true}]}`
