package target

import (
	"context"

	"holdfast/retention"
)

// nameHolders adds to a lock time-out who has the step's tables locked as a whole,
// so that somebody can be asked. Where only rows are locked nobody is named: the
// next step leaves those out.
func (d *disposition) nameHolders(ctx context.Context, err error) error {
	if d.planned == nil {
		return err
	}
	var by string
	// The modes that conflict with a batch's ROW EXCLUSIVE. What cannot be found out
	// is left out: the time-out itself is what counts.
	qerr := d.conn.QueryRow(ctx, `
		SELECT coalesce(string_agg(DISTINCT coalesce(nullif(a.application_name, ''), 'a session') || ' (process ' || l.pid || ')', ', '), '')
		FROM pg_catalog.pg_locks l
		LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'relation' AND l.granted AND l.relation = ANY ($1::oid[])
		  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
		  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`, d.planned.oids).Scan(&by)
	if qerr != nil || by == "" {
		return err
	}
	return &retention.LockedError{By: by, Err: err}
}
