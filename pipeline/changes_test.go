package pipeline_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sonde"
	"sonde/analyze"
	"sonde/pipeline"
	"sonde/store"
)

// answer is what the copy of a site says at one path.
type answer struct {
	status int // 200 when 0
	header http.Header
	body   string
}

// copies serves one copy of a site, which can be changed for another.
type copies struct {
	*httptest.Server
	now       atomic.Pointer[map[string]answer]
	validates bool // it answers 304 where the body is as it was
}

func serveCopies(t *testing.T) *copies {
	c := &copies{}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *copies) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, found := (*c.now.Load())[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	maps.Copy(w.Header(), a.header)
	if c.validates {
		tag := fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256([]byte(a.body))))
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.Header().Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	fmt.Fprint(w, a.body)
}

// article is a page of the site: its head, its text and what it leads to.
func article(head, text string, links ...string) answer {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=en><head>%s</head><body><p>%s</p>", head, text)
	for i, link := range links {
		fmt.Fprintf(&b, "<a href=%q>%d</a>", link, i)
	}
	b.WriteString("</body></html>")
	return answer{body: b.String()}
}

// photo is a picture that is not read whole, of a size that stays.
func photo(tag, at string) answer {
	return answer{header: http.Header{"Content-Type": {"image/png"}, "Etag": {`"` + tag + `"`}, "Last-Modified": {at}}, body: "photo"}
}

// TestChanges crawls two copies of a site and wants exactly the changes that were made
// from the one to the other.
func TestChanges(t *testing.T) {
	site := serveCopies(t)
	before := map[string]answer{
		"/robots.txt": {header: http.Header{"Content-Type": {"text/plain"}}, body: "User-agent: *\nDisallow: /secret/\n"},
		"/": article("<title>Home</title><link rel=stylesheet href=/style.css><img src=/photo.png><img src=/moves.png>", "Welcome", "/same", "/title", "/moved", "/hidden", "/header", "/links", "/text",
			"/removed", "/unlinked", "/script", "/canonical", "/described", "/image.svg", "/returns"),
		"/same":      article("<title>Same</title>", "Nothing changes here."),
		"/title":     article("<title>Old title</title>", "A page with a title."),
		"/moved":     article("<title>Moves</title>", "This page will move."),
		"/hidden":    article("<title>Hidden</title>", "Search engines may see this."),
		"/header":    {header: http.Header{"X-Frame-Options": {"DENY"}, "X-Powered-By": {"love"}}, body: "<title>Header</title><p>Framed"},
		"/links":     article("<title>Links</title>", "Some links.", "/same", "/title", "/text"),
		"/text":      article("<title>Text</title>", "The quick brown fox jumps."),
		"/removed":   article("<title>Removed</title>", "Soon gone."),
		"/unlinked":  article("<title>Unlinked</title>", "Soon nothing leads here."),
		"/script":    article("<title>Script</title><script>let a = 1</script>", "Runs."),
		"/canonical": article("<title>Canonical</title><link rel=canonical href=/canonical>", "One of two."),
		"/described": article("<title>Described</title><meta name=description content='As it was'><meta name=viewport content=wide>", "Told about."),
		"/image.svg": {header: http.Header{"Content-Type": {"image/svg+xml"}}, body: "<svg xmlns='http://www.w3.org/2000/svg'/>"},
		"/style.css": {header: http.Header{"Content-Type": {"text/css"}}, body: "p {}"},
		"/photo.png": photo("old", "Mon, 02 Nov 2026 08:00:00 GMT"),
		"/moves.png": photo("same", "Mon, 02 Nov 2026 08:00:00 GMT"),
		"/returns":   article("<title>Returns</title>", "Here, away, here."),
		"/target":    article("<title>Target</title>", "What moves comes here."),
	}
	after := maps.Clone(before)
	after["/robots.txt"] = answer{header: http.Header{"Content-Type": {"text/plain"}}, body: "User-agent: *\nDisallow: /private/\n"}
	after["/"] = article("<title>Home</title><link rel=stylesheet href=/style.css><img src=/photo.png><img src=/moves.png>", "Welcome", "/same", "/title", "/moved", "/hidden", "/header", "/links", "/text",
		"/removed", "/added", "/script", "/canonical", "/described", "/image.svg", "/returns")
	after["/title"] = article("<title>New title</title>", "A page with a title.")
	after["/moved"] = answer{status: http.StatusMovedPermanently, header: http.Header{"Location": {"/target"}}}
	after["/hidden"] = article("<title>Hidden</title><meta name=robots content=noindex>", "Search engines may see this.")
	after["/header"] = answer{header: http.Header{"X-Frame-Options": {"SAMEORIGIN"}, "X-Powered-By": {"love"}}, body: "<title>Header</title><p>Framed"}
	after["/links"] = article("<title>Links</title>", "Some links.", "/same", "/title", "/hidden")
	after["/text"] = article("<title>Text</title>", "The quick brown fox jumps over the lazy dog.")
	delete(after, "/removed")
	after["/added"] = article("<title>Added</title>", "Fresh.")
	after["/script"] = article("<title>Script</title><script>let a = 2</script>", "Runs.")
	after["/canonical"] = article("<title>Canonical</title><link rel=canonical href=/same>", "One of two.")
	after["/described"] = article("<title>Described</title><meta name=description content='As it is'><meta name=viewport content=wide>", "Told about.")
	after["/image.svg"] = answer{header: http.Header{"Content-Type": {"image/svg+xml"}}, body: "<svg xmlns='http://www.w3.org/2000/svg' id='a'/>"}

	after["/photo.png"] = photo("new", "Tue, 03 Nov 2026 08:00:00 GMT")
	after["/moves.png"] = photo("same", "Tue, 03 Nov 2026 08:00:00 GMT") // copied to another machine, as it is
	after["/style.css"] = answer{header: http.Header{"Content-Type": {"text/css"}}, body: "p { color: red }"}

	c := newRuns(t, site)
	c.crawl(before, 0)
	c.wants() // a first run has nothing to be compared with

	c.crawl(before, 0)
	c.wants() // nothing changed

	c.crawl(after, 0)
	c.wants(
		"/ links_added - [/added]",
		"/ links_removed [/unlinked] -",
		"/added new - 200",
		"/canonical canonical /canonical /same",
		"/canonical indexability ok canonical_other",
		"/described description As it was As it is",
		`/header headers [["X-Frame-Options","DENY"]] [["X-Frame-Options","SAMEORIGIN"]]`,
		"/hidden indexability ok noindex_meta",
		"/hidden robots_meta - noindex",
		"/image.svg body 41 bytes 48 bytes",
		"/links links_added - [/hidden]",
		"/links links_removed [/text] -",
		"/moved indexability ok redirect",
		"/moved redirect_to - /target",
		"/moved status 200 301",
		"/photo.png body 5 bytes, Mon, 02 Nov 2026 08:00:00 GMT 5 bytes, Tue, 03 Nov 2026 08:00:00 GMT",
		"/removed gone 200 404",
		"/robots.txt robots_txt User-agent: *|Disallow: /secret/ User-agent: *|Disallow: /private/",
		"/script body 121 bytes 121 bytes",
		"/style.css body 4 bytes 16 bytes", // which is measured, not read
		"/target new - 200",
		"/text text 5 words 9 words",
		"/title title Old title New title",
		"/unlinked gone 200 nothing leads there",
	)

	// What comes back is told from what is new, and what a run had no time for is not gone.
	c.crawl(before, 0)
	if got := c.subjects("back"); !slices.Equal(got, []string{"/removed", "/unlinked"}) {
		t.Errorf("back are %q", got)
	}
	delete(before, "/same")
	c.crawl(before, 3)
	if got := c.subjects("gone"); len(got) > 1 || len(got) == 1 && got[0] != "/same" {
		t.Errorf("a run that was cut short says that %q are gone", got)
	}
	if run := c.last; run.Status != sonde.Partial {
		t.Errorf("the run with a limit ended as %s", run.Status)
	}
}

// runs makes one run after the other of a site whose copies change.
type runs struct {
	*testing.T
	site *copies
	file *store.File
	last sonde.Run
}

func newRuns(t *testing.T, site *copies) *runs {
	t.Helper()
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &runs{T: t, site: site, file: file}
}

// crawl makes a run of one copy, of at most so many pages.
func (c *runs) crawl(copy map[string]answer, pages int) {
	c.Helper()
	c.site.now.Store(&copy)
	policy := sonde.DefaultPolicy()
	policy.Rate, policy.UserAgent, policy.Sitemaps, policy.MaxPages = 0, "Sonde/test", false, pages
	saved, err := c.file.SaveSite(sonde.Site{Name: "copies", Seeds: []string{c.site.URL + "/"}, Policy: policy})
	if err != nil {
		c.Fatal(err)
	}
	result, err := pipeline.Crawl(c.Context(), pipeline.Order{File: c.file, Site: saved})
	if err != nil {
		c.Fatal(err)
	}
	c.last = result.Run
}

// changes lists what the last run found, in the view and by comparing anew.
func (c *runs) changes() (list []string) {
	c.Helper()
	line := func(subject, what, old, new string) string {
		short := strings.NewReplacer(`["`+c.site.URL, "[", `"]`, "]", c.site.URL, "", "\n", "|")
		if !strings.HasPrefix(what, "links_") {
			short = strings.NewReplacer(c.site.URL, "", "|\n", "|", "\n", "|")
		}
		return short.Replace(fmt.Sprintf("%s %s %s %s", subject, what, orDash(old), orDash(new)))
	}
	err := c.file.Rows(c.Context(), "SELECT subject, what, old, new FROM changes ORDER BY subject, what", nil, func(r store.Row) error {
		list = append(list, line(r.Text(0), r.Text(1), r.Text(2), r.Text(3)))
		return nil
	})
	if err != nil {
		c.Fatal(err)
	}
	if before := c.before(); before != 0 {
		var anew []string
		if err := analyze.Compare(c.Context(), c.file, before, c.last.ID, func(change sonde.Change) error {
			anew = append(anew, line(change.Subject, string(change.What), change.Old, change.New))
			if change.At.Year() < 2026 {
				c.Errorf("the change %+v is of no time", change)
			}
			return nil
		}); err != nil {
			c.Fatal(err)
		}
		if !slices.Equal(anew, list) {
			c.Errorf("comparing runs %d and %d gives\n%s\nthe view has\n%s", before, c.last.ID, strings.Join(anew, "\n"), strings.Join(list, "\n"))
		}
	}
	return list
}

// before is the run that the last one was compared with, 0 for none.
func (c *runs) before() (before int64) {
	if err := c.file.Rows(c.Context(), "SELECT previous_run_id FROM runs ORDER BY id DESC LIMIT 1", nil, func(r store.Row) error {
		before = r.Integer(0)
		return nil
	}); err != nil {
		c.Fatal(err)
	}
	return before
}

func orDash(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return "-"
	}
	return text
}

func (c *runs) wants(want ...string) {
	c.Helper()
	got := c.changes()
	if missing, extra := without(want, got), without(got, want); len(missing)+len(extra) > 0 {
		c.Errorf("run %d: missing are\n\t%s\nand not made were\n\t%s", c.last.ID, strings.Join(missing, "\n\t"), strings.Join(extra, "\n\t"))
	}
}

// subjects lists what the last run says one thing of.
func (c *runs) subjects(what string) (list []string) {
	for _, change := range c.changes() {
		if subject, rest, _ := strings.Cut(change, " "); strings.HasPrefix(rest, what+" ") {
			list = append(list, subject)
		}
	}
	return list
}

// TestHeadersBehind304 changes the header of pages whose content stays as it was.
func TestHeadersBehind304(t *testing.T) {
	site := serveCopies(t)
	site.validates = true
	plain := map[string]answer{
		"/":           article("<title>Home</title>", "Welcome", "/hidden", "/canonical", "/framed", "/same"),
		"/hidden":     article("<title>Hidden</title>", "Search engines may see this."),
		"/canonical":  article("<title>Canonical</title>", "One of two."),
		"/framed":     article("<title>Framed</title>", "In a frame."),
		"/same":       article("<title>Same</title>", "Nothing changes here."),
		"/robots.txt": {body: "User-agent: *\nDisallow: /secret/\n"},
	}
	with := func(a answer, name, value string) answer {
		return answer{header: http.Header{name: {value}}, body: a.body}
	}
	changed := maps.Clone(plain)
	changed["/hidden"] = with(plain["/hidden"], "X-Robots-Tag", "noindex")
	changed["/canonical"] = with(plain["/canonical"], "Link", "<"+site.URL+"/same>; rel=canonical")
	changed["/framed"] = with(plain["/framed"], "X-Frame-Options", "DENY")
	c := newRuns(t, site)
	c.crawl(plain, 0)
	c.crawl(plain, 0)
	c.wants()
	c.crawl(changed, 0)
	c.wants(
		"/canonical canonical - /same",
		"/canonical indexability ok canonical_other",
		`/canonical headers - [["Link","</same>; rel=canonical"]]`,
		`/framed headers - [["X-Frame-Options","DENY"]]`,
		`/hidden headers - [["X-Robots-Tag","noindex"]]`,
		"/hidden indexability ok noindex_header",
		"/hidden robots_meta - noindex",
	)
	if got, want := c.notModified(), 1; got != want {
		t.Errorf("%d pages were as they were, want %d: the front page is always asked for whole", got, want)
	}
	c.crawl(changed, 0)
	c.wants()
	if got, want := c.notModified(), 4; got != want {
		t.Errorf("%d pages were as they were, want %d", got, want)
	}
	c.crawl(plain, 0)
	c.wants(
		"/canonical canonical /same -",
		"/canonical indexability canonical_other ok",
		`/canonical headers [["Link","</same>; rel=canonical"]] -`,
		`/framed headers [["X-Frame-Options","DENY"]] -`,
		`/hidden headers [["X-Robots-Tag","noindex"]] -`,
		"/hidden indexability noindex_header ok",
		"/hidden robots_meta noindex -",
	)
}

// notModified counts the pages of the last run that were answered with 304.
func (c *runs) notModified() (n int) {
	c.Helper()
	if err := c.file.Rows(c.Context(), "SELECT count(*) FROM pages WHERE status = 304", nil, func(r store.Row) error {
		n = int(r.Integer(0))
		return nil
	}); err != nil {
		c.Fatal(err)
	}
	return n
}

// TestNetworkChanges tells what the network side of a site's host said in one run and not
// in the next, of what both asked.
func TestNetworkChanges(t *testing.T) {
	site := serveCopies(t)
	c := newRuns(t, site)
	home := map[string]answer{"/": article("<title>Home</title>", "Here.")}
	host := "127.0.0.1"
	address := netip.MustParseAddr(host)
	learn := func(records []string, product string, smtp sonde.PortState, certificate byte) {
		t.Helper()
		at := c.last.StartedAt
		answers := []sonde.DNSAnswer{{Host: host, Type: "A", RCode: "NOERROR", Resolver: "test", At: at}}
		for _, value := range records {
			answers[0].Records = append(answers[0].Records, sonde.DNSRecord{Name: host, Type: "A", Value: value})
		}
		ports := []sonde.Port{
			{Host: host, Address: address, Transport: sonde.TCP, Number: 22, State: sonde.PortOpen, Reason: sonde.ByAccept, Service: sonde.Service{Name: "ssh", Product: product}, At: at},
			{Host: host, Address: address, Transport: sonde.TCP, Number: 25, State: smtp, Reason: sonde.ByRefusal, At: at},
		}
		sightings := []sonde.CertificateSighting{{Host: host, Address: address, Port: 8443, At: at, TLS: sonde.TLSFacts{Version: "TLS 1.3",
			Certificate: &sonde.Certificate{Subject: "CN=test", SHA256: [32]byte{certificate}, NotAfter: at.AddDate(1, 0, 0)}}}}
		if err := errors.Join(c.file.SaveDNS(t.Context(), answers), c.file.SavePorts(t.Context(), ports), c.file.SaveCertificates(t.Context(), sightings)); err != nil {
			t.Fatal(err)
		}
		if _, err := analyze.Run(t.Context(), c.file, c.last.ID, analyze.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	until := time.Now().AddDate(1, 0, 0).UTC().Format("2006-01-02")
	c.crawl(home, 0)
	learn([]string{"192.0.2.1", "192.0.2.2"}, "OpenSSH", sonde.PortClosed, 1)
	c.wants()
	c.crawl(home, 0)
	learn([]string{"192.0.2.1", "192.0.2.2"}, "OpenSSH", sonde.PortClosed, 1)
	c.wants()
	c.crawl(home, 0)
	learn([]string{"192.0.2.3", "192.0.2.1"}, "Dropbear", sonde.PortOpen, 2)
	c.wants(
		"127.0.0.1 dns A 192.0.2.1, 192.0.2.2 A 192.0.2.1, 192.0.2.3",
		"127.0.0.1 tcp/22 service ssh OpenSSH ssh Dropbear",
		"127.0.0.1 tcp/25 port closed open",
		"127.0.0.1 tcp/8443 certificate CN=test, until "+until+", SHA-256 0100000000000000 CN=test, until "+until+", SHA-256 0200000000000000",
	)
	c.crawl(home, 0) // a run that asks nothing of the network finds nothing changed
	c.wants()
}
