package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/pgtest"
)

// leaves sends SIGTERM and answers how long the service took to end, and with what.
func (s *service) leaves() (time.Duration, error) {
	s.t.Helper()
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	// One that does not end at all is killed, which is an answer too.
	defer time.AfterFunc(30*time.Second, func() { _ = s.cmd.Process.Kill() }).Stop()
	err := s.cmd.Wait()
	return time.Since(began), err
}

// TestServiceLeavesInTimeWhileItsDatabaseHangs freezes PostgreSQL, which refuses nothing
// and answers nothing, and sends SIGTERM: idle, and with a batch in hand. A run that was
// cut off is taken up again, and nothing of it is lost.
func TestServiceLeavesInTimeWhileItsDatabaseHangs(t *testing.T) {
	for name, rows := range map[string]int{"idle": 0, "with a run in hand": 20_000} {
		t.Run(name, func(t *testing.T) {
			pg := pgtest.StartPrivate(t, nil)
			url := pg.CreateDatabase("app")
			fillLogs(t, url, rows)
			s := startService(t, url)
			s.call("POST", "/api/v1/policies", jsonType, tellingLogs, 201)
			run := s.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)
			if rows == 0 {
				s.awaitRun(run, 0, 0)
			} else {
				s.await(func() bool { return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`) > 0 },
					func() string { return "no batch was committed" })
			}
			pg.Freeze()
			took, err := s.leaves()
			if took > 10*time.Second {
				t.Errorf("it took %v to leave, want 10 s at most", took)
			}
			if err == nil || !strings.Contains(s.out.String(), "does not answer") {
				t.Errorf("it ended with %v, want an error and a line that says why:\n%s", err, s.out.String())
			}
			pg.Thaw()
			s = startService(t, url)
			s.awaitRun(run, rows, 0)
			s.awaitEvents(url, int64(rows))
		})
	}
}
