package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde"
	"sonde/migrations"
)

// migrate brings the schema to the latest version: a new file in one transaction,
// an older file step by step after a backup beside it.
func (f *File) migrate() error {
	id, err := pragma(f.write, "application_id")
	if err != nil {
		return err
	}
	version, err := pragma(f.write, "user_version")
	if err != nil {
		return err
	}
	switch {
	case id == 0 && version == 0:
		if err := f.mustBeEmpty(); err != nil {
			return err
		}
	case id != migrations.ApplicationID:
		return &NotOursError{f.path, "the SQLite database of another program"}
	case version < migrations.Latest():
		if err := f.backupBefore(version); err != nil {
			return err
		}
	}
	steps := slices.DeleteFunc(migrations.Steps(), func(s migrations.Step) bool { return s.Version <= version })
	transactions := [][]migrations.Step{steps}
	if version > 0 {
		transactions = slices.Collect(slices.Chunk(steps, 1))
	}
	for _, steps := range transactions {
		if err := f.take(steps); err != nil {
			return err
		}
	}
	f.version = migrations.Latest()
	return f.refreshViews()
}

// refuseNewer refuses a file that this program does not understand, before anything
// in it is changed.
func (f *File) refuseNewer() error {
	version, err := pragma(f.write, "user_version")
	if err == nil && version > migrations.Latest() {
		err = &NewerError{f.path, version, migrations.Latest()}
	}
	return err
}

func (f *File) mustBeEmpty() error {
	empty := true
	err := sqlitex.ExecuteTransient(f.write, "SELECT 1 FROM sqlite_schema LIMIT 1", &sqlitex.ExecOptions{
		ResultFunc: func(*sqlite.Stmt) error { empty = false; return nil },
	})
	if err == nil && !empty {
		return &NotOursError{f.path, "the SQLite database of another program"}
	}
	return err
}

// take runs steps and writes down that they ran, all of it or nothing.
func (f *File) take(steps []migrations.Step) error {
	return transaction(f.write, func() error {
		for _, step := range steps {
			if err := apply(f.write, step); err != nil {
				return fmt.Errorf("migrating %s to version %d (%s): %w", f.path, step.Version, step.Name, err)
			}
		}
		return nil
	})
}

func apply(conn *sqlite.Conn, step migrations.Step) error {
	if err := sqlitex.ExecuteScript(conn, step.SQL, nil); err != nil {
		return err
	}
	if err := indexLinksAgain(conn); err != nil {
		return fmt.Errorf("indexing the links: %w", err)
	}
	return execAll(conn,
		fmt.Sprintf("PRAGMA application_id = %d", migrations.ApplicationID),
		fmt.Sprintf("PRAGMA user_version = %d", step.Version),
	)
}

// indexLinksAgain makes the indexes that closing a run makes, where one did: a step that makes
// a table anew drops those on it.
func indexLinksAgain(conn *sqlite.Conn) error {
	indexed, err := number(conn, "SELECT count(*) FROM sqlite_schema WHERE name IN ('_links_by_target', '_link_lists_by_block')")
	if err != nil || indexed == 0 {
		return err
	}
	return indexLinks(conn)
}

// backupBefore copies a file of an older version aside before it is changed.
func (f *File) backupBefore(version int) error {
	target := fmt.Sprintf("%s.v%d.bak", f.path, version)
	if exists(target) {
		return nil // a migration that was cut: the first backup is the one to keep
	}
	f.log(fmt.Sprintf("%s (%s) was written by an older sonde: it is copied to %s, checked, and then brought up to date.",
		f.path, sonde.InBytes(size(f.path)), target))
	if err := copyInto(f.write, target); err != nil {
		return fmt.Errorf("backing up %s before migrating it: %w", f.path, err)
	}
	return nil
}

const viewsKey = "views"

// refreshViews makes the public views anew when their text is not that of this
// program.
func (f *File) refreshViews() error {
	sum := sha256.Sum256([]byte(migrations.Views()))
	want := hex.EncodeToString(sum[:8])
	have, err := f.meta(viewsKey)
	if err != nil || have == want {
		return err
	}
	return transaction(f.write, func() error {
		if err := sqlitex.ExecuteScript(f.write, migrations.Views(), nil); err != nil {
			return fmt.Errorf("making the views: %w", err)
		}
		return sqlitex.Execute(f.write, "INSERT OR REPLACE INTO _meta (key, value) VALUES (?, ?)",
			&sqlitex.ExecOptions{Args: []any{viewsKey, want}})
	})
}

func (f *File) meta(key string) (value string, err error) {
	err = sqlitex.Execute(f.write, "SELECT value FROM _meta WHERE key = ?", &sqlitex.ExecOptions{
		Args:       []any{key},
		ResultFunc: func(stmt *sqlite.Stmt) error { value = stmt.ColumnText(0); return nil },
	})
	return value, err
}
