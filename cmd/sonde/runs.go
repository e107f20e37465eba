package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/pipeline"
	"sonde/store"
	"sonde/tabular"
)

func newRunsCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:     "runs",
		Short:   "List, show, stop, resume and remove runs",
		Example: "  sonde runs list\n  sonde runs show 3 --json\n  sonde runs resume",
	},
		newRunsListCommand(a),
		newRunsShowCommand(a),
		newRunsStopCommand(a),
		newRunsResumeCommand(a),
		newRunsRemoveCommand(a),
	)
}

func newRunsListCommand(a *app) *cobra.Command {
	var f format
	command := &cobra.Command{
		Use:     "list",
		Short:   "List the runs of all sites, the newest first",
		Example: "  sonde runs list\n  sonde runs list --csv",
		Args:    arguments(0, 0, "nothing"),
		RunE:    func(command *cobra.Command, _ []string) error { return a.listRuns(command.Context(), f) },
	}
	f.add(command.Flags())
	return command
}

func (a *app) listRuns(ctx context.Context, f format) error {
	if err := f.check(); err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	runs, err := file.Runs(ctx)
	if err != nil {
		return err
	}
	columns, write := runColumns, writeRun
	if a.forPeople(f) {
		columns, write = shortColumns, writeShort
	}
	return writeRuns(a.rows(f), columns, runs, write)
}

func writeRuns(w tabular.Writer, columns []string, runs []sonde.Run, write func(tabular.Writer, sonde.Run) error) error {
	if err := w.Columns(columns); err != nil {
		return err
	}
	for _, run := range runs {
		if err := write(w, run); err != nil {
			return err
		}
	}
	return w.Close()
}

// shortColumns are those of a table for people, which fits a terminal.
var shortColumns = []string{"run", "site", "status", "started (UTC)", "took", "found", "failed", "received"}

func writeShort(w tabular.Writer, run sonde.Run) error {
	took := ""
	if !run.FinishedAt.IsZero() {
		took = sonde.InTime(run.FinishedAt.Sub(run.StartedAt))
	}
	w.Integer(run.ID)
	for _, text := range []string{run.Site.Name, string(run.Status), run.StartedAt.UTC().Format("Jan _2 15:04"), took} {
		w.Text([]byte(text))
	}
	w.Integer(run.Counts.Found)
	w.Integer(run.Counts.Failures)
	w.Text([]byte(sonde.InBytes(run.Counts.Bytes)))
	return w.EndRow()
}

// runColumns are named as in the view runs.
var runColumns = []string{"id", "site", "status", "trigger", "started_at", "finished_at", "found", "pages", "failures", "bytes", "reason"}

func writeRun(w tabular.Writer, run sonde.Run) error {
	w.Integer(run.ID)
	for _, text := range []string{run.Site.Name, string(run.Status), string(run.Trigger), instant(run.StartedAt), instant(run.FinishedAt)} {
		textOrNull(w, text)
	}
	for _, n := range []int64{run.Counts.Found, run.Counts.Pages, run.Counts.Failures, run.Counts.Bytes} {
		w.Integer(n)
	}
	textOrNull(w, run.Reason)
	return w.EndRow()
}

func textOrNull(w tabular.Writer, text string) {
	if text == "" {
		w.Null()
		return
	}
	w.Text([]byte(text))
}

// instant is a time as the file writes it, "" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func newRunsShowCommand(a *app) *cobra.Command {
	var f format
	command := &cobra.Command{
		Use:     "show [RUN]",
		Short:   "Show what a run came to; the newest, where none is named",
		Example: "  sonde runs show\n  sonde runs show 3 --json",
		Args:    oneRun,
		RunE:    func(command *cobra.Command, args []string) error { return a.showRun(command.Context(), f, args) },
	}
	f.add(command.Flags())
	return command
}

func (a *app) showRun(ctx context.Context, f format, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	run, err := a.namedRun(ctx, file, args)
	if err != nil {
		return err
	}
	s, err := summarise(ctx, file, run)
	switch {
	case err != nil:
		return err
	case f.json, f.ndjson:
		return s.writeJSON(json.NewEncoder(a.stdout), f.json)
	case f.csv:
		return s.writeCounts(a.rows(f))
	}
	a.conclude(s)
	return nil
}

// namedRun is the run whose number is the first argument, or the newest.
func (a *app) namedRun(ctx context.Context, file *store.File, args []string) (sonde.Run, error) {
	if len(args) == 0 {
		run, err := newestRun(ctx, file, "")
		if errors.Is(err, store.ErrNoRun) {
			err = fmt.Errorf("%w: there is none in %s: start with `sonde crawl URL`", store.ErrNoRun, a.dbPath)
		}
		return run, err
	}
	id, err := runNumber(args[0])
	if err != nil {
		return sonde.Run{}, err
	}
	run, err := file.Run(ctx, id)
	if errors.Is(err, store.ErrNoRun) {
		err = fmt.Errorf("%w in %s; `sonde runs list%s` lists them", err, a.dbPath, a.dbFlag())
	}
	return run, err
}

// oneRun and someRuns are the Args of commands that take runs.
func oneRun(command *cobra.Command, args []string) error {
	return errors.Join(arguments(0, 1, "the number of a run")(command, args), runNumbers(args))
}

func someRuns(command *cobra.Command, args []string) error {
	return errors.Join(arguments(1, -1, "the number of a run, as `sonde runs list` shows it")(command, args), runNumbers(args))
}

func runNumbers(args []string) error {
	for _, arg := range args {
		if _, err := runNumber(arg); err != nil {
			return err
		}
	}
	return nil
}

func runNumber(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usagef("%q is not the number of a run; `sonde runs list` shows them", text)
	}
	return id, nil
}

// shownRun is a run as JSON, with the names of the view runs and what it came to.
type shownRun struct {
	ID         int64                   `json:"id"`
	Site       string                  `json:"site"`
	Status     sonde.RunStatus         `json:"status"`
	Trigger    sonde.Trigger           `json:"trigger"`
	StartedAt  string                  `json:"started_at"`
	FinishedAt *string                 `json:"finished_at"`
	Reason     *string                 `json:"reason"`
	Found      int64                   `json:"found"`
	Pages      int64                   `json:"pages"`
	Failures   int64                   `json:"failures"`
	Bytes      int64                   `json:"bytes"`
	Outcomes   map[sonde.Outcome]int64 `json:"outcomes"`
	Counts     []shownCount            `json:"counts"`
	Seeds      []string                `json:"seeds"`
	Config     sonde.Policy            `json:"config"`
}

type shownCount struct {
	Outcome sonde.Outcome `json:"outcome"`
	Failure *string       `json:"failure"`
	Reason  *string       `json:"reason"`
	Status  *int          `json:"status"`
	Count   int64         `json:"count"`
}

func (s summary) writeJSON(to *json.Encoder, indented bool) error {
	run := s.run
	shown := shownRun{
		ID: run.ID, Site: run.Site.Name, Status: run.Status, Trigger: run.Trigger,
		StartedAt: instant(run.StartedAt), FinishedAt: orNull(instant(run.FinishedAt)), Reason: orNull(run.Reason),
		Found: run.Counts.Found, Pages: run.Counts.Pages, Failures: run.Counts.Failures, Bytes: run.Counts.Bytes,
		Outcomes: maps.Clone(run.Counts.Outcomes), Counts: []shownCount{},
		Seeds: run.Site.Seeds, Config: run.Site.Policy,
	}
	for _, c := range s.counts {
		count := shownCount{c.Outcome, orNull(string(c.Failure)), orNull(string(c.Reason)), nil, c.Count}
		if c.Status != 0 {
			count.Status = &c.Status
		}
		shown.Counts = append(shown.Counts, count)
	}
	to.SetEscapeHTML(false)
	if indented {
		to.SetIndent("", "  ")
	}
	return to.Encode(shown)
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// writeCounts writes how the URLs of the run ended as rows.
func (s summary) writeCounts(w tabular.Writer) error {
	if err := w.Columns([]string{"run_id", "outcome", "failure", "reason", "status", "count"}); err != nil {
		return err
	}
	for _, c := range s.counts {
		w.Integer(s.run.ID)
		for _, text := range []string{string(c.Outcome), string(c.Failure), string(c.Reason)} {
			textOrNull(w, text)
		}
		if c.Status == 0 {
			w.Null()
		} else {
			w.Integer(int64(c.Status))
		}
		w.Integer(c.Count)
		if err := w.EndRow(); err != nil {
			return err
		}
	}
	return w.Close()
}

func newRunsResumeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "resume [RUN]",
		Short: "Go on with a run that ended with URLs unvisited",
		Long: `Go on with a run that was interrupted, stopped, or ended at a limit, by its own
policy; with the newest run, where none is named. Nothing is fetched twice, and
limits count anew. Credentials are not stored: where the site needs them, use
"sonde crawl --resume" and give them again.`,
		Example: "  sonde runs resume\n  sonde runs resume 3",
		Args:    oneRun,
		RunE: func(command *cobra.Command, args []string) error {
			return a.resumeRun(command.Context(), args)
		},
	}
}

func (a *app) resumeRun(ctx context.Context, args []string) error {
	// A database that is not there must not be made only to be found empty.
	reading, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	reading.Close()
	return a.withFile(ctx, func(file *store.File, screen *live) error {
		run, err := a.namedRun(ctx, file, args)
		if err != nil {
			return err
		}
		return a.goOn(ctx, file, screen, pipeline.Order{}, run)
	})
}

func newRunsRemoveCommand(a *app) *cobra.Command {
	var yes bool
	command := &cobra.Command{
		Use:   "remove RUN...",
		Short: "Take runs out of the database",
		Long: `Take runs out of the database, with everything that no other run points to. The
space is used again; "sonde db vacuum" gives it back to the disk. Interrupted,
it leaves a run with fewer URLs; the same command removes the rest.`,
		Example: "  sonde runs remove 3\n  sonde runs remove 1 2 --yes",
		Args:    someRuns,
		RunE: func(command *cobra.Command, args []string) error {
			return a.removeRuns(command.Context(), args, yes)
		},
	}
	command.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return command
}

func (a *app) removeRuns(ctx context.Context, args []string, yes bool) error {
	runs, err := a.runsToRemove(ctx, args)
	if err != nil {
		return err
	}
	if !yes {
		for _, run := range runs {
			a.say("Run %d of %s, %s on %s, with %s.", run.ID, run.Site.Name, run.Status,
				run.StartedAt.Format(time.DateOnly), sonde.Plural(run.Counts.Found, "URL"))
		}
		if err := a.askToRemove(sonde.Plural(int64(len(runs)), "run")); err != nil {
			return err
		}
	}
	return a.withFile(ctx, func(file *store.File, _ *live) error {
		for _, run := range runs {
			progress, end := a.progress("URLs removed")
			err := file.RemoveRun(ctx, run.ID, progress)
			if end(); err != nil {
				return removalError(ctx, err)
			}
			a.say("Removed run %d of %s.", run.ID, run.Site.Name)
		}
		return nil
	})
}

// removalError says of a removal that was interrupted what there is to do.
func removalError(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w; what is gone is gone: the same command removes the rest", err)
}

// runsToRemove reads the runs that arguments name, all before any is removed.
func (a *app) runsToRemove(ctx context.Context, args []string) ([]sonde.Run, error) {
	file, err := a.openForReading(ctx)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var runs []sonde.Run
	for _, arg := range args {
		run, err := a.namedRun(ctx, file, []string{arg})
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// askToRemove asks the person at the terminal.
func (a *app) askToRemove(what string) error {
	if _, terminal := a.terminal(a.stdin); !terminal {
		return usagef("nobody is there to be asked: give --yes to remove %s", what)
	}
	fmt.Fprintf(a.stderr, "Remove %s? [y/N] ", printable(what))
	answer, _ := bufio.NewReader(a.stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return &endError{exitError, "nothing was removed"}
}

func newRunsStopCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "Stop the run that another sonde is making",
		Long: `Stop the run that another sonde on this machine is making in the database, as
one Ctrl-C there would: what is on its way is recorded, and the run can be
resumed.`,
		Example: "  sonde runs stop\n  sonde runs stop --db shop.db",
		Args:    arguments(0, 0, "nothing"),
		RunE:    func(command *cobra.Command, _ []string) error { return a.stopRun(command.Context()) },
	}
}

// How long a stop may take, and how often it is looked whether it has happened.
const (
	stopPatience = time.Minute
	stopLook     = 50 * time.Millisecond
)

func (a *app) stopRun(ctx context.Context) error {
	if _, err := os.Stat(a.dbPath); err != nil {
		return fmt.Errorf("%w: %s", store.ErrNoFile, a.dbPath)
	}
	holder, held, err := store.HolderOf(a.dbPath)
	if err != nil {
		return fmt.Errorf("looking who holds %s: %w", a.dbPath, err)
	}
	if !held {
		a.say("No run goes on in %s.", a.dbPath)
		return nil
	}
	if err := interrupt(holder); err != nil {
		return err
	}
	a.say("Asked process %d (%s) to stop.", holder.PID, holder.Command)
	return a.awaitRelease(ctx)
}

// interrupt sends SIGINT to the holder of a file, if it makes a run on this machine.
func interrupt(h store.Holder) error {
	host, err := os.Hostname()
	switch {
	case err != nil:
		return err
	case h.PID == 0:
		return errors.New("the holder of the database did not say who it is; try again")
	case h.Host != host:
		return fmt.Errorf("the run is made by process %d on %s, and can only be stopped there", h.PID, h.Host)
	case h.PID == os.Getpid(), !makesRuns(h.Command):
		return fmt.Errorf("the database is held by process %d (%s), which is not a run", h.PID, h.Command)
	}
	process, err := os.FindProcess(h.PID)
	if err == nil {
		err = process.Signal(os.Interrupt)
	}
	if err != nil {
		return fmt.Errorf("stopping process %d (%s): %w", h.PID, h.Command, err)
	}
	return nil
}

// makesRuns reports whether a command line of ours is one that makes a run.
func makesRuns(command string) bool {
	for _, word := range []string{"crawl", "run", "runs", "demo"} {
		if command == "sonde "+word {
			return true
		}
	}
	return false
}

// awaitRelease waits until nobody holds the database.
func (a *app) awaitRelease(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stopPatience, errors.New("it has not stopped yet"))
	defer cancel()
	tick := time.NewTicker(stopLook)
	defer tick.Stop()
	for {
		if _, held, err := store.HolderOf(a.dbPath); err != nil || !held {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
