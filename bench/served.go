//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"sonde/internal/loopback"
)

// How the dashboard is read and what it is asked for meanwhile.
const (
	readersOfBoard = 20
	readingTime    = 30 * time.Second
	crawledPages   = 20_000 // of each crawl beside the readers
)

// served measures the dashboard on a large file: exports, and 20 readers, alone and
// while a crawl writes.
func (b *bench) served(ctx context.Context) error {
	database := cmp.Or(b.file, b.database("served"))
	if fileBytes(database) == 0 {
		if err := b.fillAnalysed(ctx, database, cmp.Or(b.pages, 1_000_000)); err != nil {
			return err
		}
	}
	b.printf("a file of %.0f MiB\n\n", float64(fileBytes(database))/(1<<20))
	if err := b.exports(ctx, database); err != nil {
		return err
	}
	return b.reading(ctx, database)
}

// fillAnalysed fills a file as analyze does, and analyses its latest run.
func (b *bench) fillAnalysed(ctx context.Context, database string, pages int) error {
	if err := b.fill(ctx, database, pages); err != nil {
		return err
	}
	_, err := b.measure(ctx, command{name: "analyze", dir: b.dir, args: []string{b.sonde, "analyze", "1000", "--db", database}})
	return err
}

// exports measures the export of all pages beside sqlite3 asking the same.
func (b *bench) exports(ctx context.Context, database string) error {
	const question = "SELECT * FROM pages"
	var rows struct{ Count int64 }
	if err := b.ask(ctx, database, "SELECT count(*) AS count FROM pages", &rows); err != nil {
		return err
	}
	toNothing := func(name string, args ...string) (usage, error) {
		return b.measure(ctx, command{name: name, dir: b.dir, args: append([]string{"sh", "-c", `exec "$@" > /dev/null`, "sh"}, args...)})
	}
	b.printf("%d pages as CSV\nround  sqlite3 rows/s  CPU s   sonde export rows/s  CPU s  peak MiB  speed ×   over HTTP rows/s  CPU s  peak MiB  speed ×\n", rows.Count)
	for round := range b.rounds {
		theirs, err := toNothing("export-sqlite3", "sqlite3", "-readonly", "-header", "-csv", database, question)
		if err != nil {
			return err
		}
		ours, err := toNothing("export-sonde", b.sonde, "export", "pages", "--csv", "--db", database)
		if err != nil {
			return err
		}
		http, err := b.exportOverHTTP(ctx, database, rows.Count)
		if err != nil {
			return err
		}
		rate := func(u usage) float64 { return float64(rows.Count) / u.wall.Seconds() }
		b.printf("%5d  %14.0f %6.1f  %20.0f %6.1f  %8.0f  %7.2f  %17.0f %6.1f  %8.0f  %7.2f\n", round+1, rate(theirs), theirs.cpu.Seconds(),
			rate(ours), ours.cpu.Seconds(), float64(ours.peak)/(1<<20), rate(ours)/rate(theirs),
			rate(http), http.cpu.Seconds(), float64(http.peak)/(1<<20), rate(http)/rate(theirs))
	}
	b.printf("\n")
	return nil
}

// exportOverHTTP measures the same over HTTP, by a dashboard that does nothing else.
func (b *bench) exportOverHTTP(ctx context.Context, database string, want int64) (usage, error) {
	board, err := b.startBoard(ctx, database)
	if err != nil {
		return usage{}, err
	}
	began := time.Now()
	lines, err := countLines(ctx, board.origin+"/pages.csv")
	u := usage{wall: time.Since(began), peak: board.peak()}
	if err == nil && lines < want+1 { // a cell may hold a line break
		err = fmt.Errorf("/pages.csv has %d lines, %d rows are in the file", lines, want)
	}
	err = errors.Join(err, board.stop())
	u.cpu = board.process.ProcessState.UserTime() + board.process.ProcessState.SystemTime()
	return u, err
}

// countLines reads a whole answer.
func countLines(ctx context.Context, address string) (lines int64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	answer, err := (&http.Transport{DisableCompression: true}).RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("GET %s: %s", address, answer.Status)
	}
	buffer := make([]byte, 1<<20)
	for {
		n, err := answer.Body.Read(buffer)
		lines += int64(bytes.Count(buffer[:n], []byte("\n")))
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}

// reading measures the readers alone, and crawls alone and beside them.
func (b *bench) reading(ctx context.Context, database string) error {
	sites, err := b.madeSites(ctx, database)
	if err != nil {
		return err
	}
	defer func() {
		for _, s := range sites {
			_ = s.stop(ctx) // its answers are counted already
		}
	}()
	board, err := b.startBoard(ctx, database)
	if err != nil {
		return err
	}
	err = b.readAndCrawl(ctx, board, sites)
	return errors.Join(err, board.stop())
}

func (b *bench) readAndCrawl(ctx context.Context, board *board, sites []*madeSite) error {
	addresses, err := board.addresses(ctx, b)
	if err != nil {
		return err
	}
	alone, err := board.read(ctx, addresses, b.pause, func(ctx context.Context) error { return wait(ctx, readingTime) })
	if err != nil {
		return err
	}
	b.printf("%d readers who pause for %v\n", readersOfBoard, b.pause)
	b.firstBytes(addresses, alone)
	var took [3]time.Duration
	var beside firstBytes
	for i := range sites {
		crawl := func(ctx context.Context) (err error) {
			took[i], err = b.boardCrawl(ctx, board, sites[i].name())
			return err
		}
		if i != 1 {
			err = crawl(ctx)
		} else {
			beside, err = board.read(ctx, addresses, b.pause, crawl)
		}
		if err != nil {
			return err
		}
	}
	b.printf("the same readers while a crawl writes, and is analysed\n")
	b.firstBytes(addresses, beside)
	without := (took[0] + took[2]) / 2
	b.printf("a crawl of %d pages: %.1f s and %.1f s without readers, %.1f s beside them: speed × %.2f; the log beside the file had %.0f MiB at most\n",
		crawledPages, took[0].Seconds(), took[2].Seconds(), took[1].Seconds(), without.Seconds()/took[1].Seconds(), float64(board.log)/(1<<20))
	return nil
}

// madeSites serves three made-up sites and registers each with the file.
func (b *bench) madeSites(ctx context.Context, database string) ([]*madeSite, error) {
	var sites []*madeSite
	for range 3 {
		site, err := startMade(crawledPages, 0)
		if err != nil {
			return sites, err
		}
		sites = append(sites, site)
		said, err := exec.CommandContext(ctx, b.sonde, "site", "add", site.name(), site.origin+"/", "--db", database,
			"--rate", "0", "--per-host", "64", "--concurrency", "64", "--probe", "off").CombinedOutput()
		if err != nil {
			return sites, fmt.Errorf("add a site: %w\n%s", err, said)
		}
	}
	return sites, nil
}

// name is that of the site in the file.
func (m *madeSite) name() string { return strings.TrimPrefix(m.origin, "http://") + " (made)" }

// boardCrawl has the dashboard run a site and tells how long the crawl took, from its
// beginning until the run was closed, before it was analysed.
func (b *bench) boardCrawl(ctx context.Context, board *board, site string) (time.Duration, error) {
	var found struct{ ID int64 }
	if err := b.ask(ctx, board.database, "SELECT id FROM sites WHERE name = '"+site+"'", &found); err != nil {
		return 0, err
	}
	answer, err := http.PostForm(fmt.Sprintf("%s/api/v1/sites/%d/run", board.origin, found.ID), url.Values{})
	if err != nil {
		return 0, err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("run %s: %s", site, answer.Status)
	}
	for {
		if err := wait(ctx, time.Second); err != nil {
			return 0, err
		}
		var run struct {
			Seconds  float64
			Analysed int64
		}
		err := b.ask(ctx, board.database, `SELECT (julianday(finished_at) - julianday(started_at)) * 86400 AS seconds, issues IS NOT NULL AS analysed
			FROM runs WHERE site = '`+site+"' UNION ALL SELECT 0, 0 LIMIT 1", &run)
		if err != nil || run.Analysed == 1 {
			return time.Duration(run.Seconds * float64(time.Second)), err
		}
	}
}

// ask asks a file a question with one row for an answer.
func (b *bench) ask(ctx context.Context, database, question string, into any) error {
	answer, err := exec.CommandContext(ctx, b.sonde, "query", "--db", database, "--json", question).Output()
	if err != nil {
		return fmt.Errorf("ask %s: %w", database, err)
	}
	rows := []any{into}
	if err := json.Unmarshal(answer, &rows); err != nil || len(rows) != 1 {
		return fmt.Errorf("ask %s: %v in %s", database, err, answer)
	}
	return nil
}

// board is a dashboard in a process of its own.
type board struct {
	origin, database string
	process          *exec.Cmd
	log              int64 // the most bytes that the log beside the file had
}

func (b *bench) startBoard(ctx context.Context, database string) (*board, error) {
	port, err := loopback.FreePort()
	if err != nil {
		return nil, err
	}
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	process := exec.CommandContext(ctx, b.sonde, "serve", "--db", database, "--listen", listen)
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	process.WaitDelay = 15 * time.Second
	if err := process.Start(); err != nil {
		return nil, err
	}
	board := &board{origin: "http://" + listen, database: database, process: process}
	for range 600 { // a file of an older schema is brought up to date first
		answer, err := http.Get(board.origin + "/healthz")
		if err == nil {
			answer.Body.Close()
			return board, nil
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			break
		}
	}
	return nil, errors.Join(fmt.Errorf("%s serve does not answer", b.sonde), board.stop())
}

// peak is the most memory that the process held.
func (d *board) peak() int64 { return statusBytes(d.process.Process.Pid, "VmHWM:") }

// stop ends the dashboard gently.
func (d *board) stop() error {
	if err := d.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := d.process.Wait(); err != nil && !strings.Contains(err.Error(), "130") {
		return err
	}
	return nil
}

// wait waits, or less where ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
