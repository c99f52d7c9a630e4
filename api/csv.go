package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/retention"
)

// csvRuns writes one row per run and policy, by RFC 4180; of one policy alone where one is
// named.
type csvRuns struct {
	out    *csv.Writer
	policy string
}

func newCSVRuns(w io.Writer, policy string) csvRuns { return csvRuns{csv.NewWriter(w), policy} }

// csvBefore and csvAfter are the columns around one column per reason for which rows
// are skipped.
var (
	csvBefore = []string{
		"run", "trigger", "requested_by", "schedule", "slot", "dry_run", "pace", "run_status", "as_of", "created_at", "run_started_at", "run_finished_at",
		"total_processed", "total_held", "total_errors",
		"policy", "version", "action", "table", "sentence", "cutoff", "status", "processed", "held", "blocked",
	}
	csvAfter = []string{"null_timestamps", "infinite_timestamps", "batches", "started_at", "finished_at", "duration_seconds", "errors", "blocked_by", "effects", "would_process", "ceiling", "approved", "approved_by", "approved_at"}
)

func (c csvRuns) begin() error {
	var skipped []string
	for _, reason := range retention.SkippedReasons() {
		skipped = append(skipped, "skipped_"+reason)
	}
	return c.out.Write(slices.Concat(csvBefore, skipped, csvAfter))
}

func (c csvRuns) run(r retention.Run) error {
	for _, p := range r.Policies {
		if c.policy != "" && p.Policy != c.policy {
			continue
		}
		if err := c.out.Write(csvRow(r, p)); err != nil {
			return err
		}
	}
	return nil
}

func (c csvRuns) end() error {
	c.out.Flush()
	return c.out.Error()
}

func csvRow(r retention.Run, p retention.PolicyResult) []string {
	row := []string{
		r.ID, string(r.Trigger), text(r.RequestedBy), text(r.Schedule), moment(r.Slot), strconv.FormatBool(r.DryRun), string(r.Pace), string(r.Status), moment(r.AsOf),
		moment(&r.CreatedAt), moment(r.StartedAt), moment(r.FinishedAt), num(r.TotalProcessed), num(r.TotalHeld), num(r.TotalErrors),
		text(p.Policy), strconv.Itoa(p.Version), string(p.Action), text(p.Table.String()), text(p.Sentence), moment(p.Cutoff), string(p.Status),
		num(p.Processed), num(p.Held), num(p.Blocked),
	}
	for _, reason := range retention.SkippedReasons() {
		row = append(row, num(p.Skipped[reason]))
	}
	return append(row,
		numOrEmpty(p.NullTimestamps), numOrEmpty(p.InfiniteTimestamps), num(p.Batches), moment(p.StartedAt), moment(p.FinishedAt),
		strconv.FormatFloat(p.DurationSeconds, 'f', 3, 64), text(strings.Join(p.Errors, "\n")),
		text(byTable(p.BlockedBy, num)), text(byTable(p.Effects, func(e retention.TableEffect) string {
			return fmt.Sprintf("%d inserted, %d updated, %d deleted", e.Inserted, e.Updated, e.Deleted)
		})), beltCell(p, func(b *retention.Belt) *int64 { return &b.WouldProcess }), beltCell(p, func(b *retention.Belt) *int64 { return &b.Ceiling }),
		beltCell(p, func(b *retention.Belt) *int64 { return b.Approved }), text(r.ApprovedBy), moment(r.ApprovedAt))
}

// beltCell is a figure of the policy's ceiling; empty where it has none.
func beltCell(p retention.PolicyResult, of func(*retention.Belt) *int64) string {
	if p.Belt == nil || of(p.Belt) == nil {
		return ""
	}
	return num(*of(p.Belt))
}

// byTable is one line a table.
func byTable[T any](in map[string]T, say func(T) string) string {
	var lines []string
	for _, table := range slices.Sorted(maps.Keys(in)) {
		lines = append(lines, table+": "+say(in[table]))
	}
	return strings.Join(lines, "\n")
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// numOrEmpty is a number that may not have been counted: an empty cell, no zero.
func numOrEmpty(n int64) string {
	if n == retention.NotCounted {
		return ""
	}
	return num(n)
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// text is a cell that people or databases have written. A spreadsheet would run one
// that begins like a formula; behind an apostrophe it is text (OWASP, CSV injection).
func text(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
