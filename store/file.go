package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde/migrations"
)

// ErrNoFile is the error of opening a file for reading that is not there.
var ErrNoFile = errors.New("no such database")

// ErrFull is the error of a recording whose disk stayed full.
var ErrFull = errors.New("the disk is full")

// ErrBusy is the error of reading a file that others kept locked all the while.
var ErrBusy = errors.New("the database is locked by others")

// NewerError is the error of opening a file that a newer Sonde wrote.
type NewerError struct {
	Path                 string
	Version, Understands int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s has schema version %d; this sonde understands versions up to %d: use a newer sonde, or another file with --db",
		e.Path, e.Version, e.Understands)
}

// NotOursError is the error of opening something that is not a Sonde file. It was
// not changed.
type NotOursError struct {
	Path string
	What string // what it is instead
}

func (e *NotOursError) Error() string {
	return fmt.Sprintf("%s is %s, not a Sonde database; it was left as it is: name another file with --db", e.Path, e.What)
}

// Options is what the owner of a file tells it. Domain is needed for recording runs.
type Options struct {
	Domain    func(host string) string // the registrable domain of a host
	Clock     func() time.Time         // time.Now when nil
	Log       func(message string)     // told what people should know while it happens, such as a full disk
	Failpoint func(point string)       // called at the named points of the commit path, for tests that kill the process there
}

// File is an open Sonde file.
type File struct {
	path      string
	version   int
	domain    func(string) string
	clock     func() time.Time
	log       func(string)
	failpoint func(string)

	lock     *lock // nil when read-only
	readers  *sqlitex.Pool
	rankings *rankings
	views    views

	mu      sync.Mutex   // for everything below
	write   *sqlite.Conn // nil when read-only
	dict    *dictionary
	unmoved int             // bytes committed since the last checkpoint, about
	moved   <-chan struct{} // closed when what a checkpoint moves beside the writer is moved; nil: none does
	awaited int64           // how large the log was when its readers were last waited for; 0: they were not
}

func newFile(path string, o Options) *File {
	f := &File{path: path, domain: o.Domain, clock: o.Clock, log: o.Log, failpoint: o.Failpoint, rankings: newRankings()}
	if f.domain == nil {
		f.domain = func(host string) string { return host }
	}
	if f.clock == nil {
		f.clock = time.Now
	}
	if f.log == nil {
		f.log = func(string) {}
	}
	if f.failpoint == nil {
		f.failpoint = func(string) {}
	}
	return f
}

// Open opens the file at path for writing, creating it or bringing it to the latest
// schema where needed. Runs that a process left behind are marked interrupted. The
// error is a *[HeldError] when another process holds the file, a *[NotOursError] or a
// *[NewerError] when the file is not for this program.
func Open(ctx context.Context, path string, o Options) (*File, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, err
	}
	f := newFile(path, o)
	f.lock = lock
	if err := f.open(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) open(ctx context.Context) error {
	if err := recognise(f.path); err != nil {
		return err
	}
	if err := removeLeftovers(f.path); err != nil {
		return err
	}
	conn, err := sqlite.OpenConn(uri(f.path, "rwc"), sqlite.OpenReadWrite|sqlite.OpenCreate|sqlite.OpenURI)
	if err != nil {
		return openError(f.path, err)
	}
	f.write = conn
	conn.SetInterrupt(ctx.Done())
	defer conn.SetInterrupt(nil)
	if err := f.prepare(); err != nil {
		return openError(f.path, err)
	}
	if f.dict, err = newDictionary(f); err != nil {
		return openError(f.path, err)
	}
	if f.readers, err = readers(f.path); err != nil {
		return err
	}
	return f.interruptLeftRuns()
}

// OpenReadOnly opens an existing file beside whoever writes it. A file that a newer
// Sonde wrote opens too: the views are promised across versions.
func OpenReadOnly(ctx context.Context, path string) (*File, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil, fmt.Errorf("%w: %s: start with `sonde crawl URL`, or name the file with --db", ErrNoFile, path)
	}
	if err := recognise(path); err != nil {
		return nil, err
	}
	pool, err := readers(path)
	if err != nil {
		return nil, err
	}
	f := newFile(path, Options{})
	f.readers = pool
	if err := f.Read(ctx, func(conn *sqlite.Conn) error {
		f.version, err = pragma(conn, "user_version")
		return err
	}); err != nil {
		pool.Close()
		return nil, openError(path, err)
	}
	return f, nil
}

// Close releases the file. Closing it again does nothing.
func (f *File) Close() error {
	f.awaitMove()
	var errs []error
	if f.readers != nil {
		errs = append(errs, f.readers.Close())
	}
	if f.write != nil {
		errs = append(errs, f.write.Close())
	}
	if f.lock != nil {
		errs = append(errs, f.lock.release())
	}
	f.readers, f.write, f.lock = nil, nil, nil
	return errors.Join(errs...)
}

// Path returns the path that the file was opened by.
func (f *File) Path() string { return f.path }

// Version returns the schema version of the file.
func (f *File) Version() int { return f.version }

// Read calls do with a connection that can only read, taken from a pool. It is
// interrupted when ctx ends, and the error is then the cause of that.
func (f *File) Read(ctx context.Context, do func(*sqlite.Conn) error) error {
	conn, err := f.readers.Take(ctx)
	if err != nil {
		return fmt.Errorf("taking a connection to read %s: %w", f.path, readError(ctx, err))
	}
	defer f.readers.Put(conn)
	return readError(ctx, do(conn))
}

// readError says why reading failed: where ctx ended, the cause of that. Not only the pool
// and SQLite notice it, each in its own words: a view that reads JSON fails to make its
// table when it is interrupted just then.
func readError(ctx context.Context, err error) error {
	switch code := sqlite.ErrCode(err).ToPrimary(); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case code == sqlite.ResultBusy, code == sqlite.ResultProtocol:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// change calls do in one transaction on the writing connection.
func (f *File) change(do func(*sqlite.Conn) error) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return transaction(f.write, func() error { return do(f.write) })
}

// transaction runs do between BEGIN IMMEDIATE and COMMIT, or ROLLBACK when it fails.
func transaction(conn *sqlite.Conn, do func() error) (err error) {
	end, err := sqlitex.ImmediateTransaction(conn)
	if err != nil {
		return err
	}
	defer end(&err)
	return do()
}

// regular refuses paths that can never be a database file: directories, pipes,
// devices, loops of symbolic links.
func regular(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writableParent(path)
	case err != nil:
		return fmt.Errorf("opening the database: %w", err)
	case info.IsDir():
		return fmt.Errorf("opening the database: %s is a directory; name a file with --db", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("opening the database: %s is not a regular file (%s); name another with --db", path, info.Mode().Type())
	}
	return nil
}

func writableParent(path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("opening the database %s: there is no directory %s", path, dir)
	}
	return nil
}

// recognise looks at the head of the file as it stands, and changes nothing. It leaves
// the looking to SQLite: closing a file by other means would drop the locks that this
// process may hold on it through another [File] (POSIX ties them to the process).
func recognise(path string) error {
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil // a new file
	}
	id, err := applicationID(uri(path, "ro&immutable=1"))
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultCorrupt && exists(path+"-wal") {
		id, err = applicationID(uri(path, "ro")) // a checkpoint that was cut; only with its log is the file whole
	}
	switch {
	case err == nil && id == migrations.ApplicationID:
		return nil
	case exists(path + "-journal"):
		return nil // a creation that was cut; SQLite takes it back to the empty file
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultNotADB:
		return &NotOursError{path, "another kind of file, or one damaged at its head"}
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultCantOpen:
		return fmt.Errorf("opening %s: it cannot be read: %w", path, err)
	case err != nil:
		return openError(path, err)
	}
	return &NotOursError{path, "the SQLite database of another program"}
}

func applicationID(uri string) (int, error) {
	conn, err := sqlite.OpenConn(uri, sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return pragma(conn, "application_id")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// openError puts what SQLite says about opening path into words.
func openError(path string, err error) error {
	var newer *NewerError
	var notOurs *NotOursError
	if errors.As(err, &newer) || errors.As(err, &notOurs) {
		return err // it says all
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultReadOnly, sqlite.ResultCantOpen, sqlite.ResultPerm:
		return fmt.Errorf("opening %s: the file or its directory cannot be written: %w", path, err)
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		return fmt.Errorf("opening %s: the file is damaged where its tables are described: %w; a backup is the way back, or what the .recover of the sqlite3 shell can save", path, err)
	case sqlite.ResultFull:
		return fmt.Errorf("opening %s: %w", path, ErrFull)
	}
	return fmt.Errorf("opening %s: %w", path, err)
}

// uri is the form of a path in which SQLite takes parameters.
func uri(path, mode string) string {
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?mode=" + mode
}

// pageSize is that of a new file, in bytes.
const pageSize = "PRAGMA page_size = 8192"

// writersPatience is how long the writing connection waits for others.
const writersPatience = 10 * time.Second

// prepare configures the writing connection and brings the schema up to date.
func (f *File) prepare() error {
	f.write.SetBusyTimeout(writersPatience)
	if err := f.refuseNewer(); err != nil {
		return err
	}
	if err := execAll(f.write,
		pageSize,
		"PRAGMA auto_vacuum = INCREMENTAL",
		restingCache,
		"PRAGMA journal_size_limit = 67108864",
		"PRAGMA synchronous = NORMAL",
	); err != nil {
		return err
	}
	if err := f.migrate(); err != nil {
		return err
	}
	return execAll(f.write, "PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0")
}

// readerCount is how many connections read at once.
func readerCount() int { return min(max(runtime.NumCPU(), 4), 8) }

func readers(path string) (*sqlitex.Pool, error) {
	pool, err := sqlitex.NewPool(uri(path, readMode(path)), sqlitex.PoolOptions{
		Flags:       sqlite.OpenReadOnly | sqlite.OpenURI,
		PoolSize:    readerCount(),
		PrepareConn: prepareReader,
	})
	if err != nil {
		return nil, openError(path, err)
	}
	return pool, nil
}

// openReader opens one more connection that can only read. The caller closes it.
func openReader(path string) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(uri(path, readMode(path)), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return nil, openError(path, err)
	}
	if err := prepareReader(conn); err != nil {
		return nil, errors.Join(openError(path, err), conn.Close())
	}
	return conn, nil
}

// readMode is how SQLite is to open a file for reading.
func readMode(path string) string {
	if !exists(path+"-wal") && readOnlyDirectory(path) {
		return "ro&immutable=1"
	}
	return "ro"
}

func prepareReader(conn *sqlite.Conn) error {
	conn.SetBusyTimeout(5 * time.Second)
	return execAll(conn, "PRAGMA query_only = 1", "PRAGMA trusted_schema = 0", "PRAGMA cache_size = -8192")
}

// readOnlyDirectory reports whether SQLite could not make its companion files.
func readOnlyDirectory(path string) bool {
	probe, err := os.CreateTemp(filepath.Dir(path), ".sonde-*")
	if err != nil {
		return true
	}
	probe.Close()
	os.Remove(probe.Name())
	return false
}

func execAll(conn *sqlite.Conn, statements ...string) error {
	for _, s := range statements {
		if err := sqlitex.ExecuteTransient(conn, s, nil); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func pragma(conn *sqlite.Conn, name string) (int, error) {
	var value int
	err := sqlitex.ExecuteTransient(conn, "PRAGMA "+name, &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error { value = stmt.ColumnInt(0); return nil },
	})
	return value, err
}

// now is the instant as the file writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// stampOrNone is an instant as the file writes it, "" for none.
func stampOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

func unstamp(s string) time.Time {
	t, _ := time.Parse("2006-01-02T15:04:05.000Z", s)
	return t
}
