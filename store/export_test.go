package store

import (
	"context"
	"errors"
	"fmt"
	command "os/exec"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// visited is a file with a run over pages that are not all alike.
func visited(t testing.TB) *File {
	t.Helper()
	f := open(t)
	r := begin(t, f, "http://h.test/")
	for _, v := range []sonde.Visit{
		page(seedOf("http://h.test/"), "http://h.test/100%_a", "http://h.test/b", "http://h.test/c"),
		titled("http://h.test/100%_a", "404", 404),
		titled("http://h.test/b", `Ünïcode "quoted", 50% off_`, 200),
		titled("http://h.test/c", "", 503),
	} {
		if err := r.Done(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	return f
}

func titled(url, title string, status int) sonde.Visit {
	v := page(sonde.Target{URL: url, Host: hostOf(url), Use: sonde.Read, By: sonde.ByLink, FoundOn: "http://h.test/", Depth: 1})
	v.Page.Title, v.Fetch.Status = title, status
	if status >= 400 {
		v.Outcome = sonde.HTTPError
	}
	return v
}

func exported(t testing.TB, f *File, s Selection) *sheet {
	t.Helper()
	var out sheet
	if err := f.Export(t.Context(), s, &out); err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	return &out
}

func TestExportInChunks(t *testing.T) {
	const pages = pagesPerChunk + 100
	f := crawled(t, pages)
	r := begin(t, f, "http://h.test/1")
	crawl(t, r, binaryTree(300))
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	probed(t, f)
	for _, name := range []string{"sites", "runs", "pages", "pages_history", "links", "links_history", "hosts", "dns_records", "ports", "certificates"} {
		var want sheet
		if _, err := f.Query(t.Context(), "SELECT * FROM "+name, nil, Limits{}, &want); err != nil {
			t.Fatal(err)
		}
		got := exported(t, f, Selection{View: name})
		if !slices.Equal(got.columns, want.columns) || !slices.Equal(sorted(got), sorted(&want)) {
			t.Errorf("%s: %d rows of %q, want %d of %q", name, len(got.rows), got.columns, len(want.rows), want.columns)
		}
	}
	t.Run("lets go of the file", func(t *testing.T) {
		s := &slow{file: f}
		if err := f.Export(t.Context(), Selection{View: "pages_history"}, s); err != nil || len(s.rows) != pages+300 {
			t.Errorf("%d rows (%v)", len(s.rows), err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &canceller{cancel: cancel}
		if err := f.Export(ctx, Selection{View: "pages_history"}, s); err != context.Canceled || s.rows > pages {
			t.Errorf("%v after %d of %d rows, want %v before the end", err, s.rows, pages+300, context.Canceled)
		}
	})
	t.Run("ends with its sink", func(t *testing.T) {
		s := &sheet{failAt: 10}
		if err := f.Export(t.Context(), Selection{View: "pages_history"}, s); err != errSink || len(s.rows) != 10 {
			t.Errorf("%v after %d rows, want %v after 10", err, len(s.rows), errSink)
		}
	})
}

// sorted is the rows in an order of their own: views promise none.
func sorted(s *sheet) []string {
	lines := strings.Split(s.String(), "\n")
	slices.Sort(lines)
	return lines
}

// slow is a sink that at its first row waits until a writer could move all of its log
// into the file, which a transaction of a reader prevents.
type slow struct {
	sheet
	file *File
}

func (s *slow) EndRow() error {
	if len(s.rows) > 0 {
		return s.sheet.EndRow()
	}
	if err := execAll(s.file.write, "UPDATE _meta SET value = value"); err != nil {
		return err
	}
	return errors.Join(s.sheet.EndRow(), rows(s.file.write, "PRAGMA wal_checkpoint(TRUNCATE)", func(stmt *sqlite.Stmt) error {
		if stmt.ColumnInt(0) != 0 {
			return errors.New("a reader holds the file while its sink is slow")
		}
		return nil
	}))
}

func TestExportIsCutByKeysWithoutSorting(t *testing.T) {
	f := crawled(t, 10)
	err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
		for name, cut := range cuts {
			v, err := findView(conn, name)
			if err != nil {
				return err
			}
			if !v.takes(cut, conn) {
				t.Errorf("%s cannot be cut", name)
			}
			plan, err := planOf(conn, "SELECT * FROM "+inChunks(v.body(), cut))
			if err != nil {
				return err
			}
			if !strings.Contains(plan, byKey(name)) || strings.Contains(plan, "FOR ORDER BY") {
				t.Errorf("%s is read so:\n%s", name, plan)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// planOf is how SQLite goes about a query, apart from subqueries about one row.
func planOf(conn *sqlite.Conn, query string) (string, error) {
	stmt, _, err := conn.PrepareTransient("EXPLAIN QUERY PLAN " + query)
	if err != nil {
		return "", err
	}
	defer stmt.Finalize()
	var plan []string
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return strings.Join(plan, "\n"), err
		}
		if stmt.ColumnInt(1) == 0 {
			plan = append(plan, stmt.ColumnText(3))
		}
	}
}

// byKey is the step by which a chunk of a view is found.
func byKey(view string) string {
	switch {
	case cuts[view].runs == "":
		return "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
	case strings.HasPrefix(view, "issues"):
		return "SEARCH i USING PRIMARY KEY (run_id=? AND rule_id>? AND rule_id<?)"
	case strings.HasPrefix(view, "changes"):
		return "SEARCH c USING INDEX _changes_by_run (run_id=? AND rowid>? AND rowid<?)"
	}
	return "SEARCH v USING PRIMARY KEY (run_id=? AND url_id>? AND url_id<?)"
}

// TestExportOfAViewOfAnotherVersion has a view that this version would write otherwise:
// it is read in one go.
func TestExportOfAViewOfAnotherVersion(t *testing.T) {
	f := crawled(t, 3)
	change(t, f, "DROP VIEW pages", "CREATE VIEW pages AS\n-- One row per URL.\nSELECT\n  address AS url, -- canonical\n  7 AS news -- of a later time\nFROM (SELECT url AS address FROM _urls) other")
	if got := exported(t, f, Selection{View: "pages", Columns: []string{"news"}, Where: []Filter{{"url", "contains", "/2"}}}); got.String() != "7" {
		t.Errorf("%s, want 7", got)
	}
}

func TestExportFilters(t *testing.T) {
	f := visited(t)
	for _, c := range []struct {
		where string // separated by spaces
		want  string // paths
	}{
		{"status=404", "/100%_a"},
		{"status__exact=404", "/100%_a"},
		{"status__not=200", "/100%_a /c"},
		{"status__gte=404", "/100%_a /c"},
		{"status__gt=404", "/c"},
		{"status__lt=404", "/ /b"},
		{"status__lte=404", "/ /100%_a /b"},
		{"status__in=200,503", "/ /b /c"},
		{"status__in=[200,503]", "/ /b /c"},
		{"status__in=", "!"},
		{"status__in=[]", ""},
		{"status__gte=4.5e2", "/c"},
		{"status__contains=40", "/100%_a"},
		{"title=404", "/100%_a"},
		{"title__gte=404", "/ /100%_a /b"},
		{"title__isnull=1", "/c"},
		{"title__isnull=0", "/ /100%_a /b"},
		{"title__contains=QUOTED", "/b"},
		{"title__contains=%", "/b"},
		{"title__contains=f_", "/b"},
		{"title__startswith=title", "/"},
		{`title__in=["404","x,y"]`, "/100%_a"},
		{"url__startswith=http://h.test/100%_", "/100%_a"},
		{"url__contains=_", "/100%_a"},
		{"title_length=3", "/100%_a"},
		{"title_length__gte=3", "/ /100%_a /b"},
		{"in_sitemap=0", "/ /100%_a /b /c"},
		{"fetched_at__gt=2000", "/ /100%_a /b /c"},
		{"fetched_at__gt=2000-01-01", "/ /100%_a /b /c"},
		{"fetched_at__lt=2000-01-01", ""},
		{"depth=1 status=200", "/b"},
		{"site=test depth=0", "/"},
		{"site=other", ""},
		{"status=x", "!"},
		{"status__isnull=maybe", "!"},
		{"status__in=[", "!"},
		{"status__above=1", "!"},
		{"stauts=1", "!"},
	} {
		got, err := paths(f, c.where)
		if failed := err != nil; failed != (c.want == "!") || !failed && got != c.want {
			t.Errorf("%s: %q (%v), want %q", c.where, got, err, c.want)
		}
	}
}

// paths exports the paths of the pages that filters let through.
func paths(f *File, where string) (string, error) {
	s := Selection{View: "pages", Columns: []string{"url"}}
	for _, text := range strings.Fields(where) {
		name, value, _ := strings.Cut(text, "=")
		filter, err := ParseFilter(name, value)
		if err != nil {
			return "", err
		}
		s.Where = append(s.Where, filter)
	}
	var out sheet
	err := f.Export(context.Background(), s, &out)
	return strings.ReplaceAll(strings.ReplaceAll(out.String(), "http://h.test", ""), "\n", " "), err
}

func TestExportOfWhatIsNotThere(t *testing.T) {
	f := crawled(t, 1)
	for _, c := range []struct {
		s    Selection
		want string
	}{
		{Selection{View: "page"}, `there is no view "page"`},
		{Selection{View: "_visits"}, `there is no view "_visits"`},
		{Selection{View: `pages"`}, `there is no view "pages\""`},
		{Selection{View: "pages", Columns: []string{"url", "ulr"}}, `pages has no column "ulr"`},
		{Selection{View: "pages", Where: []Filter{{"stauts", "", "1"}}}, `pages has no column "stauts"`},
		{Selection{View: "pages", Where: []Filter{{"status", "gte", "high"}}}, `status__gte takes a number, not "high"`},
	} {
		err := f.Export(t.Context(), c.s, &sheet{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v, want %s", c.s, err, c.want)
		}
	}
	var selection *SelectionError
	if err := f.Export(t.Context(), Selection{View: "page"}, &sheet{}); !errors.As(err, &selection) || !slices.Contains(selection.Known, "pages") {
		t.Errorf("%v knows no other views", err)
	}
}

// canceller ends its context at the first row, and counts those that still come.
type canceller struct {
	sheet
	cancel func()
	rows   int
}

func (c *canceller) EndRow() error {
	c.cancel()
	c.rows++
	return nil
}

// counting is a sink that counts rows.
type counting struct{ rows int }

func (n *counting) Columns([]string) error { return nil }
func (n *counting) Null()                  {}
func (n *counting) Integer(int64)          {}
func (n *counting) Float(float64)          {}
func (n *counting) Text([]byte)            {}
func (n *counting) Blob([]byte)            {}
func (n *counting) EndRow() error          { n.rows++; return nil }

// manual makes pages like those of a real manual: texts of common length, 20 links.
func manual(n int) func(sonde.Target) sonde.Visit {
	return func(t sonde.Target) sonde.Visit {
		var i int
		fmt.Sscanf(t.URL, "http://h.test/reference/chapter-%d.html", &i)
		var links []string
		for j := range 20 {
			links = append(links, fmt.Sprintf("http://h.test/reference/chapter-%d.html", (i*20+j)%n))
		}
		v := page(t, links...)
		v.Fetch.Header = []sonde.HeaderField{{Name: "Server", Value: "nginx"}, {Name: "Content-Type", Value: "text/html"}}
		v.Page.Title = fmt.Sprintf("Chapter %d, on the reference of things - The Manual", i)
		v.Page.Description = strings.Repeat("A description of it, ", 6)
		v.Page.Headings = []sonde.Heading{{Level: 1, Text: v.Page.Title}, {Level: 2, Text: "Examples"}, {Level: 2, Text: "See also"}}
		v.Page.H1Count, v.Page.Lang = 1, "en"
		return v
	}
}

// BenchmarkExport exports 100,000 pages and their links, and has Debian's sqlite3
// answer the same queries as CSV, where it is installed. Rows a second are in the
// column rows/s.
func BenchmarkExport(b *testing.B) {
	const n = 100_000
	f := open(b)
	r := begin(b, f, "http://h.test/reference/chapter-0.html")
	visit := manual(n)
	crawlWith(b, r, visit)
	if err := r.Close(b.Context(), sonde.Finished, ""); err != nil {
		b.Fatal(err)
	}
	shell, _ := command.LookPath("sqlite3")
	for _, c := range []struct {
		name string
		s    Selection
		sql  string
	}{
		{"pages", Selection{View: "pages"}, "SELECT * FROM pages"},
		{"ten columns", Selection{View: "pages", Columns: strings.Split("url,outcome,status,content_type,title,description,word_count,inlink_count,ttfb_ms,fetched_at", ",")},
			"SELECT url,outcome,status,content_type,title,description,word_count,inlink_count,ttfb_ms,fetched_at FROM pages"},
		{"links", Selection{View: "links"}, "SELECT * FROM links"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var s counting
			for b.Loop() {
				if err := f.Export(b.Context(), c.s, &s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.rows)/b.Elapsed().Seconds(), "rows/s")
		})
		if shell == "" {
			continue
		}
		b.Run(c.name+" by sqlite3", func(b *testing.B) {
			lines := 0
			for b.Loop() {
				out, err := command.Command(shell, "-readonly", "-csv", f.Path(), c.sql).Output()
				if err != nil {
					b.Fatal(err)
				}
				lines += strings.Count(string(out), "\n")
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func crawlWith(b *testing.B, r *Recording, visit func(sonde.Target) sonde.Visit) {
	for {
		target, err := r.Next(b.Context())
		if err != nil {
			return
		}
		if err := r.Done(b.Context(), visit(target)); err != nil {
			b.Fatal(err)
		}
	}
}
