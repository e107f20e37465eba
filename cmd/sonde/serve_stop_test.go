package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// atOnce is how many requests a run of these tests has on their way.
const atOnce = 4

// library is a site without end, each page of which leads to others. From a page on,
// those who ask are kept waiting.
type library struct {
	holdFrom int64 // the number of the request; 0: nobody is kept waiting
	asked    atomic.Int64
	answered sync.Map // path: true
	held     chan struct{}
	release  chan struct{}
}

func newLibrary(t *testing.T, holdFrom int64) (*library, string) {
	l := &library{holdFrom: holdFrom, held: make(chan struct{}, 2*atOnce), release: make(chan struct{})}
	return l, serve(t, l) + "/1"
}

func (l *library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := 0
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &page); err != nil {
		http.NotFound(w, r)
		return
	}
	if n := l.asked.Add(1); l.holdFrom > 0 && n >= l.holdFrom {
		l.held <- struct{}{}
		select {
		case <-l.release:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<!doctype html><title>%d</title>", page)
	for next := 8 * page; next < 8*page+8; next++ {
		fmt.Fprintf(w, "<a href=/%d>%d</a> ", next, next)
	}
	l.answered.Store(r.URL.Path, true)
}

// scheduled serves a dashboard whose schedule begins a run of the library at once.
func (c *caller) scheduled(site string, flags ...string) *process {
	c.Helper()
	c.wants(c.sonde("site", "add", "library", site, "--rate", "0", "--per-host", fmt.Sprint(atOnce), "--sitemaps=false", "--probe", "off"), exitDone)
	c.wants(c.sonde("schedule", "add", "library", "@every 24h"), exitDone)
	c.makeDue()
	return c.start(append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
}

// wantsRecorded holds that every page that was answered is in the file, and that there is
// no other.
func (c *caller) wantsRecorded(l *library) {
	c.Helper()
	e := c.sonde("query", "--csv", "SELECT url FROM pages WHERE status = 200")
	recorded := 0
	for line := range strings.SplitSeq(strings.TrimSpace(e.out), "\r\n") {
		u, err := url.Parse(line)
		if err != nil || u.Path == "url" {
			continue
		}
		recorded++
		if _, was := l.answered.Load(u.Path); !was {
			c.Errorf("%s is recorded, and was not answered", u.Path)
		}
	}
	l.answered.Range(func(any, any) bool { recorded--; return true })
	if recorded != 0 {
		c.Errorf("%d more pages were answered than are recorded", -recorded)
	}
}

// TestServeFirstSignal stops a sonde that serves in the middle of a scheduled run: what
// is on its way is recorded, nothing more is asked for, and the next start goes on.
func TestServeFirstSignal(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			c := newCaller(t)
			library, p := c.holding()
			p.signal(s)
			p.says("Stopping:")
			before := library.asked.Load()
			close(library.release) // what comes now leads to hundreds of pages
			if e := p.ended(); e.code != exitDone {
				t.Errorf("it ended with %+v", e)
			}
			if after := library.asked.Load(); after != before {
				t.Errorf("after the signal %d more pages were asked for", after-before)
			}
			c.wantsRecorded(library)
			c.wants(c.sonde("query", "--csv", "SELECT state, run_status FROM slots"), exitDone, "running,stopped")
		})
	}
}

// holding starts a sonde that serves and whose scheduled run waits for answers to as many
// requests as it may make at once.
func (c *caller) holding() (*library, *process) {
	library, site := newLibrary(c.T, 12)
	p := c.scheduled(site)
	for range atOnce {
		<-library.held
	}
	return library, p
}

// TestServeStopsAFlow stops a sonde whose scheduled run asks without rest: what is asked
// after it has said that it stops was on its way already.
func TestServeStopsAFlow(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	library, site := newLibrary(t, 0)
	p := c.scheduled(site)
	for library.asked.Load() < 100 {
		p.pause()
	}
	p.signal(syscall.SIGTERM)
	p.says("Stopping:")
	before := library.asked.Load()
	if e := p.ended(); e.code != exitDone {
		t.Errorf("it ended with %+v", e)
	}
	if after := library.asked.Load(); after > before+atOnce {
		t.Errorf("after it said that it stops %d more pages were asked for", after-before)
	}
	c.wantsRecorded(library)
}

// TestServeDoesNotWaitForEver: an answer that never comes does not keep a sonde that was
// told to stop; it is asked for again with the next start.
func TestServeDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	library, p := c.holding()
	began := time.Now()
	p.signal(syscall.SIGTERM)
	if e := p.ended(); e.code != exitDone { // nobody was answered meanwhile
		t.Errorf("it ended with %+v", e)
	}
	t.Logf("it ended after %v", time.Since(began).Round(10*time.Millisecond))
	c.wantsRecorded(library)
	c.wants(c.sonde("query", "--csv", "SELECT count(*) > 0 AS waits FROM pages WHERE outcome = 'pending'"), exitDone, "\r\n1\r\n")
}

// TestServeSecondSignal ends a sonde that serves at once, though answers are on their
// way.
func TestServeSecondSignal(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	_, p := c.holding()
	p.signal(os.Interrupt)
	p.says("Stopping:")
	p.signal(os.Interrupt)
	c.wants(p.ended(), exitInterrupted, "!a run has ended")
	c.wants(c.sonde("query", "--csv", "SELECT state, run_status FROM slots"), exitDone, "running,running")
}

// TestServeLogs: a sonde that serves writes what happens as text or as JSON, a line for
// each, without credentials.
func TestServeLogs(t *testing.T) {
	const name = "lib https://ada:secret@example.org/?token=abc#pass=def"
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			c := newCaller(t)
			_, site := newLibrary(t, 0)
			c.wants(c.sonde("site", "add", name, site, "--rate", "0", "--max-pages", "5", "--sitemaps=false", "--probe", "off"), exitDone)
			c.wants(c.sonde("schedule", "add", name, "@every 24h"), exitDone)
			c.makeDue()
			p := c.start("serve", "--listen", "127.0.0.1:0", "--log", format)
			p.says("a run has ended")
			p.signal(syscall.SIGTERM)
			log := p.ended().errors
			for _, unwanted := range []string{"ada", "secret", "abc", "def"} {
				if strings.Contains(log, unwanted) {
					t.Errorf("%q stands in the log:\n%s", unwanted, log)
				}
			}
			for _, want := range []string{"The dashboard is at http://127.0.0.1:", "a slot has come", "a run begins", "Stopping:", "example.org/?token=…#pass=…"} {
				if !strings.Contains(log, want) {
					t.Errorf("the log does not say %q:\n%s", want, log)
				}
			}
			for line := range strings.Lines(log) {
				if format == "json" && !json.Valid([]byte(line)) {
					t.Errorf("no JSON: %s", line)
				}
			}
		})
	}
}

// endless is a statement that ends by its limits only.
const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

// TestConsoleCrowd: twenty ask in SQL what never ends, and each is told of a limit, while
// others go on reading. (hostile M07)
func TestConsoleCrowd(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	library, site := newLibrary(t, 0)
	c.wants(c.sonde(fast("--max-pages", "20", site)...), exitPartial)
	p := c.start("serve", "--listen", "127.0.0.1:0")
	p.says("The dashboard is at ")
	origin := dashboardURL.FindStringSubmatch(p.errors.String())[1]
	var crowd sync.WaitGroup
	var waiting atomic.Int64
	for range 20 {
		waiting.Add(1)
		crowd.Go(func() {
			defer waiting.Add(-1)
			status, body := fetched(t, origin+"sql.json?sql="+url.QueryEscape(endless))
			if status != http.StatusServiceUnavailable || !strings.Contains(body, `"error"`) {
				t.Errorf("an endless statement: %d %.200s\n%s", status, body, p.errors.String())
			}
		})
	}
	reads := 0
	for waiting.Load() > 0 {
		for _, path := range []string{"healthz", "pages", "pages.csv"} {
			if status, body := fetched(t, origin+path); status != http.StatusOK {
				t.Errorf("/%s meanwhile: %d %.200s", path, status, body)
			}
			reads++
		}
	}
	crowd.Wait()
	t.Logf("%d pages were read meanwhile", reads)
	if status, body := fetched(t, origin+"sql.json?sql=SELECT+1+AS+one"); status != http.StatusOK || !strings.Contains(body, `"one":1`) {
		t.Errorf("afterwards: %d %s", status, body)
	}
	c.wantsRecorded(library)
	p.signal(syscall.SIGTERM)
	c.wants(p.ended(), exitDone)
}

// fetched asks for a page.
func fetched(t *testing.T, address string) (status int, body string) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(text)
}
