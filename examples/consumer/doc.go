// Command consumer is a small service that learns from Holdfast what was deleted or
// anonymized, and does the same with what it keeps about the same people: an example
// to read and to start from.
//
// It takes events from a signed webhook, from NATS JetStream, or from both at once,
// and carries each out exactly once (consume.go).
package main
