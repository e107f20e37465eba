package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"sonde"
)

// take hands out targets until none may go out, without bringing any back.
func take(t *testing.T, r *Recording) (urls []string) {
	t.Helper()
	for {
		target, ok, err := r.frontier.take()
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if !ok {
			return urls
		}
		urls = append(urls, target.URL)
	}
}

func TestOrderWithinAnOrigin(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/")
	defer r.Close(t.Context(), sonde.Stopped, "")
	seed, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := page(seed)
	for _, found := range []sonde.Target{
		{URL: "http://h.test/external", Use: sonde.Check, Depth: 1},
		{URL: "http://h.test/picture", Use: sonde.Measure, Depth: 1},
		{URL: "http://h.test/deep", Use: sonde.Read, Depth: 3},
		{URL: "http://h.test/near", Use: sonde.Read, Depth: 1},
		{URL: "http://h.test/redirected", Use: sonde.Read, By: sonde.ByRedirect, Depth: 9},
		{URL: "http://h.test/sitemap.xml", Use: sonde.Map},
		{URL: "http://h.test/refused", Use: sonde.Read, Depth: 1, Reason: sonde.TooDeep},
	} {
		found.Host, found.FoundOn = "h.test", seed.URL
		if found.By == "" {
			found.By = sonde.ByLink
		}
		v.Found = append(v.Found, found)
	}
	if err := r.Done(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if err := r.ask(t.Context(), noChange); err != nil {
		t.Fatal(err)
	}
	want := "[http://h.test/sitemap.xml http://h.test/redirected http://h.test/near http://h.test/deep http://h.test/picture http://h.test/external]"
	if got := fmt.Sprint(take(t, r)); got != want {
		t.Errorf("went out: %s\n    want: %s", got, want)
	}
}

func TestOriginsTakeTurnsAndAreBounded(t *testing.T) {
	f := open(t)
	var seeds []string
	for i := range 30 {
		seeds = append(seeds, fmt.Sprintf("http://a.test/%d", i))
	}
	seeds = append(seeds, "http://b.test/", "http://b.test:8080/", "http://c.test/")
	r := begin(t, f, seeds...)
	defer r.Close(t.Context(), sonde.Stopped, "")
	counts := map[string]int{}
	for i, url := range take(t, r) {
		counts[originOf(url)]++
		if i < 4 && counts[originOf(url)] > 1 {
			t.Errorf("%s went out a second time before the others had their turn", originOf(url))
		}
	}
	perHost := sonde.DefaultPolicy().PerHost
	want := map[string]int{"http://a.test": 2 * perHost, "http://b.test": 1, "http://b.test:8080": 1, "http://c.test": 1}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("out are %v, want %v", counts, want)
	}
}

// TestFrontierBeyondMemory keeps far more targets than stay in memory, in an order
// that is not that of their discovery, and gives every one out once.
func TestFrontierBeyondMemory(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/")
	const pages = 5 * aheadPerHost
	numbers := rand.Perm(pages)
	seen := map[string]int{}
	for {
		target, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		seen[target.URL]++
		v := page(target)
		for range min(len(numbers), 1+rand.IntN(400)) {
			v.Found = append(v.Found, sonde.Target{
				URL: fmt.Sprintf("http://h.test/%d", numbers[0]), Host: "h.test", Use: sonde.Read, By: sonde.ByLink, Depth: rand.IntN(9),
			})
			numbers = numbers[1:]
		}
		if err := r.Done(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	for url, times := range seen {
		if times != 1 {
			t.Errorf("%s went out %d times", url, times)
		}
	}
	if len(seen) != pages+1 {
		t.Errorf("%d targets went out, want %d", len(seen), pages+1)
	}
}

func TestParkedOriginsStayPending(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://a.test/1", "http://a.test/2", "http://b.test/1")
	first, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Park(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	for _, url := range crawl(t, r, func(string) []string { return nil }) {
		if originOf(url) == originOf(first.URL) {
			t.Errorf("%s went out although its origin is parked", url)
		}
	}
	if err := r.Close(t.Context(), sonde.Partial, "parked"); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, f, "SELECT count(*) FROM pages WHERE outcome = 'pending'"); got != 2 {
		t.Errorf("%d are pending, want 2", got)
	}
	run, err := f.LastRun(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.ResumeRun(t.Context(), run, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := crawl(t, again, func(string) []string { return nil }); len(got) != 2 {
		t.Errorf("after resuming %q went out, want the two that were parked", got)
	}
	if err := again.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
}

// TestBetterFindings finds URLs again on better ways.
func TestBetterFindings(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/")
	seed, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	target := func(name string, use sonde.Use, depth int, reason sonde.Reason) sonde.Target {
		return sonde.Target{URL: "http://h.test/" + name, Host: "h.test", Use: use, By: sonde.ByLink, Depth: depth, Reason: reason}
	}
	v := page(seed)
	v.Found = []sonde.Target{
		target("refused", sonde.Read, 1, sonde.NofollowLink), target("refused", sonde.Read, 2, ""),
		target("measured", sonde.Measure, 1, ""), target("measured", sonde.Read, 2, ""),
		target("far", sonde.Read, 7, ""), target("far", sonde.Read, 2, ""), target("far", sonde.Read, 5, ""),
		target("kept", sonde.Read, 1, ""), target("kept", sonde.Read, 1, sonde.NofollowLink),
	}
	if err := r.Done(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	order := crawl(t, r, func(string) []string { return nil })
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	if want := "[http://h.test/kept http://h.test/refused http://h.test/measured http://h.test/far]"; fmt.Sprint(order) != want {
		t.Errorf("went out: %s, want %s", order, want)
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM pages WHERE outcome = 'ok'":         5,
		"SELECT found FROM runs":                                  5,
		"SELECT depth FROM pages WHERE url = 'http://h.test/far'": 2,
		"SELECT count(*) FROM pages WHERE used_for = 'read'":      5,
		"SELECT count(*) FROM _frontier":                          0,
	})
}

func TestFullDisk(t *testing.T) {
	for _, c := range []struct {
		name  string
		after int // seconds until there is space; 0: never
	}{{"for a while", 5}, {"for good", 0}} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t)
			synctest.Test(t, func(t *testing.T) { fullDisk(t, f, c.after) })
		})
	}
}

func fullDisk(t *testing.T, f *File, after int) {
	told := make(chan struct{}, 100)
	f.log = func(string) { told <- struct{}{} }
	r := begin(t, f, "http://h.test/1")
	target, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pages, err := pragma(f.write, "page_count")
	if err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if err := execAll(f.write, fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Error(err)
		}
	}
	limit(pages)
	v := page(target)
	for i := range 2000 {
		v.Found = append(v.Found, sonde.Target{URL: fmt.Sprintf("http://h.test/a/rather/long/path/to/page/%d", i), Host: "h.test", Use: sonde.Read, By: sonde.ByLink, Depth: 1})
	}
	if err := r.Done(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	for i := range after {
		<-told
		if i == after-1 {
			limit(1 << 30)
		}
	}
	next, err := r.Next(context.Background())
	if after == 0 {
		if !errors.Is(err, ErrFull) {
			t.Errorf("the disk stayed full: %v, want %v", err, ErrFull)
		}
		limit(1 << 30)
		if err := r.Close(context.Background(), sonde.Failed, ""); !errors.Is(err, ErrFull) {
			t.Errorf("closing: %v, want %v", err, ErrFull)
		}
		return
	}
	if err != nil || next.Depth != 1 {
		t.Errorf("after there was space again came %v, %v", next, err)
	}
	if err := r.Close(context.Background(), sonde.Stopped, ""); err != nil {
		t.Error(err)
	}
	if n := ask(t, f, "SELECT count(*) FROM pages"); n != 2001 {
		t.Errorf("%d URLs are known, want 2001", n)
	}
}
