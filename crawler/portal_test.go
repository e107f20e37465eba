package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sonde"
)

// estate is a site of many hosts, all answered by one handler but the first.
func estate(hosts int, everywhere http.Handler) *crawl {
	web, seeds := map[string]http.Handler{}, []string{}
	for i := range hosts {
		host := fmt.Sprintf("h%d.example", i)
		web[host] = everywhere
		seeds = append(seeds, "http://"+host+"/")
	}
	c := newCrawl(web, seeds...)
	c.policy.Robots = sonde.IgnoreRobots
	return c
}

func TestACaptivePortalEndsTheRun(t *testing.T) {
	for name, portal := range map[string]http.HandlerFunc{
		"the same page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<p>Welcome to our network. Log in.")
		},
		"the same place": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example/", http.StatusFound)
		},
		"network login required": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNetworkAuthenticationRequired) },
	} {
		c := estate(2*portalPlaces, portal)
		if end := c.run(t); end.Status != sonde.Partial || !strings.HasPrefix(end.Reason, "captive_portal: ") {
			t.Errorf("%s: ended %s (%q), want partial for a captive portal", name, end.Status, end.Reason)
		}
	}
}

func TestHostsThatDifferAreNoPortal(t *testing.T) {
	c := estate(2*portalPlaces, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<p>This is %s.", r.Host)
	}))
	if end := c.run(t); end.Status != sonde.Finished {
		t.Errorf("ended %s (%q), want finished", end.Status, end.Reason)
	}
}

func TestManyPagesOfOneHostAreNoPortal(t *testing.T) {
	var p portal
	for i := range 10 * portalPlaces {
		v := &sonde.Visit{Target: sonde.Target{URL: fmt.Sprintf("http://example.org/%d", i), Host: "example.org"}, RedirectTo: "http://example.org/login"}
		v.Fetch = &sonde.Fetch{Status: 302}
		if err := p.meets(v); err != nil {
			t.Fatalf("page %d: %v", i, err)
		}
	}
}
