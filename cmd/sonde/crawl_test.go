package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sonde"
	"sonde/demo"
)

// shown is what a test reads of a run.
type shown struct {
	ID       int64
	Site     string
	Status   sonde.RunStatus
	Found    int64
	Pages    int64
	Outcomes map[sonde.Outcome]int64
	Seeds    []string
	Config   sonde.Policy
}

func (c *caller) show(args ...string) shown {
	c.Helper()
	e := c.sonde(append([]string{"runs", "show", "--json"}, args...)...)
	c.wants(e, exitDone)
	var s shown
	if err := json.Unmarshal([]byte(e.out), &s); err != nil {
		c.Fatalf("runs show --json is no JSON: %v\n%s", err, e.out)
	}
	return s
}

// fast are the flags of a crawl that waits for nothing.
func fast(args ...string) []string {
	return append([]string{"crawl", "--rate", "0", "--per-host", "8", "--retries", "0"}, args...)
}

// book serves chapters behind each other, each linked from the one before, and counts
// what it is asked for.
type book struct {
	chapters int
	asked    sync.Map // path: *atomic.Int64
	hold     func(path string, r *http.Request)
}

func (b *book) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	count, _ := b.asked.LoadOrStore(r.URL.Path, new(atomic.Int64))
	count.(*atomic.Int64).Add(1)
	if b.hold != nil {
		b.hold(r.URL.Path, r)
	}
	var chapter int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &chapter); err != nil || chapter > b.chapters {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<!doctype html><title>%d</title><a href=/%d>next</a>", chapter, chapter+1)
}

// times is how often a path was asked for.
func (b *book) times(path string) int64 {
	count, ok := b.asked.Load(path)
	if !ok {
		return 0
	}
	return count.(*atomic.Int64).Load()
}

// TestCrawl crawls a site and holds what is printed where.
func TestCrawl(t *testing.T) {
	c := newCaller(t)
	origin := serve(t, demo.Handler())
	e := c.sonde(fast("--exclude", "/journal/live-buoy", origin)...)
	c.wants(e, exitDone)
	name := strings.TrimPrefix(origin, "http://")
	for _, text := range []string{name + ", run 1: finished", "answered", "ok: ", "statuses", "404: ", "robots_rule: 1", "sonde.db"} {
		if !strings.Contains(e.out, text) {
			t.Errorf("%q is not on standard output:\n%s", text, e.out)
		}
	}
	for _, text := range []string{"Crawling " + name + " (run 1)", "Next: sonde query"} {
		if !strings.Contains(e.errors, text) {
			t.Errorf("%q is not on standard error:\n%s", text, e.errors)
		}
	}
	s := c.show()
	if s.Site != name || s.Status != sonde.Finished || s.Outcomes[sonde.OK] < 50 || s.Outcomes[sonde.Pending] != 0 {
		t.Errorf("the run is %+v", s)
	}
	var sum int64
	for _, n := range s.Outcomes {
		sum += n
	}
	if sum != s.Found {
		t.Errorf("the outcomes add up to %d, and %d URLs were found", sum, s.Found)
	}
}

func TestCrawlQuiet(t *testing.T) {
	c := newCaller(t)
	e := c.sonde(fast("-q", "--site", "shop", serve(t, pages(map[string]string{"/": "<p>x"})))...)
	if e.code != exitDone || e.out != "" || e.errors != "" {
		t.Errorf("it ended with %+v, want silence", e)
	}
	if s := c.show(); s.Site != "shop" {
		t.Errorf("the site is %q, want shop", s.Site)
	}
}

// TestLimitAndResume crawls as far as a limit, and then the rest, and holds that the
// server was asked for every chapter once.
func TestLimitAndResume(t *testing.T) {
	c := newCaller(t)
	b := &book{chapters: 30}
	url := serve(t, b) + "/1"
	e := c.sonde(fast("--max-pages", "10", "--sitemaps=false", url)...)
	c.wants(e, exitPartial, "the limit of 10 pages was met", "Next: sonde runs resume 1")
	c.wants(c.sonde("runs", "list"), exitDone, "partial")

	e = c.sonde("crawl", "--resume", "--max-pages", "5", url)
	c.wants(e, exitPartial, "Resuming", "the limit of 5 pages was met")
	e = c.sonde("crawl", "--resume", "--max-pages", "0")
	c.wants(e, exitDone, "finished")
	for chapter := 1; chapter <= 31; chapter++ {
		if n := b.times(fmt.Sprintf("/%d", chapter)); n != 1 {
			t.Errorf("chapter %d was asked for %d times, want once", chapter, n)
		}
	}
	if s := c.show(); s.Outcomes[sonde.OK] != 30 || s.Outcomes[sonde.HTTPError] != 1 || s.Config.MaxPages != 0 || s.Config.Rate != 0 || s.Config.Sitemaps {
		t.Errorf("the run is %+v", s)
	}

	asked := b.times("/1")
	c.wants(c.sonde("crawl", "--resume", url), exitDone, "Run 1 of", "is finished: nothing is left to do")
	c.wants(c.sonde("runs", "resume"), exitDone, "is finished: nothing is left to do")
	c.wants(c.sonde("crawl", "--resume", "--site", "other"), exitDone, "no run of other")
	if b.times("/1") != asked {
		t.Error("something was asked for although nothing was left to do")
	}
	c.wants(c.sonde("crawl", "--resume", "--db", c.path("absent.db")), exitNoFile, "nothing to resume")
	if _, err := os.Stat(c.path("absent.db")); err == nil {
		t.Error("a database was made only to be found empty")
	}
}

// TestInterrupt ends the context of a crawl while an answer is on its way, as the
// first signal does, and resumes.
func TestInterrupt(t *testing.T) {
	c := newCaller(t)
	ctx, cancel := context.WithCancel(t.Context())
	b := &book{chapters: 20}
	b.hold = func(path string, _ *http.Request) {
		if path == "/5" {
			cancel()
		}
	}
	url := serve(t, b) + "/1"
	e := c.sondeUntil(ctx, fast(url)...)
	c.wants(e, exitInterrupted, "Stopping:", "stopped", "Next: sonde runs resume 1")
	b.hold = nil
	c.wants(c.sonde("runs", "resume", "1"), exitDone, "finished")
	if s := c.show(); s.Outcomes[sonde.OK] != 20 {
		t.Errorf("the run is %+v, want 20 chapters", s)
	}
	for chapter := 1; chapter <= 20; chapter++ {
		if n := b.times(fmt.Sprintf("/%d", chapter)); n != 1 {
			t.Errorf("chapter %d was asked for %d times, want once", chapter, n)
		}
	}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	c := newCaller(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.wants(c.sondeUntil(ctx, fast("http://127.0.0.1:9/")...), exitInterrupted)
}

// TestNoSeedIsRead holds that a crawl which could not begin says why in a sentence,
// and keeps what it learned.
func TestNoSeedIsRead(t *testing.T) {
	closed := closedPort(t)
	forbidden := serve(t, pages(map[string]string{"/robots.txt": "User-agent: Sonde\nDisallow: /\n", "/": "<p>x"}))
	missing := serve(t, pages(nil))
	away := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, "http://elsewhere.example/", http.StatusMovedPermanently)
	}))
	for _, test := range []struct {
		name, url, want string
		outcome         sonde.Outcome
	}{
		{"unknown host", "http://no-such-host.invalid/", "the name does not exist", sonde.DNSError},
		{"closed port", closed, "connection refused", sonde.ConnectError},
		{"robots.txt forbids it", forbidden, "may not be read: robots.txt line 2: Disallow: /", sonde.RobotsBlocked},
		{"nothing there", missing, "answered with status 404", sonde.HTTPError},
		{"moved", away, "redirects to http://elsewhere.example/, which is out of scope", sonde.Redirect},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCaller(t)
			e := c.sonde(fast("--sitemaps=false", test.url)...)
			c.wants(e, exitError, "sonde: "+test.url, test.want)
			if s := c.show(); s.Status != sonde.Finished || s.Outcomes[test.outcome] != 1 {
				t.Errorf("the run is %+v, want one %s", s, test.outcome)
			}
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL + "/"
}

// TestOneOfTwoSeeds holds that one seed which is read is enough, and the other is
// told of.
func TestOneOfTwoSeeds(t *testing.T) {
	c := newCaller(t)
	good := serve(t, pages(map[string]string{"/": "<p>x"}))
	e := c.sonde(fast("--sitemaps=false", good, good+"/missing")...)
	c.wants(e, exitDone, "/missing answered with status 404")
}

// TestBadInput holds what is said of what cannot be, and the exit code; and that no
// database is made for it.
func TestBadInput(t *testing.T) {
	for _, test := range []struct {
		name string
		args string
		want string
	}{
		{"nothing", "crawl", "crawl needs a URL"},
		{"no URL", "crawl http://[bad", `"http://[bad" is not an address`},
		{"a mail address", "crawl me@example.org", "a mail address cannot be crawled"},
		{"another scheme", "crawl ftp://example.org/", "http and https"},
		{"a long URL", "crawl http://example.org/" + strings.Repeat("a", 2100), "more than 2083 characters"},
		{"a regular expression", "crawl --include ([ http://x.example/", `--include "([": it is no regular expression (RE2): missing closing ] at character 2`},
		{"another", "crawl --exclude a)b http://x.example/", `--exclude "a)b"`},
		{"a rate", "crawl --rate fast http://x.example/", `--rate "fast"`},
		{"a switch", "crawl --sitemaps=perhaps http://x.example/", `--sitemaps "perhaps": true or false`},
		{"a missing value", "crawl --depth", "--depth needs a value: --depth N"},
		{"a flag", "crawl --max-page 3 http://x.example/", "unknown flag --max-page; did you mean --max-pages?"},
		{"a short flag", "crawl -z http://x.example/", "unknown shorthand flag"},
		{"a command", "crwal http://x.example/", `"crwal" is not a command of sonde; did you mean crawl?`},
		{"a command below", "runs lst", `"lst" is not a command of sonde runs; did you mean list?`},
		{"a run", "runs show three", `"three" is not the number of a run`},
		{"two runs", "runs show 1 2", `"2" is too many: runs show takes the number of a run`},
		{"no run", "runs remove", "runs remove needs the number of a run"},
		{"an argument", "version now", `version takes no arguments, and "now" is one`},
		{"two formats", "runs list --json --csv", "only one of"},
		{"a site", "crawl --site a\x1bb http://x.example/", `--site "a\x1bb"`},
		{"no file", "crawl --db= http://x.example/", `--db ""`},
		{"an agent", "robots check --agent 1 http://x.example/", `--agent "1"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCaller(t)
			e := c.sonde(strings.Split(test.args, " ")...)
			c.wants(e, exitUsage, "sonde: ", test.want, "Usage: sonde", "--help", "!goroutine")
			if e.out != "" {
				t.Errorf("standard output has %q", e.out)
			}
			if left, _ := os.ReadDir(c.dir); len(left) > 0 {
				t.Errorf("%s was left behind", left[0].Name())
			}
		})
	}
}

// TestPasswordsAreNotRepeated holds that what may be a password is in no message.
func TestPasswordsAreNotRepeated(t *testing.T) {
	for _, args := range [][]string{
		{"--auth", "sesame"},
		{"--proxy", "ftp://me:sesame@proxy.example"},
		{"--header", "sesame"},
	} {
		c := newCaller(t)
		c.wants(c.sonde(append([]string{"crawl", "http://x.example/"}, args...)...), exitUsage, args[0], "!sesame")
	}
}

// TestBadFiles holds that a file which is not ours is left as it is, and what is said
// of places that cannot be written.
func TestBadFiles(t *testing.T) {
	c := newCaller(t)
	url := serve(t, pages(map[string]string{"/": "<p>x"}))
	c.wants(c.sonde(fast("--db", c.path("ours.db"), url)...), exitDone)
	ours, err := os.ReadFile(c.path("ours.db"))
	if err != nil {
		t.Fatal(err)
	}
	corrupt := append([]byte{}, ours...)
	for i := 100; i < len(corrupt); i++ {
		corrupt[i] = 0xa5
	}
	newer := append([]byte{}, ours...)
	newer[60], newer[61], newer[62], newer[63] = 0, 0, 0xff, 0xff // PRAGMA user_version
	for _, test := range []struct {
		name    string
		content []byte
		code    int
		want    string
	}{
		{"letter.txt", []byte("Dear reader,\n"), exitError, "letter.txt is another kind of file"},
		{"other.db", append([]byte("SQLite format 3\x00"), make([]byte, 4096)...), exitError, "not a Sonde database"},
		{"corrupt.db", corrupt, exitError, "corrupt.db"},
		{"newer.db", newer, exitNewer, "65535"},
	} {
		path := c.path(test.name)
		if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		c.wants(c.sonde(fast("--db", path, url)...), test.code, "sonde: ", test.want, "!goroutine")
		if now, _ := os.ReadFile(path); string(now) != string(test.content) {
			t.Errorf("%s was changed", test.name)
		}
	}
	c.wants(c.sonde(fast("--db", c.dir, url)...), exitError, "is a directory")
	c.wants(c.sonde(fast("--db", filepath.Join(c.dir, "no", "x.db"), url)...), exitError, "there is no directory")
	if os.Geteuid() == 0 {
		return // whom no directory stops
	}
	locked := c.path("locked")
	if err := os.Mkdir(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	c.wants(c.sonde(fast("--db", filepath.Join(locked, "x.db"), url)...), exitError, "cannot be written")
}

// TestCredentials holds that credentials reach the site and not the file.
func TestCredentials(t *testing.T) {
	c := newCaller(t)
	origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "me" || password != "sesame" || r.Header.Get("X-Token") != "sesame" || r.Header.Get("X-Audit") != "spring" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<p>welcome"))
	}))
	headers := []string{"--header", "X-Token: sesame", "--header", "X-Audit: spring"}
	inURL := strings.Replace(origin, "http://", "http://me:sesame@", 1)
	c.wants(c.sonde(fast(append(headers, inURL)...)...), exitDone, "!sesame")
	c.wants(c.sonde(fast(append(headers, origin, "--auth", "me:sesame")...)...), exitDone, "!sesame")
	c.env["SONDE_AUTH"] = "me:sesame"
	c.wants(c.sonde(fast(append(headers, origin)...)...), exitDone, "!sesame")
	delete(c.env, "SONDE_AUTH")
	c.wants(c.sonde(fast(append(headers, origin)...)...), exitError, "status 401")
	for _, name := range []string{"sonde.db", "sonde.db-wal"} {
		if content, _ := os.ReadFile(c.path(name)); strings.Contains(string(content), "sesame") {
			t.Errorf("%s holds the password", name)
		}
	}
	if s := c.show(); s.Config.Headers["X-Audit"][0] != "spring" || len(s.Config.Headers) != 1 {
		t.Errorf("the policy keeps %v", s.Config.Headers)
	}
}
