package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sonde"
	"sonde/store"
)

func TestSummary(t *testing.T) {
	s := summary{
		run: sonde.Run{
			ID: 3, Site: sonde.Site{Name: "example.org\x1b"}, Status: sonde.Partial,
			Reason: "the limit of 100 pages was met",
			Counts: sonde.Counts{Found: 1240, Pages: 101, Failures: 9, Bytes: 3 << 20,
				Outcomes: map[sonde.Outcome]int64{sonde.Pending: 1100}},
		},
		counts: []store.OutcomeCount{
			{Outcome: sonde.Pending, Count: 1100},
			{Outcome: sonde.OK, Status: 200, Count: 90},
			{Outcome: sonde.Excluded, Reason: sonde.OutOfScope, Count: 25},
			{Outcome: sonde.OK, Status: 304, Count: 5},
			{Outcome: sonde.HTTPError, Status: 404, Count: 5},
			{Outcome: sonde.Timeout, Failure: sonde.HeaderTimeout, Count: 3},
			{Outcome: sonde.BlockedAddress, Failure: sonde.Forbidden, Count: 1},
			{Outcome: sonde.Redirect, Reason: sonde.ByStatus, Status: 301, Count: 1},
			{Outcome: sonde.RobotsBlocked, Reason: sonde.RobotsRule, Count: 5},
		},
		path: "no/such.db", fetched: 110, took: 11 * time.Second,
	}
	var out strings.Builder
	s.write(&out, false)
	want := `example.org\u001b, run 3: partial in 11 s

  found          1,240
  answered         101  ok: 95, http_error: 5, redirect: 1
  statuses              200: 90, 304: 5, 404: 5, 301: 1
  failed             4  header_timeout (timeout): 3, blocked_address: 1
  robots             5  robots_rule: 5
  excluded          25  scope: 25
  not done       1,100  the limit of 100 pages was met
  received              3.0 MiB, 10.0 URLs a second
  file                  no/such.db
`
	if out.String() != want {
		t.Errorf("the summary is\n%s\nwant\n%s", out.String(), want)
	}
}

// TestSummaryStaysNarrow holds that the many kinds of a large site fit the lines.
func TestSummaryStaysNarrow(t *testing.T) {
	s := summary{run: sonde.Run{Site: sonde.Site{Name: "x"}, Reason: strings.Repeat("https://host.example is left alone; ", 9)}}
	for status := range 40 {
		s.counts = append(s.counts, store.OutcomeCount{Outcome: sonde.HTTPError, Status: 400 + status, Count: int64(1000 - status)})
	}
	var out strings.Builder
	s.write(&out, false)
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > summaryWidth {
			t.Errorf("a line has %d columns: %q", n, line)
		}
	}
	if !strings.Contains(out.String(), "32 other kinds") {
		t.Errorf("the rest is not counted in\n%s", out.String())
	}
}

func TestNext(t *testing.T) {
	for _, test := range []struct {
		run  sonde.Run
		want string
	}{
		{sonde.Run{ID: 4, Status: sonde.Finished}, "GROUP BY status"},
		{sonde.Run{ID: 4, Status: sonde.Finished, Counts: sonde.Counts{Failures: 2}}, "status >= 400"},
		{sonde.Run{ID: 4, Status: sonde.Stopped, Counts: sonde.Counts{Outcomes: map[sonde.Outcome]int64{sonde.Pending: 1}}}, "sonde runs resume 4 --db 'my file.db'"},
		{sonde.Run{ID: 4, Status: sonde.Partial}, "GROUP BY status"},
	} {
		a := &app{dbPath: "my file.db"}
		if got := fmt.Sprint(a.next(summary{run: test.run})); !strings.Contains(got, test.want) {
			t.Errorf("after %v it says %s, want %q", test.run, got, test.want)
		}
	}
}
