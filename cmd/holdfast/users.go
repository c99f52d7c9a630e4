package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"holdfast/engine"
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
	cmd.AddCommand(create, &cobra.Command{
		Use:   "password EMAIL",
		Short: "Give an account a new password, printed once, and end its sessions",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd.Context(), func(e *engine.Engine) error { return p.resetPassword(cmd.Context(), e, args[0]) })
		},
	}, &cobra.Command{
		Use:   "disable EMAIL",
		Short: "Let nobody sign in with an account any more, end its sessions and revoke its API tokens",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd.Context(), func(e *engine.Engine) error { return p.disableUser(cmd.Context(), e, args[0]) })
		},
	})
	return cmd
}

// operator is whoever has the command line, and so the database.
func operator() retention.Actor {
	return retention.Actor{Kind: retention.ActorSystem, Name: "command line"}
}

// withAccounts does something with the engine of the configured store.
func (p *program) withAccounts(ctx context.Context, do func(*engine.Engine) error) error {
	cfg, err := readConfig(p.getenv)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, cfg, p.logger(cfg), cfg.Migrate)
	if err != nil {
		return err
	}
	defer a.close()
	return do(a.engine)
}

func (p *program) createUser(cmd *cobra.Command, email, name string) error {
	// A wrong environment is told before anybody types.
	if _, err := readConfig(p.getenv); err != nil {
		return err
	}
	password, err := p.readPassword()
	if err != nil {
		return err
	}
	return p.withAccounts(cmd.Context(), func(e *engine.Engine) error {
		u, err := e.CreateUser(cmd.Context(), operator(), email, name, password)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "Account %s is open; sign in with it in the browser.\n", u.Email)
		return nil
	})
}

// resetPassword makes the password itself: one that an operator thinks up for somebody
// else is seldom a good one.
func (p *program) resetPassword(ctx context.Context, e *engine.Engine, email string) error {
	password := rand.Text()
	if err := e.ResetPassword(ctx, operator(), email, password); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "The new password of %s, shown this once, is:\n  %s\nIts sessions have ended. The person changes it under Settings.\n", retention.NormalizeEmail(email), password)
	return nil
}

func (p *program) disableUser(ctx context.Context, e *engine.Engine, email string) error {
	u, err := e.DisableUser(ctx, operator(), email)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Account %s is disabled: nobody can sign in with it, its sessions have ended and its API tokens are revoked. A new password (holdfast users password %s) opens it again.\n", u.Email, u.Email)
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
