//go:build unix

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// million crawls a made-up site of a million pages with sonde alone and prints
// its memory over time.
func (b *bench) million(ctx context.Context) error {
	pages := cmp.Or(b.pages, 1_000_000)
	server, err := startMade(pages, 0)
	if err != nil {
		return err
	}
	database := b.database("million")
	sonde := tool{"sonde", (*bench).sondeCommand}
	s, err := b.crawl(ctx, sonde, crawl{url: server.origin + "/", connections: manualConnections, round: "million", database: database})
	counts := server.Counts()
	s.requests, s.pages = counts.Requests, counts.Distinct
	b.printMemory(s.usage.moments)
	if err = errors.Join(err, server.stop(ctx)); err != nil {
		return err
	}
	b.table(fmt.Sprintf("\na made-up site of %d pages, 64 connections", pages), []sample{s})
	b.printFile("with bodies", database, s.pages)
	if s.pages != int64(pages) {
		return fmt.Errorf("sonde asked for %d of %d pages", s.pages, pages)
	}
	return b.hold(ctx, database, s.pages)
}

// printMemory prints about thirty of the samples.
func (b *bench) printMemory(samples []moment) {
	b.printf("seconds  MiB\n")
	step := max(1, len(samples)/30)
	for i := 0; i < len(samples); i += step {
		b.printf("%7.0f  %.0f\n", samples[i].at.Seconds(), float64(samples[i].bytes)/(1<<20))
	}
}
