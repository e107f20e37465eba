package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sonde/analyze"
)

// groupsOf counts the issues of the board's file.
func groupsOf(b *board) map[string]analyze.Group {
	b.Helper()
	groups, err := analyze.Groups(b.Context(), b.file, "")
	if err != nil {
		b.Fatal(err)
	}
	byRule := map[string]analyze.Group{}
	for i, g := range groups {
		byRule[g.Rule.Name] = g
		if i > 0 && g.Severity != "" && groups[i-1].Severity.Rank() > g.Severity.Rank() {
			b.Errorf("%s stands before the graver %s", groups[i-1].Rule.Name, g.Rule.Name)
		}
	}
	return byRule
}

// TestIssuesAddUp: groups count what the table lists, a mute takes a rule out, and
// taking it back brings it in again.
func TestIssuesAddUp(t *testing.T) {
	b := newBoard(t, nil)
	seed := serve(t, small)
	run := b.crawl("site", seed)
	const rule = "desc.missing"
	before := groupsOf(b)[rule]
	rows := strings.Count(b.get("/issues.ndjson?rule="+rule), "\n")
	if before.Open == 0 || before.New != before.Open || int64(rows) != before.Open || before.Rule.Fix == "" {
		t.Fatalf("%d rows, and the group is %+v", rows, before)
	}
	moments, err := analyze.Trend(t.Context(), b.file, rule, 5)
	if err != nil || len(moments) != 1 || moments[0].Open != before.Open || moments[0].Run != run.ID {
		t.Errorf("the trend is %+v, %v", moments, err)
	}
	issues, err := analyze.OfPage(t.Context(), b.file, run.ID, seed)
	if err != nil || len(issues) == 0 {
		t.Errorf("the first page has %+v, %v", issues, err)
	}
	until := url.Values{"until": {time.Now().Add(48 * time.Hour).Format(time.DateOnly)}}
	if a := b.ask(http.MethodPost, "/issues/"+rule+"/mute", until); a.status != http.StatusSeeOther {
		t.Fatalf("muting: %d\n%s", a.status, a.body)
	}
	if g := groupsOf(b)[rule]; g.Open != 0 || g.Muted != before.Open || g.Severity != "" {
		t.Errorf("muted: %+v", g)
	}
	if a := b.ask(http.MethodPost, "/issues/"+rule+"/unmute", url.Values{}); a.status != http.StatusSeeOther {
		t.Fatalf("taking the mute back: %d\n%s", a.status, a.body)
	}
	if g := groupsOf(b)[rule]; g.Open != before.Open {
		t.Errorf("no longer muted: %+v", g)
	}
	if a := b.ask(http.MethodPost, "/issues/"+rule+"/mute", url.Values{"until": {"2001-01-01"}}); a.status != http.StatusBadRequest {
		t.Errorf("until a day that is over: %d", a.status)
	}
}

// TestAddressesOfTables: what an address may ask, and what it may not.
func TestAddressesOfTables(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	for path, want := range map[string]int{
		"/pages?status__gte=400&_sort_desc=ttfb_ms&_size=10&_cols=status,title": 200, "/pages?run_id=1": 200, "/pages?_search=a&_facets=1": 200,
		"/pages?colour=red": 400, "/pages?status__like=4": 400, "/pages?status=abc": 400, "/pages?_size=0": 400, "/pages?_size=100000": 400,
		"/pages?_next=nonsense": 400, "/pages?_sort=colour": 400, "/pages?_sort=url&_sort_desc=status": 400, "/pages?_unknown=1": 400,
		"/pages.csv?colour=red": 400, "/pages.json?_cols=colour": 400, "/page": 400, "/page?url=x&y=z": 400, "/events?run=x": 400,
	} {
		if a := b.ask(http.MethodGet, path, nil); a.status != want {
			t.Errorf("%s: %d, want %d\n%.300s", path, a.status, want, a.body)
		}
	}
	if page := b.get("/pages?status=404&_search=missing"); !strings.Contains(page, "/missing") || strings.Contains(page, ">Start<") {
		t.Error("the filter and the search do not choose the missing page alone")
	}
}
