package store

import (
	command "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sonde"
)

// TestShellReadsTheFile has the sqlite3 of the system, which may be years older than
// the engine in here, read a file: closed, and while a crawl writes it.
func TestShellReadsTheFile(t *testing.T) {
	shell, err := command.LookPath("sqlite3")
	if err != nil {
		t.Skip("sqlite3 is not installed")
	}
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	asked := 0
	crawl(t, r, func(url string) []string {
		if asked++; asked == 30 {
			readByShell(t, shell, f.Path(), "SELECT count(*) >= 0 FROM pages", "1")
		}
		return binaryTree(50)(url)
	})
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	scheduleOnce(t, f, r.Run().Site.Name)
	probed(t, f)
	change(t, f, `INSERT INTO _rules VALUES (1, 'title.missing', 'No title', 'high', 'page', 'Why.', 'How.', '{}', 'SELECT 1')`)
	change(t, f, "INSERT INTO _issues VALUES (1, 1, 1, 2, 1, 0, 0, NULL, NULL)")
	views, err := f.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := f.Backup(t.Context(), copied, false); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{f.Path(), copied} {
		for _, v := range views {
			readByShell(t, shell, path, "SELECT count(*) >= 0 FROM (SELECT * FROM "+v.Name+")", "1")
		}
		readByShell(t, shell, path, "PRAGMA integrity_check", "ok")
		readByShell(t, shell, path, "PRAGMA foreign_key_check", "")
		readByShell(t, shell, path, "SELECT status, count(*) FROM pages GROUP BY 1", "200|50")
		readByShell(t, shell, path, "SELECT min(strict) FROM pragma_table_list WHERE type = 'table' AND name LIKE '\\_%' ESCAPE '\\'", "1")
		readByShell(t, shell, path, `SELECT CAST(sqlar_uncompress(b.data, b.body_bytes) AS TEXT) FROM pages p
			JOIN _bodies b ON lower(hex(b.sha256)) = p.body_sha256 WHERE p.url = 'http://h.test/7'`, "<title>http://h.test/7</title>")
	}
}

// TestOpeningTwiceKeepsTheLocks has another process open and close a file that is held
// here twice. If the locks were gone, it would take itself for the last one, and
// remove the log that is still written to.
func TestOpeningTwiceKeepsTheLocks(t *testing.T) {
	shell, err := command.LookPath("sqlite3")
	if err != nil {
		t.Skip("sqlite3 is not installed")
	}
	f := crawled(t, 3)
	if err := opened(t, f.Path()).Close(); err != nil {
		t.Fatal(err)
	}
	change(t, f, "UPDATE _meta SET value = value")
	if out, err := command.CommandContext(t.Context(), shell, f.Path(), "SELECT count(*) FROM pages").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	change(t, f, "INSERT INTO _meta VALUES ('after', '1')")
	readByShell(t, shell, f.Path(), "SELECT count(*) FROM _meta WHERE key = 'after'", "1")
}

func readByShell(t *testing.T, shell, path, query, want string) {
	t.Helper()
	out, err := command.CommandContext(t.Context(), shell, "-readonly", path, query).CombinedOutput()
	got := strings.TrimSpace(string(out))
	if err != nil || got != want {
		t.Errorf("%s\n got %s (%v)\nwant %s", query, got, err, want)
	}
}
