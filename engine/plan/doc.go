// Package plan turns a policy, the catalog of its table and the holds in force
// into an ordered plan, or into a refusal that says what to change.
//
// It is pure: the catalog is read and the plan carried out by engine/target, the
// statements are printed by engine/sqlgen. Whatever the planner decides, it
// decides from the values it is given, so that the decision can be shown and tested.
package plan
