package crawler

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"sonde"
	"sonde/crawler/weburl"
)

// resolving is how many seeds are looked up at once.
const resolving = 8

// authoriseSeeds tells the guard where the seeds are: what the operator typed may
// be private. A name that does not resolve is no error here; its visit says so.
func (c *Crawler) authoriseSeeds(ctx context.Context) {
	var all sync.WaitGroup
	places := make(chan struct{}, resolving)
	for _, seed := range onePerPlace(c.site.Seeds) {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			c.authorise(ctx, weburl.Split(seed))
		})
	}
	all.Wait()
}

// onePerPlace keeps the first seed of each origin.
func onePerPlace(seeds []string) []string {
	seen := make(map[string]bool)
	return slices.DeleteFunc(slices.Clone(seeds), func(seed string) bool {
		origin := weburl.Origin(seed)
		again := seen[origin]
		seen[origin] = true
		return again
	})
}

func (c *Crawler) authorise(ctx context.Context, seed weburl.Parts) {
	c.guard.Authorise(seed.Host, seed.DialPort(), c.addresses(ctx, seed.Host))
}

// addresses looks a host up, which may be an address literal.
func (c *Crawler) addresses(ctx context.Context, host string) []netip.Addr {
	found, err := c.lookup(ctx, host)
	if err != nil {
		c.log.Debug("a host does not resolve", "host", host, "error", err)
	}
	return found
}

// trusts reports whether a host belongs to the site, so that it may see the
// headers that the policy sends.
func (s *scope) trusts(host string) bool {
	if s.kind == sonde.ScopeDomain {
		return s.places[weburl.RegistrableDomain(host)]
	}
	return s.hosts[host]
}

// seeds collects what kept seeds from being read.
type seeds struct {
	mu        sync.Mutex
	sentences []string
}

// note looks at the visit of a seed.
func (s *seeds) note(v sonde.Visit) {
	if v.Target.By != sonde.BySeed {
		return
	}
	if sentence := seedTrouble(v); sentence != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sentences = append(s.sentences, sentence)
	}
}

func (s *seeds) troubles() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.sentences))
}

// seedTrouble says in a sentence what kept a seed from being read, "" where nothing
// did.
func seedTrouble(v sonde.Visit) string {
	url := v.Target.URL
	switch {
	case v.Outcome == sonde.RobotsBlocked:
		return fmt.Sprintf("%s may not be read: %s.", url, v.Detail)
	case v.Outcome == sonde.Excluded:
		return fmt.Sprintf("%s was not read: the policy excludes it (%s).", url, v.Reason)
	case v.Outcome == sonde.Redirect:
		return strayed(v)
	case v.Outcome == sonde.HTTPError:
		return fmt.Sprintf("%s answered with status %d.", url, v.Fetch.Status)
	case v.Outcome.Failed():
		return fmt.Sprintf("%s could not be read (%s, %s): %s.", url, v.Outcome, v.Failure, strings.TrimSuffix(v.Detail, "."))
	}
	return ""
}

// strayed says of a seed that redirects out of the scope where the site is.
func strayed(v sonde.Visit) string {
	for _, t := range v.Found {
		if t.By == sonde.ByRedirect && (t.Reason == sonde.OutOfScope || t.Use == sonde.Check) {
			return fmt.Sprintf("%s redirects to %s, which is out of scope: start there, or widen the scope.", v.Target.URL, t.URL)
		}
	}
	return ""
}
