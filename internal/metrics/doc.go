// Package metrics is what Prometheus reads of a process: counters of what the process
// has committed, as the engine's Meter, and gauges of what the store knows, refreshed
// into memory by a background duty and never by a scrape.
//
// It owns the metrics' names (the table is in docs/operating.md) and the handler of
// /metrics. It does not own what is counted (engine) nor when the gauges are refreshed
// (internal/jobs); cmd/holdfast puts the three together.
//
// Counters are each process's own: over several processes, and over restarts, their
// increase is summed. Gauges are the same in every process but for their age: the
// maximum is taken.
package metrics
