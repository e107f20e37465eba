package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"sonde/store"
	"sonde/tabular"
)

// export is what the command is told.
type export struct {
	output
	columns []string
	where   []string
}

func newExportCommand(a *app) *cobra.Command {
	var e export
	command := &cobra.Command{
		Use:   "export VIEW",
		Short: "Write the rows of a view as CSV or JSON",
		Long: `Write the rows of a view as CSV, JSON or NDJSON. They stream: a view of any size
takes little memory, and a crawl may go on meanwhile. ` + "`sonde schema`" + ` lists the
views and their columns. While a crawl writes, the rows are not all of one
moment: for that, export from a copy that ` + "`sonde db backup`" + ` made.

Conditions are NAME=VALUE or NAME__OPERATOR=VALUE; all must hold. Operators:
  ` + strings.Join(store.Operators, ", ") + `
contains and startswith do not tell a from A; in takes values separated by
commas, or a JSON array; isnull takes 1 or 0.

CSV is safe to open in a spreadsheet: a text that could be taken for a formula
gets a ' before it. With --raw it is exactly what was found.`,
		Example: `  sonde export pages -o pages.csv
  sonde export pages --where status__gte=400 --columns url,status,found_on
  sonde export links --where internal=0 --where target_status__in=404,410
  sonde export pages_history --where site=docs.example.org --ndjson | jq .title`,
		Args: arguments(1, 1, "one view, such as pages"),
		RunE: func(command *cobra.Command, args []string) error { return a.export(command.Context(), e, args[0]) },
	}
	e.add(command.Flags())
	command.Flags().StringArrayVarP(&e.where, "where", "w", nil, "only rows of which this `CONDITION` holds; may be repeated")
	command.Flags().StringSliceVar(&e.columns, "columns", nil, "only these columns, in this order: `NAMES` with commas between")
	return command
}

func (a *app) export(ctx context.Context, e export, view string) error {
	if err := e.settle("csv"); err != nil {
		return err
	}
	selection := store.Selection{View: view, Columns: e.columns}
	for _, text := range e.where {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return usagef("--where %q: a condition is NAME=VALUE, such as status__gte=400", text)
		}
		filter, err := store.ParseFilter(name, value)
		if err != nil {
			return selectionFault(err)
		}
		selection.Where = append(selection.Where, filter)
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	return selectionFault(a.write(e.output, func(w tabular.Writer) error { return file.Export(ctx, selection, w) }))
}
