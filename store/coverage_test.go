package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
	"holdfast/store"
)

func exempted(t testing.TB, s *store.Store, name, reason string) retention.Exemption {
	t.Helper()
	return must(s.SaveExemption(t.Context(), retention.Exemption{Table: table(name), Reason: reason}, by("coverage.exempt")))(t)
}

func TestExemptionsKeepTheReasonAndThePerson(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	first := exempted(t, s, "countries", "a list of countries")
	if first.By != jane.Name || first.At.IsZero() {
		t.Errorf("the exemption is by %q at %s", first.By, first.At)
	}
	audited := count(t, s, `SELECT count(*) FROM holdfast.audit`)
	if again := exempted(t, s, "countries", "a list of countries"); !cmp.Equal(again, first) || count(t, s, `SELECT count(*) FROM holdfast.audit`) != audited {
		t.Errorf("the same reason again: %+v, want %+v and no audit row", again, first)
	}
	exempted(t, s, "countries", "still a list of countries")
	exempted(t, s, "a_list", "another")
	list := must(s.Exemptions(ctx))(t)
	if len(list) != 2 || list[0].Table != table("a_list") || list[1].Reason != "still a list of countries" {
		t.Errorf("exemptions: %+v", list)
	}
	noErr(t, s.EndExemption(ctx, table("countries"), by("coverage.end_exemption")))
	wantErr(t, "ended twice", s.EndExemption(ctx, table("countries"), by("coverage.end_exemption")), retention.ErrNotFound)
	if n := len(must(s.Exemptions(ctx))(t)); n != 1 {
		t.Errorf("%d exemptions, want 1", n)
	}
}

func TestOneSurveyADayIsMadeAndComparedWithAnEarlierDay(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	claims := func(want bool, why string) {
		t.Helper()
		if got := must(s.ClaimSurvey(ctx, time.Minute))(t); got != want {
			t.Errorf("%s: claimed %t, want %t", why, got, want)
		}
	}
	surveys := func() (last, earlier string) {
		t.Helper()
		l, e, err := s.Surveys(ctx)
		noErr(t, err)
		name := func(c *retention.Coverage) string {
			if c == nil {
				return "none"
			}
			return c.Tables[0].Table.Name
		}
		return name(l), name(e)
	}
	of := func(name string) retention.Coverage {
		return retention.Coverage{Tables: []retention.TableCoverage{{Table: table(name), State: retention.CoverageOpen, EstimatedRows: -1}}}
	}
	shiftTo(t, s, time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC))
	claims(true, "nobody has")
	claims(false, "somebody does")
	noErr(t, s.AbandonSurvey(ctx))
	claims(true, "given back")
	exec(t, s, `UPDATE holdfast.survey SET claimed_until = holdfast.clock() - interval '1 second'`)
	claims(true, "its process is dead")
	if last, earlier := surveys(); last != "none" || earlier != "none" {
		t.Errorf("while the first one is made: %s, %s", last, earlier)
	}
	noErr(t, s.SaveSurvey(ctx, of("first")))
	claims(false, "it is there")
	if last, earlier := surveys(); last != "first" || earlier != "none" {
		t.Errorf("on the first day: %s, %s", last, earlier)
	}
	shiftTo(t, s, time.Date(2027, 3, 2, 0, 30, 0, 0, time.UTC))
	if last, earlier := surveys(); last != "first" || earlier != "first" {
		t.Errorf("on the second day before its survey: %s, %s", last, earlier)
	}
	claims(true, "a new day")
	noErr(t, s.SaveSurvey(ctx, of("second")))
	if last, earlier := surveys(); last != "second" || earlier != "first" {
		t.Errorf("on the second day: %s, %s", last, earlier)
	}
	shiftTo(t, s, time.Date(2027, 4, 20, 0, 30, 0, 0, time.UTC))
	claims(true, "weeks later")
	noErr(t, s.SaveSurvey(ctx, of("third")))
	if n := count(t, s, `SELECT count(*) FROM holdfast.survey`); n != 1 {
		t.Errorf("%d surveys are kept, want the last 30 days'", n)
	}
}
