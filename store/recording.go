package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// Recording is one run being written: the crawler's frontier and its memory. Close
// it in any case.
type Recording struct {
	file     *File
	run      sonde.Run
	previous int64 // the run before, whose validators and facts count; 0 when there is none
	careful  bool  // a process died on this run: nothing goes out before that is written down

	frontier *frontier
	reader   *sqlite.Conn // the frontier's
	headers  headers      // of the run before, read by reader
	recorder *recorder    // the writer's until it has stopped
	inbox    chan order
	room     chan struct{} // holds a token for each part of the visits that wait for the writer
	asking   chan struct{} // holds a token while somebody takes tokens of room
	outgoing chan struct{} // holds a token when targets went out that are not leased
	stopped  chan struct{} // closed when the writer has stopped
	closing  sync.Once
}

// order is one thing for the writer: a visit to record, or something to do inside
// the next commit and to be told of.
type order struct {
	visit *prepared
	do    func(*sqlite.Conn) error
	done  chan<- error
}

// Visits wait for the writer, and those who bring them wait while these are so many, or
// so large: a part is about so many links or found targets, some 100 KB.
const (
	inboxSize   = 128
	inboxParts  = 160
	partEntries = 256
)

// Run returns the run as it was when the recording began.
func (r *Recording) Run() sonde.Run { return r.run }

// BeginRun starts a run of a site, with its seeds as the first targets. slot is the one
// that the run is for, 0 where it is for none.
func (f *File) BeginRun(ctx context.Context, site sonde.Site, slot int64, seeds []sonde.Target) (*Recording, error) {
	run, err := f.newRun(site, slot)
	if err != nil {
		return nil, fmt.Errorf("beginning a run of %s: %w", site.Name, err)
	}
	return f.record(ctx, run, seeds)
}

// ResumeRun continues a run that ended with targets unvisited, by the policy that its
// site has now. Seeds that it does not know, if only because it was cut at its very
// beginning, are taken in. Targets that were out when a process died on the run are tried again
// last; one that three processes died on is given up as poison.
func (f *File) ResumeRun(ctx context.Context, run sonde.Run, seeds []sonde.Target) (*Recording, error) {
	crashed := run.Status == sonde.Interrupted || run.Status == sonde.Running
	if err := f.reopenRun(run); err != nil {
		return nil, fmt.Errorf("resuming run %d: %w", run.ID, err)
	}
	r, err := f.record(ctx, run, seeds)
	if err != nil {
		return nil, err
	}
	r.careful = crashed
	return r, nil
}

// record starts the writer of a run.
func (f *File) record(ctx context.Context, run sonde.Run, seeds []sonde.Target) (*Recording, error) {
	policy := run.Site.Policy
	r := &Recording{
		file:     f,
		run:      run,
		inbox:    make(chan order, inboxSize),
		room:     make(chan struct{}, inboxParts),
		asking:   make(chan struct{}, 1),
		outgoing: make(chan struct{}, 1),
		stopped:  make(chan struct{}),
	}
	reader, err := sqlite.OpenConn(uri(f.path, "ro"), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return nil, openError(f.path, err)
	}
	r.reader, r.headers = reader, newHeaders(reader)
	perHost := max(policy.PerHost, 1)
	r.frontier = newFrontier(2*perHost, max(4*policy.Concurrency, 2*perHost), r.loadLine)
	if err := r.ready(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading run %d: %w", run.ID, err), reader.Close())
	}
	go r.write()
	if err := r.seed(ctx, seeds); err != nil {
		return nil, errors.Join(err, r.Close(ctx, sonde.Failed, err.Error()))
	}
	return r, nil
}

// ready reads what the file knows of the run.
func (r *Recording) ready() error {
	r.file.mu.Lock()
	defer r.file.mu.Unlock()
	err := execAll(r.file.write, recordingCache)
	if err != nil {
		return err
	}
	if r.previous, err = r.file.comparableRun(r.run); err != nil {
		return err
	}
	if r.recorder, err = newRecorder(r); err != nil {
		return err
	}
	return rows(r.file.write, `
		SELECT q.origin_id, o.origin, h.name, count(*)
		FROM _frontier q JOIN _origins o ON o.id = q.origin_id JOIN _hosts h ON h.id = o.host_id
		WHERE q.run_id = ? GROUP BY q.origin_id`,
		func(stmt *sqlite.Stmt) error {
			r.frontier.expect(stmt.ColumnInt64(0), stmt.ColumnText(1), stmt.ColumnText(2), stmt.ColumnInt(3))
			return nil
		}, r.run.ID)
}

// seed writes the first targets of a run.
func (r *Recording) seed(ctx context.Context, seeds []sonde.Target) error {
	return r.ask(ctx, func(*sqlite.Conn) error {
		for i := range seeds {
			if err := r.recorder.target(&seeds[i], 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// Next waits until there is a target to visit. The error is io.EOF when nothing is
// left that may go out and nothing is out, that of ctx, or why the file could not be
// written.
func (r *Recording) Next(ctx context.Context) (sonde.Target, error) {
	t, err := r.frontier.next(ctx)
	if err != nil {
		return t, err
	}
	if r.careful {
		return t, r.ask(ctx, noChange)
	}
	select {
	case r.outgoing <- struct{}{}:
	default:
	}
	return t, nil
}

// Pending is how many targets wait to go out, those of parked origins left aside. It
// costs no look at the file.
func (r *Recording) Pending() int64 { return int64(r.frontier.pending()) }

// noChange waits for a commit, which leases what went out.
func noChange(*sqlite.Conn) error { return nil }

// Done records a visit. It returns when the writer has taken it, which is before it
// is committed, and waits while the writer is behind. A visit that was recorded
// before changes nothing.
func (r *Recording) Done(ctx context.Context, v sonde.Visit) error {
	p, err := prepare(&v)
	if err != nil {
		return err
	}
	p.lighten()
	r.file.failpoint("visit.prepared")
	if err := r.makeRoom(ctx, p.parts()); err != nil {
		return err
	}
	if err := r.send(ctx, order{visit: p}); err != nil {
		return err
	}
	r.frontier.done(v.Target.URL)
	return nil
}

// Park gives a target back unvisited: it and all of its origin stay pending and are
// not handed out again by this recording.
func (r *Recording) Park(_ context.Context, t sonde.Target) error {
	r.frontier.park(originOf(t.URL))
	return nil
}

// Flush waits until everything that Done took is committed.
func (r *Recording) Flush(ctx context.Context) error { return r.ask(ctx, noChange) }

// ask has the writer do something in its next commit, and waits for that commit.
func (r *Recording) ask(ctx context.Context, do func(*sqlite.Conn) error) error {
	done := make(chan error, 1)
	if err := r.send(ctx, order{do: do, done: done}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-r.stopped:
		return r.failure()
	}
}

// makeRoom waits until so many parts more may wait for the writer. One asks at a time,
// so that no two wait for each other.
func (r *Recording) makeRoom(ctx context.Context, parts int) error {
	if err := r.put(ctx, r.asking); err != nil {
		return err
	}
	defer func() { <-r.asking }()
	for range parts {
		if err := r.put(ctx, r.room); err != nil {
			return err
		}
	}
	return nil
}

// put puts a token into a channel of this recording.
func (r *Recording) put(ctx context.Context, tokens chan<- struct{}) error {
	select {
	case tokens <- struct{}{}:
		return nil
	case <-r.stopped:
		return r.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// giveRoom gives back what the visits of a batch took.
func (r *Recording) giveRoom(batch []order) {
	for _, o := range batch {
		if o.visit == nil {
			continue
		}
		for range o.visit.parts() {
			<-r.room
		}
	}
}

func (r *Recording) send(ctx context.Context, o order) error {
	select {
	case r.inbox <- o:
		return nil
	case <-r.stopped:
		return r.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errClosed = errors.New("the recording is closed")

// failure is why the writer stopped.
func (r *Recording) failure() error {
	r.frontier.mu.Lock()
	defer r.frontier.mu.Unlock()
	if r.frontier.failed != nil {
		return r.frontier.failed
	}
	return errClosed
}

// Close is [Recording.End], [File.Index] and [File.MoveLog].
func (r *Recording) Close(ctx context.Context, status sonde.RunStatus, reason string) error {
	if err := r.End(ctx, status, reason); err != nil {
		return err
	}
	return cmp.Or(r.file.Index(ctx), r.file.MoveLog())
}

// End waits until everything that Done took is committed, and closes the run with
// the status and the reason in words. No other method may be called any more. Where
// writing failed before, the run is left as a crash would leave it, to be resumed. The
// file may want [File.Index] and [File.MoveLog] then.
func (r *Recording) End(ctx context.Context, status sonde.RunStatus, reason string) error {
	err := errClosed
	r.closing.Do(func() {
		close(r.inbox)
		<-r.stopped
		if err = r.failure(); errors.Is(err, errClosed) {
			err = r.settle(ctx, status, reason)
		}
		err = errors.Join(err, r.reader.Close())
	})
	return err
}
