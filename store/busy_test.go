package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
)

// holdReaders takes all connections that read until the function that it returns is called.
func holdReaders(t *testing.T, f *File) (release func()) {
	t.Helper()
	quit := make(chan struct{})
	var held, ended sync.WaitGroup
	for range readerCount() {
		held.Add(1)
		ended.Go(func() {
			if err := f.Read(t.Context(), func(*sqlite.Conn) error {
				held.Done()
				<-quit
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	held.Wait()
	return func() {
		close(quit)
		ended.Wait()
	}
}

// TestNobodyFree: who finds no connection free within its patience is told that it took
// too long, and counts tell that they are not exact.
func TestNobodyFree(t *testing.T) {
	f := visited(t)
	release := holdReaders(t, f)
	defer release()
	pages := Selection{View: "pages"}
	if tally, err := f.Count(t.Context(), pages, time.Millisecond); err != nil || tally != (Tally{}) {
		t.Errorf("count: %+v, %v, want none and no error", tally, err)
	}
	if values, exact, err := f.Facet(t.Context(), pages, "outcome", time.Millisecond); err != nil || exact || len(values) > 0 {
		t.Errorf("facet: %v, exact %v, %v, want none and no error", values, exact, err)
	}
	for _, sort := range []string{"", "status"} {
		if _, err := f.List(t.Context(), Listing{Selection: pages, Sort: sort, Rows: 1, Patience: time.Millisecond}); !errors.Is(err, ErrTooSlow) {
			t.Errorf("list by %q: %v, want ErrTooSlow", sort, err)
		}
	}
}

// TestReadEndsWithItsContext: whoever gives up gets the cause of that, whether it waits
// for a connection or reads.
func TestReadEndsWithItsContext(t *testing.T) {
	f := visited(t)
	gone := errors.New("the visitor has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		cancel(gone)
		return rows(conn, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0", func(*sqlite.Stmt) error { return nil })
	})
	if !errors.Is(err, gone) {
		t.Errorf("while reading: %v, want %v", err, gone)
	}
	for range 20 { // a connection and the end are there at once: either may be noticed first
		if _, err := f.Sites(ctx); !errors.Is(err, gone) {
			t.Errorf("before reading: %v, want %v", err, gone)
		}
	}
}

// TestBusyHasItsOwnError: a file that another program keeps locked is told from a fault.
func TestBusyHasItsOwnError(t *testing.T) {
	for _, code := range []sqlite.ResultCode{sqlite.ResultBusy, sqlite.ResultBusySnapshot, sqlite.ResultProtocol} {
		if err := readError(t.Context(), code.ToError()); !errors.Is(err, ErrBusy) {
			t.Errorf("%v: %v, want ErrBusy", code, err)
		}
	}
}
