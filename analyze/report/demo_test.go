package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http/httptest"
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

// testText holds a report for people to a screen of 80 columns.
func testText(t *testing.T, file *store.File, run sonde.Run) {
	r, err := report.Of(t.Context(), file, run)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines) > 80 {
		t.Errorf("it has %d lines", len(lines))
	}
	for _, line := range lines {
		if n := len([]rune(line)); n > 110 {
			t.Errorf("a line has %d columns: %q", n, line)
		}
	}
	for _, want := range []string{"demo, run 2: health ", fmt.Sprintf("(%d in run 1)", r.ScoreBefore.Value), "issues", "slowest", "Not crawled"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not have %q:\n%s", want, b.String())
		}
	}
}
