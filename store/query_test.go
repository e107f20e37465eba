package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
	"sonde/internal/suite"
)

// crawled is a file with one finished run over n pages.
func crawled(t testing.TB, n int) *File {
	t.Helper()
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	crawl(t, r, binaryTree(n))
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestQueryGivesTypedCells(t *testing.T) {
	f := crawled(t, 3)
	var s sheet
	truncated, err := f.Query(t.Context(), `SELECT NULL AS a, 1 AS b, 1.5, 'x' AS a, x'00ff', '' UNION ALL SELECT ?, ?, ?, ?, ?, ?`,
		[]any{nil, int64(-1), 2.5, "é", []byte{1}, true}, Limits{}, &s)
	if err != nil || truncated {
		t.Fatal(truncated, err)
	}
	if want := []string{"a", "b", "1.5", "a", "x'00ff'", "''"}; !slices.Equal(s.columns, want) {
		t.Errorf("columns %q, want %q", s.columns, want)
	}
	if want := "NULL|1|1.5f|x|x'00ff'|\nNULL|-1|2.5f|é|x'01'|1"; s.String() != want {
		t.Errorf("rows\n%s\nwant\n%s", &s, want)
	}
}

func TestQueryKeepsNamesThatAreThereTwice(t *testing.T) {
	f := crawled(t, 3)
	for sql, want := range map[string]string{
		"SELECT 1 AS a, 2 AS a, 3 AS a, 4 AS b -- end": "a a a b",
		"SELECT 1, 1;": "1 1",
		"SELECT s.*, s.* FROM (SELECT id, name FROM sites) s LIMIT 1 ;": "id name id name",
		"SELECT 1 AS `a:1`, 2 AS a, 3 AS a":                             "a:1 a a",
	} {
		var s sheet
		if _, err := f.Query(t.Context(), sql, nil, Limits{}, &s); err != nil || strings.Join(s.columns, " ") != want {
			t.Errorf("%s: %q (%v), want %s", sql, s.columns, err, want)
		}
	}
}

func TestQueryStopsAtTheLimitOfRows(t *testing.T) {
	f := crawled(t, 7)
	for limit, want := range map[int64]struct {
		rows      int
		truncated bool
	}{0: {7, false}, 3: {3, true}, 7: {7, false}, 8: {7, false}} {
		var s sheet
		truncated, err := f.Query(t.Context(), "SELECT url FROM pages", nil, Limits{Rows: limit}, &s)
		if err != nil || len(s.rows) != want.rows || truncated != want.truncated {
			t.Errorf("at most %d: %d rows, truncated %v (%v), want %+v", limit, len(s.rows), truncated, err, want)
		}
	}
}

func TestQueryReturnsTheErrorOfItsSink(t *testing.T) {
	f := crawled(t, 3)
	s := sheet{failAt: 2}
	if _, err := f.Query(t.Context(), "SELECT url FROM pages", nil, Limits{}, &s); !errors.Is(err, errSink) || len(s.rows) != 2 {
		t.Errorf("%v after %d rows, want %v after 2", err, len(s.rows), errSink)
	}
}

const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"

func TestQueryEndsWithItsContext(t *testing.T) {
	f := crawled(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := f.Query(ctx, endless, nil, Limits{}, &sheet{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

func TestQueryErrorsAreSentences(t *testing.T) {
	f := crawled(t, 3)
	for _, c := range []struct {
		sql    string
		limits Limits
		want   string
	}{
		{"SELEKT 1", Limits{}, `SQL, line 1, column 1 (SELEKT 1): near "SELEKT": syntax error`},
		{"SELECT url\nFROM pages\nWHERE é = 1 AND statuss = 2", Limits{}, `SQL, line 3, column 7 (é = 1 AND statuss = …): no such column: é`},
		{"SELECT * FROM\n  pagess", Limits{}, `SQL: no such table: pagess`},
		{"SELECT abs('x', 2)", Limits{}, `SQL, line 1, column 8 (abs('x', 2)): wrong number of arguments to function abs()`},
		{"SELECT abs(-9223372036854775808)", Limits{}, `SQL: integer overflow`},
		{"SELECT", Limits{}, `SQL: incomplete input`},
		{" ; -- nothing\n /* here */ ", Limits{}, `SQL: there is no statement`},
		{"", Limits{}, `SQL: there is no statement`},
		{"SELECT 1; SELECT 2", Limits{}, `SQL, line 1, column 11 (SELECT 2): one statement at a time, and here begins another`},
		{"SELECT 1; garbage", Limits{}, `SQL, line 1, column 11 (garbage): one statement at a time, and here begins another`},
		{"SELECT '\x00'", Limits{}, "SQL, line 1, column 9 (\x00'): there is a NUL byte"},
		{"SELECT ?1", Limits{}, `SQL: the statement has parameters for 1 values and 0 were given`},
		{"DELETE FROM _sites", Limits{}, `SQL: only reading is allowed here (SELECT, WITH … SELECT, EXPLAIN), and this would do DELETE _sites`},
		{"VACUUM INTO 'x'", Limits{}, `SQL: only reading is allowed here (SELECT, WITH … SELECT, EXPLAIN), and this would do ATTACH x`},
		{"BEGIN", Limits{}, `SQL: only reading is allowed here (SELECT, WITH … SELECT, EXPLAIN), and this would do TRANSACTION BEGIN`},
		{"PRAGMA query_only = 0", Limits{}, `SQL: PRAGMA query_only is not allowed here; those are that describe tables: table_info, table_xinfo, table_list, index_list, index_info, index_xinfo, foreign_key_list`},
		{"SELECT * FROM sqlite_dbpage", Limits{}, `SQL: reading sqlite_dbpage is not allowed here`},
		{"SELECT randomblob(9)", Limits{}, `SQL, line 1, column 8 (randomblob(9)): the function randomblob is not allowed here`},
		{"SELECT zeroblob(2000)", Limits{Length: 1000}, `a text or blob grew too long: at most 1000 bytes are allowed`},
		{endless, Limits{Time: 30 * time.Millisecond}, `the query took too long: it was ended after 30ms; ask for less, or see its plan with EXPLAIN QUERY PLAN`},
	} {
		_, err := f.Query(t.Context(), c.sql, nil, c.limits, &sheet{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.sql, err, c.want)
		}
	}
}

func TestQueryAllowsAllReading(t *testing.T) {
	f := crawled(t, 3)
	for sql, want := range map[string]string{
		"SELECT count(*) FROM pages":                     "3",
		"SELECT count(*) FROM _visits":                   "3",
		"/* a */ -- b\n;; SELECT 1 ; -- c":               "1",
		"WITH c(x) AS (SELECT 1) SELECT count(*) FROM c": "1",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 5) SELECT sum(x) FROM c": "15",
		"SELECT count(*) FROM (SELECT 1 AS a UNION SELECT 2) z":                                      "2",
		"SELECT sum(value) FROM json_each('[1,2]')":                                                  "3",
		"SELECT count(*) FROM json_tree('[1,2]')":                                                    "3",
		"SELECT name FROM pragma_table_info('sites') WHERE cid = 0":                                  "id",
		"SELECT count(*) FROM pragma_table_list WHERE name = 'pages'":                                "1",
		"SELECT type FROM sqlite_schema WHERE name = 'pages'":                                        "view",
		"SELECT count(*) FROM sqlite_master WHERE name = 'pages'":                                    "1",
		"SELECT row_number() OVER (ORDER BY url) FROM pages LIMIT 1":                                 "1",
		"SELECT group_concat(status, '+') FROM pages":                                                "200+200+200",
		"VALUES (7)": "7",
		"SELECT length(cast(zeroblob(10) AS text)) IS NOT NULL": "1",
		"SELECT typeof(random())":                               "integer",
	} {
		var s sheet
		if _, err := f.Query(t.Context(), sql, nil, Limits{Length: 8 << 20}, &s); err != nil || s.String() != want {
			t.Errorf("%s: %s (%v), want %s", sql, &s, err, want)
		}
	}
	for _, sql := range []string{"EXPLAIN SELECT * FROM pages", "EXPLAIN QUERY PLAN SELECT * FROM links", "PRAGMA table_xinfo(links)", "PRAGMA index_list(_urls)"} {
		var s sheet
		if _, err := f.Query(t.Context(), sql, nil, Limits{}, &s); err != nil || len(s.rows) == 0 {
			t.Errorf("%s: %d rows (%v)", sql, len(s.rows), err)
		}
	}
}

// consoleFile is the file of the sql-console suite: pages may be read, secrets not.
func consoleFile(t testing.TB) (path string, g *guard) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "console.db")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err == nil {
		err = execAll(conn, "CREATE TABLE pages (id INTEGER PRIMARY KEY, url TEXT, body BLOB)", "CREATE TABLE secrets (k TEXT, v TEXT)",
			"INSERT INTO pages VALUES (1, 'http://h.test/', x'00')", "INSERT INTO secrets VALUES ('token', 'treasure')", "PRAGMA user_version = 7")
	}
	if err == nil {
		err = conn.Close()
	}
	if err == nil {
		conn, err = openReader(path)
	}
	if err == nil {
		g, err = guardOf(conn, []string{"pages"})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.conn.Close() })
	return path, g
}

// consoleState is what no statement may change.
type consoleState struct {
	sum   [32]byte
	files int
}

func stateOfConsole(t testing.TB, path string) consoleState {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	return consoleState{sha256.Sum256(content), len(entries)}
}

var consoleLimits = Limits{Time: 300 * time.Millisecond, Rows: 1000, Length: 8 << 20}

func verdict(err error) string {
	var q *QueryError
	switch {
	case err == nil:
		return "allow"
	case errors.Is(err, ErrTooSlow):
		return "timeout"
	case errors.Is(err, ErrTooBig):
		return "limit"
	case !errors.As(err, &q):
		return "unexpected"
	case strings.Contains(q.What, "is not allowed here"), strings.Contains(q.What, "only reading is allowed"):
		return "deny"
	}
	return "error"
}

func TestConsoleSuite(t *testing.T) {
	var known struct {
		Cases []struct{ SQL, Expect string }
	}
	suite.Read(t, "sql-console", &known)
	allowed := map[string][]string{
		"error_by_gate":    {"error"},
		"limit_or_timeout": {"limit", "timeout"},
	}
	for _, c := range known.Cases {
		path, g := consoleFile(t)
		before := stateOfConsole(t, path)
		sql := strings.ReplaceAll(c.SQL, "{dir}", filepath.Dir(path))
		_, err := g.answer(t.Context(), sql, nil, consoleLimits, &sheet{})
		want := allowed[c.Expect]
		if want == nil {
			want = []string{c.Expect}
		}
		if got := verdict(err); !slices.Contains(want, got) {
			t.Errorf("%s\n got %s (%v), want %s", sql, got, err, c.Expect)
		}
		if stateOfConsole(t, path) != before {
			t.Errorf("%s: changed the file or its folder", sql)
		}
		var s sheet
		if _, err := g.answer(t.Context(), "SELECT count(*) FROM pages", nil, consoleLimits, &s); err != nil || s.String() != "1" {
			t.Errorf("after %s: %s (%v)", sql, &s, err)
		}
	}
}

func TestConsoleKeepsOtherTablesClosed(t *testing.T) {
	_, g := consoleFile(t)
	for _, sql := range []string{
		"SELECT count(*) FROM secrets", "SELECT count(*) FROM main.secrets", "SELECT rowid FROM secrets", "SELECT 1 FROM secrets",
		"SELECT 1 FROM pages JOIN secrets", "EXPLAIN SELECT * FROM secrets", "SELECT * FROM SECRETS", "WITH s AS (SELECT * FROM secrets) SELECT 1 FROM s",
		"SELECT count(*) FROM dbstat", "SELECT * FROM dbstat", "SELECT count(*) FROM sqlite_dbpage", "SELECT count(*) FROM pragma_database_list",
		"SELECT * FROM pragma_journal_mode", "SELECT * FROM sqlite_temp_schema", "SELECT 1 FROM sqlite_stmt",
	} {
		_, err := g.answer(t.Context(), sql, nil, consoleLimits, &sheet{})
		if got := verdict(err); got != "deny" && !strings.Contains(sql, "sqlite_stmt") || err == nil {
			t.Errorf("%s: %s (%v), want deny", sql, got, err)
		}
	}
}

// FuzzQuery sends any text to the gate: the file, its folder and what else can be
// asked stay as they are.
func FuzzQuery(f *testing.F) {
	for _, sql := range []string{
		"SELECT * FROM pages", "INSERT INTO pages VALUES (2, 'x', NULL)", "ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'", "PRAGMA user_version = 9",
		"PRAGMA journal_mode = WAL", "SELECT 1; DROP TABLE pages", "EXPLAIN DELETE FROM pages", "/*", "--", "SELECT * FROM secrets", "REINDEX", "ANALYZE",
		"CREATE TEMP TABLE t AS SELECT 1", "BEGIN EXCLUSIVE", "DETACH main", "WITH a AS (SELECT 1) UPDATE pages SET url = 'x'", endless,
	} {
		f.Add(sql)
	}
	path, g := consoleFile(f)
	before := stateOfConsole(f, path)
	f.Fuzz(func(t *testing.T, sql string) {
		s := &sheet{}
		_, err := g.answer(t.Context(), sql, nil, Limits{Time: 50 * time.Millisecond, Rows: 10, Length: 1 << 16}, s)
		if err == nil && strings.Contains(s.String(), "treasure") {
			t.Fatalf("%q read what may not be read: %s", sql, s)
		}
		if stateOfConsole(t, path) != before {
			t.Fatalf("%q changed the file or its folder", sql)
		}
		if err := g.conn.SetAuthorizer(nil); err != nil {
			t.Fatal(err)
		}
		counts := ""
		if err := rows(g.conn, "SELECT (SELECT count(*) FROM pages), (SELECT count(*) FROM secrets), (SELECT user_version FROM pragma_user_version)",
			func(stmt *sqlite.Stmt) error {
				counts = stmt.ColumnText(0) + stmt.ColumnText(1) + stmt.ColumnText(2)
				return nil
			}); err != nil || counts != "117" {
			t.Fatalf("after %q the counts and version are %s (%v)", sql, counts, err)
		}
	})
}
