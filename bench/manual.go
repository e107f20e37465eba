//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// manualRoot is where Debian's rust-doc puts its pages, manualConnections how
// many requests each crawler may have out.
const (
	manualRoot        = "/usr/share/doc/rust-doc/html"
	manualConnections = 64
)

// manual measures all crawlers on a real manual, then sonde's file.
func (b *bench) manual(ctx context.Context) error {
	if _, err := os.Stat(manualRoot); err != nil {
		return fmt.Errorf("the manual is not installed (apt-get install nginx wget2 rust-doc): %w", err)
	}
	tools, err := b.chosenTools()
	if err != nil {
		return err
	}
	var samples []sample
	for round := range b.rounds {
		for i := range tools {
			t := tools[(i+round)%len(tools)]
			s, err := b.manualCrawl(ctx, t, crawl{round: fmt.Sprint(round + 1)})
			if err != nil {
				return err
			}
			samples = append(samples, s)
			if err := removeDatabase(b.database(fmt.Sprint(round + 1))); err != nil {
				return err
			}
		}
	}
	b.table("Debian's rust-doc behind nginx, 64 connections", inOrder(samples, tools))
	if !strings.Contains(b.tools, "sonde") {
		return nil
	}
	return b.manualFile(ctx)
}

// inOrder puts the samples of the first tool first, whatever round began with
// another.
func inOrder(samples []sample, tools []tool) []sample {
	var ordered []sample
	for _, t := range tools {
		for _, s := range samples {
			if s.tool == t.name {
				ordered = append(ordered, s)
			}
		}
	}
	return ordered
}

func (b *bench) database(round string) string {
	return filepath.Join(b.dir, "sonde-"+round+".db")
}

// manualCrawl measures one crawl, with a server of its own.
func (b *bench) manualCrawl(ctx context.Context, t tool, c crawl) (s sample, err error) {
	server, err := startNginx(ctx, filepath.Join(b.dir, "nginx-"+t.name+"-"+c.round), manualRoot)
	if err != nil {
		return s, err
	}
	c.url, c.connections = server.origin+"/index.html", manualConnections
	if c.database == "" {
		c.database = b.database(c.round)
	}
	s, err = b.crawl(ctx, t, c)
	if err = errors.Join(err, server.stop()); err != nil {
		return s, err
	}
	seen, err := readLog(server.log)
	s.requests, s.pages = seen.requests, seen.pages
	if err == nil && t.name == "sonde" {
		err = b.hold(ctx, c.database, s.pages)
	}
	return s, err
}

// crawl measures one crawler and removes what it downloaded.
func (b *bench) crawl(ctx context.Context, t tool, c crawl) (sample, error) {
	command, err := t.command(b, c)
	if err != nil {
		return sample{}, err
	}
	u, err := b.measure(ctx, command)
	s := sample{tool: t.name, usage: u}
	if err == nil && t.name == "sonde" {
		var closed time.Time
		closed, err = b.closedAt(ctx, c.database)
		s.crawl = u.until(closed)
	}
	return s, errors.Join(err, os.RemoveAll(filepath.Join(b.dir, "wget2-"+c.round)))
}

// hold holds the pages in sonde's file against those that the server counted.
func (b *bench) hold(ctx context.Context, database string, served int64) error {
	recorded, err := b.pagesInFile(ctx, database)
	if err == nil && recorded != served {
		err = fmt.Errorf("sonde recorded %d pages, the server answered %d", recorded, served)
	}
	return err
}

// manualFile measures the file: without bodies, with bodies, and after a recrawl.
// The recrawl needs the same host and port, so one server stays up for both.
func (b *bench) manualFile(ctx context.Context) error {
	sonde := tool{"sonde", (*bench).sondeCommand}
	thin, err := b.manualCrawl(ctx, sonde, crawl{round: "bodies-none", bodies: "none"})
	if err != nil {
		return err
	}
	b.printFile("without bodies", b.database("bodies-none"), thin.pages)

	server, err := startNginx(ctx, filepath.Join(b.dir, "nginx-recrawl"), manualRoot)
	if err != nil {
		return err
	}
	c := crawl{url: server.origin + "/index.html", connections: manualConnections, database: b.database("recrawl")}
	var sizes [2]int64
	var usages [2]usage
	for i := range sizes {
		c.round = fmt.Sprintf("recrawl-%d", i)
		s, crawled := b.crawl(ctx, sonde, c)
		if err = crawled; err != nil {
			break
		}
		sizes[i], usages[i] = fileBytes(c.database), s.usage
	}
	if err = errors.Join(err, server.stop()); err != nil {
		return err
	}
	b.printFile("with bodies", c.database, thin.pages)
	b.printf("a recrawl of the unchanged manual adds %.2f %% to the file and takes %.2f s (first: %.2f s)\n",
		100*float64(sizes[1]-sizes[0])/float64(sizes[0]), usages[1].wall.Seconds(), usages[0].wall.Seconds())
	return nil
}

func (b *bench) printFile(what, database string, pages int64) {
	size := fileBytes(database)
	b.printf("file %s: %.1f MiB, %.2f KiB a page\n", what, float64(size)/(1<<20), float64(size)/1024/float64(max(pages, 1)))
}
