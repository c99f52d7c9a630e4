package target

import (
	"errors"
	"strings"
	"testing"

	"holdfast/retention"
)

// wantRefused checks what saving a policy answers; no field means that it is saved.
func (f *fixture) wantRefused(p retention.Policy, field, reason, remedy string) {
	f.Helper()
	err := f.target.CheckPolicy(f.Context(), p)
	refusal, ok := errors.AsType[*retention.Refusal](err)
	switch {
	case field == "" && err != nil:
		f.Errorf("refused: %v", err)
	case field == "":
	case !ok || refusal.Field != field || !strings.Contains(refusal.Reason, reason) || !strings.Contains(refusal.Remedy, remedy):
		f.Errorf("saved with %v, want %s refused with %q and the remedy %q", err, field, reason, remedy)
	}
}

func treating(column string, how retention.Anonymizer) retention.Policy {
	p := policy("people", retention.ActionAnonymize)
	p.Columns = map[string]retention.Anonymizer{column: how}
	return p
}

func TestAnIndexThatATreatmentCouldBreakIsSeenAtSave(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.people (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, email text, nick text, phone text, "Plate" text,
		folded text GENERATED ALWAYS AS (lower(phone)) STORED)`,
		`INSERT INTO public.people SELECT i, now() - interval '90 days', 'a' || i, 'b' || i, 'c' || i, 'd' || i FROM generate_series(1, 10) AS i`)
	redact, hash, null := retention.Anonymizer{Method: retention.MethodRedact}, retention.Anonymizer{Method: retention.MethodHash}, retention.Anonymizer{Method: retention.MethodNull}
	const same, unclear = "would give several rows the same value", "nobody can tell"
	for _, c := range []struct {
		index          string
		column         string
		how            retention.Anonymizer
		reason, remedy string
	}{
		{`(lower(email))`, "email", redact, same, "use hash"},
		{`(lower(email))`, "email", hash, "", ""},
		{`(lower(email))`, "email", null, "", ""},
		{`(upper("Plate"))`, "Plate", hash, "", ""},
		{`(lower(email))`, "nick", redact, "", ""},
		{`(left(email, 3))`, "email", hash, unclear, "drop that index"},
		{`(coalesce(email, ''))`, "email", null, unclear, "drop that index"},
		{`(id, (email || nick))`, "nick", redact, unclear, "drop that index"},
		{`(folded)`, "phone", redact, unclear, "drop that index"},
		{`(nick) WHERE email <> ''`, "email", redact, "could bring rows into it", "drop that index"},
		{`(nick) WHERE email IS NOT NULL`, "email", redact, "", ""},
		{`(nick) WHERE email IS NULL`, "email", redact, "", ""},
		{`(nick) WHERE email IS NULL`, "email", null, "could bring rows into it", "drop that index"},
		{`(email) WHERE email IS NOT NULL`, "email", hash, "", ""},
	} {
		t.Run(c.index+" "+c.column+" "+string(c.how.Method), func(t *testing.T) {
			f := *f
			f.T = t
			f.exec(`CREATE UNIQUE INDEX one ON public.people ` + c.index)
			field := ""
			if c.reason != "" {
				field = "columns." + c.column
			}
			f.wantRefused(treating(c.column, c.how), field, c.reason, c.remedy)
			f.exec(`DROP INDEX public.one`)
		})
	}
}

func TestADomainThatRefusesATreatmentIsSeenAtSave(t *testing.T) {
	f := newFixture(t, `CREATE DOMAIN public.word AS text CHECK (VALUE !~ '[*]')`,
		`CREATE DOMAIN public.short_word AS public.word CHECK (length(VALUE) < 20)`,
		`CREATE DOMAIN public.always AS text NOT NULL`, `CREATE DOMAIN public.ever AS public.always`,
		`CREATE DOMAIN public.evening AS timestamptz CHECK (extract(hour FROM VALUE AT TIME ZONE 'UTC') > 17)`,
		`CREATE TABLE public.people (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, nick public.short_word, name public.ever, seen public.evening)`,
		`INSERT INTO public.people SELECT i, now() - interval '90 days', 'word' || i, 'name', '2020-01-01 18:30:00Z' FROM generate_series(1, 10) AS i`)
	two := 2
	f.wantRefused(treating("nick", retention.Anonymizer{Method: retention.MethodMask, KeepLast: &two}), "columns.nick", "word_check", "a method or value that the domain accepts")
	f.wantRefused(treating("nick", retention.Anonymizer{Method: retention.MethodHash}), "columns.nick", "short_word_check", "a method or value that the domain accepts")
	f.wantRefused(treating("nick", retention.Anonymizer{Method: retention.MethodRedact}), "", "", "")
	f.wantRefused(treating("nick", retention.Anonymizer{Method: retention.MethodNull}), "", "", "")
	f.wantRefused(treating("name", retention.Anonymizer{Method: retention.MethodNull}), "columns.name", "NOT NULL", "use another method")
	f.wantRefused(treating("name", retention.Anonymizer{Method: retention.MethodHash}), "", "", "")
	f.wantRefused(treating("seen", retention.Anonymizer{Method: retention.MethodTruncateDate, To: "day"}), "columns.seen", "evening_check", "a method or value that the domain accepts")
	f.wantRefused(treating("seen", retention.Anonymizer{Method: retention.MethodTruncateDate, To: "hour"}), "", "", "")
}

func TestAnArchiveThatIsStricterThanItsSourceIsSeenAtSave(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, code text UNIQUE, total numeric CONSTRAINT positive CHECK (total > 0))`,
		`CREATE TABLE public.orders_archive (LIKE public.orders INCLUDING CONSTRAINTS, holdfast_archived_at timestamptz NOT NULL, holdfast_run uuid NOT NULL,
		 holdfast_policy text, holdfast_policy_version integer, note text NOT NULL DEFAULT '', no bigint GENERATED ALWAYS AS IDENTITY, UNIQUE (id, no), PRIMARY KEY (holdfast_run, id))`)
	p := policy("orders", retention.ActionArchive)
	f.wantRefused(p, "", "", "")
	for _, c := range []struct{ make, reason, remedy string }{
		{`ALTER COLUMN code SET NOT NULL`, `column "code" is NOT NULL there and may be NULL`, `ALTER TABLE "public"."orders_archive" ALTER COLUMN "code" DROP NOT NULL;`},
		{`ADD COLUMN by_whom text NOT NULL`, `column "by_whom" is NOT NULL`, `ALTER TABLE "public"."orders_archive" ALTER COLUMN "by_whom" DROP NOT NULL;`},
		{`ADD CONSTRAINT small CHECK (total < 100)`, `the constraint "small"`, `ALTER TABLE "public"."orders_archive" DROP CONSTRAINT "small";`},
		{`ADD CONSTRAINT code_once UNIQUE (code)`, `the unique index "code_once"`, `ALTER TABLE "public"."orders_archive" DROP CONSTRAINT "code_once";`},
		{`ADD CONSTRAINT run_once EXCLUDE USING btree (holdfast_run WITH =)`, `the unique index "run_once"`, `DROP CONSTRAINT "run_once";`},
	} {
		t.Run(c.make, func(t *testing.T) {
			f := *f
			f.T = t
			f.exec(`ALTER TABLE public.orders_archive ` + c.make)
			f.wantRefused(p, "archive.table", c.reason, c.remedy)
			err := f.target.CheckPolicy(t.Context(), p)
			refusal, _ := errors.AsType[*retention.Refusal](err)
			f.exec(refusal.Remedy)
			f.wantRefused(p, "", "", "")
		})
	}
	f.exec(`CREATE UNIQUE INDEX code_lower ON public.orders_archive (lower(code))`)
	f.wantRefused(p, "archive.table", `the unique index "code_lower"`, `DROP INDEX "public"."code_lower";`)
}

func TestAnArchiveOfATableWithRowSecurityHasItToo(t *testing.T) {
	t.Parallel()
	for _, secured := range []bool{true, false} {
		f := newFixture(t, `CREATE TABLE public.people (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.people VALUES (1, now() - interval '90 days')`)
		if secured {
			f.exec(`ALTER TABLE public.people ENABLE ROW LEVEL SECURITY`)
		}
		if got := f.run(policy("people", retention.ActionArchive)); got.Processed != 1 {
			t.Errorf("archived %d rows, want 1", got.Processed)
		}
		if n := f.count(`SELECT count(*) FROM pg_class WHERE oid = 'public.people_archive'::regclass AND relrowsecurity`); (n == 1) != secured {
			t.Errorf("row security of the table is %t, and of its archive %t", secured, n == 1)
		}
	}
}
