package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// run is the whole program: it does what args say and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) string) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, args: args, env: env}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	a.report(command, err)
	return exitCode(err)
}

// report says on standard error why a command failed, and for a usage error where
// the right usage is.
func (a *app) report(command *cobra.Command, err error) {
	if err == nil || err.Error() == "" {
		return
	}
	a.warn("sonde: %s", err)
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(a.stderr, "Usage: %s\nTry: %s --help\n", command.UseLine(), command.CommandPath())
	}
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "sonde",
		Short:         "Crawl web sites into one SQLite file, and read them back",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&a.dbPath, "db", "sonde.db", "the database `FILE`")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "say nothing but errors and warnings")
	root.AddCommand(
		newQueryCommand(a),
		newExportCommand(a),
		newSchemaCommand(a),
		newDBCommand(a),
	)
	return root
}
