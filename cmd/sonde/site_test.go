package main

import (
	"encoding/json"
	"strings"
	"testing"

	"sonde"
)

// TestSites tells the story of a site: registered, changed, run twice, and gone.
func TestSites(t *testing.T) {
	c := newCaller(t)
	url := serve(t, pages(map[string]string{"/": "<a href=/other>x</a>", "/other": "hi"}))
	c.wants(c.sonde("site", "list"), exitNoFile, "no such database")
	c.wants(c.sonde("run", "shop"), exitNoFile)
	c.wants(c.sonde("site", "add", "shop"), exitUsage, "needs a name and a URL")
	c.wants(c.sonde("site", "add", "shop", "ftp://a.example"), exitUsage, "speaks http and https")
	c.wants(c.sonde("site", "add", "shop", "http://me:secret@a.example"), exitUsage, "a password in a URL is not kept")
	c.wants(c.sonde("site", "add", "shop", "http://a.example", "--header", "Cookie: a=b"), exitUsage, "a credential is not kept")
	c.wants(c.sonde("site", "add", "shop", url, "--rate", "0", "--max-pages", "9"), exitDone, "Added the site shop", "sonde run shop")
	c.wants(c.sonde("site", "add", "shop", url), exitUsage, "there is a site \"shop\" already", "sonde site edit shop")
	c.wants(c.sonde("site", "edit", "shop", "--sitemaps=false", "--max-pages", "0"), exitDone, "Changed the site shop")
	c.wants(c.sonde("site", "edit", "sho", "--rate", "1"), exitError, "no such site: sho in ", "shop")

	var shown struct {
		Name   string
		Seeds  []string
		Policy sonde.Policy
	}
	e := c.sonde("site", "show", "shop")
	if err := json.Unmarshal([]byte(e.out), &shown); err != nil || shown.Name != "shop" || len(shown.Seeds) != 1 ||
		shown.Policy.Rate != 0 || shown.Policy.Sitemaps || shown.Policy.MaxPages != 0 || shown.Policy.PerHost != 4 {
		t.Errorf("site show prints %s (%v)", e.out, err)
	}
	c.wants(c.sonde("run", "shop"), exitDone, "shop, run 1: finished")
	c.wants(c.sonde("run", "shop"), exitDone, "shop, run 2: finished")
	c.wants(c.sonde("site", "list", "--csv"), exitDone, "1,shop,host,")

	c.wants(c.sonde("schedule", "add", "shop", "@daily"), exitDone)
	c.wants(c.sonde("site", "remove", "shop"), exitUsage, "give --yes to remove shop with 2 runs")
	c.wants(c.sonde("site", "remove", "shop", "--yes"), exitDone, "Removed the site shop with 2 runs.")
	c.wants(c.sonde("site", "list", "--json"), exitDone, "[]")
	c.wants(c.sonde("runs", "list", "--json"), exitDone, "[]")
	c.wants(c.sonde("schedule", "list", "--json"), exitDone, "[]")
	c.wants(c.sonde("query", "--csv", "SELECT count(*) FROM pages_history"), exitDone, "\r\n0\r\n")
}

// TestSchedules tells the story of a schedule, without a sonde that serves.
func TestSchedules(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("site", "add", "shop", "http://shop.example"), exitDone)
	c.wants(c.sonde("schedule", "add", "shop", "30 25 * * *"), exitUsage, `the hour "25"`)
	c.wants(c.sonde("schedule", "add", "shop", "0 0 30 2 *"), exitUsage, "that day never comes")
	c.wants(c.sonde("schedule", "add", "shop", "@daily", "--timezone", "Mars/Olympus"), exitUsage, `no time zone "Mars/Olympus"`)
	c.wants(c.sonde("schedule", "add", "shop", "@daily", "--overlap", "cancel"), exitUsage, "--overlap", "skip, queue or replace")
	c.wants(c.sonde("schedule", "add", "nobody", "@daily"), exitError, "no such site: nobody")
	c.wants(c.sonde("schedule", "add", "shop", "30 3 * * mon-fri", "--timezone", "Europe/Berlin"), exitDone,
		"Schedule 1: shop runs at 03:30 on Monday to Friday (Europe/Berlin), next at ", " 03:30:00 CE", "sonde serve")

	e := c.sonde("schedule", "next", "--ndjson", "-n", "7")
	c.wants(e, exitDone, `"words":"at 03:30 on Monday to Friday (Europe/Berlin)"`)
	if strings.Count(e.out, "\n") != 7 || strings.Contains(e.out, "Sun ") || strings.Contains(e.out, "Sat ") {
		t.Errorf("schedule next prints %s", e.out)
	}
	c.wants(c.sonde("schedule", "pause", "1"), exitDone, "Schedule 1 of shop rests.")
	c.wants(c.sonde("schedule", "list", "--csv"), exitDone, "1,shop,30 3 * * mon-fri,Europe/Berlin,1,,skip,once,\r\n")
	c.wants(c.sonde("schedule", "resume", "1"), exitDone, "Schedule 1 of shop comes next at ")
	c.wants(c.sonde("schedule", "list", "--csv"), exitDone, "1,shop,30 3 * * mon-fri,Europe/Berlin,0,20")
	c.wants(c.sonde("schedule", "remove", "1", "2"), exitError, "no such schedule: 2 in ")
	c.wants(c.sonde("schedule", "remove", "one"), exitUsage, `"one" is not the number of a schedule`)
	c.wants(c.sonde("schedule", "remove", "1"), exitDone, "Removed schedule 1 of shop.")
	c.wants(c.sonde("schedule", "next"), exitDone)
}
