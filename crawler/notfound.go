package crawler

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/bits"
	"net/http"
	"strings"
	"sync"
	"time"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/markup"
	"sonde/crawler/weburl"
)

const (
	notFoundLife = 24 * time.Hour // of what is remembered
	maxNotFound  = 256 << 10      // bytes of the answer that are read
	alike        = 3              // bits in which the SimHashes of like texts differ at most
	fewWords     = 10             // texts of fewer words are alike too often
)

// lost knows what places answer to a request for a page that nobody made: a 404, or
// something that looks like a page, and then so may others that are none. Each place is
// asked once, when it has given a page.
type lost struct {
	mu     sync.Mutex
	places map[string]*sonde.NotFound // by origin; nil while it is being asked
}

// first reports whether nobody has asked a place yet, and notes that somebody does.
func (l *lost) first(origin string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.places[origin]; known || len(l.places) >= maxOrigins {
		return false
	}
	if l.places == nil {
		l.places = make(map[string]*sonde.NotFound)
	}
	l.places[origin] = nil
	return true
}

func (l *lost) note(origin string, n *sonde.NotFound) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.places[origin] = n
}

// isLike reports whether a page of a place says what the place says of pages that
// nobody made. It takes more than a likeness, because pages of few words in a large
// frame are all alike.
func (l *lost) isLike(origin string, p *sonde.Page) bool {
	l.mu.Lock()
	n := l.places[origin]
	l.mu.Unlock()
	if n == nil || n.Status/100 != 2 || p.WordCount < fewWords || p.WordCount != n.WordCount {
		return false
	}
	return p.TextHash == n.TextHash || bits.OnesCount64(p.SimHash^n.SimHash) <= alike
}

// learnNotFound asks the place of a page for one that nobody made, unless that is known
// from before. It is for the first good page of a place.
// The error is that of ctx, a *gate.ParkedError, or one of the memory.
func (c *Crawler) learnNotFound(ctx context.Context, page string) error {
	origin := weburl.Origin(page)
	memory, _, err := c.robots.memory.Recall(ctx, origin)
	if err != nil {
		return fmt.Errorf("recall what is known of %s: %w", origin, err)
	}
	if n := memory.NotFound; n != nil && time.Since(n.AskedAt) < notFoundLife {
		c.lost.note(origin, n)
		return nil
	}
	n, err := c.askNotFound(ctx, page)
	if err != nil || n == nil {
		return err
	}
	c.lost.note(origin, n)
	memory.Origin, memory.NotFound = origin, n
	memory.Pace, _ = c.gate.Pace(origin)
	if err := c.robots.memory.Remember(context.WithoutCancel(ctx), memory); err != nil {
		return fmt.Errorf("remember what %s answers to a page that is not there: %w", origin, err)
	}
	return nil
}

// askNotFound asks for a page beside another that nobody can have made. It gives nil
// where that is not to be asked for.
func (c *Crawler) askNotFound(ctx context.Context, page string) (*sonde.NotFound, error) {
	t := sonde.Target{URL: beside(page), Host: weburl.Split(page).Host, Use: sonde.Read, By: sonde.ByLink}
	if c.scope.refuses(t) != "" {
		return nil, nil
	}
	v := sonde.Visit{Target: t}
	if forbidden, err := c.forbids(ctx, &v); err != nil || forbidden {
		return nil, err
	}
	r, err := c.ask(ctx, fetch.Request{URL: t.URL, Use: sonde.Read, Method: http.MethodGet, MaxBody: maxNotFound, Keep: true})
	if err != nil {
		return nil, err
	}
	n := &sonde.NotFound{AskedAt: r.at}
	if usable(r.Answer) {
		n.Status = r.Fetch.Status
		c.readNotFound(n, t.URL, r.Fetch)
	}
	return n, nil
}

// readNotFound takes the text of the answer, where it is a page.
func (c *Crawler) readNotFound(n *sonde.NotFound, url string, f *sonde.Fetch) {
	header := field(f.Header, "Content-Type")
	if !isPage(markup.Sniff(f.Body, header)) {
		return
	}
	text, _, _ := markup.Decode(f.Body, header)
	with := <-c.readers
	defer func() { c.readers <- with }()
	page, _ := with.markup.Read(markup.Input{Body: text, URL: url, Header: f.Header})
	n.WordCount, n.TextHash, n.SimHash = page.WordCount, page.TextHash, page.SimHash
}

// beside is the URL of a page in the same folder that nobody can have made; for people
// who find it in their logs it says what it is.
func beside(page string) string {
	page, _, _ = strings.Cut(page, "?")
	folder := page[:strings.LastIndexByte(page, '/')+1]
	sum := fnv.New64a()
	sum.Write([]byte(folder))
	return fmt.Sprintf("%ssonde-asks-for-no-page-%016x", folder, sum.Sum64())
}
