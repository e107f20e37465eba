package store

import (
	"errors"
	"time"

	"zombiezen.com/go/sqlite"
)

// A checkpoint is made when so many bytes of rows were written, or fewer while the log is
// so large: where what comes has its place all over the file, the log grows by thirty times
// as much. Its size tells of that, since it is cut to 64 MiB (journal_size_limit) when it
// begins anew after a checkpoint.
const (
	checkpointBytes = 24 << 20
	checkpointLeast = 1 << 20
	largestLog      = 192 << 20
)

// A log that is so large although checkpoints were made begins anew only once nobody reads
// what was before. That is waited for, but not long, and not again before it has grown.
const (
	readersPatience = 250 * time.Millisecond
	logStep         = 32 << 20
)

// moveLog moves what was committed from the log into the file, as far as nobody reads what
// was before.
const moveLog = "PRAGMA wal_checkpoint(PASSIVE)"

// checkpoint moves what was committed from the log into the file when the log has grown,
// outside of any commit. A disk takes hundreds of milliseconds for all of it, in which the
// writer goes on; what it added meanwhile it then moves itself, so that the log begins anew.
func (r *Recording) checkpoint(batch []order) error {
	f := r.file
	for _, o := range batch {
		if o.visit != nil {
			f.unmoved += 600 + len(o.visit.body) + 40*len(o.visit.visit.Links)
		}
	}
	if f.moved != nil {
		select {
		case <-f.moved:
			return f.endMove()
		default:
			return nil
		}
	}
	if f.unmoved >= checkpointBytes || f.unmoved >= checkpointLeast && f.LogSize() >= largestLog {
		f.failpoint("checkpoint")
		f.beginMove()
	}
	return nil
}

// beginMove begins to move the log beside the writer, twice, since much comes while most of
// it is moved. What that fails to move the writer moves, or says why it cannot be.
func (f *File) beginMove() {
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		for range 2 {
			_ = f.MoveLog()
		}
	}()
	f.moved = moved
}

// MoveLog moves what was committed from the log into the file, which others may read and
// write meanwhile.
func (f *File) MoveLog() error {
	conn, err := sqlite.OpenConn(uri(f.path, "rw"), sqlite.OpenReadWrite|sqlite.OpenURI)
	if err != nil {
		return openError(f.path, err)
	}
	return errors.Join(execAll(conn, moveLog), conn.Close())
}

// awaitMove waits for the move that goes on, if one does.
func (f *File) awaitMove() {
	if f.moved != nil {
		<-f.moved
		f.moved = nil
	}
}

// endMove moves the rest.
func (f *File) endMove() error {
	f.awaitMove()
	f.unmoved = 0
	f.failpoint("checkpoint.rest")
	if err := execAll(f.write, moveLog); err != nil {
		return err
	}
	return f.restartLog(f.LogSize())
}

// restartLog has a log of a size that is too large begin anew, where its readers soon let it.
func (f *File) restartLog(size int64) error {
	if size < largestLog {
		f.awaited = 0
		return nil
	}
	if f.awaited > 0 && size < f.awaited+logStep {
		return nil
	}
	f.awaited = size
	f.write.SetBusyTimeout(readersPatience)
	defer f.write.SetBusyTimeout(writersPatience)
	return execAll(f.write, "PRAGMA wal_checkpoint(RESTART)")
}
