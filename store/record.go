package store

import (
	"cmp"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// recorder turns visits into rows, inside the transaction that the writer opened.
// What it keeps in memory is a copy of what the file says, read back by reload when a
// transaction is rolled back.
type recorder struct {
	conn     *sqlite.Conn
	run      int64
	site     int64
	previous int64 // the run before, 0 when there is none
	known    int64 // the last URL that the file knew when the recording began: later ones have no facts yet
	dict     *dictionary
	frontier *frontier
	changes  changes
	urls     ledger
	counts   counts
	met      map[int64]bool // hosts met by this run
	origins  map[int64]bool // that visits of this run belong to
	headers  headers        // of the run before

	failpoint func(point string)

	findFacts, insertFacts, insertVisit, replaceVisit, insertFrontier, insertBody, deleteFrontier,
	insertLease, deleteLease, previousOf, insertSitemapURL, updateRun *sqlite.Stmt
	blocks blocks // of links
}

// counts is what a run adds up while it goes on.
type counts struct {
	found, pages, failures, wireBytes int64
}

func newRecorder(r *Recording) (*recorder, error) {
	c := &recorder{
		conn: r.file.write, run: r.run.ID, site: r.run.Site.ID, previous: r.previous,
		known: r.file.dict.lastURL, dict: r.file.dict, frontier: r.frontier, failpoint: r.file.failpoint,
		headers: newHeaders(r.file.write),
	}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	return c, c.load()
}

func (c *recorder) prepare() error {
	for _, s := range []struct {
		stmt **sqlite.Stmt
		sql  string
	}{
		{&c.findFacts, "SELECT id FROM _facts WHERE url_id = ? AND digest = ?"},
		{&c.insertFacts, "INSERT INTO _facts VALUES " + values(factsColumns, 1)},
		{&c.insertVisit, "INSERT INTO _visits (run_id, url_id, outcome, used_for, found_by, depth, found_on_id, reason) VALUES " + values(8, 1)},
		{&c.replaceVisit, "INSERT OR REPLACE INTO _visits VALUES " + values(visitColumns, 1)},
		{&c.insertFrontier, "INSERT INTO _frontier (run_id, origin_id, rank, url_id, hops, chain, deaths) VALUES " + values(7, 1)},
		{&c.deleteFrontier, "DELETE FROM _frontier WHERE run_id = ? AND origin_id = ? AND rank = ? AND url_id = ?"},
		{&c.insertLease, "INSERT INTO _leases (run_id, origin_id, rank, url_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"},
		{&c.updateRun, "UPDATE _runs SET found_count = ?2, page_count = ?3, failure_count = ?4, wire_bytes = ?5 WHERE id = ?1"},
		{&c.deleteLease, "DELETE FROM _leases WHERE run_id = ? AND url_id = ?"},
		{&c.insertBody, "INSERT INTO _bodies (sha256, body_bytes, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"},
		{&c.insertSitemapURL, "INSERT INTO _sitemap_urls (run_id, url_id, sitemap_id, lastmod) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"},
		{&c.previousOf, `SELECT f.etag, f.last_modified, f.body_sha256, f.headers_id FROM _visits v JOIN _facts f ON f.id = v.facts_id
			WHERE v.run_id = ? AND v.url_id = ?`},
	} {
		stmt, err := c.conn.Prepare(s.sql)
		if err != nil {
			return fmt.Errorf("%s: %w", s.sql, err)
		}
		*s.stmt = stmt
	}
	return c.blocks.prepare(c.conn)
}

// record writes one visit. A visit that is recorded already changes nothing.
func (c *recorder) record(p *prepared) error {
	v := p.visit
	url, err := c.dict.url(v.Target.URL, v.Target.Host)
	if err != nil {
		return err
	}
	if c.urls.state(url) == stateDone {
		return nil
	}
	facts, err := c.facts(url, p)
	if err != nil {
		return fmt.Errorf("recording what %s said: %w", v.Target.URL, err)
	}
	c.failpoint("visit.facts")
	if err := c.visit(url, facts, v); err != nil {
		return fmt.Errorf("recording the visit of %s: %w", v.Target.URL, err)
	}
	if err := c.leave(url, &v.Target); err != nil {
		return fmt.Errorf("taking %s out of the frontier: %w", v.Target.URL, err)
	}
	if err := c.sitemap(url, v.Sitemap); err != nil {
		return fmt.Errorf("recording the sitemap %s: %w", v.Target.URL, err)
	}
	if err := c.found(url, v); err != nil {
		return fmt.Errorf("recording what %s leads to: %w", v.Target.URL, err)
	}
	c.count(v)
	return nil
}

func (c *recorder) count(v *sonde.Visit) {
	if v.Fetch != nil {
		c.counts.wireBytes += v.Fetch.WireBytes
	}
	switch v.Outcome {
	case sonde.OK, sonde.Redirect, sonde.HTTPError:
		c.counts.pages++
	}
	if v.Outcome.Failed() {
		c.counts.failures++
	}
}

// leave takes a target out of the frontier.
func (c *recorder) leave(url int64, t *sonde.Target) error {
	at, out := c.frontier.where(url)
	if !out {
		at = place{rankOf(t), url}
	}
	origin, err := c.dict.origin(originOf(t.URL), t.Host)
	if err != nil {
		return err
	}
	c.changes.done = append(c.changes.done, url)
	return cmp.Or(
		c.askedOf(origin),
		run(bind(c.deleteFrontier, c.run, origin, at.rank, url)),
		run(bind(c.deleteLease, c.run, url)))
}

const visitColumns = 23

// visit writes how a URL ended over the row that said it was pending.
func (c *recorder) visit(url, facts int64, v *sonde.Visit) error {
	foundOn, err := c.optionalURL(v.Target.FoundOn)
	if err != nil {
		return err
	}
	detail, err := c.dict.optionalText(v.Detail)
	if err != nil {
		return err
	}
	redirect, err := c.optionalURL(v.RedirectTo)
	if err != nil {
		return err
	}
	outcome, reason := v.Outcome, v.Reason
	if v.Fetch != nil && v.Fetch.NotModified {
		if outcome, reason, redirect, err = c.outcomeBefore(url, v); err != nil {
			return err
		}
	}
	r := row{stmt: c.replaceVisit}
	r.number(c.run)
	r.number(url)
	r.text(string(outcome))
	r.text(string(v.Target.Use))
	r.text(string(v.Target.By))
	r.number(int64(v.Target.Depth))
	r.id(foundOn)
	r.text(string(reason))
	r.id(statusOf(v.Fetch))
	r.text(string(v.Failure))
	r.id(detail)
	r.id(redirect)
	r.id(facts)
	if err := c.fetch(&r, v); err != nil {
		return err
	}
	c.urls.set(url, stateDone, v.Target.Depth)
	return run(c.replaceVisit)
}

// outcomeBefore is how a page that did not change ended in the run before: one that
// refreshes to another URL still does.
func (c *recorder) outcomeBefore(url int64, v *sonde.Visit) (outcome sonde.Outcome, reason sonde.Reason, redirect int64, err error) {
	outcome, reason = v.Outcome, v.Reason
	err = rows(c.conn, "SELECT outcome, reason, redirect_to_id FROM _visits WHERE run_id = ? AND url_id = ?",
		func(stmt *sqlite.Stmt) error {
			outcome, reason = sonde.Outcome(stmt.ColumnText(0)), sonde.Reason(stmt.ColumnText(1))
			redirect = stmt.ColumnInt64(2)
			return nil
		}, c.previous, url)
	return outcome, reason, redirect, err
}

func statusOf(f *sonde.Fetch) int64 {
	if f == nil {
		return 0
	}
	return int64(f.Status)
}

// fetch binds the columns of a visit that say how an answer came.
func (c *recorder) fetch(r *row, v *sonde.Visit) error {
	f := v.Fetch
	if f == nil {
		r.null()
		r.number(int64(v.Attempts))
		for range 7 {
			r.null()
		}
		r.number(v.At.UnixMilli())
		return nil
	}
	connection, err := c.connection(v)
	if err != nil {
		return err
	}
	r.id(connection)
	r.number(int64(v.Attempts))
	r.flag(f.NotModified)
	r.number(f.WireBytes)
	for _, d := range []time.Duration{f.Timing.DNS, f.Timing.Connect, f.Timing.TLS, f.Timing.FirstByte, f.Timing.Total} {
		r.number(d.Round(time.Millisecond).Milliseconds())
	}
	r.number(v.At.UnixMilli())
	return nil
}

// optionalURL numbers an http URL, 0 for "".
func (c *recorder) optionalURL(url string) (int64, error) {
	if url == "" {
		return 0, nil
	}
	return c.dict.url(url, hostOf(url))
}

const factsColumns = 58

// facts returns the number of the row that says what the answer said, writing it
// where it is new.
func (c *recorder) facts(url int64, p *prepared) (int64, error) {
	f := p.visit.Fetch
	if f == nil {
		return 0, nil
	}
	if f.NotModified {
		return c.previousFacts(url)
	}
	if url <= c.known {
		id, err := one(bind(c.findFacts, url, p.digest))
		if err != nil {
			return 0, err
		}
		if id != 0 {
			return id, cmp.Or(c.revalidate(id, f), c.countLinks(url, p.visit.Links))
		}
	}
	c.dict.lastFacts++
	id := c.dict.lastFacts
	if err := c.writeFacts(id, url, p); err != nil {
		return 0, err
	}
	if err := c.links(id, url, p.visit.Links); err != nil {
		return 0, err
	}
	return id, c.body(p)
}

// previousFacts is what the run before knew, for an answer that says nothing changed.
func (c *recorder) previousFacts(url int64) (int64, error) {
	return number(c.conn, "SELECT facts_id FROM _visits WHERE run_id = ? AND url_id = ?", c.previous, url)
}

// revalidate keeps the newest validators of an answer that is otherwise known.
func (c *recorder) revalidate(id int64, f *sonde.Fetch) error {
	return exec(c.conn, "UPDATE _facts SET etag = nullif(?2, ''), last_modified = nullif(?3, '') WHERE id = ?1 AND (etag IS NOT nullif(?2, '') OR last_modified IS NOT nullif(?3, ''))",
		id, f.ETag, f.LastModified)
}

func (c *recorder) writeFacts(id, url int64, p *prepared) error {
	f := p.visit.Fetch
	headers, err := c.dict.optionalText(p.headers)
	if err != nil {
		return err
	}
	r := row{stmt: c.insertFacts}
	r.number(id)
	r.number(url)
	r.number(p.digest)
	r.text(f.ContentType)
	r.text(f.Charset)
	r.text(string(f.CharsetFrom))
	r.text(f.ETag)
	r.text(f.LastModified)
	r.id(headers)
	if f.BodyBytes < 0 {
		r.null()
	} else {
		r.number(f.BodyBytes)
	}
	if p.sum == [32]byte{} {
		r.null()
	} else {
		r.blob(p.sum[:])
	}
	r.flag(f.Truncated)
	r.text(string(p.visit.Index))
	if err := c.page(&r, p); err != nil {
		return err
	}
	signals(&r, p.visit)
	return run(c.insertFacts)
}

// page binds the columns of a _facts row that only a page fills.
func (c *recorder) page(r *row, p *prepared) error {
	page := p.visit.Page
	if page == nil {
		for r.bound < signalsFrom {
			r.null()
		}
		return nil
	}
	canonical, err := c.optionalURL(firstCanonical(page))
	if err != nil {
		return err
	}
	r.text(page.Title)
	r.number(int64(page.TitleCount))
	r.flag(page.TitleInBody)
	r.text(page.Description)
	r.number(int64(page.DescriptionCount))
	r.text(firstH1(page))
	r.number(int64(page.H1Count))
	r.text(p.headings)
	r.flag(page.HeadingSkip)
	r.text(page.Lang)
	r.text(page.Viewport)
	r.id(canonical)
	for _, list := range []string{p.canonicals, p.robots, p.refresh, p.alternates, p.openGraph, p.schemaTypes} {
		r.text(list)
	}
	r.number(int64(page.SchemaBad))
	r.number(int64(page.WordCount))
	r.number(int64(page.TextHash))
	r.number(int64(page.SimHash))
	for _, count := range []int{page.LinkCount, page.Images, page.ImagesNoAlt, page.Forms, page.InsecureForms,
		page.Scripts, page.InlineScripts, page.Styles, page.Elements, page.DepthMax} {
		r.number(int64(count))
	}
	r.text(page.HeadClosedBy)
	r.text(string(page.ParseMode))
	r.blob(p.fragments)
	return nil
}

// signalsFrom is how many columns stand before those of signals.
const signalsFrom = 48

// signals binds the columns of a _facts row that 0006_signals.sql added.
func signals(r *row, v *sonde.Visit) {
	f := v.Fetch
	r.text(f.Sniffed)
	r.text(f.CharsetSeen)
	r.text(f.Encoding)
	if f.Fresh < 0 {
		r.null()
	} else {
		r.number(int64(f.Fresh / time.Second))
	}
	r.text(string(f.BlockedBy))
	if v.Page == nil {
		for r.bound < factsColumns {
			r.null()
		}
		return
	}
	for _, count := range []int{v.Page.Replaced, v.Page.DuplicateIDs, v.Page.Passwords, v.Page.MixedActive, v.Page.MixedPassive} {
		r.number(int64(count))
	}
}

func firstH1(p *sonde.Page) string {
	for _, h := range p.Headings {
		if h.Level == 1 {
			return h.Text
		}
	}
	return ""
}

func firstCanonical(p *sonde.Page) string {
	for _, k := range p.Canonicals {
		if k.URL != "" {
			return k.URL
		}
	}
	return ""
}

// body stores a body, unless its content is stored already.
func (c *recorder) body(p *prepared) error {
	if p.body == nil {
		return nil
	}
	r := row{stmt: c.insertBody}
	r.blob(p.sum[:])
	r.number(int64(p.raw))
	r.blob(p.body)
	return run(c.insertBody)
}

// sitemap writes down what a sitemap file says of itself.
func (c *recorder) sitemap(url int64, s *sonde.Sitemap) error {
	if s == nil {
		return nil
	}
	return exec(c.conn, "INSERT OR REPLACE INTO _sitemaps (run_id, url_id, kind, entry_count, child_count, fault) VALUES (?, ?, ?, ?, ?, ?)",
		c.run, url, orNull(s.Kind), s.Entries, s.Children, orNull(s.Fault))
}

// askedOf writes down, once, that the run has to do with an origin.
func (c *recorder) askedOf(origin int64) error {
	if c.origins[origin] {
		return nil
	}
	c.origins[origin] = true
	return exec(c.conn, "INSERT INTO _run_origins (run_id, origin_id) VALUES (?, ?) ON CONFLICT DO NOTHING", c.run, origin)
}

// meet writes down that the run asked a host, once.
func (c *recorder) meet(host int64, at time.Time) error {
	if c.met[host] {
		return nil
	}
	c.met[host] = true
	return cmp.Or(
		exec(c.conn, "UPDATE _hosts SET last_seen_at = ? WHERE id = ?", stamp(at), host),
		exec(c.conn, "INSERT INTO _site_hosts (site_id, host_id) VALUES (?, ?) ON CONFLICT DO NOTHING", c.site, host))
}
