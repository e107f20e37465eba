//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// options is what the flags say.
type options struct {
	sonde   string
	rounds  int
	scans   int
	pages   int
	limit   time.Duration
	tools   string
	scratch string
	out     string
	extra   string
	file    string
	pause   time.Duration
}

// bench is one run of a scenario.
type bench struct {
	options
	dir string    // of temporary files; removed at the end
	log io.Writer // the figures: standard output and a file
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, scenario := readFlags()
	if err := run(ctx, o, scenario); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func readFlags() (options, string) {
	var o options
	flag.StringVar(&o.sonde, "sonde", "bin/sonde", "the program to measure")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds, each with every crawler or scanner once")
	flag.IntVar(&o.scans, "scans", 20, "scans by sonde of each network of the scenario ports, the first of them in rounds with nmap")
	flag.IntVar(&o.pages, "pages", 0, "pages of the made-up site (latency 20,000; million, analyze and served 1,000,000)")
	flag.DurationVar(&o.limit, "limit", 30*time.Minute, "the longest that one crawl may take")
	flag.StringVar(&o.tools, "tools", "sonde,wget2,goquery", "the crawlers to measure")
	flag.StringVar(&o.scratch, "scratch", "", "folder for temporary files, a few GiB (default: /dev/shm, where it is)")
	flag.StringVar(&o.out, "out", filepath.Join("bench", "out"), "folder for the figures and the crawlers' own words")
	flag.StringVar(&o.extra, "flags", "", "more flags for sonde crawl, separated by spaces")
	flag.StringVar(&o.file, "file", "", "a file that the scenario served may read and crawl into; one that is not there it fills and keeps (default: it fills one and removes it)")
	flag.DurationVar(&o.pause, "pause", time.Second, "how long a reader of the scenario served looks at a page")
	flag.Parse()
	return o, flag.Arg(0)
}

// run prepares the folders, measures, and cleans up.
func run(ctx context.Context, o options, scenario string) error {
	measure, found := map[string]func(*bench, context.Context) error{
		"manual": (*bench).manual, "latency": (*bench).latency, "million": (*bench).million,
		"analyze": (*bench).analyze, "names": (*bench).names, "ports": (*bench).ports, "identify": (*bench).identify,
		"served": (*bench).served,
	}[scenario]
	if !found {
		return fmt.Errorf("%q is no scenario; take manual, latency, million, analyze, served, names, ports or identify", scenario)
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	var err error
	if o.sonde, err = filepath.Abs(o.sonde); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(scratchFolder(o.scratch), "sonde-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	figures, err := os.Create(filepath.Join(o.out, scenario+".txt"))
	if err != nil {
		return err
	}
	b := &bench{options: o, dir: dir, log: io.MultiWriter(os.Stdout, figures)}
	b.printf("%s, %s\n\n", scenario, time.Now().UTC().Format("2006-01-02 15:04 MST"))
	return errors.Join(measure(b, ctx), figures.Close())
}

// scratchFolder prefers memory, so that no crawler waits for a disk.
func scratchFolder(wanted string) string {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); wanted == "" && err == nil && info.IsDir() {
		return memory
	}
	return wanted
}

func (b *bench) printf(format string, values ...any) {
	fmt.Fprintf(b.log, format, values...)
}
