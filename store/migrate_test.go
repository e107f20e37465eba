package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde/migrations"
)

// older makes a file of an older version with a site and a run in it, and with the views
// in place, which name columns that it does not have yet.
func older(t *testing.T, version int, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sonde.db")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range migrations.Steps()[:version] {
		err = errors.Join(err, sqlitex.ExecuteScript(conn, step.SQL, nil))
	}
	err = errors.Join(err, sqlitex.ExecuteScript(conn, migrations.Views(), nil),
		execAll(conn, slices.Concat(more, []string{
			fmt.Sprintf("PRAGMA application_id = %d", migrations.ApplicationID),
			fmt.Sprintf("PRAGMA user_version = %d", version),
			`INSERT INTO _sites (id, name, seeds, policy, last_run_id, created_at) VALUES (1, 'example.org', '[]', '{}', NULL, '2026-01-01T00:00:00.000Z')`,
			`INSERT INTO _runs (id, site_id, status, trigger, policy, reason, started_at, finished_at)
			 VALUES (1, 1, 'finished', 'manual', '{}', 'as it was', '2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z')`,
			`UPDATE _sites SET last_run_id = 1`,
		})...), conn.Close())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMigrate opens files of every older version: they become files of the latest one,
// what was in them is still there, and a copy as it was lies beside them, which people are
// told of.
func TestMigrate(t *testing.T) {
	for version := 1; version < migrations.Latest(); version++ {
		path := older(t, version)
		var told []string
		f, err := Open(t.Context(), path, Options{Log: func(message string) { told = append(told, message) }})
		if err != nil {
			t.Errorf("version %d: %v", version, err)
			continue
		}
		if runs := ask(t, f, "SELECT count(*) FROM runs WHERE reason = 'as it was'"); runs != 1 || f.Version() != migrations.Latest() {
			t.Errorf("version %d: %d runs are as they were, and the file is of version %d", version, runs, f.Version())
		}
		if faults, err := f.Check(t.Context(), nil); len(faults) > 0 || err != nil {
			t.Errorf("version %d: %v (%v)", version, faults, err)
		}
		f.Close()
		backup := fmt.Sprintf("%s.v%d.bak", path, version)
		wantVersion(t, backup, version)
		if len(told) != 1 || !strings.Contains(told[0], backup) {
			t.Errorf("version %d: people were told %q, want once of %s", version, told, backup)
		}
	}
}

// TestMigrateLinks holds that links are where they were when their rows are numbered in
// another way, and that those of a run that is closed are found by their targets at once.
func TestMigrateLinks(t *testing.T) {
	path := older(t, 10,
		"INSERT INTO _urls (id, url) VALUES (1, 'http://h.test/1'), (2, 'http://h.test/2'), (3, 'http://h.test/3')",
		"INSERT INTO _facts (id, url_id, digest) VALUES (7, 1, 1)",
		"INSERT INTO _link_lists (facts_id, place, block_id) VALUES (7, 0, 5), (7, 1, 4)",
		"INSERT INTO _links (block_id, place, target_id, label_id) VALUES (4, 0, 2, 1), (5, 0, 2, 1), (5, 63, 3, 1)",
		"CREATE INDEX _links_by_target ON _links (target_id)",
		"CREATE INDEX _link_lists_by_block ON _link_lists (block_id)")
	f, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	change(t, f, "INSERT INTO _visits (run_id, url_id, outcome, used_for, found_by, depth, facts_id) VALUES (1, 1, 'ok', 'read', 'seed', 0, 7)")
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM links WHERE source_url = 'http://h.test/1'":    3,
		"SELECT count(*) FROM links WHERE target_url = 'http://h.test/2'":    2,
		"SELECT count(*) FROM links WHERE target_url = 'http://h.test/3'":    1,
		"SELECT max(id) FROM _links":                                         5<<6 | 63,
		"SELECT count(*) FROM sqlite_schema WHERE name = '_links_by_target'": 1,
	})
}

// TestMigrateFails has a step fail in its middle: the file stays at the version before
// that step, and the error names the step.
func TestMigrateFails(t *testing.T) {
	const table = "CREATE TABLE _near_duplicates (in_the_way INTEGER) STRICT" // the third of step 4
	path := older(t, 1, table)
	_, err := Open(t.Context(), path, Options{})
	if err == nil || !strings.Contains(err.Error(), "to version 4 (changes)") || !strings.Contains(err.Error(), "_near_duplicates") {
		t.Errorf("the error is %v", err)
	}
	wantVersion(t, path, 3)
	wantVersion(t, path+".v1.bak", 1)
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if half, err := number(conn, "SELECT count(*) FROM sqlite_schema WHERE name = '_changes'"); half != 0 || err != nil {
		t.Errorf("a part of the step that failed is there (%v)", err)
	}
}

func wantVersion(t *testing.T, path string, want int) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(path), err)
		return
	}
	defer conn.Close()
	if got, err := pragma(conn, "user_version"); got != want || err != nil {
		t.Errorf("%s is of version %d (%v), want %d", filepath.Base(path), got, err, want)
	}
}

// TestMigrateForgetsFullIDs forgets the ids of pages of which an older version may not
// have kept all.
func TestMigrateForgetsFullIDs(t *testing.T) {
	full := make([]string, 10_000)
	for i := range full {
		full[i] = fmt.Sprint("id-", i)
	}
	path := older(t, 9, "INSERT INTO _urls VALUES (1, NULL, 'mailto:a'), (2, NULL, 'mailto:b')",
		fmt.Sprintf("INSERT INTO _facts (id, url_id, digest, fragments) VALUES (1, 1, 1, x'%x'), (2, 2, 2, x'%x')", packIDs(full), packIDs(full[1:])))
	f, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Rows(t.Context(), "SELECT count(*) FILTER (WHERE fragments IS NULL), count(*) FILTER (WHERE id = 2 AND fragments IS NULL) FROM _facts", nil, func(r Row) error {
		if r.Integer(0) != 1 || r.Integer(1) != 0 {
			t.Errorf("of %d pages the ids are not known any more, want that with 10,000", r.Integer(0))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
