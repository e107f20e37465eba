package store

import (
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

// Commits group visits: so many, or as many as come in so long after the first. When
// the crawler has nothing left to do, a commit is made at once, because it may bring
// new targets.
const (
	commitVisits = 50
	commitAfter  = 50 * time.Millisecond
)

// A full disk is waited out for so long, looking again every so often.
const (
	fullPatience = 30 * time.Second
	fullInterval = time.Second
)

// write is the writer: it takes orders until the inbox is closed or a commit fails
// for good.
func (r *Recording) write() {
	defer close(r.stopped)
	for {
		batch, open := r.gather()
		if err := r.commit(batch); err != nil {
			r.frontier.fail(err)
			return
		}
		r.giveRoom(batch)
		if !open {
			return
		}
	}
}

// gather waits for the orders of the next commit. open is false when no more come.
func (r *Recording) gather() (batch []order, open bool) {
	select {
	case o, ok := <-r.inbox:
		if !ok {
			return nil, false
		}
		batch = append(batch, o)
	case <-r.outgoing:
	}
	timer := time.NewTimer(commitAfter)
	defer timer.Stop()
	for !r.urgent(batch) {
		select {
		case o, ok := <-r.inbox:
			if !ok {
				return batch, false
			}
			batch = append(batch, o)
		case <-timer.C:
			return batch, true
		}
	}
	return batch, true
}

// urgent reports whether a commit should not wait for more.
func (r *Recording) urgent(batch []order) bool {
	if len(batch) == 0 {
		return false
	}
	return len(batch) >= commitVisits || batch[len(batch)-1].done != nil || len(r.inbox) == 0 && r.frontier.starving()
}

// commit writes a batch, all or nothing, and tells those who wait for it. A full
// disk is waited out for a while.
func (r *Recording) commit(batch []order) error {
	err := r.try(batch)
	for begun := r.file.clock(); full(err) && r.file.clock().Sub(begun) < fullPatience; {
		r.file.log("the disk is full: waiting for space to write " + r.file.path)
		timer := time.NewTimer(fullInterval)
		<-timer.C
		err = r.try(batch)
	}
	if full(err) {
		err = fmt.Errorf("writing %s: %w; everything up to here is kept: make room, then resume", r.file.path, ErrFull)
	} else if err != nil {
		err = fmt.Errorf("writing %s: %w", r.file.path, err)
	}
	for _, o := range batch {
		if o.done != nil {
			o.done <- err
		}
	}
	return err
}

func full(err error) bool {
	return err != nil && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultFull
}

// try makes one transaction of a batch. When it fails, what the recorder remembers
// is read back from the file.
func (r *Recording) try(batch []order) error {
	r.file.mu.Lock()
	defer r.file.mu.Unlock()
	c := r.recorder
	err := execAll(c.conn, "BEGIN IMMEDIATE")
	if err == nil {
		err = r.apply(batch)
	}
	if err == nil {
		r.file.failpoint("commit.before")
		err = r.frontier.committed(func() error { return execAll(c.conn, "COMMIT") }, &c.changes)
	}
	if err != nil {
		return errors.Join(err, r.takeBack())
	}
	r.file.failpoint("commit.after")
	return r.checkpoint(batch)
}

// apply carries out a batch inside the transaction that is open.
func (r *Recording) apply(batch []order) error {
	c := r.recorder
	c.changes.clear()
	r.file.failpoint("commit.begun")
	if err := r.frontier.lease(c.lease); err != nil {
		return err
	}
	r.file.failpoint("commit.leased")
	for _, o := range batch {
		var err error
		if o.visit != nil {
			err = c.record(o.visit)
		} else {
			err = o.do(c.conn)
		}
		if err != nil {
			return err
		}
		r.file.failpoint("visit.recorded")
	}
	return c.saveCounts()
}

// takeBack undoes a transaction that failed.
func (r *Recording) takeBack() error {
	c := r.recorder
	if !c.conn.AutocommitEnabled() {
		if err := execAll(c.conn, "ROLLBACK"); err != nil {
			return err
		}
	}
	r.frontier.unlease()
	return c.reload()
}
