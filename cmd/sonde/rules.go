package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/analyze"
	"sonde/store"
	"sonde/tabular"
)

func newRulesCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "rules",
		Short: "List, show and test the rules that find issues",
		Long: `List, show and test the rules that find issues. A rule is one file of SQL, with
comments at its head that say what it means; "sonde rules show title.too_long"
is an example. Own rules stand in a folder that --rules-dir names.`,
		Example: "  sonde rules list\n  sonde rules show title.too_long\n  sonde rules test rules/shop.no_price.sql",
	},
		newRulesListCommand(a),
		newRulesShowCommand(a),
		newRulesTestCommand(a),
	)
}

func newRulesListCommand(a *app) *cobra.Command {
	var f format
	var dir string
	command := &cobra.Command{
		Use:     "list",
		Short:   "List the rules",
		Example: "  sonde rules list\n  sonde rules list --json\n  sonde rules list --rules-dir rules/",
		Args:    arguments(0, 0, "nothing"),
		RunE: func(*cobra.Command, []string) error {
			if err := f.check(); err != nil {
				return err
			}
			rules, err := a.allRules(dir)
			if err != nil {
				return err
			}
			return a.listRules(f, rules)
		},
	}
	f.add(command.Flags())
	command.Flags().StringVar(&dir, "rules-dir", "", "the rules of this `DIR` too")
	return command
}

// allRules are the program's rules and those of a folder, "" for none.
func (a *app) allRules(dir string) ([]sonde.Rule, error) {
	own, err := a.ownRules(dir)
	return analyze.With(own), err
}

func (a *app) listRules(f format, rules []sonde.Rule) error {
	if f.json {
		return writeIndented(a, rules)
	}
	columns := []string{"rule", "title", "severity", "subject", "why", "fix", "thresholds"}
	if a.forPeople(f) {
		columns = []string{"rule", "severity", "subject", "title"}
	}
	w := a.rows(f)
	if err := w.Columns(columns); err != nil {
		return err
	}
	for _, r := range rules {
		if err := writeRule(w, columns, r); err != nil {
			return err
		}
	}
	return w.Close()
}

func writeRule(w tabular.Writer, columns []string, r sonde.Rule) error {
	cells := map[string]string{
		"rule": r.Name, "title": r.Title, "severity": string(r.Severity), "subject": string(r.Subject),
		"why": r.Why, "fix": r.Fix, "thresholds": thresholds(r),
	}
	for _, c := range columns {
		w.Text([]byte(cells[c]))
	}
	return w.EndRow()
}

// thresholds puts the thresholds of a rule into words: "characters=60, share=0.8".
func thresholds(r sonde.Rule) string {
	parts := make([]string, len(r.Thresholds))
	for i, t := range r.Thresholds {
		parts[i] = t.Name + "=" + strconv.FormatFloat(t.Value, 'f', -1, 64)
	}
	return strings.Join(parts, ", ")
}

func writeIndented(a *app, value any) error {
	to := json.NewEncoder(a.stdout)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	return to.Encode(value)
}

func newRulesShowCommand(a *app) *cobra.Command {
	var asJSON bool
	var dir string
	command := &cobra.Command{
		Use:     "show RULE",
		Short:   "Show what a rule means, and its SQL",
		Example: "  sonde rules show title.too_long\n  sonde rules show link.orphan --json",
		Args:    arguments(1, 1, "the name of a rule"),
		RunE: func(_ *cobra.Command, args []string) error {
			rule, err := a.findRule(dir, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeIndented(a, struct {
					sonde.Rule
					SQL string `json:"sql"`
				}{rule, rule.SQL})
			}
			_, err = fmt.Fprint(a.stdout, rule.SQL)
			return err
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "write one JSON document")
	command.Flags().StringVar(&dir, "rules-dir", "", "look among the rules of this `DIR` too")
	return command
}

// findRule is the rule of a name.
func (a *app) findRule(dir, name string) (sonde.Rule, error) {
	rules, err := a.allRules(dir)
	if err != nil {
		return sonde.Rule{}, err
	}
	names := make([]string, len(rules))
	for i, r := range rules {
		if names[i] = r.Name; r.Name == name {
			return r, nil
		}
	}
	return sonde.Rule{}, usagef("there is no rule %q%s", name, didYouMean(name, names))
}

func newRulesTestCommand(a *app) *cobra.Command {
	var f format
	var j judging
	command := &cobra.Command{
		Use:   "test FILE [RUN]",
		Short: "Ask the rule of a file, and show what it answers",
		Long: `Ask the rule of a file about a run, the newest where none is named, and show
what it answers. Nothing is written. What is wrong is said with its line.

The SELECT of a rule gives a column subject, which is a URL of the run, the name
of a host, or anything for the site; and may give evidence (a JSON object) and
severity. It reads the views of "sonde schema", of which pages and links answer
for the run that is asked about.`,
		Example: "  sonde rules test rules/shop.no_price.sql\n  sonde rules test rules/shop.no_price.sql 3 --json",
		Args: func(command *cobra.Command, args []string) error {
			return errors.Join(arguments(1, 2, "the file of a rule, and the number of a run")(command, args), runNumbers(args[min(1, len(args)):]))
		},
		RunE: func(command *cobra.Command, args []string) error { return a.testRule(command.Context(), f, j, args) },
	}
	f.add(command.Flags())
	command.Flags().StringArrayVar(&j.thresholds, "threshold", nil, "`NAME=N`: compare with another number")
	return command
}

func (a *app) testRule(ctx context.Context, f format, j judging, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return usagef("reading the rule: %w", err)
	}
	rule, err := analyze.ParseRule(filepath.ToSlash(args[0]), string(text))
	if err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	run, err := a.namedRun(ctx, file, args[1:])
	if err != nil {
		return err
	}
	options, err := a.options(j, run.Site.Policy)
	if err != nil {
		return err
	}
	rows := &counting{Writer: a.rows(f)}
	if err := errors.Join(analyze.Try(ctx, file, run.ID, rule, options, rows), rows.Close()); err != nil {
		return err
	}
	a.say("%s has %s about run %d.", rule.Name, sonde.Plural(rows.count, "answer"), run.ID)
	return nil
}

// counting counts the rows that go through it.
type counting struct {
	tabular.Writer
	count int64
}

func (c *counting) EndRow() error {
	c.count++
	return c.Writer.EndRow()
}

var _ store.Sink = (*counting)(nil)
