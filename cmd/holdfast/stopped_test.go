package main

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/pgtest"
)

// TestAHoldIsPlacedThoughAWorkerIsStoppedThatHasTheGuard: SIGSTOP leaves its session in the
// middle of a batch, with the lock that says that no hold comes into force.
func TestAHoldIsPlacedThoughAWorkerIsStoppedThatHasTheGuard(t *testing.T) {
	t.Parallel()
	// A second is what was promised; this machine may have other tests to do.
	const rows, most = 4000, 3 * time.Second
	url := demoDatabase(t, rows)
	pgtest.Exec(t, url, `CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END $$`,
		`CREATE TRIGGER dawdle BEFORE DELETE ON public.logs FOR EACH STATEMENT EXECUTE FUNCTION public.dawdle()`)
	worker := startService(t, url)
	worker.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	run := worker.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)
	count := func(sql string) int64 { return pgtest.Value[int64](t, url, sql) }
	worker.await(func() bool { return count(`SELECT count(*) FROM holdfast_guard.journal`) > 0 }, func() string { return "no batch was committed" })
	other := startService(t, url)

	const holders = `FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.locktype = 'advisory' AND l.mode = 'ShareLock' AND l.granted AND l.objsubid = 2 AND a.datname = current_database()`
	stopped := false
	other.await(func() bool {
		if count(`SELECT count(*) `+holders) == 0 {
			return false
		}
		sendTo(t, worker, syscall.SIGSTOP)
		// What it had asked for goes on until that is answered.
		other.await(func() bool { return count(`SELECT count(*) `+holders+` AND a.state = 'active'`) == 0 }, func() string { return "a batch goes on" })
		if stopped = count(`SELECT count(*) `+holders+` AND a.state LIKE 'idle in transaction%'`) > 0; !stopped {
			sendTo(t, worker, syscall.SIGCONT)
		}
		return stopped
	}, func() string { return "the worker was never stopped in a batch" })

	id := pgtest.Value[int64](t, url, `SELECT max(id) FROM public.logs`)
	began := time.Now()
	other.call("POST", "/api/v1/holds", jsonType, fmt.Sprintf(`{"matter":"Test v. Test","reason":"a test","scope":[{"table":"public.logs","record_ids":["%d"]}]}`, id), 201)
	took := time.Since(began)
	t.Logf("in force after %s", took.Round(time.Millisecond))
	if took > most {
		t.Errorf("the hold was in force after %s, want %s at most", took, most)
	}
	sendTo(t, worker, syscall.SIGCONT)
	pgtest.Exec(t, url, `DROP TRIGGER dawdle ON public.logs`)
	other.await(func() bool { return other.call("GET", "/api/v1/runs/"+run, "", "", 200)["finished_at"] != nil }, func() string { return "the run does not end" })
	if n := count(`SELECT count(*) FROM public.logs`); n != 1 {
		t.Errorf("%d rows are left, want the held one", n)
	}
}

func sendTo(t *testing.T, s *service, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}
