//go:build unix

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// latency measures sonde and wget2 on a site where every answer takes 50 ms, with
// 64 connections and with 512.
func (b *bench) latency(ctx context.Context) error {
	tools, err := b.chosenTools()
	if err != nil {
		return err
	}
	for _, connections := range []int{64, 512} {
		var samples []sample
		for round := range b.rounds {
			for i := range tools {
				t := tools[(i+round)%len(tools)]
				s, err := b.madeCrawl(ctx, t, 50*time.Millisecond, crawl{
					round: fmt.Sprintf("%d-%d", connections, round+1), connections: connections,
				})
				if err != nil {
					return err
				}
				samples = append(samples, s)
			}
		}
		limit := float64(connections) / 0.050
		b.table(fmt.Sprintf("50 ms for each answer, %d connections (no more than %.0f pages/s are possible)", connections, limit), inOrder(samples, tools))
	}
	return nil
}

// madeCrawl measures one crawl of a new made-up site, held against the server's
// count.
func (b *bench) madeCrawl(ctx context.Context, t tool, latency time.Duration, c crawl) (sample, error) {
	server, err := startMade(cmp.Or(b.pages, 20_000), latency)
	if err != nil {
		return sample{}, err
	}
	c.url, c.database = server.origin+"/", b.database(c.round)
	s, err := b.crawl(ctx, t, c)
	counts := server.Counts()
	s.requests, s.pages = counts.Requests, counts.Distinct
	if err = errors.Join(err, server.stop(ctx)); err == nil && t.name == "sonde" {
		err = errors.Join(b.hold(ctx, c.database, s.pages), removeDatabase(c.database))
	}
	return s, err
}
