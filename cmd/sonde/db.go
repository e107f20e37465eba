package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"sonde"

	"github.com/spf13/cobra"

	"sonde/store"
)

func newDBCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:     "db",
		Short:   "Measure, check, back up and shrink the database",
		Example: "  sonde db info\n  sonde db check\n  sonde db backup copy.db",
	},
		newDBInfoCommand(a),
		newDBCheckCommand(a),
		newDBBackupCommand(a),
		newDBVacuumCommand(a),
	)
}

func newDBInfoCommand(a *app) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:     "info",
		Short:   "Say how large the database is, and what takes the room",
		Example: "  sonde db info\n  sonde db info --json",
		Args:    arguments(0, 0, "nothing"),
		RunE:    func(command *cobra.Command, _ []string) error { return a.info(command.Context(), asJSON) },
	}
	command.Flags().BoolVar(&asJSON, "json", false, "write one JSON document")
	return command
}

func (a *app) info(ctx context.Context, asJSON bool) error {
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	i, err := file.Info(ctx)
	if err != nil {
		return err
	}
	tables, err := file.Tables(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return a.infoJSON(i, tables)
	}
	_, err = fmt.Fprint(a.stdout, infoText(i, tables))
	return err
}

// infoText is for people.
func infoText(i store.Info, tables []store.TableInfo) string {
	var b strings.Builder
	for _, line := range [][2]string{
		{"file", printable(i.Path)},
		{"schema version", fmt.Sprint(i.Version)},
		{"size", fmt.Sprintf("%s (%s of %s)", sonde.InBytes(i.Bytes), sonde.Plural(i.Pages, "page"), sonde.InBytes(i.PageBytes))},
		{"log beside it", sonde.InBytes(i.LogBytes)},
		{"reclaimable", sonde.InBytes(i.Reclaimable())},
		{"sites", sonde.Thousands(i.Sites)},
		{"runs", sonde.Thousands(i.Runs)},
	} {
		fmt.Fprintf(&b, "%-15s %s\n", line[0], line[1])
	}
	if name := store.NetworkFileSystem(i.Path); name != "" {
		fmt.Fprintf(&b, "%-15s %s: locks may not hold there\n", "file system", name)
	}
	b.WriteString("\ntables, with their indexes\n")
	for _, table := range tables {
		fmt.Fprintf(&b, "  %-22s %10s  %4.1f %%\n", table.Name, sonde.InBytes(table.Bytes), 100*float64(table.Bytes)/float64(max(i.Bytes, 1)))
	}
	return b.String()
}

func (a *app) infoJSON(i store.Info, measured []store.TableInfo) error {
	type table struct {
		Name  string `json:"name"`
		Bytes int64  `json:"bytes"`
	}
	tables := make([]table, len(measured))
	for n, t := range measured {
		tables[n] = table(t)
	}
	return json.NewEncoder(a.stdout).Encode(struct {
		File        string  `json:"file"`
		Version     int     `json:"schema_version"`
		Bytes       int64   `json:"bytes"`
		LogBytes    int64   `json:"log_bytes"`
		PageBytes   int64   `json:"page_bytes"`
		Pages       int64   `json:"pages"`
		FreePages   int64   `json:"free_pages"`
		Reclaimable int64   `json:"reclaimable_bytes"`
		Sites       int64   `json:"sites"`
		Runs        int64   `json:"runs"`
		Tables      []table `json:"tables"`
	}{i.Path, i.Version, i.Bytes, i.LogBytes, i.PageBytes, i.Pages, i.FreePages, i.Reclaimable(), i.Sites, i.Runs, tables})
}

func newDBCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Look whether everything in the database is as it was written",
		Long: `Look whether everything in the database is as it was written: its structure, the
rows that point to others, every body against its SHA-256, and the counts of
every run. Prints "ok", or what is wrong where, and then ends with exit code 1.`,
		Example: "  sonde db check\n  sonde db check --db archive.db",
		Args:    arguments(0, 0, "nothing"),
		RunE:    func(command *cobra.Command, _ []string) error { return a.checkFile(command.Context()) },
	}
}

func (a *app) checkFile(ctx context.Context) error {
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	progress, end := a.progress("bodies checked")
	faults, err := file.Check(ctx, progress)
	end()
	if err != nil {
		return err
	}
	for _, fault := range faults {
		fmt.Fprintln(a.stdout, printable(fault.String()))
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s is damaged: %s; a backup is the way back", a.dbPath, sonde.Plural(int64(len(faults)), "fault"))
	}
	_, err = fmt.Fprintln(a.stdout, "ok")
	return err
}

// progress shows how far long work is: on a terminal one line that is drawn again and
// again, elsewhere a plain line now and then. end takes the line away.
func (a *app) progress(what string) (show func(done, total int64), end func()) {
	_, terminal := a.terminal(a.stderr)
	every, shown := repeatEvery, time.Now()
	if terminal {
		every = redrawEvery
	}
	drawn := false
	show = func(done, total int64) {
		if a.quiet || time.Since(shown) < every {
			return
		}
		shown = time.Now()
		line := fmt.Sprintf("%s of %s %s", sonde.Thousands(done), sonde.Thousands(total), what)
		if drawn = terminal; terminal {
			fmt.Fprint(a.stderr, clearLine, line)
			return
		}
		fmt.Fprintln(a.stderr, line)
	}
	return show, func() {
		if drawn {
			fmt.Fprint(a.stderr, clearLine)
		}
	}
}

func newDBBackupCommand(a *app) *cobra.Command {
	var force bool
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database, also while a crawl writes it",
		Long: `Copy the database as of one moment, compactly, also while a crawl writes it. The
copy is checked before it gets its name.`,
		Example: "  sonde db backup copy.db\n  sonde db backup --force nightly.db",
		Args:    arguments(1, 1, "the name of the copy"),
		RunE: func(command *cobra.Command, args []string) error {
			return a.backup(command.Context(), args[0], force)
		},
	}
	command.Flags().BoolVar(&force, "force", false, "replace FILE if it is there")
	return command
}

func (a *app) backup(ctx context.Context, target string, force bool) error {
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Backup(ctx, target, force); err != nil {
		return err
	}
	if info, err := os.Stat(target); err == nil {
		a.say("%s is a copy of %s as of now (%s).", target, a.dbPath, sonde.InBytes(info.Size()))
	}
	return nil
}

func newDBVacuumCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "vacuum",
		Short: "Give the room that removed runs took back to the disk",
		Long: `Write the database anew without the room that removed runs took, and give that
back to the disk. Needs room for a second copy while it works, and nobody else
writing.`,
		Example: "  sonde db vacuum",
		Args:    arguments(0, 0, "nothing"),
		RunE:    func(command *cobra.Command, _ []string) error { return a.vacuum(command.Context()) },
	}
}

func (a *app) vacuum(ctx context.Context) error {
	before, err := os.Stat(a.dbPath)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", store.ErrNoFile, a.dbPath)
	}
	if err != nil {
		return err
	}
	file, err := a.openForWriting(ctx, nil)
	if err != nil {
		return err
	}
	err = errors.Join(file.Vacuum(ctx), file.Close())
	if after, statErr := os.Stat(a.dbPath); err == nil && statErr == nil {
		a.say("%s has now %s; it had %s.", a.dbPath, sonde.InBytes(after.Size()), sonde.InBytes(before.Size()))
	}
	return err
}
