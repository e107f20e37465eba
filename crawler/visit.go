package crawler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/gate"
	"sonde/crawler/weburl"
)

// handle takes one target all the way.
func (c *Crawler) handle(ctx context.Context, t sonde.Target) {
	c.progress.out.Add(1)
	defer c.progress.out.Add(-1)
	v := sonde.Visit{Run: c.run, Target: t, At: time.Now().UTC()}
	hold := c.room.Hold()
	defer hold.Release()
	var r *reply
	err := c.guarded(&v, func() (err error) {
		r, err = c.visit(ctx, &v, hold)
		return err
	})
	if err == nil {
		err = c.conclude(ctx, v, r)
	}
	c.unvisited(ctx, t, err)
}

// conclude reads the reply of a visit, if there is one, and records it. Who reads a
// page keeps the reader until the page is recorded: where the frontier is slower than
// the crawler, answers wait as they came, which takes a tenth of the memory. Whoever
// waits for the connection that the reply came on asks first: reading keeps a processor
// for long.
func (c *Crawler) conclude(ctx context.Context, v sonde.Visit, r *reply) error {
	if r == nil {
		return c.record(ctx, v)
	}
	runtime.Gosched()
	with := <-c.readers
	defer func() { c.readers <- with }()
	err := c.guarded(&v, func() error {
		c.settle(&v, *r, with)
		excuse(&v)
		return nil
	})
	*r = reply{}
	if err != nil {
		return err
	}
	if err := c.portal.meets(&v); err != nil {
		c.stop(err)
	}
	return c.record(ctx, v)
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

// guarded does a part of a visit. A panic on the way is a visit too: one bad page is
// one row.
func (c *Crawler) guarded(v *sonde.Visit, do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			c.log.Error("crashed on a target", "url", forLog(v.Target.URL), "panic", reason, "stack", string(debug.Stack()))
			*v = sonde.Visit{Run: c.run, Target: v.Target, At: v.At}
			fail(v, sonde.Crash, fmt.Sprintf("Sonde crashed on it: %v", reason))
			err = nil
		}
	}()
	return do()
}

// visit makes the requests of a visit and gives the reply, nil where nothing was to
// be asked. The error says why there is no visit: the run has ended, its origin is
// parked, or the memory failed.
func (c *Crawler) visit(ctx context.Context, v *sonde.Visit, hold *fetch.Hold) (*reply, error) {
	if reason := c.scope.refuses(v.Target); reason != "" {
		v.Outcome, v.Reason = sonde.Excluded, reason
		return nil, nil
	}
	if c.limits.full(v.Target.Use) {
		return nil, c.limits.draw(v.Target.Use)
	}
	forbidden, err := c.forbids(ctx, v)
	if err != nil {
		return nil, err
	}
	if err := c.findSitemaps(ctx, v); err != nil {
		return nil, err
	}
	if forbidden {
		v.Index = c.indexing(v)
		excuse(v)
		return nil, nil
	}
	return c.fetch(ctx, v, hold)
}

// fetch asks for a target. What there is of its body has its room in hold.
func (c *Crawler) fetch(ctx context.Context, v *sonde.Visit, hold *fetch.Hold) (*reply, error) {
	if err := c.limits.draw(v.Target.Use); err != nil {
		return nil, err
	}
	r, err := c.askFor(ctx, v, hold)
	if err != nil {
		c.limits.giveBack(v.Target.Use)
		return nil, err
	}
	if v.Target.Use == sonde.Read && isGoodPage(r.Answer) && c.lost.first(weburl.Origin(v.Target.URL)) {
		hold.Release() // not to wait for a turn with it; one page of a place may do so
		if err := c.learnNotFound(ctx, v.Target.URL); err != nil && ctx.Err() == nil {
			return nil, err
		}
	}
	return &r, nil
}

// askFor makes the requests of a target. A resource that turns out to be a page is
// read after all: it may have been found as a resource before it was found as a
// page, or only be named as one.
func (c *Crawler) askFor(ctx context.Context, v *sonde.Visit, hold *fetch.Hold) (reply, error) {
	r, err := c.revalidate(ctx, c.requestFor(v.Target, hold))
	if err != nil || v.Target.Use != sonde.Measure || !isGoodPage(r.Answer) {
		return r, err
	}
	v.Target.Use = sonde.Read
	page, err := c.revalidate(ctx, c.requestFor(v.Target, hold))
	page.attempts += r.attempts
	return page, err
}

// isGoodPage reports whether an answer without its body is that of a page.
func isGoodPage(a fetch.Answer) bool {
	return usable(a) && a.Fetch.Status == http.StatusOK && isPage(a.Fetch.ContentType)
}

// requestFor is the first request for a target. Only a page is asked for on the
// condition that it has changed.
func (c *Crawler) requestFor(t sonde.Target, hold *fetch.Hold) fetch.Request {
	r := fetch.Request{URL: t.URL, Use: t.Use, Method: http.MethodGet, Hold: hold}
	switch t.Use {
	case sonde.Read:
		r.Keep, r.Previous = true, t.Previous
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
