package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"holdfast/internal/httpauth"
	"holdfast/internal/httperr"
	"holdfast/retention"
	"holdfast/web/ui"
)

// parse reads the posted form, within the page's bound.
func (v *visit) parse() error {
	if v.r.Method != http.MethodPost {
		return nil
	}
	err := v.r.ParseForm()
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return httperr.ErrTooLarge
	}
	if err != nil {
		return retention.ErrMalformed
	}
	return nil
}

// trouble answers the error page of err: what happened, that nothing was lost, and
// what to do. The status is of httperr's table; what is unexpected is logged there
// and not shown. Nobody being signed in leads to the sign-in page.
func (s *server) trouble(w http.ResponseWriter, r *http.Request, err error) {
	v := s.visit(w, r)
	httperr.Log(v.ctx, err)
	if errors.Is(err, retention.ErrUnauthenticated) {
		_ = v.redirect(httpauth.SignInPath + "?next=" + url.QueryEscape(r.URL.RequestURI()))
		return
	}
	problem := httperr.Of(err)
	view := wordsOf(err, problem)
	view.Status, view.RequestID = problem.Status, httperr.RequestID(v.ctx)
	httperr.SetHeaders(w, err)
	_ = v.render(view.Status, ui.Trouble(v.shell("", view.Title), view))
}

// wordsOf words an error for people.
func wordsOf(err error, problem httperr.Problem) ui.ProblemView {
	for _, k := range troubles {
		if !errors.Is(err, k.kind) {
			continue
		}
		view := k.view
		if k.own && problem.Detail != "" && !errors.Is(err, retention.ErrMalformed) {
			view.Text = upperFirst(strings.TrimSuffix(problem.Detail, ".")) + "."
		}
		// What a member is called is for programs.
		if f, ok := faultsOf(err); ok {
			view.Text = f.inWords() + "."
		}
		return view
	}
	return ui.ProblemView{
		Title:  "Something went wrong in Holdfast.",
		Text:   "What you asked for was not done, or not to its end; nothing that was done before is lost.",
		Remedy: "Try again. If it happens again, give the number below to whoever operates Holdfast.",
	}
}

// trouble is the words for one kind of error. own: the error's reason is made for
// the person who asked, and stands in for the text.
type trouble struct {
	kind error
	own  bool
	view ui.ProblemView
}

const unchanged = "Nothing was changed. Go back and reload the page to see how things stand."

var troubles = []trouble{
	{retention.ErrUnavailable, false, ui.ProblemView{
		Title:  "Holdfast cannot reach its database.",
		Text:   "Nothing was lost: holds in force stay in force, and a run that was under way goes on by itself where it stopped.",
		Remedy: "Try again in a moment. If it lasts, tell whoever operates the database.",
	}},
	{context.DeadlineExceeded, false, ui.ProblemView{
		Title: "This took too long and was given up.", Text: "Nothing was changed by it.", Remedy: "Try again in a moment.",
	}},
	{context.Canceled, false, ui.ProblemView{Title: "The request was given up.", Text: "Nothing was changed by it.", Remedy: "Try again."}},
	{retention.ErrForbidden, true, ui.ProblemView{
		Title: "This is not allowed.", Text: "Your account is known and does not have this right.", Remedy: "Nothing was changed. If you sent it yourself, open Holdfast at its own address and try again there.",
	}},
	{retention.ErrNotFound, false, ui.ProblemView{
		Title: "There is nothing at this address.",
		Text:  "It may have been mistyped. Policies that were retired and holds that were released are still listed.", Remedy: "Look for it in its list.",
	}},
	{httperr.ErrMethodNotAllowed, false, ui.ProblemView{
		Title: "There is nothing at this address.", Text: "It is the address of a form, not of a page.", Remedy: "Go back, or start from the overview.",
	}},
	{retention.ErrStale, false, ui.ProblemView{
		Title: "Somebody else changed this meanwhile.", Text: "Nothing of yours was saved.", Remedy: "Go back, reload the page, look at what is different, and decide again.",
	}},
	{retention.ErrPreconditionRequired, false, ui.ProblemView{
		Title: "The form did not say which version it changes.", Text: "This keeps anybody's change from being overwritten unseen.", Remedy: unchanged,
	}},
	{httperr.ErrTooLarge, false, ui.ProblemView{
		Title: "That is more than one form may send.", Text: "Send fewer records at once, or place several holds.", Remedy: "Nothing was changed.",
	}},
	{httperr.ErrTooManyRequests, true, ui.ProblemView{
		Title: "Too many attempts.", Text: "Wait a moment before you try again.", Remedy: "Nothing was changed.",
	}},
	{retention.ErrInvalid, true, ui.ProblemView{
		Title: "Something in the request is wrong.", Text: "It was refused.", Remedy: "Nothing was changed. Go back and mend it.",
	}},
	{retention.ErrConflict, true, ui.ProblemView{
		Title: "This does not fit the present state.", Text: "Something else is in the way.", Remedy: unchanged,
	}},
	{retention.ErrMalformed, false, ui.ProblemView{
		Title: "The request cannot be read.", Text: "It is not a form of this page.", Remedy: unchanged,
	}},
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
