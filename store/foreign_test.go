package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	command "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
	"sonde/migrations"
)

// both opens a path in both ways and gives what each says.
func both(t *testing.T, path string) map[string]error {
	t.Helper()
	errs := map[string]error{}
	w, err := Open(t.Context(), path, Options{})
	if errs["writing"] = err; err == nil {
		w.Close()
	}
	r, err := OpenReadOnly(t.Context(), path)
	if errs["reading"] = err; err == nil {
		r.Close()
	}
	return errs
}

// listing is what a folder holds, with the sums of what its files hold.
func listing(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][32]byte{}
	for _, e := range entries {
		all[e.Name()] = [32]byte{}
		if e.Type().IsRegular() {
			content, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name()] = sha256.Sum256(content)
		}
	}
	return all
}

// same holds that a folder is as it was.
func same(t *testing.T, dir string, before map[string][32]byte) {
	t.Helper()
	after := listing(t, dir)
	for name, sum := range after {
		if old, ok := before[name]; !ok || old != sum {
			t.Errorf("%s is new or changed", name)
		}
	}
	if len(after) < len(before) {
		t.Errorf("of %d files %d are left", len(before), len(after))
	}
}

func TestPathsThatAreNoFile(t *testing.T) {
	for what, arrange := range map[string]func(path string) error{
		"is a directory":            func(path string) error { return os.Mkdir(path, 0o700) },
		"is not a regular file (p":  func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"too many":                  func(path string) error { return os.Symlink(path, path) },
		"is not a regular file (Dc": func(path string) error { return os.Symlink("/dev/null", path) },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "sonde.db")
		if err := arrange(path); err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		for way, err := range both(t, path) {
			if err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want one line with %q", way, err, what)
			}
		}
		same(t, dir, before)
	}
}

// TestCheckpointThatWasCut opens a file of which a checkpoint had written the first page
// alone when the process was killed or the disk was full: it says that the file is longer
// than it is.
func TestCheckpointThatWasCut(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://example.org/")
	defer r.Close(t.Context(), sonde.Finished, "")
	crawl(t, r, binaryTree(500))
	dir := t.TempDir()
	whole, cut := filepath.Join(dir, "whole.db"), filepath.Join(dir, "cut.db")
	for from, to := range map[string][]string{f.Path(): {whole, cut}, f.Path() + "-wal": {whole + "-wal", cut + "-wal"}} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range to {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	pages := "SELECT count(*) FROM pages"
	want := ask(t, f, pages)

	firstPage := make([]byte, 8192)
	conn, err := sqlite.OpenConn(whole, sqlite.OpenReadWrite)
	if err == nil {
		err = errors.Join(execAll(conn, "PRAGMA wal_checkpoint(TRUNCATE)"), conn.Close())
	}
	if err == nil {
		err = overwrite(cut, whole, firstPage)
	}
	if err != nil {
		t.Fatal(err)
	}
	for way, err := range both(t, cut) {
		if err != nil {
			t.Errorf("%s: %v", way, err)
		}
	}
	again, err := OpenReadOnly(t.Context(), cut)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := ask(t, again, pages); got != want {
		t.Errorf("%d pages are left of %d", got, want)
	}
}

// overwrite writes the head of one file, as much as the buffer holds, over another's.
func overwrite(to, from string, head []byte) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if _, err := io.ReadFull(source, head); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = target.WriteAt(head, 0)
	return errors.Join(err, target.Close())
}

func TestFilesOfOthers(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.db")
	conn, err := sqlite.OpenConn(other, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err == nil {
		err = errors.Join(execAll(conn, "CREATE TABLE bookmarks (url TEXT)", "PRAGMA user_version = 3"), conn.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	database, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"a text":                      []byte("https://example.org/\n"),
		"a picture":                   append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0}, 500)...),
		"one byte":                    {'S'},
		"the beginning of a database": database[:50],
		"another program's database":  database,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "sonde.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		for way, err := range both(t, path) {
			var notOurs *NotOursError
			if !errors.As(err, &notOurs) {
				t.Errorf("%s, %s: %v, want a NotOursError", name, way, err)
			}
		}
		same(t, dir, before)
	}
}

func TestEmptyFileBecomesANewOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sonde.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReadOnly(t.Context(), path); !errors.Is(err, ErrNoFile) {
		t.Errorf("reading: %v, want %v", err, ErrNoFile)
	}
	f, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := ask(t, f, "SELECT count(*) FROM pages"); got != 0 {
		t.Errorf("%d pages in a new file", got)
	}
}

func TestNewerFileIsOnlyRead(t *testing.T) {
	f := crawled(t, 3)
	path, dir := f.Path(), filepath.Dir(f.Path())
	change(t, f, "PRAGMA user_version = 1000", "PRAGMA wal_checkpoint(TRUNCATE)")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	var newer *NewerError
	if _, err := Open(t.Context(), path, Options{}); !errors.As(err, &newer) || newer.Version != 1000 || newer.Understands != migrations.Latest() {
		t.Errorf("writing: %v, want a NewerError", err)
	}
	same(t, dir, before)
	r := opened(t, path)
	var s sheet
	if _, err := r.Query(t.Context(), "SELECT count(*) FROM pages", nil, Limits{}, &s); err != nil || s.String() != "3" || r.Version() != 1000 {
		t.Errorf("reading version %d: %s (%v), want 3", r.Version(), &s, err)
	}
	if rows := exported(t, r, Selection{View: "links"}).rows; len(rows) != 2 {
		t.Errorf("%d links, want 2", len(rows))
	}
}

// TestDamagedFiles flips bytes of a file and cuts it: whatever comes of it, nothing
// panics, and the faults are told as faults or errors.
func TestDamagedFiles(t *testing.T) {
	f := crawled(t, 40)
	path := f.Path()
	change(t, f, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 250
	if testing.Short() {
		rounds = 10
	}
	found := 0
	for seed := range uint64(rounds) {
		damaged := damage(whole, rand.New(rand.NewPCG(seed, 2)))
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if useAll(t.Context(), path) {
			found++
		}
	}
	if found < rounds/4 {
		t.Errorf("of %d damaged files only %d are known to be", rounds, found)
	}
}

// damage returns a copy with some bytes changed, or cut short.
func damage(whole []byte, r *rand.Rand) []byte {
	damaged := bytes.Clone(whole)
	if r.IntN(5) == 0 {
		return damaged[:r.IntN(len(damaged))]
	}
	for range 1 + r.IntN(20) {
		at := r.IntN(len(damaged))
		if r.IntN(3) == 0 {
			at = r.IntN(8192) // the header and the schema
		}
		damaged[at] ^= byte(1 + r.IntN(255))
	}
	return damaged
}

// useAll does everything with a file that can be done, and reports whether anything
// said that it is damaged.
func useAll(ctx context.Context, path string) (told bool) {
	limits := Limits{Time: 2 * time.Second, Rows: 10_000, Length: 8 << 20}
	f, err := OpenReadOnly(ctx, path)
	if err != nil {
		return true
	}
	for _, view := range []string{"pages", "links"} {
		told = f.Export(ctx, Selection{View: view}, &sheet{}) != nil || told
	}
	_, queryErr := f.Query(ctx, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM hosts), * FROM links ORDER BY 5", nil, limits, &sheet{})
	faults, err := f.Check(ctx, nil)
	_, schemaErr := f.Schema(ctx)
	_, infoErr := f.Info(ctx)
	told = told || queryErr != nil || err != nil || schemaErr != nil || infoErr != nil || len(faults) > 0
	f.Close()
	w, err := Open(ctx, path, Options{})
	if err != nil {
		return true
	}
	return w.Close() != nil || told
}

// TestWithoutPermission does what an ordinary user can do with files that may not be
// written. The superuser may write everything, so there the test runs itself again as
// nobody.
func TestWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	for _, c := range []struct {
		name          string
		file, dir     os.FileMode
		live, written bool // a writer has it open; it was written since the log was last moved
	}{
		{name: "file", file: 0o400, dir: 0o700},
		{name: "folder", file: 0o600, dir: 0o500},
		{name: "both", file: 0o400, dir: 0o500},
		{name: "both, a writer at work", file: 0o400, dir: 0o500, live: true, written: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := crawled(t, 3)
			path, dir := f.Path(), filepath.Dir(f.Path())
			if c.written {
				change(t, f, "UPDATE _meta SET value = value")
			}
			if !c.live {
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { os.Chmod(dir, 0o700) })
			if err := errors.Join(os.Chmod(path, c.file), os.Chmod(dir, c.dir)); err != nil {
				t.Fatal(err)
			}
			errs := both(t, path)
			if err := errs["writing"]; err == nil || strings.Contains(err.Error(), "\n") || !c.live && !strings.Contains(err.Error(), "cannot be written") {
				t.Errorf("writing: %v, want one line that it cannot be written", err)
			}
			if err := errs["reading"]; err != nil {
				t.Fatalf("reading: %v", err)
			}
			var s sheet
			if _, err := opened(t, path).Query(t.Context(), "SELECT count(*) FROM pages", nil, Limits{}, &s); err != nil || s.String() != "3" {
				t.Errorf("%s pages (%v), want 3", &s, err)
			}
		})
	}
}

// asNobody runs the test that calls it in a process of the user nobody.
func asNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "sonde-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	test := filepath.Join(dir, "store.test")
	if err := errors.Join(os.WriteFile(test, content, 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := command.CommandContext(t.Context(), test, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

// BenchmarkCheck checks a file with 2,000 bodies.
func BenchmarkCheck(b *testing.B) {
	f := open(b)
	r := begin(b, f, "http://h.test/reference/chapter-0.html")
	crawlWith(b, r, manual(2000))
	if err := r.Close(b.Context(), sonde.Finished, ""); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if faults, err := f.Check(b.Context(), nil); err != nil || len(faults) > 0 {
			b.Fatal(faults, err)
		}
	}
}
