package store

import (
	"testing"

	"zombiezen.com/go/sqlite"
)

// TestLogBeginsAnew: a log that is too large goes on while somebody reads what was before,
// and begins anew when it has grown and nobody does.
func TestLogBeginsAnew(t *testing.T) {
	const more = "INSERT OR REPLACE INTO _meta (key, value) VALUES ('test', hex(randomblob(8)))"
	f := crawled(t, 10)
	write := func() (frames int64) {
		t.Helper()
		change(t, f, more)
		if err := rows(f.write, moveLog, func(stmt *sqlite.Stmt) error {
			frames = stmt.ColumnInt64(1)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return frames
	}
	restart := func(size int64) {
		t.Helper()
		if err := f.restartLog(size); err != nil {
			t.Fatal(err)
		}
	}
	var before int64
	if err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
		change(t, f, more) // in the log and not in the file, when reading begins
		return rows(conn, "SELECT 1 UNION ALL SELECT count(*) FROM _urls", func(stmt *sqlite.Stmt) error {
			if stmt.ColumnInt64(0) == 1 {
				return nil
			}
			before = write()
			restart(largestLog)
			if now := write(); now <= before {
				t.Errorf("the log has %d parts, and had %d while somebody read what was before", now, before)
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	restart(largestLog + 1)
	if now := write(); now <= before {
		t.Errorf("the log has %d parts, and %d before: it was waited for though it had not grown", now, before)
	}
	restart(largestLog + logStep)
	if now := write(); now >= before {
		t.Errorf("the log has %d parts, and had %d before it was to begin anew", now, before)
	}
}
