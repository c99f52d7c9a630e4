package condition

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	kindEnd    kind = iota
	kindBad         // err says why
	kindWord        // unquoted: text is folded to lower case
	kindQuoted      // a quoted identifier: text is the name
	kindString      // text is the value
	kindNumber      // text is the digits, folded to lower case
	kindOp          // an operator, cut as PostgreSQL cuts it
	kindPunct       // ( ) [ ] , . ::
)

// token is a piece of the text; start and end are in runes.
type token struct {
	kind       kind
	text       string
	start, end int
	err        *SyntaxError
}

// is reports whether the token is the unquoted word.
func (t token) is(word string) bool { return t.kind == kindWord && t.text == word }

// punct reports whether the token is the given punctuation.
func (t token) punct(s string) bool { return t.kind == kindPunct && t.text == s }

// lexer cuts the text. It stops at the first thing that is no token and leaves
// a kindBad there, so that the parser reports whatever is wrong first.
type lexer struct {
	src  []rune
	pos  int
	toks []token
}

// checkText refuses what no condition can contain anywhere, even in quotes.
func checkText(text string) ([]rune, *SyntaxError) {
	if n := utf8.RuneCountInString(text); n > MaxLength {
		return nil, &SyntaxError{Offset: MaxLength, Near: "…",
			Problem: fmt.Sprintf("the condition has %d characters", n), Allowed: fmt.Sprintf("at most %d", MaxLength)}
	}
	offset := 0
	for i, r := range text {
		if r == utf8.RuneError {
			if _, width := utf8.DecodeRuneInString(text[i:]); width == 1 {
				return nil, &SyntaxError{Offset: offset, Near: text[i : i+1], Problem: "the text is not valid UTF-8",
					Allowed: allowedCharacters}
			}
		}
		if unicode.IsControl(r) && !isSpace(r) {
			return nil, &SyntaxError{Offset: offset, Near: string(r),
				Problem: fmt.Sprintf("the control character U+%04X is not allowed", r), Allowed: allowedCharacters}
		}
		// These reorder what a reviewer reads: the text shown is not the text parsed.
		if unicode.Is(unicode.Bidi_Control, r) {
			return nil, &SyntaxError{Offset: offset, Near: string(r),
				Problem: fmt.Sprintf("the character U+%04X, which changes the direction of writing, is not allowed", r),
				Allowed: allowedCharacters}
		}
		offset++
	}
	return []rune(text), nil
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isWordStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isWordPart(r rune) bool {
	return isWordStart(r) || r == '$' || unicode.IsDigit(r) || unicode.IsMark(r)
}

func lex(src []rune) []token {
	l := &lexer{src: src}
	for {
		for l.pos < len(src) && isSpace(src[l.pos]) {
			l.pos++
		}
		if l.pos == len(src) {
			l.emit(kindEnd, "", l.pos)
			return l.toks
		}
		l.next()
		if l.toks[len(l.toks)-1].kind == kindBad {
			return l.toks
		}
	}
}

// peek is the rune n places on, or 0 behind the end (checkText lets no 0 in).
func (l *lexer) peek(n int) rune {
	if l.pos+n < len(l.src) {
		return l.src[l.pos+n]
	}
	return 0
}

func (l *lexer) emit(k kind, text string, start int) {
	l.toks = append(l.toks, token{kind: k, text: text, start: start, end: l.pos})
}

func (l *lexer) bad(start, end int, problem, allowed string) {
	err := errorAt(l.src, start, end, problem, allowed)
	l.toks = append(l.toks, token{kind: kindBad, start: start, end: end, err: err})
}

func (l *lexer) next() {
	r := l.peek(0)
	switch {
	case isWordStart(r):
		l.word()
	case isDigit(r), r == '.' && isDigit(l.peek(1)):
		l.number()
	case r == '\'':
		l.quoted('\'', kindString)
	case r == '"':
		l.quoted('"', kindQuoted)
	case strings.ContainsRune(opRunes, r):
		l.operator()
	case r == ':' && l.peek(1) == ':':
		l.pos += 2
		l.emit(kindPunct, "::", l.pos-2)
	case strings.ContainsRune("()[],.", r):
		l.pos++
		l.emit(kindPunct, string(r), l.pos-1)
	default:
		l.refuse(r)
	}
}

func (l *lexer) word() {
	start := l.pos
	for l.pos < len(l.src) && isWordPart(l.src[l.pos]) {
		l.pos++
	}
	text := foldASCII(string(l.src[start:l.pos]))
	prefixed := l.peek(0) == '\'' && (text == "e" || text == "b" || text == "x" || text == "n") ||
		text == "u" && l.peek(0) == '&' && (l.peek(1) == '\'' || l.peek(1) == '"')
	switch {
	case prefixed:
		l.bad(start, l.pos+2, "strings and names with a prefix, such as E'…' and U&'…', are not allowed", allowedString)
	case len(text) > maxIdentifier:
		l.bad(start, l.pos, fmt.Sprintf("the name has %d bytes", len(text)), fmt.Sprintf("at most %d", maxIdentifier))
	default:
		l.emit(kindWord, text, start)
	}
}

// foldASCII folds as PostgreSQL folds unquoted names in UTF-8: ASCII only.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

func (l *lexer) digits() {
	for isDigit(l.peek(0)) {
		l.pos++
	}
}

func (l *lexer) number() {
	start := l.pos
	l.digits()
	if l.peek(0) == '.' {
		l.pos++
		l.digits()
	}
	if e := l.peek(0); e == 'e' || e == 'E' {
		sign := 0
		if s := l.peek(1); s == '+' || s == '-' {
			sign = 1
		}
		if isDigit(l.peek(1 + sign)) {
			l.pos += 1 + sign
			l.digits()
		}
	}
	if r := l.peek(0); isWordPart(r) || r == '.' {
		l.bad(start, l.pos+1, "a number ends in something that is no digit", "numbers such as 42, 1.5 and 1e6")
		return
	}
	l.emit(kindNumber, foldASCII(string(l.src[start:l.pos])), start)
}

// quoted reads a string or a quoted identifier, in which the quote is doubled.
func (l *lexer) quoted(quote rune, k kind) {
	start := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); l.pos++ {
		r := l.src[l.pos]
		if r != quote {
			b.WriteRune(r)
			continue
		}
		if l.peek(1) == quote {
			l.pos++
			b.WriteRune(quote)
			continue
		}
		l.pos++
		l.closeQuoted(k, b.String(), start)
		return
	}
	l.bad(start, len(l.src), fmt.Sprintf("the quote %c is not closed", quote), allowedQuotes)
}

func (l *lexer) closeQuoted(k kind, text string, start int) {
	switch {
	case k == kindQuoted && text == "":
		l.bad(start, l.pos, "a name in quotes is empty", allowedQuotes)
	case k == kindQuoted && len(text) > maxIdentifier:
		l.bad(start, l.pos, fmt.Sprintf("the name has %d bytes", len(text)), fmt.Sprintf("at most %d", maxIdentifier))
	default:
		l.emit(k, text, start)
	}
}

// opRunes can be part of an operator; with one of opMakers among them, it may
// end in a sign.
const (
	opRunes  = "~!@#^&|`?+-*/%<>="
	opMakers = "~!@#^&|`?%"
)

// operator cuts as PostgreSQL's scanner does: as long as possible, up to a
// comment, but `<-` is `<` and a sign. It looks no further than maxIdentifier,
// PostgreSQL's limit for operators too: a text of nothing but signs would be
// looked through again from each of them.
func (l *lexer) operator() {
	start := l.pos
	n, maker := 0, false
	for r := l.peek(0); n <= maxIdentifier && r != 0 && strings.ContainsRune(opRunes, r) && !l.commentAt(n); r = l.peek(n) {
		maker = maker || strings.ContainsRune(opMakers, r)
		n++
	}
	if n == 0 {
		l.bad(start, start+2, "comments are not allowed", "one expression")
		return
	}
	for last := l.peek(n - 1); n > 1 && n <= maxIdentifier && !maker && (last == '+' || last == '-'); last = l.peek(n - 1) {
		n--
	}
	text := string(l.src[start : start+n])
	l.pos += n
	if comparisonOps[text] || otherOps[text] || additiveOps[text] || multiplicativeOps[text] {
		l.emit(kindOp, text, start)
		return
	}
	l.refuseOperator(text, start)
}

func (l *lexer) refuseOperator(text string, start int) {
	allowed := "= <> < <= > >= + - * / % || ~ ~* !~ !~* -> ->> #> #>> @> <@ ?"
	if last := text[len(text)-1]; len(text) > 1 && (last == '-' || last == '+') {
		allowed += ", with a space before a sign"
	}
	if text == "^" {
		allowed += ", and power(a, b)"
	}
	l.bad(start, l.pos, fmt.Sprintf("the operator %.*s is not allowed", nearLimit, text), allowed)
}

func (l *lexer) commentAt(n int) bool {
	a, b := l.peek(n), l.peek(n+1)
	return a == '-' && b == '-' || a == '/' && b == '*'
}

// refuse names what people paste or try most often.
func (l *lexer) refuse(r rune) {
	start := l.pos
	switch {
	case r == ';':
		l.bad(start, start+1, "semicolons are not allowed", "one expression")
	case r == '$' && isDigit(l.peek(1)):
		l.bad(start, start+2, "parameters are not allowed", "constants")
	case r == '$':
		l.bad(start, start+1, "strings in dollar quotes are not allowed", allowedString)
	case strings.ContainsRune("‘’‚‛“”„«»´", r):
		l.bad(start, start+1, "typographic quotes are not quotes of SQL", "' around strings, \" around names")
	case unicode.IsSpace(r):
		l.bad(start, start+1, fmt.Sprintf("U+%04X is no space of SQL", r), "plain spaces, tabs and line ends")
	default:
		l.bad(start, start+1, fmt.Sprintf("the character %q is not allowed outside quotes", r), allowedOutside)
	}
}
