package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/gate"
	"sonde/crawler/robots"
	"sonde/crawler/weburl"
)

const (
	robotsLife    = 24 * time.Hour // RFC 9309, section 2.4
	troubleLife   = time.Hour      // of a robots.txt that could not be read
	maxRobots     = 500 << 10      // bytes; section 2.5
	robotsHops    = 5              // section 2.3.1.2
	maxOrigins    = 10_000         // whose rules are held at once; the memory has the others
	paceSaveEvery = 5 * time.Second
)

// keeper keeps the robots.txt of every origin that a run asks: one request for it,
// however many ask, before any other request to that origin.
type keeper struct {
	token  string
	urls   *weburl.Canonicalizer
	covers func(url string) bool // whether a URL lies on a host of the site
	began  time.Time             // when the run began
	memory Memory
	gate   *gate.Gate
	ask    func(context.Context, fetch.Request) (reply, error)

	mu      sync.Mutex
	origins map[string]*origin
}

// origin is what the robots.txt of one origin means. Its fields are set when ready
// is closed; the last two belong to the keeper's lock.
type origin struct {
	ready    chan struct{}
	rules    *robots.Rules
	reason   sonde.Reason // robots_unreachable, where it could not be read
	file     sonde.RobotsFile
	attempts int
	detail   string    // of the failure
	sitemaps []string  // as they stand
	expires  time.Time // when it is to be asked for again
	err      error     // why there is nothing: the run has ended, or the origin is parked

	saved time.Time  // when its pace was remembered last
	pace  sonde.Pace // as it was then
}

// errUnread is the state of an origin whose reading has not come to an end.
var errUnread = errors.New("reading robots.txt was broken off")

// of gives what holds for an origin. The error is that of ctx, a
// *gate.ParkedError, or one of the memory.
func (k *keeper) of(ctx context.Context, name string) (*origin, error) {
	o, first := k.find(name)
	if first {
		k.learn(ctx, name, o)
	}
	select {
	case <-o.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return o, o.err
}

// find gives the origin of a name, and whether the caller is the one to read it.
func (k *keeper) find(name string) (o *origin, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if o = k.origins[name]; o != nil && o.holds() {
		return o, false
	}
	if len(k.origins) >= maxOrigins {
		k.forget()
	}
	o = &origin{ready: make(chan struct{}), err: errUnread}
	k.origins[name] = o
	return o, true
}

// holds reports whether an origin can be used or is being read.
func (o *origin) holds() bool {
	select {
	case <-o.ready:
		return o.err == nil && time.Now().Before(o.expires)
	default:
		return true
	}
}

// forget drops a quarter of the origins that are read.
func (k *keeper) forget() {
	for name, o := range k.origins {
		select {
		case <-o.ready:
			delete(k.origins, name)
		default:
		}
		if len(k.origins) <= maxOrigins*3/4 {
			return
		}
	}
}

// learn reads the robots.txt of an origin, from memory or from where it is.
func (k *keeper) learn(ctx context.Context, name string, o *origin) {
	defer close(o.ready)
	memory, _, err := k.memory.Recall(ctx, name)
	if err != nil {
		o.err = fmt.Errorf("recall what is known of %s: %w", name, err)
		return
	}
	k.gate.Recall(name, memory.Pace)
	k.note(o, memory.Pace)
	if k.fresh(name, memory.Robots) {
		o.file = *memory.Robots
	} else if o.err = k.read(ctx, name, o, memory); o.err != nil {
		return
	}
	k.interpret(name, o)
	o.err = nil
}

// fresh reports whether the remembered robots.txt of an origin counts without being asked
// about. One of the site, and one that could not be read, do not outlive their run: who
// changes a file or mends a server wants to see it changed or mended.
func (k *keeper) fresh(name string, f *sonde.RobotsFile) bool {
	if f == nil || troubled(*f) || f.FetchedAt.Before(k.began) && k.covers(name+"/") {
		return false
	}
	return time.Since(f.FetchedAt) < robotsLife
}

// troubled reports whether an answer says nothing of what is allowed.
func troubled(f sonde.RobotsFile) bool { return f.Status == 0 || f.Status >= 500 }

// interpret draws the conclusions from a robots.txt and drops its text.
func (k *keeper) interpret(name string, o *origin) {
	o.rules, o.reason = robots.FromAnswer(o.file, k.token)
	k.gate.Slow(name, o.rules.CrawlDelay())
	if o.file.Status/100 == 2 {
		o.sitemaps = robots.Parse(o.file.Body).Sitemaps()
	}
	life := robotsLife
	if troubled(o.file) {
		life = troubleLife
	}
	o.expires = o.file.FetchedAt.Add(life)
	o.file.Body = nil
}

// read asks for the robots.txt of an origin and remembers it, with what is remembered
// already.
func (k *keeper) read(ctx context.Context, name string, o *origin, memory sonde.HostMemory) error {
	r, url, err := k.request(ctx, name, memory.Robots)
	if err != nil {
		return err
	}
	file := robotsFile(r, url)
	if file.Status == http.StatusNotModified && validators(memory.Robots, url) != nil {
		at := file.FetchedAt
		file = *memory.Robots
		file.FetchedAt = at
	}
	robots.Describe(&file, k.token)
	o.file, o.attempts, o.detail = file, r.attempts, r.Detail
	pace, _ := k.gate.Pace(name)
	k.note(o, pace)
	memory.Origin, memory.Robots, memory.Pace = name, &file, pace
	err = k.memory.Remember(context.WithoutCancel(ctx), memory)
	if err != nil {
		return fmt.Errorf("remember the robots.txt of %s: %w", name, err)
	}
	return nil
}

// request asks for robots.txt and follows its redirects, to other hosts too: each
// hop passes the gate of its own origin. Where it leads to the file that is held, it asks
// whether that changed. It gives the last answer and its URL.
func (k *keeper) request(ctx context.Context, name string, held *sonde.RobotsFile) (reply, string, error) {
	url, attempts := name+"/robots.txt", 0
	for hop := 0; ; hop++ {
		r, err := k.one(ctx, url, validators(held, url))
		if err != nil {
			return reply{}, "", err
		}
		attempts += r.attempts
		r.attempts = attempts
		if hop == robotsHops || !usable(r.Answer) || !pointsOn(r.Fetch.Status) {
			return r, url, nil
		}
		next := k.next(url, r.Location)
		if next.Reason != "" {
			r.Answer = fetch.Answer{Failure: sonde.BadLocation, Detail: fmt.Sprintf("%s redirects to %q, which is no URL to go to (%s)", url, next.URL, next.Reason)}
			return r, url, nil
		}
		url = next.URL
	}
}

// one asks for one hop.
func (k *keeper) one(ctx context.Context, url string, previous *sonde.Previous) (reply, error) {
	return k.ask(ctx, fetch.Request{URL: url, Use: sonde.Read, Method: http.MethodGet, Previous: previous, MaxBody: maxRobots, Keep: true})
}

// validators are those of a robots.txt that is held, if a URL gave it; nil: there are none.
func validators(held *sonde.RobotsFile, url string) *sonde.Previous {
	if held == nil || held.FinalURL != url || held.Status/100 != 2 || held.ETag == "" && held.LastModified == "" {
		return nil
	}
	return &sonde.Previous{ETag: held.ETag, LastModified: held.LastModified}
}

// next is where a hop points to.
func (k *keeper) next(url, location string) weburl.Resolved {
	base, err := k.urls.Base(url)
	if err != nil || location == "" {
		return weburl.Resolved{URL: location, Reason: sonde.Malformed}
	}
	return k.urls.Resolve(base, location)
}

// robotsFile keeps of an answer what the rules follow from. A file of which a part
// is missing counts as not read: what is missing might forbid.
func robotsFile(r reply, url string) sonde.RobotsFile {
	f := sonde.RobotsFile{FetchedAt: r.at, Failure: r.Failure, FinalURL: url}
	if r.at.IsZero() {
		f.FetchedAt = time.Now().UTC()
	}
	if r.Fetch == nil || r.Failure != sonde.NoFailure {
		return f
	}
	f.Status, f.Truncated = r.Fetch.Status, r.Fetch.Truncated
	f.ETag, f.LastModified = r.Fetch.ETag, r.Fetch.LastModified
	f.Body = r.Fetch.Body
	if len(f.Body) > maxRobots {
		f.Body, f.Truncated = f.Body[:maxRobots], true
	}
	return f
}

// savePace remembers how an origin takes our requests, at once after it
// complained, but not more often than is useful.
func (k *keeper) savePace(ctx context.Context, name string) error {
	pace, known := k.gate.Pace(name)
	if !known || !k.dueToSave(name, pace) {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	memory, _, err := k.memory.Recall(ctx, name)
	if err == nil {
		memory.Origin, memory.Pace = name, pace
		err = k.memory.Remember(ctx, memory)
	}
	if err != nil {
		return fmt.Errorf("remember the pace of %s: %w", name, err)
	}
	return nil
}

// note notes which pace is remembered of an origin.
func (k *keeper) note(o *origin, p sonde.Pace) {
	k.mu.Lock()
	defer k.mu.Unlock()
	o.pace = p
}

// dueToSave reports whether the pace of an origin is news and it is time to save it,
// and notes that this is done.
func (k *keeper) dueToSave(name string, pace sonde.Pace) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	o := k.origins[name]
	if o == nil || time.Since(o.saved) < paceSaveEvery || !news(o.pace, pace) {
		return false
	}
	o.saved, o.pace = time.Now(), pace
	return true
}

// news reports whether a pace differs from one before by more than how long answers
// take, which is quickly learned anew.
func news(before, now sonde.Pace) bool {
	before.Latency, before.LatencyBest = now.Latency, now.LatencyBest
	return before != now
}

// close remembers the pace of all origins of which there is news.
func (k *keeper) close(ctx context.Context) error {
	for _, name := range k.names() {
		if err := k.savePace(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// names lists the origins, each due to be saved.
func (k *keeper) names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []string
	for name, o := range k.origins {
		o.saved = time.Time{}
		names = append(names, name)
	}
	return names
}

// forbids settles a visit that robots.txt does not allow.
func (c *Crawler) forbids(ctx context.Context, v *sonde.Visit) (bool, error) {
	if c.site.Policy.Robots == sonde.IgnoreRobots {
		return false, nil
	}
	o, err := c.robots.of(ctx, weburl.Origin(v.Target.URL))
	if err != nil {
		return false, err
	}
	v.At = time.Now().UTC()
	switch {
	case o.file.Status == 0:
		v.Outcome, v.Failure, v.Attempts = o.file.Failure.Outcome(), o.file.Failure, o.attempts
		v.Detail = clean(fmt.Sprintf("robots.txt could not be read, so nothing may be asked: %s", o.detail))
		return true, nil
	case o.reason != "":
		v.Outcome, v.Reason = sonde.RobotsBlocked, o.reason
		v.Detail = fmt.Sprintf("robots.txt answered %d, so nothing may be asked", o.file.Status)
		return true, nil
	}
	d := o.rules.Decide(v.Target.URL)
	if !d.Allowed {
		v.Outcome, v.Reason = sonde.RobotsBlocked, sonde.RobotsRule
		v.Detail = clean(strings.TrimSpace(fmt.Sprintf("robots.txt line %d: %s", d.Line, d.Rule)))
	}
	return !d.Allowed, nil
}
