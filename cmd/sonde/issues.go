package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/analyze"
	"sonde/store"
	"sonde/tabular"
)

func newIssuesCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "issues",
		Short: "List issues, and mute those that nobody wants to hear of",
		Example: `  sonde issues list --severity high
  sonde issues mute title.too_long --reason "ticket 812" --until 2027-06-30
  sonde issues unmute title.too_long`,
	},
		newIssuesListCommand(a),
		newIssuesMuteCommand(a),
		newIssuesUnmuteCommand(a),
	)
}

// listing is what issues list is told.
type listing struct {
	output
	analyze.Wanted
	run      string
	severity string
	states   []string
}

func newIssuesListCommand(a *app) *cobra.Command {
	var l listing
	command := &cobra.Command{
		Use:   "list",
		Short: "List the issues of the latest run of each site, the gravest first",
		Long: `List issues of the latest run of each site, or of one run, the gravest first.
Those that are fixed or muted are left out unless --state names them.`,
		Example: `  sonde issues list
  sonde issues list --severity high --csv -o issues.csv
  sonde issues list --rule link.broken_internal --json
  sonde issues list --state fixed`,
		Args: arguments(0, 0, "nothing"),
		RunE: func(command *cobra.Command, _ []string) error { return a.listIssues(command.Context(), l) },
	}
	flags := command.Flags()
	l.output.add(flags)
	flags.StringVar(&l.Site, "site", "", "of this site, by its `NAME`")
	flags.StringVar(&l.Rule, "rule", "", "of this `RULE`")
	flags.StringVar(&l.URL, "url", "", "about this `URL`")
	flags.StringVar(&l.run, "run", "", "of this run, by its `NUMBER`")
	flags.StringVar(&l.severity, "severity", "", "this `SEVERITY` and graver: critical, high, medium, low or info")
	flags.StringSliceVar(&l.states, "state", nil, "in these `STATES`: new, ongoing, regressed, fixed, muted (default new,ongoing,regressed)")
	return command
}

var issueStates = []string{"new", "ongoing", "regressed", "fixed", "muted"}

// settle reads the flags.
func (l *listing) settle() (err error) {
	if err := l.output.settle(""); err != nil {
		return err
	}
	if l.run != "" {
		if l.Run, err = runNumber(l.run); err != nil {
			return err
		}
	}
	if l.severity != "" {
		if l.Severity, err = choice(sonde.Severities...)(l.severity); err != nil {
			return usagef("--severity %q: %w", l.severity, err)
		}
	}
	if len(l.states) == 0 {
		l.states = []string{"new", "ongoing", "regressed"}
	}
	for _, state := range l.states {
		if !slices.Contains(issueStates, state) {
			return usagef("--state %q: %s is wanted%s", state, oneOf(issueStates), didYouMean(state, issueStates))
		}
		l.States = append(l.States, sonde.IssueState(state))
	}
	return nil
}

// The columns of the view issues that are listed, and those for a terminal.
var (
	issueColumns      = strings.Fields("site run_id rule severity subject url host state evidence first_seen_at last_seen_at title fingerprint muted_until mute_reason")
	shortIssueColumns = strings.Fields("severity rule state url host evidence")
)

func (a *app) listIssues(ctx context.Context, l listing) error {
	if err := l.settle(); err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	columns := issueColumns
	if a.forPeople(l.format) && l.path == "" {
		columns = shortIssueColumns
	}
	return a.write(l.output, func(w tabular.Writer) error {
		return analyze.List(ctx, file, l.Wanted, columns, w)
	})
}

func newIssuesMuteCommand(a *app) *cobra.Command {
	var m analyze.Mute
	var until string
	command := &cobra.Command{
		Use:   "mute RULE|FINGERPRINT",
		Short: "Hear no more of a rule or an issue, until a day",
		Long: `Hear no more of a rule, or of one issue by its fingerprint ("sonde issues list
--json" has it), until a day. Muted issues stay in the database, and are not
counted.`,
		Example: `  sonde issues mute title.too_long --reason "ticket 812" --until 2027-06-30
  sonde issues mute img.no_alt --url 'https://example.org/old/*' \
    --reason "goes away in spring" --until 2027-03-31
  sonde issues mute 1-42-77 --reason "known, ticket 812" --until 2027-01-15`,
		Args: arguments(1, 1, "the name of a rule, or the fingerprint of an issue"),
		RunE: func(command *cobra.Command, args []string) error {
			return a.mute(command.Context(), m, until, args[0])
		},
	}
	flags := command.Flags()
	flags.StringVar(&m.Reason, "reason", "", "why, in `WORDS`")
	flags.StringVar(&until, "until", "", "the last `DAY` of it, such as 2027-06-30")
	flags.StringVar(&m.Site, "site", "", "on this site only, by its `NAME`")
	flags.StringVar(&m.URL, "url", "", "about this `URL` only; with a * at its end, about all that begin so")
	return command
}

func (a *app) mute(ctx context.Context, m analyze.Mute, until, what string) error {
	day, err := time.Parse(time.DateOnly, until)
	switch {
	case m.Reason == "":
		return usagef("--reason is wanted: whoever looks later must know why")
	case err != nil:
		return usagef("--until %q: a day is wanted, such as 2027-06-30", until)
	case day.Before(time.Now().AddDate(0, 0, -1)):
		return usagef("--until %s: that day is over", until)
	}
	m.Until = day.AddDate(0, 0, 1)
	if m.Rule, m.Fingerprint, err = a.ruleOrFingerprint(ctx, what); err != nil {
		return err
	}
	return a.withFile(ctx, func(file *store.File, _ *live) error {
		muted, err := analyze.AddMute(ctx, file, m)
		if err != nil {
			return err
		}
		a.say("Muted %s until the end of %s: %s of the latest runs.", what, until, sonde.Plural(int64(muted), "issue"))
		return nil
	})
}

// ruleOrFingerprint tells which of the two a text is. A rule must be one of the
// program's, or one that the database knows.
func (a *app) ruleOrFingerprint(ctx context.Context, text string) (rule, fingerprint string, err error) {
	if strings.Trim(text, "0123456789-") == "" {
		return "", text, nil
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	known, err := analyze.Known(ctx, file)
	if err == nil && !slices.Contains(known, text) {
		err = usagef("there is no rule %q%s", text, didYouMean(text, known))
	}
	return text, "", err
}

func newIssuesUnmuteCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "unmute RULE|FINGERPRINT",
		Short:   "Hear of a rule or an issue again",
		Example: "  sonde issues unmute title.too_long\n  sonde issues unmute 1-42-77",
		Args:    arguments(1, 1, "what was muted: the name of a rule, or the fingerprint of an issue"),
		RunE: func(command *cobra.Command, args []string) error {
			if err := a.mustExist(); err != nil {
				return err
			}
			return a.withFile(command.Context(), func(file *store.File, _ *live) error {
				taken, err := analyze.Unmute(command.Context(), file, args[0])
				if err == nil && taken == 0 {
					err = errors.New("nothing of " + args[0] + " is muted")
				}
				if err != nil {
					return err
				}
				a.say("Took back %s of %s.", sonde.Plural(int64(taken), "mute"), args[0])
				return nil
			})
		},
	}
}
