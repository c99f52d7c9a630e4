// Command pgtestserver runs a command with a PostgreSQL for its tests:
//
//	pgtestserver [-c name=value]… command [argument…]
//
// It starts one server in a temporary directory, runs the command with the
// server's URL in HOLDFAST_TEST_DATABASE_URL, stops the server and exits with
// the command's status (128 and the signal's number if a signal ended it). INT,
// TERM, HUP and QUIT are passed on to the command. Where the variable is set
// already, that server is used and none is started.
//
// `make test` uses it, so that the packages share one server instead of starting
// one each. It owns nothing but this life cycle: the server is internal/pgtest's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"holdfast/internal/pgtest"
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Getenv(pgtest.EnvURL), os.Stdin, os.Stdout, os.Stderr))
}

// run returns the exit status: 2 for a wrong call, 1 where the server fails.
func run(args, environ []string, given string, stdin io.Reader, stdout, stderr io.Writer) int {
	settings := map[string]string{}
	flags := flag.NewFlagSet("pgtestserver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("c", "set a PostgreSQL parameter, as `name=value`; may be repeated", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("want name=value")
		}
		settings[name] = value
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() == 0 {
		_, _ = fmt.Fprintln(stderr, "usage: pgtestserver [-c name=value]… command [argument…]")
		return 2
	}
	cmd := exec.Command(flags.Arg(0), flags.Args()[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.Env = environ

	// From here on a signal must not end this process before its server; one that
	// comes while the server starts reaches the command as soon as there is one.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)

	if given != "" {
		return report(stderr, pass(cmd, signals))
	}
	server, err := pgtest.StartTemp(context.Background(), settings)
	if err != nil {
		return report(stderr, err)
	}
	cmd.Env = append(environ, pgtest.EnvURL+"="+server.URL("postgres"))
	status := report(stderr, pass(cmd, signals))
	if err := server.Stop(); err != nil {
		status = max(status, report(stderr, err))
	}
	return status
}

// pass runs the command and passes signals on to it.
func pass(cmd *exec.Cmd, signals <-chan os.Signal) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return err
		case sig := <-signals:
			_ = cmd.Process.Signal(sig) // It may have ended meanwhile.
		}
	}
}

// report turns an error into an exit status, and says what it was unless the
// command has said so itself.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal())
		}
		return exit.ExitCode()
	}
	_, _ = fmt.Fprintln(stderr, "pgtestserver:", err)
	return 1
}
