// Package condition owns the grammar of conditions: what a policy or a hold may
// say about the columns of its own table, as an SQL boolean expression of the
// kind people know (status = 'abandoned' AND resolved_at IS NOT NULL).
//
// [Parse] reads exactly what is allowed and refuses everything else; the syntax
// tree, never the text, prints the SQL ([Condition.SQL]) and the canonical form
// that people read ([Condition.String]).
//
// It does not own types. Before a condition is saved, engine/target
//
//   - looks up every name of [Condition.Columns] among the table's columns.
//     This comes first: where there is no such column, PostgreSQL reads
//     alias."name" as the call of a function name(alias) of the row;
//   - lets the server PREPARE the printed SQL, which settles types;
//   - lets the server judge volatility, which depends on types: date_trunc,
//     date_part, extract, comparisons and casts between timestamptz and the
//     zoneless types are STABLE (they ask the session's time zone). A generated
//     column over the condition in an empty copy of the table, in a transaction
//     that is rolled back, refuses all of them. AT TIME ZONE 'UTC' mends them;
//   - pins TimeZone, DateStyle and IntervalStyle, which constants are read by.
//
// The package is pure: no I/O, no clock. Policies, holds, engine/plan and
// engine/sqlgen use it.
package condition
