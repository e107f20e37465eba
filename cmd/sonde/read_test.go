package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newReader is a caller with a database: a crawl of four pages and a missing one.
func newReader(t *testing.T) (c *caller, origin string) {
	t.Helper()
	c = newCaller(t)
	origin = serve(t, pages(map[string]string{
		"/":      `<title>Home</title><a href="/a">a</a><a href="/b">b</a><a href="/gone">gone</a>`,
		"/a":     `<title>=cmd|' /C calc'!A0</title>`,
		"/b":     `<title>Two "words", and more</title><a href="/c">c</a>`,
		"/c":     "plain text",
		"/empty": "",
	}))
	c.wants(c.sonde("crawl", "--quiet", "--rate", "0", "--site", "test", origin+"/"), exitDone)
	return c, origin
}

// reads runs a command and holds that it ends well and prints exactly this on
// standard output, with ORIGIN for the origin.
func (c *caller) reads(origin, want string, args ...string) {
	c.Helper()
	e := c.sonde(args...)
	if e.code != exitDone || e.out != strings.ReplaceAll(want, "ORIGIN", origin) {
		c.Errorf("sonde %q ended with %d\nstandard output: %q\nstandard error: %s\nwant: %q", args, e.code, e.out, e.errors, want)
	}
}

func TestQuery(t *testing.T) {
	c, origin := newReader(t)
	const sql = "SELECT url, status, title FROM pages WHERE title IS NOT NULL ORDER BY url LIMIT 2"
	c.reads(origin, "ORIGIN/\t200\tHome\nORIGIN/a\t200\t=cmd|' /C calc'!A0\n", "query", sql)
	c.reads(origin, "url,status,title\r\nORIGIN/,200,Home\r\nORIGIN/a,200,'=cmd|' /C calc'!A0\r\n", "query", "--csv", sql)
	c.reads(origin, "url,status,title\r\nORIGIN/,200,Home\r\nORIGIN/a,200,=cmd|' /C calc'!A0\r\n", "query", "--raw", sql)
	c.reads(origin, `{"url":"ORIGIN/","status":200,"title":"Home"}`+"\n"+`{"url":"ORIGIN/a","status":200,"title":"=cmd|' /C calc'!A0"}`+"\n", "query", "--ndjson", sql)
	c.reads(origin, "[\n"+`{"n":4}`+"\n]\n", "query", "--json", "SELECT count(*) AS n FROM pages WHERE status = 200")
	c.reads(origin, "[]\n", "query", "--format", "json", "SELECT 1 WHERE 0")
	c.stdin = "-- how many?\nSELECT count(*) FROM runs;\n"
	c.reads(origin, "1\n", "query", "-")
	c.stdin = "SELECT 2"
	c.reads(origin, "2\n", "query", "-f", "-")
	file := c.path("ask.sql")
	if err := os.WriteFile(file, []byte("SELECT 3"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.reads(origin, "3\n", "query", "--file", file)
}

func TestQueryLimits(t *testing.T) {
	c, _ := newReader(t)
	e := c.sonde("query", "--max-rows", "2", "SELECT url FROM pages")
	c.wants(e, exitDone, "after 2 rows (--max-rows)")
	if lines := strings.Count(e.out, "\n"); lines != 2 {
		t.Errorf("%d rows, want 2", lines)
	}
	c.wants(c.sonde("query", "--max-time", "20ms", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT count(*) FROM c"),
		exitError, "took too long", "20ms")
}

func TestQueryFaults(t *testing.T) {
	c, _ := newReader(t)
	for _, f := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"DELETE FROM _sites"}, exitError, "only reading is allowed"},
		{[]string{"ATTACH 'x' AS x"}, exitError, "only reading is allowed"},
		{[]string{"SELEKT 1"}, exitError, `line 1, column 1 (SELEKT 1): near "SELEKT": syntax error`},
		{[]string{"SELECT statuss FROM pages"}, exitError, "no such column: statuss; did you mean status?"},
		{[]string{"SELECT p.statuss FROM pages p"}, exitError, "no such column: p.statuss; did you mean status?"},
		{[]string{"SELECT * FROM pagess"}, exitError, "no such table: pagess; did you mean pages?"},
		{[]string{"SELECT 1; SELECT 2"}, exitError, "one statement at a time"},
		{[]string{""}, exitError, "there is no statement"},
		{[]string{}, exitUsage, "query needs a statement"},
		{[]string{"SELECT 1", "SELECT 2"}, exitUsage, "is too many"},
		{[]string{"-f", "nowhere.sql"}, exitUsage, "nowhere.sql"},
		{[]string{"-f", "x.sql", "SELECT 1"}, exitUsage, "only one can be asked"},
		{[]string{"--csv", "--json", "SELECT 1"}, exitUsage, "only one of --json, --ndjson and --csv"},
		{[]string{"--json", "--raw", "SELECT 1"}, exitUsage, "--raw is for CSV only"},
		{[]string{"--format", "jsn", "SELECT 1"}, exitUsage, "did you mean json?"},
		{[]string{"--max-rows", "-1", "SELECT 1"}, exitUsage, "less than 0"},
		{[]string{"--db", "absent.db", "SELECT 1"}, exitNoFile, "absent.db"},
	} {
		e := c.sonde(append([]string{"query"}, f.args...)...)
		c.wants(e, f.code, f.want)
		if e.out != "" {
			t.Errorf("%q prints data: %q", f.args, e.out)
		}
	}
}

func TestExport(t *testing.T) {
	c, origin := newReader(t)
	c.reads(origin, "url,status\r\nORIGIN/gone,404\r\n", "export", "pages", "--where", "status__gte=400", "--where", "url__contains=gone", "--columns", "url,status")
	c.reads(origin, "title\r\n'=cmd|' /C calc'!A0\r\n", "export", "pages", "-w", "title__startswith==cmd", "--columns", "title")
	c.reads(origin, `{"target_url":"ORIGIN/c"}`+"\n", "export", "links", "--ndjson", "--where", "source_url="+origin+"/b", "--columns", "target_url")
	e := c.sonde("export", "pages")
	records, err := csv.NewReader(strings.NewReader(e.out)).ReadAll()
	if err != nil || len(records) < 6 || records[0][0] != "site" {
		t.Errorf("%d records (%v)", len(records), err)
	}
	for _, view := range []string{"sites", "runs", "hosts", "pages_history", "links_history"} {
		if e := c.sonde("export", view, "--json"); e.code != exitDone || !json.Valid([]byte(e.out)) || len(e.out) < 10 {
			t.Errorf("%s: %d %s%s", view, e.code, e.out, e.errors)
		}
	}
}

func TestExportFaults(t *testing.T) {
	c, _ := newReader(t)
	for want, args := range map[string][]string{
		`there is no view "pagse"; did you mean pages?`:                  {"pagse"},
		`there is no view "no_such_view"; there are: sites, schedules, `: {"no_such_view"},
		`pages has no column "stauts"; did you mean status?`:             {"pages", "--where", "stauts=1"},
		`pages has no column "ulr"; did you mean url?`:                   {"pages", "--columns", "status,ulr"},
		`status has no operator "gtee"; did you mean gte?`:               {"pages", "--where", "status__gtee=1"},
		`status__gte takes a number, not "high"`:                         {"pages", "--where", "status__gte=high"},
		`a condition is NAME=VALUE`:                                      {"pages", "--where", "status"},
		`export needs one view, such as pages`:                           {},
		`is a directory`:                                                 {"pages", "-o", c.dir},
		`is the database itself`:                                         {"pages", "-o", c.path("sonde.db")},
	} {
		c.wants(c.sonde(append([]string{"export"}, args...)...), exitUsage, want)
	}
}

func TestOutputFile(t *testing.T) {
	c, origin := newReader(t)
	dir := t.TempDir()
	for name, want := range map[string]string{
		"p.csv":    "url\r\nORIGIN/gone\r\n",
		"p.json":   "[\n{\"url\":\"ORIGIN/gone\"}\n]\n",
		"p.ndjson": "{\"url\":\"ORIGIN/gone\"}\n",
		"p":        "url\r\nORIGIN/gone\r\n",
	} {
		path := filepath.Join(dir, name)
		for range 2 { // the second time over what is there
			c.reads(origin, "", "export", "pages", "--where", "status=404", "--where", "url__contains=/gone", "--columns", "url", "-o", path)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != strings.ReplaceAll(want, "ORIGIN", origin) {
			t.Errorf("%s holds %q (%v)", name, got, err)
		}
	}
	kept := filepath.Join(dir, "kept.csv")
	if err := os.WriteFile(kept, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.wants(c.sonde("query", "SELECT 1 UNION ALL SELECT abs(-9223372036854775807 - 1)", "-o", kept), exitError, "integer overflow")
	if got, err := os.ReadFile(kept); err != nil || string(got) != "precious" {
		t.Errorf("after an error %s holds %q (%v)", kept, got, err)
	}
	c.reads(origin, "", "export", "pages", "-o", os.DevNull)
	c.reads(origin, "1\n", "query", "SELECT 1", "-o", "-")
	if left, _ := filepath.Glob(filepath.Join(dir, "*.partial")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestSchema(t *testing.T) {
	c, _ := newReader(t)
	c.wants(c.sonde("schema"), exitDone, "## sites", "## pages\n\nOne row per URL of the latest run", "- `status`: HTTP status\n", "CREATE VIEW")
	c.wants(c.sonde("schema", "links"), exitDone, "## links", "!## pages")
	c.wants(c.sonde("schema", "--sql", "hosts"), exitDone, "CREATE VIEW hosts AS\n-- One row per host", ";\n")
	var views []struct {
		Name, Row string
		Columns   []struct{ Name, Type, Meaning string }
	}
	e := c.sonde("schema", "--json", "runs", "sites")
	if err := json.Unmarshal([]byte(e.out), &views); err != nil || len(views) != 2 || views[0].Name != "runs" || views[1].Columns[0].Type != "INTEGER" {
		t.Errorf("%v: %s", err, e.out)
	}
	c.wants(c.sonde("schema", "link"), exitUsage, `there is no view "link"; did you mean links?`)
	c.wants(c.sonde("schema", "--json", "--sql"), exitUsage, "only one of --json and --sql")
}

func TestDB(t *testing.T) {
	c, _ := newReader(t)
	c.wants(c.sonde("db", "info"), exitDone, "schema version", "reclaimable", "_visits")
	var info struct {
		Bytes  int64
		Runs   int64
		Tables []struct{ Name string }
	}
	e := c.sonde("db", "info", "--json")
	if err := json.Unmarshal([]byte(e.out), &info); err != nil || info.Bytes == 0 || info.Runs != 1 || len(info.Tables) < 10 {
		t.Errorf("%v: %s", err, e.out)
	}
	if e := c.sonde("db", "check"); e.code != exitDone || e.out != "ok\n" {
		t.Errorf("%d %q %s", e.code, e.out, e.errors)
	}
	c.wants(c.sonde("runs", "remove", "1", "--yes"), exitDone)
	c.wants(c.sonde("db", "vacuum"), exitDone, "it had")
	c.wants(c.sonde("db", "vacuum", "--db", c.path("absent.db")), exitNoFile, "absent.db")
	if _, err := os.Stat(c.path("absent.db")); err == nil {
		t.Error("vacuum made a database")
	}
}

func TestDBBackup(t *testing.T) {
	c, origin := newReader(t)
	target := c.path("copy.db")
	c.wants(c.sonde("db", "backup", target), exitDone, "is a copy of")
	c.wants(c.sonde("db", "backup", target), exitError, "the file exists", "--force")
	c.wants(c.sonde("db", "backup", "--force", "--quiet", target), exitDone, "!is a copy")
	c.reads(origin, "ok\n", "db", "check", "--db", target)
	c.wants(c.sonde("db", "backup"), exitUsage, "needs the name of the copy")
	c.wants(c.sonde("db", "chek"), exitUsage, "did you mean check?")
}

func TestDBCheckTellsOfDamage(t *testing.T) {
	c, _ := newReader(t)
	path := c.path("sonde.db")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(content) / 2; i < len(content)/2+8192; i++ {
		content[i] ^= 0x55
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	c.wants(c.sonde("db", "check"), exitError, "is damaged", "a backup is the way back")
}
