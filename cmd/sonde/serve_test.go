package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestServeRefuses: where others could reach it, it wants an account and TLS, and says
// how.
func TestServeRefuses(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("serve", "--listen", "0.0.0.0:0"), exitUsage, "no account", "sonde user add admin --role admin")
	c.wants(c.sonde("serve", "--listen", "nonsense"), exitUsage, "an address and a port are wanted")
	c.wants(c.sonde("serve", "--tls-cert", "x.pem"), exitUsage, "go together")
	c.wants(c.sonde("serve", "--behind-proxy", "x"), exitUsage, "--behind-proxy")
	c.wants(c.sonde("serve", "--log", "xml"), exitUsage, "text or json")
	c.stdin = "a password of some length\n"
	c.wants(c.sonde("user", "add", "ada", "--role", "admin"), exitDone, "ada can log in as admin")
	c.wants(c.sonde("serve", "--listen", "0.0.0.0:0"), exitUsage, "--tls-cert", "--behind-proxy")
	c.wants(c.sonde("user", "list"), exitDone, "ada", "admin")
	c.stdin = "short\n"
	c.wants(c.sonde("user", "passwd", "ada"), exitError, "at least 12")
	c.wants(c.sonde("token", "add", "grafana"), exitDone, "sonde_")
	c.wants(c.sonde("token", "remove", "1"), exitDone)
	c.wants(c.sonde("user", "remove", "ada"), exitDone, "can no longer log in")
}

var dashboardURL = regexp.MustCompile(`The dashboard is at (\S+)`)

// TestCrawlServes watches a crawl in the dashboard, which stays until it is interrupted.
func TestCrawlServes(t *testing.T) {
	site := serve(t, pages(map[string]string{"/": "<title>Start</title><p>x"}))
	c := newCaller(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errors := &screen{}
	code := make(chan int)
	go func() {
		args := []string{"crawl", site, "--serve", "--listen", "127.0.0.1:0", "--rate", "0", "--probe", "off", "--db", c.path("a.db")}
		code <- run(ctx, args, strings.NewReader(""), io.Discard, errors, func(string) string { return "" })
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(errors.String(), "The dashboard stays") {
		select {
		case <-tick.C:
		case early := <-code:
			t.Fatalf("it ended with %d:\n%s", early, errors)
		}
	}
	answer, err := http.Get(dashboardURL.FindStringSubmatch(errors.String())[1] + "pages.csv?_cols=title")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(body), "Start") {
		t.Errorf("the pages are %q, %v", body, err)
	}
	cancel()
	<-code
}

// TestLogsHoldNoSecrets: what stands in URLs and what controls a terminal does not
// reach the log.
func TestLogsHoldNoSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"fetching https://ada:secret@example.org/x failed": "fetching https://example.org/x failed",
		"https://example.org/?token=abc&page=2":            "https://example.org/?token=…&page=2",
		"https://example.org/#access_token=abc&state=2":    "https://example.org/#access_token=…&state=2",
		"https://example.org/?sig=abc&pass=x#top":          "https://example.org/?sig=…&pass=…#top",
		"plain words":  "plain words",
		"red \x1b[31m": `red \u001b[31m`,
	} {
		if got := withoutSecrets(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
