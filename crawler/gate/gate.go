// Package gate is the waiting place in front of every origin (scheme, name and
// port). Each request of the program passes it: pages, robots.txt, sitemaps,
// external checks. It decides how many requests are on an origin at once, how far
// apart they start, and when an origin is better left alone.
//
// [Gate.Enter] waits for a turn and gives a [Pass]; [Pass.Leave] gives the turn
// back together with the [Answer], from which the gate learns. Turns are given
// first come, first served. A waiter takes its turn itself, at the moment at which
// Enter returns, so starts are as far apart as promised however late a goroutine
// wakes up, and a waiter that is cancelled has no turn that could be lost. The gate
// starts no goroutines: the first waiter of an origin holds a timer, the others
// wait for those before them.
//
// # The law
//
// Parallelism and pace. An origin has a share of its [Limits], at first 1. At most
// share × PerHost requests, rounded and never less than one, are on their way at
// once; starts are at least 1/Rate ÷ share apart, and there is no credit for time
// in which nothing was asked. With a Crawl-delay ([Gate.Slow]) starts are at least
// that far apart too, and there is one request at a time.
//
// Steps. Answers are counted in windows of 20. The fifth error in a window (more
// than 20 %: no usable answer, or a status of 500 and above) ends it and halves the
// share. At the end of a window the share halves, too, when the smoothed time to
// the first byte is over 500 ms and over 4 times the best, but only as long as more
// than one request at once is left to halve. Otherwise the share grows by
// 1/PerHost, at most 1/8, and the penalty (below) halves. The share never falls
// under the smaller of 1/PerHost and 1/16. Time to the first byte is smoothed with
// weight 1/8; the best is the lowest at the end of a window and follows a slower
// one by 1/64 a window, so that an origin that is slow by nature is not held down
// for ever.
//
// Complaints. A 429 or 503, or another status of 400 and above with a usable
// Retry-After, halves the share and stops the origin: for what Retry-After says (at
// most 24 h), else for twice the last penalty, from 1 s to 10 min, and up to half
// as much again by a jitter that depends on the origin and the penalty. It ends one
// window and starts another.
//
// One burst, one lesson. What a request brings that began before the last change of
// the share does not change it again: 64 requests on their way that all come back
// with 429 are one complaint. Only a longer Retry-After still counts.
//
// Breaker. Requests that got no answer, and complaints, count in a row until a
// request succeeds (an answer below 500 that is no complaint). Ten in a row stop the
// origin for 30 s, the share falls to one request at once, and then one request at a
// time may try. If it fails the origin is stopped for 60 s; if that one fails too,
// it is parked for the rest of the run.
//
// Neighbours. Origins at one address ([Gate.Locate]) have no more than PerHost requests
// on their way among them: ten thousand names may all be one server.
//
// Patience. An origin that is not to be asked within [Patience] (5 min) is parked:
// Enter returns a [ParkedError] at once, and so it does for all that wait already.
//
// Time is monotonic throughout. The wall clock is read for a Retry-After date, for
// [ParkedError.Until], and for what is remembered over runs ([Gate.Recall],
// [Gate.Pace]), of which never more than 24 h of waiting are believed.
package gate

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"sonde"
)

// Patience is how long a turn may be away before an origin counts as parked.
const Patience = 5 * time.Minute

// longest is the longest wait that anybody may ask for: a Retry-After, a
// Crawl-delay, a remembered penalty.
const longest = 24 * time.Hour

// Limits is what an origin may be given at most.
type Limits struct {
	PerHost int     // requests at once; less than 1 counts as 1
	Rate    float64 // requests a second; 0: no limit
}

// Gate is the waiting place. It is safe for concurrent use.
type Gate struct {
	law   law
	epoch time.Time // zero of the gate's clock

	mu        sync.Mutex
	hosts     map[string]*host
	addresses map[netip.Addr]*address
	waiting   int
}

// New makes a gate that knows no origins.
func New(l Limits) *Gate {
	return &Gate{
		law: newLaw(l),
		// With its zero further back than any wait is long, the clock needs no
		// special value for "never": zero is long enough ago.
		epoch:     time.Now().Add(-2 * longest),
		hosts:     make(map[string]*host),
		addresses: make(map[netip.Addr]*address),
	}
}

// Recall tells the gate what is remembered of an origin from before. It has no
// effect once the origin was entered: what the gate has learned since is newer.
func (g *Gate) Recall(origin string, p sonde.Pace) {
	left := min(time.Until(p.NotBefore), longest)
	g.mu.Lock()
	defer g.mu.Unlock()
	if h := g.host(origin); h.last == 0 {
		now := g.now()
		h.recall(&g.law, p, now, now+left)
	}
}

// Pace tells what to remember of an origin, and whether the gate knows it.
func (g *Gate) Pace(origin string) (sonde.Pace, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h, known := g.hosts[origin]
	if !known {
		return sonde.Pace{}, false
	}
	p := h.pace(&g.law)
	if h.notBefore > g.now() {
		p.NotBefore = g.wall(h.notBefore)
	}
	return p, true
}

// Slow holds an origin to at least so long between the starts of two requests, and
// to one at a time: what a Crawl-delay asks for. The last word counts; zero and
// less lift it.
func (g *Gate) Slow(origin string, every time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.host(origin)
	h.every = min(max(every, 0), longest)
	h.nudge()
}

// Located reports whether the gate was told where an origin is.
func (g *Gate) Located(origin string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.host(origin).located
}

// Locate tells the gate at which address an origin is; the zero address where that is
// not known. The first word counts.
func (g *Gate) Locate(origin string, at netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.host(origin)
	if h.located {
		return
	}
	h.located = true
	if !at.IsValid() {
		return
	}
	if h.at = g.addresses[at]; h.at == nil {
		h.at = newAddress()
		g.addresses[at] = h.at
	}
	h.at.note(h)
}

// Enter waits for a turn on an origin, first come, first served. The error is that
// of ctx, or a *[ParkedError]. Every pass must be left.
func (g *Gate) Enter(ctx context.Context, origin string) (*Pass, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pass, w, err := g.arrive(origin)
	if w == nil {
		return pass, err
	}
	return g.await(ctx, w)
}

// arrive gives a pass where there is no need to wait, and a place in the line
// where there is.
func (g *Gate) arrive(origin string) (*Pass, *waiter, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.host(origin)
	if len(h.line) == 0 {
		now := g.now()
		wait, err := g.wait(h, now)
		if err != nil {
			return nil, nil, err
		}
		if wait == 0 {
			return g.begin(h, now), nil, nil
		}
	}
	w := &waiter{host: h, look: make(chan struct{}, 1)}
	h.line = append(h.line, w)
	h.at.note(h)
	g.waiting++
	if len(h.line) == 1 {
		h.nudge()
	}
	return nil, w, nil
}

// await stands in the line until the waiter has its pass or gives up.
func (g *Gate) await(ctx context.Context, w *waiter) (*Pass, error) {
	var alarm <-chan time.Time
	for {
		select {
		case <-w.look:
		case <-alarm:
		case <-ctx.Done():
		}
		pass, wait, err := g.try(ctx, w)
		if pass != nil || err != nil {
			return pass, err
		}
		alarm = nil
		if wait != untilLeave {
			alarm = time.After(wait)
		}
	}
}

// try takes the waiter's turn if it has come, and tells how long it is away if it
// has not. A waiter that leaves the line, either way, makes the next one look.
// Only the first in the line is ever nudged or holds an alarm.
func (g *Gate) try(ctx context.Context, w *waiter) (pass *Pass, wait time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if err = ctx.Err(); err == nil {
		wait, err = g.wait(w.host, now)
	}
	if err == nil && wait > 0 {
		return nil, wait, nil
	}
	w.host.depart(w)
	w.host.at.note(w.host)
	g.waiting--
	if err == nil {
		pass = g.begin(w.host, now)
	}
	w.host.nudge()
	return pass, 0, err
}

// wait tells how long the next turn on an origin is away: untilLeave where it
// depends on a request that is on its way.
func (g *Gate) wait(h *host, now time.Duration) (time.Duration, error) {
	if h.parked {
		return 0, &ParkedError{Origin: h.origin, Why: h.why}
	}
	if until := h.asked(); until-now > Patience {
		return 0, &ParkedError{Origin: h.origin, Until: g.wall(until), Why: h.reason()}
	}
	if h.inFlight >= h.limit(&g.law) || h.at.full(&g.law) {
		return untilLeave, nil
	}
	return max(0, h.next(&g.law)-now), nil
}

func (g *Gate) begin(h *host, now time.Duration) *Pass {
	h.inFlight++
	h.last = now
	h.at.enter()
	return &Pass{gate: g, host: h, at: h.at, lesson: h.lesson}
}

// host finds the state of an origin, and makes it where there is none.
func (g *Gate) host(origin string) *host {
	h := g.hosts[origin]
	if h == nil {
		h = &host{origin: origin, share: 1}
		g.hosts[origin] = h
	}
	return h
}

// now reads the gate's clock, which is monotonic.
func (g *Gate) now() time.Duration { return time.Since(g.epoch) }

// wall tells the wall time that a reading of the gate's clock means, as the wall
// clock stands now.
func (g *Gate) wall(at time.Duration) time.Time {
	return time.Now().Add(at - g.now()).Round(0).UTC()
}

// Slowdowns lists the origins that complained, or were not asked for a while because
// they did not answer.
func (g *Gate) Slowdowns() []sonde.Slowdown {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []sonde.Slowdown
	now := g.now()
	for _, h := range g.hosts {
		if h.complaints > 0 || h.stopped > 0 || h.parked {
			list = append(list, h.slowdown(now))
		}
	}
	return list
}

// Pass is one turn on an origin.
type Pass struct {
	gate   *Gate
	host   *host
	at     *address // where the host was when the turn began
	lesson uint32   // the host's when the turn began
	left   bool
}

// Start says that the request begins, and returns 0, or how long it must still wait:
// a turn may be held up between Enter and its request, and what was held up together
// must not begin together. Who is told to wait asks again.
func (p *Pass) Start() time.Duration {
	g, h := p.gate, p.host
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if early := h.started + h.apart(&g.law) - now; h.started > 0 && early > 0 {
		return early
	}
	h.started = now
	h.last = max(h.last, now)
	return 0
}

// Leave gives the turn back and tells the gate how the origin took the request.
// Leaving twice does nothing.
func (p *Pass) Leave(a Answer) {
	g, h := p.gate, p.host
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.left {
		return
	}
	p.left = true
	h.inFlight--
	h.learn(&g.law, a, p.lesson == h.lesson, g.now())
	h.nudge()
	p.at.leave()
}

// Stats says how the gate stands.
type Stats struct {
	Origins  int // known to the gate
	Slowed   int // of these, held below their limits, but not parked
	Parked   int // of these, not to be asked within Patience
	Waiting  int // calls of Enter that wait
	InFlight int // passes not left yet
}

// Snapshot counts over all origins; it takes some milliseconds for 100,000.
func (g *Gate) Snapshot() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	s := Stats{Origins: len(g.hosts), Waiting: g.waiting}
	for _, h := range g.hosts {
		s.InFlight += h.inFlight
		switch {
		case h.parked || h.asked()-now > Patience:
			s.Parked++
		case h.slowed(now):
			s.Slowed++
		}
	}
	return s
}
