package engine_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// TestARunIntoAFullDiskKeepsItsEvidenceAndTheNextOneCompletes has an archive on a file system
// that fills up in mid-run. Nothing is pretended: the server meets ENOSPC.
func TestARunIntoAFullDiskKeepsItsEvidenceAndTheNextOneCompletes(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	disk := newSmallDisk(t, h)
	const rows = 4000
	h.exec(oldRows("full", rows, true)...)
	h.exec(oldRows("good", 100, true)...)
	// A kilobyte a row that TOAST cannot compress.
	h.exec(`UPDATE public.full SET name = (SELECT string_agg(md5(id::text || i::text), '') FROM generate_series(1, 32) AS i) WHERE id > 0`,
		`CREATE TABLE public.full_archive (LIKE public.full, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer) TABLESPACE `+disk.space)
	p := policyOn("full", 90)
	p.Action, p.BatchSize = retention.ActionArchive, 200
	h.mustPolicy(p)
	h.mustPolicy(policyOn("good", 90))

	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunPartial {
		t.Fatalf("the run ended as %s, want partial: %+v", run.Status, run.Policies)
	}
	check := func(run retention.Run, total int64) int64 {
		t.Helper()
		archived := h.count(`SELECT count(*) FROM public.full_archive`)
		left := h.count(`SELECT count(*) FROM public.full WHERE id > 0`)
		journal := h.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal WHERE policy = 'p_full'`)
		if archived+left != rows || journal != archived || result(run, "p_full").Processed != archived-total {
			t.Errorf("%d rows are archived and %d left of %d; the journal has %d, the result %d", archived, left, rows, journal, result(run, "p_full").Processed)
		}
		return archived
	}
	full := result(run, "p_full")
	if full.Status != retention.RunFailed || len(full.Errors) != 1 || !strings.Contains(full.Errors[0], "No space left on device") {
		t.Errorf("the policy whose archive is on the full disk: %+v, want it failed with what the server says", full)
	}
	if good := result(run, "p_good"); good.Status != retention.RunSucceeded || good.Processed != 100 {
		t.Errorf("the other policy: %+v, want it to have gone through", good)
	}
	archived := check(run, 0)
	if archived == 0 || archived == rows {
		t.Fatalf("%d rows of %d are archived, want that the disk filled up in mid-run", archived, rows)
	}

	disk.grow()
	run = h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunSucceeded || check(run, archived) != rows {
		t.Errorf("with room on the disk the next run ended as %s, want that it completes: %+v", run.Status, run.Policies)
	}
}

func result(run retention.Run, policy string) retention.PolicyResult {
	for _, p := range run.Policies {
		if p.Policy == policy {
			return p
		}
	}
	return retention.PolicyResult{}
}

// smallDisk is a file system of its own with a tablespace on it.
type smallDisk struct {
	t          *testing.T
	dir, space string
}

// newSmallDisk mounts 2 MiB of memory, which only root may: others skip the test.
func newSmallDisk(t *testing.T, h *house) *smallDisk {
	t.Helper()
	// Not under t.TempDir: the server's account must reach it.
	dir, err := os.MkdirTemp("", "holdfast-full-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a file system that can fill up needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	data, err := os.Stat(pgtest.Value[string](t, h.url, `SHOW data_directory`))
	if err != nil {
		t.Fatal(err)
	}
	owner := data.Sys().(*syscall.Stat_t)
	if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	d := &smallDisk{t: t, dir: dir, space: "full_disk_" + pgtest.Value[string](t, h.url, `SELECT oid::text FROM pg_database WHERE datname = current_database()`)}
	h.exec(`CREATE TABLESPACE ` + d.space + ` LOCATION '` + dir + `'`)
	t.Cleanup(func() { d.drop(h.url) })
	return d
}

func (d *smallDisk) grow() {
	d.t.Helper()
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		d.t.Fatal(err)
	}
}

// drop works after the test's context has ended.
func (d *smallDisk) drop(url string) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		d.t.Error(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, sql := range []string{`DROP TABLE IF EXISTS public.full_archive`, `DROP TABLESPACE ` + d.space} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			d.t.Errorf("%s: %v", sql, err)
		}
	}
}
