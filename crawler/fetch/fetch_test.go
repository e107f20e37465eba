package fetch

import (
	"testing"

	"sonde"
)

func newFetcher(t testing.TB, p sonde.Policy) *Fetcher {
	t.Helper()
	f, err := New(Config{Policy: p, Guard: openGuard()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}
