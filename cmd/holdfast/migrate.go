package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (p *program) migrateCommand() *cobra.Command {
	var accept bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schemas holdfast and holdfast_guard up to date",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := readConfig(p.getenv)
			if err != nil {
				return err
			}
			a, err := openApp(cmd.Context(), cfg, p.logger(cfg), true)
			if err != nil {
				return err
			}
			defer a.close()
			fmt.Fprintln(p.stdout, "The schemas holdfast and holdfast_guard are up to date.")
			if !accept {
				return nil
			}
			if err := a.engine.AcceptTarget(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, "The configured governed database is accepted, and every hold in force is placed in it.")
			return nil
		},
	}
	cmd.Flags().BoolVar(&accept, "accept-target", false, "take the configured governed database for the right one, although the holds were placed in another")
	return cmd
}
