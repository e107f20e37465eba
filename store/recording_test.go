package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

func open(t testing.TB) *File {
	t.Helper()
	f, err := Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func seedOf(url string) sonde.Target {
	return sonde.Target{URL: url, Host: hostOf(url), Use: sonde.Read, By: sonde.BySeed}
}

func begin(t testing.TB, f *File, seeds ...string) *Recording {
	t.Helper()
	site, err := f.SaveSite(sonde.Site{Name: "test", Seeds: seeds, Policy: sonde.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	var targets []sonde.Target
	for _, s := range seeds {
		targets = append(targets, seedOf(s))
	}
	r, err := f.BeginRun(t.Context(), site, 0, targets)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// page is a visit that found an HTML page with links to other pages.
func page(target sonde.Target, links ...string) sonde.Visit {
	v := sonde.Visit{
		Target: target, Outcome: sonde.OK, Attempts: 1, At: time.Now(), Index: sonde.Indexable,
		Fetch: &sonde.Fetch{
			Status: 200, HTTPVersion: "HTTP/1.1", ContentType: "text/html", Charset: "utf-8",
			Body: []byte("<title>" + target.URL + "</title>"), BodyBytes: 20, WireBytes: 20,
			Remote: netip.MustParseAddrPort("127.0.0.1:80"),
		},
		Page: &sonde.Page{Title: "Title of " + target.URL, TitleCount: 1, WordCount: 3, LinkCount: len(links), ParseMode: sonde.Parsed},
	}
	v.Fetch.BodySHA256 = sha256.Sum256(v.Fetch.Body)
	for _, url := range links {
		v.Links = append(v.Links, sonde.Link{URL: url, Host: hostOf(url), Kind: sonde.LinkA, Anchor: "to " + url, Position: sonde.InMain, Internal: true})
		v.Found = append(v.Found, sonde.Target{URL: url, Host: hostOf(url), Use: sonde.Read, By: sonde.ByLink, FoundOn: target.URL, Depth: target.Depth + 1})
	}
	return v
}

// crawl visits everything that the frontier hands out; site gives the links of a URL.
func crawl(t testing.TB, r *Recording, site func(url string) []string) (order []string) {
	t.Helper()
	for {
		target, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return order
		}
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, target.URL)
		if err := r.Done(context.Background(), page(target, site(target.URL)...)); err != nil {
			t.Fatal(err)
		}
	}
}

func ask(t testing.TB, f *File, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := f.Read(t.Context(), func(conn *sqlite.Conn) (err error) {
		n, err = number(conn, query, args...)
		return err
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// wants asks a file for numbers.
func wants(t testing.TB, f *File, numbers map[string]int64) {
	t.Helper()
	for query, want := range numbers {
		if got := ask(t, f, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func TestNotModifiedFollowsTheLinksOfBefore(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	crawl(t, r, binaryTree(100))
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	r = begin(t, f, "http://h.test/1")
	for {
		target, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if target.Previous == nil {
			t.Fatalf("%s has no validators", target.URL)
		}
		v := page(target)
		v.Fetch.Status, v.Fetch.NotModified, v.Page, v.Fetch.Body = 304, true, nil, nil
		if err := r.Done(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM pages WHERE not_modified AND title <> ''": 100,
		"SELECT count(*) FROM _facts":                                   100,
		"SELECT sum(inlink_count) FROM pages":                           99,
		"SELECT count(*) FROM links":                                    99,
		"SELECT max(depth) FROM pages":                                  6,
	})
}

// binaryTree links page i to pages 2i and 2i+1, up to n.
func binaryTree(n int) func(string) []string {
	return func(url string) []string {
		var i int
		fmt.Sscanf(url, "http://h.test/%d", &i)
		var links []string
		for _, j := range []int{2 * i, 2*i + 1} {
			if j <= n {
				links = append(links, fmt.Sprintf("http://h.test/%d", j))
			}
		}
		return links
	}
}

func TestEveryPageOnce(t *testing.T) {
	const pages = 3000 // more than the frontier keeps in memory
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	order := crawl(t, r, binaryTree(pages))
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	if len(order) != pages {
		t.Errorf("%d targets were handed out, want %d", len(order), pages)
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM pages":                            pages,
		"SELECT count(*) FROM pages WHERE outcome = 'ok'":       pages,
		"SELECT count(*) FROM links":                            pages - 1,
		"SELECT sum(inlink_count) FROM pages":                   pages - 1,
		"SELECT count(*) FROM _frontier":                        0,
		"SELECT count(*) FROM _leases":                          0,
		"SELECT pages FROM runs WHERE status = 'finished'":      pages,
		"SELECT found FROM runs":                                pages,
		"SELECT count(*) FROM links WHERE target_status = 200":  pages - 1,
		"SELECT depth FROM pages WHERE url = 'http://h.test/9'": 3,
		"SELECT count(*) FROM hosts WHERE name = 'h.test'":      1,
		"SELECT count(*) FROM _bodies":                          pages,
		"SELECT count(*) FROM pages WHERE fetched_at LIKE '%Z'": pages,
	})
}

func TestRecrawlOfUnchangedPagesSharesFacts(t *testing.T) {
	f := open(t)
	for range 2 {
		r := begin(t, f, "http://h.test/1")
		crawl(t, r, binaryTree(100))
		if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM _facts":                                  100,
		"SELECT count(*) FROM links":                                   99,
		"SELECT count(*) FROM links_history":                           198,
		"SELECT count(*) FROM pages_history":                           200,
		"SELECT count(*) FROM pages":                                   100,
		"SELECT sum(inlink_count) FROM pages_history WHERE run_id = 1": 99,
		"SELECT sum(inlink_count) FROM pages_history WHERE run_id = 2": 99,
	})
}

// TestAnotherSiteSharesFacts holds that a run which has no run before it meets what
// the runs of other sites, and those by another policy, left of the same pages.
func TestAnotherSiteSharesFacts(t *testing.T) {
	f := open(t)
	for _, site := range []sonde.Site{
		{Name: "one", Policy: sonde.DefaultPolicy()},
		{Name: "two", Policy: sonde.DefaultPolicy()},
		{Name: "one", Policy: sonde.Policy{Rate: 3}},
	} {
		site, err := f.SaveSite(site)
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.BeginRun(t.Context(), site, 0, []sonde.Target{{URL: "http://h.test/1", Host: "h.test", Use: sonde.Read, By: sonde.BySeed}})
		if err != nil {
			t.Fatal(err)
		}
		crawl(t, r, binaryTree(50))
		if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM _facts":        50,
		"SELECT count(*) FROM pages_history": 150,
		"SELECT count(*) FROM links_history": 147,
	})
}

// TestPathsOfTheViews holds that the questions people ask most are answered by way of
// an index: the only scan is that of the sites.
func TestPathsOfTheViews(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	crawl(t, r, binaryTree(2000))
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"SELECT * FROM pages WHERE url = 'http://h.test/9'",
		"SELECT * FROM pages_history WHERE url = 'http://h.test/9'",
		"SELECT source_url, anchor FROM links WHERE target_url = 'http://h.test/9'",
		"SELECT target_url, anchor FROM links WHERE source_url = 'http://h.test/9'",
		"SELECT p.url, l.source_url FROM pages p JOIN links l ON l.target_url = p.url WHERE p.status >= 400",
	} {
		err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
			return rows(conn, "EXPLAIN QUERY PLAN "+query, func(stmt *sqlite.Stmt) error {
				step := stmt.ColumnText(3)
				sites := strings.HasPrefix(step, "SCAN s") || strings.HasPrefix(step, "SCAN j VIRTUAL")
				scan := strings.HasPrefix(step, "SCAN ") && !sites && !strings.HasSuffix(step, "LEFT-JOIN")
				wholeRun := strings.HasPrefix(step, "SEARCH v ") && strings.HasSuffix(step, "(run_id=?)") && !strings.Contains(query, "status")
				if scan || wholeRun {
					t.Errorf("%s: %s", query, step)
				}
				return nil
			})
		})
		if err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// TestWhatAnOriginSaidStaysWithItsRun holds that robots.txt, the slowdowns and the
// sitemaps of a run can be read when a later run has met others.
func TestWhatAnOriginSaidStaysWithItsRun(t *testing.T) {
	f := open(t)
	for run, robots := range []string{"User-agent: *\nDisallow: /a", "Disallow: /b"} {
		r := begin(t, f, "http://h.test/1")
		target, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v := page(target)
		v.Sitemap = &sonde.Sitemap{Kind: "urlset", Entries: 3, Fault: "it is cut"}
		file := &sonde.RobotsFile{Status: 200, FetchedAt: time.Now(), Body: []byte(robots), BlocksAll: run == 1,
			Faults: []sonde.RobotsFault{{Line: 1, Text: "odd"}}, Sitemaps: []string{"/s.xml"}, CrawlDelay: time.Second}
		err = errors.Join(
			r.Remember(t.Context(), sonde.HostMemory{Origin: "http://h.test", Robots: file, NotFound: &sonde.NotFound{AskedAt: time.Now(), Status: 404}}),
			r.Done(t.Context(), v),
			r.Slowed(t.Context(), []sonde.Slowdown{{Origin: "http://h.test", Complaints: 2, Stopped: time.Second}}),
			r.Slowed(t.Context(), []sonde.Slowdown{{Origin: "http://h.test", Complaints: 1, Stopped: time.Second, Parked: true}}),
			r.Close(t.Context(), sonde.Finished, ""))
		if err != nil {
			t.Fatal(err)
		}
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM origins_history":                                                            2,
		"SELECT count(DISTINCT robots_sha256) FROM origins_history":                                       2,
		"SELECT group_concat(robots_blocks_all, '') FROM (SELECT * FROM origins_history ORDER BY run_id)": 1,
		"SELECT complaint_count FROM origins":                                                             3,
		"SELECT stopped_ms FROM origins WHERE parked":                                                     2000,
		"SELECT not_found_status FROM origins":                                                            404,
		"SELECT count(*) FROM sitemaps_history WHERE kind = 'urlset' AND entry_count = 3 AND fault <> ''": 2,
		"SELECT json_extract(robots_faults, '$[0].line') FROM origins":                                    1,
		"SELECT robots_crawl_delay_ms FROM origins":                                                       1000,
	})
	if err := f.RemoveRun(t.Context(), 2, nil); err != nil {
		t.Fatal(err)
	}
	if n := ask(t, f, "SELECT (SELECT count(*) FROM _run_origins) + (SELECT count(*) FROM _sitemaps)"); n != 2 {
		t.Errorf("after one of two runs was removed %d rows are left of both, want 2", n)
	}
}

// TestRobotsIsRecalled gives a later run the robots.txt that was read, and by what to ask
// whether it changed.
func TestRobotsIsRecalled(t *testing.T) {
	f := open(t)
	want := sonde.RobotsFile{
		FetchedAt: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), Status: 200, Body: []byte("Disallow: /b"), Truncated: true,
		FinalURL: "http://h.test/r.txt", ETag: `"1"`, LastModified: "Wed, 25 Nov 2026 09:00:00 GMT",
	}
	r := begin(t, f, "http://h.test/1")
	if err := errors.Join(r.Remember(t.Context(), sonde.HostMemory{Origin: "http://h.test", Robots: &want}), r.Close(t.Context(), sonde.Finished, "")); err != nil {
		t.Fatal(err)
	}
	later := begin(t, f, "http://h.test/1")
	got, found, err := later.Recall(t.Context(), "http://h.test")
	if err = errors.Join(err, later.Close(t.Context(), sonde.Finished, "")); err != nil || !found || !reflect.DeepEqual(*got.Robots, want) {
		t.Errorf("it is %+v (%v, %v), want %+v", got.Robots, found, err, want)
	}
}

// TestSignalsAreKept holds that what an answer shows besides its content can be read.
func TestSignalsAreKept(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	target, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := page(target)
	v.Fetch.Sniffed, v.Fetch.CharsetSeen, v.Fetch.Encoding, v.Fetch.Fresh, v.Fetch.BlockedBy = "image/png", "ascii", "gzip", time.Minute, sonde.BlockedByWall
	v.Page.Replaced, v.Page.DuplicateIDs, v.Page.Passwords, v.Page.MixedActive, v.Page.MixedPassive = 1, 2, 3, 4, 5
	if err := errors.Join(r.Done(t.Context(), v), r.Close(t.Context(), sonde.Finished, "")); err != nil {
		t.Fatal(err)
	}
	if n := ask(t, f, `SELECT count(*) FROM pages WHERE sniffed_type = 'image/png' AND charset_seen = 'ascii' AND content_encoding = 'gzip'
		AND fresh_s = 60 AND blocked_by = 'waf' AND replaced_count = 1 AND duplicate_id_count = 2 AND password_count = 3
		AND mixed_active_count = 4 AND mixed_passive_count = 5 AND title_count = 1`); n != 1 {
		t.Error("the signals of the page are not as they were recorded")
	}
}
