package pipeline_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde"
	"sonde/crawler/weburl"
	"sonde/pipeline"
	"sonde/store"
)

// The tests of this file kill a process in the middle of a crawl, again and again.
// The process is this test binary, told by its environment to crawl.
const (
	victimFile  = "SONDE_VICTIM_FILE"  // the database
	victimSeed  = "SONDE_VICTIM_SEED"  // the URL to crawl
	victimPoint = "SONDE_VICTIM_POINT" // where it kills itself, "name:n" for the nth time; "" for nowhere
)

func TestMain(m *testing.M) {
	if os.Getenv(victimFile) == "" {
		os.Exit(m.Run())
	}
	if err := victim(context.Background()); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("finished")
}

// victim crawls a site, or goes on where the process before it died.
func victim(ctx context.Context) error {
	file, err := store.Open(ctx, os.Getenv(victimFile), store.Options{Failpoint: suicide(os.Getenv(victimPoint))})
	if err != nil {
		return err
	}
	defer file.Close()
	policy := sonde.DefaultPolicy()
	policy.Rate, policy.PerHost, policy.UserAgent, policy.Sitemaps = 0, 4, "Sonde/test", false
	site, err := file.SaveSite(sonde.Site{Name: "victim", Seeds: []string{os.Getenv(victimSeed)}, Policy: policy})
	if err != nil {
		return err
	}
	order := pipeline.Order{File: file, Site: site}
	if run, err := file.LastRun(ctx, site.Name); err == nil {
		if run.Status == sonde.Finished {
			return nil
		}
		order.Resume = &run
	}
	fmt.Println("crawling")
	result, err := pipeline.Crawl(ctx, order)
	if err == nil && result.Run.Status != sonde.Finished {
		err = fmt.Errorf("the run ended as %s: %s", result.Run.Status, result.Run.Reason)
	}
	return err
}

// suicide makes a failpoint that kills the process the nth time a point is passed.
func suicide(spec string) func(string) {
	name, times, ok := strings.Cut(spec, ":")
	if !ok {
		return nil
	}
	var mu sync.Mutex
	left, _ := strconv.Atoi(times)
	return func(point string) {
		mu.Lock()
		defer mu.Unlock()
		if point != name {
			return
		}
		if left--; left == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

// witness is a site that knows what may still be asked for.
type witness struct {
	*httptest.Server
	pages   int
	latency time.Duration

	mu        sync.Mutex
	requests  map[string]int
	committed map[string]bool // recorded for good: not to be asked for again
	broken    []string        // committed and asked for again
	deadly    string          // whoever asks for it is killed
	victim    *os.Process
}

func newWitness(t *testing.T, pages int, latency time.Duration) *witness {
	w := &witness{pages: pages, latency: latency, requests: map[string]int{}}
	w.Server = httptest.NewUnstartedServer(w)
	w.Start()
	t.Cleanup(w.Close)
	return w
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	url := w.URL + r.URL.Path
	w.mu.Lock()
	w.requests[url]++
	if w.committed[url] {
		w.broken = append(w.broken, url)
	}
	if url == w.deadly {
		w.victim.Kill()
	}
	w.mu.Unlock()
	page, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil || page < 1 || page > w.pages {
		http.NotFound(rw, r)
		return
	}
	select {
	case <-time.After(w.latency):
	case <-r.Context().Done():
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(rw, "<!doctype html><title>Page %d</title><h1>Page %d</h1>", page, page)
	for _, next := range []int{3*page - 1, 3 * page, 3*page + 1, page / 2, w.pages - page} {
		if next >= 1 && next <= w.pages {
			fmt.Fprintf(rw, "<p>On to <a href=/%d>page %d</a>.", next, next)
		}
	}
}

// spawn starts a victim and waits until it crawls.
func (w *witness) spawn(t *testing.T, file, point string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimFile+"="+file, victimSeed+"="+w.URL+"/1", victimPoint+"="+point)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.victim = cmd.Process
	w.mu.Unlock()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the victim said nothing: %v", cmd.Wait())
	}
	return cmd, lines
}

// crawl lets a victim crawl to its end, and says how that was.
func (w *witness) crawl(t *testing.T, file string) error {
	t.Helper()
	cmd, lines := w.spawn(t, file, "")
	last := lines.Text()
	for lines.Scan() {
		last = lines.Text()
	}
	if err := cmd.Wait(); err != nil || last != "finished" {
		return fmt.Errorf("the victim ended with %q: %w", last, err)
	}
	return nil
}

// underWay waits until so many more requests came, and until the first page is
// recorded for good, which its links being followed shows. Where processes that get
// nothing done die in a row, as three on the only page there is, what they had in hand
// becomes poison.
func (w *witness) underWay(more int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	_, before := w.count()
	for range 20_000 {
		if pages, requests := w.count(); pages > 10 && requests >= before+more {
			return
		}
		<-tick.C
	}
}

// count tells how many pages were asked for, and how many requests that took.
func (w *witness) count() (pages, requests int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.requests {
		requests += n
	}
	return len(w.requests), requests
}

func (w *witness) finish(t *testing.T, file string) {
	t.Helper()
	if err := w.crawl(t, file); err != nil {
		t.Fatal(err)
	}
}

// look reads which pages are recorded for good, while no victim lives.
func (w *witness) look(t *testing.T, file string) {
	t.Helper()
	f, err := store.OpenReadOnly(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	committed := map[string]bool{}
	err = f.Read(t.Context(), func(conn *sqlite.Conn) error {
		return sqlitex.Execute(conn, "SELECT url FROM pages WHERE outcome <> 'pending'", &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error { committed[stmt.ColumnText(0)] = true; return nil },
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committed = committed
}

// judge looks at the file and the log when all is over.
func (w *witness) judge(t *testing.T, file string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, url := range w.broken {
		t.Errorf("%s was recorded and asked for again", url)
	}
	f, err := store.Open(t.Context(), file, store.Options{Domain: weburl.RegistrableDomain})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for query, want := range map[string]string{
		"SELECT group_concat(integrity_check) FROM pragma_integrity_check":         "ok",
		"SELECT count(*) FROM runs":                                                "1",
		"SELECT status FROM runs":                                                  "finished",
		"SELECT pages FROM runs":                                                   strconv.Itoa(w.pages),
		"SELECT found FROM runs":                                                   strconv.Itoa(w.pages),
		"SELECT count(*) FROM pages":                                               strconv.Itoa(w.pages),
		"SELECT count(DISTINCT url) FROM pages WHERE status = 200 AND title <> ''": strconv.Itoa(w.pages),
		"SELECT group_concat(DISTINCT outcome || ' ' || coalesce(failure, '') || ' ' || coalesce(detail, '')) FROM pages WHERE outcome <> 'ok'": "",
		"SELECT count(*) FROM _frontier":                            "0",
		"SELECT count(*) FROM _leases":                              "0",
		"SELECT count(*) FROM _bodies":                              strconv.Itoa(w.pages),
		"SELECT count(*) FROM links WHERE target_status IS NOT 200": "0",
		"SELECT (SELECT count(*) FROM links WHERE source_url <> target_url) - (SELECT sum(inlink_count) FROM pages)": "0",
	} {
		var got string
		err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
			return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
				ResultFunc: func(stmt *sqlite.Stmt) error { got = stmt.ColumnText(0); return nil },
			})
		})
		if err != nil || got != want {
			t.Errorf("%s: %q, want %q (%v)", query, got, want, err)
		}
	}
}

func TestKilledAtRandomMoments(t *testing.T) {
	kills, pages := 100, 2500
	if testing.Short() {
		kills, pages = 15, 600
	}
	w := newWitness(t, pages, 10*time.Millisecond)
	file := filepath.Join(t.TempDir(), "sonde.db")
	died := 0
	for range kills {
		cmd, _ := w.spawn(t, file, "")
		w.underWay(5 + rand.IntN(30))
		moment := time.NewTimer(time.Duration(rand.Int64N(int64(10 * time.Millisecond))))
		<-moment.C
		cmd.Process.Kill()
		if cmd.Wait() != nil {
			died++
		}
		w.look(t, file)
	}
	w.finish(t, file)
	w.judge(t, file)
	_, requests := w.count()
	t.Logf("%d of %d victims died; %d requests beyond one for each of %d pages", died, kills, requests-pages, pages)
	if died < kills/2 {
		t.Errorf("only %d of %d victims were killed while they crawled", died, kills)
	}
}

func TestKilledAtEveryPoint(t *testing.T) {
	for _, point := range []string{
		"visit.prepared:30", "commit.begun:3", "commit.leased:4", "visit.facts:20", "visit.recorded:40",
		"commit.before:1", "commit.before:5", "commit.after:1", "commit.after:5", "settle:1",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := newWitness(t, 150, time.Millisecond)
			file := filepath.Join(t.TempDir(), "sonde.db")
			cmd, _ := w.spawn(t, file, point)
			if err := cmd.Wait(); err == nil {
				t.Fatal("the victim did not die")
			}
			w.look(t, file)
			w.finish(t, file)
			w.judge(t, file)
		})
	}
}

// TestPoison has processes die on one page until it is given up; the rest of the site
// is crawled. The first death may go unseen: only a process that knows of a crash
// writes down what goes out before it goes out.
func TestPoison(t *testing.T) {
	w := newWitness(t, 40, 0)
	w.mu.Lock()
	w.deadly = w.URL + "/7"
	w.mu.Unlock()
	file := filepath.Join(t.TempDir(), "sonde.db")
	deaths := 0
	for w.crawl(t, file) != nil {
		if deaths++; deaths > 4 {
			t.Fatalf("%d processes died on the page", deaths)
		}
	}
	if deaths < 3 {
		t.Errorf("the page was given up after %d deaths, want 3 that were seen", deaths)
	}
	f, err := store.OpenReadOnly(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	run, err := f.LastRun(t.Context(), "victim")
	if err != nil {
		t.Fatal(err)
	}
	if run.Counts.Outcomes[sonde.OK] != 39 || run.Counts.Outcomes[sonde.InternalError] != 1 || run.Counts.Failures != 1 {
		t.Errorf("%+v, want 39 ok and 1 internal_error, which is a failure", run.Counts)
	}
}
