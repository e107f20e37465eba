package store

import (
	"context"
	"fmt"
	"os"

	"zombiezen.com/go/sqlite"
)

// Info is what there is to say about a file.
type Info struct {
	Path        string
	Version     int   // of the schema
	Bytes       int64 // of the file
	LogBytes    int64 // of the log beside it, which belongs to the file (WAL)
	PageBytes   int64 // of one page
	Pages       int64
	FreePages   int64
	Sites, Runs int64
}

// TableInfo is how much room a table takes.
type TableInfo struct {
	Name  string
	Bytes int64
}

// Reclaimable is how many bytes [File.Vacuum] would give back at least.
func (i Info) Reclaimable() int64 { return i.FreePages * i.PageBytes }

// Info measures the file.
func (f *File) Info(ctx context.Context) (Info, error) {
	i := Info{Path: f.path, Version: f.version, Bytes: size(f.path), LogBytes: size(f.path + "-wal")}
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		for _, n := range []struct {
			value *int64
			query string
		}{
			{&i.PageBytes, "PRAGMA page_size"}, {&i.Pages, "PRAGMA page_count"}, {&i.FreePages, "PRAGMA freelist_count"},
			{&i.Sites, "SELECT count(*) FROM _sites"}, {&i.Runs, "SELECT count(*) FROM _runs"},
		} {
			var err error
			if *n.value, err = number(conn, n.query); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return i, fmt.Errorf("measuring %s: %w", f.path, err)
	}
	return i, nil
}

// Tables measures every table with its indexes, the largest first. It reads the whole file.
func (f *File) Tables(ctx context.Context) ([]TableInfo, error) {
	var tables []TableInfo
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, tableSizes, func(stmt *sqlite.Stmt) error {
			tables = append(tables, TableInfo{stmt.ColumnText(0), stmt.ColumnInt64(1)})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("measuring the tables of %s: %w", f.path, err)
	}
	return tables, nil
}

const tableSizes = `
SELECT coalesce(s.tbl_name, d.name), sum(d.pgsize) FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name
WHERE d.aggregate = TRUE GROUP BY 1 ORDER BY 2 DESC, 1`

// Size is how many bytes the file has.
func (f *File) Size() int64 { return size(f.path) }

// LogSize is how many bytes the log beside the file has, which belongs to it (WAL).
func (f *File) LogSize() int64 { return size(f.path + "-wal") }

// size is how many bytes a file has, 0 when there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Vacuum writes the file anew without the room that was given up, and without gaps.
// It needs the file open for writing, and room for a second copy while it works.
func (f *File) Vacuum(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write.SetInterrupt(ctx.Done())
	defer f.write.SetInterrupt(nil)
	err := execAll(f.write, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case full(err):
		return fmt.Errorf("vacuuming %s: %w; it is as it was: a vacuum needs room for a second copy of it", f.path, ErrFull)
	}
	return fmt.Errorf("vacuuming %s: %w", f.path, err)
}
