package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/api/oapi"
)

// doctorWait bounds how long the server may look: some seconds for each policy.
const doctorWait = 10 * time.Minute

// errBroken ends `holdfast doctor` with status 1, after it has said everything.
var errBroken = errors.New("a policy cannot be carried out as it stands")

func (p *program) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "List what hurts the policies, with the SQL that mends it",
		Long: `Asks the server at HOLDFAST_URL, with the API token in HOLDFAST_TOKEN, for what makes
runs slow, hurts the database, or leaves rows where they are. It ends with status 1 if a
policy cannot be carried out.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var d oapi.Diagnosis
			if err := p.ask(cmd.Context(), "/api/v1/doctor", &d); err != nil {
				return err
			}
			return printDiagnosis(cmd.OutOrStdout(), d)
		},
	}
}

// ask reads an answer of the server that HOLDFAST_URL names.
func (p *program) ask(ctx context.Context, path string, into any) error {
	base, token := cmp.Or(p.getenv("HOLDFAST_URL"), "http://127.0.0.1:8080"), p.getenv("HOLDFAST_TOKEN")
	if u, err := url.Parse(base); err != nil || u.Host == "" {
		return fmt.Errorf("HOLDFAST_URL is %q; it must be a URL such as https://holdfast.example.com", base)
	}
	if token == "" {
		return errors.New("HOLDFAST_TOKEN is not set; make an API token in the settings, and give it here")
	}
	ctx, cancel := context.WithTimeout(ctx, doctorWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("the server's answer breaks off: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var problem struct{ Title, Detail string }
		if json.Unmarshal(body, &problem) == nil && problem.Title != "" {
			return fmt.Errorf("the server answers %s: %s", resp.Status, cmp.Or(problem.Detail, problem.Title))
		}
		return fmt.Errorf("the server answers %s", resp.Status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("the answer is none of a Holdfast of this version: %w", err)
	}
	return nil
}

func printDiagnosis(out io.Writer, d oapi.Diagnosis) error {
	plain := strings.NewReplacer("`", "")
	broken := false
	for _, f := range d.Findings {
		broken = broken || f.Severity == oapi.FindingSeverityBroken
		about := "database"
		if f.Policy != nil {
			about = *f.Policy
		}
		_, _ = fmt.Fprintf(out, "%-6s  %s: %s\n        %s.\n", f.Severity, about, plain.Replace(f.Says), plain.Replace(f.Remedy))
		if f.SQL != nil {
			_, _ = fmt.Fprintf(out, "            %s\n", strings.ReplaceAll(*f.SQL, "\n", "\n            "))
		}
		_, _ = fmt.Fprintln(out)
	}
	_, _ = fmt.Fprintf(out, "%d policies, %d findings\n", d.Policies, len(d.Findings))
	if broken {
		return errBroken
	}
	return nil
}
