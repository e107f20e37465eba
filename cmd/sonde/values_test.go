package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"sonde/crawler/fetch"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "4096": 4096, "12B": 12, "2MiB": 2 << 20, "2mib": 2 << 20, "1.5GiB": 3 << 29,
		"500KB": 500_000, "3 MB": 3_000_000, "1TB": 1e12, "1TiB": 1 << 40,
	} {
		if got, err := parseSize(text); got != want || err != nil {
			t.Errorf("parseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "a size is wanted", "MiB": "a size is wanted", "-1": "a size is wanted", "1.2.3KB": "a size is wanted",
		"12 parsecs": `"parsecs", character 4`, "2MiBs": `"MiBs", character 2`, "99999999TiB": "more than there is",
	} {
		if got, err := parseSize(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseSize(%q) = %d, %v, want an error with %q", text, got, err, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "10s": 10 * time.Second, "1h30m": 90 * time.Minute, "500ms": time.Second / 2,
	} {
		if got, err := parseDuration(text); got != want || err != nil {
			t.Errorf("parseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "a time is wanted", "soon": "a time is wanted", "10": "the unit is missing: 10s", "-5s": "negative",
	} {
		if got, err := parseDuration(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseDuration(%q) = %v, %v, want an error with %q", text, got, err, want)
		}
	}
	if _, err := parsePositive("0s"); err == nil {
		t.Error("parsePositive takes 0s")
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "2": 2, "0.5": 0.5, "10/s": 10} {
		if got, err := parseRate(text); got != want || err != nil {
			t.Errorf("parseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "fast", "-1", "Inf", "NaN", "2/m"} {
		if got, err := parseRate(text); err == nil {
			t.Errorf("parseRate(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseCountAndLimit(t *testing.T) {
	for _, test := range []struct {
		text        string
		least, most int
		want        string
	}{
		{"3", 1, 5, ""},
		{"0", 1, 5, "from 1 to 5"},
		{"6", 1, 5, "from 1 to 5"},
		{"-1", 0, math.MaxInt, "at least 0"},
		{"many", 0, math.MaxInt, "at least 0"},
		{"99999999999999999999", 0, math.MaxInt, "whole number"},
	} {
		_, err := parseCount(test.text, test.least, test.most)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("parseCount(%q, %d, %d) = %v, want %q", test.text, test.least, test.most, err, test.want)
		}
	}
	for text, want := range map[string]int{"none": -1, "0": 0, "7": 7} {
		if got, err := parseLimit(text); got != want || err != nil {
			t.Errorf("parseLimit(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	if _, err := parseLimit("-2"); err == nil {
		t.Error("parseLimit takes -2")
	}
}

func TestParseRegexp(t *testing.T) {
	if err := parseRegexp(`^https://.*\.pdf$`); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"([":         `missing closing ] at character 2, "["`,
		"über(?<n>(": `missing closing ) at character 1`,
		"a**":        `invalid nested repetition operator at character 2, "**"`,
		`\8`:         `invalid escape sequence at character 1`,
	} {
		if err := parseRegexp(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseRegexp(%q) = %v, want %q", text, err, want)
		}
	}
}

func TestParseNet(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "192.0.2.7": "192.0.2.7/32", "fd00::1": "fd00::1/128",
	} {
		if got, err := parseNet(text); got.String() != want || err != nil {
			t.Errorf("parseNet(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10.0.0.0/33", "example.org", "fe80::1%eth0"} {
		if got, err := parseNet(text); err == nil {
			t.Errorf("parseNet(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseProxy(t *testing.T) {
	for text, want := range map[string]struct {
		proxy      string
		credential fetch.Credential
	}{
		"none":                                {},
		"http://proxy.example:3128":           {"http://proxy.example:3128", fetch.Credential{}},
		"http://me:secret@proxy.example:3128": {"http://proxy.example:3128", fetch.Credential{User: "me", Password: "secret"}},
		"socks5://localhost/":                 {"socks5://localhost", fetch.Credential{}},
	} {
		proxy, credential, err := parseProxy(text)
		if err != nil || proxy != want.proxy || credential != want.credential {
			t.Errorf("parseProxy(%q) = %q, %v, %v, want %v", text, proxy, credential, err, want)
		}
	}
	for _, text := range []string{"", "proxy:3128", "ftp://me:secret@proxy", "http://me:secret@:80", "http://me:secret@pro xy/"} {
		_, _, err := parseProxy(text)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("parseProxy(%q) = %v, want an error without the password", text, err)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"crawl", "runs", "robots", "query", "max_pages"}
	for typed, want := range map[string]string{
		"crwal": "crawl", "craw": "crawl", "Crawl": "crawl", "run": "runs", "max_page": "max_pages", "max": "max_pages",
		"dive": "", "x": "", "": "", "completelyelse": "",
	} {
		if got := nearest(typed, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"sonde.db": "sonde.db", "./a b.db": "'./a b.db'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'",
	} {
		if got := quoted(word); got != want {
			t.Errorf("quoted(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain, für alle\nnext": "plain, für alle\nnext",
		"\x1b[2Jgone":           `\u001b[2Jgone`,
		"a\rb\u202ecba\u009b1m": `a\u000db\u202ecba\u009b1m`,
	} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
}
