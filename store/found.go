package store

import (
	"cmp"
	"zombiezen.com/go/sqlite"

	"sonde"
)

// urlState is what a run knows of a URL.
type urlState uint8

const (
	stateUnknown  urlState = iota
	statePending           // in the frontier
	stateMeasured          // in the frontier, to be measured only
	stateExcluded          // refused; found again on another way it may still be wanted
	stateDone              // visited
)

// ledger is what a run knows of every URL of the file, by its number: eight bytes a
// URL, so that a link to a known page costs no look at the file.
type ledger struct {
	states  []entry
	inlinks []uint32 // links from other pages, per URL
}

type entry struct {
	state urlState
	depth uint16
}

func (l *ledger) grow(url int64) {
	for int64(len(l.states)) <= url {
		l.states = append(l.states, entry{})
		l.inlinks = append(l.inlinks, 0)
	}
}

func (l *ledger) state(url int64) urlState {
	if url < int64(len(l.states)) {
		return l.states[url].state
	}
	return stateUnknown
}

func (l *ledger) set(url int64, s urlState, depth int) {
	l.grow(url)
	l.states[url] = entry{s, uint16(min(depth, 1<<16-1))}
}

func (l *ledger) link(target int64) {
	l.grow(target)
	l.inlinks[target]++
}

// found takes the targets that a visit found into the frontier.
func (c *recorder) found(source int64, v *sonde.Visit) error {
	if v.Fetch != nil && v.Fetch.NotModified {
		if err := c.foundBefore(source, v); err != nil {
			return err
		}
	}
	for i := range v.Found {
		if err := c.target(&v.Found[i], source); err != nil {
			return err
		}
	}
	return nil
}

// target takes one found target. The first finding of a URL stands, unless a later
// one brings it into reach, or asks for more of it, or is nearer to the seeds.
func (c *recorder) target(t *sonde.Target, source int64) error {
	url, err := c.dict.url(t.URL, t.Host)
	if err != nil {
		return err
	}
	if t.By == sonde.BySitemap && t.Use != sonde.Map {
		if err := c.listed(url, source, t); err != nil {
			return err
		}
	}
	switch c.urls.state(url) {
	case stateUnknown:
		return c.learn(url, source, t)
	case stateExcluded:
		if t.Reason == "" {
			if err := c.forget(url); err != nil {
				return err
			}
			return c.learn(url, source, t)
		}
	case statePending:
		if t.Reason == "" && t.Depth < int(c.urls.states[url].depth) {
			return c.move(url, source, t)
		}
	case stateMeasured:
		if t.Reason == "" && (t.Use == sonde.Read || t.Depth < int(c.urls.states[url].depth)) {
			return c.move(url, source, t)
		}
	}
	return nil
}

// learn writes down a URL that the run did not know.
func (c *recorder) learn(url, source int64, t *sonde.Target) error {
	c.counts.found++
	outcome, state := outcomeOf(t)
	c.urls.set(url, state, t.Depth)
	r := row{stmt: c.insertVisit}
	r.number(c.run)
	r.number(url)
	r.text(string(outcome))
	r.text(string(t.Use))
	r.text(string(t.By))
	r.number(int64(t.Depth))
	r.id(source)
	r.text(string(t.Reason))
	if err := run(c.insertVisit); err != nil || outcome != sonde.Pending {
		return err
	}
	added, err := c.enqueue(url, t)
	c.changes.added = append(c.changes.added, added)
	return err
}

func outcomeOf(t *sonde.Target) (sonde.Outcome, urlState) {
	switch {
	case t.Reason == sonde.RobotsRule, t.Reason == sonde.RobotsUnreachable:
		return sonde.RobotsBlocked, stateExcluded
	case t.Reason != "":
		return sonde.Excluded, stateExcluded
	case t.Use == sonde.Measure:
		return sonde.Pending, stateMeasured
	}
	return sonde.Pending, statePending
}

// enqueue writes a pending target into the frontier.
func (c *recorder) enqueue(url int64, t *sonde.Target) (standing, error) {
	origin, err := c.dict.origin(originOf(t.URL), t.Host)
	if err != nil {
		return standing{}, err
	}
	w := waiting{place{rankOf(t), url}, *t}
	if c.previous != 0 {
		if w.target.Previous, err = c.validators(url); err != nil {
			return standing{}, err
		}
	}
	return standing{origin, w}, run(bind(c.insertFrontier, c.run, origin, w.rank, url, int64(t.Hops), int64(t.Chain), int64(t.Deaths)))
}

// validators returns what the run before kept of a URL.
func (c *recorder) validators(url int64) (*sonde.Previous, error) {
	bind(c.previousOf, c.previous, url)
	found, err := c.previousOf.Step()
	var p *sonde.Previous
	if found {
		p, err = c.headers.previous(c.previousOf, 0)
	}
	return p, cmp.Or(err, c.previousOf.Reset())
}

// forget takes back what was written down of a URL that is not visited yet.
func (c *recorder) forget(url int64) error {
	c.counts.found--
	return exec(c.conn, "DELETE FROM _visits WHERE run_id = ? AND url_id = ?", c.run, url)
}

// move takes a pending target to the place that a better finding gives it. One that
// is out already stays as it went.
func (c *recorder) move(url, source int64, t *sonde.Target) error {
	if _, out := c.frontier.where(url); out {
		return nil
	}
	origin, err := c.dict.origin(originOf(t.URL), t.Host)
	if err != nil {
		return err
	}
	old, err := c.pending(url, origin)
	if err != nil || old.url == 0 {
		return err
	}
	if err := run(bind(c.deleteFrontier, c.run, origin, old.rank, url)); err != nil {
		return err
	}
	if err := c.forget(url); err != nil {
		return err
	}
	if err := c.learn(url, source, t); err != nil {
		return err
	}
	c.changes.move(old)
	return nil
}

// pending finds the place of a pending target. The rank follows from the row of the
// visit, and from how often a process died on it.
func (c *recorder) pending(url, origin int64) (at place, err error) {
	var t sonde.Target
	err = rows(c.conn, "SELECT used_for, found_by, depth FROM _visits WHERE run_id = ? AND url_id = ?",
		func(stmt *sqlite.Stmt) error {
			t = sonde.Target{Use: sonde.Use(stmt.ColumnText(0)), By: sonde.Discovery(stmt.ColumnText(1)), Depth: stmt.ColumnInt(2)}
			return nil
		}, c.run, url)
	for t.Deaths = 0; t.Deaths < poisonDeaths && err == nil; t.Deaths++ {
		var found int64
		found, err = number(c.conn, "SELECT 1 FROM _frontier WHERE run_id = ? AND origin_id = ? AND rank = ? AND url_id = ?",
			c.run, origin, rankOf(&t), url)
		if found == 1 {
			return place{rankOf(&t), url}, err
		}
	}
	return place{}, err
}

// listed writes down that a sitemap names a URL.
func (c *recorder) listed(url, sitemap int64, t *sonde.Target) error {
	r := row{stmt: c.insertSitemapURL}
	r.number(c.run)
	r.number(url)
	r.number(sitemap)
	r.text(t.LastMod)
	return run(c.insertSitemapURL)
}

// foundBefore follows the links of a page that has not changed since the run before:
// its targets are what that run decided. Validators are only handed out where both
// runs go by the same policy, so the decisions are still right.
func (c *recorder) foundBefore(source int64, v *sonde.Visit) error {
	facts, err := c.previousFacts(source)
	if err != nil {
		return err
	}
	targets, err := c.targetsOf(facts)
	if err != nil {
		return err
	}
	for _, target := range targets {
		if target != source {
			c.urls.link(target)
		}
		if c.urls.state(target) != stateUnknown {
			continue
		}
		t, found, err := c.decidedBefore(target, v)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if err := c.target(&t, source); err != nil {
			return err
		}
	}
	return nil
}

// targetsOf lists where the links of a _facts row lead.
func (c *recorder) targetsOf(facts int64) (targets []int64, err error) {
	err = rows(c.conn, `
		SELECT l.target_id FROM _link_lists b CROSS JOIN _links l ON l.id BETWEEN b.block_id << 6 AND b.block_id << 6 | 63
		WHERE b.facts_id = ? ORDER BY b.place, l.id`,
		func(stmt *sqlite.Stmt) error {
			targets = append(targets, stmt.ColumnInt64(0))
			return nil
		}, facts)
	return targets, err
}

// decidedBefore is a link's target as the run before knew it.
func (c *recorder) decidedBefore(url int64, v *sonde.Visit) (t sonde.Target, found bool, err error) {
	err = rows(c.conn, `
		SELECT u.url, h.name, p.used_for, p.outcome, p.reason
		FROM _visits p
		JOIN _urls u ON u.id = p.url_id
		LEFT JOIN _origins o ON o.id = u.origin_id
		LEFT JOIN _hosts h ON h.id = o.host_id
		WHERE p.run_id = ? AND p.url_id = ?`,
		func(stmt *sqlite.Stmt) error {
			t, found = foundAgain(stmt, v), true
			return nil
		}, c.previous, url)
	return t, found, err
}

// foundAgain is a target as the run before knew it.
func foundAgain(stmt *sqlite.Stmt, v *sonde.Visit) sonde.Target {
	t := sonde.Target{
		URL:     stmt.ColumnText(0),
		Host:    stmt.ColumnText(1),
		Use:     sonde.Use(stmt.ColumnText(2)),
		By:      sonde.ByLink,
		FoundOn: v.Target.URL,
		Depth:   v.Target.Depth + 1,
	}
	if sonde.Outcome(stmt.ColumnText(3)) == sonde.Excluded {
		t.Reason = sonde.Reason(stmt.ColumnText(4))
	}
	return t
}
