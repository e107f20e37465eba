package dashboard_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sonde"
	"sonde/accounts"
	"sonde/crawler/weburl"
	"sonde/dashboard"
	"sonde/pipeline"
	"sonde/store"
)

// board is a dashboard on a real server, with a real file and a loop that makes runs.
type board struct {
	*testing.T
	url  string
	file *store.File
	book *accounts.Book
	loop *pipeline.Loop

	ahead atomic.Int64 // how far the loop's clock is ahead, in nanoseconds
}

// newBoard serves a dashboard of a new file until the test ends. change may change how.
func newBoard(t *testing.T, change func(*dashboard.Config)) *board {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sonde.db")
	file, err := store.Open(t.Context(), path, store.Options{Domain: weburl.RegistrableDomain})
	if err != nil {
		t.Fatal(err)
	}
	book, err := accounts.Open(t.Context(), path+accounts.Ending, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &board{T: t, file: file, book: book}
	loop := pipeline.NewLoop(pipeline.LoopConfig{File: file, Clock: func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }})
	config := dashboard.Config{
		File: file, Accounts: book, Control: pipeline.NewControl(loop), Version: "test", UserAgent: "Sonde/test",
		Fields: []dashboard.Field{rateField},
	}
	if change != nil {
		change(&config)
	}
	handler, err := dashboard.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	ctx, cancel := context.WithCancel(t.Context())
	looping := make(chan error, 1)
	go func() { looping <- loop.Run(ctx) }()
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := <-looping; err != nil {
			t.Error(err)
		}
		book.Close()
		file.Close()
	})
	b.url, b.loop = server.URL, loop
	return b
}

// rateField is a field of the policy form, as cmd makes one of every flag.
var rateField = dashboard.Field{
	Group: "How fast it goes", Name: "max-pages", Usage: "end after so many URLs", Unit: "N",
	Show: func(p sonde.Policy) []string { return []string{strings.Repeat("x", p.MaxPages)} },
	Apply: func(p *sonde.Policy, texts []string) error {
		p.MaxPages = len(texts[0])
		return nil
	},
}

// sitemapsField is a switch of the policy form.
var sitemapsField = dashboard.Field{
	Group: "How far it reaches", Name: "sitemaps", Usage: "read sitemaps for URLs",
	Show: func(p sonde.Policy) []string { return []string{strconv.FormatBool(p.Sitemaps)} },
	Apply: func(p *sonde.Policy, texts []string) (err error) {
		p.Sitemaps, err = strconv.ParseBool(texts[0])
		return err
	},
}

// answer is what came of a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request. Redirects are answers.
func (b *board) ask(method, path string, form url.Values, header ...string) answer {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// get asks for a page and holds that it comes. What a busy machine cannot show in time is
// asked for again, as its page says.
func (b *board) get(path string) string {
	b.Helper()
	for began := time.Now(); ; {
		a := b.ask(http.MethodGet, path, nil)
		if a.status == http.StatusOK {
			return a.body
		}
		if a.status != http.StatusServiceUnavailable || time.Since(began) > patience {
			b.Fatalf("GET %s: %d\n%s", path, a.status, a.body)
		}
	}
}

// serve serves pages by their paths until the test ends.
func serve(t *testing.T, pages map[string]string) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, page)
	}))
	t.Cleanup(site.Close)
	return site.URL + "/"
}

// crawl makes a run of a site and waits for its end.
func (b *board) crawl(name, seed string) sonde.Run {
	b.Helper()
	policy := sonde.DefaultPolicy()
	policy.UserAgent, policy.Rate = "Sonde/test", 0
	site, err := b.file.SaveSite(sonde.Site{Name: name, Seeds: []string{seed}, Policy: policy})
	if err != nil {
		b.Fatal(err)
	}
	result, err := pipeline.Crawl(b.Context(), pipeline.Order{File: b.file, Site: site})
	if err != nil {
		b.Fatal(err)
	}
	return result.Run
}

// small is a site of a few pages with a broken link and a redirect to nowhere.
var small = map[string]string{
	"/":  `<html lang="en"><title>Start</title><h1>Start</h1><a href="/a">A</a> <a href="/missing">gone</a>`,
	"/a": `<html lang="en"><title>A</title><h1>A</h1><a href="/">back</a>`,
}

// TestEventsGoOn: a page that watches a run is told how it stands, with what it had last
// counted on, and that the run is over.
func TestEventsGoOn(t *testing.T) {
	b := newBoard(t, nil)
	policy := sonde.DefaultPolicy()
	policy.UserAgent, policy.Rate = "Sonde/test", 20
	if _, err := b.file.SaveSite(sonde.Site{Name: "site", Seeds: []string{slow(t, 2000)}, Policy: policy}); err != nil {
		t.Fatal(err)
	}
	if a := b.ask(http.MethodPost, "/sites/1/run", nil); a.header.Get("Location") != "/runs/1" {
		t.Fatalf("starting a run: %d %s", a.status, a.header.Get("Location"))
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/events?run=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Last-Event-ID", "41")
	request.Header.Set("Accept-Encoding", "gzip") // what comes bit by bit is not compressed all the same
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var told []string
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if line := lines.Text(); line != "" {
			told = append(told, line)
		}
		if len(told) == 6 { // two messages
			b.ask(http.MethodPost, "/runs/1/stop", nil)
		}
	}
	if err := lines.Err(); err != nil || len(told) < 9 {
		t.Fatalf("%v, after\n%s", err, strings.Join(told, "\n"))
	}
	for i, want := range []string{"event: progress", "id: 42", `data: {"runs":[{"run":1,`, "event: progress", "id: 43"} {
		if !strings.HasPrefix(told[i], want) {
			t.Errorf("line %d is %.100q, want %q", i, told[i], want)
		}
	}
	if last := told[len(told)-3]; last != "event: over" || !strings.Contains(told[2], `"course":{"rate":{`) {
		t.Errorf("the end is %q, and the first message\n%s", last, told[2])
	}
}

// TestAnswersArePacked: what a browser asks for comes compressed where it says that it
// can read that, and a first page is small.
func TestAnswersArePacked(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", slow(t, 200))
	page := b.get("/pages?_size=50")
	total, asked := len(page), map[string]bool{}
	for _, path := range regexp.MustCompile(`/assets/[a-z]+\.[0-9a-f]+\.[a-z]+`).FindAllString(page, -1) {
		if !asked[path] {
			total += len(b.get(path))
		}
		asked[path] = true
	}
	if total > 100<<10 {
		t.Errorf("the first page and all that it needs come to %d bytes", total)
	}
	style := regexp.MustCompile(`/assets/style\.[0-9a-f]+\.css`).FindString(page)
	for _, path := range []string{"/pages", style, "/pages.csv", "/pages.json"} {
		a := b.ask(http.MethodGet, path, nil, "Accept-Encoding", "gzip")
		if a.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s comes as %q", path, a.header.Get("Content-Encoding"))
		}
	}
}

// TestHeadHasNoBody: HEAD says of pages and of exports what GET would say, without the
// rows.
func TestHeadHasNoBody(t *testing.T) {
	b := newBoard(t, nil)
	for path, kind := range map[string]string{"/healthz": "text/plain", "/pages": "text/html", "/sites.csv": "text/csv"} {
		a := b.ask(http.MethodHead, path, nil)
		if a.status != http.StatusOK || a.body != "" || !strings.HasPrefix(a.header.Get("Content-Type"), kind) {
			t.Errorf("HEAD %s: %d, %s, %q", path, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
	if a := b.ask(http.MethodHead, "/nothing", nil); a.status != http.StatusNotFound {
		t.Errorf("HEAD of what is not there: %d", a.status)
	}
}
