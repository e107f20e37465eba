package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// ErrExists is the error of a backup whose target is there already.
var ErrExists = errors.New("the file exists")

// partialSuffix marks a copy that is being written. Where a process died over one, it
// is left, and taken away before the next copy.
const partialSuffix = ".partial"

// Backup copies the file to target, compactly and as of one moment, also while a
// crawl writes it. The copy is checked before it gets its name, so target appears
// whole or not at all. A target that is there is replaced only by force.
func (f *File) Backup(ctx context.Context, target string, force bool) error {
	if err := f.fit(target, force); err != nil {
		return fmt.Errorf("backing up %s: %w", f.path, err)
	}
	err := f.copyTo(ctx, target)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case full(err):
		err = ErrFull
	}
	return fmt.Errorf("backing up %s to %s: %w", f.path, target, err)
}

// copyTo copies by a connection of its own: those of the pool refuse every VACUUM.
func (f *File) copyTo(ctx context.Context, target string) error {
	conn, err := sqlite.OpenConn(uri(f.path, readMode(f.path)), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return err
	}
	conn.SetBusyTimeout(5 * time.Second)
	conn.SetInterrupt(ctx.Done())
	return cmp.Or(copyInto(conn, target), conn.Close())
}

// fit refuses targets that a backup must not or cannot be written to.
func (f *File) fit(target string, force bool) error {
	info, err := os.Lstat(target)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return writableParent(target)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file (%s)", target, info.Mode().Type())
	case f.is(info):
		return fmt.Errorf("%s is the database itself", target)
	case !force:
		return fmt.Errorf("%s: %w; name another, or replace it with --force", target, ErrExists)
	}
	return nil
}

// is reports whether a file is the database or one of those that belong to it.
func (f *File) is(info os.FileInfo) bool {
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		own, err := os.Stat(f.path + suffix)
		if err == nil && os.SameFile(own, info) {
			return true
		}
	}
	return false
}

// copyInto writes a compact copy of the database to target, which appears whole and
// checked or not at all.
func copyInto(conn *sqlite.Conn, target string) error {
	partial := target + partialSuffix
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := sqlitex.ExecuteTransient(conn, "VACUUM INTO ?", &sqlitex.ExecOptions{Args: []any{partial}})
	if err == nil {
		err = checkCopy(partial)
	}
	if err == nil {
		err = persist(partial)
	}
	if err == nil {
		err = os.Rename(partial, target)
	}
	if err != nil {
		os.Remove(partial)
	}
	return err
}

// checkCopy opens a copy and has SQLite look it over.
func checkCopy(path string) error {
	conn, err := sqlite.OpenConn(uri(path, "ro&immutable=1"), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return fmt.Errorf("opening the copy: %w", err)
	}
	defer conn.Close()
	return rows(conn, "PRAGMA quick_check(1)", func(stmt *sqlite.Stmt) error {
		if verdict := stmt.ColumnText(0); verdict != "ok" {
			return fmt.Errorf("the copy is damaged: %s", verdict)
		}
		return nil
	})
}

// persist has the system write a file to its disk.
func persist(path string) error {
	h, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(h.Sync(), h.Close())
}

// removeLeftovers takes away the partial copies that a migration of the database at
// path left when its process died.
func removeLeftovers(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil // what cannot be listed is not ours to tidy
	}
	prefix := filepath.Base(path) + ".v"
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, prefix) && strings.HasSuffix(name, ".bak"+partialSuffix) {
			if err := os.Remove(filepath.Join(filepath.Dir(path), name)); err != nil {
				return fmt.Errorf("removing the rest of a backup: %w", err)
			}
		}
	}
	return nil
}
