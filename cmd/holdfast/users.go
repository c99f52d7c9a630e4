package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"holdfast/retention"
)

func (p *program) usersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "users", Short: "Manage accounts with direct access to the database"}
	var name string
	create := &cobra.Command{
		Use:   "create EMAIL",
		Short: "Open an account; its password is read from the terminal or from standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.createUser(cmd, args[0], name)
		},
	}
	create.Flags().StringVar(&name, "name", "", "the person's name")
	cmd.AddCommand(create)
	return cmd
}

func (p *program) createUser(cmd *cobra.Command, email, name string) error {
	cfg, err := readConfig(p.getenv)
	if err != nil {
		return err
	}
	password, err := p.readPassword()
	if err != nil {
		return err
	}
	a, err := openApp(cmd.Context(), cfg, p.logger(cfg), cfg.Migrate)
	if err != nil {
		return err
	}
	defer a.close()
	actor := retention.Actor{Kind: retention.ActorSystem, Name: "command line"}
	u, err := a.engine.CreateUser(cmd.Context(), actor, email, name, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Account %s is open; sign in with it in the browser.\n", u.Email)
	return nil
}

// readPassword asks twice at a terminal and else takes the first line of input.
func (p *program) readPassword() (string, error) {
	f, isFile := p.stdin.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(p.stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprintf(p.stderr, "Password (at least %d characters): ", retention.MinPassword)
	first, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(p.stderr)
	if err != nil {
		return "", err
	}
	fmt.Fprint(p.stderr, "Once more: ")
	second, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(p.stderr)
	if err != nil {
		return "", err
	}
	if string(first) != string(second) {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return string(first), nil
}
