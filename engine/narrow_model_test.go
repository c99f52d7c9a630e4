package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// modelScope is what a scope covers of thirty rows, as simply as it can be said.
type modelScope struct {
	ids       map[int]bool
	condition string
	releasing bool
	ended     bool
}

type modelHold struct {
	id     string
	scopes []*modelScope
}

// narrowModel is what holds must cover, beside the house in which they are.
type narrowModel struct {
	*house
	rnd   *rand.Rand
	slow  *engine.Engine
	now   time.Time
	holds []*modelHold
	said  []string
}

// TestWhateverIsWidenedAndNarrowedEachRunLeavesWhatIsCovered does what people may do to holds in
// any order, and after each step has a run over thirty due rows, of which those must be left that
// something covers.
func TestWhateverIsWidenedAndNarrowedEachRunLeavesWhatIsCovered(t *testing.T) {
	seeds, steps := uint64(4), 40
	if pgtest.Long() {
		seeds, steps = 8, 60
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			h := narrowHouse(t)
			m := &narrowModel{house: h, rnd: rand.New(rand.NewPCG(seed, 1)), now: time.Now().Truncate(time.Second),
				slow: engine.New(h.store, h.target, engine.Options{Pace: retention.PaceMax, ReleaseDelay: retention.Period{Hours: 72}})}
			m.setClock(m.now)
			for range steps {
				m.step()
				m.check()
			}
			for _, o := range m.holds {
				if p := h.proof(o.id); p.Verdict() == retention.ProofFails {
					t.Errorf("the proof of %s fails: %+v, after\n%s", o.id, p.Scopes, strings.Join(m.said, "\n"))
				}
			}
		})
	}
}

func (m *narrowModel) say(format string, args ...any) {
	m.said = append(m.said, fmt.Sprintf(format, args...))
}

// done reports whether a step was carried out; one that does not fit the state of its hold is
// refused, and changes nothing.
func (m *narrowModel) done(err error) bool {
	m.t.Helper()
	if err == nil {
		return true
	}
	if m.say("  refused: %v", err); !errors.Is(err, retention.ErrConflict) {
		m.t.Fatalf("after\n%s", strings.Join(m.said, "\n"))
	}
	return false
}

// list is some ids, with a second way to write one now and then.
func (m *narrowModel) list() (*modelScope, []string) {
	s := &modelScope{ids: map[int]bool{}}
	var texts []string
	for range 1 + m.rnd.IntN(6) {
		id := 1 + m.rnd.IntN(30)
		s.ids[id] = true
		texts = append(texts, []string{"", "0"}[m.rnd.IntN(2)]+fmt.Sprint(id))
	}
	return s, texts
}

func (m *narrowModel) scope() (*modelScope, retention.Scope) {
	if m.rnd.IntN(4) == 0 {
		s := &modelScope{condition: fmt.Sprintf("id >= %d AND id < %d", m.rnd.IntN(28), 3+m.rnd.IntN(28))}
		return s, retention.Scope{Table: public("r"), Condition: s.condition}
	}
	s, texts := m.list()
	return s, holdOn("r", texts...).Scope[0]
}

func (m *narrowModel) step() {
	if len(m.holds) == 0 {
		m.place()
		return
	}
	o := m.holds[m.rnd.IntN(len(m.holds))]
	switch n := m.rnd.IntN(20); {
	case n < 2 && len(m.holds) < 3:
		m.place()
	case n < 5:
		s, texts := m.list()
		m.say("upload %v to %s", texts, o.id)
		m.uploaded(o.id, "r", strings.Join(texts, "\n"))
		o.scopes = append(o.scopes, s)
	case n < 7:
		s, scope := m.scope()
		m.say("widen %s by %v", o.id, scope)
		if _, err := m.engine.WidenHold(m.t.Context(), m.actor, o.id, []retention.Scope{scope}, "more"); m.done(err) {
			o.scopes = append(o.scopes, s)
		}
	case n < 15:
		m.narrowOne(o)
	case n < 17:
		m.keepOne(o)
	case n < 19:
		m.say("three days go by")
		m.now = m.now.Add(73 * time.Hour)
		m.setClock(m.now)
		m.settle()
		for _, o := range m.holds {
			for _, s := range o.scopes {
				s.ended, s.releasing = s.ended || s.releasing, false
			}
		}
	default:
		m.say("the guard is lost")
		m.exec(`SET session_replication_role = replica; DELETE FROM holdfast_guard.hold_scope; DELETE FROM holdfast_guard.hold`)
	}
}

func (m *narrowModel) place() {
	hold := retention.Hold{Matter: "m", Reason: "r"}
	o := &modelHold{}
	for range 1 + m.rnd.IntN(3) {
		s, scope := m.scope()
		hold.Scope, o.scopes = append(hold.Scope, scope), append(o.scopes, s)
	}
	o.id = m.mustHold(hold).ID
	m.say("place %s: %v", o.id, hold.Scope)
	m.holds = append(m.holds, o)
}

// narrowOne lets a scope, or some of its ids, fall out of a hold, at once or in three days.
func (m *narrowModel) narrowOne(o *modelHold) {
	i := m.rnd.IntN(len(o.scopes))
	s, part := o.scopes[i], whole(i)
	apart := map[int]bool{}
	if s.condition == "" && m.rnd.IntN(2) == 0 {
		for id := range s.ids {
			if m.rnd.IntN(2) == 0 {
				apart[id] = true
				part.RecordIDs = append(part.RecordIDs, retention.Key{fmt.Sprint(id)})
			}
		}
	}
	e, later := m.engine, m.rnd.IntN(2) == 0
	if later {
		e = m.slow
	}
	m.say("narrow %s by %v, later %t", o.id, part, later)
	_, err := e.NarrowHold(m.t.Context(), m.actor, o.id, []retention.ScopePart{part}, "not needed")
	if !m.done(err) {
		return
	}
	if len(apart) > 0 && len(apart) < len(s.ids) {
		maps.DeleteFunc(s.ids, func(id int, _ bool) bool { return apart[id] })
		s = &modelScope{ids: apart}
		o.scopes = append(o.scopes, s)
	}
	s.ended, s.releasing = !later, later
}

func (m *narrowModel) keepOne(o *modelHold) {
	i := m.rnd.IntN(len(o.scopes))
	m.say("keep scope %d of %s", i, o.id)
	if _, err := m.engine.TakeBackNarrowing(m.t.Context(), m.actor, o.id, i, "an appeal"); m.done(err) {
		o.scopes[i].releasing = false
	}
}

// check has a run over all thirty rows.
func (m *narrowModel) check() {
	m.t.Helper()
	m.exec(`INSERT INTO public.r SELECT i, 'n', now() - interval '400 days' FROM generate_series(1, 30) AS i ON CONFLICT DO NOTHING`)
	left := map[int]bool{}
	for _, o := range m.holds {
		for _, s := range o.scopes {
			if s.ended {
				continue
			}
			maps.Copy(left, s.ids)
			for id := range 31 {
				var from, to int
				if _, err := fmt.Sscanf(s.condition, "id >= %d AND id < %d", &from, &to); err == nil && id >= max(from, 1) && id < to {
					left[id] = true
				}
			}
		}
	}
	want := strings.Trim(fmt.Sprint(slices.Sorted(maps.Keys(left))), "[]")
	m.mustRun(engine.RunRequest{})
	if got := m.left("r"); got != want {
		m.t.Fatalf("%s are left, want %s, after\n%s", got, want, strings.Join(m.said, "\n"))
	}
	m.wantNoted()
}
