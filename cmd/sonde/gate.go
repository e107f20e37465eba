package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/store"
)

// gate is what must hold of a run for a command to end with 0: what a build server asks.
type gate struct {
	failOn string   // a severity; "": none
	failIf []string // queries that must not give a row
}

// add gives a command the flags.
func (g *gate) add(command *cobra.Command, heading string) {
	flags := command.Flags()
	flags.StringVar(&g.failOn, "fail-on", "", "exit with 4 when there are open issues of this `SEVERITY` or a graver one: critical, high, medium, low, info")
	flags.StringArrayVar(&g.failIf, "fail-if", nil, "exit with 4 when this `SQL` gives a row; can be repeated")
	for _, name := range []string{"fail-on", "fail-if"} {
		settable(flags.Lookup(name))
		if heading != "" {
			place(flags.Lookup(name), heading)
		}
	}
}

// check holds that the severity is one, before anything is opened.
func (g *gate) check() error {
	if g.failOn == "" || sonde.Severity(g.failOn).Rank() > 0 {
		return nil
	}
	var names []string
	for _, s := range sonde.Severities {
		names = append(names, string(s))
	}
	return usagef("--fail-on %q: %s are the severities%s", g.failOn, strings.Join(names, ", "), didYouMean(g.failOn, names))
}

// compile holds that the queries are right, before anything is crawled.
func (g *gate) compile(ctx context.Context, file *store.File) error {
	for _, sql := range g.failIf {
		if err := g.fault(ctx, file, sql, file.CheckQuery(ctx, sql)); err != nil {
			return err
		}
	}
	return nil
}

// fault makes a usage error of what is wrong with a query.
func (g *gate) fault(ctx context.Context, file *store.File, sql string, err error) error {
	var wrong *store.QueryError
	if errors.As(err, &wrong) {
		return usagef("--fail-if %.60q: %w", sql, queryFault(ctx, file, err))
	}
	return err
}

// pass holds the gate against a run. What does not hold is an error that ends the program
// with 4.
func (g *gate) pass(ctx context.Context, file *store.File, run sonde.Run) error {
	var failed []string
	if g.failOn != "" {
		text, err := g.issues(ctx, file, run)
		if err != nil {
			return err
		}
		failed = append(failed, text...)
	}
	for _, sql := range g.failIf {
		var first firstRow
		if _, err := file.Query(ctx, sql, nil, store.Limits{Rows: 1}, &first); err != nil {
			return g.fault(ctx, file, sql, err)
		}
		if first.there {
			failed = append(failed, fmt.Sprintf("the gate failed: --fail-if %q gives a row: %s", sql, strings.Join(first.cells, ", ")))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &endError{exitGate, strings.Join(failed, "\n")}
}

// issues says which open issues are too grave.
func (g *gate) issues(ctx context.Context, file *store.File, run sonde.Run) (failed []string, err error) {
	total, parts := int64(0), []string{}
	err = file.Rows(ctx, `SELECT severity, count(*) FROM issues_history WHERE run_id = :run AND state IN ('new', 'ongoing', 'regressed')
		GROUP BY severity ORDER BY min(severity_rank)`, store.Named{":run": run.ID}, func(r store.Row) error {
		if sonde.Severity(r.Text(0)).AtLeast(sonde.Severity(g.failOn)) {
			total += r.Integer(1)
			parts = append(parts, fmt.Sprintf("%d %s", r.Integer(1), r.Text(0)))
		}
		return nil
	})
	if err != nil || total == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("the gate failed: %s (--fail-on %s): %s", sonde.Plural(total, "open issue"), g.failOn, strings.Join(parts, ", "))}, nil
}

// firstRow keeps the first row of an answer as texts.
type firstRow struct {
	there bool
	cells []string
}

func (f *firstRow) add(text string) {
	if len(f.cells) < 5 {
		f.cells = append(f.cells, text)
	}
}

func (f *firstRow) Columns([]string) error { return nil }
func (f *firstRow) Null()                  { f.add("NULL") }
func (f *firstRow) Integer(n int64)        { f.add(fmt.Sprint(n)) }
func (f *firstRow) Float(x float64)        { f.add(fmt.Sprint(x)) }
func (f *firstRow) Text(b []byte)          { f.add(fmt.Sprintf("%.200s", b)) }
func (f *firstRow) Blob(b []byte)          { f.add(sonde.Plural(int64(len(b)), "byte")) }
func (f *firstRow) EndRow() error          { f.there = true; return nil }

// weigh puts a gate behind what the shell is told of a run anyway: an interruption or an
// error says more than the gate, and the gate more than that something was left out.
func (g *gate) weigh(ctx context.Context, file *store.File, run sonde.Run, verdict error) error {
	if slices.Contains([]int{exitInterrupted, exitError}, exitCode(verdict)) {
		return verdict
	}
	if err := g.pass(ctx, file, run); err != nil {
		return err
	}
	return verdict
}
