package main

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sonde/crawler"
	"sonde/netprobe/wire"
)

// screen is a stream that remembers what was written to it.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func fixed(columns int) func() int { return func() int { return columns } }

func standingOf(fetched, pending int64) standing {
	return standing{Snapshot: crawler.Snapshot{Fetched: fetched, Failures: 2, Rate: 12.34, Host: "example.org"}, Pending: pending}
}

func TestLiveOnTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		l := &live{out: &out, columns: fixed(60), line: lineOf(func() standing { return standingOf(1234, 9) }, limits{})}
		end := l.start(t.Context())
		time.Sleep(1050 * time.Millisecond)
		l.note("the disk is \x1bfull")
		l.note("the disk is \x1bfull")
		time.Sleep(200 * time.Millisecond)
		end()
		line := clearLine + "1,234 fetched  12.3/s  9 to go  2 failed  example.org"
		want := strings.Repeat(line, 5) + clearLine + "the disk is \\u001bfull\n" + line + clearLine
		if got := out.String(); got != want {
			t.Errorf("the terminal was shown\n%q, want\n%q", got, want)
		}
	})
}

func TestLiveElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		l := &live{out: &out, columns: fixed(0), line: lineOf(func() standing { return standingOf(7, 0) }, limits{})}
		end := l.start(t.Context())
		time.Sleep(61 * time.Second)
		end()
		want := strings.Repeat("7 fetched  12.3/s  0 to go  2 failed  example.org\n", 2)
		if got := out.String(); got != want {
			t.Errorf("the log was shown\n%q, want\n%q", got, want)
		}
	})
}

// TestMeter shows a transfer of 100 s, on a terminal and elsewhere.
func TestMeter(t *testing.T) {
	for terminal, want := range map[bool]struct {
		lines int
		last  string
	}{true: {500, clearLine}, false: {3, "sending a\\u001b: 90 % of 1,000 bytes, 10 bytes/s\n"}} {
		synctest.Test(t, func(t *testing.T) {
			var out screen
			m := &meter{out: &out, terminal: terminal, began: time.Now(), last: time.Now()}
			for tenth := range int64(1000) {
				time.Sleep(100 * time.Millisecond)
				m.show("sending", wire.Progress{Name: "a\x1b", Done: tenth + 1, Size: 1000})
			}
			m.end()
			if n := strings.Count(out.String(), "sending"); n != want.lines || !strings.HasSuffix(out.String(), want.last) {
				t.Errorf("on a terminal %v: %d lines that end in %q", terminal, n, out.String()[max(0, out.text.Len()-60):])
			}
		})
	}
}

func TestLiveSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		l := &live{out: &out, columns: fixed(80), silent: true}
		end := l.start(t.Context())
		time.Sleep(time.Minute)
		end()
		if got := out.String(); got != "" {
			t.Errorf("it showed %q, want nothing", got)
		}
	})
}

func TestLineFitsTheTerminal(t *testing.T) {
	s := standingOf(1234567, 89)
	s.Host = strings.Repeat("long-", 40) + "\x1b[31m.example"
	for columns := range 100 {
		var out screen
		l := &live{out: &out, columns: fixed(columns + 1), line: lineOf(func() standing { return s }, limits{})}
		l.draw(time.Now())
		line := strings.TrimPrefix(out.String(), clearLine)
		if len(line) > columns || strings.ContainsRune(line, '\x1b') {
			t.Fatalf("on %d columns it shows %q", columns+1, line)
		}
	}
}

// TestForecast lets a run go on for 20 s, a look a second, and holds what is said of
// the rest at the end.
func TestForecast(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(second int) time.Time { return start.Add(time.Duration(second) * time.Second) }
	for _, test := range []struct {
		name    string
		pending func(second int) int64
		limits  limits
		want    time.Duration
	}{
		{"more is found than fetched", func(s int) int64 { return 100 + int64(s) }, limits{}, 0},
		{"nothing changes", func(int) int64 { return 100 }, limits{}, 0},
		{"ten fewer a second", func(s int) int64 { return 1000 - 10*int64(s) }, limits{}, 80 * time.Second},
		{"all found, a limit of pages is near", func(s int) int64 { return 1000 + int64(s) }, limits{pages: 300}, 10 * time.Second},
		{"a limit of pages that is out of reach", func(int) int64 { return 5 }, limits{pages: 300}, 0},
		{"a limit of time", func(s int) int64 { return 100 + int64(s) }, limits{until: at(50)}, 30 * time.Second},
		{"the nearest counts", func(s int) int64 { return 1000 - 10*int64(s) }, limits{until: at(50)}, 30 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f forecast
			var left time.Duration
			for second := range 21 {
				s := standing{Snapshot: crawler.Snapshot{Fetched: int64(10 * second), Rate: 10}, Pending: test.pending(second)}
				left = f.left(at(second), s, test.limits)
				if second < 5 && left != 0 {
					t.Errorf("after %d s it says %v already", second, left)
				}
			}
			if left != test.want {
				t.Errorf("left is %v, want %v", left, test.want)
			}
		})
	}
}
