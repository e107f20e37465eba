package crawler

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/gate"
	"sonde/crawler/robots"
	"sonde/crawler/weburl"
)

// roomForBodies is how much memory the bodies in hand may take, from when they are read
// until they are recorded. It holds those of some hundred pages.
const roomForBodies = 32 << 20

// Config says what to crawl, and with what. Site and Frontier are required.
type Config struct {
	Site     sonde.Site
	Run      int64     // what every visit carries
	Began    time.Time // when the run began, if not now: robots.txt of the site's own is not remembered from before
	Frontier Frontier
	Memory   Memory       // nil: nothing is remembered
	Log      *slog.Logger // a line for each visit at debug level; nil: silence
	Progress *Progress    // nil: nobody looks

	Guard       *fetch.Guard                // nil: one that knows the policy's AllowNets
	Credentials map[string]fetch.Credential // by origin
	Roots       *x509.CertPool              // nil: the system's
}

// Crawler makes one run.
type Crawler struct {
	site     sonde.Site
	run      int64
	token    string // our product token, as robots.txt knows us
	frontier Frontier
	log      *slog.Logger
	progress *Progress
	lookup   func(ctx context.Context, host string) ([]netip.Addr, error)

	urls    *weburl.Canonicalizer
	scope   *scope
	budget  *budget
	robots  *keeper
	gate    *gate.Gate
	guard   *fetch.Guard
	fetcher *fetch.Fetcher
	do      func(context.Context, fetch.Request) fetch.Answer // the fetcher's Do
	slots   chan struct{}                                     // one for each request that may be on its way
	readers chan *reader
	room    *fetch.Room // for the bodies in hand

	limits limits
	trail  trail
	atlas  atlas
	lost   lost
	echoes echoes
	portal portal
	seeds  seeds
	parked parked

	stop   context.CancelCauseFunc // ends the run: no new requests
	enough context.CancelCauseFunc // ends the handing out of targets
}

// Ending says how a run ended.
type Ending struct {
	Status      sonde.RunStatus // Finished, Partial, Stopped or Failed
	Reason      string          // why, in words; "" when it is finished
	SeedTrouble []string        // what kept seeds from being read, a sentence each
	Parked      []*gate.ParkedError
	Slowed      []sonde.Slowdown // the origins that slowed the run down
	Gate        gate.Stats
}

// New makes a crawler. The error is for a policy that cannot be followed.
func New(config Config) (*Crawler, error) {
	policy := config.Site.Policy
	scope, err := newScope(config.Site)
	if err != nil {
		return nil, err
	}
	c := &Crawler{
		site:     config.Site,
		run:      config.Run,
		token:    robots.ProductToken(policy.UserAgent),
		frontier: config.Frontier,
		log:      config.Log,
		progress: config.Progress,
		urls:     weburl.NewCanonicalizer(policy.DropParams),
		scope:    scope,
		budget:   newBudget(),
		gate:     gate.New(gate.Limits{PerHost: policy.PerHost, Rate: policy.Rate}),
		guard:    config.Guard,
		slots:    make(chan struct{}, max(1, policy.Concurrency)),
		room:     fetch.NewRoom(roomForBodies),
		limits:   limits{maxPages: int64(policy.MaxPages), maxBytes: policy.MaxBytes},
	}
	c.fillIn()
	if c.fetcher, err = c.newFetcher(config); err != nil {
		return nil, err
	}
	c.do, c.lookup = c.fetcher.Do, c.fetcher.Lookup
	c.readers = c.newReaders(runtime.GOMAXPROCS(0))
	c.robots = c.newKeeper(config.Memory, config.Began)
	return c, nil
}

// fillIn gives what the configuration left out.
func (c *Crawler) fillIn() {
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.progress == nil {
		c.progress = new(Progress)
	}
	if c.guard == nil {
		c.guard = fetch.NewGuard(c.site.Policy.AllowNets, nil)
	}
}

func (c *Crawler) newFetcher(config Config) (*fetch.Fetcher, error) {
	return fetch.New(fetch.Config{
		Policy:      c.site.Policy,
		Guard:       c.guard,
		Credentials: config.Credentials,
		Trusted:     c.scope.trusts,
		Concurrency: cap(c.slots),
		Roots:       config.Roots,
	})
}

func (c *Crawler) newKeeper(memory Memory, began time.Time) *keeper {
	if memory == nil {
		memory = forgetful{}
	}
	return &keeper{
		token: c.token, urls: c.urls, covers: c.scope.covers, began: began, memory: memory, gate: c.gate, ask: c.ask,
		origins: make(map[string]*origin),
	}
}

// Run visits what the frontier has until it is empty, a limit is met, or ctx ends.
// Then no new request begins, and what is on its way is recorded if it ends within
// 10 s. The error is for a run that could not do its job; failures of the site's
// are visits. A Crawler runs once.
func (c *Crawler) Run(ctx context.Context) (Ending, error) {
	defer c.fetcher.Close()
	ctx, c.stop = context.WithCancelCause(ctx)
	defer c.stop(nil)
	if limit := c.site.Policy.MaxTime; limit > 0 {
		timed, cancel := context.WithTimeoutCause(ctx, limit, overTime(limit))
		defer cancel()
		ctx = timed
	}
	c.authoriseSeeds(ctx)
	err := c.dispatch(ctx)
	if failed := c.robots.close(ctx); failed != nil {
		err = errors.Join(err, &fault{failed})
	}
	return c.ending(ctx, err)
}

// dispatch hands out targets until there are no more, and waits for all of them.
// The error says what ended it early.
func (c *Crawler) dispatch(ctx context.Context) error {
	handing, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	c.enough = enough
	crew := newCrew(func(t sonde.Target) { c.handle(ctx, t) })
	defer crew.wait()
	for {
		t, err := c.frontier.Next(handing)
		switch {
		case err == nil:
			crew.hand(t)
		case handing.Err() != nil:
			return context.Cause(handing)
		case err == io.EOF:
			return nil
		default:
			err = &fault{fmt.Errorf("take the next target: %w", err)}
			c.stop(err)
			return err
		}
	}
}

// crew handles targets, each in a goroutine that does nothing else meanwhile. One that is
// free takes the next, because its stack has grown as deep as a visit goes: that of a new
// one is copied several times until it has.
type crew struct {
	handle func(sonde.Target)
	free   chan sonde.Target // to one that is free
	all    sync.WaitGroup
}

func newCrew(handle func(sonde.Target)) *crew {
	return &crew{handle: handle, free: make(chan sonde.Target)}
}

// hand gives a target to one that is free, or to a new one where none is.
func (c *crew) hand(t sonde.Target) {
	select {
	case c.free <- t:
	default:
		c.all.Go(func() {
			c.handle(t)
			for next := range c.free {
				c.handle(next)
			}
		})
	}
}

// wait waits until all that was handed out is done.
func (c *crew) wait() {
	close(c.free)
	c.all.Wait()
}

// fault is why a run could not do its job.
type fault struct{ err error }

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// ending puts how the run ended into words.
func (c *Crawler) ending(ctx context.Context, err error) (Ending, error) {
	end := Ending{SeedTrouble: c.seeds.troubles(), Parked: c.parked.list(), Slowed: c.gate.Slowdowns(), Gate: c.gate.Snapshot()}
	var failed *fault
	var limit limitError
	switch {
	case errors.As(err, &failed) || errors.As(context.Cause(ctx), &failed):
		end.Status, end.Reason = sonde.Failed, failed.Error()
		return end, failed.err
	case errors.As(err, &limit):
		end.Status, end.Reason = sonde.Partial, limit.Error()
	case err != nil:
		end.Status, end.Reason = sonde.Stopped, stopped(err)
	case len(end.Parked) > 0:
		end.Status, end.Reason = sonde.Partial, inWords(end.Parked)
	default:
		end.Status = sonde.Finished
	}
	return end, nil
}

// stopped says why a context ended.
func stopped(cause error) string {
	if errors.Is(cause, context.Canceled) {
		return "stopped before all was visited"
	}
	return "stopped: " + cause.Error()
}

// inWords names the origins that are left alone.
func inWords(parked []*gate.ParkedError) string {
	var names []string
	for _, p := range parked {
		names = append(names, p.Error())
	}
	return strings.Join(names, "; ")
}

// parked collects the origins that gave up, each once.
type parked struct {
	mu      sync.Mutex
	origins []*gate.ParkedError
}

func (p *parked) add(e *gate.ParkedError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.ContainsFunc(p.origins, func(have *gate.ParkedError) bool { return have.Origin == e.Origin }) {
		p.origins = append(p.origins, e)
	}
}

func (p *parked) list() []*gate.ParkedError {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.origins
}
