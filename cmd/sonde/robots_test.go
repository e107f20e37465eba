package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
)

const robotsText = `User-agent: *
Disallow: /private/
Allow: /private/open

User-agent: lot
Disalow: /
`

// rulingsIn reads what robots check --ndjson wrote.
func rulingsIn(t *testing.T, text string) []shownRuling {
	t.Helper()
	var rulings []shownRuling
	for line := range strings.Lines(text) {
		var keys map[string]any
		var r shownRuling
		if json.Unmarshal([]byte(line), &keys) != nil || json.Unmarshal([]byte(line), &r) != nil || len(keys) != 5 {
			t.Fatalf("%q is not a ruling of five keys", line)
		}
		rulings = append(rulings, r)
	}
	return rulings
}

func TestRobotsCheckFile(t *testing.T) {
	c := newCaller(t)
	file := c.path("robots.txt")
	if err := os.WriteFile(file, []byte(robotsText), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		agent, url string
		want       shownRuling
	}{
		{"Sonde", "http://a.example/private/x", shownRuling{Allowed: false, Line: 2, Rule: "Disallow: /private/"}},
		{"Sonde", "http://a.example/private/open", shownRuling{Allowed: true, Line: 3, Rule: "Allow: /private/open"}},
		{"Sonde", "http://a.example/", shownRuling{Allowed: true}},
		{"Lot", "http://a.example/", shownRuling{Allowed: false, Line: 6, Rule: "Disalow: /"}},
		{"*", "http://a.example/private/x", shownRuling{Allowed: false, Line: 2, Rule: "Disallow: /private/"}},
	} {
		e := c.sonde("robots", "check", "--file", file, "--agent", test.agent, "--ndjson", test.url)
		c.wants(e, exitDone, `robots.txt:6: `)
		test.want.Agent, test.want.URL = test.agent, test.url
		if got := rulingsIn(t, e.out); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s may ask for %s: %+v, want %+v", test.agent, test.url, got, test.want)
		}
	}
	e := c.sonde("robots", "check", "--quiet", "--agent", "Lot/2.0 (+https://lot.example)", "--file", file, "a.example/x", "b.example/y")
	if want := "https://a.example/x\tLot\tfalse\t6\tDisalow: /\nhttps://b.example/y\tLot\tfalse\t6\tDisalow: /\n"; e.out != want || e.errors != "" {
		t.Errorf("it prints %q and %q, want %q", e.out, e.errors, want)
	}
	c.stdin = "User-agent: *\nDisallow: /\n"
	c.wants(c.sonde("robots", "check", "--file", "-", "--json", "a.example"), exitDone, `"allowed": false`)
	c.wants(c.sonde("robots", "check", "--file", c.path("none.txt"), "a.example"), exitError, "none.txt")
	c.wants(c.sonde("robots", "check", "ftp://a.example"), exitUsage, "http and https")
	c.wants(c.sonde("robots"), exitDone, "check", "Usage:")
}

func TestRobotsCheckFetched(t *testing.T) {
	c := newCaller(t)
	good := serve(t, pages(map[string]string{"/robots.txt": robotsText}))
	none := serve(t, http.NotFoundHandler())
	moved := serve(t, http.RedirectHandler(good+"/robots.txt", http.StatusFound))
	e := c.sonde("robots", "check", "--ndjson", good+"/private/x", none+"/private/x", moved+"/private/x")
	c.wants(e, exitDone)
	got := rulingsIn(t, e.out)
	if len(got) != 3 || got[0].Allowed || !got[1].Allowed || got[1].Line != 0 || got[2].Allowed || got[2].Line != 2 {
		t.Errorf("the rulings are %+v", got)
	}

	down := closedPort(t)
	broken := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	e = c.sonde("robots", "check", "--ndjson", down, broken+"/", broken+"/x", good+"/")
	c.wants(e, exitError, down+"robots.txt could not be read", "connection refused", broken+"/robots.txt could not be read, so nothing may be asked: it answered with status 500")
	if got := rulingsIn(t, e.out); len(got) != 4 || got[0].Allowed || got[1].Allowed || !got[3].Allowed {
		t.Errorf("the rulings are %+v", got)
	}
	if strings.Count(e.errors, broken) != 1 {
		t.Errorf("one site is told of more than once:\n%s", e.errors)
	}
}
