package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sonde"
	"sonde/analyze"
	"sonde/analyze/report"
	"sonde/crawler/weburl"
	"sonde/demo"
	"sonde/pipeline"
	"sonde/store"
)

// demoRun is a file with two runs of the site that is built in, which has known faults.
func demoRun(t *testing.T) (*store.File, sonde.Run) {
	t.Helper()
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{Domain: weburl.RegistrableDomain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	server := httptest.NewServer(demo.Handler())
	t.Cleanup(server.Close)
	policy := sonde.DefaultPolicy()
	policy.Rate, policy.UserAgent, policy.Retries = 0, "Sonde/test", 0
	site, err := file.SaveSite(sonde.Site{Name: "demo", Seeds: []string{server.URL + "/"}, Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	var result pipeline.Result
	for range 2 {
		if result, err = pipeline.Crawl(t.Context(), pipeline.Order{File: file, Site: site}); err != nil {
			t.Fatal(err)
		}
	}
	return file, result.Run
}

// TestDemo writes the report of a site with known faults in every format.
func TestDemo(t *testing.T) {
	file, run := demoRun(t)
	t.Run("numbers", func(t *testing.T) { testNumbers(t, file, run) })
	t.Run("text", func(t *testing.T) { testText(t, file, run) })
	t.Run("SARIF", func(t *testing.T) { testSARIF(t, file, run) })
	t.Run("JUnit", func(t *testing.T) { testJUnit(t, file, run) })
}

// testNumbers holds the numbers of a report against what the views say.
func testNumbers(t *testing.T, file *store.File, run sonde.Run) {
	r, err := report.Of(t.Context(), file, run)
	if err != nil {
		t.Fatal(err)
	}
	number := func(sql string) (n int64) {
		t.Helper()
		if err := file.Rows(t.Context(), sql, nil, func(row store.Row) error { n = row.Integer(0); return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	open, newOnes := int64(0), int64(0)
	for _, s := range r.Severities {
		open, newOnes = open+s.Open, newOnes+s.New
	}
	byRule := int64(0)
	for _, rule := range r.Rules {
		byRule += rule.Open
		if want := min(rule.Open, 5); int64(len(rule.Examples)) != want {
			t.Errorf("%s has %d examples, want %d", rule.Name, len(rule.Examples), want)
		}
	}
	paths, hosts := int64(0), int64(0)
	for _, p := range r.Hosts {
		hosts += p.URLs
	}
	for _, p := range r.Paths {
		paths += p.URLs
	}
	for _, c := range []struct {
		what string
		got  int64
		sql  string
	}{
		{"open issues", open, "SELECT count(*) FROM issues WHERE state IN ('new', 'ongoing', 'regressed')"},
		{"open issues of rules", byRule, "SELECT count(*) FROM issues WHERE state IN ('new', 'ongoing', 'regressed')"},
		{"new issues", newOnes, "SELECT count(*) FROM issues WHERE state IN ('new', 'regressed')"},
		{"pages that count", r.Score.Pages, "SELECT count(*) FROM pages WHERE used_for = 'read' AND (attempts > 0 OR failure IS NOT NULL) AND outcome <> 'redirect'"},
		{"pages with a first byte", r.FirstByte.Count, "SELECT count(ttfb_ms) FROM pages WHERE used_for = 'read'"},
		{"the slowest page", r.Slowest[0].Value, "SELECT max(ttfb_ms) FROM pages WHERE used_for = 'read'"},
		{"the largest page", r.Largest[0].Value, "SELECT max(body_bytes) FROM pages WHERE used_for = 'read'"},
		{"links to the best linked", r.MostLinked[0].Value, "SELECT max(inlink_count) FROM pages WHERE used_for = 'read'"},
		{"URLs of hosts", hosts, "SELECT count(*) FROM pages WHERE used_for = 'read' AND outcome NOT IN ('pending', 'excluded', 'robots_blocked')"},
		{"groups of near-duplicates", r.NearGroups, "SELECT count(DISTINCT near_duplicate_group) FROM pages"},
	} {
		if want := number(c.sql); c.got != want {
			t.Errorf("%s: %d, want %d", c.what, c.got, want)
		}
	}
	if hosts != paths || len(r.Hosts) != 1 || r.Before != run.ID-1 || r.ScoreBefore == nil {
		t.Errorf("hosts %+v, paths %+v, before %d", r.Hosts, r.Paths, r.Before)
	}
	if _, err := report.Of(t.Context(), file, sonde.Run{ID: 99}); err == nil {
		t.Error("a run that is not there has a report")
	}
}

// sarifLog is what is read of SARIF 2.1.0 here.
type sarifLog struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name, SemanticVersion string
				Rules                 []struct {
					ID                                      string
					ShortDescription, FullDescription, Help struct{ Text string }
					DefaultConfiguration                    struct{ Level string }
				}
			}
		}
		Results []struct {
			RuleID, Level, BaselineState string
			RuleIndex                    int
			Message                      struct{ Text string }
			Locations                    []struct {
				PhysicalLocation *struct{ ArtifactLocation struct{ URI string } }
				LogicalLocations []struct{ FullyQualifiedName, Kind string }
			}
			PartialFingerprints map[string]string
		}
	}
}

// junitSuites is what is read of a JUnit report here.
type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suite   struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// testSARIF checks what is written against what the standard asks for (OASIS SARIF 2.1.0;
// the sections stand beside).
func testSARIF(t *testing.T, file *store.File, run sonde.Run) {
	r, err := report.Of(t.Context(), file, run)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.SARIF(t.Context(), file, &b, "1.2.3"); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || log.Schema == "" || len(log.Runs) != 1 { // 3.13
		t.Fatalf("the log is of version %q with %d runs", log.Version, len(log.Runs))
	}
	driver, results := log.Runs[0].Tool.Driver, log.Runs[0].Results
	if driver.Name != "Sonde" || driver.SemanticVersion != "1.2.3" || len(driver.Rules) != len(r.Rules) || len(results) == 0 { // 3.19
		t.Errorf("%d rules, want %d; %d results", len(driver.Rules), len(r.Rules), len(results))
	}
	levels := []string{"none", "note", "warning", "error"}      // 3.27.10
	states := []string{"new", "unchanged", "updated", "absent"} // 3.27.24
	for _, rule := range driver.Rules {
		if rule.ID == "" || rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" || !slices.Contains(levels, rule.DefaultConfiguration.Level) { // 3.49
			t.Errorf("the rule %+v is not whole", rule)
		}
	}
	seen := map[string]bool{}
	for _, s := range results {
		if s.RuleIndex >= len(driver.Rules) || driver.Rules[s.RuleIndex].ID != s.RuleID { // 3.27.6
			t.Errorf("the result of %s points to rule %d", s.RuleID, s.RuleIndex)
		}
		if s.Message.Text == "" || !slices.Contains(levels, s.Level) || !slices.Contains(states, s.BaselineState) || len(s.Locations) != 1 {
			t.Errorf("the result %+v is not whole", s)
		}
		if at := s.Locations[0]; at.PhysicalLocation == nil && len(at.LogicalLocations) != 1 {
			t.Errorf("the result of %s is nowhere", s.RuleID)
		}
		if print := s.PartialFingerprints["sondeIssue/v1"]; print == "" || seen[print] {
			t.Errorf("the fingerprint %q is none of its own", print)
		}
		seen[s.PartialFingerprints["sondeIssue/v1"]] = true
	}
}

// testJUnit reads what is written as the tools do: the counts are those of the cases.
func testJUnit(t *testing.T, file *store.File, run sonde.Run) {
	r, err := report.Of(t.Context(), file, run)
	if err != nil {
		t.Fatal(err)
	}
	r.Rules = append(r.Rules, report.Rule{Name: "own.rule", Title: "]]><b>\x00", Severity: sonde.High, Why: "]]>", Tally: report.Tally{Open: 1},
		Examples: []report.Example{{Subject: "<i>", Evidence: `{"title":"]]>"}`}}})
	rules := append(analyze.Rules(), sonde.Rule{Name: "own.rule", Title: "]]><b>"})
	var b bytes.Buffer
	if err := r.JUnit(&b, rules); err != nil {
		t.Fatal(err)
	}
	var suites junitSuites
	d := xml.NewDecoder(&b)
	if err := d.Decode(&suites); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); err != nil && err != io.EOF {
		t.Errorf("behind the end comes %v", err)
	}
	s := suites.Suite
	failures, names := 0, map[string]bool{}
	for _, c := range s.Cases {
		names[c.Class+" "+c.Name] = true
		if c.Failure != nil {
			failures++
			if c.Failure.Message == "" || c.Failure.Text == "" {
				t.Errorf("%s fails and does not say why", c.Name)
			}
		}
	}
	if s.Tests != len(rules) || len(s.Cases) != len(rules) || len(names) != len(rules) || s.Failures != failures || failures < 2 || !names["sonde.title title.missing"] {
		t.Errorf("%d tests, %d cases, %d failures of %d", s.Tests, len(s.Cases), failures, s.Failures)
	}
}

// testText wants the report of the demo as testdata/demo.txt has it, with what differs
// from run to run written over.
func testText(t *testing.T, file *store.File, run sonde.Run) {
	r, err := report.Of(t.Context(), file, run)
	if err != nil {
		t.Fatal(err)
	}
	r.StartedAt = "2026-11-26T10:30:00.000Z"
	r.FirstByte = report.Spread{P50: 2, P90: 9, P99: 1501, Max: 1501}
	r.Slowest = []report.Page{{URL: r.Largest[0].URL, Value: 1501}, {URL: r.Largest[1].URL, Value: 22}}
	for _, rule := range r.Rules { // their order is that in which the crawl found them
		slices.SortFunc(rule.Examples, func(a, b report.Example) int { return strings.Compare(a.Subject, b.Subject) })
		if rule.Name == "sec.http_page" {
			rule.Examples[0].Evidence = `{"pages":58,"sample":["/"]}`
		}
	}
	golden(t, r, "demo.txt")
}

// TestTextOfMuch fits on the screen whatever there is to tell.
func TestTextOfMuch(t *testing.T) {
	long := strings.Repeat("long/", 40)
	r := report.Report{
		Site: "manual.example.org", Run: 12, Before: 11, Status: sonde.Partial, Reason: "the limit of pages is met " + strings.Repeat("and more ", 40),
		StartedAt: "2026-11-26T10:30:00.000Z", ScoreBefore: &report.Score{Value: 70},
		FirstByte: report.Spread{P50: 12, P90: 40, P99: 2000, Max: 120_000}, Size: report.Spread{P50: 20_000, P90: 90_000, P99: 3 << 20, Max: 30 << 20},
		Hosts: []report.Part{{Name: "manual.example.org"}}, Orphans: 12_345, NearGroups: 678,
	}
	r.Score = report.Score{Value: 31, Pages: 1_234_567, Answered: 1_230_000, Worst: map[sonde.Severity]int64{}, Around: map[sonde.Severity]int64{}}
	for i, severity := range sonde.Severities {
		r.Severities = append(r.Severities, report.Severity{Severity: severity, Tally: report.Tally{Open: 1_234_567, New: 1000, Fixed: 1, Muted: 12}})
		r.Score.Worst[severity], r.Score.Around[severity] = 1_234_567, 12
		for n := range 25 {
			r.Rules = append(r.Rules, report.Rule{
				Name: fmt.Sprintf("rule.%d_%d_%s", i, n, long[:n]), Severity: severity, Tally: report.Tally{Open: int64(1000 * (n + 1)), New: int64(n)},
				Examples: []report.Example{{Subject: "https://manual.example.org/" + long, Evidence: `{"status":404,"sources":["https://manual.example.org/"]}`}},
			})
		}
	}
	for i := range 30 {
		page := report.Page{URL: fmt.Sprintf("https://manual.example.org/%s%d", long, i), Value: int64(1_000_000 - i)}
		r.Slowest, r.Largest, r.MostLinked = append(r.Slowest, page), append(r.Largest, page), append(r.MostLinked, page)
		r.Changes = append(r.Changes, report.Count{Name: fmt.Sprintf("field_%d", i), Count: 12_345})
		r.NotCrawled = append(r.NotCrawled, report.Count{Name: fmt.Sprintf("excluded: reason_%d", i), Count: 12_345, Example: page.URL})
	}
	golden(t, r, "much.txt")
}

// TestTextOfNothing tells of a run that found nothing.
func TestTextOfNothing(t *testing.T) {
	r := report.Report{Site: "shop", Run: 1, Status: sonde.Finished, Score: report.Score{Value: 100}}
	for _, severity := range sonde.Severities {
		r.Severities = append(r.Severities, report.Severity{Severity: severity})
	}
	golden(t, r, "nothing.txt")
}

var update = flag.Bool("update", false, "write the texts that tests want anew")

// golden wants a report as text to be what a file holds, and to fit on the screen.
func golden(t *testing.T, r report.Report, name string) {
	t.Helper()
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if n := strings.Count(got, "\n"); n > 40 {
		t.Errorf("it has %d lines, and a screen has 40", n)
	}
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
			t.Errorf("a line has %d columns, and a screen has 100: %s", n, line)
		}
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the report is\n%s\nwant, as %s has it (go test ./analyze/report -update writes it anew),\n%s", got, path, want)
	}
}
