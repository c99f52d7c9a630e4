package target

import (
	"strings"
	"testing"

	"holdfast/retention"
)

// logged is a table of 30 due rows whose deletes a trigger notes elsewhere: it inserts a
// line, and counts and removes rows of two other tables.
var logged = []string{
	dueTable("r", 30),
	`CREATE TABLE public.audit_log (line bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text)`,
	`CREATE TABLE public.tally (id bigint PRIMARY KEY, n bigint DEFAULT 0)`, `INSERT INTO public.tally SELECT i FROM generate_series(0, 9) AS i`,
	`CREATE TABLE public.draft (id bigint PRIMARY KEY)`, `INSERT INTO public.draft SELECT i FROM generate_series(1, 30) AS i`,
	`CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO public.audit_log (what) VALUES (old.name);
		UPDATE public.tally SET n = n + 1 WHERE id = old.id % 10;
		DELETE FROM public.draft WHERE id = old.id;
		RETURN NULL;
	END $$`,
	`CREATE TRIGGER note AFTER DELETE OR UPDATE ON public.r FOR EACH ROW EXECUTE FUNCTION public.note()`,
}

func mayTrigger(p retention.Policy, effects map[string]string) retention.Policy {
	p.Triggers = map[retention.TableName]retention.TriggerEffects{}
	for table, text := range effects {
		e, err := retention.ParseTriggerEffects(text)
		if err != nil {
			panic(err)
		}
		p.Triggers[name(table)] = e
	}
	return p
}

var allOfThem = map[string]string{"audit_log": "inserted", "tally": "updated", "draft": "deleted"}

func TestWhatTriggersMayDoIsCountedAndNothingMore(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, logged...)
			p := mayTrigger(policy("r", action), allOfThem)
			p.BatchSize = 7
			f.wantAccepted(p)
			got := f.run(p)
			want := map[string]retention.TableEffect{"public.audit_log": {Inserted: 30}, "public.tally": {Updated: 30}, "public.draft": {Deleted: 30}}
			if got.Processed != 30 || len(got.Errors) > 0 {
				t.Errorf("got %+v, want all 30", got)
			}
			for table, e := range want {
				if got.Effects[table] != e {
					t.Errorf("%s: counted %+v, want %+v", table, got.Effects[table], e)
				}
			}
			if n := f.count(`SELECT sum((effects -> 'public.audit_log' ->> 'inserted')::bigint)::bigint FROM holdfast_guard.journal`); n != 30 {
				t.Errorf("the journal has %d lines of the log, want 30", n)
			}
		})
	}
}

func TestATriggerThatReachesFurtherThanNamedFailsThePolicy(t *testing.T) {
	for missing, effect := range map[string]string{"audit_log": "inserted", "tally": "inserted, deleted", "draft": "updated"} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, logged...)
			p := mayTrigger(policy("r", retention.ActionDelete), allOfThem)
			if missing == "audit_log" {
				delete(p.Triggers, name(missing))
			} else {
				p = mayTrigger(p, map[string]string{"audit_log": "inserted", "tally": "updated", "draft": "deleted", missing: effect})
			}
			d := f.begin(p)
			_, err := d.Step(t.Context())
			if err == nil || !strings.Contains(err.Error(), "in public."+missing) || !strings.Contains(err.Error(), "triggers: {public."+missing) {
				t.Errorf("got %v, want that a trigger reached into %s, and how to allow it", err, missing)
			}
			if n := f.count(`SELECT count(*) FROM public.r`); n != 30 {
				t.Errorf("%d rows are left, want all", n)
			}
		})
	}
}

func TestAHeldRowIsProtectedFromTriggersToo(t *testing.T) {
	for what, c := range map[string]struct {
		table string
		ids   []string
		left  string
	}{
		"one that a trigger would change": {"tally", []string{"3", "77"}, "13 23 3"},
		"one that a trigger would remove": {"draft", []string{"5", "6", "77"}, "5 6"},
		"a whole table":                   {"draft", nil, ""},
	} {
		for _, action := range []retention.Action{retention.ActionDelete, retention.ActionAnonymize} {
			t.Run(what+"/"+string(action), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, logged...)
				f.hold(name(c.table), keys(c.ids...)...)
				p := mayTrigger(policy("r", action), allOfThem)
				got := f.run(p)
				untouched := strings.Join(f.remaining("public.r WHERE name = 'n' || id", "id"), " ")
				kept := int64(len(strings.Fields(c.left)))
				if c.ids == nil {
					kept = 30
				} else if untouched != c.left {
					t.Errorf("rows %s stay as they were, want %s", untouched, c.left)
				}
				if got.Processed != 30-kept || got.Skipped[retention.SkippedTrigger] != kept {
					t.Errorf("got %+v, want %d kept", got.Counts, kept)
				}
				if len(got.Errors) == 0 || !strings.Contains(got.Errors[0], "under a legal hold") {
					t.Errorf("the errors are %q, want that a hold was in the way", got.Errors)
				}
				if n := f.count(`SELECT count(*) FROM public.tally WHERE id = 3 AND n = 0`); c.table == "tally" && n != 1 {
					t.Error("the held row was changed")
				}
			})
		}
	}
}

func TestTriggersAreNamedRightly(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(logged, orders("ON DELETE CASCADE")...)...)
	may := func(table string) retention.Policy {
		return mayTrigger(policy("r", retention.ActionDelete), map[string]string{table: "updated"})
	}
	f.wantRefusal(may("nowhere"), "triggers.public.nowhere", "there is no table public.nowhere")
	f.exec(`CREATE VIEW public.v AS SELECT 1 AS id`)
	f.wantRefusal(may("v"), "triggers.public.v", "is not a table")
	p := mayTrigger(reaching("o", "i"), map[string]string{"i": "updated"})
	f.wantRefusal(p, "triggers.public.i", "go with the policy's own by a foreign key")
}
