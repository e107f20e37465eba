//go:build unix

package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

//go:embed analyze.sql
var fillSQL string

// analyze measures what `sonde analyze` takes for two runs of a made-up site, the second
// against the first. Nothing is crawled: the file is filled by sqlite3, and what sonde
// finds in it is held against what was put there.
func (b *bench) analyze(ctx context.Context) error {
	pages := cmp.Or(b.pages, 1_000_000)
	database := b.database("analyze")
	begun := time.Now()
	if err := b.fill(ctx, database, pages); err != nil {
		return err
	}
	b.printf("%d pages, %d links; the file was filled in %.0f s and has %.0f MiB\n\n", pages, 30*pages, time.Since(begun).Seconds(), float64(fileBytes(database))/(1<<20))
	b.printf("run  seconds  CPU s  peak MiB\n")
	for _, run := range []string{"1", "1000"} {
		u, err := b.measure(ctx, command{name: "analyze-" + run, dir: b.dir, args: []string{b.sonde, "analyze", run, "--db", database}})
		if err != nil {
			return err
		}
		b.printf("%4s %8.1f %6.1f %9.0f\n", run, u.wall.Seconds(), u.cpu.Seconds(), float64(u.peak)/(1<<20))
	}
	return b.holdChanges(ctx, database, int64(pages))
}

// fill makes a file by crawling a site of one page, and fills it.
func (b *bench) fill(ctx context.Context, database string, pages int) error {
	server, err := startMade(1, 0)
	if err != nil {
		return err
	}
	_, err = b.crawl(ctx, tool{"sonde", (*bench).sondeCommand}, crawl{url: server.origin + "/", connections: 1, round: "analyze", database: database})
	if err := errors.Join(err, server.stop(ctx)); err != nil {
		return err
	}
	shell := exec.CommandContext(ctx, "sqlite3", "-bail", database)
	shell.Stdin = strings.NewReader(strings.ReplaceAll(fillSQL, ":pages", strconv.Itoa(pages)))
	if said, err := shell.CombinedOutput(); err != nil {
		return fmt.Errorf("fill %s by sqlite3: %w\n%s", database, err, tail(string(said), 2000))
	}
	return nil
}

// holdChanges holds what sonde found to have changed against what was changed.
func (b *bench) holdChanges(ctx context.Context, database string, pages int64) error {
	const question = "SELECT what, count(*) AS count FROM changes GROUP BY what"
	answer, err := exec.CommandContext(ctx, b.sonde, "query", "--db", database, "--json", question).Output()
	if err != nil {
		return fmt.Errorf("ask %s for its changes: %w", database, err)
	}
	var rows []struct {
		What  string
		Count int64
	}
	if err := json.Unmarshal(answer, &rows); err != nil {
		return fmt.Errorf("ask %s for its changes: %w in %s", database, err, answer)
	}
	want := map[string]int64{"title": pages / 100, "gone": pages / 1000, "new": pages / 1000}
	for _, row := range rows {
		if want[row.What] != row.Count {
			return fmt.Errorf("sonde found %d changes of %s, %d were made", row.Count, row.What, want[row.What])
		}
		delete(want, row.What)
	}
	if len(want) > 0 {
		return fmt.Errorf("sonde did not find the changes %v", want)
	}
	return nil
}
