package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

func newHold(v *visit) error {
	d := holdDraft{nonce: newNonce(), scopes: []scopeDraft{{table: v.query("table"), what: "ids", ids: v.query("id")}}}
	if id := v.query("matter"); id != "" {
		m, err := v.e.Matter(v.ctx, v.actor, id)
		if err != nil {
			return err
		}
		d.matter = m.Name
	}
	return v.holdForm(http.StatusOK, d, faults{}, "")
}

// draftHold shows the form again with one table more or less. With JavaScript only the
// new table is taken from it, so the others keep their numbers.
func draftHold(v *visit) error {
	d := v.holdDraft()
	if v.query("add") != "" && len(d.scopes) < retention.MaxScopes {
		d.scopes = append(d.scopes, scopeDraft{number: d.next(v), what: "ids"})
	}
	if n, err := strconv.Atoi(v.query("remove")); err == nil && len(d.scopes) > 1 {
		d.scopes = slices.DeleteFunc(d.scopes, func(s scopeDraft) bool { return s.number == n })
		d = d.numbered()
	}
	if n, err := strconv.Atoi(v.query("pick")); err == nil {
		return v.pickRecords(d, n)
	}
	return v.holdForm(http.StatusOK, d, faults{}, "")
}

// pickRecords has the form name the records that one of its conditions finds, with what belongs to
// them: a person knows a customer's address or name, not its number.
func (v *visit) pickRecords(d holdDraft, number int) error {
	tables, err := v.tables()
	if err != nil {
		return err
	}
	notice := ""
	for i := range d.scopes {
		if d.scopes[i].number != number {
			continue
		}
		found, err := v.byID(&d.scopes[i], tables)
		if _, isFault := faultsOf(err); err != nil && !isFault {
			return err
		}
		if !found {
			notice = "The condition does not find the same few records any more; look at what it covers now."
		}
	}
	preview, err := v.draftPreview(d)
	if err != nil {
		return err
	}
	return v.holdFormWith(http.StatusOK, d, faults{}, notice, preview)
}

// placeHold places the hold once, however often the form is sent: its nonce is an
// idempotency key, and a repeated form is answered with the hold of the first.
func placeHold(v *visit) error {
	d := v.holdDraft().numbered()
	tables, err := v.tables()
	if err != nil && !errors.Is(err, retention.ErrUnavailable) { // else it is judged later
		return err
	}
	h, lines, f := d.hold(v.clock, tables)
	if f.any() {
		if !slices.ContainsFunc(f.fields, func(e retention.FieldError) bool { return strings.HasPrefix(e.Field, "scope.") }) {
			// What is wrong with the records is told at once, not only when the rest is right.
			more, _ := faultsOf(v.e.CheckScopes(v.ctx, v.actor, h.Scope))
			f.fields = append(f.fields, more.inForm(lines, d.expiry.field()).fields...)
		}
		return v.holdRefused(d, f)
	}
	to, err := v.once("hold", d.nonce, func() (string, error) {
		placed, err := v.e.PlaceHold(v.ctx, v.actor, h)
		return "/holds/" + placed.ID + "?done=" + pick(placed.Status.InForce(), "placed", "waits"), err
	})
	if errors.Is(err, errNonceUsed) {
		d.nonce = newNonce()
		return v.holdForm(http.StatusConflict, d, faults{}, "This form has placed a hold already, with other contents. If this is another hold, place it now; otherwise look at the list of holds first.")
	}
	if f, ok := faultsOf(err); ok {
		return v.holdRefused(d, f.inForm(lines, d.expiry.field()))
	}
	if errors.Is(err, retention.ErrUnavailable) {
		return v.holdNotPlaced(d)
	}
	if errors.Is(err, retention.ErrConflict) {
		return v.holdForm(http.StatusConflict, d, faults{}, "The hold is NOT placed: "+strings.TrimPrefix(err.Error(), retention.ErrConflict.Error()+": ")+".")
	}
	if err != nil {
		return err
	}
	return v.redirect(to)
}

// holdRefused is the form with what is wrong, and what of it can be counted.
func (v *visit) holdRefused(d holdDraft, f faults) error {
	preview, err := v.draftPreview(d)
	if err != nil {
		return err
	}
	return v.holdFormWith(http.StatusUnprocessableEntity, d, f, "", preview)
}

// holdNotPlaced keeps what was typed while a database is away. Whoever places a
// hold must not be left in doubt whether it holds.
func (v *visit) holdNotPlaced(d holdDraft) error {
	return v.holdForm(http.StatusServiceUnavailable, d, faults{}, "The hold is NOT placed: a database cannot be reached now. What you typed is kept here; place it again in a moment.")
}

// errNonceUsed: the form was sent before with other contents.
var errNonceUsed = errors.New("the form was sent before with other contents")

var nonceForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// once does what a form asks at most once per nonce, and answers the address that
// the first time led to. A failure frees the nonce, since nothing came of it.
func (v *visit) once(what, nonce string, do func() (string, error)) (string, error) {
	if !nonceForm.MatchString(nonce) {
		return "", retention.Conflictf("the form is too old or was changed on its way; open it again")
	}
	key := "page:" + what + ":" + nonce
	replay, repeated, err := v.beginOnce(key)
	if errors.Is(err, retention.ErrInvalid) {
		return "", errNonceUsed
	}
	if err != nil {
		return "", err
	}
	if repeated {
		return replay.Location, nil
	}
	to, err := do()
	// Whoever presses twice leaves the first request: what became of it is kept all the same, for
	// the second.
	ctx := context.WithoutCancel(v.ctx)
	if err != nil {
		if derr := v.e.DropIdempotent(ctx, v.actor, key); derr != nil {
			v.opts.Log.WarnContext(v.ctx, "form's key was not freed", "key", key, "error", derr)
		}
		return "", err
	}
	if err := v.e.FinishIdempotent(ctx, v.actor, key, retention.IdempotentReplay{Status: http.StatusSeeOther, Location: to}); err != nil {
		v.opts.Log.WarnContext(v.ctx, "form's answer was not kept", "key", key, "error", err)
	}
	return to, nil
}

// sentTwice is how long a form that was sent again waits for what its first sending led to.
const sentTwice = 15 * time.Second

// beginOnce takes the key, or answers what the first sending led to; while that is at work it
// waits for it, since nothing that could be said meanwhile would be true for long.
func (v *visit) beginOnce(key string) (retention.IdempotentReplay, bool, error) {
	deadline := time.After(sentTwice)
	for {
		replay, repeated, err := v.e.BeginIdempotent(v.ctx, v.actor, key, fingerprint(v.r.PostForm))
		if !errors.Is(err, retention.ErrConflict) {
			return replay, repeated, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			return replay, false, err
		case <-v.ctx.Done():
			return replay, false, v.ctx.Err()
		}
	}
}

// fingerprint tells one filled-in form from another.
func fingerprint(f url.Values) []byte {
	sum := sha256.Sum256([]byte(f.Encode()))
	return sum[:]
}

func (v *visit) holdForm(status int, d holdDraft, f faults, notice string) error {
	return v.holdFormWith(status, d, f, notice, ofNewHold.nothing(previewMissing))
}

func (v *visit) holdFormWith(status int, d holdDraft, f faults, notice string, preview ui.HoldPreviewView) error {
	if !nonceForm.MatchString(d.nonce) {
		d.nonce = newNonce()
	}
	preview.Post = "/holds/preview"
	view := ui.HoldFormView{
		Preview: preview,
		Head:    ui.Head{Title: "Place a hold", Parent: "Holds", ParentHref: "/holds", Answer: "Which records must stay, for which matter, and until when?"},
		Nonce:   d.nonce, Notice: notice, ScopeError: f.of("scope"), CanAdd: len(d.scopes) < retention.MaxScopes, Next: d.scopes[len(d.scopes)-1].number + 1,
		Matter: ui.Field{Name: "matter", Label: "Matter", Value: d.matter, Error: f.of("matter"), Help: "The case, investigation or audit that this hold belongs to, such as ACME v. Initech.",
			Attrs: templ.Attributes{"autocomplete": "off", "maxlength": "300", "list": "matters"}},
		Reason: ui.Field{Name: "reason", Label: "Reason", Value: d.reason, Error: f.of("reason"), Help: "Why these records must be kept. Whoever reviews the hold later reads this.",
			Attrs: templ.Attributes{"rows": "3", "maxlength": "4000"}},
	}
	var err error
	if view.Matters, err = v.openMatters(); err != nil && !errors.Is(err, retention.ErrUnavailable) {
		return err
	}
	tables, err := v.tables()
	if errors.Is(err, retention.ErrUnavailable) {
		view.NoCatalog = "The governed database cannot be reached now, so its tables cannot be listed and nothing can be counted. A hold can be placed all the same: it is kept, and comes into force as soon as the database answers; no run begins before. Holds in force stay in force."
	} else if err != nil {
		return err
	}
	for _, s := range d.scopes {
		field := scopeField(s.number, s, tables, &f)
		if view.NoCatalog != "" {
			field.TableText = ui.Field{Name: field.Table.Name, Label: field.Table.Label, Value: s.table, Error: field.Table.Error, Help: "With its schema, such as `public.orders`.",
				Attrs: templ.Attributes{"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "mono"}}
		}
		view.Scopes = append(view.Scopes, field)
	}
	view.Expiry = v.expiryFields(d.expiry, f)
	view.Enforcement = enforcementChoice(d.enforcement, f)
	view.Problems = f.summary(holdFormLabel)
	return v.render(status, ui.HoldForm(v.shell("holds", "Place a hold"), view))
}

// enforcementChoice asks what the hold does about others than Holdfast.
func enforcementChoice(chosen string, f faults) ui.Choice {
	return ui.Choice{Name: "enforcement", Label: "What if the application changes a held record?", Error: f.of("enforcement"), Help: "Said now, this stays until the hold ends.", Options: ui.Pick([]ui.Option{
		{Value: string(retention.EnforceNone), Text: "The change passes", Help: "The hold keeps Holdfast from changing the records, and nobody else."},
		{Value: string(retention.EnforceRefuse), Text: "The change is refused", Help: "The database fails whatever would change or delete a held record, with an error that names the hold by its id: people will meet it in the application."},
		{Value: string(retention.EnforcePreserve), Text: "The change passes, and the old version is kept", Help: "The application goes on as before. What a record was before each change is kept in the governed database, and can be listed and exported."},
	}, cmp.Or(chosen, string(retention.EnforceNone)))}
}

func scopeField(i int, s scopeDraft, tables []table, f *faults) ui.ScopeField {
	t, _ := findTable(tables, s.table)
	help := "One id on each line. Where a key has several columns: its values with commas between them, in key order, or a JSON array such as `[\"17\", \"DE\"]`."
	if len(t.key) == 1 {
		help = "One value of `" + t.key[0] + "` on each line."
	} else if len(t.key) > 1 {
		help = "One record on each line: the values of `" + strings.Join(t.key, "`, `") + "` with commas between them, or a JSON array such as `[\"17\", \"DE\"]`."
	}
	return ui.ScopeField{
		Number: i,
		Table:  ui.Choice{Name: scopeName(i, "table"), Label: "Table", Error: f.of(scopeName(i, "table")), Options: tableOptions(tables, s.table), Help: "The table in which records must stay."},
		What: ui.Choice{Name: scopeName(i, "what"), Label: "What of it?", Error: f.of(scopeName(i, "what")), Options: ui.Pick([]ui.Option{
			{Value: "ids", Text: "Single records, by id", Help: "Those that you list. Ids without a row are held too, and named afterwards."},
			{Value: "file", Text: "A list of records, from a file", Help: "CSV, up to 2 million records. It is sent on the next page, and the hold counts once it has arrived."},
			{Value: "condition", Text: "Records that fit a condition", Help: "All of them, also those that come to fit it while the hold is in force. You know a name, and no id? Write a condition such as name = 'ACME': where few records fit, a button under “What it covers now” holds them by id, with everything that belongs to them."},
			{Value: "all", Text: "The whole table", Help: "Every row, also those that are added while the hold is in force."},
		}, s.what)},
		Condition: ui.Field{Name: scopeName(i, "condition"), Label: "Condition", Value: s.condition, Error: f.of(scopeName(i, "condition")),
			Help:  "What the records have in common, over " + columnsHelp(t) + ": " + conditionExamples(t) + ".",
			Attrs: templ.Attributes{"rows": "2", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "none", "class": "mono"}},
		IDs: ui.Field{Name: scopeName(i, "record_ids"), Label: "Records by id", Value: s.ids, Error: f.of(scopeName(i, "record_ids")), Help: help,
			Attrs: templ.Attributes{"rows": "6", "spellcheck": "false", "autocomplete": "off", "class": "mono"}},
		Family: ui.Choice{Name: scopeName(i, "family"), Label: "With what?", Error: f.of(scopeName(i, "family")), Options: ui.Pick([]ui.Option{
			{Value: "alone", Text: "Only these records", Help: "What refers to them may go."},
			{Value: "family", Text: "With everything that belongs to them", Help: "A customer with its orders, and their items: all rows that refer to them by a foreign key, and those that refer to such rows. What is added later is held too."},
		}, pick(s.family == "family", "family", "alone"))},
		Depth: ui.Field{Name: scopeName(i, "depth"), Label: "How deep?", Value: s.depth, Error: f.of(scopeName(i, "depth")),
			Help: "Over how many foreign keys: 1 holds the orders of a customer, 2 their items too. Empty holds everything.", Attrs: templ.Attributes{"inputmode": "numeric", "autocomplete": "off", "size": "4"}},
	}
}

// conditionExamples are conditions of the table's own columns, where it has such.
func conditionExamples(t table) string {
	number, text := "", ""
	for _, c := range t.columns {
		switch {
		case number == "" && (c.typ == "bigint" || c.typ == "integer"):
			number = c.name
		case text == "" && (c.typ == "text" || strings.HasPrefix(c.typ, "character varying")):
			text = c.name
		}
	}
	switch {
	case number != "" && text != "":
		return "`" + retention.DisplayIdent(number) + " = 42`, or `" + retention.DisplayIdent(number) + " IN (7, 42) AND " + retention.DisplayIdent(text) + " LIKE 'A%'`"
	case number != "":
		return "`" + retention.DisplayIdent(number) + " = 42`, or `" + retention.DisplayIdent(number) + " IN (7, 42)`"
	case text != "":
		return "`" + retention.DisplayIdent(text) + " = 'ACME'`, or `" + retention.DisplayIdent(text) + " LIKE 'A%'`"
	}
	return "such as `customer_id = 42`, or `status = 'open' AND region IN ('EU', 'UK')`"
}

// columnsHelp names the columns that a condition may ask for, the first few of many.
func columnsHelp(t table) string {
	if len(t.columns) == 0 {
		return "the table's own columns"
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = "`" + c.name + "`"
	}
	return "the table's columns (" + joinSome(names, 8) + ")"
}

var scopeFieldName = regexp.MustCompile(`^scope\.(\d+)\.(\w+)$`)

// holdFormLabel names the fields of the form for the summary.
func holdFormLabel(field string) (name, label string, ok bool) {
	labels := map[string]string{"matter": "Matter", "reason": "Reason", "scope": "What must stay", "expiry": "When it ends", "enforcement": "What if the application changes a held record?", "ends_on": "Last day", "review_on": "Review day", "remind_on": "Look at it again on"}
	if l, ok := labels[field]; ok {
		return field, l, true
	}
	m := scopeFieldName.FindStringSubmatch(field)
	if m == nil {
		return "", "", false
	}
	n, _ := strconv.Atoi(m[1])
	member := map[string]string{"table": "table", "what": "what of it", "record_ids": "records by id", "condition": "condition", "family": "with what", "depth": "how deep"}[m[2]]
	if member == "" {
		return "", "", false
	}
	return field, "Table " + strconv.Itoa(n+1) + ", " + member, true
}
