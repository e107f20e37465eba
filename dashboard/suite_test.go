package dashboard_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	nethtml "golang.org/x/net/html"

	"sonde"
	"sonde/dashboard"
	"sonde/store"
	"sonde/tabular"
)

// loadSuite reads the cases of a shared suite, where it is there.
func loadSuite(t *testing.T, name string, into any) bool {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "shared", "suites", name, "cases.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// hostile are strings that try to get out of where they stand; the suite xss has more.
var hostile = []string{
	`</title><script>alert(1)</script>`, `" onmouseover="alert(1)`, `' onmouseover='alert(1)`, `<img src=x onerror=alert(1)>`,
	`javascript:alert(1)`, "java\tscript:alert(1)", `{{.}}`, `</textarea></pre></style><svg onload=alert(1)>`, "\u202egpj.exe", `</td></tr></table><form action=//evil>`,
}

// saying is a site of which every page says a text wherever a site can say one.
func saying(t *testing.T, texts []string) string {
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/" {
			for i := range texts {
				fmt.Fprintf(w, `<a href="/say/%d">%d</a> `, i, i)
			}
			return
		}
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/say/"))
		if err != nil || n >= len(texts) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("X-Said", strings.Map(func(r rune) rune { return max(r, ' ') }, texts[n]))
		fmt.Fprintf(w, `<html lang="%[1]s"><title>%[1]s</title><meta name="description" content="%[1]s"><link rel="canonical" href="/?%[2]s">
			<h1>%[1]s</h1><a href="/x/%[2]s" rel="%[1]s">%[1]s</a> <a href="%[1]s">%[1]s</a> <img src="/y" alt="%[1]s">%[1]s`,
			html.EscapeString(texts[n]), url.PathEscape(texts[n]))
	}
	site := httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(site.Close)
	return site.URL + "/"
}

// looked are the pages that show what a site says; SEED is the URL of one that does.
var looked = []string{
	"/", "/sites", "/sites/1", "/runs", "/runs/1", "/runs/2/report", "/pages?_size=500&_cols=title,description,h1,lang,canonical,headers,headings,robots_meta",
	"/links?_size=500", "/links?_size=500&_cols=target_url,anchor,rel,original", "/issues", "/issues/all?_size=500", "/changes", "/hosts", "/hosts/127.0.0.1",
	"/hosts/probed.test", "/dns?_size=500", "/ports?_size=500", "/certificates?_size=500", "/changes?_size=500", "/issues/title.missing",
	"/sql?sql=SELECT+*+FROM+pages", "/sql?sql=SELECT+*+FROM+links", "/sql?sql=SELECT+*+FROM+ports", "/sql?sql=SELECT+*+FROM+certificates", "/pages?title=SAID&_search=SAID", "/page?url=SEEDsay/0", "/page?url=SEEDsay/1", "/queries/a%20query",
}

// TestStrangersTextIsText: pages of a site that says hostile things have no element,
// attribute or scheme that pages of a site that says harmless things have not.
func TestStrangersTextIsText(t *testing.T) {
	texts := hostile
	var suite struct{ Contexts, Payloads []string }
	if loadSuite(t, "xss", &suite) {
		texts = slices.Concat(hostile, suite.Contexts, suite.Payloads)
	}
	harmless := make([]string, len(texts))
	for i := range harmless {
		harmless[i] = fmt.Sprintf("harmless %d %s", i/2, strings.Repeat("x", i))
	}
	allowed := map[string]bool{}
	for _, kinds := range structures(t, harmless) {
		for kind := range kinds {
			allowed[kind] = true
		}
	}
	for path, kinds := range structures(t, texts) {
		for kind := range kinds {
			if !allowed[kind] {
				t.Errorf("%s has <%s>, which no page has where harmless things are said", path, kind)
			}
		}
	}
}

// structures crawls a site that says the texts and returns, by page, its kinds of
// elements.
func structures(t *testing.T, texts []string) map[string]map[string]bool {
	b := newBoard(t, nil)
	seed := saying(t, texts)
	b.crawl("site", seed)
	b.crawl("site", seed)
	for i, text := range texts[:min(len(texts), 60)] {
		said := sonde.Service{Name: "http", Product: text, Version: text, Banner: sonde.Banner([]byte(text))}
		probed{i % 24, "192.0.2.1", said, byte(i + 1), text, text}.save(b, "probed.test")
	}
	if err := b.book.SaveQuery(t.Context(), "a query", "SELECT '"+strings.ReplaceAll(texts[0], "'", "''")+"' AS said"); err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]bool{}
	for _, path := range looked {
		asked := strings.NewReplacer("SEED", url.QueryEscape(seed), "SAID", url.QueryEscape(texts[0])).Replace(path)
		found[path] = elements(t, b.get(asked))
	}
	return found
}

// texts is what a page says, in its order, with single blanks.
func texts(t *testing.T, page string) string {
	t.Helper()
	document, err := nethtml.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for node := range document.Descendants() {
		if node.Type == nethtml.TextNode {
			words = append(words, strings.Fields(node.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// elements are the kinds of elements of a page: the name and the names of attributes,
// with the scheme of what can be followed.
func elements(t *testing.T, page string) map[string]bool {
	t.Helper()
	document, err := nethtml.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for node := range document.Descendants() {
		if node.Type != nethtml.ElementNode || ofTime(node) {
			continue
		}
		var names []string
		for _, a := range node.Attr {
			if !optional(a.Key) {
				names = append(names, a.Key+scheme(a))
			}
		}
		slices.Sort(names)
		kinds[strings.Join(append([]string{node.Data}, names...), " ")] = true
	}
	return kinds
}

// ofTime reports whether an element stands in what is shown of runs that took long enough,
// or of tables whose rows or counts come later.
func ofTime(node *nethtml.Node) bool {
	marked := func(n *nethtml.Node) bool {
		return slices.ContainsFunc(n.Attr, func(a nethtml.Attribute) bool {
			return slices.Contains([]string{"data-course", "data-later", "data-counts"}, a.Key) || a.Key == "class" && strings.Contains(a.Val, "sorting")
		})
	}
	for above := range node.Ancestors() {
		if marked(above) {
			return true
		}
	}
	return marked(node)
}

// scheme tells where an attribute leads: to this server, or by which scheme elsewhere.
func scheme(a nethtml.Attribute) string {
	if !slices.Contains([]string{"href", "src", "action", "formaction", "popovertarget"}, a.Key) {
		return ""
	}
	if before, _, has := strings.Cut(a.Val, ":"); has && !strings.ContainsAny(before, "/?#") {
		return "=" + before
	}
	if strings.HasPrefix(a.Val, "//") {
		return "=//"
	}
	return ""
}

// optional are attributes that come and go with what is shown: a title where a text is
// shortened.
func optional(name string) bool { return name == "title" || name == "class" }

// TestSourceIsNeverRendered: what a page sent is a file of plain text, in a sandbox.
func TestSourceIsNeverRendered(t *testing.T) {
	b := newBoard(t, nil)
	seed := serve(t, map[string]string{"/": "<title>x</title><script>alert(1)</script>"})
	b.crawl("site", seed)
	a := b.ask(http.MethodGet, "/page/source?url="+url.QueryEscape(seed)+"&run_id=1", nil)
	h := a.header
	if a.status != http.StatusOK || h.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(a.body, "<script>") {
		t.Errorf("%d %v\n%s", a.status, h, a.body)
	}
	if page := b.get("/page?url=" + url.QueryEscape(seed)); !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the page does not show the source")
	}
}

// TestConsole sends the cases of the suite over HTTP: nothing that is forbidden gives an
// answer, nothing changes, and the next question is answered.
func TestConsole(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	type question struct{ SQL, Expect string }
	suite := struct{ Cases []question }{[]question{
		{"select 1", "allow"}, {"delete from _runs", "deny"}, {"attach '/etc/passwd' as p", "deny"}, {"select 1; select 2", "error"}, {"vacuum", "deny"},
		{"pragma query_only=0", "deny"}, {"", "error"}, {"select readfile('/etc/passwd')", "error"}, {"explain query plan select * from pages", "allow"},
	}}
	loadSuite(t, "sql-console", &suite)
	before := b.get("/runs.json")
	for _, q := range suite.Cases {
		if strings.Contains(q.SQL, "secrets") || slices.Contains([]string{"timeout", "limit_or_timeout"}, q.Expect) && testing.Short() {
			continue // the file has no such table; time is for the long run
		}
		a := b.ask(http.MethodGet, "/sql.json?sql="+url.QueryEscape(strings.ReplaceAll(q.SQL, "{dir}", t.TempDir())), nil)
		if allowed := a.status == http.StatusOK; allowed != (q.Expect == "allow") {
			t.Errorf("%q: %d, want %s\n%.300s", q.SQL, a.status, q.Expect, a.body)
		}
		if got := b.get("/sql.json?sql=" + url.QueryEscape("SELECT 1 AS one")); !strings.Contains(got, `{"one":1}`) {
			t.Errorf("after %q: %s", q.SQL, got)
		}
	}
	if after := b.get("/runs.json"); after != before {
		t.Errorf("the runs were\n%s\nand are\n%s", before, after)
	}
}

// TestExportsAreSafeInSpreadsheets: what a site says is no formula, unless asked for as
// it is.
func TestExportsAreSafeInSpreadsheets(t *testing.T) {
	suite := struct{ Values []string }{[]string{"=1+1", "+1", "-1+2", "@handle", " =1+1", "－1", "DDE", "a,=1+1", "-5", "0123"}}
	loadSuite(t, "csv-formula", &suite)
	b := newBoard(t, nil)
	for i, value := range suite.Values {
		b.crawl(fmt.Sprintf("site%d", i), serve(t, map[string]string{"/": "<title>" + html.EscapeString(value) + "</title>"}))
	}
	safe, raw := b.get("/pages.csv?_cols=title&depth=0"), b.get("/pages.csv?_cols=title&depth=0&_raw=1")
	rows, err := csv.NewReader(strings.NewReader(safe)).ReadAll()
	if err != nil || len(rows) < len(suite.Values) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		if tabular.Formula([]byte(row[0])) {
			t.Errorf("a cell begins as a formula does: %q", row[0])
		}
	}
	if !strings.Contains(raw, "\n=1+1") {
		t.Errorf("the raw export changes what was said:\n%s", raw)
	}
}

// TestExportsAreThoseOfTheStore: the rows are byte for byte what store gives, with the
// filters of the address.
func TestExportsAreThoseOfTheStore(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	var want strings.Builder
	selection := store.Selection{View: "pages", Where: []store.Filter{{Column: "status", Operator: "gte", Value: "400"}}}
	if err := dashboard.WriteCSV(t.Context(), b.file, selection, &want); err != nil {
		t.Fatal(err)
	}
	a := b.ask(http.MethodGet, "/pages.csv?status__gte=400", nil)
	if a.body != want.String() || !strings.Contains(a.body, "/missing") {
		t.Errorf("got\n%s\nwant\n%s", a.body, want.String())
	}
	if a.header.Get("Content-Disposition") != `attachment; filename="pages.csv"` {
		t.Errorf("it is called %s", a.header.Get("Content-Disposition"))
	}
}
