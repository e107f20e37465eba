package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sonde"

	"github.com/spf13/cobra"

	"sonde/store"
	"sonde/tabular"
)

// query is what the command is told.
type query struct {
	output
	file    string
	maxRows int64
	maxTime time.Duration
}

func newQueryCommand(a *app) *cobra.Command {
	var q query
	command := &cobra.Command{
		Use:   "query [SQL]",
		Short: "Ask the database in SQL",
		Long: `Ask the database in SQL: one SELECT, EXPLAIN, or PRAGMA that describes a table.
Nothing that is asked can change the file. A crawl may go on meanwhile.

The answer is a table on a terminal, and tab-separated lines without a header
anywhere else; see the flags for CSV and JSON. ` + "`sonde schema`" + ` lists what can be
asked for.`,
		Example: `  sonde query "SELECT status, count(*) FROM pages GROUP BY 1"
  sonde query --csv -o broken.csv "SELECT source_url, target_url FROM links
    WHERE target_status >= 400"
  sonde query -f report.sql --json
  echo "SELECT name FROM hosts" | sonde query -`,
		Args: arguments(0, 1, "one statement, or -f FILE"),
		RunE: func(command *cobra.Command, args []string) error { return a.query(command.Context(), q, args) },
	}
	q.add(command.Flags())
	command.Flags().StringVarP(&q.file, "file", "f", "", "read the statement from this `FILE`; - is standard input")
	command.Flags().Int64Var(&q.maxRows, "max-rows", 0, "give `N` rows at most; 0: all")
	command.Flags().DurationVar(&q.maxTime, "max-time", 0, "give up after this `TIME`, such as 30s; 0: never")
	return command
}

func (a *app) query(ctx context.Context, q query, args []string) error {
	if err := q.settle(""); err != nil {
		return err
	}
	if q.maxRows < 0 || q.maxTime < 0 {
		return usagef("--max-rows and --max-time cannot be less than 0")
	}
	sql, err := a.statement(q.file, args)
	if err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	truncated := false
	err = a.write(q.output, func(w tabular.Writer) (err error) {
		truncated, err = file.Query(ctx, sql, nil, store.Limits{Rows: q.maxRows, Time: q.maxTime}, w)
		return err
	})
	if truncated {
		a.say("There is more: the answer ends after %s (--max-rows).", sonde.Plural(q.maxRows, "row"))
	}
	return queryFault(ctx, file, err)
}

// statement is the SQL that is asked, from where the command line says it is.
func (a *app) statement(file string, args []string) (string, error) {
	var text []byte
	var err error
	switch {
	case file != "" && len(args) > 0:
		return "", usagef("a statement on the command line and -f %s: only one can be asked", file)
	case file == "" && len(args) == 0:
		return "", usagef("query needs a statement, -f FILE, or - to read it from standard input")
	case file == "-" || file == "" && args[0] == "-":
		text, err = io.ReadAll(a.stdin)
	case file != "":
		text, err = os.ReadFile(file)
	default:
		return args[0], nil
	}
	if err != nil {
		return "", usagef("reading the statement: %w", err)
	}
	return string(text), nil
}

// queryFault adds to an error what the statement might have meant.
func queryFault(ctx context.Context, file *store.File, err error) error {
	var fault *store.QueryError
	if !errors.As(err, &fault) {
		return err
	}
	kind, name, _ := strings.Cut(fault.What, ": ")
	views, schemaErr := file.Schema(ctx)
	if schemaErr != nil {
		return err
	}
	var words []string
	for _, view := range views {
		switch kind {
		case "no such table":
			words = append(words, view.Name)
		case "no such column":
			words = append(words, columnsOf(view)...)
		}
	}
	return fmt.Errorf("%w%s", err, didYouMean(name[strings.LastIndexByte(name, '.')+1:], words))
}

func columnsOf(view store.View) []string {
	names := make([]string, len(view.Columns))
	for i, column := range view.Columns {
		names[i] = column.Name
	}
	return names
}
