package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"sonde"
)

// TestDemo makes the demo twice, and holds that it replaces its own file only.
func TestDemo(t *testing.T) {
	c := newCaller(t)
	t.Chdir(c.dir)
	c.env["SONDE_DB"] = "mine.db" // the demo keeps to its own
	for range 2 {
		e := c.sonde("demo", "--no-serve")
		c.wants(e, exitDone, "demo, run 1: finished", "robots_rule: 1", "Next: sonde query --db sonde-demo.db", "sonde export pages --db sonde-demo.db", "37 faults")
	}
	if _, err := os.Stat("mine.db"); err == nil {
		t.Error("the demo wrote into the database of the environment")
	}
	delete(c.env, "SONDE_DB")
	c.env["SONDE_DB"] = demoFile
	if s := c.show(); s.Site != demoSite || s.ID != 1 || s.Outcomes[sonde.OK] < 70 || s.Outcomes[sonde.Pending] != 0 {
		t.Errorf("the run is %+v", s)
	}

	c.wants(c.sonde(fast("--site", "mine", serve(t, pages(map[string]string{"/": "<p>x"})))...), exitDone)
	c.wants(c.sonde("demo", "--no-serve"), exitError, "holds the site mine", "was left as it is")
	c.wants(c.sonde("runs", "show", "2"), exitDone, "mine, run 2")
	if err := os.WriteFile("letter.txt", []byte("Dear reader,"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.wants(c.sonde("demo", "--no-serve", "--db", "letter.txt"), exitError, "another kind of file")
}

// The places that the demo tells of, the dashboard last.
var demoURLs = regexp.MustCompile(`(?s)Look at the site at (\S+).*The dashboard is at (\S+)`)

// TestDemoServes holds that the site and the dashboard can be looked at until the demo
// is interrupted.
func TestDemoServes(t *testing.T) {
	c := newCaller(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errors := &screen{}
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"demo", "--db", c.path("demo.db")}, strings.NewReader(""), io.Discard, errors, func(string) string { return "" })
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !demoURLs.MatchString(errors.String()) {
		select {
		case <-tick.C:
		case early := <-code:
			t.Fatalf("the demo ended with %d:\n%s", early, errors)
		}
	}
	for _, url := range demoURLs.FindStringSubmatch(errors.String())[1:] {
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s answers with %s", url, answer.Status)
		}
	}
	cancel()
	if got := <-code; got != exitDone {
		t.Errorf("interrupted, the demo ends with %d, want %d", got, exitDone)
	}
}
