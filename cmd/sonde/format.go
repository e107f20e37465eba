package main

import (
	"github.com/spf13/pflag"

	"sonde/tabular"
)

// A format is how a command writes rows: what its flags say, or else a table on a
// terminal and tab-separated lines for everyone else.
type format struct {
	json, ndjson, csv bool
}

// add gives a command the flags of formats.
func (f *format) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.json, "json", false, "write one JSON document")
	flags.BoolVar(&f.ndjson, "ndjson", false, "write a JSON object on every line")
	flags.BoolVar(&f.csv, "csv", false, "write CSV")
}

// check holds that one format at most is asked for.
func (f *format) check() error {
	asked := 0
	for _, flag := range []bool{f.json, f.ndjson, f.csv} {
		if flag {
			asked++
		}
	}
	if asked > 1 {
		return usagef("only one of --json, --ndjson and --csv can be written at a time")
	}
	return nil
}

// forPeople reports whether what is written is a table on a terminal.
func (a *app) forPeople(f format) bool {
	_, terminal := a.terminal(a.stdout)
	return terminal && f == format{}
}

// rows returns a writer of rows to standard output.
func (a *app) rows(f format) tabular.Writer { return a.rowsWith(f, tabular.Options{}) }

func (a *app) rowsWith(f format, o tabular.Options) tabular.Writer {
	columns, terminal := a.terminal(a.stdout)
	switch {
	case f.json:
		return tabular.NewJSON(a.stdout, o)
	case f.ndjson:
		return tabular.NewNDJSON(a.stdout, o)
	case f.csv:
		return tabular.NewCSV(a.stdout, false, o)
	case terminal:
		return tabular.NewTable(a.stdout, tabular.TableOptions{Width: columns, Color: a.colours(a.stdout)}, o)
	}
	return tabular.NewTSV(a.stdout, o)
}
