package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"sonde/store"
)

func newSchemaCommand(a *app) *cobra.Command {
	var asJSON, asSQL bool
	command := &cobra.Command{
		Use:   "schema [VIEW...]",
		Short: "Describe the views of the database and their columns",
		Long: `Describe the public views of the database: what a row of each is, and what every
column means. These views are promised: columns are only ever added. The tables
behind them, whose names begin with _, may change from version to version.`,
		Example: "  sonde schema\n  sonde schema pages links\n  sonde schema --sql > views.sql",
		Args:    arguments(0, -1, "views"),
		RunE: func(command *cobra.Command, args []string) error {
			if asJSON && asSQL {
				return usagef("only one of --json and --sql can be written at a time")
			}
			views, err := a.schema(command.Context(), args)
			switch {
			case err != nil:
				return err
			case asJSON:
				return schemaJSON(a.stdout, views)
			case asSQL:
				return schemaSQL(a.stdout, views)
			}
			return schemaText(a.stdout, views)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "write one JSON document")
	command.Flags().BoolVar(&asSQL, "sql", false, "write the CREATE VIEW statements")
	return command
}

// schema reads the views of these names, all where none is named.
func (a *app) schema(ctx context.Context, names []string) ([]store.View, error) {
	file, err := a.openForReading(ctx)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	views, err := file.Schema(ctx)
	if err != nil || len(names) == 0 {
		return views, err
	}
	var known []string
	for _, view := range views {
		known = append(known, view.Name)
	}
	var chosen []store.View
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, selectionFault(&store.SelectionError{What: "view", Name: name, Known: known})
		}
		chosen = append(chosen, views[i])
	}
	return chosen, nil
}

// schemaText writes the views as Markdown that reads well as it is.
func schemaText(to io.Writer, views []store.View) error {
	for _, view := range views {
		fmt.Fprintf(to, "## %s\n\n%s\n\n", view.Name, view.Row)
		for _, column := range view.Columns {
			fmt.Fprintf(to, "- `%s`: %s\n", column.Name, column.Meaning)
		}
		fmt.Fprintln(to)
	}
	_, err := fmt.Fprintln(to, "The CREATE VIEW statements behind this: `sonde schema --sql`")
	return err
}

func schemaJSON(to io.Writer, views []store.View) error {
	type column struct {
		Name    string `json:"name"`
		Type    string `json:"type,omitempty"`
		Meaning string `json:"meaning"`
	}
	type view struct {
		Name    string   `json:"name"`
		Row     string   `json:"row"`
		Columns []column `json:"columns"`
	}
	document := make([]view, len(views))
	for i, v := range views {
		document[i] = view{Name: v.Name, Row: v.Row}
		for _, c := range v.Columns {
			document[i].Columns = append(document[i].Columns, column(c))
		}
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

func schemaSQL(to io.Writer, views []store.View) error {
	for _, view := range views {
		if _, err := fmt.Fprintf(to, "%s;\n\n", view.SQL); err != nil {
			return err
		}
	}
	return nil
}
