package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const exemptionColumns = `table_schema, table_name, reason, created_by, created_at`

func scanExemption(row pgx.CollectableRow) (x retention.Exemption, err error) {
	err = row.Scan(&x.Table.Schema, &x.Table.Name, &x.Reason, &x.By, &x.At)
	return x, err
}

// Exemptions are the tables that need no policy, by name.
func (s *Store) Exemptions(ctx context.Context) ([]retention.Exemption, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+exemptionColumns+` FROM holdfast.exemption ORDER BY table_schema, table_name`)
	if err != nil {
		return nil, fail("list exemptions", err)
	}
	list, err := pgx.CollectRows(rows, scanExemption)
	return list, fail("list exemptions", err)
}

func loadExemption(ctx context.Context, tx pgx.Tx, t retention.TableName) (retention.Exemption, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+exemptionColumns+`
		FROM holdfast.exemption
		WHERE (table_schema, table_name) = ($1, $2)
		FOR UPDATE`, t.Schema, t.Name)
	if err != nil {
		return retention.Exemption{}, err
	}
	x, err := pgx.CollectExactlyOneRow(rows, scanExemption)
	return x, absent(err, "%s is not exempt", t)
}

// SaveExemption exempts a table, or gives its exemption another reason. The same reason
// again changes nothing.
func (s *Store) SaveExemption(ctx context.Context, x retention.Exemption, by retention.By) (retention.Exemption, error) {
	var saved retention.Exemption
	err := s.write(ctx, "exempt "+x.Table.String(), func(tx pgx.Tx) error {
		// Two at once would not see each other's row.
		if err := lockFor(ctx, tx, lockExemptions); err != nil {
			return err
		}
		var was any
		before, err := loadExemption(ctx, tx, x.Table)
		switch {
		case err == nil && before.Reason == x.Reason:
			saved = before
			return nil
		case err == nil:
			was = before
		case !errors.Is(err, retention.ErrNotFound):
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO holdfast.exemption (`+exemptionColumns+`)
			VALUES ($1, $2, $3, $4, holdfast.clock())
			ON CONFLICT (table_schema, table_name) DO UPDATE
			SET reason = excluded.reason, created_by = excluded.created_by, created_at = excluded.created_at`,
			x.Table.Schema, x.Table.Name, x.Reason, by.Actor.Name)
		if err != nil {
			return err
		}
		if saved, err = loadExemption(ctx, tx, x.Table); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "table/"+x.Table.String(), was, saved)
	})
	return saved, err
}

// EndExemption asks for a policy on the table again.
func (s *Store) EndExemption(ctx context.Context, t retention.TableName, by retention.By) error {
	return s.write(ctx, "end the exemption of "+t.String(), func(tx pgx.Tx) error {
		before, err := loadExemption(ctx, tx, t)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM holdfast.exemption WHERE (table_schema, table_name) = ($1, $2)`, t.Schema, t.Name); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "table/"+t.String(), before, nil)
	})
}

// ClaimSurvey gives the caller the survey of today (UTC), for lease; false if it is there
// already, or while somebody makes it.
func (s *Store) ClaimSurvey(ctx context.Context, lease time.Duration) (bool, error) {
	var claimed bool
	err := s.write(ctx, "claim the survey of the day", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO holdfast.survey AS s (day, claimed_until)
			VALUES ((holdfast.clock() AT TIME ZONE 'UTC')::date, holdfast.clock() + make_interval(secs => $1))
			ON CONFLICT (day) DO UPDATE
			SET claimed_until = excluded.claimed_until
			WHERE s.taken_at IS NULL AND s.claimed_until <= holdfast.clock()`, lease.Seconds())
		claimed = tag.RowsAffected() == 1
		return err
	})
	return claimed && err == nil, err
}

// AbandonSurvey gives the claim of today back.
func (s *Store) AbandonSurvey(ctx context.Context) error {
	return s.write(ctx, "abandon the survey of the day", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM holdfast.survey WHERE taken_at IS NULL`)
		return err
	})
}

// surveysKept is how many days a survey is kept.
const surveysKept = 30

// SaveSurvey keeps the survey of the day on which it was made, and lets go of old ones.
func (s *Store) SaveSurvey(ctx context.Context, c retention.Coverage) error {
	doc, err := json.Marshal(c.Tables)
	if err != nil {
		return err
	}
	return s.write(ctx, "keep the survey of the day", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.survey (day, taken_at, tables)
			VALUES ((holdfast.clock() AT TIME ZONE 'UTC')::date, holdfast.clock(), $1)
			ON CONFLICT (day) DO UPDATE
			SET taken_at = excluded.taken_at, tables = excluded.tables, claimed_until = NULL`, doc)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM holdfast.survey WHERE day < (holdfast.clock() AT TIME ZONE 'UTC')::date - $1::integer`, surveysKept)
		return err
	})
}

// Surveys are the last survey and the last one of a day before today (UTC), which may be
// the same; nil where there is none.
func (s *Store) Surveys(ctx context.Context) (last, earlier *retention.Coverage, err error) {
	rows, err := s.pool.Query(ctx, `
		SELECT taken_at, tables, day < (holdfast.clock() AT TIME ZONE 'UTC')::date
		FROM holdfast.survey
		WHERE taken_at IS NOT NULL
		ORDER BY day DESC
		LIMIT 2`)
	if err != nil {
		return nil, nil, fail("read the surveys", err)
	}
	type survey struct {
		at    time.Time
		doc   []byte
		older bool
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v survey, err error) {
		err = row.Scan(&v.at, &v.doc, &v.older)
		return v, err
	})
	if err != nil {
		return nil, nil, fail("read the surveys", err)
	}
	for _, v := range list {
		c := &retention.Coverage{At: v.at}
		if err := json.Unmarshal(v.doc, &c.Tables); err != nil {
			return nil, nil, fail("read a survey", err)
		}
		if last == nil {
			last = c
		}
		if v.older && earlier == nil {
			earlier = c
		}
	}
	return last, earlier, nil
}
