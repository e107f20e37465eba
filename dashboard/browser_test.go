package dashboard_test

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sonde"
	"sonde/accounts"
	"sonde/dashboard"
	"sonde/store"
)

//go:embed testdata/axe.min.js
var axe string // axe-core 4.14.1, MPL-2.0: testdata/axe.LICENSE

// patience is how long a test waits for what is to come, on a machine however busy.
const patience = 5 * time.Minute

// browser is a tab of a real Chromium.
type browser struct {
	*board
	ctx context.Context

	mu     sync.Mutex
	faults []string // what the console said, and requests that left the host
}

// chromium is the one Chromium of all tests, begun by the first that needs it.
var chromium struct {
	once sync.Once
	ctx  context.Context // nil: there is none here
	err  error
	end  func()
}

func TestMain(m *testing.M) {
	m.Run()
	if chromium.end != nil {
		chromium.end()
	}
}

func startChromium() {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
		allocated, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, endBrowser := chromedp.NewContext(allocated)
		chromium.ctx, chromium.end = ctx, func() { endBrowser(); endAllocator() }
		chromium.err = chromedp.Do(ctx)
		return
	}
}

// newBrowser opens a tab that shares nothing with those of other tests. The test is
// skipped where there is no Chromium.
func newBrowser(b *board) *browser {
	b.Helper()
	chromium.once.Do(startChromium)
	switch {
	case chromium.ctx == nil:
		b.Skip("there is no Chromium here")
	case chromium.err != nil:
		b.Fatalf("starting Chromium: %v", chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	b.Cleanup(cancel)
	tab := &browser{board: b, ctx: ctx}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		b.Fatalf("opening a tab: %v", err)
	}
	return tab
}

// hear notes what must not be: errors on the console, and requests to other hosts.
func (b *browser) hear(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && !strings.Contains(e.Entry.Text, "status of 4") {
			fault = e.Entry.Text + " " + e.Entry.URL
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.url) && !strings.HasPrefix(e.Request.URL, "about:") && !strings.HasPrefix(e.Request.URL, "data:") {
			fault = "a request to " + e.Request.URL
		}
	}
	if fault != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.faults = append(b.faults, fault)
	}
}

// wantsQuiet holds that nothing was heard.
func (b *browser) wantsQuiet() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, fault := range b.faults {
		b.Error(fault)
	}
	b.faults = nil
}

// do takes steps, each of which waits for what it needs.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%v, at %s", err, b.where())
	}
}

// where is what the tab shows.
func (b *browser) where() string {
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + ' ' + document.body.innerText"))
	return fmt.Sprintf("%.1500s", text)
}

func (b *browser) open(path string) {
	b.Helper()
	b.do(chromedp.Navigate(b.url + path))
}

// until waits for an expression to be true. Pages come and go meanwhile.
func (b *browser) until(expression string) {
	b.Helper()
	deadline, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.Done():
			b.Fatalf("%s did not come to be, at %s", expression, b.where())
		}
	}
}

// reads waits for a text on the page.
func (b *browser) reads(text string) {
	b.Helper()
	b.until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// press clicks the first thing that a selector finds, when it is there.
func (b *browser) press(selector string) {
	b.Helper()
	b.until(fmt.Sprintf("document.querySelector(%q) !== null", selector))
	b.run(fmt.Sprintf("document.querySelector(%q).click()", selector))
}

// fill writes into a field.
func (b *browser) fill(selector, value string) {
	b.Helper()
	b.run(fmt.Sprintf("document.querySelector(%q).value = %q", selector, value))
}

func (b *browser) run(script string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script+", true")); err != nil {
		b.Fatalf("%s: %v, at %s", script, err, b.where())
	}
}

// slow is a site whose pages take their time, so that a run can be watched.
func slow(t *testing.T, pages int) string {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/missing" || r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-r.Context().Done():
		}
		fmt.Fprintf(w, `<html lang="en"><title>Page %s</title><h1>A page</h1><a href="/missing">gone</a>`, r.URL.Path)
		for i := range pages {
			fmt.Fprintf(w, `<a href="/%d">%d</a> `, i, i)
		}
	}))
	t.Cleanup(site.Close)
	return site.URL + "/"
}

// TestBrowserStory is the first hour of somebody who starts with nothing: one form, a
// run that is watched to its end, and what it found.
func TestBrowserStory(t *testing.T) {
	t.Parallel()
	b := newBrowser(newBoard(t, nil))
	site := slow(t, 25)

	b.open("/")
	b.reads("Which site shall we look at?")
	b.fill("#url", "not a url at all")
	b.press("form[action='/crawl'] button")
	b.until("document.querySelector('#url-fault') !== null")
	b.fill("#url", site)
	b.press("form[action='/crawl'] button")
	b.until("location.pathname === '/runs/1'")
	b.until("document.querySelector('[data-field=fetched]') && document.querySelector('[data-field=fetched]').textContent > '0' || document.body.innerText.includes('finished')")
	b.reads("finished") // the page reloads itself when the run is over
	b.reads("404 Not Found")

	b.open("/pages")
	b.until("document.querySelectorAll('tbody tr').length >= 20")
	b.press("a[href='/pages?outcome=http_error']")
	b.until("location.search === '?outcome=http_error' && document.querySelectorAll('tbody tr').length === 1")
	b.press("tbody tr a.url")
	b.until("location.pathname === '/page'")
	b.reads("Links to it")
	b.reads("In every run")

	b.open("/issues")
	b.press(".rules a")
	b.until("location.pathname.startsWith('/issues/')")
	b.press("form[action$='/mute'] button")
	b.reads("Muted.")
	b.reads("Take the mute of the rule back")

	b.open("/schedules")
	b.fill("#spec", "61 * * * *")
	b.press("form[action='/schedules'] button")
	b.until("document.querySelector('[role=alert]') !== null")
	b.fill("#spec", "@every 1m")
	b.press("form[action='/schedules'] button")
	b.reads("Saved.")
	b.ahead.Store(int64(90 * time.Second))
	b.fill("#spec", "@daily") // a command has the loop look at its clock
	b.press("form[action='/schedules'] button")
	b.until("document.querySelectorAll('article').length === 2")
	b.until("fetch('/runs.json').then(r => r.json()).then(runs => { window.made = runs.length }), window.made >= 2")
	b.press("form[action$='/pause'] button")
	b.reads("paused")

	b.open("/sql")
	b.fill("#sql", "SELECT count(*) AS errors FROM pages WHERE status = 404")
	b.press(".console button.primary")
	b.until("[...document.querySelectorAll('thead th')].some(th => th.innerText === 'errors')")
	b.wantsQuiet()

	exported, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("fetch('/pages.csv').then(r => r.text())", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if want := b.get("/pages.csv"); strings.Count(exported, "\n") != strings.Count(want, "\n") || !strings.HasPrefix(exported, "site,run_id,url") {
		t.Errorf("the export is\n%.300s", exported)
	}
}

// TestBrowserLogin logs in where others could listen, and out.
func TestBrowserLogin(t *testing.T) {
	t.Parallel()
	board := newBoard(t, withLogin)
	if err := board.book.AddUser(t.Context(), "ada", "a long enough sentence", accounts.Admin); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(board)
	b.open("/pages?status=404")
	b.reads("Log in to Sonde")
	b.fill("#name", "ada")
	b.fill("#password", "a long enough sentence")
	b.press("form[action='/login'] button")
	b.until("location.pathname + location.search === '/pages?status=404'")
	b.press("form[action='/logout'] button")
	b.reads("Log in to Sonde")
	b.wantsQuiet()
}

// TestBrowserWithoutScript browses, filters, turns a page, runs SQL and exports without
// a script.
func TestBrowserWithoutScript(t *testing.T) {
	t.Parallel()
	board := newBoard(t, nil)
	board.crawl("site", slow(t, 30))
	b := newBrowser(board)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	path := func() string {
		where, err := chromedp.Run(b.ctx, chromedp.Location())
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(where)
		if err != nil {
			t.Fatal(err)
		}
		return u.RequestURI()
	}
	b.open("/pages?_size=20")
	b.do(chromedp.Click("a[rel=next]"), chromedp.WaitVisible("a[rel=first]"))
	if got := path(); !strings.Contains(got, "_next=") {
		t.Errorf("the next page is %s", got)
	}
	b.open("/pages?_column=status&_op=gte&_value=400")
	if got := path(); got != "/pages?status__gte=400" {
		t.Errorf("a filter in three parts leads to %s", got)
	}
	b.do(chromedp.Click("tbody tr:first-child td:first-child a"), chromedp.WaitVisible("#history"))
	b.open("/sql")
	b.do(chromedp.SendKeys("#sql", "SELECT 1 AS one"), chromedp.Click(".console button.primary"), chromedp.WaitVisible("tbody td"))

	b.open("/pages?status=404")
	var want strings.Builder
	selection := store.Selection{View: "pages", Where: []store.Filter{{Column: "status", Value: "404"}}}
	if err := dashboard.WriteCSV(t.Context(), board.file, selection, &want); err != nil {
		t.Fatal(err)
	}
	if got := b.download("a[download]"); got != want.String() {
		t.Errorf("the file that came is\n%s\nand sonde export writes\n%s", got, want.String())
	}
}

// download clicks what gives a file, and returns what is in it.
func (b *browser) download(selector string) string {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	progress := chromedp.Events(ctx, cdpbrowser.DownloadProgress)
	tell, dir := true, b.TempDir()
	if _, err := chromedp.Call(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: &tell,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	}); err != nil {
		b.Fatal(err)
	}
	b.do(chromedp.Click(selector))
	for e, err := range progress {
		if err != nil {
			b.Fatalf("nothing came of %s: %v, at %s", selector, err, b.where())
		}
		if e.State == cdpbrowser.DownloadProgressStateCompleted {
			content, err := os.ReadFile(filepath.Join(dir, e.GUID))
			if err != nil {
				b.Fatal(err)
			}
			return string(content)
		}
	}
	return ""
}

// shown are the pages of a dashboard that has something to show.
func shown(seed string) []string {
	page := "/page?url=" + url.QueryEscape(seed)
	return []string{
		"/", "/sites", "/sites/1", "/sites/new", "/sites/1/edit", "/sites/1/remove", "/runs", "/runs/1", "/runs/1/remove", "/runs/2/report", "/schedules", "/issues",
		"/issues/all", "/issues/desc.missing", "/changes", "/compare?before=1&run=2", "/pages", "/pages?status=999", "/links", page, "/hosts",
		"/page?run_id=1&url=" + url.QueryEscape(seed+"missing"), "/hosts/127.0.0.1", "/hosts/www.h.test", "/queries/broken", "/dns", "/ports", "/certificates", "/sql", "/sql?sql=SELECT+*+FROM+pages", "/sql?sql=nonsense", "/schema", "/settings", "/settings/tables", "/nothing",
	}
}

// TestBrowserEveryPage: on every page, light and dark, on a phone and a desk, axe finds
// nothing, nothing overflows, the console is silent and nothing is asked of other hosts.
func TestBrowserEveryPage(t *testing.T) {
	t.Parallel()
	board := newBoard(t, nil)
	seed := slow(t, 4) // few rows: axe looks at every cell
	board.crawl("site", seed)
	board.crawl("site", seed)
	probed{9, "192.0.2.1", sonde.Service{Name: "http", Product: "nginx"}, 1, "CN=www.h.test", "v=spf1"}.save(board, "www.h.test")
	probed{10, "192.0.2.1", sonde.Service{Name: "ssh"}, 2, "CN=www.h.test", "v=spf2"}.save(board, "www.h.test")
	if err := board.book.SaveQuery(t.Context(), "broken", "SELECT url FROM pages WHERE status >= 400"); err != nil {
		t.Fatal(err)
	}
	if a := board.ask(http.MethodPost, "/schedules", url.Values{"site": {"site"}, "spec": {"@daily"}, "zone": {"UTC"}}); a.status != http.StatusSeeOther {
		t.Fatalf("a schedule: %d\n%s", a.status, a.body)
	}
	paths := shown(seed)
	for half := range slices.Chunk(paths, (len(paths)+1)/2) {
		walk(t, board, "", half)
	}
	walk(t, newBoard(t, withLogin), "to log in, ", []string{"/login", "/setup?key=unknown"})
	walk(t, newBoard(t, nil), "nothing yet, ", []string{"/", "/sites", "/runs", "/pages", "/issues", "/schedules", "/hosts"})
}

// TestEveryPageIsWalked: the list of pages that a browser looks at has one for each route
// that gives a page.
func TestEveryPageIsWalked(t *testing.T) {
	b := newBoard(t, nil)
	walked := append(shown("http://a.test/"), "/login", "/setup")
	for _, r := range dashboard.Routes(t, b.file) {
		last := path.Base(r.Path)
		isFile := strings.Contains(last, ".") || slices.Contains([]string{"events", "healthz", "metrics", "source", ":file"}, last)
		if r.Method != http.MethodGet || isFile {
			continue
		}
		if !slices.ContainsFunc(walked, func(address string) bool { return leads(address, r.Path) }) {
			t.Errorf("no browser looks at %s", r.Path)
		}
	}
}

// leads reports whether an address is one of a route.
func leads(address, route string) bool {
	at, _, _ := strings.Cut(address, "?")
	parts, wanted := strings.Split(at, "/"), strings.Split(route, "/")
	return len(parts) == len(wanted) && !slices.ContainsFunc(wanted, func(part string) bool {
		i := slices.Index(wanted, part)
		return part != parts[i] && !strings.HasPrefix(part, ":")
	})
}

// walk looks at pages in a tab of its own, beside those that walk elsewhere.
func walk(t *testing.T, at *board, what string, paths []string) {
	t.Run(what+paths[0], func(t *testing.T) {
		t.Parallel()
		b := newBrowser(&board{T: t, url: at.url})
		for _, path := range paths {
			b.open(path)
			b.wantsGood(what + path)
		}
	})
}

// looks are how people look at a page. Where only the colours are others than in the look
// before, axe is asked about colours only: nothing else of its rules depends on them.
var looks = []struct {
	width   int64
	scheme  string
	colours bool
}{{1440, "light", false}, {1440, "dark", true}, {360, "dark", false}, {360, "light", true}}

// unfoldedWidth is how wide a page is with all unfolded that it folds.
const unfoldedWidth = `(() => {
	const folded = [...document.querySelectorAll("details:not([open])")];
	folded.forEach((d) => { d.open = true; });
	const width = document.documentElement.scrollWidth;
	folded.forEach((d) => { d.open = false; });
	return width;
})()`

// wantsGood holds that the page is well in every look; with -short in one.
func (b *browser) wantsGood(name string) {
	b.Helper()
	b.run(axe + "; window.asked = 1")
	for _, look := range looks {
		scheme := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}}
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, scheme); err != nil {
			b.Fatal(err)
		}
		b.do(chromedp.EmulateViewport(look.width, 900))
		name := fmt.Sprintf("%s, %d pixels, %s", name, look.width, look.scheme)
		if width, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64](unfoldedWidth)); err != nil || width > look.width {
			b.Errorf("%s: it is %d pixels wide, %v", name, width, err)
		}
		b.wantsNoViolation(name, look.colours)
		if testing.Short() {
			break
		}
	}
	b.wantsQuiet()
}

// wantsNoViolation asks axe, which the page has loaded, about everything or about colours
// only.
func (b *browser) wantsNoViolation(name string, colours bool) {
	b.Helper()
	only := ""
	if colours {
		only = `, runOnly: ["color-contrast", "link-in-text-block"]`
	}
	report, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`axe.run({resultTypes: ["violations"], preload: false`+only+`}).then(r =>
		r.violations.map(v => v.id + ": " + v.nodes.map(n => n.target + " " + n.failureSummary).join("; ")).join("\n"))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Errorf("%s: axe: %v", name, err)
	}
	if report != "" {
		b.Errorf("%s: %.1200s", name, report)
	}
}

// TestBrowserLive watches a run: what is counted, drawn and listed changes by itself, and
// a stop ends it.
func TestBrowserLive(t *testing.T) {
	t.Parallel()
	board := newBoard(t, nil)
	policy := sonde.DefaultPolicy()
	policy.UserAgent, policy.Rate, policy.PerHost = "Sonde/test", 20, 2
	if _, err := board.file.SaveSite(sonde.Site{Name: "site", Seeds: []string{slow(t, 2000)}, Policy: policy}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(board)
	b.open("/sites/1")
	b.press("form[action='/sites/1/run'] button")
	b.until("location.pathname === '/runs/1'")
	b.until("+document.querySelector('[data-field=fetched]').textContent > 20")
	b.until("document.querySelectorAll('[data-log] li').length === 12")
	b.until("document.querySelector('[data-plot=rate] polyline').getAttribute('points').split(' ').length > 2")
	b.press("[data-course] summary")
	b.until("document.querySelectorAll('[data-course] tbody tr').length > 2")
	b.wantsGood("a run that goes on")
	b.press("form[action='/runs/1/stop'] button")
	b.reads("stopped")
	b.press("form[action='/runs/1/resume'] button")
	b.reads("running")
	b.wantsQuiet()
}

// TestBrowserKeys goes about with the keyboard alone.
func TestBrowserKeys(t *testing.T) {
	t.Parallel()
	board := newBoard(t, nil)
	board.crawl("site", slow(t, 30))
	b := newBrowser(board)
	press := func(keys string) { b.do(chromedp.KeyEvent(keys)) }
	b.open("/")
	press("?")
	b.until("document.querySelector('#keys').open")
	press(kb.Escape)
	b.until("!document.querySelector('#keys').open")
	press("gp")
	b.until("location.pathname === '/pages' && document.readyState === 'complete'")
	press("jjk")
	b.until("document.activeElement === document.querySelector('tbody tr a')")
	press("j" + kb.Enter)
	b.until("location.pathname === '/page' && document.readyState === 'complete'")
	b.run("history.back()")
	b.until("location.pathname === '/pages' && document.readyState === 'complete'")
	press("e")
	b.until("document.activeElement.matches('[data-export]')")
	press("/")
	b.until("document.activeElement.matches('input[type=search]')")
	b.fill("input[type=search]", "") // what is typed here goes in though its key was taken
	press("missing" + kb.Enter)
	b.until("location.search === '?_search=missing' && document.querySelectorAll('tbody tr').length === 1")
	b.wantsQuiet()
}
