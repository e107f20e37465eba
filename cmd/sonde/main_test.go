package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test binary stand in for the program, for tests that need a
// process of its own.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

const asProgram = "SONDE_TEST_AS_PROGRAM"

// ended is what a command came to.
type ended struct {
	code        int
	out, errors string
}

// caller calls sonde in this process, each test with a folder of its own.
type caller struct {
	*testing.T
	dir   string
	env   map[string]string
	stdin string
}

func newCaller(t *testing.T) *caller {
	t.Helper()
	return &caller{T: t, dir: t.TempDir(), env: map[string]string{}}
}

func (c *caller) path(name string) string { return filepath.Join(c.dir, name) }

// sonde runs a command on the database of the test.
func (c *caller) sonde(args ...string) ended {
	c.Helper()
	return c.sondeUntil(c.Context(), args...)
}

func (c *caller) sondeUntil(ctx context.Context, args ...string) ended {
	c.Helper()
	env := func(name string) string {
		if value, ok := c.env[name]; ok {
			return value
		}
		return map[string]string{"SONDE_DB": c.path("sonde.db")}[name]
	}
	var out, errors bytes.Buffer
	code := run(ctx, args, strings.NewReader(c.stdin), &out, &errors, env)
	return ended{code, out.String(), errors.String()}
}

// wants holds the exit code, and that texts are in what was printed; a text with a
// leading ! is not.
func (c *caller) wants(e ended, code int, texts ...string) {
	c.Helper()
	var wrong []string
	if e.code != code {
		wrong = append(wrong, fmt.Sprintf("it ended with %d, want %d", e.code, code))
	}
	for _, text := range texts {
		text, unwanted := strings.CutPrefix(text, "!")
		if has := strings.Contains(e.out+e.errors, text); has == unwanted {
			wrong = append(wrong, fmt.Sprintf("it prints %q: %v, want %v", text, has, !has))
		}
	}
	if len(wrong) > 0 {
		c.Errorf("%s\nstandard output:\n%s\nstandard error:\n%s", strings.Join(wrong, "\n"), e.out, e.errors)
	}
}

// serve serves a handler for the time of a test and returns its origin.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// pages serves fixed pages by path; what is missing is a 404.
func pages(bodies map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := bodies[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasPrefix(body, "<") {
			w.Header().Set("Content-Type", "text/html")
		} else {
			w.Header().Set("Content-Type", "text/plain")
		}
		_, _ = w.Write([]byte(body))
	})
}
