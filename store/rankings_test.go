package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// large is a file with a run of more pages than a ranking holds, which differ in status,
// title and time, and lack them here and there.
func large(t *testing.T) *File {
	t.Helper()
	const pages = 2500
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	crawl(t, r, binaryTree(pages))
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	change(t, f,
		"UPDATE _visits SET ttfb_ms = nullif(url_id * 7919 % 977, 5), status = CASE url_id % 3 WHEN 0 THEN NULL ELSE 200 + url_id % 5 END",
		"UPDATE _facts SET title = iif(url_id % 4 = 0, NULL, 'title ' || url_id * 7919 % 1009)")
	return f
}

// TestRankingsAgreeWithSQLite: page after page gives the rows in the order that SQLite has
// them in, however many chunks and rankings they come from.
func TestRankingsAgreeWithSQLite(t *testing.T) {
	f := large(t)
	for _, column := range []string{"ttfb_ms", "status", "title"} {
		for _, direction := range []string{"ASC", "DESC"} {
			var want []string
			err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
				return rows(conn, fmt.Sprintf("SELECT p.url FROM pages p JOIN _urls u ON u.url = p.url WHERE p.depth > 2 ORDER BY p.%s %s NULLS LAST, u.id", column, direction),
					func(stmt *sqlite.Stmt) error {
						want = append(want, fmt.Sprint([]any{stmt.ColumnText(0)}))
						return nil
					})
			})
			if err != nil || len(want) < 2*ranked {
				t.Fatalf("%d rows, %v", len(want), err)
			}
			got := listedAll(t, f, Listing{
				Selection: Selection{View: "pages", Columns: []string{"url"}, Where: []Filter{{"depth", "gt", "2"}}},
				Sort:      column, Descending: direction == "DESC", Rows: 300, Patience: patient,
			})
			if !slices.Equal(got, want) {
				t.Errorf("by %s %s: %d rows in another order than the %d of SQLite", column, direction, len(got), len(want))
			}
		}
	}
}

// TestRankingsAreKept: who turns the page, or asks the same again, gets what was found,
// until the run shows something else.
func TestRankingsAreKept(t *testing.T) {
	f := large(t)
	l := Listing{Selection: Selection{View: "pages", Columns: []string{"url"}}, Sort: "ttfb_ms", Rows: 100, Patience: patient}
	list := func() Listed {
		t.Helper()
		listed, err := f.List(t.Context(), l)
		if err != nil || len(listed.Rows) != 100 {
			t.Fatalf("%d rows, %v", len(listed.Rows), err)
		}
		for _, r := range f.rankings.kept { // however quick this machine is
			r.until = time.Now().Add(time.Hour)
		}
		return listed
	}
	wants := func(want int) {
		t.Helper()
		if got := len(f.rankings.kept); got != want {
			t.Fatalf("%d rankings, want %d", got, want)
		}
	}
	for range 9 { // the rows after those of the last of these are not in the ranking
		l.After = list().Next
		wants(1)
	}
	list()
	wants(2)
	l.After = ""
	list()
	wants(2)
	change(t, f, "UPDATE _runs SET issue_count = 7")
	list()
	wants(3)
}

// TestRankingGoesOn: patience that ends leaves what was found to whoever asks again.
func TestRankingGoesOn(t *testing.T) {
	f := large(t)
	l := Listing{Selection: Selection{View: "pages", Columns: []string{"url"}}, Sort: "title", Rows: 3, Patience: patient}
	want, err := f.List(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	f.rankings = newRankings()
	f.rankings.turn <- struct{}{} // somebody else reads all the while
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.List(ctx, l); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want the end of the context", err)
	}
	<-f.rankings.turn
	err = f.Read(t.Context(), func(conn *sqlite.Conn) error {
		s, err := newLister(f, conn, l)
		if err != nil {
			return err
		}
		begun, err := s.rankings()
		if err != nil {
			return err
		}
		return f.rankings.advance(s, f.rankings.known(s, begun[0]))
	})
	if err != nil {
		t.Fatal(err)
	}
	r := f.rankings.kept[0]
	if from := r.from; from == 0 || r.done {
		t.Fatalf("after one chunk at %d, done %v", from, r.done)
	}
	got, err := f.List(t.Context(), l)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || !r.done {
		t.Errorf("%v, %v, want %v; done %v", got, err, want, r.done)
	}
}

// TestRankingsReadByKeys: a chunk is found by its keys, whatever it is sorted by, and a
// single row by all of them.
func TestRankingsReadByKeys(t *testing.T) {
	f := crawled(t, 10)
	err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
		for name := range cuts {
			v, err := findView(conn, name)
			if err != nil {
				return err
			}
			for _, column := range v.names() {
				s, err := newLister(f, conn, Listing{Selection: Selection{View: name}, Sort: column, Rows: 10, Patience: patient})
				if err != nil {
					return err
				}
				full := &ranking{marks: make([]mark, ranked)}
				full.marks[ranked-1] = mark{"a value"}
				for _, r := range []*ranking{{}, full} {
					query, _ := s.chunkOf(r)
					if plan, err := planOf(conn, query); err != nil || !strings.Contains(plan, byKey(name)) {
						t.Errorf("%s by %s is read so: %v\n%s", name, column, err, plan)
					}
				}
			}
		}
		s, err := newLister(f, conn, Listing{Selection: Selection{View: "issues"}, Sort: "url", Rows: 10, Patience: patient})
		if err != nil {
			return err
		}
		query, _ := s.rowAt()
		if plan, err := planOf(conn, query); err != nil || !strings.Contains(plan, "SEARCH i USING PRIMARY KEY (run_id=? AND rule_id=? AND subject_id=?)") {
			t.Errorf("an issue is read so: %v\n%s", err, plan)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
