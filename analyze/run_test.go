package analyze_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sonde"
	"sonde/analyze"
	"sonde/store"
)

// shop is a small site whose pages have a title or none. A run of it is written as the
// crawler would, so that its end can be chosen.
type shop struct {
	*testing.T
	file *store.File
	site sonde.Site
}

func newShop(t *testing.T) *shop {
	t.Helper()
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	site, err := file.SaveSite(sonde.Site{Name: "shop", Seeds: []string{"http://shop.test/a"}, Policy: sonde.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	return &shop{t, file, site}
}

// run records a run in which the pages have these titles, and ends as status. Pages
// without an entry are not there.
func (s *shop) run(status sonde.RunStatus, titles map[string]string, own ...sonde.Rule) (int64, analyze.Report) {
	s.Helper()
	var seeds []sonde.Target
	for page := range titles {
		seeds = append(seeds, sonde.Target{URL: "http://shop.test/" + page, Host: "shop.test", Use: sonde.Read, By: sonde.BySeed})
	}
	r, err := s.file.BeginRun(s.Context(), s.site, 0, seeds)
	if err != nil {
		s.Fatal(err)
	}
	for {
		target, err := r.Next(s.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.Fatal(err)
		}
		title := titles[strings.TrimPrefix(target.URL, "http://shop.test/")]
		if title == "unseen" {
			break
		}
		if err := r.Done(s.Context(), visitOf(target, title)); err != nil {
			s.Fatal(err)
		}
	}
	if err := r.Close(s.Context(), status, ""); err != nil {
		s.Fatal(err)
	}
	report, err := analyze.Run(s.Context(), s.file, r.Run().ID, analyze.Options{Own: own})
	if err != nil {
		s.Fatal(err)
	}
	return r.Run().ID, report
}

func visitOf(target sonde.Target, title string) sonde.Visit {
	return sonde.Visit{
		Target: target, Outcome: sonde.OK, Attempts: 1, At: time.Now(), Index: sonde.Indexable,
		Fetch: &sonde.Fetch{
			Status: 200, HTTPVersion: "HTTP/1.1", ContentType: "text/html", Charset: "utf-8", BodyBytes: 20,
			Remote: netip.MustParseAddrPort("192.0.2.1:80"), Body: []byte(target.URL + title),
		},
		Page: &sonde.Page{Title: title, WordCount: 300, ParseMode: sonde.Parsed},
	}
}

// states lists what a run says of title.missing: "a new".
func (s *shop) states(run int64) []string {
	s.Helper()
	var list []string
	err := s.file.Rows(s.Context(), `SELECT replace(url, 'http://shop.test/', '') || ' ' || state FROM issues_history
		WHERE rule = 'title.missing' AND run_id = :run ORDER BY url`, store.Named{":run": run}, func(r store.Row) error {
		list = append(list, r.Text(0))
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return list
}

func (s *shop) wants(run int64, want ...string) {
	s.Helper()
	if got := s.states(run); !slices.Equal(got, want) {
		s.Errorf("run %d says %q, want %q", run, got, want)
	}
}

// TestLifecycle follows an issue through its states.
func TestLifecycle(t *testing.T) {
	s := newShop(t)
	first, report := s.run(sonde.Finished, map[string]string{"a": "", "b": "", "c": "Fine"})
	s.wants(first, "a new", "b new")
	if report.Open[sonde.High] < 2 || report.States[sonde.NewIssue] == 0 || len(report.Faults) > 0 {
		t.Errorf("the report is %+v", report)
	}
	second, _ := s.run(sonde.Finished, map[string]string{"a": "", "b": "Mended", "c": "Fine"})
	s.wants(second, "a ongoing", "b fixed")
	third, _ := s.run(sonde.Finished, map[string]string{"a": "", "b": "", "c": ""})
	s.wants(third, "a ongoing", "b regressed", "c new")
	fourth, _ := s.run(sonde.Finished, map[string]string{"a": "Mended", "c": "Fine"})
	s.wants(fourth, "a fixed", "b fixed", "c fixed")
	fifth, _ := s.run(sonde.Finished, map[string]string{"a": "Fine", "c": "Fine"})
	s.wants(fifth)
	sixth, _ := s.run(sonde.Finished, map[string]string{"a": "", "c": "Fine"})
	s.wants(sixth, "a regressed")

	again, err := analyze.Run(t.Context(), s.file, third, analyze.Options{})
	if err != nil || again.States[sonde.RegressedIssue] != 1 {
		t.Errorf("analysed again: %+v (%v)", again, err)
	}
	s.wants(third, "a ongoing", "b regressed", "c new")
}

// TestPartialRunsFixNothingUnseen holds that what a run did not look at stays as it was.
func TestPartialRunsFixNothingUnseen(t *testing.T) {
	s := newShop(t)
	s.run(sonde.Finished, map[string]string{"a": "", "b": ""})
	partial, _ := s.run(sonde.Partial, map[string]string{"a": "Mended"})
	s.wants(partial, "a fixed", "b ongoing")
	last, _ := s.run(sonde.Finished, map[string]string{"a": "Fine", "b": ""})
	s.wants(last, "b ongoing")
}

// TestEvidenceIsKeptOnce: what a rule said before is not kept again, whether the run is
// analysed again or another one finds the same.
func TestEvidenceIsKeptOnce(t *testing.T) {
	s := newShop(t)
	count := func() (n int64) {
		t.Helper()
		if err := s.file.Rows(t.Context(), "SELECT count(*) FROM _evidence", nil, func(r store.Row) error {
			n = r.Integer(0)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	pages := map[string]string{"a": "Short", "b": "Short", "c": "Shorter"}
	first, _ := s.run(sonde.Finished, pages)
	before := count()
	if _, err := analyze.Run(t.Context(), s.file, first, analyze.Options{}); err != nil {
		t.Fatal(err)
	}
	if again := count(); before < 2 || again != before {
		t.Errorf("analysed again, the run has %d pieces of evidence, want the %d of before", again, before)
	}
	s.run(sonde.Finished, pages)
	if after := count(); after != before {
		t.Errorf("after a run that found the same there are %d pieces of evidence, want %d", after, before)
	}
}

func TestMute(t *testing.T) {
	s := newShop(t)
	s.run(sonde.Finished, map[string]string{"a": "", "b": ""})
	later := time.Now().Add(48 * time.Hour)
	mute := func(m analyze.Mute, want int) {
		t.Helper()
		m.Reason, m.Until = "known", later
		if n, err := analyze.AddMute(t.Context(), s.file, m); err != nil || n != want {
			t.Errorf("%+v mutes %d (%v), want %d", m, n, err, want)
		}
	}
	unmute := func(what string) {
		t.Helper()
		if n, err := analyze.Unmute(t.Context(), s.file, what); err != nil || n != 1 {
			t.Errorf("%d mutes of %s were taken back (%v)", n, what, err)
		}
	}
	mute(analyze.Mute{Rule: "title.missing", URL: "http://shop.test/b*"}, 1)
	s.wants(1, "a new", "b muted")
	second, report := s.run(sonde.Finished, map[string]string{"a": "", "b": ""})
	s.wants(second, "a ongoing", "b muted")
	if report.States[sonde.MutedIssue] != 1 {
		t.Errorf("%d issues are muted, want 1", report.States[sonde.MutedIssue])
	}
	unmute("title.missing")
	s.wants(second, "a ongoing", "b ongoing")

	var fingerprint string
	if err := s.file.Rows(t.Context(), "SELECT fingerprint FROM issues WHERE rule = 'title.missing' AND url LIKE '%/a'", nil, func(r store.Row) error {
		fingerprint = r.Text(0)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	mute(analyze.Mute{Fingerprint: fingerprint}, 1)
	s.wants(second, "a muted", "b ongoing")
	unmute(fingerprint)
	mute(analyze.Mute{Rule: "title.missing", Site: "shop"}, 2)
	if _, err := analyze.AddMute(t.Context(), s.file, analyze.Mute{Fingerprint: "1-2-x"}); !errors.Is(err, analyze.ErrNoSuchIssue) {
		t.Errorf("a fingerprint that is none: %v", err)
	}
	if _, err := analyze.AddMute(t.Context(), s.file, analyze.Mute{Rule: "title.missing", Site: "nowhere"}); err == nil {
		t.Error("a site that is not there was muted")
	}
}

const head = "-- title: T\n-- severity: low\n-- subject: page\n-- why: W\n-- fix: F\n"

func TestParseRule(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1":                                       `r.sql: its head has no line "-- title: …"`,
		strings.Replace(head, "low", "loud", 1):          `r.sql:2: severity: one of critical, high, medium, low, info is wanted, not "loud"`,
		strings.Replace(head, "page", "person", 1):       `r.sql:3: subject: one of page, host, site is wanted, not "person"`,
		head + "-- threshold: sixty":                     `r.sql:6: threshold: a name in small letters and a number are wanted`,
		head + "-- threshold: run 3":                     `r.sql:6: threshold: a name in small letters`,
		head + "-- threshold: n many":                    `r.sql:6: threshold n: "many" is no number`,
		head + "-- author: me":                           `r.sql:6: "author" is none of`,
		head + "-- title: again":                         `r.sql:6: title stands here for the second time`,
		strings.Replace(head, "-- why: W", "-- why:", 1): `r.sql:4: why: says nothing`,
	} {
		_, err := analyze.ParseRule("r.sql", text)
		var wrong *analyze.RuleError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	r, err := analyze.ParseRule("dir/shop.no_price.sql", head+"--   and more\n-- threshold: n 2.5 euros\nSELECT 1")
	if err != nil || r.Name != "shop.no_price" || r.Fix != "F and more" || len(r.Thresholds) != 1 || r.Thresholds[0] != (sonde.Threshold{Name: "n", Value: 2.5, Unit: "euros"}) {
		t.Errorf("it reads %+v (%v)", r, err)
	}
}

// TestOwnRules asks rules of people: what is wrong with some is said with file and
// line, and keeps no others from being asked.
func TestOwnRules(t *testing.T) {
	folder := fstest.MapFS{
		"own.long.sql":     {Data: []byte(head + "-- threshold: n 3\nSELECT url AS subject, title AS evidence, 'high' AS severity\nFROM pages WHERE title_length > :n")},
		"own.score.sql":    {Data: []byte(head + "SELECT url AS subject FROM pages WHERE link_score IS NOT NULL")},
		"own.typo.sql":     {Data: []byte(head + "SELECT url AS subject\nFROM pages WHERE titel = ''")},
		"own.columns.sql":  {Data: []byte(head + "SELECT url FROM pages")},
		"own.writes.sql":   {Data: []byte(head + "DELETE FROM _visits")},
		"own.unknown.sql":  {Data: []byte(head + "SELECT url AS subject FROM pages WHERE title_length > :nothing")},
		"own.headless.sql": {Data: []byte("SELECT 1")},
	}
	own, err := analyze.ReadRules(folder, "rules")
	if len(own) != 6 || err == nil || !strings.Contains(err.Error(), "rules/own.headless.sql: its head has no line") {
		t.Fatalf("%d rules are right: %v", len(own), err)
	}
	s := newShop(t)
	_, report := s.run(sonde.Finished, map[string]string{"a": "Long enough", "b": "No"}, own...)
	var faults []string
	for _, f := range report.Faults {
		faults = append(faults, f.Error())
	}
	want := []string{
		`rules/own.columns.sql: it gives a column "url"; a rule gives subject, evidence, severity`,
		"rules/own.typo.sql:7: no such column: titel",
		"rules/own.unknown.sql: there is no value for the parameter :nothing",
		"rules/own.writes.sql: only reading is allowed here",
	}
	if len(faults) != len(want) || slices.ContainsFunc(want, func(w string) bool {
		return !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, w) })
	}) {
		t.Errorf("the faults are %q, want %q", faults, want)
	}
	if got := answers(t, s.file, "own.long", "shop.test"); !slices.Equal(got, []string{"/a high"}) {
		t.Errorf("own.long answers %q", got)
	}
	if got := answers(t, s.file, "own.score", "shop.test"); !slices.Equal(got, []string{"/a low", "/b low"}) {
		t.Errorf("own.score, which reads what the analysis itself writes down, answers %q", got)
	}
	if err := s.file.Rows(t.Context(), "SELECT evidence FROM issues WHERE rule = 'own.long'", nil, func(r store.Row) error {
		if got := r.Text(0); got != `{"value":"Long enough"}` {
			t.Errorf("the evidence is %s", got)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestManyPagesOfOnePattern suspects a trap where a large share of the pages differ in
// numbers only, and takes it for grave where they repeat each other.
func TestManyPagesOfOnePattern(t *testing.T) {
	s := newShop(t)
	pages := map[string]string{"about": "About us", "terms": "Terms", "a": "Start"}
	for i := range 12 {
		pages[fmt.Sprintf("day/%d?view=%d", i, i*i)] = fmt.Sprint("Day ", i)
	}
	run, _ := s.run(sonde.Finished, pages)
	for pages, want := range map[float64]string{
		1000: "",
		10:   "medium /day/{d}?view 12",
	} {
		if _, err := analyze.Run(t.Context(), s.file, run, analyze.Options{Thresholds: map[string]float64{"crawl.trap_suspected.pages": pages}}); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := s.file.Rows(t.Context(), `SELECT severity || ' ' || (evidence ->> 'pattern') || ' ' || (evidence ->> 'urls') FROM issues
			WHERE rule = 'crawl.trap_suspected' AND state <> 'fixed'`, nil, func(r store.Row) error {
			got = r.Text(0)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("where %.0f pages are many, it says %q, want %q", pages, got, want)
		}
	}
}

// TestDocumentation holds that docs/rules.md is what the rules say of themselves.
func TestDocumentation(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Rules\n\nWhat Sonde asks of every run, from the files in `analyze/rules/`. `sonde rules show NAME` prints the SQL. The numbers can\nbe set: `--threshold title.too_long.characters=70`. Made by `SONDE_WRITE_DOCS=1 go test ./analyze -run TestDocumentation`.\n")
	group := ""
	for _, r := range analyze.Rules() {
		if first, _, _ := strings.Cut(r.Name, "."); first != group {
			group = first
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s. *%s, of a %s.* %s %s\n", r.Name, r.Title, r.Severity, r.Subject, r.Why, r.Fix)
		for _, threshold := range r.Thresholds {
			fmt.Fprintf(&b, "`%s` is %v %s.\n", threshold.Name, threshold.Value, threshold.Unit)
		}
	}
	const path = "../docs/rules.md"
	if os.Getenv("SONDE_WRITE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("docs/rules.md is not what the rules say (%v): SONDE_WRITE_DOCS=1 go test ./analyze -run TestDocumentation makes it anew", err)
	}
}

// TestStatistics: whoever had the file open before the first analysis plans by the issues
// that there are now.
func TestStatistics(t *testing.T) {
	s := newShop(t)
	reader, err := store.OpenReadOnly(t.Context(), s.file.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	s.run(sonde.Finished, map[string]string{"a": "", "b": ""})
	_, report := s.run(sonde.Finished, map[string]string{"a": "", "b": ""})
	total := int64(0)
	for _, n := range report.States {
		total += n
	}
	found := ""
	if err := reader.Rows(t.Context(), "SELECT stat FROM sqlite_stat1 WHERE tbl = '_issues'", nil, func(r store.Row) error {
		found = r.Text(0)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprint(2*total, " ", total+1, " "); total == 0 || !strings.HasPrefix(found, want) {
		t.Errorf("statistics of the issues: %q, want them to begin with %q", found, want)
	}
}
