// Package httperr owns THE table from a kind of error to its HTTP status and
// problem type, and what every HTTP answer of ours needs for it: the request's id,
// the log of requests and what happens to a panic. The API writes an error as
// application/problem+json with Write; the pages take Of and show their own page.
//
// It does not own the kinds of error that use-cases answer with (retention), nor
// who is signed in (httpauth).
package httperr
