package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sonde/pipeline"
)

// run is the whole program: it does what args say and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) string) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, env: env, makeRun: pipeline.Crawl}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err != nil && ctx.Err() != nil && exitCode(err) == exitError {
		err = &endError{exitInterrupted, err.Error()}
	}
	a.report(command, err)
	return exitCode(err)
}

// report says on standard error why a command failed, and for a usage error where
// the right usage is.
func (a *app) report(command *cobra.Command, err error) {
	if err == nil || err.Error() == "" {
		return
	}
	a.warn("sonde: %s", sentences(err))
	var usage *usageError
	if errors.As(err, &usage) && !usage.elsewhere {
		fmt.Fprintf(a.stderr, "Usage: %s\nHelp:  %s --help\n", usageLine(command), command.CommandPath())
	}
}

// sentences is what an error says, a line for each of those that are joined in it,
// without those that only repeat what another says at greater length.
func sentences(err error) string {
	var kept []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		repeats := func(have string) bool { return strings.HasSuffix(have, line) }
		if !slices.ContainsFunc(kept, repeats) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\nsonde: ")
}

func newRoot(a *app) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "sonde",
		Short: "Crawl web sites into one SQLite file, and read them back",
		Long: `Sonde crawls web sites politely and records every page, link, redirect and
failure in one SQLite file, which any tool can read.`,
		Example: `  sonde demo                            crawl a small site that is built in
  sonde crawl https://example.org       crawl a site into ./sonde.db
  sonde query "SELECT url, status FROM pages WHERE status >= 400"`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: a.prepare,
	},
		newCrawlCommand(a),
		newSiteCommand(a),
		newRunCommand(a),
		newRunsCommand(a),
		newScheduleCommand(a),
		newServeCommand(a),
		newUserCommand(a),
		newTokenCommand(a),
		newProbeCommand(a),
		newQueryCommand(a),
		newExportCommand(a),
		newReportCommand(a),
		newIssuesCommand(a),
		newDiffCommand(a),
		newRulesCommand(a),
		newAnalyzeCommand(a),
		newSchemaCommand(a),
		newDBCommand(a),
		newResolveCommand(a),
		newRobotsCommand(a),
		newGetCommand(a),
		newListenCommand(a),
		newConnectCommand(a),
		newChatCommand(a),
		newSendCommand(a),
		newRecvCommand(a),
		newDemoCommand(a),
		newVersionCommand(a),
	)
	a.addSharedFlags(root)
	root.SetHelpFunc(help)
	root.SetFlagErrorFunc(flagFault)
	return root
}

// prepare sets the flags that the environment and the settings give. What cobra adds
// by itself works without, so that a slip in a file does not take the shell's
// completion away.
func (a *app) prepare(command *cobra.Command, _ []string) error {
	first, _, _ := strings.Cut(ownPath(command), " ")
	switch first {
	case "help", "completion", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		return nil
	}
	if err := a.fillIn(command); err != nil {
		return err
	}
	if a.dbPath == "" {
		return usagef("--db \"\": the name of a file is wanted")
	}
	return nil
}

// addSharedFlags adds the flags of all commands.
func (a *app) addSharedFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&a.dbPath, "db", "sonde.db", "the database, a `FILE` of SQLite")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "say nothing but errors and warnings")
	settable(flags.Lookup("db"))
	settable(flags.Lookup("quiet"))
	flags.StringVar(&a.configPath, "config", "", "read settings from this `FILE`, not ./"+usualSettings+" ["+variable("config")+"]")
}
