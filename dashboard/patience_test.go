package dashboard_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
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

// asked are pages of every kind, all of which read the file. Exports may wait, and tables
// come in parts.
var asked = []string{"/", "/sites", "/runs/1", "/pages?status=404", "/links", "/issues", "/hosts", "/schedules", "/settings"}

// TestBusyMachine: while nobody can read, every page either comes later or says in a
// sentence that it takes too long.
func TestBusyMachine(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	release := b.holdReaders()
	var pages sync.WaitGroup
	for _, path := range asked {
		pages.Go(func() {
			for { // until all connections are held
				a := b.ask(http.MethodGet, path, nil)
				if a.status == http.StatusServiceUnavailable || strings.Contains(a.body, "No rows yet") {
					if !strings.Contains(a.body, "again") {
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
	b.get("/pages?status=404")
}

// holdReaders keeps every connection that reads, as soon as it can have it, until release
// is called.
func (b *board) holdReaders() (release func()) {
	hold, end := context.WithCancel(b.Context())
	var held sync.WaitGroup
	for range 64 { // more than there are connections
		held.Go(func() {
			_ = b.file.Read(hold, func(*sqlite.Conn) error { <-hold.Done(); return nil }) // the end of hold
		})
	}
	return func() { end(); held.Wait() }
}

// TestTablesComeInParts: where rows take a while, what stands before them is there at once,
// and they come after it.
func TestTablesComeInParts(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	for path, meanwhile := range map[string]string{"/pages?_sort=url": "Sorting all rows", "/pages": "Looking for rows"} {
		t.Run(path, func(t *testing.T) { b.comesInParts(t, path, meanwhile) })
	}
}

func (b *board) comesInParts(t *testing.T, path, meanwhile string) {
	whole := b.get(path)
	for tries := 0; ; tries++ {
		release := b.holdReaders()
		body := b.open(path)
		head := bufio.NewReader(body)
		line := ""
		for !strings.Contains(line, meanwhile) && !strings.Contains(line, "</html>") {
			var err error
			if line, err = head.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		release()
		rest, err := io.ReadAll(head)
		if body.Close(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "</html>") && tries < 100 {
			continue // the rows were there before all connections were held
		}
		if rows := strings.Count(string(rest), "<tr>"); rows == 0 || rows != strings.Count(whole, "<tr>") {
			t.Errorf("%d rows came later, want %d:\n%s", rows, strings.Count(whole, "<tr>"), rest)
		}
		return
	}
}

// open asks for a page and gives its body while it comes.
func (b *board) open(path string) io.ReadCloser {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		b.Fatalf("GET %s: %s", path, answer.Status)
	}
	return answer.Body
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
