package target

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// tiny has each round end after one step, and steps that are small; usual is as ever.
var (
	tiny  = lookLimits{slice: 11, blocks: 1}
	usual = lookLimits{time: lookTime, slice: firstSlice, blocks: firstBlocks}
)

// lookOn looks until a look is done, and answers it with the rounds it took.
func (f *fixture) lookOn(p retention.Policy, position []byte) (retention.Look, int) {
	f.Helper()
	for round := 1; round < 10_000; round++ {
		look, err := f.target.Look(f.Context(), p, position)
		if err != nil {
			f.Fatalf("round %d: %v", round, err)
		}
		if look.Done {
			return look, round
		}
		if look.Note == "" || look.OldestDue != nil {
			f.Fatalf("round %d is not done and says %q, oldest %v; want a note and no answer", round, look.Note, look.OldestDue)
		}
		position = look.Position
	}
	f.Fatal("the look does not come to its end")
	return retention.Look{}, 0
}

// truth is the oldest row that is due and not held, by one plain statement.
func (f *fixture) truth(table, where string, cutoff time.Time, held []string) *time.Time {
	f.Helper()
	var oldest *time.Time
	err := f.target.pool.QueryRow(f.Context(), fmt.Sprintf(`
		SELECT min(created_at) FROM public.%s
		WHERE created_at < $1 AND isfinite(created_at) AND (%s) AND NOT id::text = ANY ($2)`, table, where), cutoff, held).Scan(&oldest)
	if err != nil {
		f.Fatal(err)
	}
	return oldest
}

func same(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// lookCase is a table of random rows with random holds, as one policy sees it.
type lookCase struct {
	*fixture
	rnd   *rand.Rand
	table string
	where string
	held  []string
	p     retention.Policy
}

func (f *fixture) randomLook(seed uint64) *lookCase {
	f.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	c := &lookCase{fixture: f, rnd: rnd, table: fmt.Sprintf("r%d", seed), where: "true", held: []string{}}
	n := rnd.IntN(250)
	// Few distinct values make ties larger than a step.
	distinct := 1 + rnd.IntN(60)
	f.exec(fmt.Sprintf(`CREATE TABLE public.%s (id bigint PRIMARY KEY, name text NOT NULL, note text NOT NULL, created_at timestamptz)`, c.table),
		fmt.Sprintf(`SELECT setseed(%f)`, rnd.Float64()),
		fmt.Sprintf(`INSERT INTO public.%s
			SELECT i, 'n' || i, repeat('x', 300), CASE WHEN random() < 0.05 THEN NULL WHEN random() < 0.03 THEN '-infinity'::timestamptz WHEN random() < 0.03 THEN 'infinity'
			       ELSE now() - interval '60 days' + floor(random() * %d) * interval '40 days' / %d END
			FROM generate_series(1, %d) AS i`, c.table, distinct, distinct, n))
	if rnd.IntN(2) == 0 {
		f.exec(fmt.Sprintf(`CREATE INDEX ON public.%s (created_at)`, c.table))
	}
	action := retention.ActionDelete
	if rnd.IntN(4) == 0 {
		action, c.where = retention.ActionAnonymize, "name <> '[ANONYMIZED]'"
		f.exec(fmt.Sprintf(`UPDATE public.%s SET name = '[ANONYMIZED]' WHERE id %% 3 = 0`, c.table))
	}
	c.p = policy(c.table, action)
	if rnd.IntN(2) == 0 {
		c.p.Condition = "name LIKE '%7%'"
		c.where += " AND name LIKE '%7%'"
	}
	c.holdSome()
	return c
}

func (c *lookCase) holdSome() {
	c.Helper()
	if c.rnd.IntN(3) == 0 {
		return
	}
	var ids []retention.Key
	// The front is where holds hurt.
	rows, err := c.target.pool.Query(c.Context(), fmt.Sprintf(`SELECT id::text FROM public.%s ORDER BY created_at LIMIT %d`, c.table, 1+c.rnd.IntN(80)))
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			c.Fatal(err)
		}
		if c.rnd.IntN(5) > 0 {
			ids, c.held = append(ids, retention.Key{id}), append(c.held, id)
		}
	}
	rows.Close()
	if len(ids) > 0 {
		c.hold(retention.TableName{Schema: "public", Name: c.table}, ids...)
	}
}

func TestALookFindsTheOldestDueRowThatIsNotHeld(t *testing.T) {
	f := newFixture(t)
	for seed := range uint64(16) {
		f.target.looks = tiny
		c := f.randomLook(seed)
		var position []byte
		// On a quiet database, then after rows have gone, then after more holds.
		for step, change := range []func(){
			func() {},
			func() {},
			func() {
				f.exec(fmt.Sprintf(`DELETE FROM public.%s WHERE id IN (SELECT id FROM public.%[1]s ORDER BY created_at LIMIT %d)`, c.table, c.rnd.IntN(50)))
			},
			c.holdSome,
		} {
			change()
			look, rounds := f.lookOn(c.p, position)
			if want := f.truth(c.table, c.where, look.Cutoff, c.held); !same(look.OldestDue, want) {
				t.Errorf("seed %d, step %d, after %d rounds: the oldest due row is of %v, want %v (%s, condition %q, %d held)", seed, step, rounds, look.OldestDue, want, c.p.Action, c.p.Condition, len(c.held))
			}
			position = look.Position
			if c.rnd.IntN(2) == 0 {
				f.target.looks = usual
			}
		}
	}
}

// frontHeld has 12,000 held rows before those that are due and not held.
func frontHeld(f *fixture, index bool) retention.Policy {
	f.Helper()
	f.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.r SELECT i, 'n' || i, now() - interval '400 days' + i * interval '1 second' FROM generate_series(1, 14000) AS i`)
	if index {
		f.exec(`CREATE INDEX ON public.r (created_at)`)
	}
	ids := make([]retention.Key, 12_000)
	for i := range ids {
		ids[i] = retention.Key{fmt.Sprint(i + 1)}
	}
	f.hold(retention.TableName{Schema: "public", Name: "r"}, ids...)
	return policy("r", retention.ActionDelete)
}

func (f *fixture) createdAt(id int) time.Time {
	f.Helper()
	var at time.Time
	if err := f.target.pool.QueryRow(f.Context(), `SELECT created_at FROM public.r WHERE id = $1`, id).Scan(&at); err != nil {
		f.Fatal(err)
	}
	return at
}

func (f *fixture) wantOldest(what string, look retention.Look, id int) {
	f.Helper()
	if want := f.createdAt(id); look.OldestDue == nil || !look.OldestDue.Equal(want) {
		f.Errorf("%s: the oldest due row is of %v, want row %d of %v", what, look.OldestDue, id, want)
	}
}

func TestHeldRowsAtTheFrontAreNotVisitedAgainForADay(t *testing.T) {
	f := newFixture(t)
	p := frontHeld(f, true)
	first, _ := f.lookOn(p, nil)
	f.wantOldest("first look", first, 12_001)
	// A row before the position is seen by a look that begins at the front alone.
	f.exec(`INSERT INTO public.r VALUES (20000, 'late', now() - interval '500 days')`)
	second, _ := f.lookOn(p, first.Position)
	f.wantOldest("second look", second, 12_001)
	f.exec(`DELETE FROM public.r WHERE id BETWEEN 12001 AND 12010`)
	third, _ := f.lookOn(p, second.Position)
	f.wantOldest("after a run", third, 12_011)

	var st lookout
	if err := json.Unmarshal(third.Position, &st); err != nil {
		t.Fatal(err)
	}
	st.Began = st.Began.Add(-lookAnew)
	old, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	look, _ := f.lookOn(p, old)
	f.wantOldest("a day later", look, 20_000)
	next := p
	next.Version++
	look, _ = f.lookOn(next, third.Position)
	f.wantOldest("another version of the policy", look, 20_000)
	f.hold(retention.TableName{Schema: "public", Name: "r"}, retention.Key{"13999"})
	look, _ = f.lookOn(p, third.Position)
	f.wantOldest("other holds", look, 20_000)
}

func TestWhatBecameDueSinceAllDueRowsWereHeldIsFound(t *testing.T) {
	f := newFixture(t)
	p := frontHeld(f, true)
	f.exec(`DELETE FROM public.r WHERE id > 12000`)
	none, _ := f.lookOn(p, nil)
	if none.OldestDue != nil {
		t.Fatalf("all due rows are held, and the oldest is of %v", none.OldestDue)
	}
	f.exec(`INSERT INTO public.r VALUES (20000, 'young', now() - interval '30 days' + interval '200 milliseconds')`)
	var look retention.Look
	pgtest.Await(t, "the row that became due", func() bool {
		look, _ = f.lookOn(p, none.Position)
		return look.OldestDue != nil
	})
	f.wantOldest("once it is due", look, 20_000)
}

func TestALookByBlocksKeepsItsPlaceAndAnswersAtTheEnd(t *testing.T) {
	f := newFixture(t)
	p := frontHeld(f, false)
	f.target.looks = tiny
	look, rounds := f.lookOn(p, nil)
	f.wantOldest("look", look, 12_001)
	if rounds < 5 {
		t.Errorf("%d rounds; the test means to take several", rounds)
	}
	f.target.looks = usual
	whole, err := f.target.Look(t.Context(), p, nil)
	if err != nil || !whole.Done {
		t.Fatalf("a small table in one round: %+v, %v", whole, err)
	}
	f.wantOldest("one round", whole, 12_001)
}

func TestARowThatWentDuringALookByBlocksIsNotReported(t *testing.T) {
	f := newFixture(t)
	f.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.r SELECT i, repeat('x', 500), now() - interval '400 days' + i * interval '1 second' FROM generate_series(1, 200) AS i`)
	p := policy("r", retention.ActionDelete)
	f.target.looks = tiny
	look, err := f.target.Look(t.Context(), p, nil)
	if err != nil || look.Done {
		t.Fatalf("first round: %+v, %v; want one that is not done", look, err)
	}
	f.exec(`DELETE FROM public.r WHERE id <= 3`)
	look, _ = f.lookOn(p, look.Position)
	f.wantOldest("after the first three went", look, 4)

	look, err = f.target.Look(t.Context(), p, nil)
	if err != nil || look.Done {
		t.Fatalf("first round: %+v, %v; want one that is not done", look, err)
	}
	f.exec(`VACUUM FULL public.r`)
	look, _ = f.lookOn(p, look.Position)
	f.wantOldest("after the table was rewritten", look, 4)
}

func TestALookCountsLocalTimesInThePolicysZone(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct{ column, unit, value, want string }{
		{"timestamptz", "", "'2020-07-01 12:00:00+00'", "2020-07-01T12:00:00Z"},
		{"timestamp", "", "'2020-07-01 12:00:00'", "2020-07-01T10:00:00Z"},
		{"date", "", "'2020-07-01'", "2020-07-01T21:59:59.999999Z"}, // the last instant of the day
		{"bigint", "seconds", "1593604800", "2020-07-01T12:00:00Z"},
		{"bigint", "milliseconds", "1593604800250", "2020-07-01T12:00:00.25Z"},
		{"integer", "seconds", "1593604800", "2020-07-01T12:00:00Z"},
	} {
		f.exec(`DROP TABLE IF EXISTS public.r`, fmt.Sprintf(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at %s)`, c.column),
			fmt.Sprintf(`INSERT INTO public.r VALUES (1, %s), (2, NULL)`, c.value))
		p := policy("r", retention.ActionDelete)
		p.Unit, p.TimeZone = retention.Unit(c.unit), "Europe/Berlin"
		for _, how := range []string{"by blocks", "by an index"} {
			look, _ := f.lookOn(p, nil)
			if look.OldestDue == nil || look.OldestDue.UTC().Format(time.RFC3339Nano) != c.want {
				t.Errorf("%s %s %s: got %v, want %s", c.column, c.unit, how, look.OldestDue, c.want)
			}
			f.exec(`CREATE INDEX ON public.r (created_at)`)
		}
	}
}

func TestALookChangesNothingAndLocksNobodyOut(t *testing.T) {
	f := newFixture(t)
	p := frontHeld(f, true)
	conn := f.connect()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM public.r WHERE id = 12001 FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	look, _ := f.lookOn(p, nil)
	f.wantOldest("while the row is locked", look, 12_001)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := f.count(`SELECT count(*) FROM public.r`); n != 14_000 {
		t.Errorf("%d rows are left of 14000", n)
	}
}

// TestALookByBlocksGoesOnForAPolicyThatLeavesRowsToAnother: where it stands is of the
// policies that it was made under, and began anew each round if it forgot them.
func TestALookByBlocksGoesOnForAPolicyThatLeavesRowsToAnother(t *testing.T) {
	f := newFixture(t)
	p := frontHeld(f, false)
	other := p
	other.Name, other.Condition, other.RetentionPeriod = "other", "id <= 12050", retention.Period{Years: 900}
	p = p.Among([]retention.Policy{other})
	if len(p.YieldsTo) != 1 {
		t.Fatalf("rows are left to %v", p.YieldsTo)
	}
	f.target.looks = tiny
	look, rounds := f.lookOn(p, nil)
	f.wantOldest("look", look, 12_051)
	if rounds < 5 {
		t.Errorf("%d rounds; the test means to take several", rounds)
	}
}

// TestWhatAHeldRowKeepsIsNotOverdue: a row that stays since held ones refer to it, at once or by
// way of others that would go with it. One that others keep is.
func TestWhatAHeldRowKeepsIsNotOverdue(t *testing.T) {
	for name, c := range map[string]struct {
		onDelete, below string
		cascade         []string
	}{
		"it refers":                  {onDelete: ""},
		"it would go":                {onDelete: "ON DELETE CASCADE", cascade: []string{"i"}},
		"it would lose a reference":  {onDelete: "ON DELETE SET NULL", cascade: []string{"i"}},
		"by way of one that goes":    {onDelete: "ON DELETE CASCADE", below: "ON DELETE CASCADE", cascade: []string{"i", "d"}},
		"by way of one that may not": {onDelete: "ON DELETE CASCADE", below: "NO ACTION", cascade: []string{"i"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, orders(c.onDelete)...)
			f.exec(`UPDATE public.o SET created_at = created_at - id * interval '1 hour' WHERE id BETWEEN 1 AND 40`)
			held, ids := "i", []string{"79", "78"} // of the orders 40, the oldest, and 39
			if c.below != "" {
				below := c.below
				if below == "NO ACTION" {
					below = ""
				}
				f.exec(`CREATE TABLE public.d (id bigint PRIMARY KEY, i_id bigint REFERENCES public.i `+below+`)`, `CREATE INDEX ON public.d (i_id)`, `INSERT INTO public.d VALUES (1, 79), (2, 78)`)
				held, ids = "d", []string{"1", "2"}
			}
			f.hold(table(held), keys(ids...)...)
			look, _ := f.lookOn(reaching("o", c.cascade...), nil)
			want := pgtest.Value[time.Time](t, f.url, `SELECT created_at FROM public.o WHERE id = 38`)
			if look.OldestDue == nil || !look.OldestDue.Equal(want) {
				t.Errorf("the oldest due row is of %v, want that of order 38, %v", look.OldestDue, want)
			}
		})
	}
}
