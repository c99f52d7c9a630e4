// Command holdfast is the whole product: the service, its demo and the commands of
// its operator. It does the wiring and nothing else.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	// A policy names a time zone, a reader another, and a machine may have no
	// database of them: an image from scratch, a slim one. 450 kB in the binary, read
	// only where the system has none.
	_ "time/tzdata"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "holdfast: "+err.Error())
		os.Exit(1)
	}
}

// program is what every command needs of its surroundings.
type program struct {
	getenv         func(string) string
	stdout, stderr io.Writer
	stdin          io.Reader
}

// run is the program, callable by a test: it returns when the command has ended,
// or when ctx has and everything it started is stopped.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	p := &program{getenv: getenv, stdout: stdout, stderr: stderr, stdin: os.Stdin}
	root := &cobra.Command{
		Use:           "holdfast",
		Short:         "Retention policies and legal holds for PostgreSQL, with evidence",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	root.AddCommand(p.serveCommand(), p.demoCommand(), p.migrateCommand(), p.usersCommand(), p.healthCommand(), p.doctorCommand())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return oneLine(root.ExecuteContext(ctx))
}

// lineError is an error in one line, as an operator's log wants it; the driver
// gives every address that it tried a line of its own.
type lineError struct{ error }

func (e lineError) Error() string {
	parts := strings.FieldsFunc(e.error.Error(), func(r rune) bool { return r == '\n' })
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return strings.Join(parts, "; ")
}

func (e lineError) Unwrap() error { return e.error }

func oneLine(err error) error {
	if err == nil {
		return nil
	}
	return lineError{err}
}

func (p *program) logger(c config) *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, nil))
	}
	return slog.New(slog.NewTextHandler(p.stderr, nil))
}

// quietLogger shows only what somebody has to act on.
func (p *program) quietLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
