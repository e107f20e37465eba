package analyze

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/store"
)

// few are the tables that have a row per host, sitemap or kind of link, and not per page
// or link: to go over one of them within a scan costs little.
var few = []string{
	"temp.host", "temp.origin", "temp.shape", "temp.run", "main._hosts", "main._origins", "main._runs",
	"main._run_origins", "main._site_hosts", "main._sites", "main._sitemaps", "main._ports", "main._dns_records",
	"main._certificates", "main._sightings", "main._connections",
}

// withTables calls do with an analysis of a run whose TEMP tables are filled.
func withTables(t *testing.T, do func(*analysis) error) {
	t.Helper()
	file, run := crawled(t)
	a := newAnalysis(Options{})
	err := file.Derive(t.Context(), a.functions(), func(d *store.Derivation) error {
		a.Derivation = d
		if err := a.find(t.Context(), file, run); err != nil {
			return err
		}
		if err := a.script(prepareSQL); err != nil {
			return err
		}
		return do(a)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlansOfTheRules reads how SQLite goes about each rule: nowhere may it go over one
// large table for every row of another.
func TestPlansOfTheRules(t *testing.T) {
	withTables(t, func(a *analysis) error {
		for _, r := range a.rules {
			q, err := a.compile(r)
			if err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
			plan, err := planOf(a, q.insert, a.values(r, 1))
			if err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
			for _, fault := range nestedScans(plan, tablesOf(r.SQL)) {
				t.Errorf("%s: %s", r.Name, fault)
			}
		}
		return nil
	})
}

// TestNestedScansAreSeen guards against a reading of plans that sees nothing.
func TestNestedScansAreSeen(t *testing.T) {
	withTables(t, func(a *analysis) error {
		for sql, want := range map[string]int{
			"SELECT 1 FROM temp.page p CROSS JOIN temp.visit v WHERE v.depth > p.depth":                           1,
			"SELECT (SELECT count(*) FROM temp.visit v WHERE v.depth > p.depth) FROM temp.page p":                 1,
			"SELECT 1 FROM temp.page p WHERE EXISTS (SELECT 1 FROM temp.visit v WHERE v.status > p.word_count)":   1,
			"SELECT 1 FROM temp.page p CROSS JOIN temp.visit v ON v.url_id = p.url_id":                            0,
			"SELECT 1 FROM temp.page p CROSS JOIN temp.host h WHERE h.host_id > p.host_id":                        0,
			"SELECT 1 FROM temp.page p UNION ALL SELECT 1 FROM temp.visit v":                                      0,
			"SELECT (SELECT max(v.depth) FROM temp.visit v), p.url_id FROM temp.page p WHERE p.title IS NOT NULL": 0,
		} {
			plan, err := planOf(a, sql, nil)
			if err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
			if got := nestedScans(plan, tablesOf(sql)); len(got) != want {
				t.Errorf("%s: %q, want %d faults", sql, got, want)
			}
		}
		return nil
	})
}

// step is a line of EXPLAIN QUERY PLAN.
type step struct {
	id, parent int64
	text       string
}

func planOf(a *analysis, sql string, named store.Named) ([]step, error) {
	var plan []step
	err := a.Rows("EXPLAIN QUERY PLAN "+sql, named, func(r store.Row) error {
		plan = append(plan, step{r.Integer(0), r.Integer(1), r.Text(3)})
		return nil
	})
	return plan, err
}

var sources = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+([a-z_.]+)(?:\s+AS)?(?:\s+([a-z_]+))?`)

// tablesOf are the tables behind the names that a plan uses.
func tablesOf(sql string) map[string][]string {
	tables := map[string][]string{}
	for _, found := range sources.FindAllStringSubmatch(sql, -1) {
		table, name := found[1], found[2]
		if name == "" || slices.Contains([]string{"WHERE", "CROSS", "LEFT", "JOIN", "ON", "GROUP", "ORDER", "LIMIT", "UNION"}, strings.ToUpper(name)) {
			_, name, _ = strings.Cut("."+table, ".")
			if i := strings.LastIndex(name, "."); i >= 0 {
				name = name[i+1:]
			}
		}
		tables[name] = append(tables[name], table)
	}
	return tables
}

// nestedScans finds the scans of large tables that are made for every row of another.
func nestedScans(plan []step, tables map[string][]string) []string {
	var faults []string
	for i, s := range plan {
		if !large(s, tables) {
			continue
		}
		for _, outer := range around(plan[:i], s) {
			if large(outer, tables) && !strings.HasSuffix(outer.text, " EXISTS") { // which ends at its first row
				faults = append(faults, s.text+" for each row of "+outer.text)
				break
			}
		}
	}
	return faults
}

// around are the steps that a step is made for each row of: those before it in its loop,
// and where that loop is a correlated subquery, those around that.
func around(before []step, s step) []step {
	var outer []step
	for parent := s.parent; ; {
		var up *step
		for i := range before {
			if before[i].parent == parent {
				outer = append(outer, before[i])
			}
			if before[i].id == parent {
				up = &before[i]
			}
		}
		if up == nil || !strings.HasPrefix(up.text, "CORRELATED") {
			return outer
		}
		parent = up.parent
	}
}

// large reports whether a step goes over all of a large table.
func large(s step, tables map[string][]string) bool {
	name, ok := strings.CutPrefix(s.text, "SCAN ")
	if !ok || strings.Contains(name, "VIRTUAL TABLE") || strings.Contains(name, "CONSTANT ROW") {
		return false
	}
	name, _, _ = strings.Cut(name, " ")
	name = name[strings.LastIndex(name, ".")+1:]
	if strings.HasPrefix(name, "(") {
		return false // what a subquery gave, whose own steps are in the plan
	}
	if len(tables[name]) == 0 {
		return false // as above: a subquery with a name
	}
	return !slices.ContainsFunc(tables[name], func(table string) bool { return slices.Contains(few, table) })
}

// crawled is a file with a run of a few hundred pages.
func crawled(t *testing.T) (*store.File, int64) {
	t.Helper()
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	site, err := file.SaveSite(sonde.Site{Name: "shop", Seeds: []string{"http://shop.test/0"}, Policy: sonde.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	var seeds []sonde.Target
	for i := range 300 {
		seeds = append(seeds, sonde.Target{URL: fmt.Sprint("http://shop.test/", i), Host: "shop.test", Use: sonde.Read, By: sonde.BySeed})
	}
	r, err := file.BeginRun(t.Context(), site, 0, seeds)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(seeds) {
		target, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var links []sonde.Link
		for j := range 5 {
			links = append(links, sonde.Link{
				URL: seeds[(i*7+j*31)%len(seeds)].URL, Host: "shop.test", Kind: sonde.LinkA, Anchor: fmt.Sprint("on ", i, " ", j),
				Fragment: fmt.Sprint(i * j), Position: sonde.InMain, Internal: true,
			})
		}
		err = r.Done(t.Context(), sonde.Visit{
			Target: target, Outcome: sonde.OK, Attempts: 1, At: time.Now(), Index: sonde.Indexable,
			Fetch: &sonde.Fetch{
				Status: 200, ContentType: "text/html", BodyBytes: 20, Remote: netip.MustParseAddrPort("192.0.2.1:80"),
				Header: []sonde.HeaderField{{Name: "X-Page", Value: fmt.Sprint(i)}},
			},
			Page:  &sonde.Page{Title: fmt.Sprint("Page ", i), WordCount: 300, LinkCount: 5, ParseMode: sonde.Parsed},
			Links: links,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	return file, r.Run().ID
}
