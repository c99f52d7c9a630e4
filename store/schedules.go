package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const scheduleColumns = `s.name, s.cron, s.time_zone, s.policies, s.misfire_grace, s.enabled, s.version, s.created_by, s.created_at,
			s.owed_since, s.considered_until, s.next_slot`

func scanSchedule(row pgx.CollectableRow) (s retention.Schedule, err error) {
	var grace string
	err = row.Scan(&s.Name, &s.Cron, &s.TimeZone, &s.Policies, &grace, &s.Enabled, &s.Version, &s.CreatedBy, &s.CreatedAt,
		&s.OwedSince, &s.ConsideredUntil, &s.NextSlot)
	if err != nil {
		return s, err
	}
	if s.MisfireGrace, err = retention.ParsePeriod(grace); err != nil {
		return s, fmt.Errorf("schedule %s as kept: %w", s.Name, err)
	}
	return s, nil
}

// Schedules lists schedules by name.
func (s *Store) Schedules(ctx context.Context, p retention.Page) ([]retention.Schedule, string, error) {
	limit, after, err := readPage(p, cursor{List: "schedules"})
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+scheduleColumns+`
		FROM holdfast.schedule AS s
		WHERE s.name > $1
		ORDER BY s.name
		LIMIT $2`, after.ID, limit+1)
	if err != nil {
		return nil, "", fail("list schedules", err)
	}
	list, err := pgx.CollectRows(rows, scanSchedule)
	if err != nil {
		return nil, "", fail("list schedules", err)
	}
	list, next := cut(list, limit, func(x retention.Schedule) cursor { return cursor{List: "schedules", ID: x.Name} })
	return list, next, nil
}

// Schedule is one schedule.
func (s *Store) Schedule(ctx context.Context, name string) (retention.Schedule, error) {
	x, err := loadSchedule(ctx, s.pool, name, "")
	return x, fail("read schedule "+name, err)
}

func loadSchedule(ctx context.Context, q querier, name, lock string) (retention.Schedule, error) {
	rows, err := q.Query(ctx, `
		SELECT `+scheduleColumns+`
		FROM holdfast.schedule AS s
		WHERE s.name = $1
		`+lock, name)
	if err != nil {
		return retention.Schedule{}, err
	}
	x, err := pgx.CollectExactlyOneRow(rows, scanSchedule)
	return x, absent(err, "there is no schedule %q", name)
}

// DueSchedules are the enabled schedules whose next slot has come, the one that waits
// longest first. It is what every process asks every second, and reads one small index.
func (s *Store) DueSchedules(ctx context.Context) ([]retention.Schedule, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+scheduleColumns+`
		FROM holdfast.schedule AS s
		WHERE s.next_slot <= (SELECT holdfast.clock())
		ORDER BY s.next_slot, s.name`)
	if err != nil {
		return nil, fail("look for schedules that are due", err)
	}
	list, err := pgx.CollectRows(rows, scanSchedule)
	return list, fail("look for schedules that are due", err)
}

// SaveSchedule writes the next version. expect is the version that it replaces, 0 if
// the schedule must be new: ErrConflict if it exists after all; another version than
// expected is ErrStale. From now on it owes its slots, none from before; what the
// former version still owes must be decided first, else the answer is ErrSlotsOwed.
func (s *Store) SaveSchedule(ctx context.Context, x retention.Schedule, expect int, by retention.By) (retention.Schedule, error) {
	var saved retention.Schedule
	err := s.write(ctx, "save schedule "+x.Name, func(tx pgx.Tx) error {
		// Who creates the same name at once waits for this one at the primary key.
		before, err := loadSchedule(ctx, tx, x.Name, forUpdate)
		if err != nil && !errors.Is(err, retention.ErrNotFound) {
			return err
		}
		// The clock is read after the lock: what the former holder decided is before it.
		now, err := clock(ctx, tx)
		if err != nil {
			return err
		}
		if err := checkReplaced(x.Name, before, expect, now); err != nil {
			return err
		}
		if err := upsertSchedule(ctx, tx, x, before.Version, now, by); err != nil {
			return err
		}
		if saved, err = loadSchedule(ctx, tx, x.Name, ""); err != nil {
			return err
		}
		if before.Version == 0 {
			return addAudit(ctx, tx, by, "schedule/"+x.Name, nil, saved)
		}
		return addAudit(ctx, tx, by, "schedule/"+x.Name, before, saved)
	})
	return saved, err
}

func clock(ctx context.Context, q querier) (now time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&now)
	return now, err
}

func checkReplaced(name string, before retention.Schedule, expect int, now time.Time) error {
	switch {
	case before.Version != 0 && expect == 0:
		return retention.Conflictf("schedule %q exists already (version %d)", name, before.Version)
	case before.Version != expect:
		return fmt.Errorf("%w: schedule %q is at version %d now", retention.ErrStale, name, before.Version)
	case before.NextSlot != nil && !before.NextSlot.After(now):
		return retention.ErrSlotsOwed
	}
	return nil
}

// upsertSchedule writes a version. It begins to owe slots now.
func upsertSchedule(ctx context.Context, tx pgx.Tx, x retention.Schedule, former int, now time.Time, by retention.By) error {
	var next *time.Time
	if x.Enabled {
		slot, err := x.Next(now)
		if err != nil {
			return err
		}
		next = &slot.At
	}
	if x.Policies == nil {
		x.Policies = []string{}
	}
	args := []any{x.Name, x.Cron, x.TimeZone, x.Policies, x.MisfireGrace.String(), x.Enabled, former + 1, by.Actor.Name, now, next}
	if former == 0 {
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.schedule
				(name, cron, time_zone, policies, misfire_grace, enabled, version, created_by, created_at,
				 owed_since, considered_until, next_slot)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $10)`, args...)
		if violates(err, "schedule_pkey") {
			return retention.Conflictf("schedule %q exists already", x.Name)
		}
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.schedule
		SET cron = $2, time_zone = $3, policies = $4, misfire_grace = $5, enabled = $6, version = $7,
		    created_by = $8, created_at = $9, owed_since = $9, considered_until = $9, next_slot = $10
		WHERE name = $1`, args...)
	return err
}

// ClaimSlots decides slots of a schedule and starts their runs, all in one
// transaction: of any number of processes that have seen the same, one does, and the
// others get ErrConflict. So a slot starts exactly once, and its run's job is in the
// queue if and only if the slot is decided.
func (s *Store) ClaimSlots(ctx context.Context, c retention.SlotClaim, by retention.By) ([]retention.Run, error) {
	var runs []retention.Run
	err := s.write(ctx, "claim slots of schedule "+c.Schedule, func(tx pgx.Tx) error {
		runs = nil
		x, err := loadSchedule(ctx, tx, c.Schedule, forUpdate)
		if err != nil {
			return err
		}
		if x.Version != c.Version || !x.ConsideredUntil.Equal(c.ConsideredUntil) || x.NextSlot == nil {
			return retention.Conflictf("another process was faster with schedule %s", c.Schedule)
		}
		known, err := decidedLocals(ctx, tx, c)
		if err != nil {
			return err
		}
		var kept slotRows
		missed, owed := 0, x.OwedSince
		for _, d := range c.Decisions {
			if known[d.Local] {
				continue // decided before, under another expression: it is left as it is
			}
			known[d.Local] = true
			status, r, err := s.decideSlot(ctx, tx, c.Schedule, d, by)
			if err != nil {
				return err
			}
			kept.add(d, status, r)
			switch status {
			case retention.SlotStarted:
				runs = append(runs, *r)
			case retention.SlotSkipped:
				owed = d.At // until then there was nothing to be late with
			case retention.SlotMissed:
				missed++
			}
		}
		if err := kept.insert(ctx, tx, c.Schedule); err != nil {
			return err
		}
		return moveOn(ctx, tx, x, c.Decisions, missed, owed)
	})
	return runs, err
}

// decidedLocals are the local slots of the claim that were decided before.
func decidedLocals(ctx context.Context, tx pgx.Tx, c retention.SlotClaim) (map[string]bool, error) {
	locals := make([]string, len(c.Decisions))
	for i, d := range c.Decisions {
		locals[i] = d.Local
	}
	rows, err := tx.Query(ctx, `
		SELECT local FROM holdfast.schedule_slot WHERE schedule = $1 AND local = ANY ($2)`, c.Schedule, locals)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	known := make(map[string]bool, len(locals))
	for _, local := range found {
		known[local] = true
	}
	return known, err
}

// decideSlot says what becomes of a slot, and makes its run.
func (s *Store) decideSlot(ctx context.Context, tx pgx.Tx, schedule string, d retention.SlotDecision, by retention.By) (retention.SlotStatus, *retention.Run, error) {
	switch {
	case d.Run != nil:
		r := *d.Run
		r.Trigger, r.Schedule, r.Slot, r.StartBy = retention.TriggerSchedule, schedule, &d.At, &d.StartBy
		created, err := s.createRun(ctx, tx, r, by)
		return retention.SlotStarted, &created, err
	case d.Skipped:
		return retention.SlotSkipped, nil, nil
	}
	return retention.SlotMissed, nil, nil
}

// slotRows are decided slots, column by column: after an outage there are hundreds of
// them in one transaction, and they are kept by one statement.
type slotRows struct {
	locals, statuses, reasons []string
	slots                     []time.Time
	runs                      []*string
}

func (r *slotRows) add(d retention.SlotDecision, status retention.SlotStatus, run *retention.Run) {
	var id *string
	if run != nil {
		id = &run.ID
	}
	r.locals, r.statuses, r.reasons = append(r.locals, d.Local), append(r.statuses, string(status)), append(r.reasons, d.Reason)
	r.slots, r.runs = append(r.slots, d.At), append(r.runs, id)
}

func (r *slotRows) insert(ctx context.Context, tx pgx.Tx, schedule string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO holdfast.schedule_slot (schedule, local, slot, status, run_id, reason, decided_at)
		SELECT $1, local, slot, status, run_id::uuid, reason, holdfast.clock()
		FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[]) AS d(local, slot, status, run_id, reason)`,
		schedule, r.locals, r.slots, r.statuses, r.runs, r.reasons)
	return err
}

// moveOn notes that every slot up to the last decision is decided.
func moveOn(ctx context.Context, tx pgx.Tx, x retention.Schedule, decisions []retention.SlotDecision, missed int, owed time.Time) error {
	if len(decisions) == 0 {
		return nil
	}
	until := decisions[len(decisions)-1].At
	next, err := x.Next(until)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.schedule
		SET considered_until = $2, next_slot = $3, missed_total = missed_total + $4, owed_since = $5
		WHERE name = $1`, x.Name, until, next.At, missed, owed)
	return err
}

// Slots lists what became of a schedule's slots, newest first.
func (s *Store) Slots(ctx context.Context, schedule string, p retention.Page) ([]retention.Slot, string, error) {
	limit, after, err := readPage(p, cursor{List: "slots", At: afterAllTime})
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT s.schedule, s.local, s.slot, CASE WHEN l.reason IS NULL THEN s.status ELSE 'missed' END,
		       coalesce(s.run_id::text, ''), coalesce(l.reason, s.reason), coalesce(l.recorded_at, s.decided_at)
		FROM holdfast.schedule_slot AS s
		LEFT JOIN holdfast.schedule_slot_late AS l USING (schedule, local)
		WHERE s.schedule = $1
		  AND (s.slot, s.local) < ($2, $3)
		ORDER BY s.slot DESC, s.local DESC
		LIMIT $4`, schedule, after.time(), after.ID, limit+1)
	if err != nil {
		return nil, "", fail("list slots of schedule "+schedule, err)
	}
	slots, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x retention.Slot, err error) {
		err = row.Scan(&x.Schedule, &x.Local, &x.At, &x.Status, &x.RunID, &x.Reason, &x.DecidedAt)
		return x, err
	})
	if err != nil {
		return nil, "", fail("list slots of schedule "+schedule, err)
	}
	slots, next := cut(slots, limit, func(x retention.Slot) cursor { return momentOf("slots", x.At, x.Local) })
	return slots, next, nil
}

// ScheduleStates says how schedules fare, by name; names empty means all of them. Its
// figures come from indexes and counters, so that gauges can be made of it.
func (s *Store) ScheduleStates(ctx context.Context, names ...string) ([]retention.ScheduleState, error) {
	var states []retention.ScheduleState
	err := s.read(ctx, "read how schedules fare", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+scheduleColumns+`, s.missed_total, week.missed + late.missed, success.at, coalesce(last.id::text, '')
			FROM holdfast.schedule AS s
			CROSS JOIN LATERAL (
				SELECT count(*) AS missed
				FROM holdfast.schedule_slot AS m
				WHERE m.schedule = s.name AND m.status = 'missed'
				  AND m.slot > (SELECT holdfast.clock()) - interval '7 days') AS week
			CROSS JOIN LATERAL (
				SELECT count(*) AS missed
				FROM holdfast.schedule_slot_late AS m
				WHERE m.schedule = s.name
				  AND m.slot > (SELECT holdfast.clock()) - interval '7 days') AS late
			CROSS JOIN LATERAL (
				SELECT max(r.finished_at) AS at
				FROM holdfast.run AS r
				WHERE r.schedule = s.name AND r.status = 'succeeded') AS success
			LEFT JOIN LATERAL (
				SELECT r.id
				FROM holdfast.run AS r
				WHERE r.schedule = s.name
				ORDER BY r.created_at DESC, r.id DESC
				LIMIT 1) AS last ON true
			WHERE cardinality($1::text[]) = 0 OR s.name = ANY ($1)
			ORDER BY s.name`, texts(names))
		if err != nil {
			return err
		}
		var ids []string
		states, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (retention.ScheduleState, error) {
			st, id, err := scanState(row)
			ids = append(ids, id)
			return st, err
		})
		if err != nil {
			return err
		}
		return fillLastRuns(ctx, tx, states, ids)
	})
	return states, err
}

func scanState(row pgx.CollectableRow) (st retention.ScheduleState, lastRun string, err error) {
	var grace string
	x := &st.Schedule
	err = row.Scan(&x.Name, &x.Cron, &x.TimeZone, &x.Policies, &grace, &x.Enabled, &x.Version, &x.CreatedBy, &x.CreatedAt,
		&x.OwedSince, &x.ConsideredUntil, &x.NextSlot, &st.MissedTotal, &st.MissedWeek, &st.LastSuccess, &lastRun)
	if err == nil {
		x.MisfireGrace, err = retention.ParsePeriod(grace)
	}
	return st, lastRun, err
}

// fillLastRuns reads the last runs; an empty id stands for none.
func fillLastRuns(ctx context.Context, q querier, states []retention.ScheduleState, ids []string) error {
	for i, id := range ids {
		if id == "" {
			continue
		}
		r, err := loadRun(ctx, q, id, "")
		if err != nil {
			return err
		}
		states[i].LastRun = &r
	}
	return nil
}
