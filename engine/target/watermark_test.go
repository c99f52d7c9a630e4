package target

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"holdfast/retention"
)

// What was altered while a walk went on is not what it looked at.
func TestAWalkUnderWhichTheTableWasAlteredLeavesNoMark(t *testing.T) {
	for what, sql := range map[string]string{
		"as it is":           `SELECT 1`,
		"another definition": `ALTER TABLE public.t ADD COLUMN x int`,
		"exchanged columns":  `ALTER TABLE public.t RENAME COLUMN name TO y; ALTER TABLE public.t RENAME COLUMN other TO name; ALTER TABLE public.t RENAME COLUMN y TO other`,
		"rewritten":          `CLUSTER public.t USING t_pkey`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, `CREATE TABLE public.t (id bigint PRIMARY KEY, name text, other text, created_at timestamptz NOT NULL)`, `CREATE INDEX ON public.t (created_at)`,
				`INSERT INTO public.t SELECT i, 'n', 'o', now() - make_interval(days => 100 + i) FROM generate_series(1, 60) AS i`)
			p := policy("t", retention.ActionAnonymize)
			p.BatchSize = 20
			d := f.attempt(retention.Spec{RunID: uuid.NewString(), Attempt: 1, Policy: p, AsOf: time.Now(), Pace: retention.PaceMax, SinceLast: true})
			for d.Progress().Processed < 40 {
				if step, err := d.Step(t.Context()); err != nil || step.Done {
					t.Fatalf("%+v, %v", step, err)
				}
			}
			f.exec(sql)
			f.finish(d)
			want := map[bool]int64{true: 1}[what == "as it is"]
			if n := f.count(`SELECT count(*) FROM holdfast_guard.watermark`); n != want {
				t.Errorf("%d marks are kept, want %d", n, want)
			}
		})
	}
}
