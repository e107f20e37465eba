package crawler

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"
	"testing"

	"sonde"
	"sonde/crawler/weburl"
)

// shelf is a Frontier in memory. It does what the contract says and no more, and
// keeps the visits for the test to look at.
type shelf struct {
	perOrigin int // targets of one origin out at once

	mu      sync.Mutex
	entries map[string]*shelved
	order   int
	out     map[string]int // by origin
	parked  map[string]bool
	visits  []sonde.Visit
	changed chan struct{}
	fail    error // what Done returns
}

type shelved struct {
	target sonde.Target
	state  state
	order  int
}

type state string

const (
	waiting  state = "waiting"
	handed   state = "out"
	visited  state = "visited"
	excluded state = "excluded"
)

func newShelf(targets ...sonde.Target) *shelf {
	s := &shelf{
		perOrigin: 64,
		entries:   make(map[string]*shelved),
		out:       make(map[string]int),
		parked:    make(map[string]bool),
	}
	for _, t := range targets {
		s.learn(t)
	}
	return s
}

// seedsOf makes the first targets of a run.
func seedsOf(urls ...string) []sonde.Target {
	var targets []sonde.Target
	for _, url := range urls {
		targets = append(targets, sonde.Target{URL: url, Host: weburl.Split(url).Host, Use: sonde.Read, By: sonde.BySeed})
	}
	return targets
}

func (s *shelf) Next(ctx context.Context) (sonde.Target, error) {
	for {
		t, err := s.take()
		if err != nil || t.URL != "" {
			return t, err
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			return sonde.Target{}, ctx.Err()
		}
	}
}

// take hands out the nearest target whose origin has room; none is no error.
func (s *shelf) take() (sonde.Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var best *shelved
	over := true
	for _, e := range s.entries {
		origin := weburl.Origin(e.target.URL)
		over = over && (s.parked[origin] || e.state != waiting && e.state != handed)
		if e.state == waiting && !s.parked[origin] && s.out[origin] < s.perOrigin && (best == nil || e.before(best)) {
			best = e
		}
	}
	switch {
	case over:
		return sonde.Target{}, io.EOF
	case best == nil:
		return sonde.Target{}, nil
	}
	best.state = handed
	s.out[weburl.Origin(best.target.URL)]++
	return best.target, nil
}

func (e *shelved) before(other *shelved) bool {
	return cmp.Or(cmp.Compare(e.target.Depth, other.target.Depth), cmp.Compare(e.order, other.order)) < 0
}

func (s *shelf) Done(ctx context.Context, v sonde.Visit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := cmp.Or(s.fail, ctx.Err()); err != nil {
		return err
	}
	e := s.entries[v.Target.URL]
	if e.state == handed {
		s.out[weburl.Origin(v.Target.URL)]--
	}
	e.state = visited
	s.visits = append(s.visits, v)
	for _, t := range v.Found {
		s.learn(t)
	}
	s.wake()
	return nil
}

func (s *shelf) Park(_ context.Context, t sonde.Target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parked[weburl.Origin(t.URL)] = true
	s.wake()
	return nil
}

// learn takes in a found target, as the contract of sonde.Target has it.
func (s *shelf) learn(t sonde.Target) {
	e := s.entries[t.URL]
	switch {
	case e == nil:
		e = &shelved{order: s.order}
		s.order++
		s.entries[t.URL] = e
	case e.state == excluded && t.Reason == "":
	case e.state == waiting && e.target.Use == sonde.Measure && t.Use == sonde.Read && t.Reason == "":
	default:
		return
	}
	e.target, e.state = t, waiting
	if t.Reason != "" {
		e.state = excluded
	}
}

func (s *shelf) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// visit gives the one visit of a URL.
func (s *shelf) visit(t *testing.T, url string) sonde.Visit {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []sonde.Visit
	for _, v := range s.visits {
		if v.Target.URL == url {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s was visited %d times, want once; all visits: %v", url, len(found), s.outcomes())
	}
	return found[0]
}

// reason tells why a URL was excluded; the test fails where it was not.
func (s *shelf) reason(t *testing.T, url string) sonde.Reason {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[url]
	if e == nil || e.state != excluded {
		t.Fatalf("%s is %+v, want it excluded", url, e)
	}
	return e.target.Reason
}

// in lists the URLs in a state, sorted.
func (s *shelf) in(want state) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var urls []string
	for url, e := range s.entries {
		if e.state == want {
			urls = append(urls, url)
		}
	}
	slices.Sort(urls)
	return urls
}

// outcomes lists the first visits in short, in the order in which they were
// recorded.
func (s *shelf) outcomes() []string {
	var lines []string
	for _, v := range s.visits[:min(len(s.visits), 20)] {
		lines = append(lines, v.Target.URL+" "+string(v.Outcome)+" "+string(v.Failure)+string(v.Reason))
	}
	return lines
}

// notebook is a Memory in a map.
type notebook struct {
	mu     sync.Mutex
	hosts  map[string]sonde.HostMemory
	writes int
	fail   error
}

func (n *notebook) Recall(_ context.Context, origin string) (sonde.HostMemory, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m, ok := n.hosts[origin]
	return m, ok, n.fail
}

func (n *notebook) Remember(_ context.Context, m sonde.HostMemory) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts = make(map[string]sonde.HostMemory)
	}
	n.hosts[m.Origin] = m
	n.writes++
	return n.fail
}
