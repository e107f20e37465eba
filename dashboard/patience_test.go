package dashboard_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zombiezen.com/go/sqlite"

	"sonde/dashboard"
	"sonde/store"
)

// asked are pages of every kind, all of which read the file. Exports may wait.
var asked = []string{"/", "/sites", "/runs", "/runs/1", "/pages?status=404", "/pages?_sort=url", "/links", "/issues", "/hosts", "/schedules", "/settings"}

// TestBusyMachine: while nobody can read, every page either comes later or says in a
// sentence that it takes too long.
func TestBusyMachine(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	hold, release := context.WithCancel(t.Context())
	var held sync.WaitGroup
	for range 64 { // more than there are connections
		held.Go(func() {
			_ = b.file.Read(hold, func(*sqlite.Conn) error { <-hold.Done(); return nil }) // the end of hold
		})
	}
	var pages sync.WaitGroup
	for _, path := range asked {
		pages.Go(func() {
			for { // until all connections are held
				a := b.ask(http.MethodGet, path, nil)
				if a.status == http.StatusServiceUnavailable {
					if !strings.Contains(a.body, "again") && !strings.Contains(a.body, "Filter them first") {
						t.Errorf("GET %s says not what to do:\n%s", path, a.body)
					}
					return
				}
				if a.status != http.StatusOK {
					t.Errorf("GET %s: %d\n%s", path, a.status, a.body)
					return
				}
			}
		})
	}
	pages.Wait()
	release()
	held.Wait()
	b.get("/pages?status=404")
}

// TestGivenUp: a visitor who goes before the answer comes is no failure of the dashboard.
func TestGivenUp(t *testing.T) {
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var said bytes.Buffer
	server, err := dashboard.New(t.Context(), dashboard.Config{File: file, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, path := range asked {
		for range 5 { // a connection is free and the visitor gone: either may be noticed first
			server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, http.MethodGet, "http://localhost"+path, nil))
		}
	}
	if said.Len() > 0 {
		t.Errorf("the log tells of failures:\n%s", said.String())
	}
}
