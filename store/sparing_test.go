package store

import (
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// TestSparing holds for every public view that it has the same rows without the joins that
// only bring columns, and the same values in one of its columns with those that this needs.
func TestSparing(t *testing.T) {
	f := crawled(t, 40)
	probed(t, f)
	err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
		var names []string
		if err := rows(conn, publicViews, func(stmt *sqlite.Stmt) error {
			names = append(names, stmt.ColumnText(0))
			return nil
		}); err != nil {
			return err
		}
		for _, name := range names {
			v, err := findView(conn, name)
			if err != nil {
				return err
			}
			for _, c := range v.columns {
				whole := valuesOf(t, conn, "SELECT "+quoted(c.name)+" FROM "+quoted(name))
				spared := valuesOf(t, conn, "SELECT "+quoted(c.name)+" FROM ("+v.sparing(func(column string) bool { return column == c.name })+")")
				if !slices.Equal(whole, spared) {
					t.Errorf("%s.%s: %d values where joins are spared, %d where they are not, or others", name, c.name, len(spared), len(whole))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// valuesOf are the values of the only column that a query gives, as text and sorted.
func valuesOf(t *testing.T, conn *sqlite.Conn, query string) (values []string) {
	t.Helper()
	if err := rows(conn, query, func(stmt *sqlite.Stmt) error {
		values = append(values, stmt.ColumnText(0))
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	slices.Sort(values)
	return values
}

// TestQueriesSpareJoins holds that a query that counts looks only into the tables whose
// columns it asks for, and that it gets the rows that it would get otherwise.
func TestQueriesSpareJoins(t *testing.T) {
	f := crawled(t, 40)
	for _, c := range []struct {
		sql    string
		tables string // behind the view, by their aliases
	}{
		{"SELECT count(*) FROM pages", "s r v"},
		{"SELECT status, count(*) FROM pages GROUP BY 1", "s r v"},
		{"SELECT host, count(*) FROM Pages p WHERE title IS NOT NULL GROUP BY host", "s r v u og h f"},
		{"SELECT count(DISTINCT title) FROM pages_history", "s r v f"},
		{"SELECT (SELECT count(*) FROM pages WHERE status = 200)", "s r v"},
		{"SELECT kind, count(*) FROM links GROUP BY kind", "s r v f b l n k"},
		{"SELECT count(*) FROM pages p JOIN links l ON l.target_url = p.url WHERE l.anchor <> ''", ""},
		{"SELECT count(*) FROM pages NATURAL JOIN pages_history", ""},
		{"SELECT count(*) FROM pages a JOIN pages_history b USING (url, status)", ""},
		{"WITH pages AS (SELECT 1 AS status) SELECT count(*) FROM pages GROUP BY status", ""},
		{"SELECT count(*) FROM (SELECT * FROM pages)", ""},
	} {
		if got, want := answered(t, f, c.sql), plainly(t, f, c.sql); !slices.Equal(got, want) {
			t.Errorf("%s gives %q, want %q", c.sql, got, want)
		}
		if c.tables == "" {
			continue
		}
		var looked []string
		for _, step := range answered(t, f, "EXPLAIN QUERY PLAN "+c.sql) {
			step = step[strings.LastIndex(step, "|")+1:]
			if words := strings.Fields(step); words[0] == "SCAN" || words[0] == "SEARCH" {
				looked = append(looked, words[1])
			}
		}
		wanted := strings.Fields(c.tables)
		slices.Sort(looked)
		slices.Sort(wanted)
		if constant := slices.Index(looked, "CONSTANT"); constant >= 0 {
			looked = slices.Delete(looked, constant, constant+1)
		}
		if !slices.Equal(looked, wanted) {
			t.Errorf("%s looks into %q, want %q", c.sql, looked, wanted)
		}
	}
}

// answered are the rows of a query by a person.
func answered(t *testing.T, f *File, sql string) []string {
	t.Helper()
	var out sheet
	if _, err := f.Query(t.Context(), sql, nil, Limits{}, &out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Split(out.String(), "\n")
}

// plainly are the same rows as SQLite gives them by itself.
func plainly(t *testing.T, f *File, sql string) []string {
	t.Helper()
	var out sheet
	if err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
		stmt, _, err := conn.PrepareTransient(sql)
		if err != nil {
			return err
		}
		defer stmt.Finalize()
		_, err = give(stmt, 0, &out)
		return err
	}); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Split(out.String(), "\n")
}
