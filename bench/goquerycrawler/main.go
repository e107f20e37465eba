// Command goquerycrawler is the crawler that most people would write in an
// afternoon: net/http, goquery, a set of URLs seen, and nothing kept. It is what
// Sonde is measured against, and is written as well as that shape allows.
//
//	goquerycrawler [-workers N] URL
//
// It follows the links (a href) of every HTML page on the host of URL and prints
// how many pages it read.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func main() {
	workers := flag.Int("workers", 64, "requests at once")
	flag.Parse()
	if err := run(flag.Arg(0), *workers, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "goquerycrawler:", err)
		os.Exit(1)
	}
}

func run(seed string, workers int, out io.Writer) error {
	start, err := url.Parse(seed)
	if err != nil || start.Host == "" {
		return fmt.Errorf("%q is no URL to start from", seed)
	}
	c := newCrawler(start.Host, workers)
	c.add(start)
	var done sync.WaitGroup
	for range workers {
		done.Go(c.work)
	}
	done.Wait()
	fmt.Fprintf(out, "%d pages, %d URLs seen, %d failed\n", c.pages.Load(), len(c.seen), c.failed.Load())
	return nil
}

// crawler is a set of URLs seen and a stack of those still open.
type crawler struct {
	host   string
	client *http.Client
	pages  atomic.Int64
	failed atomic.Int64

	mu      sync.Mutex
	changed *sync.Cond // a URL was added, or a worker became idle
	seen    map[string]bool
	open    []*url.URL
	busy    int
}

func newCrawler(host string, workers int) *crawler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = workers, workers
	c := &crawler{
		host: host, seen: map[string]bool{},
		client: &http.Client{Transport: transport, Timeout: time.Minute},
	}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// add opens a URL of the host that was not seen before.
func (c *crawler) add(u *url.URL) {
	if u.Host != c.host {
		return
	}
	plain := *u
	plain.Fragment, plain.RawFragment = "", ""
	key := plain.String()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.seen[key] {
		c.seen[key] = true
		c.open = append(c.open, &plain)
		c.changed.Signal()
	}
}

// next waits for an open URL; it gives none when all workers wait.
func (c *crawler) next() (*url.URL, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) == 0 {
		if c.busy == 0 {
			c.changed.Broadcast()
			return nil, false
		}
		c.changed.Wait()
	}
	u := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	c.busy++
	return u, true
}

func (c *crawler) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	c.changed.Signal()
}

func (c *crawler) work() {
	for {
		u, more := c.next()
		if !more {
			return
		}
		if err := c.visit(u); err != nil {
			c.failed.Add(1)
		}
		c.release()
	}
}

// visit reads one page and opens what it links to. Bodies that are no HTML are
// not read.
func (c *crawler) visit(u *url.URL) error {
	answer, err := c.client.Get(u.String())
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, answer.Body)
		return errors.New(answer.Status)
	}
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		return nil
	}
	page, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		return err
	}
	c.pages.Add(1)
	page.Find("a[href]").Each(func(_ int, link *goquery.Selection) {
		if target, err := answer.Request.URL.Parse(strings.TrimSpace(link.AttrOr("href", ""))); err == nil {
			c.add(target)
		}
	})
	return nil
}
