package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sonde/store"
	"sonde/tabular"
)

// output is where rows go and how they are written: the flags that query and export
// share.
type output struct {
	format
	name string // --format
	raw  bool
	path string // "" and "-": standard output
}

// formats are the values of --format, which are the endings of files too.
var formats = []string{"csv", "json", "ndjson"}

// add gives a command the flags.
func (o *output) add(flags *pflag.FlagSet) {
	o.format.add(flags)
	flags.StringVar(&o.name, "format", "", "the same by `NAME`: "+strings.Join(formats, ", "))
	flags.BoolVar(&o.raw, "raw", false, "write CSV byte for byte, without the ' before texts that a spreadsheet might take for formulas")
	flags.StringVarP(&o.path, "output", "o", "", "write to this `FILE`, which appears when all is written; its ending chooses the format where no flag does")
}

// settle makes one choice of all flags. otherwise is the format where none is chosen,
// "" for that of a terminal or pipe.
func (o *output) settle(otherwise string) error {
	if o.name != "" && !slices.Contains(formats, o.name) {
		return usagef("--format %q: %s are written%s", o.name, strings.Join(formats, ", "), didYouMean(o.name, formats))
	}
	o.choose(o.name)
	if o.format == (format{}) && o.raw {
		o.csv = true
	}
	if o.format == (format{}) {
		o.choose(strings.TrimPrefix(filepath.Ext(o.path), "."))
	}
	if o.format == (format{}) {
		o.choose(otherwise)
	}
	if o.raw && !o.csv {
		return usagef("--raw is for CSV only: the other formats write every text as it is")
	}
	return o.check()
}

func (o *output) choose(name string) {
	o.csv = o.csv || name == "csv"
	o.json = o.json || name == "json"
	o.ndjson = o.ndjson || name == "ndjson"
}

// write opens the output, has do write to it, and closes it. A file appears under its
// name only when all went well.
func (a *app) write(o output, do func(tabular.Writer) error) error {
	if o.path == "" || o.path == "-" {
		return writeAll(a.writer(o), do)
	}
	target, err := a.target(o.path)
	if err != nil {
		return err
	}
	err = writeAll(o.writer(target), do)
	return target.finish(err)
}

func writeAll(w tabular.Writer, do func(tabular.Writer) error) error {
	if err := do(w); err != nil {
		return errors.Join(err, w.Flush())
	}
	return w.Close()
}

// writer writes to standard output.
func (a *app) writer(o output) tabular.Writer {
	columns, terminal := a.terminal(a.stdout)
	if terminal && o.format == (format{}) {
		return tabular.NewTable(a.stdout, tabular.TableOptions{Width: columns, Color: a.colours(a.stdout)}, tabular.Options{})
	}
	return o.writer(a.stdout)
}

// writer writes to a file or pipe.
func (o output) writer(to io.Writer) tabular.Writer {
	options := tabular.Options{}
	switch {
	case o.json:
		return tabular.NewJSON(to, options)
	case o.ndjson:
		return tabular.NewNDJSON(to, options)
	case o.csv:
		return tabular.NewCSV(to, o.raw, options)
	}
	return tabular.NewTSV(to, options)
}

// target is a file that is being written under another name.
type target struct {
	*os.File
	path string // "" where the file is no regular one and written in place
}

// target opens the file to write to. Devices and pipes are written in place.
func (a *app) target(path string) (*target, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, usagef("-o %s is a directory; name a file in it", path)
	case !info.Mode().IsRegular():
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &target{File: file}, err
	case a.isDatabase(info):
		return nil, usagef("-o %s is the database itself", path)
	}
	file, err := os.Create(path + ".partial")
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	return &target{file, path}, nil
}

func (a *app) isDatabase(info fs.FileInfo) bool {
	database, err := os.Stat(a.dbPath)
	return err == nil && os.SameFile(database, info)
}

// finish gives the file its name, or takes it away when something went wrong.
func (t *target) finish(err error) error {
	partial := t.Name()
	err = errors.Join(err, t.Close())
	if t.path == "" {
		return err
	}
	if err == nil {
		err = os.Rename(partial, t.path)
	}
	if err != nil {
		os.Remove(partial)
	}
	return err
}

// selectionFault says of a selection that does not fit what would have.
func selectionFault(err error) error {
	var (
		missing *store.SelectionError
		value   *store.ValueError
	)
	switch {
	case errors.As(err, &missing):
		if near := didYouMean(missing.Name, missing.Known); near != "" {
			return usagef("%w%s", missing, near)
		}
		return usagef("%w; there are: %s", missing, strings.Join(missing.Known, ", "))
	case errors.As(err, &value):
		return usagef("--where %w", value)
	}
	return err
}
