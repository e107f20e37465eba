package crawler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/gate"
)

// handle takes one target all the way.
func (c *Crawler) handle(ctx context.Context, t sonde.Target) {
	c.progress.out.Add(1)
	defer c.progress.out.Add(-1)
	v, err := c.attempt(ctx, t)
	if err == nil {
		err = c.record(ctx, v)
	}
	c.unvisited(ctx, t, err)
}

// unvisited deals with what kept a target from being visited or recorded.
func (c *Crawler) unvisited(ctx context.Context, t sonde.Target, err error) {
	var parked *gate.ParkedError
	var limit limitError
	switch {
	case err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()):
	case errors.As(err, &limit):
		c.enough(limit)
	case errors.As(err, &parked):
		c.parked.add(parked)
		if err := c.frontier.Park(context.WithoutCancel(ctx), t); err != nil {
			c.stop(&fault{fmt.Errorf("park %s: %w", t.URL, err)})
		}
	default:
		c.stop(&fault{err})
	}
}

// attempt visits a target. A panic on the way is a visit too: one bad page is one
// row.
func (c *Crawler) attempt(ctx context.Context, t sonde.Target) (v sonde.Visit, err error) {
	v = sonde.Visit{Run: c.run, Target: t, At: time.Now().UTC()}
	defer func() {
		if reason := recover(); reason != nil {
			c.log.Error("crashed on a target", "url", forLog(t.URL), "panic", reason, "stack", string(debug.Stack()))
			v = sonde.Visit{Run: c.run, Target: t, At: v.At}
			fail(&v, sonde.Crash, fmt.Sprintf("Sonde crashed on it: %v", reason))
			err = nil
		}
	}()
	err = c.visit(ctx, &v)
	return v, err
}

// visit fills in a visit. The error says why there is none: the run has ended, its
// origin is parked, or the memory failed.
func (c *Crawler) visit(ctx context.Context, v *sonde.Visit) error {
	if reason := c.scope.refuses(v.Target); reason != "" {
		v.Outcome, v.Reason = sonde.Excluded, reason
		return nil
	}
	if c.limits.full(v.Target.Use) {
		return c.limits.draw(v.Target.Use)
	}
	forbidden, err := c.forbids(ctx, v)
	if err != nil {
		return err
	}
	if err := c.findSitemaps(ctx, v); err != nil {
		return err
	}
	if forbidden {
		v.Index = c.indexing(v)
		excuse(v)
		return nil
	}
	return c.fetch(ctx, v)
}

// fetch asks for a target and settles its visit.
func (c *Crawler) fetch(ctx context.Context, v *sonde.Visit) error {
	if err := c.limits.draw(v.Target.Use); err != nil {
		return err
	}
	r, err := c.askFor(ctx, v)
	if err != nil {
		c.limits.giveBack(v.Target.Use)
		return err
	}
	c.settle(v, r)
	excuse(v)
	return nil
}

// askFor makes the requests of a target. A resource that turns out to be a page is
// read after all: it may have been found as a resource before it was found as a
// page, or only be named as one.
func (c *Crawler) askFor(ctx context.Context, v *sonde.Visit) (reply, error) {
	r, err := c.ask(ctx, c.requestFor(v.Target))
	if err != nil || v.Target.Use != sonde.Measure || !isGoodPage(r.Answer) {
		return r, err
	}
	v.Target.Use = sonde.Read
	page, err := c.ask(ctx, c.requestFor(v.Target))
	page.attempts += r.attempts
	return page, err
}

// isGoodPage reports whether an answer without its body is that of a page.
func isGoodPage(a fetch.Answer) bool {
	return usable(a) && a.Fetch.Status == http.StatusOK && isPage(a.Fetch.ContentType)
}

// requestFor is the first request for a target. Only a page is asked for on the
// condition that it has changed, and a seed that brings its sitemaps is not: of what
// has not changed the frontier knows the links, but not what else was found.
func (c *Crawler) requestFor(t sonde.Target) fetch.Request {
	r := fetch.Request{URL: t.URL, Use: t.Use, Method: http.MethodGet}
	switch t.Use {
	case sonde.Read:
		r.Keep = true
		if t.By != sonde.BySeed || !c.site.Policy.Sitemaps {
			r.Previous = t.Previous
		}
	case sonde.Map:
		r.Keep = true
	default:
		r.Method = http.MethodHead
	}
	return r
}

// record gives a visit to the frontier. It does so, too, when the run has ended
// meanwhile.
func (c *Crawler) record(ctx context.Context, v sonde.Visit) error {
	if err := c.frontier.Done(context.WithoutCancel(ctx), v); err != nil {
		return fmt.Errorf("record the visit of %s: %w", v.Target.URL, err)
	}
	c.seeds.note(v)
	c.progress.recorded(v)
	if c.log.Enabled(ctx, slog.LevelDebug) {
		c.log.Debug("visited", "url", forLog(v.Target.URL), "use", v.Target.Use, "outcome", v.Outcome,
			"failure", v.Failure, "reason", v.Reason, "attempts", v.Attempts, "links", len(v.Links), "found", len(v.Found))
	}
	return nil
}

// forLog is a URL without its query, which may carry what is nobody's business.
func forLog(url string) string {
	if path, _, found := strings.Cut(url, "?"); found {
		return path + "?…"
	}
	return url
}
