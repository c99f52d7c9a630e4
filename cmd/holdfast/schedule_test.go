package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// shifted is a database whose services' time the test moves. The offset stands in a
// file of the server, so that it can be moved while the server is away.
type shifted struct {
	t    *testing.T
	url  string
	file string
}

const clockFile = "holdfast_test_clock"

// shiftClock lets the store's clock follow the file. The store must be migrated.
func shiftClock(t *testing.T, url string) *shifted {
	t.Helper()
	c := &shifted{t: t, url: url}
	name := fmt.Sprintf("%s_%d", clockFile, rand.Uint64())
	c.file = filepath.Join(pgtest.Value[string](t, url, `SELECT current_setting('data_directory')`), name)
	t.Cleanup(func() { _ = os.Remove(c.file) })
	c.write(0)
	pgtest.Exec(t, url, fmt.Sprintf(`
		CREATE OR REPLACE FUNCTION holdfast.clock() RETURNS timestamptz LANGUAGE sql VOLATILE
		AS $$ SELECT pg_catalog.clock_timestamp() + pg_catalog.pg_read_file('%s')::interval $$`, name))
	return c
}

func (c *shifted) write(offset time.Duration) {
	c.t.Helper()
	// The server, which may run as another user, reads it. Written aside and renamed: the server reads all of it or the former one.
	tmp := c.file + ".new"
	if err := os.WriteFile(tmp, fmt.Appendf(nil, "%d microseconds", offset.Microseconds()), 0o644); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(tmp, c.file); err != nil {
		c.t.Fatal(err)
	}
}

// set moves the clock to a moment, from which it goes on.
func (c *shifted) set(to time.Time) {
	c.t.Helper()
	c.write(time.Until(to))
}

// plans are the schedules of the tests: every five minutes, every hour, and
// nights at the very time that the clocks leave out and have twice.
var plans = map[string]string{"fives": "*/5 * * * *", "hours": "20 * * * *", "nights": "30 2 * * *"}

func (s *service) putSchedule(name, cron, more string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"cron":%q,"time_zone":"Europe/Berlin","misfire_grace":"PT2H"%s}`, cron, more)
	status, out := s.askWith("PUT", "/api/v1/schedules/"+name, body, map[string]string{"If-Match": "*"})
	if status == 412 || status == 404 { // there is none yet
		status, out = s.ask("PUT", "/api/v1/schedules/"+name, jsonType, body)
	}
	if status != 200 && status != 201 {
		s.t.Fatalf("schedule %s: %d %v", name, status, out)
	}
}

// TestManyProcessesStartEachSlotOnce lets three processes live through the days on
// which the clocks change in Berlin, kills them at random moments and starts others.
// Every slot of three schedules, more than 200, is started exactly once or recorded as
// missed with its reason, and what is held stays.
func TestManyProcessesStartEachSlotOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("lives through days")
	}
	url := demoDatabase(t, 50)
	s := startService(t, url)
	clock := shiftClock(t, url)
	day := &days{t: t, url: url, clock: clock, random: rand.New(rand.NewPCG(1, 2)), alive: []*service{s, startService(t, url), startService(t, url)}}
	s.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	s.call("POST", "/api/v1/holds", jsonType, `{"matter":"Test v. Test","reason":"a test","scope":[{"table":"public.logs","record_ids":["1","2","3"]}]}`, 201)
	s.awaitClient(url, `SELECT count(*) = 1 FROM holdfast.schedule WHERE name = 'nightly'`, "there is no schedule nightly from the start")
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// Spring forward, with an hour or more in which nobody is at work.
	day.live(time.Date(2027, 3, 27, 23, 7, 0, 0, berlin), 11*time.Hour, 6*time.Hour)
	// A hold placed in between, while runs are still under way, is respected by all after
	// it. Its rows become due only then.
	pgtest.Exec(t, url, `INSERT INTO public.logs SELECT i, 'later', now() FROM generate_series(1000, 1040) AS i`)
	day.any().call("POST", "/api/v1/holds", jsonType, `{"matter":"Later","reason":"a test","scope":[{"table":"public.logs","record_ids":["1000","1001","1002","1003"]}]}`, 201)
	pgtest.Exec(t, url, `UPDATE public.logs SET created_at = now() - interval '100 days' WHERE id >= 1000`)
	// And back in autumn: what is between is owed by nobody, the schedules were disabled.
	day.live(time.Date(2027, 10, 30, 23, 7, 0, 0, berlin), 6*time.Hour, 0)
	day.judge()
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM public.logs`); n != 7 {
		t.Errorf("%d rows are left, want the 7 that are held", n)
	}
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM public.logs WHERE id IN (1, 2, 3, 1000, 1001, 1002, 1003)`); n != 7 {
		t.Errorf("%d of 7 held rows are left", n)
	}
}

// days is the course of the simulation.
type days struct {
	t      *testing.T
	url    string
	clock  *shifted
	random *rand.Rand
	alive  []*service
	// spans are the times in which the schedules were enabled, dark those in which no
	// process was at work, all in the shifted clock.
	spans, dark [][2]time.Time
	kills       int
}

func (d *days) any() *service { return d.alive[d.random.IntN(len(d.alive))] }

// live enables the schedules at a moment and goes on in steps of less than the grace.
// At darkAfter every process is killed and time goes on without them.
func (d *days) live(from time.Time, length, darkAfter time.Duration) {
	d.clock.set(from)
	for name, cron := range plans {
		d.any().putSchedule(name, cron, "")
	}
	at := from
	for step := 1; at.Before(from.Add(length)); step++ {
		if darkAfter > 0 && !at.Before(from.Add(darkAfter)) {
			d.settle() // what still waits would be too late afterwards
			at = d.darkness(at, 4*time.Hour)
			darkAfter = 0
		}
		at = at.Add(time.Duration(30+d.random.IntN(20)) * time.Minute)
		d.clock.set(at)
		if step%6 == 0 {
			d.replace(d.random.IntN(len(d.alive)))
		}
		d.awaitDecided()
		d.awaitBegun()
	}
	for name, cron := range plans {
		d.any().putSchedule(name, cron, `,"enabled":false`)
	}
	d.settle()
	d.spans = append(d.spans, [2]time.Time{from, at})
}

// replace kills a process without warning, whatever it is at, and starts another.
func (d *days) replace(i int) {
	d.kills++
	d.alive[i].kill()
	d.alive[i] = startService(d.t, d.url)
}

// darkness kills all, lets time pass, and starts others.
func (d *days) darkness(at time.Time, length time.Duration) time.Time {
	for _, s := range d.alive {
		s.kill()
	}
	end := at.Add(length)
	d.clock.set(end)
	d.dark = append(d.dark, [2]time.Time{at, end})
	for i := range d.alive {
		d.alive[i] = startService(d.t, d.url)
	}
	d.awaitDecided()
	d.awaitBegun() // slots of the darkness that are within their grace are near its end
	return end
}

// awaitDecided waits until no enabled schedule owes a slot.
func (d *days) awaitDecided() {
	d.t.Helper()
	d.any().awaitClient(d.url, `SELECT count(*) = 0 FROM holdfast.schedule WHERE next_slot <= holdfast.clock()`, "slots stay undecided")
}

// awaitBegun waits until no run is so near to the end of its grace that the next step
// would make it late.
func (d *days) awaitBegun() {
	d.t.Helper()
	d.any().awaitClient(d.url, `SELECT count(*) = 0 FROM holdfast.run WHERE status = 'queued' AND started_at IS NULL AND start_by < holdfast.clock() + interval '1 hour'`, "runs do not begin")
}

// settle waits until every run has ended.
func (d *days) settle() {
	d.t.Helper()
	// As long as some run ends within a minute the rest is waited for.
	const open = `SELECT count(*) FROM holdfast.run WHERE finished_at IS NULL`
	for left := pgtest.Value[int64](d.t, d.url, open); left > 0; {
		d.any().awaitClient(d.url, fmt.Sprintf(`SELECT count(*) < %d FROM holdfast.run WHERE finished_at IS NULL`, left), fmt.Sprintf("%d runs do not end", left))
		left = pgtest.Value[int64](d.t, d.url, open)
	}
}

// judge holds what was recorded against what the schedules say.
func (d *days) judge() {
	d.t.Helper()
	started, missed, other := 0, 0, 0
	for name, cron := range plans {
		s := retention.Schedule{Name: name, Cron: cron, TimeZone: "Europe/Berlin", Enabled: true}.WithDefaults()
		for _, span := range d.spans {
			slots, err := s.Between(span[0], span[1], 10_000)
			if err != nil {
				d.t.Fatal(err)
			}
			for _, slot := range slots {
				switch status := d.judgeSlot(name, slot); status {
				case "started":
					started++
				case "missed":
					missed++
				default:
					other++
				}
			}
		}
	}
	if n := pgtest.Value[int64](d.t, d.url, `SELECT count(*) FROM holdfast.schedule_slot WHERE schedule <> 'nightly'`); int(n) != started+missed {
		d.t.Errorf("%d slots are recorded, want the %d of the schedules", n, started+missed)
	}
	if n := pgtest.Value[int64](d.t, d.url, `SELECT count(*) FROM holdfast.run WHERE schedule IS NOT NULL AND schedule <> 'nightly'`); int(n) != started {
		d.t.Errorf("%d runs for %d slots that started", n, started)
	}
	if n := pgtest.Value[int64](d.t, d.url, `SELECT count(*) FROM holdfast.run WHERE status <> 'succeeded'`); n != 0 {
		d.t.Errorf("%d runs did not succeed: %s", n, pgtest.Value[string](d.t, d.url, `
			SELECT string_agg(concat_ws(' ', r.schedule, r.slot, r.status, 'by', r.start_by, 'began', r.started_at, 'ended', r.finished_at,
				(SELECT string_agg(concat_ws(' ', p.status, p.errors::text), '; ') FROM holdfast.run_policy AS p WHERE p.run_id = r.id)), E'\n')
			FROM holdfast.run AS r WHERE r.status <> 'succeeded'`))
	}
	if started+missed < 200 || missed == 0 || other > 0 {
		d.t.Errorf("%d slots started, %d missed, %d neither; want at least 200 in all, some missed, and no other", started, missed, other)
	}
	d.t.Logf("%d slots started, %d missed, %d kills", started, missed, d.kills+len(d.dark)*len(d.alive))
}

// judgeSlot tells what became of a slot, which must be one thing.
func (d *days) judgeSlot(name string, slot retention.SlotTime) string {
	d.t.Helper()
	const of = ` FROM holdfast.schedule_slot WHERE schedule = '%s' AND local = '%s'`
	q := fmt.Sprintf(of, name, slot.Local)
	status := pgtest.Value[string](d.t, d.url, `SELECT coalesce(string_agg(status, ' '), 'forgotten')`+q)
	runs := pgtest.Value[int64](d.t, d.url, fmt.Sprintf(`SELECT count(*) FROM holdfast.run WHERE schedule = '%s' AND slot = '%s'`, name, slot.At.Format(time.RFC3339)))
	switch {
	case status == "started" && runs == 1:
		return status
	case status == "missed" && runs == 0:
		reason := pgtest.Value[string](d.t, d.url, `SELECT string_agg(reason, ' ')`+q)
		if !d.inDarkness(slot.At) || !strings.Contains(reason, "no Holdfast process was at work between") {
			d.t.Errorf("%s %s was missed, and somebody was at work: %q", name, slot.Local, reason)
		}
		return status
	}
	d.t.Errorf("%s %s: %s with %d runs", name, slot.Local, status, runs)
	return "other"
}

func (d *days) inDarkness(at time.Time) bool {
	for _, dark := range d.dark {
		if at.After(dark[0]) && at.Before(dark[1]) {
			return true
		}
	}
	return false
}

// awaitClient waits until a query of the database answers true.
func (s *service) awaitClient(url, query, why string) {
	s.t.Helper()
	s.await(func() bool { return pgtest.Value[bool](s.t, url, query) }, func() string { return why })
}

// TestSlotThatComesWhileTheStoreIsAwayRunsOnceOrIsMissedWithTheReason takes the store
// away for less than the grace, and then for more.
func TestSlotThatComesWhileTheStoreIsAwayRunsOnceOrIsMissedWithTheReason(t *testing.T) {
	t.Parallel()
	pg := pgtest.StartPrivate(t, nil)
	url := pg.CreateDatabase("app")
	fillLogs(t, url, 10)
	two := []*service{startService(t, url), startService(t, url)}
	clock := shiftClock(t, url)
	two[0].call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	evening := time.Date(2027, 5, 4, 20, 0, 0, 0, time.UTC)
	clock.set(evening)
	two[0].putSchedule("nights", "30 2 * * *", "")
	slot := func(day int) string { return fmt.Sprintf("2027-05-%02d 02:30 Europe/Berlin", day) }
	away := func(until time.Time) {
		// Both have been seen since the clock was set: the reason tells from when.
		two[0].awaitClient(url, `SELECT bool_and(seen_at > holdfast.clock() - interval '1 hour') FROM holdfast.process`, "a process gives no sign of life")
		pg.Kill()
		clock.set(until)
		for _, s := range two {
			s.awaitReady(503)
		}
		pg.Restart()
	}
	recorded := func(day int, status string) string {
		t.Helper()
		two[0].await(func() bool {
			return pgtest.Value[bool](t, url, `SELECT count(*) = 0 FROM holdfast.schedule WHERE next_slot <= holdfast.clock()`)
		},
			func() string { return "the slot stays undecided" })
		got := pgtest.Value[string](t, url, fmt.Sprintf(`SELECT coalesce(string_agg(status, ' '), '') FROM holdfast.schedule_slot WHERE schedule = 'nights' AND local = '%s'`, slot(day)))
		if got != status {
			t.Errorf("%s: got %q, want %s", slot(day), got, status)
		}
		return pgtest.Value[string](t, url, fmt.Sprintf(`SELECT coalesce(string_agg(reason, ' '), '') FROM holdfast.schedule_slot WHERE schedule = 'nights' AND local = '%s'`, slot(day)))
	}
	away(time.Date(2027, 5, 5, 1, 20, 0, 0, time.UTC)) // 50 minutes late, and within the grace
	recorded(5, "started")
	away(time.Date(2027, 5, 6, 2, 40, 0, 0, time.UTC)) // 130 minutes late
	if reason := recorded(6, "missed"); !strings.Contains(reason, "the store could not be reached between 2027-05-05") {
		t.Errorf("reason: got %q, want that the store was away", reason)
	}
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast.run WHERE schedule = 'nights'`); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
}

// TestRunOfAKilledProcessIsTakenOverByAnotherWithin15Seconds measures from the kill to
// the next batch. A lock on the table keeps the run from ending while the other process
// starts, however long that takes.
func TestRunOfAKilledProcessIsTakenOverByAnotherWithin15Seconds(t *testing.T) {
	const rows = 20_000
	url := demoDatabase(t, rows)
	first := startService(t, url)
	first.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	run := first.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)
	batches := func() int64 { return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`) }
	first.await(func() bool { return batches() > 0 }, func() string { return "no batch was committed" })
	release := lockTable(t, url, "public.logs")
	second := startService(t, url)
	seen := batches()
	if seen == rows/200 {
		t.Fatal("the run was over before the table was locked")
	}
	first.kill()
	killed := time.Now()
	release()
	second.await(func() bool { return batches() > seen }, func() string { return "nobody took the run over" })
	if took := time.Since(killed); took > 15*time.Second {
		t.Errorf("it was taken over after %v, want 15 s at most", took)
	} else {
		t.Logf("taken over after %v", took)
	}
	second.awaitRun(run, rows, 0)
}

// lockTable keeps everybody from changing a table until what it returns is called.
func lockTable(t *testing.T, url, table string) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	release = func() { _ = conn.Close(context.WithoutCancel(t.Context())) }
	t.Cleanup(release)
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE "+table+" IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	return release
}

// TestScheduledRunOfATerminatedProcessIsHandedOn sends SIGTERM in mid-run: the process
// leaves within ten seconds, and the other one carries the run on.
func TestScheduledRunOfATerminatedProcessIsHandedOn(t *testing.T) {
	const rows = 20_000
	url := demoDatabase(t, rows)
	first := startService(t, url)
	clock := shiftClock(t, url)
	first.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	clock.set(time.Date(2027, 5, 4, 20, 0, 0, 0, time.UTC))
	first.putSchedule("nights", "30 2 * * *", "")
	clock.set(time.Date(2027, 5, 5, 0, 30, 1, 0, time.UTC))
	batches := func() int64 { return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`) }
	first.await(func() bool { return batches() > 0 }, func() string { return "the slot started nothing" })
	second := startService(t, url)
	began := time.Now()
	if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := first.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to leave", took)
	}
	run := pgtest.Value[string](t, url, `SELECT run_id::text FROM holdfast.schedule_slot WHERE schedule = 'nights'`)
	second.awaitRun(run, rows, 0)
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast.run`); n != 1 {
		t.Errorf("%d runs, want the one", n)
	}
}

// TestNightlyIsMadeOnceAndNeverChanged starts with a zone, lets a person change the
// schedule, and starts with another zone.
func TestNightlyIsMadeOnceAndNeverChanged(t *testing.T) {
	t.Parallel()
	url := demoDatabase(t, 1)
	s := startService(t, url, "HOLDFAST_TIME_ZONE=America/New_York")
	made := s.call("GET", "/api/v1/schedules/nightly", "", "", 200)
	if made["cron"] != "0 3 * * *" || made["time_zone"] != "America/New_York" || made["misfire_grace"] != "PT1H" || made["enabled"] != true || made["created_by"] != "system" {
		t.Errorf("got %v", made)
	}
	s.putSchedule("nightly", "0 4 * * *", `,"enabled":false`)
	s.kill()
	s = startService(t, url, "HOLDFAST_TIME_ZONE=Asia/Tokyo")
	kept := s.call("GET", "/api/v1/schedules/nightly", "", "", 200)
	if kept["cron"] != "0 4 * * *" || kept["time_zone"] != "Europe/Berlin" || kept["enabled"] != false || kept["version"] != 2.0 {
		t.Errorf("after another start: got %v", kept)
	}
}
