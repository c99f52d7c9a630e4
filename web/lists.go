package web

import (
	"net/url"
	"slices"

	"holdfast/retention"
	"holdfast/web/ui"
)

// pageSize is how many rows a list shows at once.
const pageSize = 25

// cursor asks for the page that the address names.
func (v *visit) cursor() retention.Page {
	return retention.Page{Limit: pageSize, Cursor: v.query("cursor")}
}

// link is the address of this list with some filters changed. Pairs are name and
// value; an empty value takes the filter off. Another filter begins at the first page.
func (v *visit) link(pairs ...string) string {
	q := v.r.URL.Query()
	q.Del("cursor")
	q.Del("done")
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return v.r.URL.Path
	}
	return v.r.URL.Path + "?" + q.Encode()
}

// here is this page's address without the named members, and without the note of the
// step before.
func (v *visit) here(but ...string) string {
	q := v.r.URL.Query()
	for _, name := range append(but, "done") {
		q.Del(name)
	}
	if len(q) == 0 {
		return v.r.URL.Path
	}
	return v.r.URL.Path + "?" + q.Encode()
}

// keep are the present filters but for the named ones, as hidden fields of a form.
func (v *visit) keep(but ...string) [][2]string {
	var out [][2]string
	q := v.r.URL.Query()
	for _, name := range sortedKeys(q) {
		if name == "cursor" || name == "done" || slices.Contains(but, name) {
			continue
		}
		out = append(out, [2]string{name, q.Get(name)})
	}
	return out
}

func sortedKeys(q url.Values) []string {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// pager leads on from this page of a list.
func (v *visit) pager(what, next string) ui.Pager {
	p := ui.Pager{What: what}
	if v.query("cursor") != "" {
		p.First = v.link()
	}
	if next != "" {
		p.Next = v.link("cursor", next)
	}
	return p
}
