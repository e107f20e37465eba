package crawler

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/markup"
)

// The page of the benchmarks: 90 links, of which 50 stand on every page, as in the
// navigation of a manual.
func benchPage(n int) []byte {
	var b strings.Builder
	b.WriteString("<!doctype html><html lang=en><title>Page</title><main>")
	for i := range 90 {
		page := i
		if i >= 50 {
			page = n*40 + i
		}
		fmt.Fprintf(&b, "<p>Some words to read before the link <a href=\"/book/chapter-%d/section.html\">section</a> and after it.", page)
	}
	return []byte(b.String())
}

// belt is a Frontier that hands out n targets, some at a time, and forgets what it
// is told.
type belt struct {
	n, next int
	out     chan struct{}
}

func (b *belt) Next(context.Context) (sonde.Target, error) {
	if b.next == b.n {
		return sonde.Target{}, io.EOF
	}
	b.next++
	b.out <- struct{}{}
	url := fmt.Sprintf("https://example.org/book/chapter-%d/section.html", b.next)
	return sonde.Target{URL: url, Host: "example.org", Use: sonde.Read, By: sonde.ByLink, Depth: 1}, nil
}

func (b *belt) Done(context.Context, sonde.Visit) error {
	<-b.out
	return nil
}

func (b *belt) Park(context.Context, sonde.Target) error { return nil }

// BenchmarkLoop is all that a page costs but for the network and the store. What
// the loop itself costs is the difference to BenchmarkReadAlone.
func BenchmarkLoop(b *testing.B) {
	bodies := make([][]byte, 100)
	for i := range bodies {
		bodies[i] = benchPage(i)
	}
	policy := quick()
	policy.PerHost = 64
	crawler, err := New(Config{
		Site:     sonde.Site{Seeds: []string{"https://example.org/"}, Policy: policy},
		Frontier: &belt{n: b.N, out: make(chan struct{}, 128)},
	})
	if err != nil {
		b.Fatal(err)
	}
	header := []sonde.HeaderField{{Name: "Content-Type", Value: "text/html; charset=utf-8"}}
	var turn atomic.Int64
	crawler.lookup = unknown
	crawler.do = func(_ context.Context, r fetch.Request) fetch.Answer {
		if strings.HasSuffix(r.URL, "/robots.txt") {
			return fetch.Answer{Fetch: &sonde.Fetch{Status: 404}}
		}
		body := bodies[turn.Add(1)%100]
		return fetch.Answer{Fetch: &sonde.Fetch{Status: 200, Header: header, ContentType: "text/html", Body: body, WireBytes: int64(len(body))}}
	}
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := crawler.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadAlone is the part of markup in BenchmarkLoop.
func BenchmarkReadAlone(b *testing.B) {
	crawler, err := New(Config{Site: sonde.Site{Seeds: []string{"https://example.org/"}, Policy: quick()}})
	if err != nil {
		b.Fatal(err)
	}
	body := benchPage(7)
	header := []sonde.HeaderField{{Name: "Content-Type", Value: "text/html; charset=utf-8"}}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := markup.NewReader(crawler.urls)
		for pb.Next() {
			markup.Sniff(body, header[0].Value)
			text, _, _ := markup.Decode(body, header[0].Value)
			r.Read(markup.Input{Body: text, URL: "https://example.org/book/chapter-7/section.html", Header: header})
		}
	})
}

// BenchmarkFinder is what the links of a page cost: 50 that stand on every page and
// 40 that are new.
func BenchmarkFinder(b *testing.B) {
	s, err := newScope(sonde.Site{Seeds: []string{"https://example.org/"}, Policy: quick()})
	if err != nil {
		b.Fatal(err)
	}
	f := newFinder(s, newBudget(), false)
	pages := make([][]sonde.Link, 400)
	for n := range pages {
		for i := range 90 {
			page := i
			if i >= 50 {
				page = n*40 + i
			}
			url := fmt.Sprintf("https://example.org/book/chapter-%d/section.html", page)
			pages[n] = append(pages[n], sonde.Link{URL: url, Host: "example.org", Kind: sonde.LinkA})
		}
	}
	from := sonde.Target{URL: "https://example.org/book/index.html", Depth: 1}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		f.begin(from)
		f.links(pages[n%len(pages)], false)
		f.targets()
	}
}
