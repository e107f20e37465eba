package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// Holder says who holds a file for writing.
type Holder struct {
	PID     int    `json:"pid"`
	Host    string `json:"host"`
	Command string `json:"command"`
	Since   string `json:"since"`
}

// HeldError is the error of opening a file for writing while another process does.
type HeldError struct {
	Path   string
	Holder Holder // zero when the holder did not say
}

func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("%s is held by another sonde; wait for it, or use another file with --db", e.Path)
	}
	return fmt.Sprintf("%s is held by sonde (process %d on %s, since %s: %s); wait for it, stop it with `sonde runs stop`, or use another file with --db",
		e.Path, e.Holder.PID, e.Holder.Host, e.Holder.Since, e.Holder.Command)
}

// lock is the kernel's lock on a file beside the database: it ends with the process,
// however that ends. The file is removed when the lock is given back.
type lock struct {
	flock *flock.Flock
}

func lockPath(path string) string { return path + ".lock" }

// acquire takes the lock for the database at path, at once or not at all.
func acquire(path string) (*lock, error) {
	l := &lock{flock: flock.New(lockPath(path), flock.SetPermissions(0o600))}
	for {
		held, err := l.flock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("opening %s for writing: its directory cannot be written: %w", path, err)
		}
		if !held {
			return nil, &HeldError{Path: path, Holder: signature(path)}
		}
		if l.current() {
			return l, l.sign()
		}
		l.flock.Unlock() // the file was removed by the holder before us, between our opening and locking it
	}
}

// current reports whether the file that is locked is the one that others would find.
func (l *lock) current() bool {
	ours, err := l.flock.Stat()
	if err != nil {
		return false
	}
	theirs, err := os.Stat(l.flock.Path())
	return err == nil && os.SameFile(ours, theirs)
}

// sign writes down who holds the lock, for the one who comes second.
func (l *lock) sign() error {
	host, _ := os.Hostname()
	text, err := json.Marshal(Holder{PID: os.Getpid(), Host: host, Command: commandLine(), Since: stamp(time.Now())})
	if err == nil {
		err = os.WriteFile(l.flock.Path(), append(text, '\n'), 0o600)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("signing the lock %s: %w", l.flock.Path(), err), l.release())
	}
	return nil
}

func commandLine() string {
	if len(os.Args) < 2 {
		return "sonde"
	}
	return "sonde " + os.Args[1]
}

func (l *lock) release() error {
	return errors.Join(os.Remove(l.flock.Path()), l.flock.Close())
}

// HolderOf tells whether anybody holds the database at path for writing, and who
// signed its lock: nobody, while the holder is just beginning.
func HolderOf(path string) (h Holder, held bool, err error) {
	lock := flock.New(lockPath(path))
	if !exists(lock.Path()) {
		return h, false, nil
	}
	free, err := lock.TryRLock()
	if err != nil || free {
		return h, false, errors.Join(err, lock.Close())
	}
	return signature(path), true, nil
}

// signature reads who signed the lock of the database at path, as far as that can be
// read.
func signature(path string) (h Holder) {
	text, err := os.ReadFile(lockPath(path))
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err != nil {
		return Holder{}
	}
	return h
}
