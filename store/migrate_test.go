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
// what was in them is still there, and a copy as it was lies beside them.
func TestMigrate(t *testing.T) {
	for version := 1; version < migrations.Latest(); version++ {
		path := older(t, version)
		f, err := Open(t.Context(), path, Options{})
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
		wantVersion(t, fmt.Sprintf("%s.v%d.bak", path, version), version)
	}
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
