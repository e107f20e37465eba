package store

import (
	"context"
	"errors"
	"testing"

	"zombiezen.com/go/sqlite"

	"sonde"
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

// TestLogIsMovedBesideTheWriter: when much was written the log is moved by another, and
// what the writer adds meanwhile by itself, after which the log begins anew.
func TestLogIsMovedBesideTheWriter(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://a.test/")
	defer r.Close(context.Background(), sonde.Finished, "")
	visit := func() {
		t.Helper()
		target, err := r.Next(t.Context())
		if err == nil {
			err = r.Done(t.Context(), page(target, target.URL+"a"))
		}
		if err = errors.Join(err, r.Flush(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	visit()
	f.mu.Lock()
	f.unmoved = checkpointBytes
	f.mu.Unlock()
	visit()
	f.mu.Lock()
	moved := f.moved
	f.mu.Unlock()
	if moved == nil {
		t.Fatal("much was written, and nobody moves it")
	}
	<-moved
	visit()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.moved != nil || f.unmoved >= checkpointBytes {
		t.Errorf("the writer does not go on from the move: %d bytes wait", f.unmoved)
	}
	conn, err := sqlite.OpenConn("file:"+f.path+"?immutable=1", sqlite.OpenReadOnly|sqlite.OpenURI) // without the log
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if visits, err := number(conn, "SELECT count(*) FROM _visits WHERE status = 200"); visits != 3 || err != nil {
		t.Errorf("%d visits are in the file (%v), want 3", visits, err)
	}
}
