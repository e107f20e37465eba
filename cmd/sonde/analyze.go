package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/analyze"
	"sonde/store"
)

// The flags of all commands that ask rules, as crawl has them.
const (
	rulesDirUsage  = "ask the rules of this folder too, those of the program's names in their place"
	thresholdUsage = "compare with another number, such as title.too_long.characters=70"
)

// judging is which rules are asked, and how.
type judging struct {
	rulesDir   string
	thresholds []string
}

// add gives a command the flags.
func (j *judging) add(command *cobra.Command) {
	command.Flags().StringVar(&j.rulesDir, "rules-dir", "", strings.Replace(rulesDirUsage, "folder", "`DIR`", 1))
	command.Flags().StringArrayVar(&j.thresholds, "threshold", nil, "`NAME=N`: "+thresholdUsage)
}

// options are what to analyse by: what a policy says, and what flags say otherwise.
func (a *app) options(j judging, p sonde.Policy) (analyze.Options, error) {
	dir := orElse(j.rulesDir, p.RulesDir)
	thresholds := map[string]float64{}
	for name, value := range p.Thresholds {
		thresholds[name] = value
	}
	for _, text := range j.thresholds {
		name, value, err := parseThreshold(text)
		if err != nil {
			return analyze.Options{}, usagef("--threshold %q: %w", text, err)
		}
		thresholds[name] = value
	}
	own, err := a.ownRules(dir)
	return analyze.Options{Own: own, Thresholds: thresholds}, err
}

// ownRules reads the rules of a folder, "" for none, and tells what is wrong with
// some. The error is for a folder that is not there.
func (a *app) ownRules(dir string) ([]sonde.Rule, error) {
	if dir == "" {
		return nil, nil
	}
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, usagef("--rules-dir %s: there is no such folder", dir)
	}
	rules, err := analyze.ReadRules(os.DirFS(dir), strings.TrimSuffix(dir, "/"))
	if err != nil {
		a.warn("sonde: %s", sentences(err))
	}
	return rules, nil
}

// parseThreshold reads a threshold of a rule: title.too_long.characters=70.
func parseThreshold(text string) (string, float64, error) {
	name, number, found := strings.Cut(text, "=")
	value, err := strconv.ParseFloat(number, 64)
	if !found || err != nil {
		return "", 0, errors.New("a name and a number are wanted, such as title.too_long.characters=70")
	}
	var known []string
	for _, r := range analyze.Rules() {
		for _, t := range r.Thresholds {
			known = append(known, r.Name+"."+t.Name)
		}
		if strings.HasPrefix(name, r.Name+".") && len(known) > 0 && known[len(known)-1] == name {
			return name, value, nil
		}
	}
	if near := didYouMean(name, known); near != "" && strings.Count(name, ".") < 2 {
		return "", 0, fmt.Errorf("no rule has it%s", near)
	}
	return name, value, nil
}

func newAnalyzeCommand(a *app) *cobra.Command {
	var j judging
	command := &cobra.Command{
		Use:   "analyze [RUN]",
		Short: "Ask the rules of a run again",
		Long: `Make everything anew that is derived of a run from what its crawl recorded: the
issues that rules find, and what became of those of the run before; of the
newest run, where none is named. Nothing is fetched. Runs are analysed when they
end; this is for other rules or thresholds, and for runs that were cut short.`,
		Example: `  sonde analyze
  sonde analyze 3 --threshold title.too_long.characters=70
  sonde analyze --rules-dir rules/`,
		Args: oneRun,
		RunE: func(command *cobra.Command, args []string) error { return a.analyze(command.Context(), j, args) },
	}
	j.add(command)
	return command
}

func (a *app) analyze(ctx context.Context, j judging, args []string) error {
	if err := a.mustExist(); err != nil {
		return err
	}
	return a.withFile(ctx, func(file *store.File, _ *live) error {
		run, err := a.namedRun(ctx, file, args)
		if err != nil {
			return err
		}
		options, err := a.options(j, run.Site.Policy)
		if err != nil {
			return err
		}
		a.steady()
		report, err := analyze.Run(ctx, file, run.ID, options)
		if err != nil {
			return err
		}
		a.say("Asked %s of run %d of %s: %s.", sonde.Plural(int64(report.Rules), "rule"), run.ID, run.Site.Name, openIssues(report))
		return errors.Join(report.Faults...)
	})
}

// mustExist holds that there is a database: one must not be made only to be found
// empty.
func (a *app) mustExist() error {
	if _, err := os.Stat(a.dbPath); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s: start with `sonde crawl URL`, or name the file with --db", store.ErrNoFile, a.dbPath)
	}
	return nil
}

// openIssues puts the open issues of an analysis into words.
func openIssues(r analyze.Report) string {
	var parts []string
	total := int64(0)
	for _, severity := range sonde.Severities {
		if n := r.Open[severity]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, severity))
		}
	}
	if total == 0 {
		return "no open issues"
	}
	return sonde.Plural(total, "open issue") + " (" + strings.Join(parts, ", ") + ")"
}
