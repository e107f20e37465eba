package crawler

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sonde"
	"sonde/crawler/fetch"
)

func TestOutcomeOf(t *testing.T) {
	tests := []struct {
		name    string
		answer  fetch.Answer
		outcome sonde.Outcome
	}{
		{"ok", fetch.Answer{Fetch: &sonde.Fetch{Status: 200}}, sonde.OK},
		{"partial content", fetch.Answer{Fetch: &sonde.Fetch{Status: 206}}, sonde.OK},
		{"not found", fetch.Answer{Fetch: &sonde.Fetch{Status: 404}}, sonde.HTTPError},
		{"odd status", fetch.Answer{Fetch: &sonde.Fetch{Status: 999}}, sonde.HTTPError},
		{"cut short", fetch.Answer{Fetch: &sonde.Fetch{Status: 200, WireBytes: 16}, Failure: sonde.ShortBody}, sonde.OK},
		{"cut short by time", fetch.Answer{Fetch: &sonde.Fetch{Status: 200, WireBytes: 16}, Failure: sonde.BodyTimeout}, sonde.OK},
		{"cut before it began", fetch.Answer{Fetch: &sonde.Fetch{Status: 200}, Failure: sonde.ShortBody}, sonde.ProtocolError},
		{"not one byte in time", fetch.Answer{Fetch: &sonde.Fetch{Status: 200}, Failure: sonde.BodyTimeout}, sonde.Timeout},
		{"error cut short", fetch.Answer{Fetch: &sonde.Fetch{Status: 404}, Failure: sonde.ShortBody}, sonde.HTTPError},
		{"redirect cut short", fetch.Answer{Fetch: &sonde.Fetch{Status: 301}, Location: "/", Failure: sonde.ShortBody}, sonde.Redirect},
		{"not to be decoded", fetch.Answer{Fetch: &sonde.Fetch{Status: 200, WireBytes: 16}, Failure: sonde.BadEncoding}, sonde.ProtocolError},
		{"bad chunks", fetch.Answer{Fetch: &sonde.Fetch{Status: 200, WireBytes: 16}, Failure: sonde.Malformation}, sonde.ProtocolError},
		{"no answer", fetch.Answer{Failure: sonde.NXDomain}, sonde.DNSError},
		{"nothing at all", fetch.Answer{}, sonde.ProtocolError},
	}
	for _, test := range tests {
		if got := outcomeOf(test.answer); got != test.outcome {
			t.Errorf("%s: %s, want %s", test.name, got, test.outcome)
		}
	}
}

func TestTheBetterAttemptCounts(t *testing.T) {
	prefix := fetch.Answer{Fetch: &sonde.Fetch{Status: 200, WireBytes: 10}, Failure: sonde.ShortBody}
	reset := fetch.Answer{Failure: sonde.Reset}
	whole := fetch.Answer{Fetch: &sonde.Fetch{Status: 200, WireBytes: 20}}
	tests := []struct {
		attempts []fetch.Answer
		want     fetch.Answer
	}{
		{[]fetch.Answer{reset, prefix}, prefix},
		{[]fetch.Answer{prefix, reset, reset}, prefix},
		{[]fetch.Answer{prefix, whole}, whole},
		{[]fetch.Answer{reset, {Failure: sonde.EmptyReply}}, fetch.Answer{Failure: sonde.EmptyReply}},
	}
	for i, test := range tests {
		var r reply
		for _, a := range test.attempts {
			r.keep(a, r.at)
		}
		if r.Answer != test.want || r.attempts != len(test.attempts) {
			t.Errorf("case %d: kept %+v of %d attempts, want %+v of %d", i, r.Answer, r.attempts, test.want, len(test.attempts))
		}
	}
}

func TestWhatFailedOnTheWayIsTruncated(t *testing.T) {
	c := one(pages{}).crawler(t)
	with := <-c.readers
	for failure, want := range map[sonde.Failure]bool{sonde.NoFailure: false, sonde.ShortBody: true} {
		v := sonde.Visit{Target: sonde.Target{URL: "https://example.org/", Use: sonde.Check}}
		c.settle(&v, reply{Answer: fetch.Answer{Fetch: &sonde.Fetch{Status: 200, WireBytes: 1}, Failure: failure}}, with)
		if v.Fetch.Truncated != want {
			t.Errorf("failure %q: truncated %v, want %v", failure, v.Fetch.Truncated, want)
		}
	}
}

func TestDetailsAreFitForPeople(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                            "plain",
		"two\r\nlines\x00\x1b[31m":         "two  lines  [31m",
		"bad \xff byte":                    "bad \uFFFD byte",
		strings.Repeat("é", maxDetail):     strings.Repeat("é", maxDetail),
		strings.Repeat("é", maxDetail+100): strings.Repeat("é", maxDetail-1) + "…",
	} {
		if got := clean(text); got != want || !utf8.ValidString(got) {
			t.Errorf("clean(%.20q) = %.40q, want %.40q", text, got, want)
		}
	}
}

func TestIndexing(t *testing.T) {
	const url = "https://example.org/"
	c := &Crawler{token: "Sonde"}
	page := func(p sonde.Page) *sonde.Page { return &p }
	tests := []struct {
		name  string
		visit sonde.Visit
		want  sonde.Indexing
	}{
		{"page", sonde.Visit{Page: page(sonde.Page{})}, sonde.Indexable},
		{"canonical itself", sonde.Visit{Page: page(sonde.Page{Canonicals: []sonde.Canonical{{URL: url}}})}, sonde.Indexable},
		{"canonical that does not parse", sonde.Visit{Page: page(sonde.Page{Canonicals: []sonde.Canonical{{Raw: "http://["}}})}, sonde.Indexable},
		{"canonical elsewhere", sonde.Visit{Page: page(sonde.Page{Canonicals: []sonde.Canonical{{URL: url + "x"}}})}, sonde.CanonicalOther},
		{"noindex", sonde.Visit{Page: page(sonde.Page{Robots: []sonde.RobotsMeta{{Value: "noindex"}}})}, sonde.NoindexMeta},
		{"noindex in the header", sonde.Visit{Page: page(sonde.Page{Robots: []sonde.RobotsMeta{{Value: "all"}, {Value: "none", Header: true}}})}, sonde.NoindexHeader},
		{"no page", sonde.Visit{}, sonde.NotHTML},
		{"redirect", sonde.Visit{Outcome: sonde.Redirect}, sonde.NotFinal},
		{"error", sonde.Visit{Outcome: sonde.HTTPError, Fetch: &sonde.Fetch{Status: 404}}, sonde.NotOKStatus},
		{"not modified", sonde.Visit{Fetch: &sonde.Fetch{Status: 304, NotModified: true}}, ""},
		{"resource", sonde.Visit{Target: sonde.Target{Use: sonde.Measure}}, ""},
		{"robots", sonde.Visit{Outcome: sonde.RobotsBlocked}, sonde.BlockedRobots},
	}
	for _, test := range tests {
		v := test.visit
		if v.Target.Use == "" {
			v.Target = sonde.Target{URL: url, Use: sonde.Read}
		}
		if v.Fetch == nil {
			v.Fetch = &sonde.Fetch{Status: 200}
		}
		if got := c.indexing(&v); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
