package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/analyze"
	"sonde/crawler/weburl"
	"sonde/pipeline"
	"sonde/store"
	"sonde/tabular"
)

// diff is what the command is told.
type diff struct {
	format
	page string // the URL whose text is compared; "": everything is
}

func newDiffCommand(a *app) *cobra.Command {
	var d diff
	command := &cobra.Command{
		Use:   "diff [RUN_A RUN_B]",
		Short: "Tell what changed from one run of a site to another",
		Long: `Tell what changed from one run of a site to another: pages new, gone, back, the
fields of pages, links, robots.txt, and the network side of its hosts. Where no
runs are named, it is the newest run and the one before it. With --page, lay the
texts of one page beside each other, paragraph by paragraph.

What a run found against the one before it is also in the view "changes".`,
		Example: `  sonde diff
  sonde diff 3 7 --json
  sonde diff 3 7 --page https://example.org/terms`,
		Args: twoRuns,
		RunE: func(command *cobra.Command, args []string) error { return a.diff(command.Context(), d, args) },
	}
	d.add(command.Flags())
	command.Flags().StringVar(&d.page, "page", "", "compare the visible text of the page at this `URL`")
	return command
}

// twoRuns is the Args of a command that takes two runs, or none.
func twoRuns(command *cobra.Command, args []string) error {
	if len(args) == 1 {
		return usagef("diff needs two runs, or none for the newest and the one before it; `sonde runs list` shows them")
	}
	return errors.Join(arguments(0, 2, "the numbers of two runs")(command, args), runNumbers(args))
}

func (a *app) diff(ctx context.Context, d diff, args []string) error {
	if err := d.check(); err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	before, run, err := a.twoRuns(ctx, file, args)
	switch {
	case err != nil:
		return err
	case d.page != "":
		return a.diffPage(ctx, file, d, before, run)
	case d.format == format{}:
		return a.tellChanges(ctx, file, before, run)
	}
	return a.writeChanges(ctx, file, d.format, before, run)
}

// twoRuns are the runs that are named, or the newest and the one before it.
func (a *app) twoRuns(ctx context.Context, file *store.File, args []string) (before, run sonde.Run, err error) {
	if len(args) == 2 {
		if before, err = a.namedRun(ctx, file, args[:1]); err == nil {
			run, err = a.namedRun(ctx, file, args[1:])
		}
		return before, run, err
	}
	if run, err = a.namedRun(ctx, file, nil); err != nil {
		return before, run, err
	}
	id := int64(0)
	err = file.Rows(ctx, "SELECT previous_run_id FROM runs WHERE id = :run", store.Named{":run": run.ID}, func(r store.Row) error {
		id = r.Integer(0)
		return nil
	})
	if err == nil && id == 0 {
		err = fmt.Errorf("run %d is the first of %s that is there: there is nothing to compare it with", run.ID, run.Site.Name)
	}
	if err != nil {
		return before, run, err
	}
	before, err = file.Run(ctx, id)
	return before, run, err
}

// writeChanges writes changes as rows, in the columns of the view.
func (a *app) writeChanges(ctx context.Context, file *store.File, f format, before, run sonde.Run) error {
	w := a.rows(f)
	if err := w.Columns([]string{"site", "run_id", "previous_run_id", "subject", "what", "old", "new", "changed_at"}); err != nil {
		return err
	}
	err := analyze.Compare(ctx, file, before.ID, run.ID, func(c sonde.Change) error {
		w.Text([]byte(run.Site.Name))
		w.Integer(run.ID)
		w.Integer(before.ID)
		for _, text := range []string{c.Subject, string(c.What), c.Old, c.New, instant(c.At)} {
			textOrNull(w, text)
		}
		return w.EndRow()
	})
	if err != nil {
		return errors.Join(err, w.Flush())
	}
	return w.Close()
}

// tellChanges writes changes for people, subject by subject.
func (a *app) tellChanges(ctx context.Context, file *store.File, before, run sonde.Run) error {
	w := bufio.NewWriter(a.stdout)
	count, subject := int64(0), ""
	err := analyze.Compare(ctx, file, before.ID, run.ID, func(c sonde.Change) error {
		if count++; c.Subject != subject {
			subject = c.Subject
			fmt.Fprintf(w, "%s\n", printable(subject))
		}
		return tellChange(w, c)
	})
	if err := errors.Join(err, w.Flush()); err != nil {
		return err
	}
	a.say("%s from run %d (%s) to run %d (%s) of %s.", sonde.Plural(count, "change"), before.ID, before.StartedAt.UTC().Format("Jan _2 15:04"),
		run.ID, run.StartedAt.UTC().Format("Jan _2 15:04"), run.Site.Name)
	return nil
}

// maxShown is how much of a value people are shown on a line.
const maxShown = 200

// tellChange writes a change on one line, or where there are lists on one for each.
func tellChange(w io.Writer, c sonde.Change) error {
	fmt.Fprintf(w, "  %s\n", c.What)
	for _, side := range []struct{ mark, text string }{{"-", c.Old}, {"+", c.New}} {
		for _, text := range listedValues(side.text) {
			if len(text) > maxShown {
				text = strings.ToValidUTF8(text[:maxShown], "") + "…"
			}
			fmt.Fprintf(w, "    %s %s\n", side.mark, printable(text))
		}
	}
	return nil
}

// listedValues parts what is a list: a JSON array of texts or of pairs, or the lines of a
// text.
func listedValues(text string) []string {
	var texts []string
	if json.Unmarshal([]byte(text), &texts) == nil {
		return texts
	}
	var pairs [][]any
	if json.Unmarshal([]byte(text), &pairs) == nil {
		for _, pair := range pairs {
			texts = append(texts, strings.TrimSpace(fmt.Sprintln(pair...)))
		}
		return texts
	}
	for line := range strings.Lines(text) {
		texts = append(texts, strings.TrimRight(line, "\r\n"))
	}
	return texts
}

// diffPage lays the texts of one page beside each other.
func (a *app) diffPage(ctx context.Context, file *store.File, d diff, before, run sonde.Run) error {
	url := weburl.NewCanonicalizer(run.Site.Policy.DropParams).Canonical(d.page).URL
	old, err := pipeline.Text(ctx, file, before.ID, url)
	if err != nil {
		return bodyFault(err)
	}
	new, err := pipeline.Text(ctx, file, run.ID, url)
	if err != nil {
		return bodyFault(err)
	}
	edits := analyze.CompareTexts(old, new)
	if d.format != (format{}) {
		return writeEdits(a.rows(d.format), edits)
	}
	w := bufio.NewWriter(a.stdout)
	fmt.Fprintf(w, "--- run %d %s\n+++ run %d %s\n", before.ID, printable(url), run.ID, printable(url))
	tellEdits(w, edits)
	return w.Flush()
}

// bodyFault adds what to do where there is no body.
func bodyFault(err error) error {
	if errors.Is(err, store.ErrNoBody) {
		return fmt.Errorf("%w: the run did not visit it, or was told --bodies none", err)
	}
	return err
}

func writeEdits(w tabular.Writer, edits []analyze.Edit) error {
	if err := w.Columns([]string{"op", "text"}); err != nil {
		return err
	}
	for _, e := range edits {
		w.Text([]byte(e.Op))
		w.Text([]byte(e.Text))
		if err := w.EndRow(); err != nil {
			return err
		}
	}
	return w.Close()
}

// around is how many equal paragraphs are shown beside those that differ.
const around = 2

// tellEdits writes what differs, and a little of what stands around it.
func tellEdits(w io.Writer, edits []analyze.Edit) {
	marks := map[analyze.EditOp]string{analyze.Keep: "  ", analyze.Remove: "- ", analyze.Insert: "+ "}
	skipped := 0
	for i, e := range edits {
		if e.Op == analyze.Keep && !nearEdit(edits, i) {
			skipped++
			continue
		}
		if skipped > 0 {
			fmt.Fprintf(w, "@@ %s the same @@\n", sonde.Plural(int64(skipped), "paragraph"))
			skipped = 0
		}
		fmt.Fprintf(w, "%s%s\n", marks[e.Op], printable(e.Text))
	}
	if skipped > 0 {
		fmt.Fprintf(w, "@@ %s the same @@\n", sonde.Plural(int64(skipped), "paragraph"))
	}
}

// nearEdit reports whether a paragraph stands near one that differs.
func nearEdit(edits []analyze.Edit, i int) bool {
	for _, e := range edits[max(0, i-around):min(len(edits), i+around+1)] {
		if e.Op != analyze.Keep {
			return true
		}
	}
	return false
}
