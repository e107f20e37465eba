package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/store"
	"sonde/tabular"
)

// TestRuns tells the story of three runs of two sites.
func TestRuns(t *testing.T) {
	c := newCaller(t)
	url := serve(t, pages(map[string]string{"/": "<a href=/missing>x</a>"}))
	c.wants(c.sonde("runs", "list"), exitNoFile, "no such database")
	for _, site := range []string{"one", "two", "one"} {
		c.wants(c.sonde(fast("--site", site, "--sitemaps=false", url)...), exitDone)
	}

	e := c.sonde("runs", "list", "--csv")
	c.wants(e, exitDone)
	lines := strings.Split(strings.TrimSpace(e.out), "\r\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "id,site,status,") || !strings.HasPrefix(lines[1], "3,one,finished,manual,") {
		t.Errorf("runs list --csv writes %q", lines)
	}
	var listed []struct {
		ID     int64
		Site   string
		Found  int64
		Reason *string
	}
	e = c.sonde("runs", "list", "--json")
	if err := json.Unmarshal([]byte(e.out), &listed); err != nil || len(listed) != 3 || listed[1].Site != "two" || listed[1].Found != 2 || listed[1].Reason != nil {
		t.Errorf("runs list --json writes %s (%v)", e.out, err)
	}
	if e = c.sonde("runs", "list", "--ndjson"); strings.Count(e.out, "\n") != 3 {
		t.Errorf("runs list --ndjson writes %s", e.out)
	}

	c.wants(c.sonde("runs", "show"), exitDone, "one, run 3: finished", "answered", "404: 1")
	c.wants(c.sonde("runs", "show", "2"), exitDone, "two, run 2: finished")
	c.wants(c.sonde("runs", "show", "2", "--csv"), exitDone, "2,http_error,,,404,1\r\n")
	if s := c.show("2"); s.ID != 2 || s.Site != "two" || len(s.Seeds) != 1 || s.Outcomes[sonde.OK] != 1 {
		t.Errorf("runs show 2 --json is %+v", s)
	}
	c.wants(c.sonde("runs", "show", "7"), exitError, "no such run: run 7 in ", "sonde runs list")

	c.wants(c.sonde("runs", "remove", "2"), exitUsage, "give --yes to remove 1 run")
	c.wants(c.sonde("runs", "remove", "--yes", "2", "7"), exitError, "no such run: run 7")
	c.wants(c.sonde("runs", "show", "2"), exitDone)
	c.wants(c.sonde("runs", "remove", "--yes", "2", "3"), exitDone, "Removed run 2 of two.", "Removed run 3 of one.")
	c.wants(c.sonde("runs", "show"), exitDone, "one, run 1: finished")
	c.wants(c.sonde("runs", "remove", "--yes", "1"), exitDone)
	c.wants(c.sonde("runs", "show"), exitError, "no such run: there is none in")
}

func TestWhoCanBeStopped(t *testing.T) {
	for _, test := range []struct {
		holder store.Holder
		want   string
	}{
		{store.Holder{}, "did not say who it is"},
		{store.Holder{PID: 1, Host: "another.example", Command: "sonde crawl"}, "process 1 on another.example"},
	} {
		if err := interrupt(test.holder); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("interrupt(%+v) = %v, want %q", test.holder, err, test.want)
		}
	}
	for command, want := range map[string]bool{"sonde crawl": true, "sonde run": true, "sonde runs": true, "sonde demo": true, "sonde db": false, "": false} {
		if got := makesRuns(command); got != want {
			t.Errorf("makesRuns(%q) = %v, want %v", command, got, want)
		}
	}
}

// TestRunsFitATerminal holds what people see of runs.
func TestRunsFitATerminal(t *testing.T) {
	started := time.Date(2026, 11, 22, 16, 29, 38, 0, time.UTC)
	runs := []sonde.Run{
		{ID: 2, Site: sonde.Site{Name: "example.org"}, Status: sonde.Running, StartedAt: started},
		{ID: 1, Site: sonde.Site{Name: "docs.example.org"}, Status: sonde.Interrupted, StartedAt: started, FinishedAt: started.Add(133 * time.Second),
			Counts: sonde.Counts{Found: 5245, Failures: 3, Bytes: 3 << 20}},
	}
	var out strings.Builder
	if err := writeRuns(tabular.NewTable(&out, tabular.TableOptions{Width: 100}, tabular.Options{}), shortColumns, runs, writeShort); err != nil {
		t.Fatal(err)
	}
	want := []string{"run", "site", "status", "started", "(UTC)", "took", "found", "failed", "received"}
	lines := strings.Split(out.String(), "\n")
	if got := strings.Fields(lines[0]); !slices.Equal(got, want) {
		t.Errorf("the columns are %q, want %q", got, want)
	}
	want = []string{"1", "docs.example.org", "interrupted", "Nov", "22", "16:29", "2", "min", "13", "s", "5245", "3", "3.0", "MiB"}
	if got := strings.Fields(lines[3]); !slices.Equal(got, want) {
		t.Errorf("run 1 is shown as %q, want %q", got, want)
	}
}
