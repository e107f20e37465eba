package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sonde"
)

// change runs statements on the writing connection, behind the back of everything
// that keeps the file in order.
func change(t testing.TB, f *File, statements ...string) {
	t.Helper()
	if err := execAll(f.write, statements...); err != nil {
		t.Fatal(err)
	}
}

// opened is what another process would see of a file.
func opened(t testing.TB, path string) *File {
	t.Helper()
	f, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestInfo(t *testing.T) {
	f := crawled(t, 50)
	i, err := f.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if i.Path != f.Path() || i.Version != f.Version() || i.Sites != 1 || i.Runs != 1 || i.Bytes != i.Pages*i.PageBytes {
		t.Errorf("%+v", i)
	}
	tables, err := f.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum, names := int64(0), map[string]bool{}
	for _, table := range tables {
		sum += table.Bytes
		names[table.Name] = true
	}
	if !names["_visits"] || !names["_urls"] || names["_runs_by_site"] || sum > i.Bytes || sum < i.Bytes/2 {
		t.Errorf("of %d bytes %d are in the tables %+v", i.Bytes, sum, tables)
	}
	if !slices.IsSortedFunc(tables, func(a, b TableInfo) int { return int(b.Bytes - a.Bytes) }) {
		t.Errorf("the largest table is not the first: %+v", tables)
	}
}

func TestVacuumGivesBackWhatIsFree(t *testing.T) {
	f := crawled(t, 400)
	if err := f.RemoveRun(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	before, err := f.Info(t.Context())
	if err != nil || before.Reclaimable() == 0 {
		t.Fatalf("nothing to reclaim (%v): %+v", err, before)
	}
	if err := f.Vacuum(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := f.Info(t.Context())
	if err != nil || after.Reclaimable() != 0 || after.Bytes > before.Bytes-before.Reclaimable()/2 || after.LogBytes != 0 {
		t.Errorf("before %+v\nafter %+v (%v)", before, after, err)
	}
}

func TestBackupWhileACrawlWrites(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	other := opened(t, f.Path())
	target := filepath.Join(t.TempDir(), "copy.db")
	visits := 0
	crawl(t, r, func(url string) []string {
		if visits++; visits%40 == 0 {
			if err := other.Backup(t.Context(), target, visits > 40); err != nil {
				t.Error(err)
			}
			holdsCopy(t, target)
		}
		return binaryTree(200)(url)
	})
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	if err := f.Backup(t.Context(), target, true); err != nil {
		t.Fatal(err)
	}
	holdsCopy(t, target)
	if got := ask(t, opened(t, target), "SELECT count(*) FROM pages"); got != 200 {
		t.Errorf("the copy has %d pages, want 200", got)
	}
}

// holdsCopy holds that a copy is whole, and alone in its folder.
func holdsCopy(t *testing.T, path string) {
	t.Helper()
	f, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Error(err)
		return
	}
	faults, err := f.Check(t.Context(), nil)
	if err := errors.Join(err, f.Close()); err != nil || len(faults) > 0 {
		t.Errorf("the copy has faults: %v (%v)", faults, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("beside the copy are %v", left)
	}
}

func TestBackupRefuses(t *testing.T) {
	f := crawled(t, 3)
	dir := t.TempDir()
	there := filepath.Join(dir, "there.db")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(dir, "linked.db")
	if err := os.Link(f.Path(), linked); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		target string
		force  bool
		want   string
	}{
		{there, false, "the file exists"},
		{f.Path(), true, "is the database itself"},
		{f.Path() + "-wal", true, "is the database itself"},
		{linked, true, "is the database itself"},
		{dir, true, "is not a regular file"},
		{filepath.Join(dir, "no", "where.db"), true, "there is no directory"},
	} {
		if err := f.Backup(t.Context(), c.target, c.force); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.target, err, c.want)
		}
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "precious" {
		t.Errorf("what was there is now %q (%v)", text, err)
	}
}

func TestBackupTakesAwayWhatOneBeforeLeft(t *testing.T) {
	f := crawled(t, 3)
	target := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(target+partialSuffix, []byte("the rest of a copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Backup(t.Context(), target, false); err != nil {
		t.Fatal(err)
	}
	holdsCopy(t, target)
}

func TestBackupThatIsEndedLeavesNothing(t *testing.T) {
	f := crawled(t, 3)
	target := filepath.Join(t.TempDir(), "copy.db")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Backup(ctx, target, false); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(target), "*")); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func TestOpenTakesAwayWhatAMigrationLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sonde.db")
	kept, left := path+".v1.bak", path+".v1.bak"+partialSuffix
	for _, name := range []string{kept, left, path + "x.v1.bak" + partialSuffix} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if exists(left) || !exists(kept) || !exists(path+"x.v1.bak"+partialSuffix) {
		t.Error("the rest of a copy is still there, or more than that is gone")
	}
}

func TestCheckFindsNothingInAGoodFile(t *testing.T) {
	f := crawled(t, 700) // more bodies than are read at once
	var last [2]int64
	faults, err := f.Check(t.Context(), func(done, total int64) { last = [2]int64{done, total} })
	if err != nil || len(faults) > 0 {
		t.Errorf("%v (%v)", faults, err)
	}
	if last != [2]int64{700, 700} {
		t.Errorf("the last progress was %v", last)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	for damage, want := range map[string]string{
		"UPDATE _bodies SET sha256 = zeroblob(32) WHERE id = 2":              "_bodies: row 2 does not have the SHA-256 that stands beside it",
		"UPDATE _bodies SET body_bytes = body_bytes + 1 WHERE id = 1":        "_bodies: row 1 inflates to ",
		"UPDATE _bodies SET body_bytes = body_bytes - 1 WHERE id = 1":        "_bodies: row 1 inflates to more than the ",
		"UPDATE _bodies SET data = substr(data, 1, 12) WHERE id = 3":         "_bodies: row 3 does not inflate: unexpected EOF",
		"UPDATE _bodies SET data = x'00' WHERE id = 3":                       "_bodies: row 3 does not inflate: ",
		"UPDATE _runs SET found_count = 9":                                   "run 1: found is 9, and its visits give 3",
		"UPDATE _runs SET page_count = 9":                                    "run 1: pages is 9, and its visits give 3",
		"UPDATE _runs SET failure_count = 9":                                 "run 1: failures is 9, and its visits give 0",
		"DELETE FROM _hosts":                                                 "_site_hosts: a row points to a row that _hosts does not have",
		"UPDATE _visits SET facts_id = 99 WHERE url_id = 1":                  "_visits: a row points to a row that _facts does not have",
		"UPDATE sqlite_schema SET rootpage = 2 WHERE name = '_runs_by_site'": "structure: ",
	} {
		f := crawled(t, 3)
		change(t, f, "PRAGMA foreign_keys = 0", "PRAGMA writable_schema = 1", damage)
		faults, err := opened(t, f.Path()).Check(t.Context(), nil)
		told := slices.ContainsFunc(faults, func(f Fault) bool { return strings.HasPrefix(f.String(), want) })
		if err != nil || !told {
			t.Errorf("%s:\n got %v (%v)\nwant %s", damage, faults, err, want)
		}
	}
}

func TestCheckTellsOnlySoMuch(t *testing.T) {
	f := crawled(t, 150)
	change(t, f, "UPDATE _bodies SET body_bytes = 1")
	faults, err := f.Check(t.Context(), nil)
	if err != nil || len(faults) != maxFaults+1 || faults[maxFaults].What != "and more of the kind" {
		t.Errorf("%d faults (%v)", len(faults), err)
	}
}

func TestCheckIsNotForNewerFiles(t *testing.T) {
	f := crawled(t, 1)
	change(t, f, "PRAGMA user_version = 1000")
	var newer *NewerError
	if _, err := opened(t, f.Path()).Check(t.Context(), nil); !errors.As(err, &newer) {
		t.Errorf("%v, want a NewerError", err)
	}
}

func TestNetworkFileSystem(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "new.db"), filepath.Join(dir, "no", "where.db")} {
		if name := NetworkFileSystem(path); name != "" {
			t.Errorf("%s is on %s, and should be on a disk of this machine", path, name)
		}
	}
}
