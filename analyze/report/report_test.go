package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sonde"
)

// hostile is a report in which everything that strangers write is text.
func hostile(text string) Report {
	return Report{
		Site: "shop", Run: 3, Status: sonde.Partial, Reason: text,
		Severities: []Severity{{sonde.High, Tally{Open: 1}}},
		Rules: []Rule{{
			Name: "own.rule", Title: text, Severity: sonde.High, Why: text, Fix: text, Tally: Tally{Open: 1},
			Examples: []Example{{"http://example.org/" + text, `{"title":` + quoted(text) + `}`}, {text, "{}"}},
		}},
		Changes: []Count{{text, 1, text}}, Types: []Count{{text, 1, text}}, NotCrawled: []Count{{text, 1, text}},
		Hosts: []Part{{Name: text}}, Slowest: []Page{{text, 1}}, Largest: []Page{{"https://example.org/" + text, 1}},
	}
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

var attacks = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'onmouseover='alert(1)`, `javascript:alert(1)`,
	`</title></style><svg onload=alert(1)>`, "`{{.}}`", `<!--`, `]]>`, "\x00\x1b[31m", "\u202egnp.exe", `&lt;b&gt;`,
}

// TestHTMLKeepsItsStructure wants the same elements and attributes whatever strangers
// wrote, and nothing that runs or loads.
func TestHTMLKeepsItsStructure(t *testing.T) {
	want := structure(t, hostile("harmless"))
	for _, attack := range attacks {
		if got := structure(t, hostile(attack)); !slices.Equal(got, want) {
			t.Errorf("with %q the page has the elements\n%q\nwant\n%q", attack, got, want)
		}
	}
	for _, element := range want {
		if name, _, _ := strings.Cut(element, " "); slices.Contains([]string{"script", "img", "link", "iframe", "svg", "object"}, name) {
			t.Errorf("the page has the element %s", element)
		}
	}
}

// structure lists the elements of a report's page with their attributes.
func structure(t *testing.T, r Report) (list []string) {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	for z := html.NewTokenizer(&b); ; {
		switch z.Next() {
		case html.ErrorToken:
			return list
		case html.StartTagToken:
			token := z.Token()
			element := token.Data
			for _, a := range token.Attr {
				element += " " + a.Key
				if a.Key == "href" && !strings.HasPrefix(a.Val, "http://example.org/") && !strings.HasPrefix(a.Val, "https://example.org/") {
					t.Errorf("a link leads to %q", a.Val)
				}
			}
			list = append(list, element)
		}
	}
}

func TestMarkdownStaysPlain(t *testing.T) {
	for _, attack := range attacks {
		var b bytes.Buffer
		if err := hostile(attack).Markdown(&b); err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{"<script", "<img", "<svg", "<!--", "\x1b", "\x00"} {
			if text := strings.ReplaceAll(b.String(), `\<`, ""); strings.Contains(text, raw) {
				t.Errorf("with %q it has %q", attack, raw)
			}
		}
	}
	if got := plain("*a* [b](c) | `d`\n# e"); got != "\\*a\\* \\[b\\](c) \\| \\`d\\` \\# e" {
		t.Errorf("it is %q", got)
	}
}

func TestScore(t *testing.T) {
	for _, c := range []struct {
		s    Score
		want int
		says string
	}{
		{Score{Pages: 10, Answered: 10}, 100, "100 = 100 - 0 for pages (100 x (0) / 10 pages) - 0 for hosts and site (0)"},
		{Score{Pages: 0}, 100, "/ 0 pages"},
		{Score{Pages: 10, Answered: 10, Worst: map[sonde.Severity]int64{sonde.Critical: 1, sonde.Medium: 5, sonde.Info: 4}, Around: map[sonde.Severity]int64{sonde.High: 1}},
			75, "75 = 100 - 20 for pages (100 x (1 critical x 1 + 5 medium x 0.2) / 10 pages) - 5 for hosts and site (1 high x 5)"},
		{Score{Pages: 10, Answered: 8, Around: map[sonde.Severity]int64{sonde.Critical: 1}}, 72, "72 = (100 - 0 for pages (100 x (0) / 10 pages) - 10 for hosts and site (1 critical x 10)) x 8/10 pages that answered"},
		{Score{Pages: 1, Around: map[sonde.Severity]int64{sonde.Critical: 2}}, 0, ") x 0/1 pages that answered"},
		{Score{Pages: 4, Answered: 4, Worst: map[sonde.Severity]int64{sonde.Critical: 40}, Around: map[sonde.Severity]int64{sonde.Critical: 3}}, 0, "0 = 100 - 100 for pages"},
	} {
		c.s.compute()
		if c.s.Value != c.want || !strings.Contains(c.s.Formula(), c.says) {
			t.Errorf("%+v is %d, %q; want %d, %q", c.s, c.s.Value, c.s.Formula(), c.want, c.says)
		}
	}
}

func TestSpread(t *testing.T) {
	var bars []bar
	for value := int64(1); value <= 100; value++ {
		bars = append(bars, bar{value, 2})
	}
	want := Spread{Count: 200, Mean: 50.5, P50: 50, P75: 75, P90: 90, P95: 95, P99: 99, Max: 100}
	if got := spreadOf(bars); got != want {
		t.Errorf("the spread is %+v, want %+v", got, want)
	}
	one := Spread{Count: 1, Mean: 7, P50: 7, P75: 7, P90: 7, P95: 7, P99: 7, Max: 7}
	if got := spreadOf([]bar{{7, 1}}); got != one {
		t.Errorf("of one value it is %+v", got)
	}
	if got := spreadOf(nil); got != (Spread{}) {
		t.Errorf("of nothing it is %+v", got)
	}
}

// TestEvidenceInWords tells the evidence of issues to people.
func TestEvidenceInWords(t *testing.T) {
	r := Report{Hosts: []Part{{Name: "a.test"}}, MostLinked: []Page{{URL: "https://a.test/x"}}}
	for evidence, want := range map[string]string{
		`{}`: "",
		`{"status":404,"in_sitemap":false,"failure":null}`:    "status 404",
		`{"in_sitemap":true,"title":"A, B"}`:                  "in sitemap, title A, B",
		`{"sources":["https://a.test/1","https://b.test/2"]}`: "sources /1 https://b.test/2",
		`{"ids":[1,2,3,4,5],"at":{"line":3}}`:                 `ids 1 2 3 and 2 more, at {"line":3}`,
		`no JSON`:                                             "no JSON",
		`{"cut`:                                               `{"cut`,
		`["no object"]`:                                       `["no object"]`,
	} {
		if got := r.short(Example{Evidence: evidence}.InWords()); got != want {
			t.Errorf("%s is told as %q, want %q", evidence, got, want)
		}
	}
}

// FuzzEvidenceInWords reads the evidence of rules that others wrote.
func FuzzEvidenceInWords(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}],"a":true}`)
	f.Fuzz(func(t *testing.T, evidence string) {
		words := Example{Evidence: evidence}.InWords()
		if words == "" && strings.ContainsAny(evidence, "0123456789") && !strings.HasPrefix(strings.TrimSpace(evidence), "{") {
			t.Errorf("%q is told as nothing", evidence)
		}
	})
}
