package crawler

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"sync"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/weburl"
)

// A 304 says that the content is as it was, not that the header is: a field that it
// carries replaces the one that was kept (RFC 9111, section 3.2). But servers leave out
// of it what they please, so that a field which is missing may be gone from the whole
// answer too, or not. So the first 304 of each origin is laid beside the whole answer to
// the same request, and then it is known which fields its 304s tell of. A URL whose 304
// says of one of these something else than was kept is asked for again, without a
// condition. Where that first page shows a change in the others, which no 304 can show,
// no URL of the origin is asked with a condition in this run.

// maxApart is how many fields may differ between the 304s and the whole answers of an
// origin before its 304s are taken at their word.
const maxApart = 64

// echoes knows of each origin how its 304s repeat the header of the whole answer.
type echoes struct {
	mu    sync.Mutex
	known map[string]*echo
}

// echo is how the 304s of one origin repeat the header of the whole answer.
type echo struct {
	learned chan struct{} // closed when the first was laid beside a whole answer

	mu      sync.Mutex
	begun   bool            // somebody learns it
	apart   map[string]bool // the names of the fields that differ between the two
	trusted bool            // the 304s are taken at their word
	stale   bool            // what was kept is not what the origin's header is now
}

// of gives the echo of an origin.
func (es *echoes) of(origin string) *echo {
	es.mu.Lock()
	defer es.mu.Unlock()
	if e := es.known[origin]; e != nil {
		return e
	}
	e := &echo{learned: make(chan struct{}), apart: make(map[string]bool)}
	if len(es.known) >= maxOrigins {
		e.begun, e.trusted = true, true
		close(e.learned)
		return e
	}
	if es.known == nil {
		es.known = make(map[string]*echo)
	}
	es.known[origin] = e
	return e
}

// first reports whether the caller is the one to learn the echo.
func (e *echo) first() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	first := !e.begun
	e.begun = true
	return first
}

// isStale reports whether a condition would hide what has changed.
func (e *echo) isStale() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stale
}

// compare takes in a 304 and the whole answer that followed it.
func (e *echo) compare(short, whole *sonde.Fetch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range differing(short.Header, whole.Header) {
		e.apart[name] = true
	}
	e.trusted = e.trusted || len(e.apart) > maxApart
}

// trust takes the 304s at their word from now on.
func (e *echo) trust() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trusted = true
}

// doubts reports whether a 304 leaves it in doubt that the header is as it was kept.
func (e *echo) doubts(short *sonde.Fetch, kept []sonde.HeaderField) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.trusted || e.stale {
		return e.stale
	}
	for name := range differing(short.Header, kept) {
		if !e.apart[name] {
			return true
		}
	}
	return false
}

// hidden are the fields that have changed without a 304 telling.
func (e *echo) hidden(whole *sonde.Fetch, kept []sonde.HeaderField) map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	hidden := make(map[string]bool)
	for name := range differing(whole.Header, kept) {
		if e.apart[name] {
			hidden[name] = true
		}
	}
	return hidden
}

// revalidate makes the requests that one URL takes, the first on the condition that it
// has changed, where its last answer is known. The errors are those of ask.
func (c *Crawler) revalidate(ctx context.Context, request fetch.Request) (reply, error) {
	if request.Previous == nil {
		return c.ask(ctx, request)
	}
	e := c.echoes.of(weburl.Origin(request.URL))
	if e.isStale() {
		request.Previous = nil
	}
	r, err := c.ask(ctx, request)
	if err != nil || request.Previous == nil || !usable(r.Answer) || r.Fetch.Status != http.StatusNotModified {
		return r, err
	}
	if e.first() {
		defer close(e.learned)
		return c.learnEcho(ctx, e, request, r)
	}
	select {
	case <-e.learned:
	case <-ctx.Done():
		return reply{}, ctx.Err()
	}
	if !e.doubts(r.Fetch, request.Previous.Header) {
		return r, nil
	}
	return c.askWhole(ctx, e, request, r)
}

// learnEcho asks for what gave the first 304 of its origin without the condition. A
// field that has changed is asked for once more: one that differs each time says nothing.
func (c *Crawler) learnEcho(ctx context.Context, e *echo, request fetch.Request, short reply) (reply, error) {
	whole, err := c.askWhole(ctx, e, request, short)
	if err != nil || whole.Fetch.Status != http.StatusOK {
		return whole, err
	}
	hidden := e.hidden(whole.Fetch, request.Previous.Header)
	if len(hidden) == 0 {
		return whole, nil
	}
	again, err := c.askWhole(ctx, e, request, whole)
	if err != nil || again.Fetch.Status != http.StatusOK {
		return again, err
	}
	for name := range differing(whole.Fetch.Header, again.Fetch.Header) {
		delete(hidden, name)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stale = len(hidden) > 0
	return again, nil
}

// askWhole asks without a condition for what was answered before. Where that brings no
// whole answer, the one before stands, and so will the 304s of its origin.
func (c *Crawler) askWhole(ctx context.Context, e *echo, request fetch.Request, before reply) (reply, error) {
	request.Previous = nil
	r, err := c.ask(ctx, request)
	if err != nil {
		return reply{}, err
	}
	if !usable(r.Answer) || transient(r.Answer) || r.Fetch.Status == http.StatusNotModified {
		e.trust()
		before.attempts += r.attempts
		return before, nil
	}
	r.attempts += before.attempts
	if r.Fetch.Status == http.StatusOK && before.Fetch.Status == http.StatusNotModified {
		e.compare(before.Fetch, r.Fetch)
	}
	return r, nil
}

// differing gives the names of the fields of which two headers, sorted by name, say
// something else, without what is volatile.
func differing(a, b []sonde.HeaderField) iter.Seq[string] {
	return func(yield func(name string) bool) {
		for len(a)+len(b) > 0 {
			next := lower(a, b)
			ofA, ofB := leading(a, next.Name), leading(b, next.Name)
			a, b = a[len(ofA):], b[len(ofB):]
			if !next.IsVolatile() && !slices.Equal(ofA, ofB) && !yield(next.Name) {
				return
			}
		}
	}
}

// lower is the field at the head of two sorted headers, not both empty, whose name comes
// first.
func lower(a, b []sonde.HeaderField) sonde.HeaderField {
	if len(b) == 0 || len(a) > 0 && a[0].Name < b[0].Name {
		return a[0]
	}
	return b[0]
}

// leading are the fields at the head of a sorted header that have a name.
func leading(header []sonde.HeaderField, name string) []sonde.HeaderField {
	n := 0
	for n < len(header) && header[n].Name == name {
		n++
	}
	return header[:n]
}
