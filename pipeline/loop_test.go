package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde"
	"sonde/analyze"
	"sonde/store"
)

// stage is a loop whose crawls take as long as it says, in the fake time of a bubble.
type stage struct {
	t        *testing.T
	file     *store.File
	loop     *Loop
	took     time.Duration
	analysed time.Duration // how long the analysis of a run takes

	mu         sync.Mutex
	now, most  int // runs that go on, and the most that did
	onSameHost bool
	hosts      map[string]int
}

// perform runs a loop in a bubble, beside do.
func perform(t *testing.T, took time.Duration, maxRuns int, do func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		s := &stage{t: t, file: file, took: took, hosts: map[string]int{}}
		s.loop = NewLoop(LoopConfig{File: file, MaxRuns: maxRuns})
		s.loop.crawl = s.crawl
		ctx, end := context.WithCancel(t.Context())
		over := serve(ctx, t, s.loop)
		do(s)
		end()
		over()
	})
}

// serve runs a loop until ctx ends; over waits for that.
func serve(ctx context.Context, t *testing.T, loop *Loop) (over func()) {
	var running sync.WaitGroup
	running.Go(func() {
		if err := loop.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return running.Wait
}

func (s *stage) crawl(ctx context.Context, o Order) (Result, error) {
	recording, err := o.record(ctx)
	if err != nil {
		return Result{}, err
	}
	s.count(o.Site, 1)
	defer s.count(o.Site, -1)
	o.Begun(recording.Run(), recording.Pending)
	done := time.NewTimer(s.took)
	defer done.Stop()
	select {
	case <-done.C:
		err = recording.Close(ctx, sonde.Finished, "")
	case <-ctx.Done():
		err = recording.Close(context.WithoutCancel(ctx), sonde.Stopped, context.Cause(ctx).Error())
	}
	<-time.After(s.analysed)
	return Result{}, err
}

func (s *stage) count(site sonde.Site, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now += by
	s.most = max(s.most, s.now)
	host := seedHosts(site)[0]
	s.hosts[host] += by
	s.onSameHost = s.onSameHost || s.hosts[host] > 1
}

func (s *stage) site(name, seed string) {
	s.t.Helper()
	if _, err := s.file.SaveSite(sonde.Site{Name: name, Seeds: []string{seed}, Policy: sonde.DefaultPolicy()}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) schedule(schedule sonde.Schedule) sonde.Schedule {
	s.t.Helper()
	schedule.Zone, schedule.Grace = "UTC", -1
	saved, err := s.loop.SaveSchedule(schedule)
	if err != nil {
		s.t.Fatal(err)
	}
	return saved
}

// pass lets time go by.
func (s *stage) pass(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

// slots are the states, run states and reasons of all slots, in their order.
func (s *stage) slots() string {
	s.t.Helper()
	return s.column("SELECT slot_at, state || coalesce(' ' || run_status, '') || coalesce(': ' || reason, '') FROM slots ORDER BY slot_at, id")
}

// column reads the second column of a query, an entry a line.
func (s *stage) column(query string) string {
	s.t.Helper()
	var lines []string
	err := s.file.Read(s.t.Context(), func(conn *sqlite.Conn) error {
		return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error { lines = append(lines, stmt.ColumnText(1)); return nil },
		})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func (s *stage) want(what, got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

// TestOverlap has slots every hour of a run that takes 80 minutes, four of them.
func TestOverlap(t *testing.T) {
	for overlap, want := range map[sonde.Overlap]string{
		sonde.OverlapSkip: "done finished\nskipped: run 1 of the site was going on\nrunning running\nskipped: run 2 of the site was going on",
		sonde.OverlapQueue: "done finished\ndone finished\nrunning running\n" +
			"waiting",
		sonde.OverlapReplace: "done stopped\ndone stopped\ndone stopped\nrunning running",
	} {
		t.Run(string(overlap), func(t *testing.T) {
			perform(t, 80*time.Minute, 2, func(s *stage) {
				s.site("one", "http://one.test/")
				s.schedule(sonde.Schedule{Site: "one", Spec: "@every 1h", Overlap: overlap})
				s.pass(4*time.Hour + time.Minute)
				s.want("the slots", s.slots(), want)
			})
		})
	}
}

// TestQueueHoldsOne has slots every hour of a run that takes five.
func TestQueueHoldsOne(t *testing.T) {
	perform(t, 5*time.Hour, 2, func(s *stage) {
		s.site("one", "http://one.test/")
		s.schedule(sonde.Schedule{Site: "one", Spec: "@every 1h", Overlap: sonde.OverlapQueue})
		s.pass(4*time.Hour + time.Minute)
		s.want("the slots", s.slots(), "running running\nwaiting\nskipped: another run of the site was waiting\nskipped: another run of the site was waiting")
	})
}

// TestRoom has five sites due at once, two of them on one host, and room for two.
func TestRoom(t *testing.T) {
	perform(t, 10*time.Minute, 2, func(s *stage) {
		for i := range 5 {
			name := fmt.Sprintf("site %d", i)
			s.site(name, fmt.Sprintf("http://host%d.test/%d/", i/2*2, i))
			s.schedule(sonde.Schedule{Site: name, Spec: "@every 2h"})
		}
		s.pass(3 * time.Hour)
		s.want("the slots", s.slots(), strings.TrimSuffix(strings.Repeat("done finished\n", 5), "\n"))
		if s.most != 2 || s.onSameHost {
			t.Errorf("%d runs went on at once, want 2; two on one host: %t", s.most, s.onSameHost)
		}
	})
}

func TestDomainScopeSharesHosts(t *testing.T) {
	site := func(seed string, scope sonde.ScopeKind) sonde.Site {
		return sonde.Site{Seeds: []string{seed}, Policy: sonde.Policy{Scope: sonde.Scope{Kind: scope}}}
	}
	tests := []struct {
		a, b sonde.Site
		want bool
	}{
		{site("https://a.example.org/", sonde.ScopeHost), site("https://b.example.org/", sonde.ScopeHost), false},
		{site("https://a.example.org/", sonde.ScopeHost), site("http://a.example.org:8080/", sonde.ScopePrefix), true},
		{site("https://a.example.org/", sonde.ScopeDomain), site("https://b.example.org/", sonde.ScopeHost), true},
		{site("https://a.example.org/", sonde.ScopeDomain), site("https://example.com/", sonde.ScopeDomain), false},
	}
	for _, test := range tests {
		if got := shareHost(test.a, test.b); got != test.want {
			t.Errorf("%s (%s) and %s (%s) share a host: %t, want %t",
				test.a.Seeds[0], test.a.Policy.Scope.Kind, test.b.Seeds[0], test.b.Policy.Scope.Kind, got, test.want)
		}
	}
}

// TestPause holds that a paused schedule brings nothing, then or afterwards.
func TestPause(t *testing.T) {
	perform(t, time.Minute, 2, func(s *stage) {
		s.site("one", "http://one.test/")
		schedule := s.schedule(sonde.Schedule{Site: "one", Spec: "@every 1h"})
		s.pass(90 * time.Minute)
		if err := s.loop.PauseSchedule(s.t.Context(), schedule.ID, true); err != nil {
			t.Fatal(err)
		}
		s.pass(10 * time.Hour)
		s.want("while it rests", s.slots(), "done finished")
		if err := s.loop.PauseSchedule(s.t.Context(), schedule.ID, false); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Hour)
		s.want("afterwards", s.slots(), "done finished\ndone finished")
	})
}

// TestAsk has people start, stop and resume a run.
func TestAsk(t *testing.T) {
	perform(t, time.Hour, 2, func(s *stage) {
		s.site("one", "http://one.test/")
		if _, err := s.loop.Start(s.t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Minute)
		standing := s.loop.Standing()
		if len(standing) != 1 || standing[0].Run.Site.Name != "one" || standing[0].Run.Trigger != sonde.Manual {
			t.Fatalf("what goes on is %+v", standing)
		}
		if _, err := s.loop.Start(s.t.Context(), "one"); !errors.Is(err, ErrGoingOn) {
			t.Errorf("starting it again gives %v, want ErrGoingOn", err)
		}
		run := standing[0].Run.ID
		if err := s.loop.Stop(run); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Minute)
		s.want("stopped", s.slots(), "done stopped")
		if err := s.loop.Stop(run); !errors.Is(err, ErrNotGoingOn) {
			t.Errorf("stopping it again gives %v, want ErrNotGoingOn", err)
		}
		if _, err := s.loop.Resume(s.t.Context(), run); err != nil {
			t.Fatal(err)
		}
		s.pass(2 * time.Hour)
		s.want("resumed", s.slots(), "done finished\ndone finished")
		if _, err := s.loop.Resume(s.t.Context(), run); err == nil {
			t.Error("a finished run was resumed")
		}
		if _, err := s.loop.Start(s.t.Context(), "nobody"); !errors.Is(err, store.ErrNoSite) {
			t.Errorf("starting an unknown site gives %v, want ErrNoSite", err)
		}
	})
}

// TestResumeWhileAnalysed has somebody go on with a run that was stopped a moment before.
func TestResumeWhileAnalysed(t *testing.T) {
	perform(t, time.Hour, 2, func(s *stage) {
		s.analysed = 10 * time.Minute
		s.site("one", "http://one.test/")
		slot, err := s.loop.Start(s.t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		s.pass(time.Minute)
		run := s.loop.Standing()[0].Run.ID
		if _, err := s.loop.Resume(s.t.Context(), run); !errors.Is(err, ErrGoingOn) {
			t.Errorf("resuming a run that goes on gives %v, want ErrGoingOn", err)
		}
		if err := s.loop.Stop(run); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Minute)
		s.want("stopped, and being analysed", s.slots(), "running stopped")
		again, err := s.loop.Resume(s.t.Context(), run)
		if err != nil || again.ID == slot.ID {
			t.Fatalf("resuming it gives slot %d and %v", again.ID, err)
		}
		if _, err := s.loop.Resume(s.t.Context(), run); !errors.Is(err, ErrGoingOn) {
			t.Errorf("resuming it twice gives %v, want ErrGoingOn", err)
		}
		s.pass(time.Minute)
		s.want("while it waits", s.slots(), "running stopped\nwaiting stopped")
		s.pass(2 * time.Hour)
		s.want("resumed", s.slots(), "done finished\ndone finished")
		if s.onSameHost {
			t.Error("it was crawled and analysed at once")
		}
	})
}

// TestCome has what is written down of slots that no sonde was there for.
func TestCome(t *testing.T) {
	at := func(text string) time.Time {
		instant, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	tests := []struct {
		name, now string
		missed    sonde.Missed
		grace     time.Duration
		want      []string
	}{
		{"early", "2026-11-25 02:59", sonde.MissedOnce, time.Hour, nil},
		{"on time", "2026-11-25 03:01", sonde.MissedOnce, time.Hour, []string{"waiting"}},
		{"late", "2026-11-25 03:40", sonde.MissedOnce, time.Hour, []string{"waiting: caught up with 40m0s late: no sonde served then"}},
		{"too late", "2026-11-25 05:00", sonde.MissedOnce, time.Hour,
			[]string{"skipped: missed: no sonde served then, and 2h0m0s is too late to catch up"}},
		{"not wanted", "2026-11-25 03:40", sonde.MissedSkip, time.Hour, []string{"skipped: missed: no sonde served then"}},
		{"several", "2026-11-27 03:40", sonde.MissedOnce, time.Hour, []string{
			"skipped: missed: no sonde served then", "skipped: missed: no sonde served then",
			"waiting: caught up with 40m0s late: no sonde served then"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := Plan(sonde.Schedule{ID: 1, Site: "one", Spec: "0 3 * * *", Zone: "UTC", Missed: test.missed, Grace: test.grace}, at("2026-11-24 12:00"))
			if err != nil {
				t.Fatal(err)
			}
			_, slots, err := come(s, at(test.now))
			var got []string
			for _, slot := range slots {
				got = append(got, strings.TrimSuffix(string(slot.State)+": "+slot.Reason, ": "))
			}
			if err != nil || strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("the slots are %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

// TestManyMissed holds that a long absence does not fill the file.
func TestManyMissed(t *testing.T) {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := Plan(sonde.Schedule{Site: "one", Spec: "@every 1m", Zone: "UTC", Grace: -1}, created)
	if err != nil {
		t.Fatal(err)
	}
	_, slots, err := come(s, created.Add(48*time.Hour))
	if err != nil || len(slots) != maxMissed+1 {
		t.Fatalf("there are %d slots (%v), want %d", len(slots), err, maxMissed+1)
	}
	if want := "so were 2779 slots before it"; !strings.Contains(slots[0].Reason, want) {
		t.Errorf("the first says %q, want %q in it", slots[0].Reason, want)
	}
}

func TestJitterIsPartOfTheSchedule(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	offsets := map[time.Duration]bool{}
	for i := range 20 {
		s, err := Plan(sonde.Schedule{Site: fmt.Sprint("site ", i), Spec: "@daily", Zone: "UTC", Jitter: -1}, now)
		if err != nil {
			t.Fatal(err)
		}
		offset := s.NextAt.Sub(s.NextSlot)
		if offset < 0 || offset > maxJitter {
			t.Errorf("it begins %v after its slot, want at most %v", offset, maxJitter)
		}
		offsets[offset] = true
		upcoming, words, err := Upcoming(s, now, 1)
		if err != nil || !upcoming[0].Equal(s.NextAt) || words != "at 00:00 (UTC)" {
			t.Errorf("it is shown as %v, %s (%v), want %v", upcoming, words, err, s.NextAt)
		}
	}
	if len(offsets) < 10 {
		t.Errorf("20 sites begin at only %d moments", len(offsets))
	}
}

// TestTwoRunsAtOnce crawls two real sites into one file at the same time.
func TestTwoRunsAtOnce(t *testing.T) {
	const pages = 60
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	both := make(chan struct{}) // closed when both sites have been asked
	var asked sync.WaitGroup
	asked.Add(2)
	go func() { asked.Wait(); close(both) }()
	for _, name := range []string{"localhost", "127.0.0.1"} {
		var once sync.Once
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				http.NotFound(w, r)
				return
			}
			once.Do(asked.Done)
			<-both
			n := 0
			fmt.Sscanf(r.URL.Path, "/%d", &n)
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<title>%s %d</title>", name, n)
			for _, next := range []int{2*n + 1, 2*n + 2} {
				if next < pages {
					io.WriteString(w, fmt.Sprintf("<a href=/%d>on</a>", next))
				}
			}
		}))
		defer server.Close()
		policy := sonde.DefaultPolicy()
		policy.Rate, policy.UserAgent, policy.Sitemaps = 0, "Sonde/test", false
		seed := strings.Replace(server.URL, "127.0.0.1", name, 1) + "/0"
		if _, err := file.SaveSite(sonde.Site{Name: name, Seeds: []string{seed}, Policy: policy}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	loop := NewLoop(LoopConfig{File: file})
	for _, name := range []string{"localhost", "127.0.0.1"} {
		if _, err := loop.Start(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	over := serve(ctx, t, loop)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for open := 1; open > 0; <-tick.C {
		slots, err := file.OpenSlots(ctx)
		if err != nil {
			t.Fatal(err)
		}
		open = len(slots)
	}
	end()
	over()
	s := &stage{t: t, file: file}
	s.want("the runs", s.column("SELECT site, status || ' ' || pages FROM runs ORDER BY 1"), "finished 60\nfinished 60")
	s.want("the pages", s.column("SELECT site, site || ' ' || count(DISTINCT title) FROM pages WHERE status = 200 GROUP BY 1 ORDER BY 1"), "127.0.0.1 60\nlocalhost 60")
}

// TestCatchUp: a process died between the end of a run and its analysis, once of a run that
// was over and once of one that somebody stopped. The next loop makes the issues and the
// indexes, and leaves alone what was analysed.
func TestCatchUp(t *testing.T) {
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, status := range map[string]sonde.RunStatus{"over": sonde.Finished, "stopped": sonde.Stopped, "cut": sonde.Failed} {
		site, err := file.SaveSite(sonde.Site{Name: name, Seeds: []string{"http://" + name + ".test/"}, Policy: sonde.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		recording, err := (Order{File: file, Site: site}).record(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := recording.End(t.Context(), status, ""); err != nil {
			t.Fatal(err)
		}
	}
	s := &stage{t: t, file: file}
	const indexes = "SELECT 1, count(*) FROM sqlite_schema WHERE name IN ('_links_by_target', '_link_lists_by_block')"
	s.want("the indexes before", s.column(indexes), "0")

	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	loop := NewLoop(LoopConfig{File: file})
	over := serve(ctx, t, loop)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for missed := []int64{1, 2}; len(missed) > 0 && ctx.Err() == nil; <-tick.C {
		if missed, err = analyze.Missed(ctx, file); err != nil {
			t.Fatal(err)
		}
	}
	end()
	over()
	s.want("the indexes after", s.column(indexes), "2")
	s.want("the runs that were analysed", s.column(`SELECT 1, s.name FROM _runs r JOIN _sites s ON s.id = r.site_id
		WHERE r.issue_count IS NOT NULL ORDER BY s.name`), "over\nstopped")
}
