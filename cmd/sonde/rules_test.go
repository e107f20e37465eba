package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sonde/analyze"
)

// shopSite is a site of which the rules that these tests ask have something to say.
var shopSite = pages(map[string]string{
	"/":    `<!doctype html><html lang=en><title>Our shop</title><h1>Shop</h1><a href=/tea>Tea</a> <a href=/cup>Cups</a>`,
	"/tea": `<!doctype html><html lang=en><title>Tea of all kinds, fresh from the field</title><h1>Tea</h1><a href=/>Shop</a>`,
	"/cup": `<!doctype html><html lang=en><h1>Cups</h1><a href=/>Shop</a>`,
})

// ownRules are files of people: one that is right, one with a mistake in its SQL, one with
// a mistake in its head.
func ownRules(c *caller) string {
	c.Helper()
	dir := c.path("rules")
	head := "-- title: The page does not speak of tea\n-- severity: medium\n-- subject: page\n-- why: We sell tea.\n-- fix: Speak of it.\n"
	for name, text := range map[string]string{
		"shop.no_tea.sql":   head + "SELECT url AS subject, json_object('title', title) AS evidence\nFROM pages WHERE coalesce(title, '') NOT LIKE '%tea%' AND status = 200;\n",
		"shop.mistaken.sql": head + "SELECT url AS subject\nFROM pages\nWHERE titel IS NULL;\n",
		"shop.headless.sql": "-- title: x\n-- severity: grave\nSELECT 1 AS subject;\n",
	} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			c.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			c.Fatal(err)
		}
	}
	return dir
}

// TestOwnRules asks the rules of people in a crawl and again: what is wrong with some is
// said with file, line and the words of SQLite, and the others are asked all the same.
func TestOwnRules(t *testing.T) {
	c := newCaller(t)
	dir := ownRules(c)
	faults := []string{"shop.mistaken.sql:8", "no such column: titel", "shop.headless.sql:2", `not "grave"`}
	c.wants(c.sonde(fast(serve(t, shopSite), "--site", "shop", "--rules-dir", dir)...), exitDone, faults...)
	c.wants(c.sonde("issues", "list", "--rule", "shop.no_tea", "--csv"), exitDone, "shop.no_tea,medium,page,", "/cup", "!/tea,")
	c.wants(c.sonde("issues", "list", "--rule", "title.missing", "--csv"), exitDone, "/cup")

	c.wants(c.sonde("analyze", "--rules-dir", dir), exitError, faults...)
	c.wants(c.sonde("rules", "list", "--rules-dir", dir), exitDone, "shop.no_tea", "!shop.mistaken\n", "shop.headless.sql:2")
	c.wants(c.sonde("rules", "show", "shop.no_tea", "--rules-dir", dir), exitDone, "-- title: The page does not speak of tea\n")
	c.wants(c.sonde("rules", "list", "--rules-dir", dir+"/nowhere"), exitUsage, "there is no such folder")
}

// TestRulesTest asks a rule of a file without writing anything.
func TestRulesTest(t *testing.T) {
	c := newCaller(t)
	dir := ownRules(c)
	rule := func(name string) string { return filepath.Join(dir, name) }
	c.wants(c.sonde("rules", "test", rule("shop.no_tea.sql")), exitNoFile)
	url := serve(t, shopSite)
	c.wants(c.sonde(fast(url, "--site", "shop")...), exitDone)

	c.wants(c.sonde("rules", "test", rule("shop.no_tea.sql")), exitDone, "shop.no_tea has 2 answers about run 1", url+"/cup")
	var answers []struct{ Severity, Subject, Evidence string }
	e := c.sonde("rules", "test", rule("shop.no_tea.sql"), "1", "--json")
	if err := json.Unmarshal([]byte(e.out), &answers); err != nil || len(answers) != 2 || answers[0].Severity != "medium" || answers[0].Evidence != `{"title":"Our shop"}` {
		t.Errorf("as JSON it answers %s (%v)", e.out, err)
	}
	c.wants(c.sonde("issues", "list", "--rule", "shop.no_tea", "--csv"), exitDone, "!shop.no_tea")
	c.wants(c.sonde("rules", "test", rule("shop.mistaken.sql")), exitError, "shop.mistaken.sql:8", "no such column: titel")
	c.wants(c.sonde("rules", "test", rule("shop.headless.sql")), exitError, "shop.headless.sql:2: severity: one of critical, high, medium, low, info is wanted")
	c.wants(c.sonde("rules", "test", rule("nowhere.sql")), exitUsage, "no such file")
	c.wants(c.sonde("rules", "test", rule("shop.no_tea.sql"), "7"), exitError, "no such run")
}

// TestRulesList tells all rules to people and to programs, and shows one.
func TestRulesList(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("rules", "list"), exitDone, "title.missing", "The page has no title")
	var rules []struct {
		Rule, Title, Severity, Subject, Why, Fix string
		Thresholds                               []struct {
			Name  string
			Value float64
		}
	}
	e := c.sonde("rules", "list", "--json")
	if err := json.Unmarshal([]byte(e.out), &rules); err != nil || len(rules) != len(analyze.Rules()) {
		t.Fatalf("%d rules as JSON, want %d (%v)", len(rules), len(analyze.Rules()), err)
	}
	for _, r := range rules {
		if r.Rule == "" || r.Title == "" || r.Severity == "" || r.Subject == "" || r.Why == "" || r.Fix == "" || r.Thresholds == nil {
			t.Errorf("the rule %+v is not whole", r)
		}
		if r.Rule == "title.too_long" && (len(r.Thresholds) != 1 || r.Thresholds[0].Name != "characters" || r.Thresholds[0].Value != 60) {
			t.Errorf("the thresholds of %s are %+v", r.Rule, r.Thresholds)
		}
	}
	if lines := strings.Count(c.sonde("rules", "list", "--csv").out, "\n"); lines < len(rules) {
		t.Errorf("the CSV has %d lines for %d rules", lines, len(rules))
	}
	c.wants(c.sonde("rules", "show", "title.too_long"), exitDone, "-- threshold: characters 60 characters\n", "SELECT ")
	c.wants(c.sonde("rules", "show", "title.too_long", "--json"), exitDone, `"sql": "-- title: `)
	c.wants(c.sonde("rules", "show", "title.to_long"), exitUsage, `there is no rule "title.to_long"`, "title.too_long")
}

// TestAnalyze asks the rules of a run again, by other thresholds.
func TestAnalyze(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("analyze"), exitNoFile)
	c.wants(c.sonde(fast(serve(t, shopSite), "--site", "shop")...), exitDone)
	short := func(want ...string) {
		t.Helper()
		c.wants(c.sonde("issues", "list", "--rule", "title.too_short", "--csv"), exitDone, want...)
	}
	short(`""Our shop""`, `!""Tea of all`)
	c.wants(c.sonde("analyze", "1", "--threshold", "title.too_short.characters=100"), exitDone, "rules of run 1 of shop: ", "open issues")
	short(`""Our shop""`, `""Tea of all`)
	c.wants(c.sonde("analyze"), exitDone)
	short(`""Our shop""`, `!""Tea of all`)

	c.wants(c.sonde("analyze", "--threshold", "title.too_short"), exitUsage, "a name and a number are wanted")
	c.wants(c.sonde("analyze", "9"), exitError, "no such run")
}

// TestIssues lists issues by what they are, and mutes some with a reason until a day.
func TestIssues(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("issues", "list"), exitNoFile)
	url := serve(t, shopSite)
	c.wants(c.sonde(fast(url, "--site", "shop")...), exitDone)
	list := func(args ...string) (found []struct{ Rule, Severity, URL, State, Fingerprint string }) {
		t.Helper()
		e := c.sonde(append([]string{"issues", "list", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(e.out), &found); err != nil || e.code != exitDone {
			t.Fatalf("issues list %q: %d, %v: %s", args, e.code, err, e.errors)
		}
		return found
	}
	all := list()
	rank := map[string]int{"critical": 1, "high": 2, "medium": 3, "low": 4, "info": 5}
	for i := 1; i < len(all); i++ {
		if rank[all[i].Severity] < rank[all[i-1].Severity] {
			t.Errorf("%s %s comes behind %s", all[i].Rule, all[i].Severity, all[i-1].Severity)
		}
	}
	if high := list("--severity", "high"); len(high) == 0 || len(high) >= len(all) {
		t.Errorf("%d of %d issues are high or graver", len(high), len(all))
	}
	if cups := list("--url", url+"/cup"); len(cups) == 0 || cups[0].URL != url+"/cup" {
		t.Errorf("of the cups it says %+v", cups)
	}
	missing := list("--rule", "title.missing")
	if len(missing) != 1 || missing[0].State != "new" {
		t.Fatalf("titles are missing: %+v", missing)
	}

	c.wants(c.sonde("issues", "mute", "title.missing", "--until", "2999-01-01"), exitUsage, "--reason is wanted")
	c.wants(c.sonde("issues", "mute", "title.missing", "--reason", "x", "--until", "soon"), exitUsage, "a day is wanted")
	c.wants(c.sonde("issues", "mute", "title.missing", "--reason", "x", "--until", "2001-01-01"), exitUsage, "that day is over")
	c.wants(c.sonde("issues", "mute", "title.mising", "--reason", "x", "--until", "2999-01-01"), exitUsage, "title.missing")
	c.wants(c.sonde("issues", "mute", missing[0].Fingerprint, "--reason", "ticket 812", "--until", "2999-01-01"), exitDone, "1 issue")
	if left := list("--rule", "title.missing"); len(left) != 0 {
		t.Errorf("what is muted is listed: %+v", left)
	}
	c.wants(c.sonde("issues", "list", "--state", "muted", "--csv"), exitDone, "title.missing", "ticket 812")
	c.wants(c.sonde("issues", "unmute", missing[0].Fingerprint), exitDone, "Took back 1 mute")
	if back := list("--rule", "title.missing"); len(back) != 1 {
		t.Errorf("what is muted no more is listed as %+v", back)
	}
	c.wants(c.sonde("issues", "unmute", "title.missing"), exitError, "nothing of title.missing is muted")
	c.wants(c.sonde("issues", "list", "--state", "old"), exitUsage, "new, ongoing, regressed, fixed")
	c.wants(c.sonde("issues", "list", "--severity", "grave"), exitUsage, "--severity")
}
