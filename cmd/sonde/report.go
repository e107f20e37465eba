package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/analyze"
	"sonde/analyze/report"
	"sonde/store"
	"sonde/tabular"
)

// reporting is what the command is told.
type reporting struct {
	gate
	format string
	path   string // "" and "-": standard output
}

// reportFormats are the formats of a report, and the endings of files that choose them.
var reportFormats = []struct{ name, ending string }{
	{"text", ".txt"}, {"md", ".md"}, {"json", ".json"}, {"html", ".html"}, {"csv", ".csv"}, {"sarif", ".sarif"}, {"junit", ".xml"},
}

func newReportCommand(a *app) *cobra.Command {
	var r reporting
	command := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Report the health of a site",
		Long: `Report the health of a site on one screen of 40 lines: its score and how it
comes about, the issues by severity with examples and what became of them since
the run before, what changed, what is slow, large and well linked, and what was
not crawled and why; of the newest run, where none is named.

text is the screen; md, json and html are the whole report, with every rule, why
it matters and how to mend it; html is one file that opens anywhere. csv and
sarif are every single issue, junit is every rule as a test.

Exit codes: 0 done, 1 error, 2 usage, 4 the gate failed (--fail-on, --fail-if),
10 no such database.`,
		Example: `  sonde report
  sonde report 7 -o report.html
  sonde report --format sarif -o sonde.sarif --fail-on high
  sonde report --fail-if "SELECT url FROM pages WHERE ttfb_ms > 2000"`,
		Args: oneRun,
		RunE: func(command *cobra.Command, args []string) error { return a.reportRun(command.Context(), r, args) },
	}
	command.Flags().StringVar(&r.format, "format", "", "write it as `NAME`: "+strings.Join(formatNames(), ", "))
	command.Flags().StringVarP(&r.path, "output", "o", "", "write to this `FILE`, which appears when all is written; its\nending chooses the format where --format does not")
	r.gate.add(command, "")
	return command
}

func formatNames() (names []string) {
	for _, f := range reportFormats {
		names = append(names, f.name)
	}
	return names
}

// settle chooses the format.
func (r *reporting) settle() error {
	if r.format != "" && !slices.Contains(formatNames(), r.format) {
		return usagef("--format %q: %s are written%s", r.format, strings.Join(formatNames(), ", "), didYouMean(r.format, formatNames()))
	}
	for _, f := range reportFormats {
		if r.format == "" && filepath.Ext(r.path) == f.ending {
			r.format = f.name
		}
	}
	r.format = orElse(r.format, "text")
	return r.gate.check()
}

func (a *app) reportRun(ctx context.Context, r reporting, args []string) error {
	if err := r.settle(); err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := r.compile(ctx, file); err != nil {
		return err
	}
	run, err := a.namedRun(ctx, file, args)
	if err != nil {
		return err
	}
	page, err := report.Of(ctx, file, run)
	if errors.Is(err, report.ErrNotAnalysed) {
		return fmt.Errorf("%w: `sonde analyze %d%s` does it", err, run.ID, a.dbFlag())
	}
	if err != nil {
		return err
	}
	if err := a.writeTo(r.path, func(w io.Writer) error { return writeReport(ctx, w, file, page, r.format) }); err != nil {
		return err
	}
	return r.pass(ctx, file, run)
}

// writeTo has do write to a file, which appears only when all went well, or to standard
// output.
func (a *app) writeTo(path string, do func(io.Writer) error) error {
	if path == "" || path == "-" {
		return do(a.stdout)
	}
	target, err := a.target(path)
	if err != nil {
		return err
	}
	return target.finish(do(target))
}

func writeReport(ctx context.Context, w io.Writer, file *store.File, page report.Report, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(page)
	case "html":
		return page.HTML(w)
	case "csv":
		return writeAll(tabular.NewCSV(w, false, tabular.Options{}), func(w tabular.Writer) error {
			return file.Export(ctx, store.Selection{View: "issues_history", Where: []store.Filter{{Column: "run_id", Value: fmt.Sprint(page.Run)}}}, w)
		})
	case "sarif":
		return page.SARIF(ctx, file, w, version)
	case "junit":
		rules, err := askedRules(ctx, file)
		if err != nil {
			return err
		}
		return page.JUnit(w, rules)
	}
	text := page.Text
	if format == "md" {
		text = page.Markdown
	}
	var b bytes.Buffer
	if err := text(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, printable(b.String()))
	return err
}

// askedRules are the rules of the program and those of people that runs of the file were
// asked.
func askedRules(ctx context.Context, file *store.File) ([]sonde.Rule, error) {
	var own []sonde.Rule
	err := file.Rows(ctx, "SELECT name, title FROM rules ORDER BY name", nil, func(r store.Row) error {
		own = append(own, sonde.Rule{Name: r.Text(0), Title: r.Text(1)})
		return nil
	})
	return analyze.With(own), err
}
